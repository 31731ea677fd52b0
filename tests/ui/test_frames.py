"""Partial updates draw the same as a full redraw, and little more than what changed."""

import gc
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from unittest import mock
from weakref import ref

import pytest
from pyte.screens import Char
from textual.strip import Strip

from tests.support.building import job
from tests.support.screen_harness import FakeTerminal, ScreenView, run_monitor
from tests.support.staging import bring_response
from tests.support.world import watched_world
from tests.ui.sizes import NARROW_FIRST
from tests.ui.test_output_volume import crowd, quiet
from zjobtui.ui.filter_input import FilterInput
from zjobtui.ui.job_list import JobList

pytestmark = pytest.mark.slow

ROW = "◌ running   0"

RESPONSES = (
    "recorded-processing",
    "recorded-failed-lock",
    "recorded-failed-input",
    "recorded-completed-order-pending",
    "derived-completed-everything",
    "recorded-signed-out",
)


@contextmanager
def frames(view: ScreenView) -> Iterator[list[str]]:
    """Collect what is written, frame by frame."""
    written: list[str] = []

    def noted(data: str) -> None:
        written.append(data)
        FakeTerminal.write(view.terminal, data)

    with mock.patch.object(view.terminal, "write", noted):
        yield written


def rows_in(written: list[str]) -> int:
    return re.sub(r"\x1b\[[\d;]*m", "", "".join(written)).count(ROW)


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_after_every_key_the_screen_equals_a_full_redraw(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr("zjobtui.ui.detail_controller.SELECTION_DELAY", 1_000.0)
    keys = "/ w a escape s down enter s escape pagedown space * tab 3 / i d enter escape tab down escape ? escape < >"
    async with run_monitor(watched_world(jobs=60, elapsed=64.0, step=32.0), size) as view:
        for key in keys.split():
            await view.press(key)
            await assert_whole(view, key)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_after_every_change_of_jobs_the_screen_equals_a_full_redraw(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr("zjobtui.ui.detail_controller.SELECTION_DELAY", 1_000.0)
    random, engine = Random(7), crowd(60)
    async with run_monitor(engine, size) as view:
        for step in range(40):
            for _ in range(random.choice((1, 1, 3))):
                bring_response(engine, random.randint(1, 60), random.choice(RESPONSES), after=0.01)
            if step % 9 == 4:
                engine.label([job(random.randint(1, 60))], "漢字 👍 CS-4411")
            if step % 7 == 6:
                await view.press(random.choice(("down", "up", "pagedown", "home", "space")))
            await view.settled()
            await assert_whole(view, f"step {step}")


async def assert_whole(view: ScreenView, after: str = "") -> None:
    before = buffer(view)
    for widget in (view.app.screen, *view.app.screen.query("*")):
        widget.refresh()
    await view.settled()
    assert buffer(view) == before, after


def buffer(view: ScreenView) -> list[list[object]]:
    """Return every cell with its colours; of blanks only what is visible."""
    screen = view.terminal.display.screen
    return [[_seen(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def _seen(cell: Char) -> Char:
    is_blank = cell.data == " " and not (cell.reverse or cell.underscore or cell.strikethrough)
    return cell._replace(fg="default", bold=False, italics=False) if is_blank else cell


async def test_leaving_the_filter_does_not_count_as_focusing_the_detail() -> None:
    async with run_monitor(crowd(30)) as view:
        await view.press("/", "0", "escape")
        rows = view.app.screen.query_one(JobList)
        assert rows.has_focus
        assert not rows.is_cursor_held  # as if the user had gone to the detail


async def test_a_new_title_redraws_only_the_border() -> None:
    async with run_monitor(crowd(300)) as view:
        await view.press("/", "0")
        await quiet(view)
        with frames(view) as written:
            await view.press("0")
        assert "filter: 00" in view.text
        assert rows_in(written) == 0


async def test_a_page_is_drawn_in_one_frame_and_the_detail_in_another() -> None:
    async with run_monitor(crowd(300)) as view:
        await view.press("pagedown")
        await quiet(view)
        with frames(view) as written:
            await view.press("pagedown")
        assert len([one for one in written if len(one) > 40]) <= 2


async def test_objects_of_the_start_are_excluded_from_garbage_collection() -> None:
    gc.disable()
    try:
        frozen = gc.get_freeze_count()
        async with run_monitor(crowd(30)):
            assert gc.isenabled()
            assert gc.get_freeze_count() > frozen + 30
    finally:
        gc.enable()


async def assert_gone(view: ScreenView, references: Sequence[ref[object]]) -> None:
    """Fail if any of these objects is still in memory after five seconds."""
    end = time.monotonic() + 5
    while any(reference() is not None for reference in references):
        assert time.monotonic() < end, [reference() for reference in references]
        await view.settled()
        gc.collect()


async def test_closed_filter_inputs_are_released() -> None:
    async with run_monitor(watched_world(jobs=5, elapsed=64.0), (80, 24)) as view:
        bars: list[ref[object]] = []
        for _ in range(6):
            await view.press("/")
            bars += [ref(bar) for bar in view.app.screen.query(FilterInput)]
            await view.press("escape")
        assert len(bars) == 6
        await assert_gone(view, bars[:-2])


@pytest.mark.parametrize("key", ["?", "s"])
async def test_output_of_closed_dialogs_is_released(key: str) -> None:
    async with run_monitor(watched_world(jobs=5, elapsed=64.0), (80, 24)) as view:
        await view.press(key, "escape", key, "escape")
        before = drawn_lines()
        await view.press(*(key, "escape") * 10)
        assert drawn_lines() < before + 100


def drawn_lines() -> int:
    gc.collect()
    return sum(type(one) is Strip for one in gc.get_objects())
