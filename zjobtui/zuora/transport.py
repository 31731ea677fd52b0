"""HTTP transport: sends a request to one host and returns the response or the problem, within time and size limits.

A public `httpx.AsyncClient` over aiohttp, which takes a fifth of the CPU time of httpx's own transport.
"""

import asyncio
import ssl
import time
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from sys import intern
from typing import TYPE_CHECKING
from weakref import WeakSet

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from msgspec import Struct

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.problem import Problem
from zjobtui.zuora.failures import BROKE_OFF, BodyError, DroppedError, IncompleteBodyError, TooLargeError, problem_of
from zjobtui.zuora.mask import Mask
from zjobtui.zuora.proxy import Route

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

log = get_logger(__name__)

CONNECT_LIMIT = 5.0
"""Seconds to reach the host."""

TOTAL_LIMIT = 20.0
"""Seconds for a whole request, whatever the server does; Zuora itself ends a request after 120."""

CONNECTIONS = 40
"""Maximum connections: the concurrency that Zuora grants this call."""

KEEP_ALIVE = 30.0
"""Seconds for which an idle connection is kept."""

HEADERS_LIMIT, HEADERS_MOST = 64 << 10, 1_000
"""Bytes and number of response headers; proxies and gateways may add many."""

WIRE_LIMIT = 1 << 20
"""Bytes of one body that are read from the network; a job of 300 subscriptions needs about 60 kB."""

INFLATED_LIMIT = 4 << 20
"""Bytes that a compressed body may grow to."""


class SendLimits(Struct, frozen=True):
    """Limits of one request: bytes of its response on the wire and inflated; seconds, None for the transport's own."""

    wire: int = WIRE_LIMIT
    inflated: int = INFLATED_LIMIT
    seconds: float | None = None


USUAL = SendLimits()
"""The limits of a request about a job."""

_GZIP = frozenset({"gzip", "x-gzip"})
_COMPRESSIONS = frozenset({"br", "compress", "x-compress", "deflate", "zstd", "dcb", "dcz"})
"""Values of Content-Encoding: those that are supported, and those that are known and not supported."""

TRACK_ID = "Zuora-Track-Id"
"""The header that names a request; Zuora repeats it in the response."""


class Proof(Enum):
    """Whether the track id of a response shows that it belongs to this request."""

    GIVEN = "the id is right, or the host has never repeated one"
    MISSING = "there is no id, though the host has repeated others"
    REFUTED = "it is the id of another request"


@dataclass(frozen=True, slots=True)
class Response:
    """A response: headers by name in lower case, the body inflated, `latency` in seconds to its last byte.

    `sent_at` is in seconds since the epoch, UTC. Secrets are masked in the headers, but not in the body, which may
    hold a new token.
    """

    http_status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    latency: float
    sent_at: float = 0.0
    proof: Proof = Proof.GIVEN


