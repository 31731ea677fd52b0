"""Puts parts together: the tenants that are configured, each with what makes its client, and the monitor over them."""

import gc
import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from zjobtui.clock import Clock, SystemClock
from zjobtui.config.tenants import InvalidTenantError, configured_tenant, environment_tenant
from zjobtui.domain.archiving import ARCHIVE_AFTER
from zjobtui.domain.job import Job, JobId
from zjobtui.domain.tenant import ClientCredentials, Credentials, Tenant
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.saying import complain
from zjobtui.logs import add_mask, get_logger
from zjobtui.logs import stop as stop_log
from zjobtui.polling.ports import JobSource, SourceError
from zjobtui.wording.unsaved import unsaved_text
from zjobtui.zuora.proxy import InvalidProxyError, find_route

if TYPE_CHECKING:
    from zjobtui.config.settings import Settings, TenantSettings
    from zjobtui.domain.checkup import Checkup
    from zjobtui.domain.report import Report
    from zjobtui.polling.engine import Engine
    from zjobtui.storage.store import Store
    from zjobtui.ui.look import Look
    from zjobtui.ui.teller import Ways

log = get_logger(__name__)

BACK_UP_AFTER = 5.0
"""Seconds after the start at which the store is copied, where that is due."""

BACK_UP_LIMIT = 0.5
"""Seconds that the end of the program waits for a copy under way; an unfinished one is never put in place."""


@dataclass(frozen=True, slots=True)
class Configured:
    """A tenant, and what gives its credentials; that may block, and raises `SourceError` with what a person can do."""

    tenant: Tenant
    credentials: Callable[[], Credentials]


@dataclass(frozen=True, slots=True)
class Configuration:
    """All tenants, the environment's first, and a sentence for everything in the file that is not used.

    `notices` are about what is used under a former name; `settings` are those of the file at `path`, if there is one.
    """

    tenants: tuple[Configured, ...] = ()
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    settings: "Settings | None" = None
    path: Path | None = None

    @property
    def archive_after(self) -> float:
        """Seconds after which what has ended and was looked at leaves the list."""
        return self.settings.list.archive_after if self.settings else ARCHIVE_AFTER


def configuration(environ: Mapping[str, str], path: Path) -> Configuration:
    """The tenants of the environment and of the settings at `path`; a fault in one hides nothing of the other."""
    filed = file_configuration(environ, path)
    try:
        found = environment_tenant(environ)
    except InvalidTenantError as fault:
        return replace(filed, problems=(str(fault), *filed.problems))
    if found is None:
        return filed
    tenant, credentials = found
    name = "ZUORA_CLIENT_SECRET" if isinstance(credentials, ClientCredentials) else "ZUORA_BEARER_TOKEN"
    own = Configured(replace(tenant, credentials_from=f"environment variable {name}"), lambda: credentials)
    return replace(filed, tenants=(own, *filed.tenants))


def file_configuration(environ: Mapping[str, str], path: Path) -> Configuration:
    """What the settings at `path` say alone."""
    with suppress(OSError):  # a folder that may not be looked into: the reading tells why
        if not environ.get("ZJOBTUI_CONFIG") and not path.exists():
            return Configuration()
    from zjobtui.config.loading import read_settings  # noqa: PLC0415 - 20 ms, only if there is such a file
    from zjobtui.config.secrets import described  # noqa: PLC0415 - as above

    settings, problems = read_settings(path, must_exist=bool(environ.get("ZJOBTUI_CONFIG")))
    told = [f"{path}: {problem}" for problem in problems if not problem.is_used]
    notices = tuple(f"{path}: {problem}" for problem in problems if problem.is_used)
    own: list[Configured] = []
    for given in settings.tenants:
        try:
            credentials = partial(_credentials, given, settings, environ)
            own.append(
                Configured(replace(_tenant(given), credentials_from=described(given.secret_source)), credentials)
            )
        except InvalidTenantError as fault:
            told.append(f"{path}: {settings.problem_with(('tenants', given.name), str(fault))}")
    return Configuration(tuple(own), tuple(told), notices, settings, path)


def look_of(configuration: Configuration) -> tuple["Look", tuple[str, ...]]:
    """How the screen shall look, and a sentence for every choice that cannot be."""
    from zjobtui.ui.app import taken_by_monitor  # noqa: PLC0415 - commands that print need none of it
    from zjobtui.ui.keymap import chosen_keys  # noqa: PLC0415 - as above
    from zjobtui.ui.look import Look  # noqa: PLC0415 - as above
    from zjobtui.ui.themes import chosen_theme  # noqa: PLC0415 - as above

    settings = configuration.settings
    if settings is None:
        return Look(), ()
    screen = settings.screen
    theme, fault = chosen_theme(screen.theme)
    keys, faults = chosen_keys(settings.keys, taken_by_monitor()) if settings.keys else ({}, [])
    told = [(("keys", action), why) for action, why in faults]
    told += [(("screen", "theme"), fault)] if fault else []
    look = Look(theme=theme, is_ascii=screen.ascii, is_utc=screen.utc, keys=keys)
    told.sort(key=lambda one: settings.lines.of(one[0]))
    said = (f"{configuration.path}: {settings.problem_with(key, why)}" for key, why in told)
    return look, tuple(one if one.endswith("?") else f"{one}." for one in said)


