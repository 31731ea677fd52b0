from datetime import UTC

from tests.support.building import NOW, PROCESSING, job, seen, watch
from tests.support.scripted import call
from zjobtui.formatting.call_info import call_lines, request_lines, support_text
from zjobtui.formatting.outline import to_text
from zjobtui.models.observation import Call
from zjobtui.models.tenant import Tenant, TenantKind

TENANT = Tenant(name="eu", base_url="https://rest.eu.zuora.com", title="EU", kind=TenantKind.PRODUCTION)


def test_support_details_are_listed() -> None:
    call = Call("https://x/v1/async-jobs/1", "track", "request", "process", 200, 0.0842)
    assert list(to_text(call_lines(call, NOW))) == [
        "Request id             request",
        "Process id             process",
        "Track id               track",
        "Time                   2026-11-23T14:00:00Z",
        "Request                GET https://x/v1/async-jobs/1",
        "Response               HTTP 200 · 84 ms",
    ]
    assert list(to_text(call_lines(Call(), NOW))) == ["Time                   2026-11-23T14:00:00Z"]


def line_texts(*limits: tuple[str, str]) -> list[str]:
    return [
        " ".join(line.split())
        for line in to_text(request_lines(watch(1), TENANT, seen(PROCESSING, NOW, call(limits=limits)), NOW, UTC))
    ]


def test_a_request_is_shown_with_tenant_and_curl_without_the_token() -> None:
    lines = line_texts()
    assert lines[0] == "UTC time 14:00:00 UTC"
    assert "Tenant EU · eu · production" in lines
    assert "Host rest.eu.zuora.com" in lines
    assert lines[-1].startswith('Command curl -sS -H "Authorization: Bearer $ZUORA_TOKEN"')
    assert lines[-1].endswith(f"https://rest.eu.zuora.com/v1/async-jobs/{job(1).id}")


def test_without_a_response_the_curl_command_is_still_shown() -> None:
    lines = list(to_text(request_lines(watch(1), TENANT, None, NOW, UTC)))
    assert lines[0].split(None, 1)[1] == "No response yet."
    assert "curl" in lines[-1]
    assert list(to_text(request_lines(watch(1), None, None, NOW, UTC))) == lines[:1]


def test_limits_are_explained_and_headers_unchanged() -> None:
    lines = line_texts(
        ("ratelimit-limit", "50000, 50000;w=60, 2250000;w=3600, 27000000;w=86400, 9;w=90"),
        ("ratelimit-remaining", "49997"),
        ("ratelimit-reset", "12"),
        ("concurrency-limit-limit", "40"),
        ("concurrency-limit-remaining", "39"),
        ("retry-after", "30"),
    )
    first = lines.index("Rate limit headers (6)")
    assert lines[first - 4 : first + 2] == [
        "Calls allowed 50,000 per minute, 2,250,000 per hour, 27,000,000 per day, 9 per 1m30s",
        "Calls left 49,997 of 50,000 per minute, resets in 12s",
        "Concurrency 40 calls, 39 free",
        "Retry after 30",
        "Rate limit headers (6)",
        "ratelimit-limit 50000, 50000;w=60, 2250000;w=3600, 27000000;w=86400, 9;w=90",
    ]


def test_unreadable_limits_are_shown_unchanged() -> None:
    lines = line_texts(
        ("ratelimit-limit", "plenty"), ("ratelimit-remaining", "some"), ("concurrency-limit-limit", "40")
    )
    assert [line for line in lines if line.startswith(("Calls", "Concurrency"))] == [
        "Concurrency 40 calls, unknown free"
    ]
    assert "ratelimit-limit plenty" in lines


def test_support_details_fit_on_a_line() -> None:
    assert support_text(Call(request_id="r", track_id="t"), NOW) == "request id r · track id t · 2026-11-23T14:00:00Z"
