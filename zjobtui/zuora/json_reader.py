"""JSON reader: strict decoding with clean text, and typed access to the fields of an object that keeps the rest."""

import json
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import TypeGuard, TypeVar

from zjobtui.models.json_value import Json, Rest
from zjobtui.models.text import clean

T = TypeVar("T")

DEPTH_LIMIT = 100
"""Levels of nested objects and lists that are accepted; Zuora's documented responses have seven."""

_AMOUNT_DIGITS = 30


class NotReadableError(ValueError):
    """The body is not a JSON object; the message says what it is instead."""


def read_object(body: bytes) -> dict[str, Json]:
    """Return the JSON object in a body with every text in it clean; raises `NotReadableError`."""
    value = read_value(decode(body))
    if not isinstance(value, dict):
        raise NotReadableError("JSON, but not an object")
    return value


def read_value(text: str) -> Json:
    """Return the JSON value in a text with every text in it clean; raises `NotReadableError`."""
    try:
        return _clean_json(_DECODER.decode(text))
    except NotReadableError:
        raise
    except (ValueError, ArithmeticError, RecursionError):
        raise NotReadableError("not JSON") from None


def decode(body: bytes) -> str:
    """Return a body as text, without byte order mark; bytes that are not UTF-8 become U+FFFD."""
    return body.decode("utf-8-sig", errors="replace")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NotReadableError("JSON with a duplicate field")
    return fields


def _refuse_constant(name: str) -> Json:
    raise NotReadableError(f"JSON with {name}")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique)


def _clean_json(value: Json, depth: int = 0) -> Json:
    if depth > DEPTH_LIMIT:
        raise NotReadableError("JSON nested too deeply")
    match value:
        case str():
            return clean(value)
        case dict():
            return _unique([(clean(key), _clean_json(item, depth + 1)) for key, item in value.items()])
        case list():
            return [_clean_json(item, depth + 1) for item in value]
        case _:
            return value


def is_blank(value: Json) -> bool:
    """Return whether a value stands for an absent one: null, or a text of nothing but blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def is_text(value: Json) -> TypeGuard[str | int]:
    """Return whether a value is a text that is not blank, or a whole number."""
    return not is_blank(value) and isinstance(value, str | int) and not isinstance(value, bool)


class Fields:
    """The fields of an object in a response. Every method removes a field if it has the requested type.

    `malformed` names those that had another; an object and all objects within it share the list.
    """

    def __init__(self, fields: Rest, malformed: list[str] | None = None) -> None:
        self._left = dict(fields)
        self.malformed = [] if malformed is None else malformed

    def text(self, key: str) -> str:
        """Return a text, or a whole number as text (item numbers come both ways); empty if there is none."""
        value = self._left.get(key)
        if is_text(value):
            del self._left[key]
            return str(value)
        return self._absent(key, "")

    def boolean(self, key: str) -> bool | None:
        """Return a boolean, or None."""
        value = self._left.get(key)
        if isinstance(value, bool):
            del self._left[key]
            return value
        return self._absent(key, None)

    def amount(self, key: str) -> Decimal | None:
        """Return a finite number of plausible size, given as number or as text (`paidAmount` has been both)."""
        value = self._left.get(key)
        if value is None or isinstance(value, bool | list | dict):
            return self._absent(key, None)
        try:
            amount = Decimal(value)
        except InvalidOperation:
            return self._absent(key, None)
        if not amount.is_finite() or abs(amount.adjusted()) > _AMOUNT_DIGITS:
            return self._absent(key, None)
        del self._left[key]
        return amount

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a list that contains anything else is left as it is."""
        value = self._left.get(key)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            del self._left[key]
            return tuple(str(item) for item in value)
        return self._absent(key, ())

    def items(self, key: str, read: Callable[["Fields"], T]) -> tuple[T, ...]:
        """Return a list of objects, each read by `read`; other items are left in the list."""
        value = self._left.get(key)
        if not isinstance(value, list):
            return self._absent(key, ())
        del self._left[key]
        others: list[Json] = [item for item in value if not isinstance(item, dict)]
        if others:
            self._left[key] = others
            self.malformed.append(key)
        return tuple(read(Fields(item, self.malformed)) for item in value if isinstance(item, dict))

    def nested(self, key: str) -> "Fields":
        """Return the fields of a nested object; none if there is no such object."""
        value = self._left.get(key)
        if isinstance(value, dict):
            del self._left[key]
            return Fields(value, self.malformed)
        return self._absent(key, Fields({}))

    def pop_many(self, keys: Iterable[str]) -> Rest:
        """Remove and return the named fields that exist, unchanged."""
        return {key: self._left.pop(key) for key in keys if key in self._left}

    def remaining(self) -> Rest:
        """Return what was not removed."""
        return self._left

    def _absent(self, key: str, default: T) -> T:
        if is_blank(self._left.get(key)):
            self._left.pop(key, None)
        else:
            self.malformed.append(key)
        return default
