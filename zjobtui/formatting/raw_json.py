"""The body of an answer, indented for reading, and what is different in another one."""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from zjobtui.models.text import clean_lines

LIMIT = 256_000
"""Characters of a body that are shown; the whole of it stays in the store."""

_AROUND = 3
"""Lines shown around each difference."""

_COMPARED = 4_000_000
"""Pairs of lines that are compared at most; above, everything between the first and last difference is told as new."""


def pretty(raw: str) -> list[str]:
    """The body in lines; JSON is indented, every number as it came, and what is cut is said."""
    try:
        text = _indented(json.loads(raw, parse_float=_Number, parse_int=_Number, parse_constant=_Number))
    except (ValueError, RecursionError):
        text = raw
    lines = clean_lines(text[:LIMIT]).replace("\t", "  ").split("\n")
    return [*lines, f"… {len(text) - LIMIT:,} characters more"] if len(text) > LIMIT else lines


def difference(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The lines of two bodies, each behind its sign: `-` gone, `+` new, a blank in both, `⋯` for what is left out."""
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    same = [(" ", line) for line in after[:head]]
    if len(old) * len(new) > _COMPARED:
        changed = [*(("-", line) for line in old), *(("+", line) for line in new)]
    else:
        changed = []
        for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
            if tag == "equal":
                changed += [(" ", line) for line in new[c:d]]
            else:
                changed += [*(("-", line) for line in old[a:b]), *(("+", line) for line in new[c:d])]
    return _without_the_same([*same, *changed, *((" ", line) for line in after[len(after) - tail :])])


def _alike(before: Sequence[str], after: Sequence[str]) -> int:
    pairs = enumerate(zip(before, after, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(before), len(after)))


def _without_the_same(lines: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The lines without those that are alike and far from any that is not."""
    near = set[int]()
    for number, (sign, _) in enumerate(lines):
        if sign != " ":
            near.update(range(number - _AROUND, number + _AROUND + 1))
    left_out = 0
    for number, line in enumerate(lines):
        if number in near:
            if left_out:
                yield "⋯", f"{left_out:,} lines are the same"
            left_out = 0
            yield line
        else:
            left_out += 1
    if left_out:
        yield "⋯", f"{left_out:,} lines are the same"


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
