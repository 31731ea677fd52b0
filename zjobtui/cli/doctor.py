"""`doctor`: check settings, tenants, hosts, store and terminal, and say what to do."""

import json
import locale
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import click

from zjobtui.bootstrap.engine import read_report
from zjobtui.bootstrap.health import check_up_all
from zjobtui.bootstrap.monitor import appearance_of
from zjobtui.bootstrap.output import OK, SOME_REFUSED, print_error
from zjobtui.cli.common import found_configuration
from zjobtui.cli.errors import report_errors
from zjobtui.clock import SystemClock
from zjobtui.config.paths import config_path, store_path
from zjobtui.formatting.health import remedy, skew_text
from zjobtui.formatting.symbols import plural
from zjobtui.formatting.times import duration
from zjobtui.logs import log_path
from zjobtui.models.health import Checkup
from zjobtui.models.observation import Call
from zjobtui.models.tenant import Tenant
from zjobtui.models.text import clean, shorten
from zjobtui.polling.rate_limiter import limits_for
from zjobtui.storage.health import StoreHealth, check_store, writable_by_others
from zjobtui.storage.recovery import recover
from zjobtui.storage.shared_tables import record_calls
from zjobtui.zuora.proxy import InvalidProxyError, Route, find_route

SCHEMA = 1
"""The version of the JSON's form; it grows when a field changes its meaning or goes."""


