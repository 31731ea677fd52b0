"""The line to one host: sends a request, brings back a reply or the problem, within a deadline and a size."""

import asyncio
import os
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.text import clean, shorten
from zjobtui.logs import get_logger
from zjobtui.zuora.bodies import BodyError, BodyTooLargeError, read_body
from zjobtui.zuora.mask import Mask
from zjobtui.zuora.proxy import Proxy, find_proxy

if TYPE_CHECKING:
    from aiohttp.client import ClientTimeout
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

log = get_logger(__name__)

CONNECT_LIMIT = 5.0
"""Seconds to reach the host."""

TOTAL_LIMIT = 20.0
"""Seconds for a request in all, whatever the server does; Zuora itself ends a request after 120."""

CONNECTIONS = 40
"""Connections at most: the concurrency that Zuora grants this call."""

TRACK_ID = "Zuora-Track-Id"
"""The header that names a request; Zuora repeats it in the response."""

_HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "zjobtui"}


class Proof(Enum):
    """Whether a response shows by its track id that it answers this request."""

    GIVEN = "the id is right, or the host has never repeated one"
    MISSING = "there is no id, though the host has repeated others"
    REFUTED = "it is the id of another request"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: headers by name in lower case, the body inflated, `latency` in seconds to its last byte.

    Secrets are masked in the headers, but not in the body, which may hold a new token.
    """

    http_status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    latency: float
    proof: Proof = Proof.GIVEN


class Transport:
    """A pool of connections to one base URL. Redirects are not followed, certificates are always checked.

    Raises `InvalidProxyError` if the environment names a proxy that cannot be used.
    """

    def __init__(self, base_url: str, total_limit: float = TOTAL_LIMIT, connect_limit: float = CONNECT_LIMIT) -> None:
        self._base_url = base_url
        self._total_limit = total_limit
        self.requests = 0
        """Requests sent so far, of every kind."""
        self._extensions = {"timeout": httpx.Timeout(total_limit, connect=connect_limit, pool=None).as_dict()}
        self.mask = Mask()
        """Secrets that neither a reply nor a problem may show."""
        self._has_track_ids = False
        proxy, context = find_proxy(base_url, os.environ), ssl.create_default_context()
        if proxy:
            self.mask.add(proxy.password)
        self._connections = _Connections(context, proxy, kept_alive=30)
        # A form holds the secret and brings the token: nothing that came late for another request may answer it.
        self._connections_for_forms = _Connections(context, proxy, kept_alive=0)

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Reply | Problem:
        """One request to `path`; kept-alive connections that the server has dropped are replaced at once, unseen.

        The connection of a response without the request's track id is closed if the host is known to repeat them.
        """
        started = time.perf_counter()
        self.requests += 1
        try:
            url = _url(self._base_url + path)
            request = httpx.Request(
                method, url, headers={**_HEADERS, **headers}, data=form, extensions=self._extensions
            )
            async with asyncio.timeout(self._total_limit):
                response = await self._begin(request, self._connections_for_forms if form else self._connections)
                said, stream = _headers(response), cast("httpx.AsyncByteStream", response.stream)
                proof = self._prove(said.get(TRACK_ID.lower(), ""), headers.get(TRACK_ID, ""))
                if proof is not Proof.GIVEN and (taken := _taken.get()):
                    taken.discard()
                said = self.mask.mask_headers(said)
                try:
                    body = await read_body(stream, said.get("content-encoding", ""))
                finally:
                    await stream.aclose()
        except Exception as fault:  # noqa: BLE001 - rule: whatever a network or a server does is an observation
            log.debug("%s failed: %s from %s", method, type(fault).__name__, type(fault.__cause__).__name__)
            return _problem(fault, self.mask)
        return Reply(response.status_code, said, body, time.perf_counter() - started, proof)

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._connections.aclose()
        await self._connections_for_forms.aclose()

    def _prove(self, repeated: str, sent: str) -> Proof:
        """Compare the track ids, and remember that the host repeats them; a proxy may give the header twice."""
        ids = {text.strip().lower() for text in repeated.split(",")} - {""}
        if sent and ids == {sent.lower()}:
            self._has_track_ids = True
            return Proof.GIVEN
        if sent and ids:
            return Proof.REFUTED
        return Proof.MISSING if sent and self._has_track_ids else Proof.GIVEN

    async def _begin(self, request: httpx.Request, connections: httpx.AsyncBaseTransport) -> httpx.Response:
        """Sends, and again while the answer fails on a connection that was kept alive: each such is gone then."""
        while True:
            try:
                return await connections.handle_async_request(request)
            except httpx.TransportError as fault:
                if not (_was_kept_alive.get() and _is_dropped(fault)):
                    raise
                log.info("retry: the host had closed the kept-alive connection")
                self.requests += 1


_was_kept_alive: ContextVar[bool] = ContextVar("was_kept_alive", default=False)
"""Whether the request of this task went out on a connection that had brought an answer before."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """The connection that a request took, and its protocol, which the connection lets go of with the last byte."""

    connection: "Connection"
    protocol: "ResponseHandler"

    def discard(self) -> None:
        """Close the connection: now if its body has come whole, so that it is free again, else after the body."""
        self.protocol.force_close()
        if self.connection.protocol is None:
            self.protocol.close()


_taken: ContextVar[_Taken | None] = ContextVar("taken", default=None)
"""What the request of this task took."""


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
        # The protocol is a queue of responses, and false while that is empty.
        _taken.set(None if connection.protocol is None else _Taken(connection, connection.protocol))
        return connection


class _Connections(AiohttpTransport):
    """The pool; it keeps no cookies, and tells whether a request took a connection that was kept alive.

    It is used without httpx's client, which walks through all headers of each request for cookies, credentials and
    redirects: none of these are wanted here, and it takes as long as the request.
    """

    def __init__(self, context: ssl.SSLContext, proxy: Proxy | None, *, kept_alive: float) -> None:
        """Keep connections alive for so many seconds; 0 opens one for each request."""
        way = httpx.Proxy(proxy.url, headers=proxy.headers) if proxy else None
        super().__init__(verify=context, trust_env=False, proxy=way)
        self._kept_alive = kept_alive

    def get_client(self) -> aiohttp.ClientSession:
        traces = aiohttp.TraceConfig()
        traces.on_connection_create_start.append(_notes(kept_alive=False))
        traces.on_connection_reuseconn.append(_notes(kept_alive=True))
        connector = _Connector(
            limit=CONNECTIONS,
            keepalive_timeout=self._kept_alive or None,
            force_close=not self._kept_alive,
            ssl=self.ssl_context,
        )
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[traces]
        )
        session._retry_connection = False  # noqa: SLF001 - its own repeat would go uncounted; `_begin` repeats
        return session


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


def _problem(fault: Exception, mask: Mask) -> Problem:
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
            return Problem(ProblemKind.UNTRUSTED, _words(cause, mask))
        case aiohttp.ClientHttpProxyError():
            return Problem(ProblemKind.UNREACHABLE, f"the proxy refused the connection: HTTP {cause.status}")
        case aiohttp.ServerTimeoutError() | TimeoutError() | httpx.TimeoutException():
            return Problem(ProblemKind.TIMED_OUT, "no whole answer in time")
        case aiohttp.ServerDisconnectedError():
            return Problem(ProblemKind.UNREACHABLE, "the host closed the connection")
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return Problem(ProblemKind.UNREADABLE, "what came back is not HTTP")
        case _:
            return Problem(ProblemKind.UNREACHABLE, _words(cause, mask))


def _words(fault: Exception, mask: Mask) -> str:
    if isinstance(fault, aiohttp.ClientConnectorDNSError):
        return "the host name is not known"
    inner = fault.os_error if isinstance(fault, aiohttp.ClientConnectorError) else fault
    text = (isinstance(inner, OSError) and inner.strerror) or str(inner) or type(inner).__name__
    if text.startswith("Connect call failed") and isinstance(inner, OSError) and inner.errno:
        text = os.strerror(inner.errno).lower()  # asyncio's own words are no words for people
    lead = "the proxy cannot be reached: " if isinstance(fault, aiohttp.ClientProxyConnectionError) else ""
    return lead + shorten(clean(mask.mask_text(text)), 200)
