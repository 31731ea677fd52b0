"""Filter and order of the list, and the presenter that updates list, status bar and notice."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from textual.content import Content
from textual.widgets import Static

from zjobtui.clock import Clock
from zjobtui.formatting.status import SteadyStatuses, other_statuses, worst_status
from zjobtui.formatting.symbols import WORDS, counts
from zjobtui.formatting.text_width import within_lines
from zjobtui.models.diff import changed_pairs
from zjobtui.models.duration_stats import TypicalByTenant, typical_times
from zjobtui.models.filter_fields import Vocabulary, vocabulary_of
from zjobtui.models.filters import FilterProblem, KnownWords, parse, translate
from zjobtui.models.job import JobRef
from zjobtui.models.sorting import Key, Sorting, SortOrder
from zjobtui.models.tenant import Tenant
from zjobtui.models.text import clean
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.protocols import State
from zjobtui.ui.job_list import JobList
from zjobtui.ui.status_bar import StatusBar

if TYPE_CHECKING:
    from zjobtui.models.filters import Filter

FREEZE_SECONDS = 8.0
"""Seconds after the last key for which the rows keep their order."""

TYPICAL_SECONDS = 60.0
"""Seconds between two computations of the typical times."""


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

    def _sorted(self, watchlist: Iterable[WatchedJob]) -> tuple[WatchedJob, ...]:
        keys, matches = self._sort_keys.values, self._matches.values
        shown = [watch for watch in watchlist if matches[id(watch)]]
        return tuple(self.sorting.sort(shown, lambda watch: keys[id(watch)]))

    def title(self, shown: int, watched: int, marked: int) -> str:
        """Return what is shown, the least important part last, where it may be cut off."""
        parts = ["Jobs", f"{shown:,} of {watched:,}" if shown != watched else f"{watched:,}"]
        if marked:
            parts.append(f"{marked:,} marked")
        if self.filter_text:
            parts.append(f"filter: {self.filter_text}")
        return " · ".join((*parts, f"by {self.sorting.title}"))


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


NOTICE_LINES = 3
"""Maximum number of lines of the notice."""


class ListPresenter:
    """Show a state in list, status bar and notice, by the user's filter and order."""

    def __init__(
        self,
        state: State,
        tenants: Sequence[Tenant],
        clock: Clock,
        rows: JobList,
        bar: StatusBar,
        notice: Static,
        *,
        notice_text: str = "",
    ) -> None:
        self.state = state
        self.counts = counts(state.watchlist)
        """Number of jobs by verdict."""
        self.model = JobListModel(known_words=self._known_words)
        self.read_error = ""
        """Why the selected job could not be read from the store; empty if it could."""
        self.paused_at: float | None = None
        """When polling was paused, in seconds since the epoch."""
        self.is_muted = False
        self._notice_text = notice_text
        """Shown above the list as long as the program runs."""
        self._fault = self._message = ""
        self._tenants = tuple(tenants)
        self._clock = clock
        self._rows = rows
        self._bar = bar
        self._notice = notice
        self._frozen_at = 0.0
        self._typical_at = -TYPICAL_SECONDS
        self._drawn_notice = ""
        self._steady_statuses = SteadyStatuses()

    def update(self, state: State) -> None:
        """Show a state."""
        self._update_counts(state.watchlist)
        self.state = state
        now = self._clock.now()
        rows = self.model.rows(state.watchlist, now, is_frozen=self._is_order_frozen())
        self._rows.show(rows, now, self.paused_at)
        self.update_title()
        self.update_bar()
        self._update_notice()

    def tick(self, fault: str = "") -> None:
        """Show what has changed with time; `fault` is a problem outside of the engine."""
        self._fault = fault
        self._update_typical()
        if self._frozen_at and not self._is_order_frozen():
            self.resort()
        elif self.model.depends_on_time:
            self.update(self.state)
        self._rows.tick(self._clock.now(), self.paused_at)
        self.update_bar()
        self._update_notice()

    def freeze_order(self) -> None:
        """Keep the order of the rows for `FREEZE_SECONDS`."""
        self._frozen_at = self._clock.boot()

    def unfreeze_order(self) -> None:
        """Allow the next state to change the order."""
        self._frozen_at = 0.0

    def resort(self) -> None:
        """Sort the rows now."""
        self.unfreeze_order()
        self.update(self.state)

    def set_filter(self, text: str) -> None:
        """Show the jobs that match a filter."""
        self.model.set_filter(text)
        self.resort()

    def set_message(self, text: str) -> None:
        """Show a message above the list until it is replaced."""
        self._message = text
        self._update_notice()

    def targets(self) -> tuple[WatchedJob, ...]:
        """Return the marked jobs, or the selected one."""
        if marked := tuple(watch for watch in self.state.watchlist if watch.job in self._rows.marked):
            return marked
        return (self._rows.selected,) if self._rows.selected else ()

    def unread_jobs(self) -> tuple[JobRef, ...]:
        """Return the unread jobs among those shown."""
        return tuple(watch.job for watch in self._rows.watches if watch.is_unread)

    def update_title(self) -> None:
        """Show number of jobs, filter and order in the border of the list."""
        watchlist = self.state.watchlist
        marked = sum(watchlist.get(job) is not None for job in self._rows.marked)
        empty = "no matches · esc clear" if self.model.filter_text else "paste any text that contains job ids"
        subtitle = self.model.filter_problem or self.model.filter_notice or ("" if self._rows.count else empty)
        self._rows.set_titles(self.model.title(self._rows.count, len(watchlist), marked), subtitle)

    def update_layout(self) -> None:
        """Fit status bar and notice to the width of the screen."""
        self.update_bar()
        self._update_notice()

    def update_bar(self) -> None:
        """Show job counts and polling status in the status bar."""
        now = self._clock.now()
        known = [status for tenant in self._tenants if (status := self.state.statuses.get(tenant.name))]
        statuses = self._steady_statuses.hold(known, now)
        self._bar.show(self.counts, worst_status(statuses), now, other_statuses(statuses), is_muted=self.is_muted)

    def _known_words(self) -> Vocabulary:
        return vocabulary_of(self.state.watchlist, (tenant.name for tenant in self._tenants))

    def _update_typical(self) -> None:
        """Compute the typical times once a minute; the next state is sorted by them."""
        if self._clock.boot() - self._typical_at >= TYPICAL_SECONDS:
            self._typical_at = self._clock.boot()
            self.model.set_typical(typical_times(self.state.watchlist))

    def _update_counts(self, watchlist: Watchlist) -> None:
        """Update the counts by the jobs that have changed."""
        if len(watchlist) != len(self.state.watchlist):
            self.counts = counts(watchlist)
            return
        now = dict(self.counts)
        for old, new in changed_pairs(self.state.watchlist, watchlist):
            if old is None:
                self.counts = counts(watchlist)
                return
            now[old.verdict.kind] -= 1
            now[new.verdict.kind] += 1
        self.counts = now

    def _is_order_frozen(self) -> bool:
        return self._rows.user_moved_cursor and self._clock.boot() - self._frozen_at < FREEZE_SECONDS

    def _update_notice(self) -> None:
        state = self.state
        unsaved = state.unsaved and f"Not saved: {state.unsaved}"
        read_error = "" if self.read_error in unsaved else self.read_error  # a lock stops reading for the same reason
        parts = (unsaved, state.fault, self._fault, read_error, state.notice, self._notice_text, self._message)
        width = max(self._notice.app.size.width - 2, 1)
        text = within_lines(clean(" ".join(part for part in parts if part)), width, NOTICE_LINES)
        if text != self._drawn_notice:
            self._drawn_notice = text
            self._notice.display = bool(text)
            self._notice.update(Content(text))