def run_monitor(
    configured: Sequence[Configured],
    path: Path,
    *,
    configuration: Configuration,
    demo: Sequence[JobId] = (),
    is_all: bool = True,
) -> int:
    """The screen over an engine over the store; what could not be saved is named when the screen is gone.

    Where these are not all tenants, the jobs of the others stay in the store.
    """
    gc.disable()  # a tenth of the start is spent on collecting what is not garbage; the screen turns it on again
    from zjobtui.storage.screen_memory import NAME, ScreenMemory  # noqa: PLC0415 - commands that print need none of it
    from zjobtui.storage.store import open_store  # noqa: PLC0415 - as above
    from zjobtui.ui.app import MonitorApp  # noqa: PLC0415 - as above

    clock = SystemClock()
    store, watchlist = open_store(path, read_report)
    log.info("store %s opened, %d jobs", path, len(watchlist))
    look, faults = look_of(configuration)
    said = (store.notice, *configuration.problems, *configuration.notices, *faults, *_routes(configured))
    notice = " ".join(part for part in said if part)
    if notice:
        complain(notice)
    tenants = [one.tenant for one in configured]
    only = None if is_all else {tenant.name for tenant in tenants}
    limit = configuration.settings.polling.staleness_limit if configuration.settings else None
    after = configuration.archive_after
    first = [Watch(job=Job(tenants[0].name, one), added_at=clock.now(), added_by="demo") for one in demo]
    with (
        _copied_later(path),
        store,
        polling(configured, store, watchlist, clock, archive_after=after, staleness_limit=limit, only=only) as engine,
    ):
        app = MonitorApp(
            engine,
            store,
            tenants,
            clock,
            notice=notice,
            first=first,
            look=look,
            ways=_ways(configuration.settings),
            memory=ScreenMemory(path.with_name(NAME)),
            exports=configuration.settings.files.exports if configuration.settings else None,
        )
        return app.run_in_terminal(partial(_last_words, engine))


def _stop(engine: "Engine") -> str:
    """Stop the engine; return what must be said of edits that could not be saved."""
    engine.stop()
    return unsaved_text(engine.state.unsaved, engine.unsaved())


def _last_words(engine: "Engine") -> str:
    """As `_stop`, before a process is ended whose terminal is lost or not read."""
    if text := _stop(engine):
        log.warning("unsaved at the end: %s", text)
    texts = (text, stop_log("the terminal is lost, or the screen did not end in time after a signal"))
    return "\n".join(text for text in texts if text)


@contextmanager
def polling(
    configured: Sequence[Configured],
    store: "Store",
    watchlist: Watchlist,
    clock: Clock,
    *,
    archive_after: float = inf,
    staleness_limit: float | None = None,
    only: Container[str] | None = None,
) -> "Iterator[Engine]":
    """The engine over the store, not started; stopped afterwards, and what could not be saved is then named."""
    from zjobtui.polling.engine import Engine  # noqa: PLC0415 - commands that print need none of it
    from zjobtui.storage.database import BRIEF_LIMIT  # noqa: PLC0415 - as above

    store.limit_lock_wait(BRIEF_LIMIT)
    _log_tenants(configured)
    sources = [(one.tenant, partial(_source, one, clock)) for one in configured]
    engine = Engine(
        watchlist, store, sources, clock, archive_after=archive_after, staleness_limit=staleness_limit, only=only
    )
    try:
        yield engine
    finally:
        if text := _stop(engine):
            complain(text)


@contextmanager
def _copied_later(path: Path) -> Iterator[None]:
    """Makes the daily copy of the store, once the start has had its time."""
    from threading import Timer  # noqa: PLC0415 - as above

    from zjobtui.storage.backup import back_up  # noqa: PLC0415 - as above

    timer = Timer(BACK_UP_AFTER, back_up, [path])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join(BACK_UP_LIMIT)


