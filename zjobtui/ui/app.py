"""The application: the terminal around the one screen. It knows the screen's keys and palette; no jobs."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from textual.app import SystemCommand
from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.actions import key_of
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import JobList
from zjobtui.ui.keymap import taken_keys
from zjobtui.ui.monitor import Monitor
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.protocols import EngineLike, ReportArchive, UiStateStore
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.terminal_io import share_mouse
from zjobtui.ui.themes import DEFAULT, Appearance
from zjobtui.ui.toast import toast


class MonitorApp(TerminalApp):
    """The monitor on a terminal."""

    ENABLE_COMMAND_PALETTE = True

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
        super().__init__(look)
        self._look = look
        self._has_mouse = True
        self._monitor = Monitor(
            engine,
            archive,
            tenants,
            clock,
            notice=notice,
            first=first,
            look=look,
            ways=ways,
            memory=memory,
            exports=exports,
        )

    def on_mount(self) -> None:
        """Gives the actions the keys that a person has chosen."""
        if self._look.keys:
            self.set_keymap(dict(self._look.keys))

    def get_default_screen(self) -> Screen[None]:
        """The monitor is the only screen; there is never an empty one before it."""
        return self._monitor

    def action_mouse(self) -> None:
        """Leaves the mouse to the terminal, or takes it back."""
        self._has_mouse = not self._has_mouse
        share_mouse(self, is_ours=self._has_mouse)
        key = key_of(self._monitor.actions, "mouse")
        told = f"The mouse is released: select text as the terminal does; {key} takes it back."
        self._monitor.remark("" if self._has_mouse else told)

    def on_driver_signal_resume(self) -> None:
        """Leave the mouse to the terminal again; Textual takes it when the program comes back from `fg`."""
        if not self._has_mouse:
            share_mouse(self, is_ours=False)

    def action_help_quit(self) -> None:
        """Says what ctrl+c does not do; Textual's own words take two lines."""
        toast(self, f"{key_of(self._monitor.actions, 'quit')} leaves; the watchlist is kept.")

    def run_in_terminal(self, last_words: Callable[[], str]) -> int:
        """Run until the user leaves or a signal comes; return the exit status. `last_words` as in `run_guarded`."""
        return self.run_guarded(last_words)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's signature
        """The catalogue, and the themes."""
        for action in self._monitor.actions:
            title = f"{action.name} ({action.shown_key})"
            yield SystemCommand(title, action.about, partial(self._monitor.run_action, action.does))
        yield SystemCommand("theme", "Choose other colours", self.action_change_theme)


def taken_by_monitor() -> dict[str, str]:
    """The keys of the panes, of the screen and of the program itself, each with what it does."""
    own = {"escape": "back to the list", MonitorApp.COMMAND_PALETTE_BINDING: "the palette"}
    return {**taken_keys(MonitorApp, Screen, JobList, JobDetail), **own}
