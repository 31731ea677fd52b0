"""Faulty responses: cut off, endless, contradictory, not HTTP, not JSON, or far too large."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.answers import JSON, Answer, processing
from tests.support.behaviours import Behaviour, Close, Endless, Raw
from tests.support.wire import Wire

_MIB = 1 << 20
_HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\n".encode()
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n"


def truncated_headers() -> Behaviour:
    """Close the connection inside a header."""
    return Raw(_HEAD + b"Content-Len") + Close()


def endless_headers() -> Behaviour:
    """Send headers without end."""
    return Raw(_HEAD) + Endless(b"X-Padding: " + b"x" * 1000 + b"\r\n")


def one_endless_header() -> Behaviour:
    """Send one header whose value does not end."""
    return Raw(_HEAD + b"X-Padding: ") + Endless(b"x" * 4096)


def endless_body() -> Behaviour:
    """Send a body without length and end."""
    return Raw(_HEAD + b'\r\n{"status": "') + Endless(b"x" * 65536)


def endless_chunks() -> Behaviour:
    """Send a chunked body without end."""
    return Raw(_CHUNKED + b"\r\n") + Endless(b"10000\r\n" + b" " * 65536 + b"\r\n")


def truncated_body(answer: Answer | None = None, missing: int = 100) -> Behaviour:
    """Send less than `Content-Length` says."""
    whole = answer or processing()
    return Answer(whole.body, whole.status, whole.headers, whole.content_type, len(whole.body) + missing) + Close()


def overlong_body(extra: bytes = b"HTTP/1.1 418 Never Asked\r\n\r\n") -> Behaviour:
    """Send more than `Content-Length` says."""
    return processing() + Raw(extra)


def bad_chunks() -> Behaviour:
    """Send a chunked body whose second length is not a number."""
    return Raw(_CHUNKED + b"\r\n2\r\n{}\r\nzz\r\n") + Close()


def truncated_chunks() -> Behaviour:
    """Send a chunked body without its last chunk."""
    return Raw(_CHUNKED + b"\r\n2\r\n{}\r\n") + Close()


def not_http() -> Behaviour:
    """Respond in another protocol."""
    return Raw(b"SSH-2.0-OpenSSH_9.6\r\n") + Close()


def not_json() -> Answer:
    """Return a body that is not JSON, but is declared as such."""
    return Answer(b"upstream connect error or disconnect/reset before headers")


def not_gzip() -> Answer:
    """Return a body that is not compressed, but is declared as such."""
    return Answer(processing().body, headers={"Content-Encoding": "gzip"})


def mistyped(content_type: str = "text/plain") -> Answer:
    """Return a good body with a wrong content type, or with none if it is empty."""
    return Answer(processing().body, content_type=content_type)


def deep_json(depth: int = 100_000) -> Answer:
    """Return deeply nested arrays."""
    return Answer(b'{"success": true, "status": "Completed", "result": ' + b"[" * depth + b"]" * depth + b"}")


@dataclass(frozen=True)
class GzipBomb(Behaviour):
    """Send a small gzip body that inflates to this many MiB of blanks."""

    mib: int = 200

    async def play(self, wire: Wire) -> None:
        await wire.send(_CHUNKED + b"Content-Encoding: gzip\r\n\r\n")
        for piece in self._pieces():
            await wire.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        await wire.send(b"0\r\n\r\n")

    def _pieces(self) -> Iterator[bytes]:
        blanks, packer, check = b" " * _MIB, zlib.compressobj(9, wbits=-15), 0
        # The first block looks back at nothing, so the same bytes can be sent again and again.
        block = packer.compress(blanks) + packer.flush(zlib.Z_SYNC_FLUSH)
        yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
        for _ in range(self.mib):
            check = zlib.crc32(blanks, check)
            yield block
        yield packer.flush() + check.to_bytes(4, "little") + (self.mib * _MIB % (1 << 32)).to_bytes(4, "little")
