import base64
import csv
import json
import re
import stat
import time
from pathlib import Path

import pytest

from tests.support.building import NOW, body, job, job_id
from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.scripted import call
from tests.support.staging import staged
from tests.ui.sizes import NARROW, NARROW_FIRST, WIDE
from zjobtui.models.call_log import CallKind, LoggedCall
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Failure, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.related import Reference, RelatedKind
from zjobtui.ui.clipboard import OSC52_CHARACTERS, copy_text

pytestmark = pytest.mark.slow


def clipboard(view: ScreenView) -> str:
    """Return the text of the last copy sequence."""
    copies = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", view.sent)
    return base64.b64decode(copies[-1]).decode() if copies else ""


def only_file(folder: Path) -> tuple[str, str]:
    """Return name and text of the one exported file, and check that only the user can read it."""
    (path,) = (folder / "data" / "exports").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(folder.glob("*.*"))
    return path.name, path.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _plain_terminal_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    monkeypatch.chdir(tmp_path)


async def test_y_offers_what_can_be_copied_and_copies_it() -> None:
    async with run_monitor(staged("recorded-completed-order-pending")) as view:
        await view.press("y")
        result = view.text
        for what in ("job id", "order number", "account number", "verdict", "Markdown summary", "raw response", "curl"):
            assert what in result
        await view.press("down", "enter")
        assert clipboard(view) == "O-00005577"
        assert "Order number sent to the terminal by OSC 52. If nothing arrives" in view.toast


