"""`doctor`: check settings, tenants, hosts, store and terminal, and say what to do."""

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from zjobtui.bootstrap.configuration import Configuration, Configured
from zjobtui.bootstrap.health import check_up_all
from zjobtui.bootstrap.monitor import appearance_of
from zjobtui.bootstrap.output import OK, SOME_REFUSED, has_cursor, print_error, print_json
from zjobtui.bootstrap.report_parser import read_stored_report
from zjobtui.cli.check import Check, CheckStatus, make_check
from zjobtui.cli.clipboard_checks import TERMINAL, clipboard_check, tmux_checks
from zjobtui.cli.common import load_configuration, report_errors
from zjobtui.clock import SystemClock
from zjobtui.config.paths import NoHomeError, config_path, store_path
from zjobtui.formatting.ascii_text import is_utf8
from zjobtui.formatting.call_info import allowance
from zjobtui.formatting.health import remedy, skew_text
from zjobtui.formatting.records import RECORD_SCHEMA
from zjobtui.formatting.symbols import plural
from zjobtui.formatting.times import duration, unknown_zone
from zjobtui.logs import log_path
from zjobtui.models.health import Checkup
from zjobtui.models.observation import Call
from zjobtui.models.tenant import Tenant
from zjobtui.models.text import clean, shorten
from zjobtui.polling.rate_limiter import limits_for
from zjobtui.storage.health import StoreHealth, check_store, writable_by_others
from zjobtui.storage.recovery import recover
from zjobtui.storage.shared_tables import record_calls
from zjobtui.zuora.proxy import InvalidRouteError, Route, find_route


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
@click.option("--offline", is_flag=True, help="Do not contact any host or read any secret.")
@click.option("--repair", is_flag=True, help="First repair a damaged store: copy the readable jobs to a new file.")
@click.option("--mend", "repair_as_before", is_flag=True, hidden=True)  # the name until 0.1.0
def doctor(*, as_json: bool, offline: bool, repair: bool, repair_as_before: bool) -> None:
    r"""Check settings, tenants, hosts, store and terminal.

    Prints what is wrong and what to do; exits with 1 if anything is wrong. Signs in to each tenant and makes one
    call. Only --repair changes anything.

    \b
    Examples:
    zjobtui doctor
    zjobtui doctor --offline --json
    """
    if repair or repair_as_before:
        _repair_store()
    checks = list(_run_checks(offline=offline))
    if as_json:
        _print_json(checks)
    else:
        print_checks(checks)
    sys.exit(SOME_REFUSED if is_wrong(checks) else OK)


def _repair_store() -> None:
    path = store_path()
    with report_errors():
        damage = check_store(path).damage
        report = recover(path, damage, read_stored_report, lambda: False) if damage else "The store is not damaged."
        print_error(report)


def _run_checks(*, offline: bool) -> Iterator[Check]:
    try:
        config_path(), store_path()
    except NoHomeError as error:
        yield Check("Files", "home", CheckStatus.WRONG, str(error), "set these variables, then run doctor again")
        yield from terminal_checks(os.environ)
        return
    configuration = load_configuration()
    yield from settings_checks(configuration, config_path(), os.environ)
    store = check_store(store_path())
    now = SystemClock().now()
    yield from check_tenants(configuration.tenants, store, now, offline=offline)
    yield from store_checks(store, now)
    yield from permission_checks((config_path(), store_path().parent, store_path()))
    yield log_check(log_path())
    settings = configuration.settings
    yield from terminal_checks(os.environ, settings.notify.osc if settings else "off")


