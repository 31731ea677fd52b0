import pytest
from msgspec.structs import replace

from tests.support.building import NOW, job
from tests.support.reading import whole
from tests.support.screen_harness import TENANT, run_monitor
from tests.support.scripted import call
from tests.support.staging import observation_of, staged
from tests.ui.sizes import WIDE_FIRST
from zjobtui.models.call_log import CallKind, LoggedCall
from zjobtui.models.observation import Failure, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.text import clean_lines

LIMITS = (("ratelimit-limit", "2500, 2500;w=60"), ("ratelimit-remaining", "2400"), ("ratelimit-reset", "12"))


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_view_shows_call_limits_tenant_and_curl_command(size: tuple[int, int]) -> None:
    answer = observation_of("recorded-processing")
    assert isinstance(answer, Success)
    tenant = replace(TENANT, credentials_from="file ~/.secret (plain text, 0600)")
    async with run_monitor(staged(replace(answer, call=call(limits=LIMITS))), size, tenant=tenant) as view:
        await view.press("4", "tab")
        result = await whole(view)
        for words in (
            "Local time 14:00:00 UTC",
            "Request id d7479cf6-b410-4630-b841-268ccd48f0d2",
            "Track id 5b0c3bd6d1a94c6c8a3f3f6a3d6b1d11",
            "Response HTTP 200 · 84 ms",
            "Tenant EU API sandbox · env",
            "Host 127.0.0.1",
            "Secret from file ~/.secret (plain text, 0600)",
            "Calls allowed 2,500 per minute",
            "Calls left 2,400 of 2,500 per minute, resets in 12s",
            'curl -sS -H "Authorization: Bearer $ZUORA_TOKEN"',
        ):
            assert words in result, words


async def test_without_a_response_the_curl_command_is_shown() -> None:
    async with run_monitor(staged(None)) as view:
        await view.press("4")
        assert "No response yet." in view.words
        assert f"/v1/async-jobs/{job(1).id}" in view.words.replace(" ", "")


PROBLEM = Problem(ProblemKind.SERVER_ERROR, "internal server error", "SystemError")
FAILED_CALL = LoggedCall(
    at=NOW + 20,
    tenant="env",
    kind=CallKind.REFRESH,
    call=call(http_status=500, request_id="req-of-the-failure", track_id="track-of-the-failure", process_id="7F2A"),
    job=job(1),
    problem=PROBLEM,
    took=0.584,
    waited=0.25,
    body='{"reasons": [\n  {"code": "SystemError"}\n]}',
)


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_view_shows_the_last_call_if_it_failed(size: tuple[int, int]) -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine, size) as view:
        await view.press("4", "tab")
        assert "Request id d7479cf6" in await whole(view)
        engine.clock.at = NOW + 20
        engine.calls.record(FAILED_CALL)
        engine.bring((job(1), Failure(PROBLEM, NOW + 20, FAILED_CALL.call)))
        await view.settled()
        result = await whole(view)
        for words in (
            "Local time 14:00:20 UTC · refresh",
            "Outcome server error: internal server error",
            "Code SystemError",
            "Request id req-of-the-failure",
            "Process id 7F2A",
            "Track id track-of-the-failure",
            "Response HTTP 500 · 84 ms",
            "Duration waited 250 ms · sign-in 500 ms · response 84 ms",
            '{"code": "SystemError"}',
            "Response shown in Raw 14:00:00 UTC",
        ):
            assert words in result, (words, result)
        assert "d7479cf6" not in result


async def test_the_view_follows_calls_that_change_nothing_else() -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine) as view:
        await view.press("4")
        later = replace(
            FAILED_CALL, call=call(request_id="another-request"), problem=None, status="Processing", body=""
        )
        engine.calls.record(later)
        engine.clock.at += 21
        view.app._monitor._tick()
        await view.settled()
        assert "Request id another-request" in view.words
        assert "Outcome ok · Processing" in view.words


async def test_a_failed_call_of_another_run_is_shown_without_its_ids() -> None:
    engine = staged("recorded-processing")
    engine.bring((job(1), Failure(Problem(ProblemKind.TIMED_OUT, "no complete response in time"), NOW + 9)))
    async with run_monitor(engine) as view:
        await view.press("4")
        assert "Local time 14:00:09 UTC" in view.words
        assert "Outcome The last call failed: timed out: no complete response in time." in view.words
        assert "Ids not kept: another run or window of zjobtui made this call" in view.words


async def test_a_hostile_body_reaches_the_screen_as_text() -> None:
    engine = staged("recorded-processing")
    body = "\x1b]52;c;aGk=\x07[red]\u202e<b>" * 400
    engine.calls.record(replace(FAILED_CALL, body=clean_lines(body)[:4_096]))
    async with run_monitor(engine, (30, 8)) as view:
        await view.press("4", "enter", "end")
        assert "\x1b]52" not in view.sent
        assert not view.crooked()
