"""The glyph and the word of each verdict, short names for ids, and amounts of money."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob

GLYPHS = {Kind.FAILED: "✗", Kind.ATTENTION: "!", Kind.UNKNOWN: "?", Kind.RUNNING: "◌", Kind.DONE: "✓"}
ASCII_GLYPHS = {Kind.FAILED: "x", Kind.ATTENTION: "!", Kind.UNKNOWN: "?", Kind.RUNNING: ".", Kind.DONE: "+"}

WORDS = {
    Kind.FAILED: "failed",
    Kind.ATTENTION: "attention",
    Kind.UNKNOWN: "unknown",
    Kind.RUNNING: "waiting",
    Kind.DONE: "done",
}
"""One word each, for a column; ten characters at most."""


def short_id(given: str, width: int = 17) -> str:
    """An id in `width` characters, shortened in the middle; its first eight characters always stay."""
    if len(given) <= width:
        return given
    tail = max(0, width - 9)
    return f"{given[:8]}…{given[-tail:] if tail else ''}"


def money(amount: Decimal | None) -> str:
    """An amount with at least two decimals and grouped thousands; a dash where there is none."""
    if amount is None:
        return "–"
    exponent = amount.as_tuple().exponent
    decimals = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{amount:,.{decimals}f}"


def quantity(amount: Decimal | None) -> str:
    """A number as short as it can be: `1`, `2.5`."""
    return "–" if amount is None else f"{amount.normalize():f}"


def counts(watches: Iterable[WatchedJob]) -> dict[Kind, int]:
    """How many watches have which verdict, most urgent kind first, zeros included."""
    counted = Counter(watch.verdict.kind for watch in watches)
    return {kind: counted[kind] for kind in Kind}


def plural(number: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