class CheckStatus(Enum):
    """How something stands; the sign goes before it."""

    FINE = "✓"
    ATTENTION = "!"
    WRONG = "✗"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `about` names the part it belongs to, `advice` what to do where something is to be done."""

    about: str
    check: str
    state: CheckStatus
    text: str
    advice: str = ""


def judged(
    about: str, check: str, text: str, advice: str, *, is_fine: bool, otherwise: CheckStatus = CheckStatus.ATTENTION
) -> Check:
    """A finding that is fine, or else comes with advice."""
    return Check(about, check, CheckStatus.FINE if is_fine else otherwise, text, "" if is_fine else advice)


def report(findings: Sequence[Check], *, as_json: bool) -> int:
    """Prints findings, each as it comes, and gives the exit status: 1 where something is wrong."""
    is_wrong = any(one.state is CheckStatus.WRONG for one in findings)
    if as_json:
        print(json.dumps({"schema": SCHEMA, "ok": not is_wrong, "findings": list(map(_record, findings))}))
    else:
        print("\n".join(_lines(findings)))
    return SOME_REFUSED if is_wrong else OK


def _record(one: Check) -> dict[str, str]:
    texts = {"about": one.about, "check": one.check, "text": one.text, "advice": one.advice}
    return {"state": one.state.name.lower(), **{name: clean(text) for name, text in texts.items()}}


def _lines(findings: Iterable[Check]) -> Iterator[str]:
    about = ""
    for one in findings:
        if one.about != about:
            about = one.about
            yield clean(about)
        yield f"  {one.state.value} {one.check:<12} {shorten(clean(one.text), 600)}"
        if one.advice:
            yield f"    {'':<12} → {clean(one.advice)}"


ABOUT = "Terminal"
LEAST = (80, 24)
TMUX_LIMIT = 2.0
"""Seconds that tmux may take to answer."""

_OSC52 = {
    "kitty": "yes, after asking",
    "ghostty": "yes",
    "wezterm": "yes",
    "foot": "yes",
    "alacritty": "yes",
    "iterm.app": "where its settings allow programs to use the clipboard",
    "apple_terminal": "",
    "vscode": "yes",
    "vte": "",
}
"""Terminals that name themselves, and whether they take what a program copies (OSC 52); empty is no."""


def terminal_findings(environ: Mapping[str, str]) -> Iterator[Check]:
    """What stands in the way of a good screen."""
    yield _size()
    yield _colours(environ)
    yield _encoding()
    yield from _clipboard(environ)
    if environ.get("TMUX"):
        yield from _tmux()


def _size() -> Check:
    if not sys.stdout.isatty():
        return Check(ABOUT, "size", CheckStatus.FINE, "this output is no terminal")
    columns, rows = shutil.get_terminal_size()
    is_large = columns >= LEAST[0] and rows >= LEAST[1]
    advice = f"{LEAST[0]}x{LEAST[1]} and more shows everything"
    return judged(ABOUT, "size", f"{columns}x{rows}", advice, is_fine=is_large)


def _colours(environ: Mapping[str, str]) -> Check:
    term = environ.get("TERM", "")
    if term in {"", "dumb", "unknown"}:
        advice = "export TERM=xterm-256color, or what your terminal is"
        return Check(ABOUT, "colours", CheckStatus.WRONG, f"TERM is “{term}”, on which no screen can be drawn", advice)
    if environ.get("NO_COLOR"):
        return Check(ABOUT, "colours", CheckStatus.FINE, f"none, as NO_COLOR wants; TERM={term}")
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or term.endswith("-direct"):
        return Check(ABOUT, "colours", CheckStatus.FINE, f"16 million; TERM={term}")
    number = "256" if "256" in term else "16"
    advice = "where the terminal has more: export COLORTERM=truecolor (ssh does not pass it on by itself)"
    return Check(ABOUT, "colours", CheckStatus.FINE, f"{number}; TERM={term}", advice)


def _encoding() -> Check:
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if encoding.replace("-", "").lower() == "utf8":
        return Check(
            ABOUT, "signs", CheckStatus.FINE, "UTF-8: ✓ ✗ ◌ ● and wide characters such as 漢字 take 1 and 2 cells"
        )
    return Check(ABOUT, "signs", CheckStatus.ATTENTION, f"the locale says {encoding}", "export LC_ALL=C.UTF-8")


def _clipboard(environ: Mapping[str, str]) -> Iterator[Check]:
    if environ.get("STY") or (environ.get("TERM", "").startswith("screen") and not environ.get("TMUX")):
        yield Check(
            ABOUT, "copying", CheckStatus.ATTENTION, "screen passes no copied text on", "write a file with e instead"
        )
        return
    hints = [environ.get("TERM_PROGRAM", ""), environ.get("TERM", ""), "vte" if environ.get("VTE_VERSION") else ""]
    name = next((one for one in _OSC52 for hint in hints if one in hint.lower()), "")
    if not name:
        yield Check(
            ABOUT, "copying", CheckStatus.FINE, "goes to the terminal as OSC 52; whether it takes that is unknown"
        )
    elif _OSC52[name]:
        yield Check(ABOUT, "copying", CheckStatus.FINE, f"{name} takes copied text: {_OSC52[name]}")
    else:
        advice = "write a file with e instead, or select with shift and the mouse"
        yield Check(ABOUT, "copying", CheckStatus.ATTENTION, f"{name} takes no copied text from programs", advice)


def _tmux() -> Iterator[Check]:
    """The settings of tmux that decide whether copied text gets through; where it does not answer, nothing is said."""
    settings = {name: _tmux_setting(name) for name in ("set-clipboard", "allow-passthrough")}
    told = ", ".join(f"{name} {text}" for name, text in settings.items() if text)
    if told:
        is_open = settings["set-clipboard"] != "off"
        yield judged(ABOUT, "tmux", told, "in tmux: set -g set-clipboard on", is_fine=is_open)


def _tmux_setting(name: str) -> str:
    """A setting as tmux has it; a newer tmux keeps one with the window rather than with the server."""
    environ = {one: os.environ[one] for one in ("PATH", "HOME", "TMUX", "TMUX_TMPDIR") if one in os.environ}
    for options in ("-sv", "-gv", "-gwv"):
        try:
            said = subprocess.run(  # noqa: S603 - fixed words
                ["tmux", "show-options", options, name],  # noqa: S607 - as the user's path has it
                env=environ,
                capture_output=True,
                text=True,
                timeout=TMUX_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        if said.returncode == 0 and said.stdout.strip():
            return said.stdout.strip()
    return ""


MEND = "close every window, then run: zjobtui doctor --mend (the file is kept, and what is readable is taken over)"

SKEW_LIMIT = 30.0
"""Seconds by which the clocks may differ before it is worth a word."""


def tenant_findings(tenant: Tenant, route: Route, fault: str = "") -> Iterator[Check]:
    """What is configured of a tenant; `fault` says why there is no way to its host."""
    about = f"Tenant {tenant.name}"
    yield Check(about, "host", CheckStatus.FINE, f"{tenant.base_url}, {tenant.kind.value}")
    plain = " (plain text in this environment)" if tenant.credentials_from.startswith("environment") else ""
    yield Check(about, "secret from", CheckStatus.FINE, tenant.credentials_from + plain)
    missing = [os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if _is_lost(os.environ.get(name, ""))]
    if fault:
        yield Check(about, "way", CheckStatus.WRONG, fault, "correct the variable, or unset it")
    elif missing:
        advice = "unset the variable, or name what holds the certificates"
        yield Check(about, "way", CheckStatus.WRONG, f"there are no certificates at {missing[0]}", advice)
    else:
        yield Check(about, "way", CheckStatus.FINE, ", ".join(route.phrases) or "direct, certificates of the system")
    for sentence in route.ignored:
        yield Check(about, "way", CheckStatus.ATTENTION, sentence, "correct the entry, or remove it")


def _is_lost(path: str) -> bool:
    return bool(path) and not os.path.exists(path)  # noqa: PTH110 - an odd text is no path, and no fault either


def budget_findings(tenant: Tenant, today: int) -> Iterator[Check]:
    """The calls of the day, of all windows, against what they are held to."""
    limits = limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second)
    told = f"{today:,} calls counted today (UTC), {limits.per_day:,.0f} at most; {limits.per_second:g} a second"
    advice = "polling waits; set daily_calls for the tenant where more are granted"
    yield judged(f"Tenant {tenant.name}", "budget", told, advice, is_fine=today < limits.per_day)


def checkup_findings(name: str, checkup: Checkup) -> Iterator[Check]:
    """What the host said."""
    about = f"Tenant {name}"
    if checkup.no_secret:
        yield Check(about, "secret", CheckStatus.WRONG, checkup.no_secret, "mend that, then run this again")
        return
    if (refused := checkup.sign_in_problem) is not None:
        yield Check(about, "sign-in", CheckStatus.WRONG, str(refused), remedy(refused))
    elif checkup.life is None:
        yield Check(about, "sign-in", CheckStatus.FINE, "a bearer token is given; it cannot be renewed")
    else:
        who = f", for {checkup.who}" if checkup.who else ""
        yield Check(about, "sign-in", CheckStatus.FINE, f"signed in for {duration(checkup.life)}{who}")
    if (missed := checkup.call_problem) is not None:
        yield Check(about, "asking", CheckStatus.WRONG, str(missed), remedy(missed))
    elif checkup.call is not None:
        took = f"the host answers about jobs, in {duration(checkup.call.latency)}"
        yield Check(about, "asking", CheckStatus.FINE, f"{took} (it does not know the made-up one, as it should)")
    if checkup.skew is not None:
        advice = "set this machine's clock; ages and the day's count depend on it"
        yield judged(about, "clock", skew_text(checkup.skew), advice, is_fine=abs(checkup.skew) <= SKEW_LIMIT)
    if checkup.call is not None and checkup.call.limits:
        yield _limits(about, checkup.call)


def _limits(about: str, call: Call) -> Check:
    limits = call.rate_limits
    granted = [f"{calls:,} in {duration(seconds)}" for seconds, calls in sorted(limits.windows.items())]
    left = "" if limits.remaining is None else f"{limits.remaining:,} calls left until {limits.reset or 0}s from now"
    told = "; ".join(part for part in (left, f"granted: {', '.join(granted)}" if granted else "") if part)
    advice = "others use this tenant, too; zjobtui asks less often by itself"
    return judged(about, "limits", told or "not told by the host", advice, is_fine=limits.remaining != 0)


def store_findings(facts: StoreHealth, now: float) -> Iterator[Check]:
    """How the file stands; where there is none yet, whether there could be one."""
    about = "Store"
    size = f"{facts.size:,} bytes, {plural(facts.jobs, 'job')}, format {facts.version}"
    yield Check(about, "file", CheckStatus.FINE, f"{facts.path}: {size if facts.exists else 'not yet made'}")
    if facts.is_newer:
        told = "it was made by a newer zjobtui; it is only read"
        yield Check(about, "content", CheckStatus.WRONG, told, "install that version")
    elif facts.damage:
        yield Check(about, "content", CheckStatus.WRONG, f"it is damaged ({facts.damage})", MEND)
    elif facts.trouble:
        yield Check(about, "content", CheckStatus.WRONG, facts.trouble, "remove the cause, then run this again")
    elif facts.exists:
        yield Check(about, "content", CheckStatus.FINE, "sound")
    if facts.ids_log_trouble:
        what = f"{facts.ids_log_trouble} No job can be added."
        yield Check(about, "ids.log", CheckStatus.WRONG, what, "remove the cause, then run this again")
    advice = "make the folder yours and writable, or name another in ZJOBTUI_DATA_DIR"
    told = "may be written" if facts.is_writable else "may not be written"
    yield judged(about, "writing", told, advice, is_fine=facts.is_writable, otherwise=CheckStatus.WRONG)
    if facts.is_locked:
        wait = "wait for the other program, or end it"
        yield Check(about, "lock", CheckStatus.ATTENTION, "another program holds the file's lock", wait)
    polls = f"a window polls, its lease runs {facts.lease_until - now:.0f}s more" if facts.lease_until > now else ""
    yield Check(about, "lease", CheckStatus.FINE, polls or "no window polls")
    if facts.network:
        told = f"the folder is on a network file system ({facts.network})"
        advice = "locks may not hold there between machines; keep to one machine, or name a local ZJOBTUI_DATA_DIR"
        yield Check(about, "disk", CheckStatus.ATTENTION, told, advice)
    if facts.backup_at is not None:
        day = time.strftime("%Y-%m-%d %H:%M", time.gmtime(facts.backup_at))
        yield Check(about, "backup", CheckStatus.FINE, f"of {day} UTC, beside the file")


def log_findings(path: Path | None) -> Iterator[Check]:
    """Where the log is, or how it is switched on."""
    off = "off; to switch it on, start zjobtui with --log PATH or with ZJOBTUI_LOG=PATH in the environment"
    yield Check("Log", "file", CheckStatus.FINE, off if path is None else f"{path}, readable by you alone")


def permission_findings(paths: Iterable[Path]) -> Iterator[Check]:
    """A warning for every file and folder of ours that others may write."""
    for path, remedy_command in writable_by_others(paths):
        yield Check("Files", "permissions", CheckStatus.ATTENTION, f"others may write {path}", f"run: {remedy_command}")


def config_findings(
    path: str, problems: tuple[str, ...], notices: tuple[str, ...], environ: Mapping[str, str], count: int
) -> Iterator[Check]:
    """What is wrong with the settings, and whether any tenant is configured."""
    named = " (named by ZJOBTUI_CONFIG)" if environ.get("ZJOBTUI_CONFIG") else ""
    there = "" if os.path.exists(path) else ", which is not there; it need not be"  # noqa: PTH110 - as above
    yield Check("Settings", "file", CheckStatus.FINE, f"{path}{named}{there}")
    for problem in problems:
        yield Check("Settings", "problem", CheckStatus.WRONG, problem.removeprefix(f"{path}: "), "mend the line")
    for notice in notices:
        yield Check(
            "Settings", "renamed", CheckStatus.ATTENTION, notice.removeprefix(f"{path}: "), "rename it in the file"
        )
    if not count:
        advice = "start zjobtui on a terminal, or see: zjobtui tenants add --help"
        yield Check("Settings", "tenants", CheckStatus.WRONG, "no tenant is configured", advice)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
@click.option("--offline", is_flag=True, help="Ask no host and fetch no secret.")
@click.option(
    "--mend", is_flag=True, help="Where the store is damaged, take what is readable over into a new one first."
)
def doctor(*, as_json: bool, offline: bool, mend: bool) -> None:
    r"""Look at settings, tenants, hosts, store and terminal, and say what to do.

    Exits with 1 where something is wrong. Each tenant is sent one sign-in and one call; only --mend
    changes anything.

    \b
    Examples:
    zjobtui doctor
    zjobtui doctor --offline --json
    """
    if mend:
        _mend()
    sys.exit(report(list(_findings(offline=offline)), as_json=as_json))


def _mend() -> None:
    path = store_path()
    with report_errors():
        fault = check_store(path).damage
        told = recover(path, fault, read_report, lambda: False) if fault else "There is no damage in the store."
        print_error(told)


def _findings(*, offline: bool) -> Iterator[Check]:
    found = found_configuration()
    problems = (*found.problems, *appearance_of(found)[1])
    yield from config_findings(str(config_path()), problems, found.notices, os.environ, len(found.tenants))
    store = check_store(store_path())
    checkups = [] if offline else check_up_all(found.tenants)
    sent = {one.tenant.name: checkup.requests for one, checkup in zip(found.tenants, checkups, strict=False)}
    now = SystemClock().now()
    if sent and not store.damage:
        record_calls(store.path, int(now // 86_400), sent)
    for number, one in enumerate(found.tenants):
        tenant = one.tenant
        try:
            yield from tenant_findings(tenant, find_route(tenant.base_url, os.environ))
        except InvalidProxyError as fault:
            yield from tenant_findings(tenant, Route(), str(fault))
        if checkups:
            yield from checkup_findings(tenant.name, checkups[number])
        yield from budget_findings(tenant, store.calls.get(tenant.name, 0) + sent.get(tenant.name, 0))
    yield from store_findings(store, now)
    yield from permission_findings((config_path(), store_path().parent, store_path()))
    yield from log_findings(log_path())
    yield from terminal_findings(os.environ)
