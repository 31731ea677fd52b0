"""The application around the one screen: its key settings, command palette and mouse."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.binding import Binding
from textual.command import CommandListItem
from textual.events import Event, InputEvent, Paste
from textual.screen import Screen
from textual.theme import Theme

from zjobtui.clock import Clock
from zjobtui.models.tenant import Tenant
from zjobtui.models.ui_values import PlainValue
from zjobtui.ui.actions import Action, key_for
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import JobList
from zjobtui.ui.keymap import taken_keys
from zjobtui.ui.monitor import Monitor
from zjobtui.ui.monitor_context import DEFAULT_OPTIONS, MonitorOptions, ReportArchive
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.terminal_io import set_mouse
from zjobtui.ui.themes import THEME, THEME_BEFORE, stored_theme
from zjobtui.ui.toast import toast

if TYPE_CHECKING:
    from zjobtui.polling.engine import Engine

RECENT = "palette_recent"
"""The name in the UI state of the ids of the actions that were last used in the palette."""

RECENT_LIMIT = 8


class MonitorApp(TerminalApp):
    """The monitor as a terminal application."""

    ENABLE_COMMAND_PALETTE = True
    BINDINGS = [
        # Textual adds its own binding only if there is none for this action.
        Binding("ctrl+p", "command_palette", "command palette", show=False, priority=True),
        Binding("colon", "command_palette", "command palette", show=False),
    ]

    def __init__(
        self,
        engine: "Engine",
        archive: ReportArchive,
        tenants: Sequence[Tenant],
        clock: Clock,
        options: MonitorOptions = DEFAULT_OPTIONS,
    ) -> None:
        self._appearance, self._ui_state = options.appearance, options.ui_state
        stored = self._ui_state.load() if self._ui_state is not None else {}
        super().__init__(replace(self._appearance, theme=stored_theme(self._appearance.theme, stored)))
        recent = stored.get(RECENT)
        self._recent = tuple(recent) if isinstance(recent, list) else ()
        self._monitor = Monitor(engine, archive, tenants, clock, options)

    def on_mount(self) -> None:
        """Apply the key settings."""
        if self._appearance.keys:
            self.set_keymap(dict(self._appearance.keys))
        self.theme_changed_signal.subscribe(self, self._save_theme)

    def _save_theme(self, theme: Theme) -> None:
        """Keep the theme that was chosen in the palette."""
        self._save({THEME: theme.name, THEME_BEFORE: self._appearance.theme})

    def _save(self, values: dict[str, PlainValue]) -> None:
        if (store := self._ui_state) is not None:
            self.run_worker(partial(store.save, values), thread=True, group="ui state", exit_on_error=False)

    async def on_event(self, event: Event) -> None:
        """Note keys, pastes and the mouse."""
        if isinstance(event, InputEvent | Paste):
            self._monitor.note_input()
        await super().on_event(event)

    def get_default_screen(self) -> Screen[None]:
        """Return the monitor, so that no empty screen is drawn first."""
        return self._monitor

    def on_driver_signal_resume(self) -> None:
        """Turn mouse capture off again; Textual turns it on when the program is resumed."""
        if not self._monitor.has_mouse:
            set_mouse(self, enabled=False)

    def action_help_quit(self) -> None:
        """Show which key quits after ctrl+c; Textual's own text takes two lines."""
        toast(self, f"Press {key_for(self._monitor.actions, 'quit')} to quit; the watchlist is kept.")

    def action_command_palette(self) -> None:
        """Show all actions by name, those first that were used last in the palette."""
        if isinstance(self.screen, Monitor):
            self.search_commands(self._commands())

    def _commands(self) -> list[CommandListItem]:
        """Return the actions and the choice of a theme."""
        commands: dict[str, CommandListItem] = {
            action.id: (f"{action.name} ({action.display_key})", partial(self._run, action), action.description)
            for action in self._monitor.actions
        }
        commands[THEME] = ("theme", self._choose_theme, "Change the colour theme")
        first = [name for name in self._recent if name in commands]
        return [commands[name] for name in dict.fromkeys((*first, *commands))]

    async def _run(self, action: Action) -> None:
        self._remember(action.id)
        await self._monitor.perform(action)

    def _choose_theme(self) -> None:
        self._remember(THEME)
        self.action_change_theme()

    def _remember(self, name: str) -> None:
        self._recent = tuple(dict.fromkeys((name, *self._recent)))[:RECENT_LIMIT]
        self._save({RECENT: list(self._recent)})


def taken_by_monitor() -> dict[str, str]:
    """Return the keys that the settings cannot use, each with its purpose."""
    fixed = {"escape": "go back to the list", MonitorApp.COMMAND_PALETTE_BINDING: "command palette"}
    return {**taken_keys(MonitorApp, Screen, JobList, JobDetail), **fixed}
