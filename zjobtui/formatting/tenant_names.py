"""Names of tenants in few cells, all different."""

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from zjobtui.models.text_width import cells, fit

SHORTEST_TENANT = 7
"""Fewest cells of a shortened tenant."""

_MANY = 12
"""Cells beyond which the beginning that all names share is left out, if that makes them shorter."""


def short_tenants(names: Iterable[str], width: int) -> dict[str, str] | None:
    """Return the names in at most `width` cells each, all different; None if that is not possible.

    A name that is too long is cut at its end, or in the middle if it then looks like another one; if that does not
    help, all names lose the beginning that they share.
    """
    names = sorted(set(names))
    beginning = _shared_words(names)
    without = {name: f"…{name[beginning:]}" for name in names}
    return _cut(names, width) or _shorten(names, width, lambda name, cut: fit(without[name], cut).rstrip())


def least_tenant_width(names: Iterable[str]) -> int:
    """Return the fewest cells in which the names differ."""
    names = sorted(set(names))
    longest = max(map(cells, names), default=0)
    widths = range(min(SHORTEST_TENANT, longest), longest)
    least = next((width for width in widths if _cut(names, width)), longest)
    if least > _MANY:
        least = next((width for width in widths if short_tenants(names, width)), least)
    return least


def _shared_words(names: Sequence[str]) -> int:
    """Return how many characters at the beginning, up to a hyphen or the like, all of the sorted names share."""
    pairs = zip(names[0], names[-1], strict=False) if names else ()
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return max((names[0].rfind(mark, 0, shared) + 1 for mark in "-_. ") if shared else (0,))


def _cut(names: Sequence[str], width: int) -> dict[str, str] | None:
    return _shorten(names, width, fit) or _shorten(names, width, _cut_in_middle)


def _shorten(names: Sequence[str], width: int, cut: Callable[[str, int], str]) -> dict[str, str] | None:
    """Return the names, those that are too long cut by `cut`; None if two of them are then the same."""
    short = {name: name if cells(name) <= width else cut(name, width) for name in names}
    return short if len(set(short.values())) == len(names) else None


def _cut_in_middle(name: str, width: int) -> str:
    tail = (width - 1) // 2
    return fit(name, max(1, width - tail)) + name[len(name) - tail :] if tail else fit(name, width)
