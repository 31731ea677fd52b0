"""An https server on loopback with a self-signed certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.support.answers import Answer

CERTIFICATE = Path(__file__).with_name("loopback.pem")
"""For 127.0.0.1 until 2126, with its key, which is of no other use."""

CERTIFICATE_BEHIND_PROXY = CERTIFICATE.with_name("zuora_invalid.pem")
"""The same for `rest.zuora.invalid`, a name that no machine can have."""


@asynccontextmanager
async def https_server(*answers: Answer, certificate: Path = CERTIFICATE) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Send the responses in turn; yield the base URL and the heads of the requests."""
    came, turns, serving = list[bytes](), iter(answers), set[asyncio.Task[None] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            while True:
                came.append(await reader.readuntil(b"\r\n\r\n"))
                length = came[-1].lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                writer.write(next(turns).encoded())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", came
        await asyncio.gather(*(task for task in serving if task))
