"""What `doctor` says of a tenant, of its host and of the store, as findings; asks nobody itself."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from zjobtui.domain.checkup import Checkup
from zjobtui.domain.observation import Call
from zjobtui.domain.tenant import Tenant
from zjobtui.headless.findings import Finding, State, judged
from zjobtui.polling.rate_limiter import limits_for
from zjobtui.storage.examining import StoreFacts
from zjobtui.storage.permissions import writable_by_others
from zjobtui.wording.checkups import remedy, skew_text
from zjobtui.wording.signs import plural
from zjobtui.wording.times import duration
from zjobtui.zuora.proxy import Route

MEND = "close every window, then run: zjobtui doctor --mend (the file is kept, and what is readable is taken over)"

SKEW_LIMIT = 30.0
"""Seconds by which the clocks may differ before it is worth a word."""


def tenant_findings(tenant: Tenant, route: Route, fault: str = "") -> Iterator[Finding]:
    """What is configured of a tenant; `fault` says why there is no way to its host."""
    about = f"Tenant {tenant.name}"
    yield Finding(about, "host", State.FINE, f"{tenant.base_url}, {tenant.kind.value}")
    plain = " (plain text in this environment)" if tenant.credentials_from.startswith("environment") else ""
    yield Finding(about, "secret from", State.FINE, tenant.credentials_from + plain)
    missing = [os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if _is_lost(os.environ.get(name, ""))]
    if fault:
        yield Finding(about, "way", State.WRONG, fault, "correct the variable, or unset it")
    elif missing:
        advice = "unset the variable, or name what holds the certificates"
        yield Finding(about, "way", State.WRONG, f"there are no certificates at {missing[0]}", advice)
    else:
        yield Finding(about, "way", State.FINE, ", ".join(route.phrases) or "direct, certificates of the system")
    for sentence in route.ignored:
        yield Finding(about, "way", State.ATTENTION, sentence, "correct the entry, or remove it")


def _is_lost(path: str) -> bool:
    return bool(path) and not os.path.exists(path)  # noqa: PTH110 - an odd text is no path, and no fault either


def budget_findings(tenant: Tenant, today: int) -> Iterator[Finding]:
    """The calls of the day, of all windows, against what they are held to."""
    limits = limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second)
    told = f"{today:,} calls counted today (UTC), {limits.per_day:,.0f} at most; {limits.per_second:g} a second"
    advice = "polling waits; set daily_calls for the tenant where more are granted"
    yield judged(f"Tenant {tenant.name}", "budget", told, advice, is_fine=today < limits.per_day)


def checkup_findings(name: str, checkup: Checkup) -> Iterator[Finding]:
    """What the host said."""
    about = f"Tenant {name}"
    if checkup.no_secret:
        yield Finding(about, "secret", State.WRONG, checkup.no_secret, "mend that, then run this again")
        return
    if (refused := checkup.refused) is not None:
        yield Finding(about, "sign-in", State.WRONG, str(refused), remedy(refused))
    elif checkup.life is None:
        yield Finding(about, "sign-in", State.FINE, "a bearer token is given; it cannot be renewed")
    else:
        who = f", for {checkup.who}" if checkup.who else ""
        yield Finding(about, "sign-in", State.FINE, f"signed in for {duration(checkup.life)}{who}")
    if (missed := checkup.missed) is not None:
        yield Finding(about, "asking", State.WRONG, str(missed), remedy(missed))
    elif checkup.call is not None:
        took = f"the host answers about jobs, in {duration(checkup.call.latency)}"
        yield Finding(about, "asking", State.FINE, f"{took} (it does not know the made-up one, as it should)")
    if checkup.skew is not None:
        advice = "set this machine's clock; ages and the day's count depend on it"
        yield judged(about, "clock", skew_text(checkup.skew), advice, is_fine=abs(checkup.skew) <= SKEW_LIMIT)
    if checkup.call is not None and checkup.call.limits:
        yield _limits(about, checkup.call)


def _limits(about: str, call: Call) -> Finding:
    limits = call.rate_limits
    granted = [f"{calls:,} in {duration(seconds)}" for seconds, calls in sorted(limits.windows.items())]
    left = "" if limits.remaining is None else f"{limits.remaining:,} calls left until {limits.reset or 0}s from now"
    told = "; ".join(part for part in (left, f"granted: {', '.join(granted)}" if granted else "") if part)
    advice = "others use this tenant, too; zjobtui asks less often by itself"
    return judged(about, "limits", told or "not told by the host", advice, is_fine=limits.remaining != 0)


def store_findings(facts: StoreFacts, now: float) -> Iterator[Finding]:
    """How the file stands; where there is none yet, whether there could be one."""
    about = "Store"
    size = f"{facts.size:,} bytes, {plural(facts.jobs, 'job')}, format {facts.version}"
    yield Finding(about, "file", State.FINE, f"{facts.path}: {size if facts.exists else 'not yet made'}")
    if facts.is_newer:
        told = "it was made by a newer zjobtui; it is only read"
        yield Finding(about, "content", State.WRONG, told, "install that version")
    elif facts.damage:
        yield Finding(about, "content", State.WRONG, f"it is damaged ({facts.damage})", MEND)
    elif facts.trouble:
        yield Finding(about, "content", State.WRONG, facts.trouble, "remove the cause, then run this again")
    elif facts.exists:
        yield Finding(about, "content", State.FINE, "sound")
    if facts.ids_log_trouble:
        what = f"{facts.ids_log_trouble} No job can be added."
        yield Finding(about, "ids.log", State.WRONG, what, "remove the cause, then run this again")
    advice = "make the folder yours and writable, or name another in ZJOBTUI_DATA_DIR"
    told = "may be written" if facts.is_writable else "may not be written"
    yield judged(about, "writing", told, advice, is_fine=facts.is_writable, otherwise=State.WRONG)
    if facts.is_locked:
        wait = "wait for the other program, or end it"
        yield Finding(about, "lock", State.ATTENTION, "another program holds the file's lock", wait)
    polls = f"a window polls, its lease runs {facts.lease_until - now:.0f}s more" if facts.lease_until > now else ""
    yield Finding(about, "lease", State.FINE, polls or "no window polls")
    if facts.network:
        told = f"the folder is on a network file system ({facts.network})"
        advice = "locks may not hold there between machines; keep to one machine, or name a local ZJOBTUI_DATA_DIR"
        yield Finding(about, "disk", State.ATTENTION, told, advice)
    if facts.backup_at is not None:
        day = time.strftime("%Y-%m-%d %H:%M", time.gmtime(facts.backup_at))
        yield Finding(about, "backup", State.FINE, f"of {day} UTC, beside the file")


def log_findings(path: Path | None) -> Iterator[Finding]:
    """Where the log is, or how it is switched on."""
    off = "off; to switch it on, start zjobtui with --log PATH or with ZJOBTUI_LOG=PATH in the environment"
    yield Finding("Log", "file", State.FINE, off if path is None else f"{path}, readable by you alone")


def permission_findings(paths: Iterable[Path]) -> Iterator[Finding]:
    """A warning for every file and folder of ours that others may write."""
    for path, remedy_command in writable_by_others(paths):
        yield Finding("Files", "permissions", State.ATTENTION, f"others may write {path}", f"run: {remedy_command}")


def config_findings(
    path: str, problems: tuple[str, ...], notices: tuple[str, ...], environ: Mapping[str, str], count: int
) -> Iterator[Finding]:
    """What is wrong with the settings, and whether any tenant is configured."""
    named = " (named by ZJOBTUI_CONFIG)" if environ.get("ZJOBTUI_CONFIG") else ""
    there = "" if os.path.exists(path) else ", which is not there; it need not be"  # noqa: PTH110 - as above
    yield Finding("Settings", "file", State.FINE, f"{path}{named}{there}")
    for problem in problems:
        yield Finding("Settings", "problem", State.WRONG, problem.removeprefix(f"{path}: "), "mend the line")
    for notice in notices:
        yield Finding("Settings", "renamed", State.ATTENTION, notice.removeprefix(f"{path}: "), "rename it in the file")
    if not count:
        advice = "start zjobtui on a terminal, or see: zjobtui tenants add --help"
        yield Finding("Settings", "tenants", State.WRONG, "no tenant is configured", advice)
