"""The one screen: bar, list and detail; it holds the state, hands it down, and turns keys into calls on the engine."""

import gc
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.events import DescendantFocus, Paste
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from zjobtui.clock import Clock
from zjobtui.models.job import JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.protocols import State
from zjobtui.ui.actions import bindings, catalogue, key_of
from zjobtui.ui.detail_controller import DetailController
from zjobtui.ui.detail_tabs import Tab
from zjobtui.ui.filter_controller import FilterController
from zjobtui.ui.key_bar import KeyBar
from zjobtui.ui.list_model import ListPresenter
from zjobtui.ui.mailbox import Mailbox, has_news
from zjobtui.ui.notifier import NotificationSettings, Notifier
from zjobtui.ui.protocols import EngineLike, ReportArchive, UiStateStore
from zjobtui.ui.split_view import SplitView
from zjobtui.ui.status_bar import StatusBar
from zjobtui.ui.terminal_io import write
from zjobtui.ui.themes import DEFAULT, Appearance
from zjobtui.ui.toast import toast
from zjobtui.ui.ui_state import UiState

if TYPE_CHECKING:
    from zjobtui.ui.job_actions import JobActions

TICK = 1.0
"""Seconds between looks at what time alone has changed; cells are sent only where they read differently."""

NEWS_EVERY = 0.2
"""Seconds between two drawings of news in a burst; after a quieter moment it is drawn at once."""

TIMES_EVERY = 0.5
"""Seconds for which states gather that bring nothing but later times: nobody reads faster."""

ATTEND_AFTER = 0.4
"""Seconds that the cursor must rest on a job before the engine is told that a person looks at it."""

SHOW_EVERY = 0.3
"""Seconds for which scrolling and new rows gather before the engine is given the jobs on screen."""

_OF_NO_JOB = {"add", "undo", "all_seen", "screenshot"}
"""Deeds that have nothing to do with the job under the cursor."""


