"""Failures by reason on the screen: groups, their jobs, their ids, and changes while they are open."""

import base64
import re

import pytest

from tests.support.building import job
from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import bring_response, staged
from tests.ui.sizes import NARROW_FIRST, WIDE_FIRST
from zjobtui.ui.themes import Appearance

LOCK, INPUT, RUNNING = "recorded-failed-lock", "recorded-failed-input", "recorded-processing"
PENDING = "recorded-completed-order-pending"
LABELS = ("a", "b", "c", "d", "e")


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.ui.failures.FAILURES_UPDATE_SECONDS", 0.02)


def engine() -> ScriptedEngine:
    return staged(INPUT, LOCK, PENDING, LOCK, RUNNING, labels=LABELS)


def failures(view: ScreenView) -> str:
    return join_lines(" ".join(view.frame("Failures by reason")))


def labels(view: ScreenView) -> str:
    return "".join(sorted(row[14] for row in view.jobs if row))


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_failures_are_grouped_by_reason_the_biggest_first(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size, look=Appearance(is_utc=True)) as view:
        await view.press("F")
        assert "Failures by reason · 4 of 5" in view.text
        assert "enter show jobs · y copy ids · esc close" in view.text
        text = failures(view)
        assert re.search(r"^2 50% lock contention .*transient · 14:00:00 UTC .*Wait about a minute", text)
        assert re.search(r" 1 25% plan not effective permanent · \[40000020\]", text)
        assert re.search(r" 1 25% order Pending job completed(?! ·)", text)
        await view.press("down")
        assert "Change the date of the order" in failures(view)
        assert "Wait about a minute" not in failures(view)
        await view.press("up", "up", "end", "home")
        assert failures(view) == text
        await view.press("escape")
        assert "Failures by reason" not in view.text


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_enter_shows_exactly_the_jobs_of_a_group_and_escape_returns(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("/", *"!label:c", "enter", "F")
        assert "Failures by reason · 3 of 4" in view.text
        await view.press("enter")
        assert labels(view) == "bd"
        assert "filter: !label:c alike:lock-contention-" in view.rows[1]
        await view.press("escape")
        assert "Failures by reason · 3 of 4" in view.text
        await view.press("down", "enter")
        assert labels(view) == "a"
        await view.press("escape", "enter")
        assert labels(view) == "a", "the group is selected again"
        await view.press("escape", "escape")
        assert labels(view) == "abde"
        assert "filter: !label:c " in view.rows[1]
        assert "alike" not in view.rows[1]
        await view.press("escape")
        assert labels(view) == "abcde"


async def test_the_filter_of_a_group_is_removed_like_any_other_if_it_was_edited() -> None:
    async with run_monitor(engine()) as view:
        await view.press("F", "enter", "/", "end", *" label:b", "enter")
        assert labels(view) == "b"
        await view.press("escape")
        assert labels(view) == "abcde"
        assert "Failures by reason" not in view.text


async def test_y_copies_the_ids_of_the_group() -> None:
    async with run_monitor(engine()) as view:
        await view.press("F", "y")
        copied = base64.b64decode(view.sent.rpartition("\x1b]52;c;")[2].partition("\a")[0]).decode()
        assert sorted(copied.split()) == sorted(job(number).id.given for number in (2, 4))


async def test_groups_keep_their_places_while_jobs_end() -> None:
    stage = engine()
    async with run_monitor(stage) as view:
        await view.press("F", "down")
        before = [line for line in view.frame("Failures by reason") if "%" in line]
        bring_response(stage, 5, PENDING)
        await view.until("Failures by reason · 5 of 5")
        after = [line for line in view.frame("Failures by reason") if "%" in line]
        assert [line.split()[2:] for line in after] == [line.split()[2:] for line in before]
        assert sorted(line.split()[0] for line in after) == ["1", "2", "2"]
        await view.press("enter")
        assert labels(view) in {"a", "ce"}


async def test_a_group_whose_jobs_are_removed_disappears() -> None:
    stage = engine()
    async with run_monitor(stage) as view:
        await view.press("F")
        stage.remove([job(2), job(4)])
        await view.until("Failures by reason · 2 of 3")
        assert "lock contention" not in failures(view)
        stage.remove([job(1), job(3)])
        await view.until("The job shown neither failed nor needs attention.")
        await view.press("enter", "y", "down", "G", "escape")
        assert labels(view) == "e"


@pytest.mark.slow
async def test_the_whole_text_can_be_read_in_thirty_columns_and_eight_rows() -> None:
    async with run_monitor(engine(), (30, 8)) as view:
        await view.press("F")
        seen = ""
        for _ in range(60):
            seen += " ".join(row.strip(" │┃") for row in view.rows[1:-1]) + "\n"
            await view.press("down")
        for word in ("lock contention", "transient", "esc"):
            assert word in seen + view.text
        assert "25%" in seen
        assert "…" not in seen
        await view.press("home", "enter")
        assert "alike" in view.text or "filter" in view.text


async def test_the_message_of_a_group_is_shown_once_and_a_pending_order_is_not_called_permanent() -> None:
    async with run_monitor(engine()) as view:
        await view.press("F", "end")
        text = failures(view)
        assert text.count("Pending") == 1
        assert "permanent" not in text.partition("order Pending")[2]
        assert "Fill in the service activation" in text
        assert text.count("[40000020]") == text.count("[40000050]") == 1


@pytest.mark.parametrize(
    ("shown", "text"),
    [("label:a", "neither failed"), pytest.param("zzz", "The list shows no jobs.", marks=pytest.mark.slow)],
)
async def test_without_failures_the_screen_says_so(shown: str, text: str) -> None:
    async with run_monitor(staged(RUNNING, RUNNING, labels=("a", "b"))) as view:
        await view.press("F")
        assert "None of the 2 jobs shown failed or needs attention." in view.text
        await view.press("escape", "/", *shown, "enter", "F")
        assert text in view.text


async def test_failures_are_legible_in_ascii() -> None:
    async with run_monitor(engine(), (80, 24), look=Appearance(is_ascii=True)) as view:
        await view.press("F")
        assert "lock contention" in view.text
        assert view.text.isascii()


@pytest.mark.parametrize(("keys", "key"), [({}, "F"), ({"failures": "f6"}, "f6")])
async def test_the_key_that_opens_it_closes_it_too(keys: dict[str, str], key: str) -> None:
    async with run_monitor(engine(), (80, 24), look=Appearance(keys=keys)) as view:
        await view.press(key)
        assert "─ Failures" in view.text
        await view.press(key)
        assert "─ Failures" not in view.text
