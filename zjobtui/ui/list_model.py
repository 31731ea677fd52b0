"""Which jobs the list shows, in which order, and what follows the cursor."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from textual.content import Content
from textual.widgets import Static

from zjobtui.clock import Clock
from zjobtui.formatting.status import SteadyStatuses, other_statuses, worst_status
from zjobtui.formatting.symbols import WORDS, counts
from zjobtui.formatting.text_width import within_lines
from zjobtui.models.filters import FilterProblem, parse
from zjobtui.models.job import JobRef
from zjobtui.models.notifications import changed_pairs
from zjobtui.models.sorting import Key, SortOrder
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

CALM = 8.0
"""Seconds after the last key in the list for which rows keep their places."""


Found = TypeVar("Found")

Pairs = Sequence[tuple[WatchedJob, WatchedJob]]
"""Watches, each with the one that has taken its place."""


@dataclass(slots=True)
class _OfEach(Generic[Found]):
    """What a rule finds for each watch of a watchlist, by identity; it is asked again only for those that are new."""

    found: dict[int, Found] = field(default_factory=dict)
    _rule: Callable[[WatchedJob], Found] | None = None

    def follow(self, rule: Callable[[WatchedJob], Found], watchlist: Watchlist, replaced: Pairs | None) -> bool:
        """Takes a watchlist; tells whether all is found as it was before."""
        if replaced is None or rule != self._rule:
            self.found, self._rule = {id(watch): rule(watch) for watch in watchlist}, rule
            return False
        before = [self.found.pop(id(old)) for old, _ in replaced]
        now = {id(new): rule(new) for _, new in replaced}
        self.found |= now
        return before == list(now.values())


@dataclass(slots=True)
class JobListModel:
    """What a person has chosen to see. `problem` says what of the filter is not understood; the rest of it holds."""

    order: SortOrder = SortOrder.URGENCY
    text: str = ""
    problem: str = ""
    _filter: "Filter | None" = None
    _watchlist: Watchlist = field(default_factory=lambda: Watchlist({}))
    _keys: _OfEach[Key] = field(default_factory=_OfEach)
    _meant: _OfEach[bool] = field(default_factory=_OfEach)
    _rows: tuple[WatchedJob, ...] = ()
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

    def rows(self, watchlist: Watchlist, now: float, *, is_calm: bool = False) -> tuple[WatchedJob, ...]:
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

    def _arranged(self, watchlist: Iterable[WatchedJob]) -> tuple[WatchedJob, ...]:
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


def _every(_: WatchedJob) -> bool:
    return True


def _replaced(before: Watchlist, after: Watchlist) -> Pairs | None:
    """The watches that differ between two watchlists of the same jobs in the same order; None where they are not."""
    pairs = [(old, new) for old, new in zip(before, after, strict=False) if old is not new]
    are_the_same = len(before) == len(after) and all(old.job == new.job for old, new in pairs)
    return pairs if are_the_same else None


def calm(rows: tuple[WatchedJob, ...], before: Sequence[WatchedJob]) -> tuple[WatchedJob, ...]:
    """The rows in the order in which they stood before; the order anew where other jobs are shown than before."""
    by_job = {id(watch.job): watch for watch in rows}
    kept = [by_job.get(id(watch.job)) for watch in before]
    if len(rows) == len(before) and None not in kept:
        return cast("tuple[WatchedJob, ...]", tuple(kept))
    found = {watch.job: watch for watch in rows}  # a watch that another window wrote names its job anew
    if len(found) != len(before) or any(watch.job not in found for watch in before):
        return rows
    return tuple(found[watch.job] for watch in before)


NOTICE_LINES = 3
"""Lines that the notice takes at most."""


class ListPresenter:
    """Draws a state on list, bar and notice by what a person has chosen to see; a pane is told only what it shows."""

    def __init__(self, state: State, tenants: Sequence[Tenant], clock: Clock, notice: str) -> None:
        self.state = state
        self.counts = counts(state.watchlist)
        """How many jobs have which verdict."""
        self.view = JobListModel()
        self.notice = notice
        """What is told above the list for as long as the program runs."""
        self.unread = ""
        """Why what is kept of the selected job could not be read; empty when it could."""
        self.held_at: float | None = None
        """Since when polling is paused, in seconds since the epoch."""
        self.is_muted = False
        self._fault = self._remark = ""
        self._tenants = tuple(tenants)
        self._clock = clock
        self._touched_at = 0.0
        self._told = ""
        self._steady = SteadyStatuses()

    @property
    def has_several_tenants(self) -> bool:
        """Whether jobs must say whose they are: also those of a tenant that is configured no more."""
        ours = {tenant.name for tenant in self._tenants}
        return len(ours) > 1 or any(watch.job.tenant not in ours for watch in self.state.watchlist)

    def place(self, rows: JobList, bar: StatusBar, notice: Static) -> None:
        """Names the panes to draw on."""
        self._rows, self._bar, self._notice = rows, bar, notice

    def draw(self, state: State) -> None:
        """Takes a state."""
        self._count(state.watchlist)
        self.state = state
        now = self._clock.now()
        rows = self.view.rows(state.watchlist, now, is_calm=self._is_calm())
        self._rows.show(rows, now, self.held_at)
        self.draw_title()
        self.draw_bar()
        self._draw_notice()

    def tick(self, fault: str = "") -> None:
        """Lets time pass; `fault` is what went wrong beside the engine."""
        self._fault = fault
        if self._touched_at and not self._is_calm():
            self.rearrange()
        elif self.view.is_timed:
            self.draw(self.state)
        self._rows.tick(self._clock.now(), self.held_at)
        self.draw_bar()
        self._draw_notice()

    def touched(self) -> None:
        """A person moves: rows keep their places for a while."""
        self._touched_at = self._clock.boot()

    def released(self) -> None:
        """Rows may go where they belong with the next state."""
        self._touched_at = 0.0

    def rearrange(self) -> None:
        """Puts every row where it belongs now."""
        self.released()
        self.draw(self.state)

    def filter(self, text: str) -> None:
        """Shows the jobs that a filter means."""
        self.view.choose(text)
        self.rearrange()

    def remark(self, text: str) -> None:
        """Says something above the list until it says something else."""
        self._remark = text
        self._draw_notice()

    def targets(self) -> tuple[WatchedJob, ...]:
        """The marked jobs, or the selected one."""
        if marked := tuple(watch for watch in self.state.watchlist if watch.job in self._rows.marked):
            return marked
        return (self._rows.selected,) if self._rows.selected else ()

    def unseen(self) -> tuple[JobRef, ...]:
        """Of the jobs that are shown those that nobody has looked at since they changed."""
        return tuple(watch.job for watch in self._rows.watches if watch.is_unread)

    def draw_title(self) -> None:
        """Says over the list what it shows."""
        watchlist = self.state.watchlist
        marked = sum(watchlist.get(job) is not None for job in self._rows.marked)
        none = "nothing matches; esc takes the filter away" if self.view.text else "paste any text that holds job ids"
        below = self.view.problem or ("" if self._rows.count else none)
        self._rows.entitle(self.view.title(self._rows.count, len(watchlist), marked), below)

    def resized(self) -> None:
        """Lays bar and notice out anew."""
        self.draw_bar()
        self._draw_notice()

    def draw_bar(self) -> None:
        """Counts, and says how polling does."""
        now = self._clock.now()
        known = [pulse for tenant in self._tenants if (pulse := self.state.statuses.get(tenant.name))]
        pulses = self._steady.hold(known, now)
        self._bar.show(self.counts, worst_status(pulses), now, other_statuses(pulses), is_muted=self.is_muted)

    def _count(self, watchlist: Watchlist) -> None:
        """Counts anew what is not as it was."""
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

    def _is_calm(self) -> bool:
        return self._rows.is_placed and self._clock.boot() - self._touched_at < CALM

    def _draw_notice(self) -> None:
        unsaved = self.state.unsaved and f"Not saved: {self.state.unsaved}"
        unread = "" if self.unread in unsaved else self.unread  # a lock stops reading for the same reason
        told = (unsaved, self.state.fault, self._fault, unread, self.state.notice, self.notice, self._remark)
        width = max(self._notice.app.size.width - 2, 1)
        text = within_lines(clean(" ".join(part for part in told if part)), width, NOTICE_LINES)
        if text != self._told:
            self._told = text
            self._notice.display = bool(text)
            self._notice.update(Content(text))
