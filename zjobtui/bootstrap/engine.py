"""Put the engine together: the store, the tenants' clients, and the reader of kept responses."""

import os
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from zjobtui.bootstrap.configuration import Configured
from zjobtui.bootstrap.output import print_error
from zjobtui.clock import Clock
from zjobtui.formatting.unsaved import unsaved_text
from zjobtui.logs import get_logger
from zjobtui.logs import stop as stop_log
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.engine import Engine
from zjobtui.polling.protocols import JobSource, SourceError
from zjobtui.storage.database import BRIEF_LIMIT
from zjobtui.storage.store import Store
from zjobtui.zuora.proxy import InvalidProxyError, find_route

if TYPE_CHECKING:
    from zjobtui.models.report import Report

log = get_logger(__name__)


def read_report(raw: str) -> "Report | None":
    """Return the report that a kept body holds, read as a response is."""
    from zjobtui.zuora import parser  # noqa: PLC0415 - 30 ms (domain.report); neither a list nor the first screen needs it

    return parser.read_report(raw)


@contextmanager
def polling(
    configured: Sequence[Configured],
    store: Store,
    watchlist: Watchlist,
    clock: Clock,
    *,
    archive_after: float = inf,
    staleness_limit: float | None = None,
    only: Container[str] | None = None,
) -> Iterator[Engine]:
    """The engine over the store, not started; stopped afterwards, and what could not be saved is then named."""
    store.limit_lock_wait(BRIEF_LIMIT)
    _log_tenants(configured)
    sources = [(one.tenant, partial(_source, one, clock)) for one in configured]
    engine = Engine(
        watchlist, store, sources, clock, archive_after=archive_after, staleness_limit=staleness_limit, only=only
    )
    try:
        yield engine
    finally:
        if text := stop(engine):
            print_error(text)


def stop(engine: Engine) -> str:
    """Stop the engine; return what must be said of edits that could not be saved."""
    engine.stop()
    return unsaved_text(engine.state.unsaved, engine.unsaved())


def last_words(engine: Engine) -> str:
    """As `stop`, before a process is ended whose terminal is lost or not read."""
    if text := stop(engine):
        log.warning("unsaved at the end: %s", text)
    texts = (text, stop_log("the terminal is lost, or the screen did not end in time after a signal"))
    return "\n".join(text for text in texts if text)


def routes(configured: Sequence[Configured]) -> list[str]:
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
    for text in routes(configured) if log.is_on else ():
        log.info("%s", text)


def _source(one: Configured, clock: Clock) -> JobSource:
    from zjobtui.zuora import api, transport  # noqa: PLC0415 - 290 ms (httpx), after the first screen

    base_url = one.tenant.base_url
    try:
        return api.ZuoraApi(
            one.tenant, one.credentials(), clock, transport.Transport(base_url, clock, find_route(base_url, os.environ))
        )
    except InvalidProxyError as fault:
        raise SourceError(str(fault)) from None
