"""A proxy on loopback that tunnels to one server, whatever host is requested."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Tunnels:
    """A running proxy, with the hosts and ports that it has connected or refused."""

    address: str = ""
    connected: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@asynccontextmanager
async def proxy_server(
    target_port: int, user: str = "", password: str = "", status: int = 200
) -> AsyncIterator[Tunnels]:
    """Tunnel to a port on loopback; return 407 without these credentials, or always any other `status`."""
    tunnels, serving = Tunnels(), set[asyncio.Task[None] | None]()
    expected = f"basic {b64encode(f'{user}:{password}'.encode()).decode()}".lower() if user else ""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, OSError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, host, _ = head.split(" ", 2)
            assert method == "CONNECT"
            refusal = status if status != 200 else 407 if expected not in head.lower() else 0
            (tunnels.refused if refusal else tunnels.connected).append(host)
            if refusal:
                writer.write(f"HTTP/1.1 {refusal} No\r\nContent-Length: 0\r\n\r\n".encode())
            else:
                other_reader, other_writer = await asyncio.open_connection("127.0.0.1", target_port)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_copy(reader, other_writer), _copy(other_reader, writer))
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        tunnels.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield tunnels
        await asyncio.gather(*(task for task in serving if task))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
