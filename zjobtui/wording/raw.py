"""The body of an answer, indented for reading."""

import json

from zjobtui.domain.text import clean_lines

LIMIT = 256_000
"""Characters of a body that are shown; the whole of it stays in the store."""


def pretty(raw: str) -> list[str]:
    """The body in lines; JSON is indented, every number as it came, and what is cut is said."""
    try:
        text = _indented(json.loads(raw, parse_float=_Number, parse_int=_Number, parse_constant=_Number))
    except (ValueError, RecursionError):
        text = raw
    lines = clean_lines(text[:LIMIT]).replace("\t", "  ").split("\n")
    return [*lines, f"… {len(text) - LIMIT:,} characters more"] if len(text) > LIMIT else lines


class _Number(str):
    """A number, written as it was read."""

    __slots__ = ()


def _indented(value: object, margin: str = "\n") -> str:
    inner = f"{margin}  "
    match value:
        case dict() if value:
            parts = (f"{_quoted(key)}: {_indented(one, inner)}" for key, one in value.items())
            return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}"
        case list() if value:
            return f"[{inner}{f',{inner}'.join(_indented(one, inner) for one in value)}{margin}]"
        case _Number():
            return str(value)
        case _:
            return _quoted(value)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
