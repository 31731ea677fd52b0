"""Filter and order of the list."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from zjobtui.formatting.symbols import WORDS
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.filters import FilterProblem, KnownWords, parse, translate
from zjobtui.models.sorting import Key, Sorting, SortOrder
from zjobtui.models.tenant import Tenant
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.protocols import State

if TYPE_CHECKING:
    from zjobtui.models.filters import Filter

Value = TypeVar("Value")

Pairs = Sequence[tuple[WatchedJob, WatchedJob]]
"""Watched jobs, each with its replacement."""


@dataclass(slots=True)
class _RuleCache(Generic[Value]):
    """The value of a rule for each watched job, by identity; computed only for jobs that were replaced."""

    values: dict[int, Value] = field(default_factory=dict)
    _rule: Callable[[WatchedJob], Value] | None = None

    def update(self, rule: Callable[[WatchedJob], Value], watchlist: Watchlist, replaced: Pairs | None) -> bool:
        """Update the values for a watchlist; return whether they are the same as before."""
        if replaced is None or rule != self._rule:
            self.values, self._rule = {id(watch): rule(watch) for watch in watchlist}, rule
            return False
        before = [self.values.pop(id(old)) for old, _ in replaced]
        now = {id(new): rule(new) for _, new in replaced}
        self.values |= now
        return before == list(now.values())


@dataclass(slots=True)
class JobListModel:
    """Filter and order; `filter_problem` is what is wrong with the filter, whose valid part applies.

    `filter_notice` says which terms have another name now; `filter_text` has them by the new one.
    """

    sorting: Sorting = field(default_factory=Sorting)
    filter_text: str = ""
    filter_problem: str = ""
    filter_notice: str = ""
    known_words: KnownWords | None = None
    """Returns the values that the filter may name; None accepts any."""
    _filter: "Filter | None" = None
    _watchlist: Watchlist = field(default_factory=lambda: Watchlist({}))
    _sort_keys: _RuleCache[Key] = field(default_factory=_RuleCache)
    _matches: _RuleCache[bool] = field(default_factory=_RuleCache)
    _rows: tuple[WatchedJob, ...] = ()
    _is_in_order: bool = False
    _held: WatchedJob | None = None
    """The job under the cursor, as it was when the cursor came to it."""

    def set_filter(self, text: str) -> None:
        """Set the filter as the user types it."""
        self.filter_text, notices = translate(text.strip())
        self.filter_notice = "; ".join(notices)
        if not self.filter_text:
            self._filter, self.filter_problem = None, ""
            return
        parsed = parse(self.filter_text, self.known_words)
        if isinstance(parsed, FilterProblem):
            self._filter, self.filter_problem = parsed.rest, "" if parsed.is_unfinished else str(parsed)
        else:
            self._filter, self.filter_problem = parsed, ""

    def sort_by(self, order: SortOrder, *, is_reversed: bool = False) -> None:
        """Sort by a column."""
        self.sorting = replace(self.sorting, order=order, is_reversed=is_reversed)

    def set_typical(self, typical: TypicalByTenant) -> None:
        """Set the typical times, by which jobs are overdue."""
        if typical != self.sorting.typical:
            self.sorting = replace(self.sorting, typical=typical)

    def hold(self, watch: WatchedJob | None) -> None:
        """Keep this job where it is sorted now, and in the list, whatever becomes of it; the one before no longer."""
        held = self._held
        if (held and held.job) != (watch and watch.job):
            self._held = watch
            self._is_in_order &= held is None or self._watchlist.get(held.job) is held

    @property
    def typical(self) -> TypicalByTenant:
        """The typical times by tenant."""
        return self.sorting.typical

    @property
    def depends_on_time(self) -> bool:
        """Whether the shown jobs may change with time alone."""
        return self._filter is not None and self._filter.is_timed

    def rows(self, watchlist: Watchlist, now: float, *, is_frozen: bool = False) -> tuple[WatchedJob, ...]:
        """Return the jobs to show, in order; a frozen order is kept as long as the same jobs are shown.

        If the watchlist has the same jobs as the last one, only replaced jobs are compared.
        """
        replaced = _replaced_pairs(self._watchlist, watchlist)
        self._is_in_order &= self._sort_keys.update(self.sorting.key, watchlist, replaced)
        matches = self._filter.at(now, self.typical) if self._filter else _match_all
        are_the_same = self._matches.update(matches, watchlist, replaced)
        if are_the_same and replaced is not None and (is_frozen or self._is_in_order):
            new = {id(old): new for old, new in replaced}
            self._rows = tuple([new.get(id(watch), watch) for watch in self._rows]) if new else self._rows
        else:
            rows = self._sorted(watchlist)
            self._rows = keep_order(rows, self._rows) if is_frozen else rows
            self._is_in_order = self._rows is rows
        self._watchlist = watchlist
        return self._rows

    def _sorted(self, watchlist: Watchlist) -> tuple[WatchedJob, ...]:
        keys, matches, held = self._sort_keys.values, self._matches.values, self._held
        now = held and watchlist.get(held.job)
        if held is None or now is None:
            shown = [watch for watch in watchlist if matches[id(watch)]]
            return tuple(self.sorting.sort(shown, lambda watch: keys[id(watch)]))
        shown = [watch for watch in watchlist if matches[id(watch)] or watch is now]
        held_key = self.sorting.key(held)
        return tuple(self.sorting.sort(shown, lambda watch: held_key if watch is now else keys[id(watch)]))

    def title(self, shown: int, watched: int, marked: int, *, names_order: bool = False) -> str:
        """Return what is shown, the least important part last, where it may be cut off."""
        parts = ["Jobs", f"{shown:,} of {watched:,}" if shown != watched else f"{watched:,}"]
        if marked:
            parts.append(f"{marked:,} marked")
        if self.filter_text:
            parts.append(f"filter: {self.filter_text}")
        if names_order:
            parts.append(f"by {self.sorting.title}")
        return " · ".join(parts)


def status_filter(kind: Kind) -> str:
    """Return the filter for the jobs with one verdict."""
    return f"status:{WORDS[kind]}"


def next_in_cycle(texts: Sequence[str], current: str) -> str:
    """Return the text after the current one, the first after the last; the second if the current one is not listed."""
    index = texts.index(current) if current in texts else 0
    return texts[(index + 1) % len(texts)]


def _match_all(_: WatchedJob) -> bool:
    return True


def _replaced_pairs(before: Watchlist, after: Watchlist) -> Pairs | None:
    """Return the differences between watchlists of the same jobs in the same order; None if the jobs differ."""
    pairs = [(old, new) for old, new in zip(before, after, strict=False) if old is not new]
    are_the_same = len(before) == len(after) and all(old.job == new.job for old, new in pairs)
    return pairs if are_the_same else None


def keep_order(rows: tuple[WatchedJob, ...], before: Sequence[WatchedJob]) -> tuple[WatchedJob, ...]:
    """Return the rows in the order of `before`; unchanged if these are different jobs."""
    by_identity = {id(watch.job): watch for watch in rows}
    kept = [by_identity.get(id(watch.job)) for watch in before]
    if len(rows) == len(before) and None not in kept:
        return cast("tuple[WatchedJob, ...]", tuple(kept))
    by_job = {watch.job: watch for watch in rows}  # a job that another window wrote has a new `JobRef`
    if len(by_job) != len(before) or any(watch.job not in by_job for watch in before):
        return rows
    return tuple(by_job[watch.job] for watch in before)


def has_several_tenants(state: State, tenants: Iterable[Tenant]) -> bool:
    """Return whether rows must show their tenant; tenants that are not configured any more count, too."""
    names = {tenant.name for tenant in tenants}
    return len(names) > 1 or any(watch.job.tenant not in names for watch in state.watchlist)
