"""The line to one host: sends a request, brings back a reply or the problem, within a deadline and a size."""

import asyncio
import os
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient

from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.text import clean, shorten
from zjobtui.zuora.bodies import BodyError, BodyTooLargeError, read_body
from zjobtui.zuora.tenants import is_loopback

if TYPE_CHECKING:
    from aiohttp.client import ClientTimeout
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

CONNECT_LIMIT = 5.0
"""Seconds to reach the host."""

TOTAL_LIMIT = 20.0
"""Seconds for a request in all, whatever the server does; Zuora itself ends a request after 120."""

CONNECTIONS = 40
"""Connections at most: the concurrency that Zuora grants this call."""

_HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "zjobtui"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: headers by name in lower case, the body inflated, `latency` in seconds to its last byte."""

    http_status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    latency: float


class Line:
    """A pool of connections to one base URL. Redirects are not followed, certificates are always checked."""

    def __init__(self, base_url: str, total_limit: float = TOTAL_LIMIT, connect_limit: float = CONNECT_LIMIT) -> None:
        self._base_url = base_url
        self._total_limit = total_limit
        self.requests = 0
        """Requests sent so far, of every kind."""
        self._extensions = {"timeout": httpx.Timeout(total_limit, connect=connect_limit, pool=None).as_dict()}
        self._http = _Http(
            verify=ssl.create_default_context(),
            trust_env=not is_loopback(urlsplit(base_url).hostname or ""),
            limits=httpx.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=30
            ),
        )
        self._connections = self._http.connections_to(base_url)

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Reply | Problem:
        """One request to `path`; kept-alive connections that the server has dropped are replaced at once, unseen."""
        started = time.perf_counter()
        self.requests += 1
        try:
            url = _url(self._base_url + path)
            request = httpx.Request(
                method, url, headers={**_HEADERS, **headers}, data=form, extensions=self._extensions
            )
            async with asyncio.timeout(self._total_limit):
                response = await self._begin(request)
                said, stream = _headers(response), cast("httpx.AsyncByteStream", response.stream)
                try:
                    body = await read_body(stream, said.get("content-encoding", ""))
                finally:
                    await stream.aclose()
        except Exception as fault:  # noqa: BLE001 - rule: whatever a network or a server does is an observation
            return _problem(fault)
        return Reply(response.status_code, said, body, time.perf_counter() - started)

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._http.aclose()

    async def _begin(self, request: httpx.Request) -> httpx.Response:
        """Sends, and again while the answer fails on a connection that was kept alive: each such is gone then."""
        while True:
            try:
                return await self._connections.handle_async_request(request)
            except httpx.TransportError as fault:
                if not (_was_kept_alive.get() and _is_dropped(fault)):
                    raise
                self.requests += 1


_was_kept_alive: ContextVar[bool] = ContextVar("was_kept_alive", default=False)
"""Whether the request of this task went out on a connection that had brought an answer before."""


class _Connector(aiohttp.TCPConnector):
    """Takes no kept-alive connection on which something lies already: it would be read as the answer to this request.

    A balancer's word on an idle connection, or an answer sent twice, would tell one job's state of another.
    """

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: "list[Trace]",
        timeout: "ClientTimeout",  # noqa: ASYNC109 - as aiohttp calls it
    ) -> "Connection":
        """A connection on which nothing has come yet."""
        connection = await super().connect(req, traces, timeout)
        while _was_kept_alive.get() and connection.protocol is not None and connection.protocol.should_close:
            connection.close()
            connection = await super().connect(req, traces, timeout)
        return connection


class _Connections(AiohttpTransport):
    """The pool; it keeps no cookies, and tells whether a request took a connection that was kept alive."""

    def get_client(self) -> aiohttp.ClientSession:
        traces = aiohttp.TraceConfig()
        traces.on_connection_create_start.append(_notes(kept_alive=False))
        traces.on_connection_reuseconn.append(_notes(kept_alive=True))
        connector = _Connector(limit=CONNECTIONS, keepalive_timeout=self.limits.keepalive_expiry, ssl=self.ssl_context)
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[traces]
        )
        session._retry_connection = False  # noqa: SLF001 - its own repeat would go uncounted; `_begin` repeats
        return session


class _Http(HttpxAiohttpClient):
    """Knows the way to a host, through a proxy or not.

    What httpx does beside that for each request takes as long as the request: it walks through all headers for
    cookies, credentials and redirects. None of these are wanted here, so requests go to the connections themselves.
    """

    def connections_to(self, base_url: str) -> httpx.AsyncBaseTransport:
        """The connections that requests to a host take."""
        return self._transport_for_url(httpx.URL(base_url))

    def _init_transport(self, **options: Any) -> httpx.AsyncBaseTransport:  # type: ignore[override] # noqa: ANN401 - passed on
        return _Connections(**options)

    def _init_proxy_transport(self, proxy: httpx.Proxy, **options: Any) -> httpx.AsyncBaseTransport:  # type: ignore[override] # noqa: ANN401 - passed on
        return _Connections(proxy=proxy, **options)


@lru_cache(maxsize=4_096)
def _url(text: str) -> httpx.URL:
    """A job is asked about again and again, and httpx takes long to read a URL."""
    return httpx.URL(text)


def _headers(response: httpx.Response) -> dict[str, str]:
    """The headers in one go: httpx walks through all of them for each that is asked for."""
    found: dict[str, str] = {}
    for name, value in response.headers.raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _notes(*, kept_alive: bool) -> Callable[[object, object, object], Awaitable[None]]:
    async def note(_session: object, _context: object, _params: object) -> None:
        _was_kept_alive.set(kept_alive)

    return note


def _is_dropped(fault: httpx.TransportError) -> bool:
    cause = fault.__cause__
    return isinstance(cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) and not isinstance(
        cause, aiohttp.ClientConnectorError | TimeoutError
    )


def _problem(fault: Exception) -> Problem:
    cause = fault.__cause__ if isinstance(fault.__cause__, aiohttp.ClientError) else fault
    match cause:
        case BodyTooLargeError():
            return Problem(ProblemKind.TOO_LARGE, str(cause))
        case BodyError():
            return Problem(ProblemKind.UNREADABLE, str(cause))
        case zlib.error():
            return Problem(ProblemKind.UNREADABLE, "the answer is not the gzip it says it is")
        case aiohttp.ClientPayloadError():
            return Problem(ProblemKind.UNREADABLE, "the answer broke off")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            return Problem(ProblemKind.UNTRUSTED, _words(cause))
        case aiohttp.ClientConnectorDNSError():
            return Problem(ProblemKind.UNREACHABLE, "the host name is not known")
        case aiohttp.ServerTimeoutError() | TimeoutError() | httpx.TimeoutException():
            return Problem(ProblemKind.TIMED_OUT, "no whole answer in time")
        case aiohttp.ServerDisconnectedError():
            return Problem(ProblemKind.UNREACHABLE, "the host closed the connection")
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return Problem(ProblemKind.UNREADABLE, "what came back is not HTTP")
        case _:
            return Problem(ProblemKind.UNREACHABLE, _words(cause))


def _words(fault: Exception) -> str:
    inner = fault.os_error if isinstance(fault, aiohttp.ClientConnectorError) else fault
    text = (isinstance(inner, OSError) and inner.strerror) or str(inner) or type(inner).__name__
    if text.startswith("Connect call failed") and isinstance(inner, OSError) and inner.errno:
        text = os.strerror(inner.errno).lower()  # asyncio's own words are no words for people
    return shorten(clean(text), 200)
