"""Rows of the list: which jobs, in which order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from msgspec.structs import replace

from zjobtui.models.batches import SMALLEST, BatchProgress, progress_of
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.filter_completion import expand_saved
from zjobtui.models.filters import FilterProblem, KnownWords, parse, translate
from zjobtui.models.job import JobRef
from zjobtui.models.sorting import Sorting, SortKey, SortOrder
from zjobtui.models.text import shorten
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist

if TYPE_CHECKING:
    from zjobtui.models.filters import Filter

FILTER_TEXT_LIMIT = 40
"""Characters of a filter without matches that are shown."""

Value = TypeVar("Value")

Pairs = Sequence[tuple[WatchedJob, WatchedJob]]
"""Watched jobs, each with its replacement."""


class _RuleCache(Generic[Value]):
    """The value of a rule for each watched job, by identity; computed only for jobs that were replaced."""

    def __init__(self) -> None:
        self.values: dict[int, Value] = {}
        self._rule: Callable[[WatchedJob], Value] | None = None

    def update(self, rule: Callable[[WatchedJob], Value], watchlist: Watchlist, replaced: Pairs | None) -> bool:
        """Update the values for a watchlist; return whether they are the same as before."""
        if replaced is None or rule != self._rule:
            self.values, self._rule = {id(watch): rule(watch) for watch in watchlist}, rule
            return False
        before = [self.values.pop(id(old)) for old, _ in replaced]
        now = {id(new): rule(new) for _, new in replaced}
        self.values |= now
        return before == list(now.values())


class JobListModel:
    """Decide which jobs are rows of the list, in which order: by filter, sorting, folded batches and the pinned job.

    `known_words` returns the values that the filter may name; None accepts any.
    """

    def __init__(self, known_words: KnownWords | None = None) -> None:
        self.known_words = known_words
        self.sorting = Sorting()
        self.filter_text = ""
        """The filter, with terms that were renamed by their new names."""
        self.filter_problem = ""
        """What is wrong with the filter, whose valid part applies."""
        self.filter_notice = ""
        """Which terms have another name now."""
        self.folded: frozenset[str] = frozenset()
        """The names of the batches that are one row each: that of their first job, at the place of the most urgent."""
        self.folds: Mapping[JobRef, BatchProgress] = {}
        """The folded batches by the job in whose row they are, with only the jobs that match the filter."""
        self._filter: Filter | None = None
        self._watchlist = Watchlist({})
        self._sort_keys = _RuleCache[SortKey]()
        self._matches = _RuleCache[bool]()
        self._rows: tuple[WatchedJob, ...] = ()
        self._is_in_order = False
        self._pinned: WatchedJob | None = None  # the job under the cursor, as it was when the cursor came to it
        self._pinned_key: SortKey | None = None  # the sort key of that row then, if it is that of a folded batch
        self._fold_keys: dict[JobRef, SortKey] = {}

    def set_filter(self, text: str) -> None:
        """Set the filter as the user types it."""
        self.filter_text, notices = translate(text.strip())
        self.filter_notice = "; ".join(notices)
        if not self.filter_text:
            self._filter, self.filter_problem = None, ""
            return
        parsed = parse(self.filter_text, self.known_words)
        if isinstance(parsed, FilterProblem):
            self._filter, self.filter_problem = parsed.rest, parsed.alarm
        else:
            self._filter, self.filter_problem = parsed, ""

    @property
    def no_matches_text(self) -> str:
        """What is shown instead of jobs if none matches the filter; empty without a filter."""
        text = shorten(self.filter_text, FILTER_TEXT_LIMIT)
        if unknown := expand_saved(self.filter_text, {})[1]:  # the names of saved filters are expanded already
            return f"“@{shorten(unknown, FILTER_TEXT_LIMIT)}” is not a saved filter. Esc clears the filter."
        return f"No jobs match “{text}”. Esc clears the filter." if text else ""

    def sort_by(self, order: SortOrder, *, is_reversed: bool = False) -> None:
        """Sort by a column."""
        self.sorting = replace(self.sorting, order=order, is_reversed=is_reversed)

    def set_typical(self, typical: TypicalByTenant) -> None:
        """Set the typical times, by which jobs are overdue."""
        if typical != self.sorting.typical:
            self.sorting = replace(self.sorting, typical=typical)

    def toggle_fold(self, name: str) -> None:
        """Fold a batch to one row, or unfold it."""
        self.folded ^= {name}
        self._is_in_order = False

    def pin(self, watch: WatchedJob | None) -> None:
        """Keep this job in the list and at its place, however it changes; release the one that was pinned before."""
        pinned = self._pinned
        if (pinned and pinned.job) != (watch and watch.job):
            self._pinned, self._pinned_key = watch, self._fold_keys.get(watch.job) if watch else None
            self._is_in_order &= pinned is None or self._watchlist.get(pinned.job) is pinned

    @property
    def typical(self) -> TypicalByTenant:
        """The typical times by tenant."""
        return self.sorting.typical

    @property
    def depends_on_time(self) -> bool:
        """Whether the shown jobs may change with time alone."""
        return self._filter is not None and self._filter.is_timed

    @property
    def shown(self) -> int:
        """The number of jobs in the rows."""
        return len(self._rows) + sum(batch.total - 1 for batch in self.folds.values())

    def rows(self, watchlist: Watchlist, now: float, *, is_frozen: bool = False) -> tuple[WatchedJob, ...]:
        """Return the jobs to show, in order; a frozen order is kept as long as the same jobs are shown.

        If the watchlist has the same jobs as the last one, only replaced jobs are compared.
        """
        replaced = _replaced_pairs(self._watchlist, watchlist)
        self._is_in_order &= self._sort_keys.update(self.sorting.key, watchlist, replaced)
        matches = self._filter.at(now, self.typical) if self._filter else _match_all
        has_moved = self._has_moved(replaced, watchlist)
        are_the_same = self._matches.update(matches, watchlist, replaced) and not has_moved
        if are_the_same and replaced is not None and (is_frozen or self._is_in_order):
            new = {id(old): new for old, new in replaced}
            self._rows = tuple([new.get(id(watch), watch) for watch in self._rows]) if new else self._rows
        else:
            rows = self._sorted(watchlist)
            self._rows = keep_order(rows, self._rows) if is_frozen else rows
            self._is_in_order = self._rows is rows
        self._watchlist = watchlist
        self._count_folds()
        return self._rows

    def _has_moved(self, replaced: Pairs | None, watchlist: Watchlist) -> bool:
        """Whether jobs are in another batch than before, while any is folded; a renamed batch stays folded.

        A batch is renamed if all its jobs are in one batch now that did not exist before.
        """
        moved = {(old.batch, new.batch) for old, new in replaced or () if self.folded and old.batch != new.batch}
        if moved:
            before, after = ({watch.batch for watch in watches} for watches in (self._watchlist, watchlist))
            names = [old for old, _ in moved]
            new_names = after - before - {""}
            renamed = {
                old: new
                for old, new in moved
                if old in self.folded - after and new in new_names and names.count(old) == 1
            }
            self.folded = self.folded.difference(renamed).union(renamed.values())
        return bool(moved)

    def _sorted(self, watchlist: Watchlist) -> tuple[WatchedJob, ...]:
        """Return the rows in order; the pinned job is at the place that it had when the cursor came to it."""
        keys, matches, pinned = self._sort_keys.values, self._matches.values, self._pinned
        current = watchlist.get(pinned.job) if pinned is not None else None
        shown = self._fold([watch for watch in watchlist if matches[id(watch)] or watch is current])
        if self._fold_keys:
            keys = {id(watch): self._fold_keys.get(watch.job, keys[id(watch)]) for watch in shown}
        if pinned is not None and current is not None:
            keys = {**keys, id(current): self._pinned_key or self.sorting.key(pinned)}
        return tuple(self.sorting.sort(shown, lambda watch: keys[id(watch)]))

    def _fold(self, shown: list[WatchedJob]) -> list[WatchedJob]:
        """Keep only the first job of each folded batch, at the place of the one that would be sorted first."""
        keys = self._sort_keys.values
        self._fold_keys = {}
        left_out: set[int] = set()
        for jobs in self._by_folded_batch(shown).values():
            if len(jobs) >= SMALLEST:
                first = self.sorting.sort(jobs, lambda watch: keys[id(watch)])[0]
                self._fold_keys[jobs[0].job] = keys[id(first)]
                left_out.update(map(id, jobs[1:]))
        return [watch for watch in shown if id(watch) not in left_out] if left_out else shown

    def _count_folds(self) -> None:
        """Count the jobs of the folded batches."""
        members = self._by_folded_batch(self._watchlist)
        counted = (batch for name, jobs in members.items() if (batch := self._count_fold(name, jobs)) is not None)
        self.folds = {batch.jobs[0].job: batch for batch in counted}

    def _count_fold(self, name: str, jobs: list[WatchedJob]) -> BatchProgress | None:
        """Return the shown jobs of a batch; None if they are too few to be folded."""
        pinned = self._pinned.job if self._pinned is not None else None
        shown = [watch for watch in jobs if self._matches.values[id(watch)] or watch.job == pinned]
        if len(shown) < SMALLEST:
            return None
        return progress_of(name, shown, progress_of(name, jobs) if len(shown) < len(jobs) else None)

    def _by_folded_batch(self, watches: Iterable[WatchedJob]) -> dict[str, list[WatchedJob]]:
        """Return the jobs of each folded batch by its name."""
        members: dict[str, list[WatchedJob]] = {}
        for watch in watches if self.folded else ():
            if watch.batch in self.folded:
                members.setdefault(watch.batch, []).append(watch)
        return members


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
