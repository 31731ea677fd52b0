"""The server's end of one connection: what a behaviour can do to a client."""

import asyncio
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

_BODY_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in; every count starts at 1."""

    method: str
    path: str
    """With its query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""
    number: int = 1
    """Which request to the server this is."""
    of_path: int = 1
    """Which request for this path this is."""
    connection: int = 1
    """Which connection brought it."""
    of_connection: int = 1
    """Which request on its connection this is: over 1 where the connection was kept alive."""
    time: float = field(default_factory=time.monotonic)
    """When it had come in whole, by `time.monotonic()`."""

    @property
    def bearer(self) -> str:
        """The token it carries, or nothing."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


class Wire:
    """A connection; sending to a client that has gone raises `ConnectionError`, which ends the behaviour."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_open(self) -> bool:
        """Whether another request may come."""
        return not self._writer.is_closing()

    async def send(self, data: bytes) -> None:
        """Sends, and waits while the client does not take it."""
        self._writer.write(data)
        await self._writer.drain()

    async def hold(self) -> None:
        """Waits until the client closes, whatever else it may send."""
        while await self._reader.read(65536):
            pass

    def close(self) -> None:
        """Ends the connection in order."""
        self._writer.close()

    async def closed(self) -> None:
        """Waits until everything is sent and the connection is gone."""
        await self._writer.wait_closed()

    def half_close(self) -> None:
        """Says that nothing more will be sent, but goes on listening."""
        self._writer.write_eof()

    def reset(self) -> None:
        """Ends the connection with a RST, which may overtake what was sent."""
        linger_for_no_time = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
        self._writer.transport.abort()

    async def next_request(self) -> tuple[str, str, dict[str, str], bytes] | None:
        """Method, path, headers and body of the next request; None when the client has closed."""
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, path, _version = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = min(int(headers.get("content-length", 0)), _BODY_LIMIT)
        return method, path, headers, await self._reader.readexactly(length)
