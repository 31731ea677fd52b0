"""What a server does on a connection, as values that can be added: `Latency(2) + processing() + Close()`."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass

from tests.support.wire import Wire


class Behaviour(ABC):
    """An action of the server after a request; the connection stays open unless it closes it."""

    @abstractmethod
    async def play(self, wire: Wire) -> None:
        """Perform the behaviour on a connection."""

    def __add__(self, following: "Behaviour") -> "Behaviour":
        return _Both(self, following)


@dataclass(frozen=True)
class _Both(Behaviour):
    first: Behaviour
    second: Behaviour

    async def play(self, wire: Wire) -> None:
        await self.first.play(wire)
        await self.second.play(wire)


@dataclass(frozen=True)
class Latency(Behaviour):
    """Wait."""

    seconds: float

    async def play(self, wire: Wire) -> None:  # noqa: ARG002 - waiting needs no wire
        await asyncio.sleep(self.seconds)


@dataclass(frozen=True)
class Raw(Behaviour):
    """Send bytes, HTTP or not."""

    data: bytes

    async def play(self, wire: Wire) -> None:
        await wire.send(self.data)


@dataclass(frozen=True)
class Drip(Behaviour):
    """Send bytes one by one, but the first `at_once` together."""

    data: bytes
    bytes_per_second: float = 1.0
    at_once: int = 0

    async def play(self, wire: Wire) -> None:
        await wire.send(self.data[: self.at_once])
        for at in range(self.at_once, len(self.data)):
            await wire.send(self.data[at : at + 1])
            await asyncio.sleep(1 / self.bytes_per_second)


@dataclass(frozen=True)
class Endless(Behaviour):
    """Send the same bytes repeatedly, until the client has gone or `limit` bytes are sent."""

    unit: bytes
    limit: int = 64 << 20

    async def play(self, wire: Wire) -> None:
        for _ in range(self.limit // len(self.unit)):
            await wire.send(self.unit)
            await asyncio.sleep(0)


@dataclass(frozen=True)
class Silence(Behaviour):
    """Send nothing until the client closes the connection."""

    async def play(self, wire: Wire) -> None:
        await wire.hold()


@dataclass(frozen=True)
class Close(Behaviour):
    """Close the connection without announcing it."""

    async def play(self, wire: Wire) -> None:
        wire.close()


@dataclass(frozen=True)
class HalfClose(Behaviour):
    """Close the sending side, and read until the client closes the connection."""

    async def play(self, wire: Wire) -> None:
        wire.half_close()
        await wire.hold()


@dataclass(frozen=True)
class Reset(Behaviour):
    """Close the connection with a RST."""

    async def play(self, wire: Wire) -> None:
        wire.reset()
