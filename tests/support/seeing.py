"""The monitor behind glass: what a person sees of it on a terminal, cell by cell, and what that person does to it."""

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
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.protocols import UiStateStore
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.themes import DEFAULT, Appearance

TENANT = Tenant(name="env", base_url="http://127.0.0.1", title="EU API sandbox", kind=TenantKind.API_SANDBOX)

_SCROLLBAR = " ▁▂▃▄▅▆▇█▔"


_WHOLE = "\ue000"
"""Stands in a test before what draws the whole screen."""


def _marked(update: LayoutUpdate, console: Console) -> str:
    return _WHOLE + _render(update, console)


_render = LayoutUpdate.render_segments


_parse = Stylesheet._parse_rules
_parsed: dict[Hashable, list[RuleSet]] = {}


def _parsed_once(sheet: Stylesheet, css: str, read_from: CSSLocation, **options: Any) -> list[RuleSet]:  # noqa: ANN401
    """Reads each style sheet once for all applications that a process runs, under each set of colours."""
    key = (css, read_from, *options.items(), *sheet._variables.items())
    if key not in _parsed:
        _parsed[key] = _parse(sheet, css, read_from, **options)
    return _parsed[key]


class Glass(HeadlessDriver):
    """A driver that keeps what it would send to a terminal, and draws it on a display in memory."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the driver takes them
        super().__init__(*args, **options)
        self._display = Display(*self._get_terminal_size())
        self._undrawn = ""
        self.sent = ""
        self._parser = XTermParser(self._debug)

    @property
    def is_headless(self) -> bool:
        """What is drawn is sent."""
        return False

    @property
    def display(self) -> Display:
        """What a person sees now; it is drawn when somebody looks."""
        undrawn, self._undrawn = self._undrawn, ""
        self._display.feed(undrawn.encode(errors="surrogatepass"))
        return self._display

    def write(self, data: str) -> None:
        """Remembers what was sent; under a whole screen all that came before is gone."""
        before, whole, after = data.rpartition(_WHOLE)
        self.sent += before + after
        self._undrawn = after if whole else self._undrawn + after

    def receive(self, data: str) -> None:
        """What a terminal sends for keys, clicks and pastes."""
        for message in self._parser.feed(data):
            self.process_message(message)

    def receive_escape(self) -> None:
        """The escape key, which a parser tells from a sequence only by what does not follow."""
        self.process_message(Key("escape", "\x1b"))


class Glimpse:
    """An application on a display. Everything that can be asked of it is about the cells of the screen."""

    def __init__(self, app: TerminalApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def glass(self) -> Glass:
        """The driver."""
        driver = self.app._driver
        assert isinstance(driver, Glass)
        return driver

    @property
    def sent(self) -> str:
        """Everything that was sent to the terminal."""
        return self.glass.sent

    @property
    def cells(self) -> list[list[str]]:
        """All rows as lists of cells; a cell that a wide character goes on in is empty."""
        display = self.glass.display
        return [display.cells(row) for row in range(display.screen.lines)]

    @property
    def rows(self) -> list[str]:
        """All rows, without the blanks at their ends."""
        return [str(row).rstrip() for row in self.glass.display.screen.display]

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.rows)

    @property
    def bar(self) -> str:
        """The line above everything."""
        return self.rows[0]

    @property
    def jobs(self) -> list[str]:
        """The rows of the list, without its border."""
        return self.frame("Jobs")

    @property
    def detail(self) -> list[str]:
        """The lines of the detail, without its border."""
        return _inside(self.cells, *self._corners()[-1])

    @property
    def detail_title(self) -> str:
        """What the border of the detail says."""
        top, left, right, _ = self._corners()[1]
        return "".join(self.cells[top][left : right + 1]).strip("╭╮─┏┓━ ")

    @property
    def dialog(self) -> list[str]:
        """What stands in the dialog that lies above everything."""
        return _inside(self.cells, *self._corners()[0])

    @property
    def words(self) -> str:
        """The whole detail as one line of words, so that wrapped text can be looked for."""
        return flowing("\n".join(self.detail))

    @property
    def toast(self) -> str:
        """What the message in the corner says, as one line of words."""
        parts = [row.rpartition("▌")[2].rstrip("│╯─ ") for row in self.rows if "▌" in row]
        return flowing(" ".join(parts))

    def frame(self, title: str) -> list[str]:
        """What stands within the frame whose title begins so."""
        for corners in self._corners():
            top, left, _, _ = corners
            if "".join(self.cells[top][left:]).startswith((f"╭─ {title}", f"┏━ {title}")):
                return _inside(self.cells, *corners)
        raise AssertionError(f"no frame “{title}”:\n{self.text}")

    def crooked(self) -> list[str]:
        """The rows in which the border of a frame is not where it should be."""
        rows = self.cells
        bent = {
            y
            for top, left, right, bottom in self._corners()
            for y in range(top + 1, bottom)
            if rows[y][left] not in {"│", "┃"} or rows[y][right] not in {"│", "┃"}
        }
        return [self.rows[y] for y in sorted(bent)]

    def row(self, holding: str) -> str:
        """The first row that holds a text."""
        found = next((row for row in self.rows if holding in row), None)
        assert found is not None, f"“{holding}” is nowhere:\n{self.text}"
        return found

    async def press(self, *keys: str) -> None:
        """Presses keys, one after the other, and waits until nothing changes any more."""
        for key in keys:
            if key == "escape":
                self.glass.receive_escape()
            else:
                self.glass.receive(key_bytes(key).decode())
            await self._processed()
        await self.settled()

    async def paste(self, text: str) -> None:
        """Pastes as a terminal does, to where the keys go."""
        self.glass.process_message(Paste(text))
        await self.settled()

    async def click(self, holding: str) -> None:
        """Clicks on the first cell of a text."""
        for y, cells in enumerate(self.cells):
            line = "".join(cell or "\0" for cell in cells)
            if (x := line.find(holding)) >= 0:
                for button in ("M", "m"):
                    self.glass.receive(f"\x1b[<0;{x + 1};{y + 1}{button}")
                    await self._processed()
                await self.settled()
                return
        raise AssertionError(f"“{holding}” is nowhere:\n{self.text}")

    async def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Presses the mouse at one cell (column, row), moves it to another, and lets it go."""
        for code, (x, y), button in ((0, start, "M"), (32, end, "M"), (0, end, "m")):
            self.glass.receive(f"\x1b[<{code};{x + 1};{y + 1}{button}")
            await self.settled()

    async def resize(self, width: int, height: int) -> None:
        """Gives the terminal another size."""
        self.glass.display.resize(width, height)
        await self.pilot.resize_terminal(width, height)
        await self.settled()

    async def settled(self) -> None:
        """Waits until what came is drawn and nothing more comes of it."""
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
        return self.app._in_turn.is_busy and self.app.is_running

    async def _worked(self) -> None:
        """Lets end what the application does beside."""

    async def _processed(self) -> None:
        """Lets every message that is under way arrive, and those that come of it."""
        for _ in range(2):
            await asyncio.sleep(0)
            await self.pilot._wait_for_screen()

    async def until(self, expected: str | Callable[[str], bool], seconds: float = 5.0) -> None:
        """Waits until the screen holds a text, or is as a predicate wants it."""
        is_met = expected if callable(expected) else lambda text: expected in text
        end = time.monotonic() + seconds
        while not is_met(self.text):
            assert time.monotonic() < end, f"never saw {expected!r}:\n{self.text}"
            await asyncio.sleep(0.01)
            await self.settled()

    def _corners(self) -> list[tuple[int, int, int, int]]:
        """Top, left, right and bottom of each frame, from the left and from the top."""
        rows = self.cells
        found = []
        for top, row in enumerate(rows):
            for left in (x for x, cell in enumerate(row) if cell in {"╭", "┏"}):
                bottom = next((y for y in range(top + 1, len(rows)) if rows[y][left] in {"╰", "┗"}), None)
                right = next((x for x in range(left + 1, len(row)) if row[x] in {"╮", "┓"}), None)
                if bottom is not None and right is not None:
                    found.append((top, left, right, bottom))
        return found