class Monitor(Screen[None]):
    """The monitor. It draws the state it is made with at once, and starts the engine when that is on the screen."""

    BINDINGS = list(bindings())
    AUTO_FOCUS = "JobList"

    def __init__(
        self,
        engine: EngineLike,
        archive: ReportArchive,
        tenants: Sequence[Tenant],
        clock: Clock,
        *,
        notice: str = "",
        first: Sequence[WatchedJob] = (),
        look: Appearance = DEFAULT,
        ways: NotificationSettings | None = None,
        memory: UiStateStore | None = None,
        exports: Path | None = None,
    ) -> None:
        super().__init__()
        self.actions = catalogue(look.keys)
        """What a person can do, each with the key in force."""
        self._zone = UTC if look.is_utc else None
        self._engine = engine
        self._tenants = tuple(tenants)
        self._exports = exports
        self._clock = clock
        self._first = tuple(first)
        self._mailbox = Mailbox(self._announce)
        self._shown = shown = ListPresenter(engine.state, tenants, clock, notice)
        self._reading = DetailController(engine, archive, tenants, clock, shown)
        self._archive = archive
        self._teller = Notifier(ways or NotificationSettings(), clock, self._write, lambda text: toast(self.app, text))
        self._panes = SplitView(are_tenants_named=shown.has_several_tenants)
        self._list, self._detail = self._panes.rows, self._panes.detail
        self._finding = FilterController(self, self._list, shown)
        self._remembering = UiState(memory, self._shown.view, self._panes)
        self._news_drawn_at = self._touched_at = 0.0
        self._next_drawing: Timer | None = None
        self._is_view_due = False

    @cached_property
    def _deeds(self) -> "JobActions":
        from zjobtui.ui.job_actions import JobActions  # noqa: PLC0415 - 45 ms

        behind = (self._engine, self._archive, self._tenants, self._clock, self._shown)
        return JobActions(
            self, *behind, go_to=self._go_to, exports=self._exports, undo_key=key_of(self.actions, "undo")
        )

    def compose(self) -> ComposeResult:
        """Bar, notice, list and detail as they were left, footer."""
        self._remembering.recall()
        yield StatusBar(self._tenants)
        yield Static(Content(""), id="notice")
        yield self._panes
        yield KeyBar(self.actions)

    def on_mount(self) -> None:
        """Draws what is stored, then starts everything that takes time."""
        self._bar = self.query_one(StatusBar)
        self._detail.zone = self._bar.zone = self._zone
        self._bar.retry_key = key_of(self.actions, "ask_now")
        self._shown.place(self._list, self._bar, self.query_one("#notice", Static))
        self._reading.place(self._list, self._detail)
        self._draw(self._shown.state)
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Keeps what was chosen last."""
        self._remembering.leave()

    def on_resize(self) -> None:
        """Lays bar and notice out anew."""
        self._shown.resized()

    class StateCame(Message):
        """The mailbox holds a new state."""

        def can_replace(self, message: Message) -> bool:
            """Return whether `message` may be dropped for this one: the mailbox holds the newest state alone."""
            return isinstance(message, Monitor.StateCame)

    def _announce(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self.post_message(self.StateCame())

    def on_monitor_state_came(self) -> None:
        """Draw the newest state: at once for a user who presses keys, soon if it has news, else with later ones."""
        now, state = self._clock.boot(), self._mailbox.newest
        if state is None:
            return
        if now - self._touched_at <= TICK:
            self._take_state()
        elif has_news(self._shown.state, state):
            self._draw_in(self._news_drawn_at + NEWS_EVERY - now, self._take_news)
        elif self._next_drawing is None:
            self._draw_in(TIMES_EVERY, self._take_state)

    def _draw_in(self, seconds: float, take: Callable[[], None]) -> None:
        if self._next_drawing is not None:
            self._next_drawing.stop()
        if seconds > 0:
            self._next_drawing = self.set_timer(seconds, take, name="draw")
        else:
            take()

    def _take_news(self) -> None:
        self._news_drawn_at = self._clock.boot()
        self._take_state()

    def _take_state(self) -> None:
        if self._next_drawing is not None:
            self._next_drawing.stop()
            self._next_drawing = None
        if (state := self._mailbox.take()) is not None:
            self._draw(state)

    def _view_changed(self) -> None:
        """Tell the engine soon which jobs are on screen; only note it now, since a key may wait for this."""
        if not self._is_view_due:
            self._is_view_due = True
            self.set_timer(SHOW_EVERY, self._show_rows, name="show rows")

    def _show_rows(self) -> None:
        self._is_view_due = False
        self._reading.show_rows()

    def on_job_list_moved(self) -> None:
        """Shows the job under the cursor, and tells the engine when the cursor has come to rest."""
        self._reading.show()
        self.set_timer(ATTEND_AFTER, self._reading.attend, name="attend")

    def on_job_list_chosen(self) -> None:
        """Goes to the detail."""
        self._panes.go_to(self._detail)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Whoever goes to the detail reads."""
        if event.widget is self._detail:
            self._stay()

    def _stay(self) -> None:
        """Whoever reads about a job stays with it, though another becomes more urgent."""
        self._list.is_placed |= self._list.selected is not None
        self._look()

    def _look(self) -> None:
        """Mark the selected job as seen soon, and renew its preference in polling."""
        if self._reading.is_of_unseen or self._reading.is_attention_old:
            self.set_timer(ATTEND_AFTER, self._reading.attend, name="attend")

    def on_paste(self, event: Paste) -> None:
        """A text pasted anywhere is a text to find ids in."""
        self._deeds.add(event.text)

    def on_key(self) -> None:
        """While a person moves, rows keep their places; whoever does something sees the job under the cursor."""
        self._touched_at = self._clock.boot()
        self._shown.touched()
        self._look()

    def on_job_list_marked(self) -> None:
        """Counts the marks in the title."""
        self._shown.draw_title()

    def on_status_bar_picked(self, event: StatusBar.Picked) -> None:
        """A click on a count shows just those jobs, and a second one all again."""
        self._finding.toggle(event.kind)

    def remark(self, text: str) -> None:
        """Says something above the list until it says something else."""
        self._shown.remark(text)

    async def action_do(self, deed: str) -> None:
        """Does to jobs what the catalogue names; whoever does anything to a job stays with it."""
        self._list.is_placed |= deed not in _OF_NO_JOB
        if (doing := getattr(self._deeds, deed)()) is not None:
            await doing

    def action_pause(self) -> None:
        """Pauses polling, or goes on."""
        if self._shown.held_at is None:
            self._shown.held_at = self._clock.now()
            self._engine.pause()
        else:
            self._shown.held_at = None
            self._engine.resume()

    def action_mute(self) -> None:
        """Tells nothing by bell, notification and command, or tells again."""
        self._teller.is_muted = not self._teller.is_muted
        self._shown.is_muted = self._teller.is_muted
        self._shown.draw_bar()

    async def action_find(self, deed: str) -> None:
        """Finds what the catalogue names."""
        await getattr(self._finding, deed)()

    def action_rows(self, deed: str) -> None:
        """Does in the list what the catalogue names."""
        getattr(self._list, f"action_{deed}")()

    def action_other_pane(self) -> None:
        """Goes to the other pane."""
        self._panes.go_to(self._list if self._detail.has_focus else self._detail)

    def action_view(self, name: str) -> None:
        """Shows a view of the detail; whoever chooses one reads."""
        self._stay()
        self._detail.turn_to(Tab[name])

    def action_turn(self, step: int) -> None:
        """Shows the view of the detail before or after."""
        self._stay()
        self._detail.turn(step)

    def action_difference(self) -> None:
        """Shows what is different from the answer before, or the whole answer again."""
        self._stay()
        self._detail.compare()

    def action_utc(self) -> None:
        """Shows times in UTC, or in local time again."""
        self._zone = None if self._zone else UTC
        self._detail.zone = self._bar.zone = self._zone
        self._shown.draw_bar()
        self._reading.show()
        toast(self.app, "Times are in UTC." if self._zone else "Times are in local time.")

    def action_divide(self, steps: int) -> None:
        """Moves the border between list and detail."""
        self._panes.move_divider(steps)

    def action_help(self) -> None:
        """Shows what every key does."""
        from zjobtui.ui.help import Help  # noqa: PLC0415 - 35 ms

        self.app.push_screen(Help(self.actions))

    def action_quit(self) -> None:
        """Leaves."""
        self.app.exit()

    def key_escape(self) -> None:
        """Back to the list; there, takes marks away, and then the filter."""
        if not self._list.has_focus:
            self._panes.go_to(self._list)
        elif self._list.marked:
            self._list.mark(frozenset())
        elif self._shown.view.text:
            self._shown.filter("")

    def _go_to(self, jobs: Sequence[JobRef]) -> bool:
        """Goes to a new job, of several to the first where the cursor was moved; false where the filter hides them."""
        self._take_state()
        self._list.is_placed |= len(jobs) == 1
        if self._list.is_placed:
            return self._list.return_to(jobs[0])
        return not {watch.job for watch in self._list.watches}.isdisjoint(jobs)

    def _write(self, sequence: str) -> None:
        write(self.app, sequence)

    def _begin(self) -> None:
        if not gc.isenabled():
            gc.freeze()  # what is there now stays; looking through it again and again would hold up a key in ten
            gc.enable()
        self.set_interval(TICK, self._tick, name="tick")
        self._engine.start()
        self._reading.show_rows()
        self._list.view_changed = self._view_changed
        self._reading.begin()
        self._engine.subscribe(self._mailbox.put)
        if self._first:
            self._engine.watch(self._first)

    def _draw(self, state: State) -> None:
        before = self._shown.state.watchlist
        self._teller.compare(before, state.watchlist)
        self._teller.tell(state.watchlist)
        self._shown.draw(state)
        selected = self._list.selected
        self._reading.renew(before.get(selected.job) if selected else None)

    def _tick(self) -> None:
        self._teller.tell(self._shown.state.watchlist)
        self._shown.tick(self._teller.fault)
        self._detail.tick(self._clock.now())
        self._remembering.settle(partial(self.run_worker, thread=True, group="memory"))
