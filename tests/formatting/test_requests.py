from datetime import UTC

from tests.support.building import NOW, PROCESSING, job, seen
from tests.support.scripted import call
from zjobtui.formatting.call_info import call_lines, request_lines, support_text
from zjobtui.formatting.outline import to_text
from zjobtui.models.observation import Call
from zjobtui.models.tenant import Tenant, TenantKind

TENANT = Tenant(name="eu", base_url="https://rest.eu.zuora.com", title="EU", kind=TenantKind.PRODUCTION)


def test_what_support_asks_for_is_listed() -> None:
    call = Call("https://x/v1/async-jobs/1", "track", "request", "process", 200, 0.0842)
    assert list(to_text(call_lines(call, NOW))) == [
        "Request id             request",
        "Process id             process",
        "Track id               track",
        "Time                   2026-11-23T14:00:00Z",
        "Request                GET https://x/v1/async-jobs/1",
        "Answer                 HTTP 200 · 84 ms",
    ]
    assert list(to_text(call_lines(Call(), NOW)))[-1] == "Answer                 0 ms"


def told(*limits: tuple[str, str]) -> list[str]:
    return [
        " ".join(line.split())
        for line in to_text(request_lines(job(1), TENANT, seen(PROCESSING, NOW, call(limits=limits)), NOW, UTC))
    ]


def test_a_request_is_told_with_its_tenant_and_as_curl_without_the_token() -> None:
    lines = told()
    assert lines[0] == "Time in UTC 14:00:00 UTC"
    assert "Tenant EU · eu · production" in lines
    assert "Host rest.eu.zuora.com" in lines
    assert lines[-1].startswith('As curl curl -sS -H "Authorization: Bearer $ZUORA_TOKEN"')
    assert lines[-1].endswith(f"https://rest.eu.zuora.com/v1/async-jobs/{job(1).id}")


def test_without_an_answer_the_call_can_still_be_made() -> None:
    lines = list(to_text(request_lines(job(1), TENANT, None, NOW, UTC)))
    assert lines[0].split(None, 1)[1] == "There is no good answer yet."
    assert "curl" in lines[-1]
    assert list(to_text(request_lines(job(1), None, None, NOW, UTC))) == lines[:1]


def test_the_limits_are_told_in_words_and_the_headers_as_they_came() -> None:
    lines = told(
        ("ratelimit-limit", "50000, 50000;w=60, 2250000;w=3600, 27000000;w=86400, 9;w=90"),
        ("ratelimit-remaining", "49997"),
        ("ratelimit-reset", "12"),
        ("concurrency-limit-limit", "40"),
        ("concurrency-limit-remaining", "39"),
        ("retry-after", "30"),
    )
    first = lines.index("Rate limit headers (6)")
    assert lines[first - 4 : first + 2] == [
        "Calls allowed 50,000 a minute, 2,250,000 an hour, 27,000,000 a day, 9 in 1m 30s",
        "Calls left 49,997 of 50,000 a minute, counted anew in 12s",
        "At once 40 calls, 39 of them free",
        "Asked to wait 30",
        "Rate limit headers (6)",
        "ratelimit-limit 50000, 50000;w=60, 2250000;w=3600, 27000000;w=86400, 9;w=90",
    ]


def test_limits_that_cannot_be_read_stand_as_they_came() -> None:
    lines = told(("ratelimit-limit", "plenty"), ("ratelimit-remaining", "some"), ("concurrency-limit-limit", "40"))
    assert [line for line in lines if line.startswith(("Calls", "At once"))] == [
        "At once 40 calls, an unknown number of them free"
    ]
    assert "ratelimit-limit plenty" in lines


def test_what_support_asks_for_fits_on_a_line() -> None:
    assert support_text(Call(request_id="r", track_id="t"), NOW) == "request id r · track id t · 2026-11-23T14:00:00Z"
