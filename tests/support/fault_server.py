"""A server on loopback with scripted faults, on its own thread and event loop."""

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.behaviours import Behaviour
from tests.support.scripts import Decide, Script, first_of, for_tokens, good_day
from tests.support.wire import Request, Wire

OnAccept = Callable[[int], Behaviour | None]
"""The behaviour for the nth connection before anything is read; None continues with the requests."""

LONGEST = 60.0
"""Seconds after which a behaviour is cancelled."""

_TURNS = 5
"""Iterations of the loop after which a connection that was just accepted is known and can be closed."""


class FaultServer:
    """A running server with the requests that it got."""

    def __init__(self, decide: Decide, on_accept: OnAccept, port: int, certificate: Path | None) -> None:
        self._decide = decide
        self._on_accept = on_accept
        self._port = port
        self._tls = None if certificate is None else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self._tls is not None and certificate is not None:
            self._tls.load_cert_chain(certificate)
        self._log: list[Request] = []
        self._paths: Counter[str] = Counter()
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = threading.Condition()
        self._started = threading.Event()
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="fault-server")
        self._loop: asyncio.AbstractEventLoop
        self._stopped: asyncio.Event

    @property
    def base_url(self) -> str:
        """The URL of the server."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """The port of the server."""
        return self._port

    @property
    def requests(self) -> tuple[Request, ...]:
        """All complete requests so far."""
        return tuple(self._log)

    @property
    def connections(self) -> int:
        """Number of accepted connections so far."""
        return self._connections

    @property
    def open_connections(self) -> int:
        """Number of open connections."""
        return len(self._tasks)

    def requests_for(self, path: str) -> tuple[Request, ...]:
        """Return the requests whose path begins with this text."""
        return tuple(request for request in self.requests if request.path.startswith(path))

    def wait_for_requests(self, count: int, seconds: float = 10.0) -> None:
        """Wait until this many requests have come in; fail if they do not."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._log) >= count, seconds):
                raise AssertionError(f"{len(self._log)} requests within {seconds} s, not {count}")

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        self._thread.start()
        self._started.wait()
        self._raise_fault()

    def stop(self) -> None:
        """Close every connection and stop; raise an error of the script."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()
        self._raise_fault()

    def _raise_fault(self) -> None:
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def _run(self) -> None:
        try:
            asyncio.run(self._listen())
        except OSError as fault:
            self._fault = fault
        finally:
            self._started.set()

    async def _listen(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accepted, "127.0.0.1", self._port, backlog=1000, ssl=self._tls)
        self._port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopped.wait()
        server.close()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        task = asyncio.create_task(self._serve(Wire(reader, writer), self._connections))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, writer))

    def _ended(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            writer.transport.abort()
        elif isinstance(fault := task.exception(), Exception):
            self._fault = self._fault or fault

    async def _serve(self, wire: Wire, connection: int) -> None:
        try:
            with suppress(ConnectionError, TimeoutError):
                await self._play(wire, self._on_accept(connection))
                await self._answer_requests(wire, connection)
        finally:
            wire.close()
        with suppress(OSError):
            await wire.closed()

    async def _answer_requests(self, wire: Wire, connection: int) -> None:
        of_connection = 0
        while wire.is_open and (came := await wire.next_request()):
            of_connection += 1
            method, path, headers, body = came
            self._paths[path] += 1
            request = Request(
                method, path, headers, body, len(self._log) + 1, self._paths[path], connection, of_connection
            )
            self._note(request)
            await self._play(wire, self._decide(request) or good_day(request))

    def _note(self, request: Request) -> None:
        with self._changed:
            self._log.append(request)
            self._changed.notify_all()

    @staticmethod
    async def _play(wire: Wire, behaviour: Behaviour | None) -> None:
        if behaviour is not None:
            async with asyncio.timeout(LONGEST):
                await behaviour.play(wire)


@contextmanager
def fault_server(
    script: Script = None,
    *,
    token: Script = None,
    on_accept: OnAccept | None = None,
    port: int = 0,
    certificate: Path | None = None,
) -> Iterator[FaultServer]:
    """Run a server with this script, and `token` for token requests, on any free port or the given one.

    With a file of a certificate and its key, it is an https server.
    """
    server = FaultServer(first_of(for_tokens(token), script), on_accept or (lambda _number: None), port, certificate)
    server.start()
    try:
        yield server
    finally:
        server.stop()
