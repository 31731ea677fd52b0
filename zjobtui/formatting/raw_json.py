"""A response body, indented for reading, and its difference from another one."""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from zjobtui.models.text import clean_lines

SHOWN_BODY_CHARACTERS = 256_000
"""Characters of a body that are shown; the store has all of it."""

_CUT = re.compile(r"… ([\d,]+ more characters)")

_CONTEXT = 3
"""Context lines around each difference."""

_COMPARE_LIMIT = 4_000_000
"""Largest number of line pairs to compare; above it, everything between the first and last difference counts as
changed."""


def pretty(raw: str) -> list[str]:
    """Return the body in lines: JSON indented, numbers unchanged, with a note if it is cut."""
    try:
        text = _indent(json.loads(raw, parse_float=_Number, parse_int=_Number, parse_constant=_Number))
    except (ValueError, RecursionError):
        text = raw
    lines = clean_lines(text[:SHOWN_BODY_CHARACTERS]).replace("\t", "  ").split("\n")
    return (
        [*lines, f"… {len(text) - SHOWN_BODY_CHARACTERS:,} more characters"]
        if len(text) > SHOWN_BODY_CHARACTERS
        else lines
    )


def cut_note(lines: Sequence[str]) -> str:
    """Return what `pretty` has left out of a body, which is neither searched nor compared; "" if nothing."""
    match = _CUT.fullmatch(lines[-1]) if lines else None
    return f"{match[1]} are not shown, searched or compared" if match else ""


def difference(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield lines with signs: `-` removed, `+` added, blank unchanged, `⋯` for skipped lines."""
    head = _common_prefix(before, after)
    tail = _common_prefix(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    same = [(" ", line) for line in after[:head]]
    if len(old) * len(new) > _COMPARE_LIMIT:
        changed = [*(("-", line) for line in old), *(("+", line) for line in new)]
    else:
        changed = []
        for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
            if tag == "equal":
                changed += [(" ", line) for line in new[c:d]]
            else:
                changed += [*(("-", line) for line in old[a:b]), *(("+", line) for line in new[c:d])]
    return _with_context([*same, *changed, *((" ", line) for line in after[len(after) - tail :])])


def _common_prefix(before: Sequence[str], after: Sequence[str]) -> int:
    pairs = enumerate(zip(before, after, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(before), len(after)))


def _with_context(lines: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the lines without unchanged ones that are far from any change."""
    near = set[int]()
    for number, (sign, _) in enumerate(lines):
        if sign != " ":
            near.update(range(number - _CONTEXT, number + _CONTEXT + 1))
    left_out = 0
    for number, line in enumerate(lines):
        if number in near:
            if left_out:
                yield "⋯", f"{left_out:,} unchanged lines"
            left_out = 0
            yield line
        else:
            left_out += 1
    if left_out:
        yield "⋯", f"{left_out:,} unchanged lines"


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def _indent(value: object, margin: str = "\n") -> str:
    inner = f"{margin}  "
    match value:
        case dict() if value:
            parts = (f"{_quote(key)}: {_indent(item, inner)}" for key, item in value.items())
            return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}"
        case list() if value:
            return f"[{inner}{f',{inner}'.join(_indent(item, inner) for item in value)}{margin}]"
        case _Number():
            return str(value)
        case _:
            return _quote(value)


def _quote(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