class Sight(Glimpse):
    """A monitor on a display, over an engine that does as a test says."""

    app: MonitorApp

    def __init__(self, app: MonitorApp, engine: ScriptedEngine, pilot: Pilot[int]) -> None:
        super().__init__(app, pilot)
        self.engine = engine

    @property
    def is_busy(self) -> bool:
        """Whether something is known to be under way."""
        return bool(super().is_busy or self.app.workers) or self.app._monitor._mailbox._state is not None

    async def _worked(self) -> None:
        await asyncio.gather(*(worker.wait() for worker in self.app.workers), return_exceptions=True)


def flowing(text: str) -> str:
    """The text with every run of blanks and line ends as one blank."""
    return " ".join(text.split())


@asynccontextmanager
async def looking_at(
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
) -> AsyncIterator[Sight]:
    """Runs the monitor over an engine on a display of so many columns and rows."""
    app = MonitorApp(
        engine,
        engine.archive,
        tuple(tenants) or (tenant,),
        engine.clock,
        notice=notice,
        look=look,
        ways=ways,
        memory=memory,
        exports=exports,
    )
    async with _behind_glass(app, size) as pilot:
        sight = Sight(app, engine, pilot)
        await sight.settled()
        yield sight


@asynccontextmanager
async def glimpsed(app: TerminalApp, size: tuple[int, int]) -> AsyncIterator[Glimpse]:
    """Runs another application of ours on such a display."""
    async with _behind_glass(app, size) as pilot:
        glimpse = Glimpse(app, pilot)
        await glimpse.settled()
        yield glimpse


@asynccontextmanager
async def _behind_glass(app: TerminalApp, size: tuple[int, int]) -> AsyncIterator[Pilot[int]]:
    with (
        mock.patch("textual.drivers.headless_driver.HeadlessDriver", Glass),
        mock.patch.object(LayoutUpdate, "render_segments", _marked),
        mock.patch.object(Stylesheet, "_parse_rules", _parsed_once),
    ):
        async with app.run_test(size=size, notifications=True) as pilot:
            yield pilot


def _inside(cells: list[list[str]], top: int, left: int, right: int, bottom: int) -> list[str]:
    return ["".join(row[left + 1 : right]).rstrip(_SCROLLBAR) for row in cells[top + 1 : bottom]]