def check_up_all(configured: Sequence[Configured]) -> "list[Checkup]":
    """Signs in to tenants, all at once, and asks each about a job that nobody has."""
    import asyncio  # noqa: PLC0415 - commands that print need none of it

    from zjobtui.domain.checkup import Checkup  # noqa: PLC0415 - as above
    from zjobtui.domain.problem import Problem, ProblemKind  # noqa: PLC0415 - as above
    from zjobtui.zuora.health_check import check_health  # noqa: PLC0415 - as above

    async def one_by_one(one: Configured) -> Checkup:
        try:
            credentials = await asyncio.to_thread(one.credentials)
        except SourceError as fault:
            return Checkup(no_secret=str(fault))
        try:
            route = find_route(one.tenant.base_url, os.environ)
        except InvalidProxyError as fault:
            return Checkup(refused=Problem(ProblemKind.UNREACHABLE, str(fault)))
        return await check_health(one.tenant, credentials, SystemClock(), route)

    async def all_of_them() -> list[Checkup]:
        return await asyncio.gather(*map(one_by_one, configured))

    return asyncio.run(all_of_them())


def read_report(raw: str) -> "Report | None":
    """The report that a kept body holds, by the one reader there is."""
    from zjobtui.zuora.parser import read_report as read  # noqa: PLC0415 - the first screen shows no report

    return read(raw)


def _ways(settings: "Settings | None") -> "Ways | None":
    """How a person is told of what happens; None for what is usual."""
    if settings is None:
        return None
    from zjobtui.config.programs import NotifyCommand  # noqa: PLC0415 - as above
    from zjobtui.ui.teller import Ways  # noqa: PLC0415 - as above

    given = settings.notify
    program = NotifyCommand(given.command, os.environ, settings.secret_variables) if given.command else None
    return Ways(
        on=frozenset(given.on),
        has_bell=settings.screen.bell,
        osc=given.osc,
        has_toast=given.toast,
        program=program,
    )


def _routes(configured: Sequence[Configured]) -> list[str]:
    """A sentence for each tenant whose calls take another way than straight, with the system's certificates."""
    told = []
    for tenant in (one.tenant for one in configured):
        try:
            if phrases := find_route(tenant.base_url, os.environ).phrases:
                told.append(f"{tenant.title} is asked {', '.join(phrases)}.")
        except InvalidProxyError as fault:
            told.append(f"{tenant.title} cannot be asked: {fault}.")
    return [*told, *ignored_exemptions(configured)]


def ignored_exemptions(configured: Sequence[Configured]) -> list[str]:
    """Return a sentence for each entry of NO_PROXY that is not valid, if a proxy is set."""
    sentences: dict[str, None] = {}
    for tenant in (one.tenant for one in configured):
        with suppress(InvalidProxyError):  # the tenant then shows that
            sentences.update(dict.fromkeys(find_route(tenant.base_url, os.environ).ignored))
    return [f"{sentence}." for sentence in sentences]


def _log_tenants(configured: Sequence[Configured]) -> None:
    for one in configured if log.is_on else ():
        tenant = one.tenant
        host = urlsplit(tenant.base_url).netloc.rpartition("@")[2]
        log.info(
            "tenant %s: host %s, %s, secret from %s", tenant.name, host, tenant.kind.value, tenant.credentials_from
        )
    for text in _routes(configured) if log.is_on else ():
        log.info("%s", text)


def _conceal(secret: str) -> None:
    """Mask a secret in the log before any client knows it."""
    if log.is_on:
        from zjobtui.zuora.mask import Mask  # noqa: PLC0415 - only while the log is on

        mask = Mask()
        mask.add(secret)
        add_mask(mask.mask_text)


def _source(one: Configured, clock: Clock) -> JobSource:
    from zjobtui.zuora.api import ZuoraApi  # noqa: PLC0415 - the network stack comes after the first screen
    from zjobtui.zuora.transport import Transport  # noqa: PLC0415 - as above

    base_url = one.tenant.base_url
    try:
        return ZuoraApi(
            one.tenant, one.credentials(), clock, Transport(base_url, clock, find_route(base_url, os.environ))
        )
    except InvalidProxyError as fault:
        raise SourceError(str(fault)) from None


def _tenant(given: "TenantSettings") -> Tenant:
    return configured_tenant(
        given.name,
        host=given.host,
        url=given.url,
        kind=given.kind,
        colour=given.colour,
        daily_calls=given.daily_calls,
        calls_per_second=given.calls_per_second,
        version=given.version,
        org_ids=given.org_ids,
        entity_ids=given.entity_ids,
    )


def _credentials(given: "TenantSettings", settings: "Settings", environ: Mapping[str, str]) -> Credentials:
    from zjobtui.config.secrets import SecretError, read_credentials  # noqa: PLC0415 - as in `configuration`

    try:
        withheld = settings.secret_variables
        credentials = read_credentials(given.client_id, given.secret_source, environ, withheld=withheld)
    except SecretError as fault:
        raise SourceError(str(fault)) from None
    _conceal(credentials.client_secret.reveal())
    return credentials
