"""The application: the terminal around the one screen. It knows how to start, how to look, how to end; no jobs."""

import asyncio
import traceback
from collections.abc import Iterable, Sequence
from functools import partial

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.events import Event, Key, Paste
from textual.filter import Monochrome, NoColor
from textual.screen import Screen
from textual.theme import Theme

from zjobtui.clock import Clock
from zjobtui.domain.tenant import Tenant
from zjobtui.domain.text import clean_lines
from zjobtui.domain.watch import Watch
from zjobtui.ui.actions import key_of
from zjobtui.ui.in_turn import InTurn
from zjobtui.ui.look import USUAL, Look
from zjobtui.ui.monitor import Monitor
from zjobtui.ui.ports import Archive, EngineLike
from zjobtui.ui.terminal import guarded_terminal, share_mouse, suspend_between_steps
from zjobtui.ui.themes import OURS, made


class MonitorApp(App[int]):
    """The monitor on a terminal."""

    CSS_PATH = "monitor.tcss"
    TITLE = "zjobtui"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS = [Binding("ctrl+z", "suspend_process", "suspend", show=False)]

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
        self._themes: dict[str, Theme] = {}
        self.set_reactive(App.theme, look.theme)
        super().__init__()
        self.animation_level = "none"
        # Where colour is not wanted Textual sends shades of grey, which are colours to a terminal.
        self._filters = [NoColor() if isinstance(one, Monochrome) else one for one in self._filters]
        if look.is_ascii:
            from zjobtui.ui.plain import PlainAscii  # noqa: PLC0415 - few terminals need it

            self._filters.append(PlainAscii())
        self._look = look
        self._has_mouse = True
        self._in_turn = InTurn(self, super().on_event)
        self._engine = engine
        self._monitor = Monitor(engine, archive, tenants, clock, notice=notice, first=first, look=look)

    async def on_event(self, event: Event) -> None:
        """Keys and pastes go on in turn, everything else at once."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._in_turn.take(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Makes it safe to suspend the program, and gives the actions the keys that a person has chosen."""
        suspend_between_steps(asyncio.get_running_loop())
        if self._look.keys:
            self.set_keymap(dict(self._look.keys))

    def on_driver_signal_resume(self) -> None:
        """A terminal that comes back from `fg` shows nothing any more, and Textual draws only what changes."""
        self.refresh(layout=True)

    def get_default_screen(self) -> Screen[None]:
        """The monitor is the only screen; there is never an empty one before it."""
        return self._monitor

    def get_theme(self, theme_name: str) -> Theme | None:
        """Textual copies its table of themes twice for each line it draws; this makes each theme once."""
        if theme_name not in self._themes and (theme := made(theme_name) or super().get_theme(theme_name)):
            self._themes[theme_name] = theme
        return self._themes.get(theme_name)

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Our own themes and Textual's."""
        return {**super().available_themes, **{name: theme for name in OURS if (theme := made(name))}}

    def action_mouse(self) -> None:
        """Leaves the mouse to the terminal, or takes it back."""
        self._has_mouse = not self._has_mouse
        share_mouse(self, is_ours=self._has_mouse)
        key = key_of(self._monitor.actions, "mouse")
        told = f"The mouse is released: select text as the terminal does; {key} takes it back."
        self._monitor.remark("" if self._has_mouse else told)

    def run_in_terminal(self) -> int:
        """Runs until a person leaves or a signal comes; gives the exit status."""
        with guarded_terminal(self._leave, self._engine.stop):
            status = self.run()
        return status if status is not None else self.return_code or 0

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's signature
        """The catalogue, and the themes."""
        for action in self._monitor.actions:
            title = f"{action.name} ({action.shown_key})"
            yield SystemCommand(title, action.about, partial(self._monitor.run_action, action.does))
        yield SystemCommand("theme", "Choose other colours", self.action_change_theme)

    def _leave(self, status: int) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: self.exit(status))

    def _fatal_error(self) -> None:
        """Textual's own report prints the values of local variables, and one of them may be a secret."""
        self._exit_renderables.append(Text(clean_lines(traceback.format_exc())))
        self._close_messages_no_wait()
