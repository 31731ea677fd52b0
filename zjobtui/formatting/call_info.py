"""Text about a request: ids for Zuora support, rate limits from the response headers, and the call for curl."""

import shlex
from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING

from zjobtui.formatting.outline import OutlineNode, Tone, field, group
from zjobtui.formatting.times import duration, moment, stamp
from zjobtui.zuora.headers import read_rate_limits

if TYPE_CHECKING:
    from zjobtui.models.job import JobRef
    from zjobtui.models.observation import Call, Success
    from zjobtui.models.tenant import Tenant

_WINDOWS = {1: "per second", 60: "per minute", 3_600: "per hour", 86_400: "per day"}


def call_lines(call: "Call", at: float) -> tuple[OutlineNode, ...]:
    """Return a call as an outline: ids, time in UTC, URL, status and latency."""
    status = f"HTTP {call.http_status}" if call.http_status else ""
    return (
        *field("request id", "Request id", call.request_id),
        *field("process id", "Process id", call.process_id),
        *field("track id", "Track id", call.track_id),
        *field("time", "Time", stamp(at)),
        *field("request", "Request", f"GET {call.url}" if call.url else ""),
        *field("answer", "Response", " · ".join(part for part in (status, f"{call.latency * 1000:.0f} ms") if part)),
    )


def request_lines(
    job: "JobRef", tenant: "Tenant | None", success: "Success | None", now: float, zone: tzinfo | None = None
) -> Iterator[OutlineNode]:
    """Return the last successful call, its rate limits, and the curl command for the same call."""
    if success is None:
        yield OutlineNode("none", "Response", "No response yet.", Tone.MUTED)
    else:
        yield from field("local time", "UTC time" if zone else "Local time", f"{moment(success.at, now, zone)}")
        yield from call_lines(success.call, success.at)
    if tenant is not None:
        titles = dict.fromkeys(part for part in (tenant.title, tenant.name, tenant.kind.value) if part)
        yield from field("tenant", "Tenant", " · ".join(titles))
        yield from field("host", "Host", tenant.base_url.rpartition("//")[2])
        yield from field("secret from", "Secret from", tenant.credentials_from)
    if success is not None:
        yield from _limit_lines(success.call.limits, success.at)
    if tenant is not None:
        yield OutlineNode("curl", "Command", curl(tenant, job.id.given))


def support_text(call: "Call", at: float) -> str:
    """Return what Zuora support asks for, in one line."""
    ids = {"request id": call.request_id, "process id": call.process_id, "track id": call.track_id}
    return " · ".join([*(f"{name} {value}" for name, value in ids.items() if value), stamp(at)])


def allowance(calls: int, window: int) -> str:
    """Return the calls that are allowed in a window of so many seconds: `2,500 per minute`."""
    return f"{calls:,} {_WINDOWS.get(window, f'per {duration(window)}')}"


def _limit_lines(headers: tuple[tuple[str, str], ...], at: float) -> Iterator[OutlineNode]:
    limits, texts = read_rate_limits(headers, at), {name.lower(): text for name, text in headers}
    windows = limits.windows.items()
    allowed = {window: allowance(calls, window) for window, calls in windows}
    yield from field("allowed", "Calls allowed", ", ".join(allowed.values()))
    if limits.remaining is not None:
        quota = allowed.get(limits.window) if limits.window else None
        total = f" of {quota}" if quota else ""
        reset = f", resets in {duration(limits.reset)}" if limits.reset is not None else ""
        yield OutlineNode("left", "Calls left", f"{limits.remaining:,}{total}{reset}")
    concurrency = texts.get("concurrency-limit-limit", "")
    free = texts.get("concurrency-limit-remaining", "")
    yield from field("at once", "Concurrency", f"{concurrency} calls, {free or 'unknown'} free" if concurrency else "")
    yield from field("wait", "Retry after", texts.get("retry-after", ""), Tone.ATTENTION)
    lines = (OutlineNode(f"limits/{number}", name, text, Tone.MUTED) for number, (name, text) in enumerate(headers))
    yield from group("limits", f"Rate limit headers ({len(headers)})", "", lines)


def curl(tenant: "Tenant", given: str) -> str:
    """Return a shell command that requests a job; it names a variable instead of the token."""
    parts = [
        "curl -sS",
        '-H "Authorization: Bearer $ZUORA_TOKEN"',
        f"-H {shlex.quote(f'Zuora-Version: {tenant.version}')}",
        shlex.quote(f"{tenant.base_url}/v1/async-jobs/{given}"),
    ]
    return " ".join(parts)
