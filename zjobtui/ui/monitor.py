"""The one screen: bar, list and detail; it holds the state, hands it down, and turns keys into calls on the engine."""

import asyncio
import gc
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.events import Paste
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from zjobtui.clock import Clock
from zjobtui.domain.arranging import SortOrder
from zjobtui.domain.tenant import Tenant
from zjobtui.domain.watch import Watch
from zjobtui.polling.ports import State
from zjobtui.ui.actions import bindings, catalogue, key_of
from zjobtui.ui.deeds import Deeds
from zjobtui.ui.job_detail import JobDetail, Subject
from zjobtui.ui.job_list import JobList
from zjobtui.ui.keys_bar import KeysBar
from zjobtui.ui.look import USUAL, Look
from zjobtui.ui.mailbox import Mailbox
from zjobtui.ui.ports import Archive, EngineLike
from zjobtui.ui.totals_bar import TotalsBar
from zjobtui.ui.view import CALM, View, calm
from zjobtui.wording.signs import WORDS, counts
from zjobtui.wording.totals import worst

if TYPE_CHECKING:
    from zjobtui.ui.filter_bar import FilterBar

WIDE = 100
"""Columns from which on the detail is beside the list."""

TICK = 1.0
"""Seconds between looks at what time alone has changed; cells are sent only where they read differently."""

DRAW_EVERY = 0.25
"""Seconds between two drawings of new states: while a thousand jobs end, a person reads no faster."""

ATTEND_AFTER = 0.4
"""Seconds that the cursor must rest on a job before the engine is told that a person looks at it."""


