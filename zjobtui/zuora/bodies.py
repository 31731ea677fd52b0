"""Reads the body of an answer piece by piece, inflating it as it comes, and stops where it grows too large."""

import zlib
from collections.abc import AsyncIterable

WIRE_LIMIT = 1 << 20
"""Bytes read of one body as it comes over the wire; a job of 300 subscriptions needs about 60 kB."""

INFLATED_LIMIT = 4 << 20
"""Bytes that a compressed body may grow to."""


class BodyError(ValueError):
    """A body that cannot be read; the message says why."""


class BodyTooLargeError(BodyError):
    """A body over one of the two limits."""


async def read_body(chunks: AsyncIterable[bytes], encoding: str) -> bytes:
    """The body, inflated when `encoding` (the header Content-Encoding) says gzip; raises `BodyError`."""
    inflate = _inflater(encoding)
    parts: list[bytes] = []
    on_wire = size = 0
    async for chunk in chunks:
        on_wire += len(chunk)
        part = inflate.decompress(chunk, INFLATED_LIMIT - size + 1) if inflate else chunk
        size += len(part)
        if on_wire > WIRE_LIMIT or size > INFLATED_LIMIT:
            raise BodyTooLargeError(f"over {WIRE_LIMIT >> 20} MiB, or {INFLATED_LIMIT >> 20} MiB inflated")
        parts.append(part)
    if inflate and on_wire and not inflate.eof:
        raise BodyError("the compressed answer broke off")
    return b"".join(parts)


def _inflater(encoding: str) -> "zlib._Decompress | None":
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        case other:
            raise BodyError(f"an answer in the encoding {other[:20]}")