class Transport:
    """A pool of connections to one base URL. It follows no redirects, keeps no cookies and checks every certificate."""

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        route: Route | None = None,
        *,
        total_limit: float = TOTAL_LIMIT,
        connect_limit: float = CONNECT_LIMIT,
    ) -> None:
        self.requests = 0
        """Requests sent so far, of every kind."""
        self.mask = Mask()
        """Secrets that neither a response nor a problem may contain."""
        self._base_url = base_url
        self._clock = clock
        self._proxy = route.proxy if route else None
        if self._proxy:
            self.mask.add(self._proxy.password)
        self._total_limit = total_limit
        self._connect_limit = connect_limit
        self._timeout = httpx.Timeout(total_limit, connect=connect_limit, pool=None)
        self._tls = ssl.create_default_context()
        self._has_track_ids = False
        self._retired: set[asyncio.Task[None]] = set()
        self._pool, self._form_pool = self._make_pools()

    async def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        limits: SendLimits = USUAL,
    ) -> Response | Problem:
        """Send one request to `path`; retry at once if the server has dropped a connection that it kept alive.

        The connection of a response without the request's track id is closed if the host is known to repeat them.
        """
        while True:
            pool = self._form_pool if form else self._pool
            try:
                return await self._send_once(pool, method, path, headers, form, limits)
            except Exception as error:  # noqa: BLE001 - boundary: whatever a network or a server does is an observation
                log.debug("%s failed: %s from %s", method, type(error).__name__, type(error.__cause__).__name__)
                if not pool.is_retired:
                    return problem_of(error, self.mask, self._proxy, is_connected=_used.get() is not None)

    def renew_connections(self) -> None:
        """Close idle connections, and repeat the requests in flight on new ones.

        After a suspend, a NAT or a firewall may have silently forgotten all of them.
        """
        log.info("connections are renewed; calls in flight are repeated")
        for pool in (self._pool, self._form_pool):
            pool.retire()
            closing = asyncio.create_task(pool.aclose())
            self._retired.add(closing)
            closing.add_done_callback(self._retired.discard)
        self._pool, self._form_pool = self._make_pools()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()
        await self._form_pool.aclose()
        await asyncio.gather(*self._retired)

    def _make_pools(self) -> tuple["_Pool", "_Pool"]:
        # A form contains the secret and returns the token: no late response to another request may be taken for its
        # own.
        return self._make_pool(keep_alive=KEEP_ALIVE), self._make_pool(keep_alive=None)

    def _make_pool(self, *, keep_alive: float | None) -> "_Pool":
        """Make a pool that keeps idle connections for so many seconds; None opens one for each request."""

        def open_session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=_Connector(
                    limit=CONNECTIONS, keepalive_timeout=keep_alive, force_close=keep_alive is None, ssl=self._tls
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(self._repeat_if_dropped,),
                max_line_size=HEADERS_LIMIT,
                max_field_size=HEADERS_LIMIT,
                max_headers=HEADERS_MOST,
            )

        proxy = httpx.Proxy(self._proxy.url, headers=self._proxy.headers) if self._proxy else None
        client = httpx.AsyncClient(
            transport=AiohttpTransport(verify=self._tls, trust_env=False, proxy=proxy, client=open_session),
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={"Accept-Encoding": "gzip", "User-Agent": "zjobtui"},
            timeout=self._timeout,
        )
        del client.headers["Connection"]  # httpx always sends keep-alive; aiohttp knows what is right
        return _Pool(client)

    async def _send_once(
        self,
        pool: "_Pool",
        method: str,
        path: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        limits: SendLimits,
    ) -> Response:
        sent_at, started = self._clock.now(), time.perf_counter()
        timeout = self._timeout
        if limits.seconds is not None:
            timeout = httpx.Timeout(limits.seconds, connect=self._connect_limit, pool=None)
        url = _parse_url(self._base_url + path)
        request = pool.client.build_request(method, url, headers=headers, data=form, timeout=timeout)
        _used.set(None)
        status, raw, body, proof = 0, dict[str, str](), b"", Proof.GIVEN
        try:
            async with pool.limit(limits.seconds or self._total_limit):
                response = await pool.client.send(request, stream=True)
                try:
                    raw = _read_headers(response)
                    status = response.status_code
                    proof = self._prove(raw.get(TRACK_ID.lower(), ""), headers.get(TRACK_ID, ""))
                    if proof is not Proof.GIVEN and (used := _used.get()):
                        used.discard()
                    body = await read_body(response.aiter_raw(), raw.get("content-encoding", ""), limits)
                    _check_end(status, raw, body)
                finally:
                    await response.aclose()
        except Exception as error:
            # The status of an error and its Retry-After count, even if its body cannot be read.
            if status < 400 or pool.is_retired:
                raise
            log.debug("HTTP %s with a body that cannot be read: %s", status, type(error).__name__)
        latency = time.perf_counter() - started
        return Response(status, self.mask.mask_headers(raw), body, latency, sent_at, proof)

    async def _repeat_if_dropped(
        self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Count the request, and send it again as long as it meets kept-alive connections that the server has dropped.

        aiohttp would retry once by itself; an error of another class than aiohttp retries prevents that.
        """
        while True:
            self.requests += 1
            _used.set(None)
            try:
                return await send(request)
            except (aiohttp.ClientConnectorError, TimeoutError):
                raise
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError) as error:
                used = _used.get()
                if used is None or not used.is_reused:
                    raise DroppedError from error
                log.info("retry: the host had closed the kept-alive connection")

    def _prove(self, repeated: str, sent: str) -> Proof:
        """Compare the track ids, and note that the host repeats them; a proxy may send the header twice."""
        ids = {text.strip().lower() for text in repeated.split(",")} - {""}
        if sent and ids == {sent.lower()}:
            self._has_track_ids = True
            return Proof.GIVEN
        if sent and ids:
            return Proof.REFUTED
        return Proof.MISSING if sent and self._has_track_ids else Proof.GIVEN


class _Pool:
    """A client with its connections and the requests in flight on them."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.is_retired = False
        self._in_flight: set[asyncio.Timeout] = set()
        self._idle = asyncio.Event()

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncIterator[None]:
        """Interrupt a request after so many seconds, or when the pool is retired; raises `TimeoutError`."""
        async with asyncio.timeout(seconds) as timeout:
            self._in_flight.add(timeout)
            self._idle.clear()
            try:
                yield
            finally:
                self._in_flight.discard(timeout)
                if not self._in_flight:
                    self._idle.set()

    def retire(self) -> None:
        """Interrupt the requests in flight."""
        self.is_retired = True
        for timeout in self._in_flight:
            if not timeout.expired():
                timeout.reschedule(asyncio.get_running_loop().time())

    async def aclose(self) -> None:
        """Close all connections; interrupted requests end first, for aiohttp cancels what waits for a connection."""
        if self.is_retired and self._in_flight:
            await self._idle.wait()
        await self.client.aclose()


class _UsedConnection(Struct, frozen=True):
    """The connection of a request, and its protocol, which the connection releases with the last byte."""

    connection: "Connection"
    protocol: "ResponseHandler"
    is_reused: bool

    def discard(self) -> None:
        """Close the connection: now if its body is complete, so that it is free again, else after the body."""
        self.protocol.force_close()
        if self.connection.protocol is None:
            self.protocol.close()


_used: ContextVar[_UsedConnection | None] = ContextVar("used", default=None)
"""The connection that the request of this task has."""


class _Connector(aiohttp.TCPConnector):
    """Reuse no kept-alive connection on which bytes have already arrived: they would be read as the next response.

    A load balancer's message on an idle connection, or a response sent twice, would show one job's state for another.
    """

    def __init__(self, *, limit: int, keepalive_timeout: float | None, force_close: bool, ssl: ssl.SSLContext) -> None:
        super().__init__(limit=limit, keepalive_timeout=keepalive_timeout, force_close=force_close, ssl=ssl)
        self.used_protocols = WeakSet["ResponseHandler"]()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: "list[Trace]",
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> "Connection":
        """Return a connection on which nothing has arrived yet."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None:
                return connection
            is_reused = protocol in self.used_protocols
            if is_reused and protocol.should_close:
                connection.close()
                continue
            self.used_protocols.add(protocol)
            _used.set(_UsedConnection(connection, protocol, is_reused))
            return connection


@lru_cache(maxsize=4_096)
def _parse_url(text: str) -> httpx.URL:
    """Parse a URL, cached: httpx spends a seventh of a call on it, and the same jobs are polled repeatedly."""
    return httpx.URL(text)


async def read_body(chunks: AsyncIterable[bytes], encoding: str, limits: SendLimits = USUAL) -> bytes:
    """Read a body piece by piece; raises `BodyError`, or `IncompleteBodyError` for a gzip that breaks off.

    It is inflated if `encoding` (the header Content-Encoding) is gzip, and never further than the limit. Whatever other
    encoding is stated, plain JSON is read: some gateways name a character set there.
    """
    codings = [coding for text in encoding.split(",") if (coding := text.strip().lower())]
    gzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if _GZIP & set(codings) else None
    parts: list[bytes] = []
    on_wire = size = 0
    async for chunk in chunks:
        on_wire += len(chunk)
        part = gzip.decompress(chunk, limits.inflated - size + 1) if gzip else chunk
        size += len(part)
        if on_wire > limits.wire or size > limits.inflated:
            raise TooLargeError(f"over {limits.wire >> 20} MiB, or {limits.inflated >> 20} MiB decompressed")
        parts.append(part)
    if gzip and on_wire and not gzip.eof:
        raise IncompleteBodyError(BROKE_OFF)
    body = b"".join(parts)
    compressed = [coding for coding in codings if coding in _COMPRESSIONS]
    if compressed and not body.lstrip().startswith((b"{", b"\xef\xbb\xbf{")):
        raise BodyError(f"the response has the unsupported encoding {', '.join(compressed)[:40]}")
    return body


def _check_end(http_status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raise `IncompleteBodyError` for incomplete JSON in a body that only the end of the connection delimits.

    A dropped connection looks like the end of such a body. An error's status counts whatever its body is.
    """
    if http_status != 200 or "content-length" in headers or "transfer-encoding" in headers:
        return
    text = body.strip()
    if not text or (text.startswith(b"{") and not text.endswith(b"}")):
        raise IncompleteBodyError(BROKE_OFF)


def _read_headers(response: httpx.Response) -> dict[str, str]:
    """Return headers by name in lower case, a repeated one joined by commas; raises `TooLargeError`."""
    raw = response.headers.raw
    if sum(len(name) + len(value) for name, value in raw) > HEADERS_LIMIT:
        raise TooLargeError(f"the headers are over {HEADERS_LIMIT >> 10} kB")
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = intern(name.decode("latin-1").lower()), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
