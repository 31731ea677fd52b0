"""Reasons for a failure, in every place and form in which a response may give them.

Zuora's interfaces use `reasons: [{code, message}]`, `errors` (a text, an object or a list),
`Errors: [{Code, Message}]`, `faultcode` or `FaultCode` with `FaultMessage`, `{code, message}` and
`{error: {code, message}}`, at the root or in the result, and each of them may be JSON within a text.
"""

import json
import re
from collections.abc import Iterable, Iterator

from zjobtui.models.json_value import Json, Rest
from zjobtui.models.reason import Reason, read_reason
from zjobtui.zuora.json_reader import Fields, NotReadableError, read_value

_CONTAINERS = ("reasons", "errors", "error")
_CODES = ("faultcode", "errorcode", "code")
_MESSAGES = ("faultmessage", "faultstring", "errormessage", "message", "error_description")
_FAULTS = frozenset({"faultcode", "faultmessage", "faultstring"})
"""Names of fields in lower case, each group in order of preference."""

_ELSEWHERE = {"paymenterrormessage": "paymenterrorcode", "failedreason": "", "failurereason": ""}
"""Names of fields that say why a part of a result failed, each with the name of the code beside it."""

_EMPTY: tuple[Json, ...] = (None, "", [], {})
_CODE = re.compile(r"[A-Za-z][\w.:-]*")
_DEPTH = 3
"""Levels of JSON within texts that are read."""


def take_reasons(fields: Fields, *, is_failed: bool) -> tuple[Reason, ...]:
    """Remove the reasons from the fields of an object and return them.

    `code` and `message` of the object itself are a reason only if it stands for a failure.
    """
    found: list[Reason] = []
    for key in _keys(fields.remaining(), _CONTAINERS):
        value = fields.remaining()[key]
        is_flag = value is False or (isinstance(value, str) and _CODE.fullmatch(value))
        if key.lower() == "error" and is_flag:
            continue
        found += _read(value)
        fields.pop_many([key])
    return (*found, *_take_plain(fields, is_failed=is_failed))


def search_reasons(value: Json) -> tuple[Reason, ...]:
    """Return the first reasons anywhere in a response about a failure, leaving them where they are."""
    return next(_search(value, _DEPTH), ())


def _search(value: Json, depth: int) -> Iterator[tuple[Reason, ...]]:
    match value:
        case dict():
            if found := take_reasons(Fields(value), is_failed=_is_reason(value)) or _failed_part(value):
                yield found
            for item in value.values():
                yield from _search(item, depth)
        case list():
            for item in value:
                yield from _search(item, depth)
        case str() if depth and (inner := _decode(value)) is not None:
            yield from _search(inner, depth - 1)
        case str() if (reason := read_reason(value)).code:
            yield (reason,)
        case _:
            pass


def _is_reason(value: Rest) -> bool:
    return bool(_keys(value, _CODES) and _keys(value, _MESSAGES))


def _failed_part(value: Rest) -> tuple[Reason, ...]:
    names = {key.lower(): item for key, item in value.items()}
    parts = ((_text(names.get(code)), _text(names.get(message))) for message, code in _ELSEWHERE.items())
    return tuple(Reason(code, message) for code, message in parts if message)


def _take_plain(fields: Fields, *, is_failed: bool) -> tuple[Reason, ...]:
    """Remove code and message of an object itself; the text of `error` is the code if there is no other."""
    left = fields.remaining()
    if not is_failed and not any(key.lower() in _FAULTS for key in left):
        return ()
    code_key = next((key for key in _keys(left, (*_CODES, "error")) if _text(left[key])), "")
    message_key = next((key for key in _keys(left, _MESSAGES) if _text(left[key])), "")
    code, message = _text(left.get(code_key)), _text(left.get(message_key))
    fields.pop_many([code_key, message_key])
    if not message and code_key.lower() == "error":
        code, message = "", code.replace("_", " ")
    if not (code or message):
        return ()
    return tuple(Reason(reason.code or code, reason.message) for reason in _read_text(message, _DEPTH))


def _read(value: Json, depth: int = _DEPTH) -> tuple[Reason, ...]:
    """Return the reasons in the value of a field that stands for them; nothing of it is dropped."""
    match value:
        case None | "":
            return ()
        case str():
            return _read_text(value, depth)
        case list():
            return tuple(reason for item in value for reason in _read_item(item, depth))
        case dict():
            return _read_object(value, depth)
        case _:
            return (Reason("", _as_json(value)),)


def _read_item(item: Json, depth: int) -> tuple[Reason, ...]:
    if isinstance(item, list) and not any(isinstance(inner, dict) for inner in item):
        return (Reason("", _as_json(item)),)
    return _read(item, depth)


def _read_text(text: str, depth: int) -> tuple[Reason, ...]:
    reason = read_reason(text)
    inner = None if reason.code or not depth else _decode(text)
    return (inner is not None and _read(inner, depth - 1)) or (reason,)


def _read_object(value: Rest, depth: int) -> tuple[Reason, ...]:
    if not value:
        return ()
    fields = Fields(value)
    lists = [key for key in _keys(value, _CONTAINERS) if not isinstance(value[key], str) or _decode(str(value[key]))]
    inner = tuple(reason for key in lists for reason in _read(fields.pop_many([key])[key], depth))
    own = _take_plain(fields, is_failed=True)
    left = {key: item for key, item in fields.remaining().items() if not (own or inner) or key != "success"}
    found = (*own, *inner) or (Reason("", ""),)
    empty = {key for key in _keys(left, (*_CODES, *_MESSAGES)) if left[key] in _EMPTY}
    if more := {key: item for key, item in left.items() if key not in empty}:
        first, *others = found
        return (Reason(first.code, " ".join(part for part in (first.message, _as_json(more)) if part)), *others)
    return found


def _keys(fields: Rest, names: Iterable[str]) -> list[str]:
    """Return the keys with these names, in the order of the names, whatever the case of their letters."""
    return [key for name in names for key in fields if key.lower() == name]


def _text(value: Json) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _decode(text: str) -> Json:
    """Return the object or list in a text that is JSON, and None for any other."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        value = read_value(text)
    except NotReadableError:
        return None
    return value if isinstance(value, dict | list) else None


def _as_json(value: "Json | Rest") -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