async def chosen(view: ScreenView, key: str, wanted: str) -> None:
    """Press a key and choose from the menu; accept the file if there is one to save."""
    await view.press(key)
    names = [line.strip() for line in view.frame({"y": "Copy from", "e": "Export"}[key]) if line.strip()]
    await view.press(*["down"] * names.index(wanted), "enter")
    if "Save to file" in view.text:
        await view.press("enter")


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_each_part_of_a_failed_job_is_copied_and_the_call_holds_no_token(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-failed-lock"), size) as view:
        for what, held in (
            ("error", "[40000050] Operation failed due to a lock competition, please retry later."),
            ("curl", 'curl -sS -H "Authorization: Bearer $ZUORA_TOKEN" '),
            ("Markdown summary", f"### {job_id(1).given}: failed"),
        ):
            await chosen(view, "y", what)
            assert held in clipboard(view), what
            assert f"{what[0].upper()}{what[1:]} sent to the terminal" in view.toast


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_ids_or_a_table_of_several_jobs_are_copied(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-processing", "recorded-processing"), size) as view:
        await view.press("*")
        await chosen(view, "y", "job ids")
        assert clipboard(view) == f"{job_id(1).given}\n{job_id(2).given}"
        await chosen(view, "y", "Markdown table")
        assert clipboard(view).count("| ◌ running |") == 2


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_text_that_is_too_long_for_the_clipboard_is_saved(size: tuple[int, int], tmp_path: Path) -> None:
    long = body(status="Failed", errors="[40000060]: " + "x" * OSC52_CHARACTERS, result=None)
    engine = staged(long, "recorded-failed-lock")
    async with run_monitor(engine, size) as view:
        await chosen(view, "y", "raw response")
        assert clipboard(view) == ""
        name, written = only_file(tmp_path)
        assert written == long.decode()
        assert name in view.toast.replace(" ", "")
        (tmp_path / "data" / "exports" / name).unlink()
        await view.press("end")
        await chosen(view, "y", "Save everything to a file…")
        name, written = only_file(tmp_path)
        assert f"job id:\n{job_id(2).given}\n" in written
        assert "curl:\ncurl -sS" in written
        assert name in view.toast.replace(" ", "")


async def test_escape_copies_nothing() -> None:
    async with run_monitor(staged("recorded-processing")) as view:
        await view.press("y", "escape")
        assert clipboard(view) == ""


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_e_saves_the_marked_jobs_and_shows_the_path(size: tuple[int, int], tmp_path: Path) -> None:
    engine = staged("recorded-processing", "recorded-failed-lock", "recorded-processing", labels=("=1+1", "＝2|"))
    async with run_monitor(engine, size) as view:
        await view.press("space", "space", "e")
        assert "Export 2 jobs as" in view.text
        await view.press("escape")
        for form, suffix in (("JSON", ".json"), ("CSV", ".csv"), ("Markdown", ".md"), ("Job ids only", ".txt")):
            await chosen(view, "e", form)
            name, written = only_file(tmp_path)
            assert name.endswith(suffix)
            assert name in view.toast.replace(" ", "")
            match form:
                case "JSON":
                    assert {one["job_id"] for one in json.loads(written)["jobs"]} == {job(n).id.given for n in (1, 2)}
                case "CSV":
                    labels = [row["label"] for row in csv.DictReader(written.splitlines())]
                    assert labels == ["'=1+1", "'＝2|"]
                case "Markdown":
                    assert "| =1+1 |" in written
                    assert "| ＝2\\| |" in written
                case _:
                    assert written.split() == [job(1).id.given, job(2).id.given]
            (tmp_path / "data" / "exports" / name).unlink()


async def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    async with run_monitor(staged("recorded-processing")) as view:
        await view.press("e")
        await view.press("end", "enter", "enter")
        name, written = only_file(tmp_path)
        await view.press("o", *"later", "enter", "e", "enter", "enter")
        await view.press("e", "end", "enter", "enter")
        exports = tmp_path / "data" / "exports"
        assert (exports / name).read_text(encoding="utf-8") == written
        stem = name.removesuffix(".txt")
        assert {path.name for path in exports.iterdir()} == {name, f"{stem}-2.txt", f"{stem}.json"}


async def test_files_are_saved_in_the_configured_folder(tmp_path: Path) -> None:
    async with run_monitor(staged("recorded-processing"), exports=tmp_path / "mine") as view:
        await view.press("e", "enter", "enter")
        await view.press("S", "enter")
        assert {path.suffix for path in (tmp_path / "mine").iterdir()} == {".json", ".svg"}


async def test_an_unusable_folder_is_reported_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    async with run_monitor(staged("recorded-processing"), exports=tmp_path / "mine") as view:
        await view.press("e", "enter", "enter")
        assert "Not saved: File exists." in join_lines("\n".join(view.frame("Save to file")))


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_path_that_cannot_be_used_is_kept_with_the_reason_until_it_is_corrected(
    size: tuple[int, int], tmp_path: Path
) -> None:
    async with run_monitor(staged("recorded-processing"), size) as view:
        await view.press("e", "enter", "ctrl+u", *"mine/x.json", "enter")
        dialog = join_lines("\n".join(view.frame("Save to file")))
        assert "Not saved: the folder does not exist." in dialog
        assert "mine/x.json" in dialog
        (tmp_path / "mine").mkdir()
        await view.press("enter")
        assert view.toast.startswith("Saved to ")
        assert [path.name for path in (tmp_path / "mine").iterdir()] == ["x.json"]


def test_a_text_that_is_too_long_for_a_terminal_is_not_sent() -> None:
    assert copy_text("x" * OSC52_CHARACTERS, {}).sequence
    copied = copy_text("x" * (OSC52_CHARACTERS + 1), {})
    assert (copied.sequence, copied.done) == ("", "")
    assert copied.problem == "74,995 bytes are more than the 74,994 that terminals accept"


def test_the_sequence_is_wrapped_for_gnu_screen() -> None:
    long = "x" * 1_000
    result = copy_text(long, {"STY": "1.pts-0"}).sequence
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", result, re.DOTALL)
    assert (
        "".join(pieces) == copy_text(long, {}).sequence == f"\x1b]52;c;{base64.b64encode(long.encode()).decode()}\x07"
    )
    assert max(map(len, pieces)) < 768


async def test_the_order_and_account_numbers_of_several_jobs_are_copied_each_once() -> None:
    pending = "recorded-completed-order-pending"
    async with run_monitor(staged(pending, pending, "recorded-failed-lock")) as view:
        await view.press("*", "y", "o", "enter")
        (number,) = clipboard(view).split()
        assert number.startswith("O-")
        await view.press("y", "a", "enter")
        assert clipboard(view).startswith("A")


@pytest.mark.parametrize("size", [(140, 40), (60, 20)])
async def test_a_letter_goes_to_the_next_menu_entry_that_starts_with_it(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-failed-lock"), size) as view:
        await view.press("y", "r", "r", "enter")
        assert clipboard(view).startswith("{")
        await view.press("y", "x", "c", "enter")
        assert clipboard(view).startswith("curl ")


async def test_a_key_typed_ahead_reaches_the_copy_menu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = staged("recorded-failed-lock")
    answer = engine.archive.last_response

    def slowly(one: JobRef) -> Success | None:
        time.sleep(0.2)
        return answer(one)

    monkeypatch.setattr(engine.archive, "last_response", slowly)
    async with run_monitor(engine) as view:
        view.terminal.receive("yx")
        await view.until("Copy from")
        assert len(engine.state.watchlist) == 1


@pytest.mark.parametrize(
    ("choice", "size", "is_file", "has_label"),
    [(0, NARROW, False, False), (1, WIDE, False, True), (2, WIDE, True, False), (3, NARROW, True, True)],
)
async def test_h_hands_jobs_over_as_markdown(
    choice: int, size: tuple[int, int], is_file: bool, has_label: bool, tmp_path: Path
) -> None:
    engine = staged("recorded-completed-order-pending", None, labels=("CS-4398", "CS-4399"))
    failure = Failure(Problem(ProblemKind.SERVER_ERROR, "down"), NOW + 1, call(http_status=500, request_id="req-500"))
    engine.bring((job(2), failure))
    engine.calls.record(
        LoggedCall(
            at=failure.at, tenant="env", kind=CallKind.POLL, call=failure.call, job=job(2), problem=failure.problem
        )
    )
    order = Reference(RelatedKind.ORDER, "O-00005577")
    for tenant in ("env", "other"):
        engine.calls.record(
            LoggedCall(
                at=NOW,
                tenant=tenant,
                kind=CallKind.READ,
                call=call(request_id=f"read-{tenant}-7"),
                reference=order,
                status="Pending",
            )
        )
    async with run_monitor(engine, size) as view:
        await view.press("*", "H")
        assert "Hand over 2 jobs as Markdown" in view.text
        await view.press(*["down"] * choice, "enter")
        if is_file:
            assert "Save to file" in view.text
            await view.press("enter")
        text = only_file(tmp_path)[1] if is_file else clipboard(view)
        assert text.startswith("# Handover: 2 jobs\n")
        assert ("CS-4398" in text) == has_label
        assert "- Order: `O-00005577`" in text
        assert (
            text.count(
                "- Read order `O-00005577`, 2026-11-23T14:00:00Z: `Pending`, HTTP 200, request id `read-env-7`, "
            )
            == 1
        )
        assert "read-other-7" not in text
        assert "failed: server error, HTTP 500, request id `req-500`" in text
        assert ("Saved to" if is_file else "Handover sent to the terminal by OSC 52.") in view.toast
