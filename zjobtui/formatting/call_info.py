"""The request behind an answer in words: what Zuora's support asks for, and what the host said of its limits."""

import shlex
from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING

from zjobtui.formatting.outline import Line, Tone, fact, group
from zjobtui.formatting.times import duration, moment, stamp
from zjobtui.zuora.headers import read_rate_limits

if TYPE_CHECKING:
    from zjobtui.models.job import Job
    from zjobtui.models.observation import Call, Seen
    from zjobtui.models.tenant import Tenant

_WINDOWS = {1: "a second", 60: "a minute", 3_600: "an hour", 86_400: "a day"}


def call_lines(call: "Call", at: float) -> tuple[Line, ...]:
    """A call as an outline: its ids, its time in UTC, its latency."""
    status = f"HTTP {call.http_status}" if call.http_status else ""
    return (
        *fact("request id", "Request id", call.request_id),
        *fact("process id", "Process id", call.process_id),
        *fact("track id", "Track id", call.track_id),
        *fact("time", "Time", stamp(at)),
        *fact("request", "Request", f"GET {call.url}" if call.url else ""),
        *fact("answer", "Answer", " · ".join(part for part in (status, f"{call.latency * 1000:.0f} ms") if part)),
    )


def request_lines(
    job: "Job", tenant: "Tenant | None", seen: "Seen | None", now: float, zone: tzinfo | None = None
) -> Iterator[Line]:
    """The last call that brought a good answer, the limits it told of, and how to make the same call elsewhere."""
    if seen is None:
        yield Line("none", "Answer", "There is no good answer yet.", Tone.MUTED)
    else:
        yield from fact("local time", "Time in UTC" if zone else "Local time", f"{moment(seen.at, now, zone)}")
        yield from call_lines(seen.call, seen.at)
    if tenant is not None:
        titles = dict.fromkeys(part for part in (tenant.title, tenant.name, tenant.kind.value) if part)
        yield from fact("tenant", "Tenant", " · ".join(titles))
        yield from fact("host", "Host", tenant.base_url.rpartition("//")[2])
        yield from fact("secret from", "Secret from", tenant.credentials_from)
    if seen is not None:
        yield from _limit_lines(seen.call.limits, seen.at)
    if tenant is not None:
        yield Line("curl", "As curl", curl(tenant, job.id.given))


def support_text(call: "Call", at: float) -> str:
    """What Zuora's support asks for, in one line."""
    ids = {"request id": call.request_id, "process id": call.process_id, "track id": call.track_id}
    return " · ".join([*(f"{name} {one}" for name, one in ids.items() if one), stamp(at)])


def _limit_lines(headers: tuple[tuple[str, str], ...], at: float) -> Iterator[Line]:
    limits, said = read_rate_limits(headers, at), {name.lower(): text for name, text in headers}
    windows = limits.windows.items()
    allowed = {window: f"{calls:,} {_WINDOWS.get(window, f'in {duration(window)}')}" for window, calls in windows}
    yield from fact("allowed", "Calls allowed", ", ".join(allowed.values()))
    if limits.remaining is not None:
        quota = allowed.get(limits.window) if limits.window else None
        of = f" of {quota}" if quota else ""
        reset = f", counted anew in {duration(limits.reset)}" if limits.reset is not None else ""
        yield Line("left", "Calls left", f"{limits.remaining:,}{of}{reset}")
    at_once = said.get("concurrency-limit-limit", "")
    left = said.get("concurrency-limit-remaining", "")
    yield from fact(
        "at once", "At once", f"{at_once} calls, {left or 'an unknown number'} of them free" if at_once else ""
    )
    yield from fact("wait", "Asked to wait", said.get("retry-after", ""), Tone.ATTENTION)
    lines = (Line(f"limits/{number}", name, text, Tone.MUTED) for number, (name, text) in enumerate(headers))
    yield from group("limits", f"Rate limit headers ({len(headers)})", "", lines)


def curl(tenant: "Tenant", given: str) -> str:
    """The call about a job as a shell command; the token is a variable, never itself."""
    parts = [
        "curl -sS",
        '-H "Authorization: Bearer $ZUORA_TOKEN"',
        f"-H {shlex.quote(f'Zuora-Version: {tenant.version}')}",
        shlex.quote(f"{tenant.base_url}/v1/async-jobs/{given}"),
    ]
    return " ".join(parts)
