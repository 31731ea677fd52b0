"""Which watches are shown, and in which order: a filter, a sort order, and calm while a person moves."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from zjobtui.domain.arranging import Key, SortOrder
from zjobtui.domain.filtering import FilterProblem, parse
from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.wording.signs import WORDS

if TYPE_CHECKING:
    from zjobtui.domain.filtering import Filter

CALM = 8.0
"""Seconds after the last key in the list for which rows keep their places."""


Found = TypeVar("Found")

Pairs = Sequence[tuple[Watch, Watch]]
"""Watches, each with the one that has taken its place."""


@dataclass(slots=True)
class _OfEach(Generic[Found]):
    """What a rule finds for each watch of a watchlist, by identity; it is asked again only for those that are new."""

    found: dict[int, Found] = field(default_factory=dict)
    _rule: Callable[[Watch], Found] | None = None

    def follow(self, rule: Callable[[Watch], Found], watchlist: Watchlist, replaced: Pairs | None) -> bool:
        """Takes a watchlist; tells whether all is found as it was before."""
        if replaced is None or rule != self._rule:
            self.found, self._rule = {id(watch): rule(watch) for watch in watchlist}, rule
            return False
        before = [self.found.pop(id(old)) for old, _ in replaced]
        now = {id(new): rule(new) for _, new in replaced}
        self.found |= now
        return before == list(now.values())


@dataclass(slots=True)
class View:
    """What a person has chosen to see. `problem` says what of the filter is not understood; the rest of it holds."""

    order: SortOrder = SortOrder.URGENCY
    text: str = ""
    problem: str = ""
    _filter: "Filter | None" = None
    _watchlist: Watchlist = field(default_factory=lambda: Watchlist({}))
    _keys: _OfEach[Key] = field(default_factory=_OfEach)
    _meant: _OfEach[bool] = field(default_factory=_OfEach)
    _rows: tuple[Watch, ...] = ()
    _is_in_order: bool = False

    def choose(self, text: str) -> None:
        """Takes a filter as it is typed."""
        self.text = text.strip()
        if not self.text:
            self._filter, self.problem = None, ""
            return
        parsed = parse(self.text)
        if isinstance(parsed, FilterProblem):
            self._filter, self.problem = parsed.rest, "" if parsed.is_unfinished else str(parsed)
        else:
            self._filter, self.problem = parsed, ""

    @property
    def is_timed(self) -> bool:
        """Whether other rows may be shown when nothing but time has passed."""
        return self._filter is not None and self._filter.is_timed

    def rows(self, watchlist: Watchlist, now: float, *, is_calm: bool = False) -> tuple[Watch, ...]:
        """The watches to show, in order; in calm they stay as they stood while the same jobs are shown.

        Where one watchlist follows another, only the watches that differ are looked at.
        """
        replaced = _replaced(self._watchlist, watchlist)
        self._is_in_order &= self._keys.follow(self.order.key, watchlist, replaced)
        meant = self._filter.at(now) if self._filter else _every
        are_the_same = self._meant.follow(meant, watchlist, replaced)
        if are_the_same and replaced is not None and (is_calm or self._is_in_order):
            new = {id(old): new for old, new in replaced}
            self._rows = tuple([new.get(id(watch), watch) for watch in self._rows]) if new else self._rows
        else:
            rows = self._arranged(watchlist)
            self._rows = calm(rows, self._rows) if is_calm else rows
            self._is_in_order = self._rows is rows
        self._watchlist = watchlist
        return self._rows

    def _arranged(self, watchlist: Iterable[Watch]) -> tuple[Watch, ...]:
        keys, meant = self._keys.found, self._meant.found
        shown = [watch for watch in watchlist if meant[id(watch)]]
        return tuple(sorted(shown, key=lambda watch: keys[id(watch)]))

    def title(self, shown: int, watched: int, marked: int) -> str:
        """What is shown, in words; what may be cut off stands last."""
        parts = ["Jobs", f"{shown:,} of {watched:,}" if shown != watched else f"{watched:,}"]
        if marked:
            parts.append(f"{marked:,} marked")
        if self.text:
            parts.append(f"filter: {self.text}")
        return " · ".join((*parts, f"by {self.order.title}"))


def status_filter(kind: Kind) -> str:
    """The filter that shows the jobs of one verdict."""
    return f"status:{WORDS[kind]}"


def following(texts: Sequence[str], current: str) -> str:
    """The text after the current one, the first after the last, and the second where it is none of them."""
    at = texts.index(current) if current in texts else 0
    return texts[(at + 1) % len(texts)]


def _every(_: Watch) -> bool:
    return True


def _replaced(before: Watchlist, after: Watchlist) -> Pairs | None:
    """The watches that differ between two watchlists of the same jobs in the same order; None where they are not."""
    pairs = [(old, new) for old, new in zip(before, after, strict=False) if old is not new]
    are_the_same = len(before) == len(after) and all(old.job == new.job for old, new in pairs)
    return pairs if are_the_same else None


def calm(rows: tuple[Watch, ...], before: Sequence[Watch]) -> tuple[Watch, ...]:
    """The rows in the order in which they stood before; the order anew where other jobs are shown than before."""
    by_job = {id(watch.job): watch for watch in rows}
    kept = [by_job.get(id(watch.job)) for watch in before]
    if len(rows) == len(before) and None not in kept:
        return cast("tuple[Watch, ...]", tuple(kept))
    found = {watch.job: watch for watch in rows}  # a watch that another window wrote names its job anew
    if len(found) != len(before) or any(watch.job not in found for watch in before):
        return rows
    return tuple(found[watch.job] for watch in before)