class Monitor(Screen[None]):
    """The monitor. It draws the state it is made with at once, and starts the engine when that is on the screen."""

    BINDINGS = list(bindings())
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    AUTO_FOCUS = "JobList"

    class StateCame(Message):
        """The engine has left a new state in the mailbox."""

    def __init__(
        self,
        engine: EngineLike,
        archive: Archive,
        tenants: Sequence[Tenant],
        clock: Clock,
        *,
        notice: str = "",
        first: Sequence[Watch] = (),
        look: Look = USUAL,
    ) -> None:
        super().__init__()
        self.actions = catalogue(look.keys)
        """What a person can do, each with the key in force."""
        self._zone = UTC if look.is_utc else None
        self._remark = ""
        self._engine = engine
        self._archive = archive
        self._tenants = tuple(tenants)
        self._clock = clock
        self._notice = notice
        self._first = tuple(first)
        self._state = engine.state
        self._mailbox = Mailbox(lambda: self.post_message(self.StateCame()))
        self._view = View()
        self._touched_at = 0.0
        self._deeds = Deeds(
            self,
            engine,
            archive,
            tenants,
            clock,
            targets=self._targets,
            watchlist=lambda: self._state.watchlist,
            undo_key=key_of(self.actions, "undo"),
        )
        self._held_at: float | None = None
        self._drawn_at = 0.0
        self._told = ""

    def compose(self) -> ComposeResult:
        """Bar, notice, list beside or above detail, footer, laid out for the size there is: nothing is drawn twice."""
        is_wide = self.app.size.width >= WIDE
        self.set_class(is_wide, "-wide").set_class(not is_wide, "-narrow")
        yield TotalsBar(self._tenants)
        yield Static(Content(""), id="notice")
        with Container(id="panes"):
            yield JobList(are_tenants_named=len(self._tenants) > 1)
            yield JobDetail()
        yield KeysBar(self.actions)

    def on_mount(self) -> None:
        """Draws what is stored, then starts everything that takes time."""
        self._list, self._detail = self.query_one(JobList), self.query_one(JobDetail)
        self._bar = self.query_one(TotalsBar)
        self._detail.zone = self._bar.zone = self._zone
        self._draw(self._state)
        self.call_after_refresh(self._begin)

    def on_resize(self) -> None:
        """Lays the bar out anew."""
        self._draw_bar(self._clock.now())

    def on_monitor_state_came(self) -> None:
        """Draws the newest state, however many there were, and then leaves the terminal alone for a moment."""
        wait = self._drawn_at + DRAW_EVERY - self._clock.boot()
        if wait > 0:
            self.set_timer(wait, self._take_state)
        else:
            self._take_state()

    def _take_state(self) -> None:
        if (state := self._mailbox.take()) is not None:
            self._drawn_at = self._clock.boot()
            self._draw(state)

    def on_job_list_moved(self) -> None:
        """Shows the job under the cursor, and tells the engine when the cursor has come to rest."""
        self._show_detail()
        self.set_timer(ATTEND_AFTER, self._attend, name="attend")

    def on_job_list_chosen(self) -> None:
        """Goes to the detail."""
        self._detail.focus()

    def on_paste(self, event: Paste) -> None:
        """A text pasted anywhere is a text to find ids in."""
        self._deeds.add(event.text)

    def on_key(self) -> None:
        """While a person moves, rows keep their places."""
        self._touched_at = self._clock.boot()

    def on_job_list_marked(self) -> None:
        """Counts the marks in the title."""
        self._draw_title()

    def on_totals_bar_picked(self, event: TotalsBar.Picked) -> None:
        """A click on a count shows just those jobs, and a second one all again."""
        text = f"status:{WORDS[event.kind]}"
        self._filter("" if self._view.text == text else text)

    def on_filter_bar_typed(self, event: "FilterBar.Typed") -> None:
        """Filters as one types."""
        self._filter(event.text)

    def on_filter_bar_left(self, event: "FilterBar.Left") -> None:
        """Puts the line away; an escape drops the filter too."""
        if not event.is_kept:
            self._filter("")
        self.query("FilterBar").remove()
        self._list.focus()

    def remark(self, text: str) -> None:
        """Says something above the list until it says something else."""
        self._remark = text
        self._show_notice()

    def action_do(self, deed: str) -> None:
        """Does to jobs what the catalogue names."""
        getattr(self._deeds, deed)()

    def action_pause(self) -> None:
        """Pauses polling, or goes on."""
        if self._held_at is None:
            self._held_at = self._clock.now()
            self._engine.pause()
        else:
            self._held_at = None
            self._engine.resume()

    async def action_filter(self) -> None:
        """Opens the line in which a filter is typed."""
        from zjobtui.ui.filter_bar import FilterBar  # noqa: PLC0415 - nothing of it is needed for the first screen

        if not self.query(FilterBar):
            await self.mount(FilterBar(self._view.text), before="#keys-bar")
        self.query_one(FilterBar).focus()

    def action_sort(self) -> None:
        """Asks for an order."""
        from zjobtui.ui.pick import Pick  # noqa: PLC0415 - nothing of it is needed for the first screen

        orders = {order.title: order for order in SortOrder}

        def sort(title: str | None) -> None:
            if title is not None:
                self._view.order = orders[title]
                self._rearrange()

        self.app.push_screen(Pick("Sort by", tuple(orders), self._view.order.title), sort)

    def action_acknowledge_all(self) -> None:
        """Takes the mark of the unseen from every job that is shown."""
        self._engine.acknowledge([watch.job for watch in self._list.watches if watch.is_unseen])
        self._touched_at = 0.0

    def action_other_pane(self) -> None:
        """Goes to the other pane."""
        (self._list if self._detail.has_focus else self._detail).focus()

    def action_help(self) -> None:
        """Shows what every key does."""
        from zjobtui.ui.help import Help  # noqa: PLC0415 - nothing of it is needed for the first screen

        self.app.push_screen(Help(self.actions))

    def action_utc(self) -> None:
        """Shows times in UTC, or in local time again."""
        self._zone = None if self._zone else UTC
        self._detail.zone = self._bar.zone = self._zone
        self._draw_bar(self._clock.now())
        self._show_detail()

    def action_quit(self) -> None:
        """Leaves."""
        self.app.exit()

    def key_escape(self) -> None:
        """Back to the list; there, takes marks away, and then the filter."""
        if not self._list.has_focus:
            self._list.focus()
        elif self._list.marked:
            self._list.mark(frozenset())
        elif self._view.text:
            self._filter("")

    def _begin(self) -> None:
        gc.enable()
        self.set_interval(TICK, self._tick)
        self._engine.start()
        self._engine.subscribe(self._mailbox.put)
        if self._first:
            self._engine.watch(self._first)

    def _draw(self, state: State) -> None:
        before, self._state = self._state, state
        now = self._clock.now()
        rows = self._view.rows(state.watchlist, now)
        if self._is_calm():
            rows = calm(rows, self._list.watches)
        self._list.show(rows, now, self._held_at)
        self._draw_title()
        self._draw_bar(now)
        self._show_notice()
        selected = self._list.selected
        if selected is None or selected is not before.watchlist.get(selected.job):
            self._show_detail()

    def _tick(self) -> None:
        # Textual loses a one-shot timer that is late when it starts; no state may wait for ever because of that.
        self._take_state()
        now = self._clock.now()
        if self._touched_at and not self._is_calm():
            self._rearrange()
        self._list.tick(now, self._held_at)
        self._draw_bar(now)
        self._detail.tick(now)

    def _is_calm(self) -> bool:
        return self._list.is_placed and self._clock.boot() - self._touched_at < CALM

    def _rearrange(self) -> None:
        """Puts every row where it belongs now."""
        self._touched_at = 0.0
        self._draw(self._state)

    def _filter(self, text: str) -> None:
        self._view.choose(text)
        self._rearrange()

    def _targets(self) -> tuple[Watch, ...]:
        """The marked jobs, or the selected one."""
        if marked := tuple(watch for watch in self._state.watchlist if watch.job in self._list.marked):
            return marked
        return (self._list.selected,) if self._list.selected else ()

    def _draw_title(self) -> None:
        watchlist = self._state.watchlist
        marked = sum(watchlist.get(job) is not None for job in self._list.marked)
        self._list.entitle(self._view.title(self._list.count, len(watchlist), marked), self._view.problem)

    def _draw_bar(self, now: float) -> None:
        pulses = [pulse for tenant in self._tenants if (pulse := self._state.pulses.get(tenant.name))]
        self._bar.show(counts(self._state.watchlist), worst(pulses), now)

    def _show_notice(self) -> None:
        told = [
            self._state.unsaved and f"Not saved: {self._state.unsaved}",
            self._state.fault,
            self._notice,
            self._remark,
        ]
        text = " ".join(part for part in told if part)
        if text != self._told:
            self._told = text
            notice = self.query_one("#notice", Static)
            notice.display = bool(text)
            notice.update(Content(text))

    def _show_detail(self) -> None:
        watch = self._list.selected
        if watch is None:
            self._detail.show(None, self._clock.now())
        else:
            self._load(watch)

    @work(group="detail", exclusive=True)
    async def _load(self, watch: Watch) -> None:
        """Reads what is kept of the job without holding up the screen; a store that fails leaves the watch alone."""
        try:
            seen = await asyncio.to_thread(self._archive.seen, watch.job)
            timeline = await asyncio.to_thread(self._archive.timeline, watch.job)
        except Exception as fault:  # noqa: BLE001 - an archive may fail in any way; the list goes on
            self._notice = str(fault)
            seen, timeline = None, ()
        self._detail.show(Subject(watch, seen, timeline), self._clock.now())

    def _attend(self) -> None:
        selected = self._list.selected
        self._engine.attend(selected.job if selected else None)
        if selected is not None and selected.is_unseen and self._list.is_placed:
            self._engine.acknowledge([selected.job])
