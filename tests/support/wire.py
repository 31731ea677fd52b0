"""The server's end of one connection."""

import asyncio
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

_BODY_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """One request; every count starts at 1."""

    method: str
    path: str
    """Path and query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""
    number: int = 1
    """The number of the request to the server."""
    of_path: int = 1
    """The number of the request for this path."""
    connection: int = 1
    """The number of the connection."""
    of_connection: int = 1
    """The number of the request on its connection: more than 1 if the connection was kept alive."""
    time: float = field(default_factory=time.monotonic)
    """When it was complete, by `time.monotonic()`."""

    @property
    def bearer(self) -> str:
        """The bearer token, or ""."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


class Wire:
    """A connection; sending to a client that has gone raises `ConnectionError` and ends the behaviour."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_open(self) -> bool:
        """Whether another request can come."""
        return not self._writer.is_closing()

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait while the client does not read."""
        self._writer.write(data)
        await self._writer.drain()

    async def hold(self) -> None:
        """Wait until the client closes the connection; ignore what it sends."""
        while await self._reader.read(65536):
            pass

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def closed(self) -> None:
        """Wait until everything is sent and the connection is closed."""
        await self._writer.wait_closed()

    def half_close(self) -> None:
        """Close the sending side, but continue reading."""
        self._writer.write_eof()

    def reset(self) -> None:
        """Close the connection with a RST, which may overtake what was sent."""
        linger_for_no_time = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
        self._writer.transport.abort()

    async def next_request(self) -> tuple[str, str, dict[str, str], bytes] | None:
        """Return the next request; None if the client has closed the connection."""
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, path, _version = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = min(int(headers.get("content-length", 0)), _BODY_LIMIT)
        return method, path, headers, await self._reader.readexactly(length)
