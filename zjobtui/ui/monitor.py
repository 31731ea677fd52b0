"""The one screen: bar, list and detail; it holds the state, hands it down, and turns keys into calls on the engine."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.events import Paste
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from zjobtui.clock import Clock
from zjobtui.domain.arranging import by_urgency
from zjobtui.domain.job import FoundIds, Job, JobId
from zjobtui.domain.tenant import Tenant
from zjobtui.domain.watch import Watch
from zjobtui.polling.ports import Edited, State, Subscriber
from zjobtui.ui.actions import bindings
from zjobtui.ui.job_detail import JobDetail, Subject
from zjobtui.ui.job_list import JobList
from zjobtui.ui.keys_bar import KeysBar
from zjobtui.ui.mailbox import Mailbox
from zjobtui.ui.totals_bar import TotalsBar
from zjobtui.wording.signs import counts, plural, short_id

if TYPE_CHECKING:
    from zjobtui.domain.observation import Seen
    from zjobtui.domain.timeline import Timeline

TICK = 1.0
"""Seconds between looks at what time alone has changed; cells are sent only where they read differently."""

DRAW_EVERY = 0.25
"""Seconds between two drawings of new states: while a thousand jobs end, a person reads no faster."""

ATTEND_AFTER = 0.4
"""Seconds that the cursor must rest on a job before the engine is told that a person looks at it."""


class EngineLike(Protocol):
    """What the screen needs of the engine."""

    @property
    def state(self) -> State:
        """The newest state."""

    def start(self) -> None: ...  # noqa: D102 - as the engine says
    def stop(self) -> None: ...  # noqa: D102 - as the engine says
    def subscribe(self, subscriber: Subscriber, /) -> None: ...  # noqa: D102 - as the engine says
    def watch(self, watches: Iterable[Watch], /) -> "Future[Edited]": ...  # noqa: D102 - as the engine says
    def forget(self, jobs: Iterable[Job], /) -> "Future[Edited]": ...  # noqa: D102 - as the engine says
    def restore(self, watches: Iterable[Watch], /) -> "Future[Edited]": ...  # noqa: D102 - as the engine says
    def label(self, jobs: Iterable[Job], label: str, /) -> "Future[Edited]": ...  # noqa: D102 - as the engine says
    def ask_now(self, jobs: Iterable[Job], /) -> None: ...  # noqa: D102 - as the engine says
    def attend(self, job: Job | None, /) -> None: ...  # noqa: D102 - as the engine says
    def pause(self) -> None: ...  # noqa: D102 - as the engine says
    def resume(self) -> None: ...  # noqa: D102 - as the engine says


class Archive(Protocol):
    """What is kept of a job at length; both calls may block."""

    def seen(self, job: Job, /) -> "Seen | None":
        """The last good answer."""

    def timeline(self, job: Job, /) -> "Timeline":
        """The changes."""


class Monitor(Screen[None]):
    """The monitor. It draws the state it is made with at once, and starts the engine when that is on the screen."""

    BINDINGS = list(bindings())
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
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
    ) -> None:
        super().__init__()
        self._engine = engine
        self._archive = archive
        self._tenant = tenants[0]
        self._clock = clock
        self._notice = notice
        self._first = tuple(first)
        self._state = engine.state
        self._mailbox = Mailbox(lambda: self.post_message(self.StateCame()))
        self._removed: list[tuple[Watch, ...]] = []
        self._held_at: float | None = None
        self._drawn_at = 0.0
        self._told = ""

    def compose(self) -> ComposeResult:
        """Bar, notice, list beside or above detail, footer."""
        yield TotalsBar(self._tenant)
        yield Static(Content(""), id="notice")
        with Container(id="panes"):
            yield JobList()
            yield JobDetail()
        yield KeysBar()

    def on_mount(self) -> None:
        """Draws what is stored, then starts everything that takes time."""
        self._list, self._detail = self.query_one(JobList), self.query_one(JobDetail)
        self._bar = self.query_one(TotalsBar)
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
        self._open_add(event.text)

    def action_add(self) -> None:
        """Asks for a text with ids."""
        self._open_add("")

    def action_remove(self) -> None:
        """Takes the selected job off the watchlist."""
        if (watch := self._list.selected) is not None:
            self._when_done(self._engine.forget([watch.job]), self._tell_removed)

    def action_undo(self) -> None:
        """Brings back what was removed last."""
        if not self._removed:
            self._say("Nothing was removed in this session.")
            return
        watches = self._removed.pop()
        self._when_done(self._engine.restore(watches), lambda edited: self._tell(edited, "back on the watchlist"))

    def action_label(self) -> None:
        """Asks for a name for the selected job."""
        from zjobtui.ui.ask_text import AskText  # noqa: PLC0415 - nothing of it is needed for the first screen

        if (watch := self._list.selected) is None:
            return

        def label(text: str | None) -> None:
            if text is not None:
                self._when_done(self._engine.label([watch.job], text), lambda edited: self._tell(edited, "labelled"))

        self.app.push_screen(AskText(f"Label of {short_id(watch.job.id.given)}", watch.label), label)

    def action_ask_now(self) -> None:
        """Asks about the selected job at once."""
        if (watch := self._list.selected) is not None:
            self._engine.ask_now([watch.job])
            self._say(f"Asking about {_name(watch)} now.")

    def action_pause(self) -> None:
        """Pauses polling, or goes on."""
        if self._held_at is None:
            self._held_at = self._clock.now()
            self._engine.pause()
        else:
            self._held_at = None
            self._engine.resume()

    def action_other_pane(self) -> None:
        """Goes to the other pane."""
        (self._list if self._detail.has_focus else self._detail).focus()

    def action_help(self) -> None:
        """Shows what every key does."""
        from zjobtui.ui.help import Help  # noqa: PLC0415 - nothing of it is needed for the first screen

        self.app.push_screen(Help())

    def action_quit(self) -> None:
        """Leaves."""
        self.app.exit()

    def key_escape(self) -> None:
        """Back to the list."""
        self._list.focus()

    def _begin(self) -> None:
        self.set_interval(TICK, self._tick)
        self._engine.start()
        self._engine.subscribe(self._mailbox.put)
        if self._first:
            self._engine.watch(self._first)

    def _draw(self, state: State) -> None:
        before, self._state = self._state, state
        now = self._clock.now()
        self._list.show(by_urgency(state.watchlist), now, self._held_at)
        self._draw_bar(now)
        self._show_notice()
        selected = self._list.selected
        if selected is None or selected is not before.watchlist.get(selected.job):
            self._show_detail()

    def _tick(self) -> None:
        # Textual loses a one-shot timer that is late when it starts; no state may wait for ever because of that.
        self._take_state()
        now = self._clock.now()
        self._list.tick(now, self._held_at)
        self._draw_bar(now)
        self._detail.tick(now)

    def _draw_bar(self, now: float) -> None:
        self._bar.show(counts(self._state.watchlist), self._state.pulses.get(self._tenant.name), now)

    def _show_notice(self) -> None:
        told = [self._state.unsaved and f"Not saved: {self._state.unsaved}", self._state.fault, self._notice]
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
            self.run_worker(self._load(watch), group="detail", exclusive=True)

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

    def _open_add(self, text: str) -> None:
        from zjobtui.ui.add_jobs import AddJobs  # noqa: PLC0415 - nothing of it is needed for the first screen

        self.app.push_screen(AddJobs(self._is_known, text), self._add)

    def _is_known(self, job_id: JobId) -> bool:
        return self._state.watchlist.get(Job(self._tenant.name, job_id)) is not None

    def _add(self, found: FoundIds | None) -> None:
        if found is None or not (found.ids or found.refused):
            return
        now = self._clock.now()
        watches = [Watch(job=Job(self._tenant.name, job_id), added_at=now, added_by="paste") for job_id in found.ids]

        def tell(edited: Edited) -> None:
            new = len(edited.change.added)
            self._say(
                f"{plural(new, 'job')} new, {len(found.ids) - new} known, {len(found.refused)} refused.", edited.unsaved
            )

        self._when_done(self._engine.watch(watches), tell)

    def _tell_removed(self, edited: Edited) -> None:
        if edited.change.removed:
            self._removed.append(edited.change.removed)
            self._say(f"{_name(edited.change.removed[0])} removed; u brings it back.", edited.unsaved)

    def _tell(self, edited: Edited, what: str) -> None:
        watches = edited.change.added or edited.change.annotated
        if watches:
            self._say(f"{_name(watches[0])} {what}.", edited.unsaved)

    def _when_done(self, future: "Future[Edited]", then: Callable[[Edited], None]) -> None:
        async def wait() -> None:
            try:
                edited = await asyncio.wrap_future(future)
            except Exception as fault:  # noqa: BLE001 - an engine that is gone must not take the screen with it
                self._say(f"That was not done: {fault}")
            else:
                then(edited)

        self.run_worker(wait())

    def _say(self, text: str, unsaved: str = "") -> None:
        said = f"{text} But it is not saved yet: {unsaved}" if unsaved else text
        self.app.notify(said, severity="warning" if unsaved else "information", markup=False, timeout=4)


def _name(watch: Watch) -> str:
    return watch.label or short_id(watch.job.id.given)
