import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from zjobtui.zuora.failures import BodyError, IncompleteBodyError, TooLargeError
from zjobtui.zuora.transport import INFLATED_LIMIT, WIRE_LIMIT, read_body


async def pieces(body: bytes, size: int = 1_000) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


@pytest.mark.parametrize("encoding", ["", "identity", "  IDENTITY "])
async def test_a_plain_body_is_joined(encoding: str) -> None:
    body = bytes(range(256)) * 20
    assert await read_body(pieces(body), encoding) == body


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_a_compressed_body_is_inflated_as_it_arrives(encoding: str, size: int) -> None:
    body = b'{"status": "Processing"}' * 100
    assert await read_body(pieces(gzip.compress(body), size), encoding) == body


async def test_a_body_without_a_byte_is_empty_in_any_encoding() -> None:
    assert await read_body(pieces(b""), "gzip") == await read_body(pieces(b""), "") == b""


async def test_a_body_may_be_as_large_as_the_limit_and_no_byte_larger() -> None:
    body = bytes(WIRE_LIMIT)
    assert await read_body(pieces(body, 65_536), "") == body
    with pytest.raises(TooLargeError):
        await read_body(pieces(body + b"x", 65_536), "")


async def test_an_inflated_body_may_be_as_large_as_the_limit_and_no_byte_larger() -> None:
    body = bytes(INFLATED_LIMIT)
    assert await read_body(pieces(gzip.compress(body)), "gzip") == body
    with pytest.raises(TooLargeError):
        await read_body(pieces(gzip.compress(body + b"x")), "gzip")


async def test_a_decompression_bomb_is_rejected_after_the_first_bytes_over_the_limit() -> None:
    taken = 0

    async def bomb() -> AsyncIterator[bytes]:
        nonlocal taken
        packer = zlib.compressobj(wbits=31)
        for _ in range(1_000):
            packed = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH)
            taken += 1
            yield packed

    with pytest.raises(TooLargeError):
        await read_body(bomb(), "gzip")
    assert taken <= 5


async def test_an_endless_body_is_rejected_at_the_limit() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 65_536
            yield bytes(65_536)

    with pytest.raises(TooLargeError):
        await read_body(endless(), "")
    assert taken <= WIRE_LIMIT + 65_536


async def test_a_truncated_compressed_body_is_not_accepted() -> None:
    with pytest.raises(IncompleteBodyError, match="connection was lost"):
        await read_body(pieces(gzip.compress(b"x" * 1_000)[:-5]), "gzip")


async def test_a_body_in_another_encoding_than_stated_raises_the_documented_error() -> None:
    with pytest.raises(zlib.error):
        await read_body(pieces(b'{"status": "Processing"}'), "gzip")


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, br", "utf-8, br"])
async def test_an_encoding_that_was_not_requested_is_refused(encoding: str) -> None:
    body = gzip.compress(b"x") if "gzip" in encoding else b"x"
    with pytest.raises(BodyError, match=f"the response has the unsupported encoding {encoding.rsplit(maxsplit=1)[-1]}"):
        await read_body(pieces(body), encoding)


NONSENSE = [
    "utf-8",
    "UTF-8",
    "none",
    "binary",
    "8bit",
    "plain",
    "application/json",
    "identity, utf-8",
    ",",
    "br",
    "deflate",
]


@pytest.mark.parametrize("encoding", NONSENSE)
async def test_plain_json_is_read_whatever_encoding_is_stated(encoding: str) -> None:
    for body in (b'{"status": "Processing"}', b"\r\n{}", b"\xef\xbb\xbf{}"):
        assert await read_body(pieces(body), encoding) == body


async def test_a_compressed_body_is_inflated_whatever_else_is_stated() -> None:
    assert await read_body(pieces(gzip.compress(b"{}")), "utf-8, gzip") == b"{}"
