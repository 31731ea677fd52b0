"""The newest state as it stands on the screen: which rows in which order, the counts, the pulse, the notice."""

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from zjobtui.clock import Clock
from zjobtui.domain.job import Job
from zjobtui.domain.telling import altered
from zjobtui.domain.tenant import Tenant
from zjobtui.domain.text import clean
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.polling.ports import State
from zjobtui.ui.job_list import JobList
from zjobtui.ui.totals_bar import TotalsBar
from zjobtui.ui.view import CALM, View
from zjobtui.wording.cells import within_lines
from zjobtui.wording.signs import counts
from zjobtui.wording.totals import SteadyPulses, further, worst

NOTICE_LINES = 3
"""Lines that the notice takes at most."""


class Shown:
    """Draws a state on list, bar and notice by what a person has chosen to see; a pane is told only what it shows."""

    def __init__(self, state: State, tenants: Sequence[Tenant], clock: Clock, notice: str) -> None:
        self.state = state
        self.counts = counts(state.watchlist)
        """How many jobs have which verdict."""
        self.view = View()
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
        self._steady = SteadyPulses()

    @property
    def has_several_tenants(self) -> bool:
        """Whether jobs must say whose they are: also those of a tenant that is configured no more."""
        ours = {tenant.name for tenant in self._tenants}
        return len(ours) > 1 or any(watch.job.tenant not in ours for watch in self.state.watchlist)

    def place(self, rows: JobList, bar: TotalsBar, notice: Static) -> None:
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

    def targets(self) -> tuple[Watch, ...]:
        """The marked jobs, or the selected one."""
        if marked := tuple(watch for watch in self.state.watchlist if watch.job in self._rows.marked):
            return marked
        return (self._rows.selected,) if self._rows.selected else ()

    def unseen(self) -> tuple[Job, ...]:
        """Of the jobs that are shown those that nobody has looked at since they changed."""
        return tuple(watch.job for watch in self._rows.watches if watch.is_unseen)

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
        known = [pulse for tenant in self._tenants if (pulse := self.state.pulses.get(tenant.name))]
        pulses = self._steady.hold(known, now)
        self._bar.show(self.counts, worst(pulses), now, further(pulses), is_muted=self.is_muted)

    def _count(self, watchlist: Watchlist) -> None:
        """Counts anew what is not as it was."""
        if len(watchlist) != len(self.state.watchlist):
            self.counts = counts(watchlist)
            return
        now = dict(self.counts)
        for old, new in altered(self.state.watchlist, watchlist):
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
