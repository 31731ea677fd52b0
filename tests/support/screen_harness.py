"""Run the monitor on a display in memory: read the cells of its screen, and send it keys, pastes and clicks."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from rich.console import Console
from textual._compositor import LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key, Paste
from textual.pilot import Pilot

from tests.support.display import Display
from tests.support.keys import key_bytes
from tests.support.scripted import ScriptedEngine
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.ui.app import MonitorApp
from zjobtui.ui.job_list import JobList
from zjobtui.ui.monitor_context import MonitorOptions, UiStateStore
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.themes import DEFAULT, Appearance

TENANT = Tenant(name="env", base_url="http://127.0.0.1", title="EU API sandbox", kind=TenantKind.API_SANDBOX)

_SCROLLBAR = " ▁▂▃▄▅▆▇█▔"


_WHOLE = "\ue000"
"""Inserted by tests before output that draws the whole screen."""


def _marked(update: LayoutUpdate, console: Console) -> str:
    return _WHOLE + _render(update, console)


_render = LayoutUpdate.render_segments


_parse = Stylesheet._parse_rules
_parsed: dict[Hashable, list[RuleSet]] = {}


def _parsed_once(sheet: Stylesheet, css: str, read_from: CSSLocation, **options: Any) -> list[RuleSet]:  # noqa: ANN401
    """Parse each style sheet once for all applications of a process, for each set of colours."""
    key = (css, read_from, *options.items(), *sheet._variables.items())
    if key not in _parsed:
        _parsed[key] = _parse(sheet, css, read_from, **options)
    return _parsed[key]


class FakeTerminal(HeadlessDriver):
    """A driver that records its output, and draws it on a display in memory."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the driver takes them
        super().__init__(*args, **options)
        self._display = Display(*self._get_terminal_size())
        self._undrawn = ""
        self.sent = ""
        self._parser = XTermParser(self._debug)

    @property
    def is_headless(self) -> bool:
        """False, so that output is sent."""
        return False

    @property
    def display(self) -> Display:
        """The visible screen; output is drawn when this is read."""
        undrawn, self._undrawn = self._undrawn, ""
        self._display.feed(undrawn.encode(errors="surrogatepass"))
        return self._display

    def write(self, data: str) -> None:
        """Record output; a whole screen replaces all output before it."""
        before, whole, after = data.rpartition(_WHOLE)
        self.sent += before + after
        self._undrawn = after if whole else self._undrawn + after

    def receive(self, data: str) -> None:
        """Receive what a terminal sends for keys, clicks and pastes."""
        for message in self._parser.feed(data):
            self.process_message(message)

    def receive_escape(self) -> None:
        """Receive the escape key, which differs from the start of a sequence only by what follows."""
        self.process_message(Key("escape", "\x1b"))


