"""Put the engine together: the store and the API clients of the tenants."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from urllib.parse import urlsplit

from zjobtui.bootstrap.configuration import Configuration, Configured
from zjobtui.bootstrap.output import print_error
from zjobtui.clock import Clock
from zjobtui.daemon_thread import run_on_daemon_thread
from zjobtui.formatting.symbols import plural
from zjobtui.logs import get_logger
from zjobtui.logs import stop as stop_log
from zjobtui.models.call_log import CallLog
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import Credentials
from zjobtui.models.text import clean
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.edits import Unsaved
from zjobtui.polling.engine import Engine
from zjobtui.polling.options import EngineOptions
from zjobtui.polling.protocols import JobSource, MakeSource, SourceError
from zjobtui.signals import ignore_signals
from zjobtui.storage.database import BRIEF_LIMIT
from zjobtui.storage.store import Store
from zjobtui.zuora.proxy import InvalidRouteError, find_route

log = get_logger(__name__)


def options_of(configuration: Configuration) -> EngineOptions:
    """Return what the settings say about polling, for the monitor and for commands that poll."""
    settings = configuration.settings
    return EngineOptions(staleness_limit=settings.polling.staleness_limit if settings else None)


@contextmanager
def polling(
    configured: Sequence[Configured],
    store: Store,
    watchlist: Watchlist,
    clock: Clock,
    options: EngineOptions,
    *,
    calls: CallLog | None = None,
) -> Iterator[Engine]:
    """Yield the engine, not started; stop it after the block, and print what could not be saved."""
    store.limit_lock_wait(BRIEF_LIMIT)
    _log_tenants(configured)
    calls = calls or CallLog()
    sources = [(each.tenant, source_maker(clock, calls)(each)) for each in configured]
    engine = Engine(watchlist, store, sources, clock, options, calls=calls)
    try:
        yield engine
    finally:
        with ignore_signals():
            if text := stop_engine(engine):
                print_error(text)


def stop_engine(engine: Engine) -> str:
    """Stop the engine; return a text about edits that could not be saved, or ""."""
    engine.stop()
    return _unsaved_text(engine.state.unsaved, engine.unsaved())


def _unsaved_text(why: str, unsaved: Unsaved) -> str:
    """Return the text, with one line for each job; empty if everything was saved. `why` is the reason as a sentence."""
    if not why and unsaved == Unsaved():
        return ""
    lines = [f"Some changes were not saved. {why}".rstrip()]
    lines += _rows("Not in the stored watchlist ({}); add them again with: zjobtui add ID…", unsaved.added)
    lines += _rows("Unsaved changes ({}):", unsaved.changed)
    lines += _rows("Removed or archived, but still in the stored watchlist ({}):", unsaved.removed)
    return "\n".join(lines)


def _rows(heading: str, watches: Sequence[WatchedJob]) -> Iterator[str]:
    """Yield a heading with the number of jobs in place of `{}`, and a line for each; nothing if there are none."""
    if watches:
        yield heading.format(plural(len(watches), "job"))
    for watch in watches:
        yield "  ".join(part for part in (f"  {watch.job.id.given}", watch.job.tenant, clean(watch.label)) if part)


def stop_on_forced_exit(engine: Engine) -> str:
    """Stop engine and log before a process is ended whose terminal is lost or not read; return what to print."""
    if text := stop_engine(engine):
        log.warning("unsaved at the end: %s", text)
    texts = (text, stop_log("the terminal was lost, or the program did not end in time"))
    return "\n".join(text for text in texts if text)


def routes(configured: Sequence[Configured]) -> list[str]:
    """Return a sentence for each tenant with a proxy, own certificates, or an error in these settings."""
    sentences = []
    for tenant in (each.tenant for each in configured):
        try:
            if phrases := find_route(tenant.base_url, os.environ).phrases:
                sentences.append(f"{tenant.title} is polled {', '.join(phrases)}.")
        except InvalidRouteError as error:
            sentences.append(f"{tenant.title} cannot be polled: {error}.")
    return [*sentences, *ignored_exemptions(configured)]


def ignored_exemptions(configured: Sequence[Configured]) -> list[str]:
    """Return a sentence for each entry of NO_PROXY that is not valid, if a proxy is set."""
    sentences: dict[str, None] = {}
    for tenant in (each.tenant for each in configured):
        with suppress(InvalidRouteError):  # shown as a problem of the tenant
            sentences.update(dict.fromkeys(find_route(tenant.base_url, os.environ).ignored))
    return [f"{sentence}." for sentence in sentences]


def _log_tenants(configured: Sequence[Configured]) -> None:
    for tenant in (each.tenant for each in configured if log.is_on):
        host = urlsplit(tenant.base_url).netloc.rpartition("@")[2]
        log.info(
            "tenant %s: host %s, %s, secret from %s", tenant.name, host, tenant.kind.value, tenant.credentials_from
        )
    for text in routes(configured) if log.is_on else ():
        log.info("%s", text)


def source_maker(clock: Clock, calls: CallLog) -> Callable[[Configured], MakeSource]:
    """Return a function that returns how to create the source of a tenant, which records its calls in `calls`."""
    return lambda configured: partial(_source, configured, clock, calls)


def _source(configured: Configured, clock: Clock, calls: CallLog) -> JobSource:
    tenant = configured.tenant
    try:
        route = find_route(tenant.base_url, os.environ)
        credentials = configured.credentials()
        from zjobtui.zuora import api, transport  # noqa: PLC0415 - 290 ms (httpx), after the first screen

        client = transport.Transport(tenant.base_url, clock, route)
    except InvalidRouteError as error:
        raise SourceError(str(error)) from None
    except OSError as error:
        raise SourceError(f"TLS cannot be used: {error.strerror or error}") from None
    return api.ZuoraApi(tenant, credentials, clock, client, partial(_reread, configured), calls.record)


async def _reread(configured: Configured) -> Credentials | Problem:
    try:
        return await run_on_daemon_thread(configured.credentials)
    except SourceError as error:
        return Problem(ProblemKind.MISCONFIGURED, str(error))
