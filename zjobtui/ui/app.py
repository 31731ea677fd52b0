"""The application around the one screen: its key settings, command palette and mouse."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from textual.app import SystemCommand
from textual.events import Event, InputEvent, Paste
from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.actions import key_for
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import JobList
from zjobtui.ui.keymap import taken_keys
from zjobtui.ui.monitor import Monitor
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.protocols import EngineLike, ReportArchive, UiStateStore
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.terminal_io import set_mouse
from zjobtui.ui.themes import DEFAULT, Appearance
from zjobtui.ui.toast import toast


class MonitorApp(TerminalApp):
    """The monitor as a terminal application."""

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
        appearance: Appearance = DEFAULT,
        notifications: NotificationSettings | None = None,
        ui_state: UiStateStore | None = None,
        export_folder: Path | None = None,
        is_wallboard: bool = False,
    ) -> None:
        super().__init__(appearance)
        self._appearance = appearance
        self._has_mouse = True
        self._monitor = Monitor(
            engine,
            archive,
            tenants,
            clock,
            notice=notice,
            first=first,
            appearance=appearance,
            notifications=notifications,
            ui_state=ui_state,
            export_folder=export_folder,
            is_wallboard=is_wallboard,
        )

    def on_mount(self) -> None:
        """Apply the key settings."""
        if self._appearance.keys:
            self.set_keymap(dict(self._appearance.keys))

    async def on_event(self, event: Event) -> None:
        """Note keys, pastes and the mouse."""
        if isinstance(event, InputEvent | Paste):
            self._monitor.note_input()
        await super().on_event(event)

    def get_default_screen(self) -> Screen[None]:
        """Return the monitor, so that no empty screen is drawn first."""
        return self._monitor

    def action_mouse(self) -> None:
        """Turn mouse capture on or off."""
        self._has_mouse = not self._has_mouse
        set_mouse(self, enabled=self._has_mouse)
        key = key_for(self._monitor.actions, "mouse")
        text = f"Mouse capture is off: select text as usual; {key} turns it on."
        self._monitor.set_message("" if self._has_mouse else text)

    def on_driver_signal_resume(self) -> None:
        """Turn mouse capture off again; Textual turns it on when the program is resumed."""
        if not self._has_mouse:
            set_mouse(self, enabled=False)

    def action_help_quit(self) -> None:
        """Show which key quits after ctrl+c; Textual's own text takes two lines."""
        toast(self, f"Press {key_for(self._monitor.actions, 'quit')} to quit; the watchlist is kept.")

    def run_in_terminal(self, on_forced_exit: Callable[[], str]) -> int:
        """Run until the user quits or a signal arrives; return the exit status. See `run_guarded`."""
        return self.run_guarded(on_forced_exit)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's signature
        """Yield the actions of the catalogue and the choice of a theme."""
        for action in self._monitor.actions:
            title = f"{action.name} ({action.display_key})"
            yield SystemCommand(title, action.description, partial(self._monitor.run_action, action.command))
        yield SystemCommand("theme", "Change the colour theme", self.action_change_theme)


def taken_by_monitor() -> dict[str, str]:
    """Return the keys that the settings cannot use, each with its purpose."""
    fixed = {"escape": "go back to the list", MonitorApp.COMMAND_PALETTE_BINDING: "command palette"}
    return {**taken_keys(MonitorApp, Screen, JobList, JobDetail), **fixed}
