"""What `y` copies in the detail: the thing under the cursor; and where a file is saved."""

import base64
import re
import stat
from pathlib import Path

import pytest

from tests.support.building import job, job_id
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.staging import staged
from tests.ui.sizes import NARROW, WIDE

pytestmark = pytest.mark.slow

SIZES = [WIDE, NARROW, (30, 8)]
EVERYTHING = "derived-completed-everything"


def copies(view: ScreenView) -> list[str]:
    """Return the texts of all copy sequences."""
    return [base64.b64decode(text).decode() for text in re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", view.sent)]


async def go_to(view: ScreenView, text: str) -> None:
    """Move the cursor of the detail to the first line with this text."""
    await view.press("tab")
    detail = view.app._monitor._detail
    lines = ["".join(part for part, _ in detail.line(index)) for index in range(detail.count)]
    detail.go_to(next(index for index, line in enumerate(lines) if text in line))
    await view.settled()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", ["O-00005577", "A-S00012346"])
async def test_the_number_under_the_cursor_is_offered_first(size: tuple[int, int], number: str) -> None:
    async with run_monitor(staged("recorded-completed-order-pending"), size) as view:
        await go_to(view, number)
        await view.press("y", "enter")
        assert copies(view) == [number]


async def test_all_numbers_of_a_group_and_the_line_itself_are_copied() -> None:
    async with run_monitor(staged(EVERYTHING)) as view:
        await go_to(view, "Subscriptions (")
        await view.press("y", "enter")
        numbers = copies(view)[-1].split("\n")
        assert len(numbers) > 1
        assert all(number.startswith("A-S") for number in numbers)
        await view.press("y", "t", "enter")
        assert copies(view)[-1].startswith("Subscriptions (")


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ("Account ", ["account number"]),
        ("Invoices ", ["invoice number"]),
        ("Payment ", ["payment number"]),
        ("Job id", ["job id"]),
    ],
)
async def test_each_kind_of_number_has_its_name(line: str, choices: list[str]) -> None:
    async with run_monitor(staged(EVERYTHING), (140, 60)) as view:
        await go_to(view, line)
        await view.press("y")
        menu = [entry.strip() for entry in view.frame("Copy from") if entry.strip()]
        for number, choice in enumerate(choices):
            assert menu[number].startswith(choice), menu
        assert "this line" in menu


async def test_without_a_number_under_the_cursor_the_job_comes_first() -> None:
    async with run_monitor(staged(EVERYTHING)) as view:
        await view.press("y", "enter")
        assert copies(view) == [job_id(1).given]


async def test_a_line_of_the_raw_response_is_copied_completely() -> None:
    async with run_monitor(staged(EVERYTHING), (60, 20)) as view:
        await view.press("3")
        await go_to(view, '"orderNumber"')
        await view.press("y", "enter")
        assert re.fullmatch(r'"orderNumber": "O-\d+",', copies(view)[-1])


async def test_a_job_is_copied_with_note_and_batch_but_without_secrets_or_control_characters() -> None:
    engine = staged("recorded-failed-lock")
    engine.set_batch([job(1)], "renewals")
    engine.note([job(1)], "x\x1b[201~\x1b]0;y\x07 client_secret=sentinel-9f31 \u202e")
    async with run_monitor(engine) as view:
        await view.press("y", "m", "enter")
        text = copies(view)[-1]
        assert "- Note: x" in text
        assert "- Batch: renewals" in text
        assert "sentinel-9f31" not in text
        assert text.replace("\n", "").isprintable()


async def test_several_jobs_are_copied_for_slack_and_as_markdown() -> None:
    engine = staged("recorded-failed-lock", "recorded-processing", labels=("CS-1",))
    engine.tag([job(1)], ("urgent",))
    engine.note([job(1)], "call | back")
    engine.set_batch([job(1)], "renewals")
    async with run_monitor(engine) as view:
        await view.press("*", "y", "s", "enter")
        failed, running = copies(view)[-1].split("\n")
        assert failed.startswith(f"✗ failed · CS-1 · {job_id(1).given} · Job failed")
        assert failed.endswith(" · env")
        assert running.startswith(f"◌ running · {job_id(2).given} · ")
        await view.press("y", "m", "enter")
        header, _, row, *_ = copies(view)[-1].split("\n")
        assert "| tenant |" in header
        assert re.search(r"\| env \|.*\| \d{4}-\d\d-\d\dT[\d:]+Z \|.*\| urgent \| renewals \| call \\\| back \|$", row)


async def enter_path(view: ScreenView, path: str) -> None:
    await view.press("ctrl+u")
    await view.paste(path)
    await view.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_is_saved_at_the_path_that_the_user_enters(size: tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    async with run_monitor(staged("recorded-processing"), size) as view:
        await view.press("e", "enter")
        assert "Save to file" in view.text
        await enter_path(view, "~/nowhere/a.json")
        await view.until(lambda text: re.search(r"the folder\W+does not\W+exist", text) is not None)
        await enter_path(view, "~/data/ids.log")
        await view.until(lambda text: "does not" not in text)
        assert not (tmp_path / "data" / "ids.log").exists()
        assert not (tmp_path / "data" / "exports").exists()
        await enter_path(view, "~/cases")
        await view.press("S", "enter")
    files = sorted((tmp_path / "cases").iterdir(), key=lambda path: path.suffix)
    assert [path.suffix for path in files] == [".json", ".svg"], "the folder of the last file is the next default"
    assert all(re.search(r"-\d{4}-\d\d-\d\d-\d{6}Z\.", path.name) for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