def check_tenants(
    configured: Sequence[Configured], store: StoreHealth, now: float, *, offline: bool = False
) -> Iterator[Check]:
    """Check tenants, and their hosts unless `offline`; the calls are added to the count of the day."""
    checkups = [] if offline else check_up_all(configured)
    sent = {each.tenant.name: checkup.requests for each, checkup in zip(configured, checkups, strict=False)}
    if sent and not store.damage:
        record_calls(store.path, int(now // 86_400), sent)
    for number, tenant in enumerate(each.tenant for each in configured):
        yield from tenant_checks(tenant, os.environ)
        if checkups:
            yield from host_checks(tenant.name, checkups[number])
        yield budget_check(tenant, store.calls.get(tenant.name, 0) + sent.get(tenant.name, 0))


def is_wrong(checks: Iterable[Check]) -> bool:
    """Return whether a check has found something wrong."""
    return any(check.status is CheckStatus.WRONG for check in checks)


def _print_json(checks: Sequence[Check]) -> None:
    findings = [
        {
            "state": check.status.name.lower(),
            "about": clean(check.part),
            "check": clean(check.name),
            "text": clean(check.text),
            "advice": clean(check.advice),
        }
        for check in checks
    ]
    print_json({"schema": RECORD_SCHEMA, "ok": not is_wrong(checks), "findings": findings})


_TITLES = {
    "way": "network",
    "asking": "job call",
    "budget": "daily calls",
    "limits": "rate limits",
    "lease": "poller",
    "signs": "encoding",
    "copying": "clipboard",
}
"""Printed instead of the names of checks, which stay as they are in JSON."""


def print_checks(checks: Iterable[Check]) -> None:
    """Print checks as text, below the part that they belong to."""
    part = ""
    for check in checks:
        if check.part != part:
            part = check.part
            print(clean(part))
        title = _TITLES.get(check.name, check.name)
        print(f"  {check.status.value} {title:<12} {shorten(clean(check.text), 600)}")
        if check.advice:
            print(f"    {'':<12} → {clean(check.advice)}")


def settings_checks(configuration: Configuration, path: Path, environ: Mapping[str, str]) -> Iterator[Check]:
    """Check the settings file, and that a tenant is configured."""
    part = "Settings"
    named = " (set by ZJOBTUI_CONFIG)" if environ.get("ZJOBTUI_CONFIG") else ""
    absent = "" if os.path.exists(path) else ": not found (optional)"  # noqa: PTH110 - an invalid path is not an error here
    yield Check(part, "file", CheckStatus.FINE, f"{path}{named}{absent}")
    for problem in (*configuration.problems, *appearance_of(configuration)[1]):
        yield Check(part, "problem", CheckStatus.WRONG, problem.removeprefix(f"{path}: "), "correct this line")
    for notice in configuration.notices:
        yield Check(part, "renamed", CheckStatus.ATTENTION, notice.removeprefix(f"{path}: "), "rename it in the file")
    for remark in configuration.remarks:
        yield Check(part, "environment", CheckStatus.ATTENTION, remark, "correct the variable")
    if not configuration.tenants:
        advice = "start zjobtui on a terminal, or see: zjobtui tenants add --help"
        yield Check(part, "tenants", CheckStatus.WRONG, "no tenant is configured", advice)


def tenant_checks(tenant: Tenant, environ: Mapping[str, str]) -> Iterator[Check]:
    """Check the configuration of a tenant, and the proxy and certificates for its host, without contacting it."""
    part = f"Tenant {tenant.name}"
    yield Check(part, "host", CheckStatus.FINE, f"{tenant.base_url}, {tenant.kind.value}")
    plain = " (plain text in this environment)" if tenant.credentials_from.startswith("environment") else ""
    yield Check(part, "secret from", CheckStatus.FINE, tenant.credentials_from + plain)
    route, error = Route(), ""
    try:
        route = find_route(tenant.base_url, environ)
    except InvalidRouteError as fault:
        error = str(fault)
    if error:
        yield Check(part, "way", CheckStatus.WRONG, error, "correct the variable, or unset it")
    else:
        yield Check(part, "way", CheckStatus.FINE, ", ".join(route.phrases) or "no proxy, system CA certificates")
    for sentence in route.ignored:
        yield Check(part, "way", CheckStatus.ATTENTION, sentence, "correct the entry, or remove it")


def budget_check(tenant: Tenant, today: int) -> Check:
    """Check the calls of today, of all windows, against the daily budget."""
    limits = limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second)
    text = f"{today:,} of {limits.per_day:,.0f} calls today (UTC); at most {limits.per_second:.3g} a second"
    advice = "polling stops until midnight UTC; if Zuora grants more calls, set daily_calls for the tenant"
    return make_check(f"Tenant {tenant.name}", "budget", text, advice, is_fine=today < limits.per_day)


SKEW_LIMIT = 30.0
"""Seconds by which the clocks may differ before `doctor` reports it."""


def host_checks(name: str, checkup: Checkup) -> Iterator[Check]:
    """Check what the host of a tenant responded to a sign-in and a call."""
    part = f"Tenant {name}"
    if checkup.no_secret:
        yield Check(part, "secret", CheckStatus.WRONG, checkup.no_secret, "correct that, then run doctor again")
        return
    if (refused := checkup.sign_in_problem) is not None:
        yield Check(part, "sign-in", CheckStatus.WRONG, str(refused), remedy(refused))
    elif checkup.life is None:
        yield Check(part, "sign-in", CheckStatus.FINE, "a bearer token is set; it cannot be renewed")
    else:
        user = f", as {checkup.who}" if checkup.who else ""
        yield Check(part, "sign-in", CheckStatus.FINE, f"signed in{user}; token valid for {duration(checkup.life)}")
    if (missed := checkup.call_problem) is not None:
        yield Check(part, "asking", CheckStatus.WRONG, str(missed), remedy(missed))
    elif checkup.call is not None:
        took = f"the host responds in {duration(checkup.call.latency)}"
        yield Check(part, "asking", CheckStatus.FINE, f"{took} (it does not know a made-up job id, as expected)")
    if checkup.skew is not None:
        advice = "correct this machine's clock; ages and the daily call count depend on it"
        is_fine = abs(checkup.skew) <= SKEW_LIMIT
        yield make_check(part, "clock", skew_text(checkup.skew), advice, is_fine=is_fine)
    if checkup.call is not None and checkup.call.limits:
        yield _rate_limit_check(part, checkup.call)


def _rate_limit_check(part: str, call: Call) -> Check:
    limits = call.rate_limits
    granted = [allowance(calls, seconds) for seconds, calls in sorted(limits.windows.items())]
    left = (
        "" if limits.remaining is None else f"{limits.remaining:,} calls left, resets in {duration(limits.reset or 0)}"
    )
    text = "; ".join(words for words in (left, f"granted: {', '.join(granted)}" if granted else "") if words)
    advice = "other programs use this tenant, too; zjobtui reduces its rate automatically"
    return make_check(part, "limits", text or "not sent by the host", advice, is_fine=limits.remaining != 0)


REPAIR = (
    "close every window, then run: zjobtui doctor --repair (keeps the file and copies the readable jobs to a new one)"
)


def store_checks(facts: StoreHealth, now: float) -> Iterator[Check]:
    """Check the store; if there is none yet, whether one can be created."""
    part = "Store"
    size = f"{facts.size:,} bytes, {plural(facts.jobs, 'job')}, format {facts.version}"
    yield Check(part, "file", CheckStatus.FINE, f"{facts.path}: {size if facts.exists else 'not created yet'}")
    if facts.is_newer:
        text = "written by a newer zjobtui; opened read-only"
        yield Check(part, "content", CheckStatus.WRONG, text, "install that version")
    elif facts.damage:
        yield Check(part, "content", CheckStatus.WRONG, f"damaged ({facts.damage})", REPAIR)
    elif facts.trouble:
        yield Check(part, "content", CheckStatus.WRONG, facts.trouble, "remove the cause, then run doctor again")
    elif facts.exists:
        yield Check(part, "content", CheckStatus.FINE, "not damaged")
    if facts.ids_log_trouble:
        text = f"{facts.ids_log_trouble} No job can be added."
        yield Check(part, "ids.log", CheckStatus.WRONG, text, "remove the cause, then run doctor again")
    advice = "give your user write access to the folder, or set ZJOBTUI_DATA_DIR to another folder"
    text = f"not writable: {facts.write_trouble}" if facts.write_trouble else "writable"
    yield make_check(part, "writing", text, advice, is_fine=not facts.write_trouble, otherwise=CheckStatus.WRONG)
    if facts.is_locked:
        advice = "wait for the other program, or stop it"
        yield Check(part, "lock", CheckStatus.ATTENTION, "another program holds the lock of the file", advice)
    left = facts.lease_until - now
    text = f"a window is polling (its lease is valid for {left:.0f}s)" if left > 0 else "no window is polling"
    yield Check(part, "lease", CheckStatus.FINE, text)
    if facts.network:
        text = f"the folder is on a network file system ({facts.network})"
        advice = "locks may not work across machines; use one machine only, or set ZJOBTUI_DATA_DIR to a local folder"
        yield Check(part, "disk", CheckStatus.ATTENTION, text, advice)
    if facts.backup_at is not None:
        day = time.strftime("%Y-%m-%d %H:%M", time.gmtime(facts.backup_at))
        yield Check(part, "backup", CheckStatus.FINE, f"made {day} UTC, in the same folder")


def permission_checks(paths: Iterable[Path]) -> Iterator[Check]:
    """Warn of files and folders of the program that other users can write."""
    for path, command in writable_by_others(paths):
        text = f"other users can write {path}"
        yield Check("Files", "permissions", CheckStatus.ATTENTION, text, f"run: {command}")


def log_check(path: Path | None) -> Check:
    """Return where the log is written, or how to switch it on."""
    off = "off; to switch it on, start zjobtui with --log PATH or with ZJOBTUI_LOG=PATH in the environment"
    return Check("Log", "file", CheckStatus.FINE, off if path is None else f"{path}, readable only by you")


def terminal_checks(environ: Mapping[str, str], osc: str = "off") -> Iterator[Check]:
    """Check size, colours, encoding and clipboard of the terminal; `osc` is the setting for desktop notifications."""
    yield _size_check()
    yield _colour_check(environ)
    yield _encoding_check()
    yield _zone_check()
    if environ.get("TMUX"):
        yield from tmux_checks(environ, osc)
    else:
        yield clipboard_check(environ)


LEAST_SIZE = (80, 24)
"""Columns and rows in which everything is shown."""


def _size_check() -> Check:
    if not sys.stdout.isatty():
        return Check(TERMINAL, "size", CheckStatus.FINE, "the output is not a terminal")
    columns, rows = shutil.get_terminal_size()  # without COLUMNS and LINES if the terminal states its size
    is_fine = columns >= LEAST_SIZE[0] and rows >= LEAST_SIZE[1]
    advice = f"use at least {LEAST_SIZE[0]}x{LEAST_SIZE[1]} to see everything"
    return make_check(TERMINAL, "size", f"{columns}x{rows}", advice, is_fine=is_fine)


def _colour_check(environ: Mapping[str, str]) -> Check:
    term = environ.get("TERM", "")
    if not has_cursor(environ):
        advice = "export TERM=xterm-256color, or the type of your terminal"
        return Check(TERMINAL, "colours", CheckStatus.WRONG, f"TERM is “{term}”: the monitor cannot be drawn", advice)
    if environ.get("NO_COLOR"):
        return Check(TERMINAL, "colours", CheckStatus.FINE, f"none, because NO_COLOR is set; TERM={term}")
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or term.endswith("-direct"):
        return Check(TERMINAL, "colours", CheckStatus.FINE, f"16 million; TERM={term}")
    number = "256" if "256" in term else "16"
    advice = "if the terminal supports 24-bit colours: export COLORTERM=truecolor (ssh does not forward it by default)"
    return Check(TERMINAL, "colours", CheckStatus.FINE, f"{number}; TERM={term}", advice)


def _zone_check() -> Check:
    zone = unknown_zone()
    text = f"TZ is “{zone}”, which is not a known time zone: times are in UTC" if zone else time.strftime("%Z")
    advice = "set TZ to a zone such as Europe/Berlin, or install the time zones (tzdata)"
    return make_check(TERMINAL, "time zone", text, advice, is_fine=not zone)


def _encoding_check() -> Check:
    is_fine = is_utf8(sys.stdout)
    encoding = "UTF-8: ✓ ✗ ◌ ● take one cell, wide characters such as 漢字 two"
    text = encoding if is_fine else f"the locale is not UTF-8 ({sys.stdout.encoding}): symbols are drawn in ASCII"
    return make_check(TERMINAL, "signs", text, "if the terminal shows UTF-8: export LC_ALL=C.UTF-8", is_fine=is_fine)
