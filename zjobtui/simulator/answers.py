"""HTTP answers from JSON: encoded once, compressed where Zuora compresses; knows nothing of what they say."""

import gzip
import json
from dataclasses import dataclass, field
from functools import cached_property

from aiohttp import web

GZIP_OVER = 1_000
"""Bytes; a body up to this is never compressed (Zuora's reference page)."""


@dataclass(frozen=True)
class Body:
    """An encoded JSON body, kept so that the next who asks costs nothing."""

    plain: bytes = field(repr=False)

    @classmethod
    def of(cls, content: object) -> "Body":
        """The body that says `content`."""
        return cls(json.dumps(content, ensure_ascii=False).encode())

    @cached_property
    def packed(self) -> bytes:
        """The same, compressed."""
        return gzip.compress(self.plain, compresslevel=6, mtime=0)


def answer(body: Body, request: web.Request, status: int = 200) -> web.Response:
    """The body as an answer to `request`, compressed when it is long and the client can read that."""
    if len(body.plain) > GZIP_OVER and "gzip" in request.headers.get("Accept-Encoding", ""):
        packed = {"Content-Encoding": "gzip"}
        return web.Response(body=body.packed, status=status, headers=packed, content_type="application/json")
    return web.Response(body=body.plain, status=status, content_type="application/json", charset="utf-8")
