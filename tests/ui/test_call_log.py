"""The call log on screen: rows, filter, following the newest call, details, export."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, job
from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.scripted import ScriptedEngine, call
from tests.support.staging import staged
from tests.ui.sizes import NARROW, NARROW_FIRST
from zjobtui.bootstrap.configuration import Configuration, SecretMask
from zjobtui.models.call_log import CALLS_KEPT, JOBS_KEPT, CallKind, CallLog, LoggedCall, parse_call_filter
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.related import Reference, RelatedKind
from zjobtui.ui.themes import Appearance

RUNNING = "recorded-processing"


def logged(number: int = 1, at: float = 0.0, **fields: Any) -> LoggedCall:  # noqa: ANN401 - the fields of `LoggedCall`
    made = {
        "at": NOW + at,
        "tenant": "env",
        "kind": CallKind.POLL,
        "call": call(request_id=f"req-{number}"),
        "job": job(number),
        "status": "Processing",
        "took": 0.12,
    }
    return LoggedCall(**{**made, **fields})


FAILURE: dict[str, Any] = {
    "call": call(http_status=500, request_id="req-500", process_id="7F2A"),
    "problem": Problem(ProblemKind.SERVER_ERROR, "internal server error", "SystemError"),
    "status": "",
    "body": "<h1>down</h1>",
}
TOKEN: dict[str, Any] = {
    "kind": CallKind.TOKEN,
    "job": None,
    "status": "signed in",
    "call": call(url="https://x/oauth/token"),
}


def with_calls(*calls: LoggedCall, labels: tuple[str, ...] = ()) -> ScriptedEngine:
    engine = staged(RUNNING, RUNNING, labels=labels)
    for one in calls:
        engine.calls.record(one)
    return engine


async def update(view: ScreenView) -> None:
    view.app.screen.query_one("#calls").update_calls()  # type: ignore[attr-defined]
    await view.settled()


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_log_shows_time_status_kind_job_duration_and_outcome(size: tuple[int, int]) -> None:
    engine = with_calls(
        logged(1, 0, **TOKEN, tenant="eu"),
        logged(1, 1, kind=CallKind.REFRESH),
        logged(2, 2, **FAILURE),
        labels=("CS-4398",),
    )
    async with run_monitor(engine, size) as view:
        await view.press("L")
        rows = [" ".join(row.split()) for row in view.frame("Calls · 3 · UTC")]
        assert "▸ 14:00:00 200 token sign-in eu 120 ms" in rows[0]
        assert rows[0].endswith("signed in")
        label = "CS-43…" if size[0] < 100 else "CS-4398"
        assert f"▸ 14:00:01 200 refresh {label} · 00000001 env 120 ms" in rows[1]
        assert rows[1].endswith("Processing")
        assert "▸ 14:00:02 500 poll 00000002…e73bdceb env 120 ms" in rows[2]
        assert "server error" in rows[2]
        assert not view.crooked()
        await view.press("escape")
        assert "Jobs" in view.text


@pytest.mark.parametrize("width", [80, 47, 30])
async def test_jobs_with_the_same_label_have_the_beginning_of_their_ids(width: int) -> None:
    engine = with_calls(logged(1), logged(2, 1), labels=("smoke", "smoke"))
    async with run_monitor(engine, (width, 12)) as view:
        await view.press("L")
        first, second = view.frame("Calls · 2")[:2]
        assert "00000001" in first
        assert "00000002" in second
        assert width < 56 or "smoke · 00000001" in first


async def test_a_call_opens_to_show_its_ids_and_its_body() -> None:
    async with run_monitor(with_calls(logged(1), logged(2, 1, **FAILURE)), NARROW) as view:
        await view.press("L", "enter")
        text = " ".join(view.text.split())
        for words in ("Request id req-500", "Process id 7F2A", "HTTP 500 · 84 ms", "sign-in 36 ms", "<h1>down</h1>"):
            assert words in text
        await view.press("left")
        assert "req-500" not in view.text


async def test_opening_the_last_call_scrolls_its_details_into_view() -> None:
    engine = with_calls(*(logged(1, number) for number in range(60)), logged(2, 60, **FAILURE))
    async with run_monitor(engine, NARROW) as view:
        await view.press("L", "enter")
        assert "<h1>down</h1>" in view.text
        assert "▾ 14:01:00 500 poll    00000002…e73bdceb 120 ms server error: internal" in view.text


async def test_the_log_follows_the_newest_call_until_the_cursor_is_moved() -> None:
    engine = with_calls(*(logged(1, number) for number in range(60)))
    async with run_monitor(engine, NARROW) as view:
        await view.press("L")
        assert "14:00:59" in view.text
        engine.calls.record(logged(1, 60))
        await update(view)
        assert "14:01:00" in view.text
        await view.press(*["up"] * 30)
        before = view.frame("Calls")
        engine.calls.record(logged(1, 61))
        await update(view)
        assert view.frame("Calls")[:-1] == before[:-1]
        assert "14:01:01" not in view.text
        await view.press("G")
        assert "14:01:01" in view.text


async def test_nothing_is_sent_while_there_is_no_new_call() -> None:
    async with run_monitor(with_calls(logged(1)), NARROW) as view:
        await view.press("L")
        sent = len(view.sent)
        await update(view)
        assert len(view.sent) == sent


@pytest.mark.slow
async def test_the_filter_shows_matching_calls_and_reports_an_unknown_field() -> None:
    engine = with_calls(logged(1), logged(2, 1, **FAILURE), logged(1, 2, **TOKEN), labels=("CS-4398",))
    async with run_monitor(engine, NARROW) as view:
        await view.press("L", "/", *"outcome:failed", "enter")
        assert "Calls · 1 of 3" in view.text
        assert "“outcome:failed”" in view.text
        assert "500" in view.frame("Calls")[0]
        await view.press("escape", "/", *"outcom:x wat:y")
        assert "Unknown field “outcom”; did you mean outcome? · Unknown field “wat”" in join_lines(view.text)
        await view.press("enter")
        assert "Unknown field “outcom”; did you mean outcome?" in view.text
        await view.press("escape", "/", *"nothing", "enter")
        assert "No calls match." in view.text
        await view.press("escape", "escape")
        assert "Jobs · 2" in view.text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("job:cs-4398", [0, 1]),
        ("job:00000002-5d7b", []),
        ("job:000000025d7b", [2]),
        ("tenant:eu", [3]),
        ("what:token,fresh", [1, 3]),
        ("what:refresh", [1]),
        ("outcome:ok", [0, 1, 3, 4]),
        ("outcome:500", [2]),
        ("outcome:failed", [2]),
        ("failed", [4]),
        ("outcome:systemerror", [2]),
        ("!outcome:failed -tenant:eu", [0, 1, 4]),
        ("req-500", [2]),
        ("outcome:", [0, 1, 2, 3, 4]),
        ('"', [0, 1, 2, 3, 4]),
    ],
)
def test_terms_match_what_they_name(text: str, numbers: list[int]) -> None:
    calls = [
        logged(1),
        logged(1, kind=CallKind.REFRESH),
        logged(2, **FAILURE),
        replace(logged(1, **TOKEN), tenant="eu"),
        logged(3, status="Failed"),
    ]
    parsed = parse_call_filter(text)
    labels = {job(1): "CS-4398"}
    matching = [number for number, one in enumerate(calls) if parsed.matches(one, lambda ref: labels.get(ref, ""))]
    assert (matching, parsed.problem) == (numbers, "")


async def test_the_shown_calls_are_exported_as_json_lines_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZUORA_CLIENT_SECRET", "sentinel-4711-sentinel")
    problem = Problem(ProblemKind.REFUSED, "sentinel-4711-sentinel token=abcdef0123456789abcdef", "1")
    hostile = {**FAILURE, "problem": problem, "body": "sentinel-4711-sentinel"}
    engine = with_calls(logged(1), logged(2, 1, waited=0.25, **hostile), labels=("CS sentinel-4711-sentinel",))
    async with run_monitor(engine, NARROW, exports=tmp_path, mask=Configuration().add_secrets(SecretMask())) as view:
        await view.press("L", "/", *"outcome:failed", "enter", "e")
        assert "Save to file" in view.text
        await view.press("enter")
        (path,) = os.scandir(tmp_path)
        assert path.name == "calls-2026-11-23-140000Z.jsonl"
        assert path.stat().st_mode & 0o777 == 0o600
        text = (tmp_path / path.name).read_text(encoding="utf-8")
        (record,) = [json.loads(line) for line in text.splitlines()]
        assert "sentinel" not in text
        assert "abcdef0123456789" not in text
        assert {name: record[name] for name in ("at", "tenant", "job_id", "what", "outcome", "http_status")} == {
            "at": "2026-11-23T14:00:01Z",
            "tenant": "env",
            "job_id": job(2).id.given,
            "what": "poll",
            "outcome": "failed",
            "http_status": 500,
        }
        assert (record["waited_s"], record["took_s"], record["response_s"]) == (0.25, 0.12, 0.084)
        assert (record["request_id"], record["process_id"]) == ("req-500", "7F2A")


@pytest.mark.parametrize("size", [(30, 8), (200, 60)])
async def test_the_log_fits_any_size(size: tuple[int, int]) -> None:
    hostile = replace(logged(2, 1, **FAILURE), body="\u202e[red]" * 300, tenant="テナント" * 9)
    async with run_monitor(with_calls(logged(1), hostile), size) as view:
        await view.press("L")
        assert "14:00:01 500" in view.text
        assert ("req-500" in view.text) == (size[0] == 200)
        await view.press("enter", "home", "end")
        assert not view.crooked()
        await view.resize(*NARROW)
        await view.press("home", "j")
        assert "14:00:01 500" in view.text


async def test_an_empty_log_says_so() -> None:
    async with run_monitor(staged(None), NARROW) as view:
        await view.press("L")
        assert "No calls yet." in view.text
        await view.press("enter", "e", "escape")
        assert "Jobs" in view.text


def test_the_log_is_bounded() -> None:
    log = CallLog()
    for number in range(JOBS_KEPT + 200):
        log.record(logged(number))
    first, calls = log.calls()
    assert (first, len(calls), log.recorded) == (JOBS_KEPT + 200 - CALLS_KEPT, CALLS_KEPT, JOBS_KEPT + 200)
    assert log.last(job(199)) is None
    assert log.last(job(200)) is not None


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_reads_are_listed_with_what_was_read_and_found_by_its_kind_and_number(size: tuple[int, int]) -> None:
    read = logged(
        3, 1, kind=CallKind.READ, job=None, reference=Reference(RelatedKind.ORDER, "O-00005577"), status="Pending"
    )
    async with run_monitor(with_calls(logged(1), read, logged(2, 2)), size) as view:
        await view.press("L", "/", *"what:order", "enter")
        assert "Calls · 1 of 3" in view.text
        (row,) = (line for line in view.text.splitlines() if "ok · Pending" in line)
        assert "O-00005577"[: 8 if size == NARROW else None] in row
        await view.press("enter")
        assert "order O-00005577" in view.text


async def test_another_key_of_the_settings_opens_and_closes_it() -> None:
    async with run_monitor(staged(RUNNING), (80, 24), look=Appearance(keys={"call_log": "f5"})) as view:
        await view.press("f5")
        assert "─ Calls" in view.text
        await view.press("L")
        assert "─ Calls" in view.text, "no key of this list any more"
        await view.press("f5")
        assert "─ Calls" not in view.text