class AppView:
    """An application on a display, described by the cells of its screen."""

    def __init__(self, app: TerminalApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def terminal(self) -> FakeTerminal:
        """The driver of the application."""
        driver = self.app._driver
        assert isinstance(driver, FakeTerminal)
        return driver

    @property
    def sent(self) -> str:
        """All output to the terminal."""
        return self.terminal.sent

    @property
    def cells(self) -> list[list[str]]:
        """All rows as lists of cells; the second cell of a wide character is empty."""
        display = self.terminal.display
        return [display.cells(row) for row in range(display.screen.lines)]

    @property
    def rows(self) -> list[str]:
        """All rows without trailing blanks."""
        return self.terminal.display.text().split("\n")

    @property
    def text(self) -> str:
        """The text of the whole screen."""
        return "\n".join(self.rows)

    @property
    def bar(self) -> str:
        """The status bar."""
        return self.rows[0]

    @property
    def jobs(self) -> list[str]:
        """The rows of the list without its border and its header."""
        return self.frame("Jobs")[self._header_lines :]

    @property
    def header(self) -> str:
        """The header of the list; empty if the list is too low for it."""
        return "".join(self.frame("Jobs")[: self._header_lines])

    @property
    def _header_lines(self) -> int:
        return sum(rows.header_lines for rows in self.app.screen_stack[0].query(JobList))

    @property
    def detail(self) -> list[str]:
        """The lines of the detail without its border."""
        return _inside(self.cells, *self._corners()[-1])

    @property
    def detail_title(self) -> str:
        """The title in the border of the detail."""
        top, left, right, _ = self._corners()[1]
        return "".join(self.cells[top][left : right + 1]).strip("╭╮─┏┓━ ")

    @property
    def dialog(self) -> list[str]:
        """The content of the topmost dialog."""
        return _inside(self.cells, *self._corners()[0])

    @property
    def words(self) -> str:
        """The whole detail as one line, so that wrapped text can be searched."""
        return join_lines("\n".join(self.detail))

    @property
    def toast(self) -> str:
        """The message in the corner as one line."""
        parts = [row.rpartition("▌")[2].rstrip("│╯─ ") for row in self.rows if "▌" in row]
        return join_lines(" ".join(parts))

    def frame(self, title: str) -> list[str]:
        """Return the content of the frame whose title begins with this text."""
        for corners in self._corners():
            top, left, _, _ = corners
            if "".join(self.cells[top][left:]).startswith((f"╭─ {title}", f"┏━ {title}")):
                return _inside(self.cells, *corners)
        raise AssertionError(f"no frame “{title}”:\n{self.text}")

    def crooked(self) -> list[str]:
        """The rows in which the border of a frame is misplaced."""
        rows = self.cells
        bent = {
            y
            for top, left, right, bottom in self._corners()
            for y in range(top + 1, bottom)
            if rows[y][left] not in {"│", "┃"} or rows[y][right] not in {"│", "┃"}
        }
        return [self.rows[y] for y in sorted(bent)]

    def row(self, holding: str) -> str:
        """Return the first row that contains a text."""
        found = next((row for row in self.rows if holding in row), None)
        assert found is not None, f"“{holding}” is nowhere:\n{self.text}"
        return found

    async def press(self, *keys: str) -> None:
        """Press keys in order, and wait until nothing changes."""
        for key in keys:
            if key == "escape":
                self.terminal.receive_escape()
            else:
                self.terminal.receive(key_bytes(key).decode())
            await self._processed()
        await self.settled()

    async def paste(self, text: str) -> None:
        """Paste like a terminal, to the focused widget."""
        self.terminal.process_message(Paste(text))
        await self.settled()

    async def click(self, holding: str) -> None:
        """Click on the first cell of a text."""
        for y, cells in enumerate(self.cells):
            line = "".join(cell or "\0" for cell in cells)
            if (x := line.find(holding)) >= 0:
                for button in ("M", "m"):
                    self.terminal.receive(f"\x1b[<0;{x + 1};{y + 1}{button}")
                    await self._processed()
                await self.settled()
                return
        raise AssertionError(f"“{holding}” is nowhere:\n{self.text}")

    async def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the mouse at one cell (column, row), move it to another, and release it."""
        for code, (x, y), button in ((0, start, "M"), (32, end, "M"), (0, end, "m")):
            self.terminal.receive(f"\x1b[<{code};{x + 1};{y + 1}{button}")
            await self.settled()

    async def resize(self, width: int, height: int) -> None:
        """Resize the terminal."""
        self.terminal.display.resize(width, height)
        await self.pilot.resize_terminal(width, height)
        await self.settled()

    async def settled(self) -> None:
        """Wait until all events are processed and drawn."""
        quiet = 0
        while quiet < 3:
            before = len(self.sent)
            await self._worked()
            await self._processed()
            self.app.screen._on_timer_update()
            await asyncio.sleep(0.001)
            is_quiet = len(self.sent) == before and not self.is_busy
            quiet = quiet + 1 if is_quiet else 0

    @property
    def is_busy(self) -> bool:
        """Whether something is known to be under way."""
        return self.app._key_queue.is_busy and self.app.is_running

    async def _worked(self) -> None:
        """Wait for background work of the application."""

    async def _processed(self) -> None:
        """Wait until all messages, and those that they cause, are processed."""
        for _ in range(2):
            await asyncio.sleep(0)
            await self.pilot._wait_for_screen()

    async def until(self, expected: str | Callable[[str], bool], seconds: float = 5.0) -> None:
        """Wait until the screen contains a text, or satisfies a predicate."""
        is_met = expected if callable(expected) else lambda text: expected in text
        end = time.monotonic() + seconds
        while not is_met(self.text):
            assert time.monotonic() < end, f"never saw {expected!r}:\n{self.text}"
            await asyncio.sleep(0.01)
            await self.settled()

    def _corners(self) -> list[tuple[int, int, int, int]]:
        """Return top, left, right and bottom of each frame, from the left and from the top."""
        rows = self.cells
        found = []
        for top, row in enumerate(rows):
            for left in (x for x, cell in enumerate(row) if cell in {"╭", "┏"}):
                bottom = next((y for y in range(top + 1, len(rows)) if rows[y][left] in {"╰", "┗"}), None)
                right = next((x for x in range(left + 1, len(row)) if row[x] in {"╮", "┓"}), None)
                if bottom is not None and right is not None:
                    found.append((top, left, right, bottom))
        return found


class ScreenView(AppView):
    """A monitor on a display, over a scripted engine."""

    app: MonitorApp

    def __init__(self, app: MonitorApp, engine: ScriptedEngine, pilot: Pilot[int]) -> None:
        super().__init__(app, pilot)
        self.engine = engine

    @property
    def is_busy(self) -> bool:
        """Whether something is known to be running."""
        return bool(super().is_busy or self.app.workers) or self.app._monitor._feed.newest is not None

    async def _worked(self) -> None:
        await asyncio.gather(*(worker.wait() for worker in self.app.workers), return_exceptions=True)


def join_lines(text: str) -> str:
    """Return the text with every run of blanks and line ends as one blank."""
    return " ".join(text.split())


@asynccontextmanager
async def run_monitor(
    engine: ScriptedEngine,
    size: tuple[int, int] = (140, 40),
    *,
    tenant: Tenant = TENANT,
    tenants: Sequence[Tenant] = (),
    notice: str = "",
    look: Appearance = DEFAULT,
    ways: NotificationSettings | None = None,
    memory: UiStateStore | None = None,
    exports: Path | None = None,
    wallboard: bool = False,
    mask: Callable[[str], str] = str,
) -> AsyncIterator[ScreenView]:
    """Run the monitor over an engine on a display of this size in columns and rows."""
    app = MonitorApp(
        engine,
        engine.archive,
        tuple(tenants) or (tenant,),
        engine.clock,
        MonitorOptions(
            notice=notice,
            appearance=look,
            notifications=ways,
            ui_state=memory,
            export_folder=exports,
            is_wallboard=wallboard,
            mask=mask,
        ),
    )
    async with _on_fake_terminal(app, size) as pilot:
        view = ScreenView(app, engine, pilot)
        await view.settled()
        yield view


@asynccontextmanager
async def run_app(app: TerminalApp, size: tuple[int, int]) -> AsyncIterator[AppView]:
    """Run another application on such a display."""
    async with _on_fake_terminal(app, size) as pilot:
        view = AppView(app, pilot)
        await view.settled()
        yield view


@asynccontextmanager
async def _on_fake_terminal(app: TerminalApp, size: tuple[int, int]) -> AsyncIterator[Pilot[int]]:
    with (
        mock.patch("textual.drivers.headless_driver.HeadlessDriver", FakeTerminal),
        mock.patch.object(LayoutUpdate, "render_segments", _marked),
        mock.patch.object(Stylesheet, "_parse_rules", _parsed_once),
    ):
        async with app.run_test(size=size, notifications=True) as pilot:
            yield pilot


def _inside(cells: list[list[str]], top: int, left: int, right: int, bottom: int) -> list[str]:
    return ["".join(row[left + 1 : right]).rstrip(_SCROLLBAR) for row in cells[top + 1 : bottom]]
