"""The request behind an answer in words: what Zuora's support asks for, and what the host said of its limits."""

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

_WINDOWS = {1: "a second", 60: "a minute", 3_600: "an hour", 86_400: "a day"}


def call_lines(call: "Call", at: float) -> tuple[OutlineNode, ...]:
    """A call as an outline: its ids, its time in UTC, its latency."""
    status = f"HTTP {call.http_status}" if call.http_status else ""
    return (
        *field("request id", "Request id", call.request_id),
        *field("process id", "Process id", call.process_id),
        *field("track id", "Track id", call.track_id),
        *field("time", "Time", stamp(at)),
        *field("request", "Request", f"GET {call.url}" if call.url else ""),
        *field("answer", "Answer", " · ".join(part for part in (status, f"{call.latency * 1000:.0f} ms") if part)),
    )


def request_lines(
    job: "JobRef", tenant: "Tenant | None", seen: "Success | None", now: float, zone: tzinfo | None = None
) -> Iterator[OutlineNode]:
    """The last call that brought a good answer, the limits it told of, and how to make the same call elsewhere."""
    if seen is None:
        yield OutlineNode("none", "Answer", "There is no good answer yet.", Tone.MUTED)
    else:
        yield from field("local time", "Time in UTC" if zone else "Local time", f"{moment(seen.at, now, zone)}")
        yield from call_lines(seen.call, seen.at)
    if tenant is not None:
        titles = dict.fromkeys(part for part in (tenant.title, tenant.name, tenant.kind.value) if part)
        yield from field("tenant", "Tenant", " · ".join(titles))
        yield from field("host", "Host", tenant.base_url.rpartition("//")[2])
        yield from field("secret from", "Secret from", tenant.credentials_from)
    if seen is not None:
        yield from _limit_lines(seen.call.limits, seen.at)
    if tenant is not None:
        yield OutlineNode("curl", "As curl", curl(tenant, job.id.given))


def support_text(call: "Call", at: float) -> str:
    """What Zuora's support asks for, in one line."""
    ids = {"request id": call.request_id, "process id": call.process_id, "track id": call.track_id}
    return " · ".join([*(f"{name} {one}" for name, one in ids.items() if one), stamp(at)])


def _limit_lines(headers: tuple[tuple[str, str], ...], at: float) -> Iterator[OutlineNode]:
    limits, said = read_rate_limits(headers, at), {name.lower(): text for name, text in headers}
    windows = limits.windows.items()
    allowed = {window: f"{calls:,} {_WINDOWS.get(window, f'in {duration(window)}')}" for window, calls in windows}
    yield from field("allowed", "Calls allowed", ", ".join(allowed.values()))
    if limits.remaining is not None:
        quota = allowed.get(limits.window) if limits.window else None
        of = f" of {quota}" if quota else ""
        reset = f", counted anew in {duration(limits.reset)}" if limits.reset is not None else ""
        yield OutlineNode("left", "Calls left", f"{limits.remaining:,}{of}{reset}")
    at_once = said.get("concurrency-limit-limit", "")
    left = said.get("concurrency-limit-remaining", "")
    yield from field(
        "at once", "At once", f"{at_once} calls, {left or 'an unknown number'} of them free" if at_once else ""
    )
    yield from field("wait", "Asked to wait", said.get("retry-after", ""), Tone.ATTENTION)
    lines = (OutlineNode(f"limits/{number}", name, text, Tone.MUTED) for number, (name, text) in enumerate(headers))
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
