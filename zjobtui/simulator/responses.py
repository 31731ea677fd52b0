"""Responses and error responses as Zuora sends them."""

import gzip
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

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


CATEGORY_STATUS = MappingProxyType(
    {10: 403, 11: 401, 30: 400, 40: 404, 45: 405, 50: 409, 60: 500, 61: 500, 70: 429, 90: 400, 99: 500}
)
"""HTTP status by the last two digits of the code, for callers that speak `STATUSES_SINCE` or later."""
STATUSES_SINCE = "2024-05-20"
"""The `Zuora-Version` from which a refusal has an HTTP status; before it, and without one, it is HTTP 200."""
_BAD_INPUT = 400
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call was refused: a code of eight digits, number or text as the API does, and seconds to wait if known."""

    code: int | str
    message: str
    retry_after: int | None = None

    def status(self, version: str) -> int:
        """The HTTP status for a caller that sent `version` as its `Zuora-Version`."""
        if not _DATE.fullmatch(version) or version < STATUSES_SINCE:
            return 200
        return CATEGORY_STATUS.get(int(self.code) % 100, _BAD_INPUT)

    def body(self, request_id: str) -> dict[str, object]:
        """The JSON of the answer; the process id is made from the request's."""
        return {
            "success": False,
            "processId": request_id.replace("-", "")[:16].upper(),
            "requestId": request_id,
            "reasons": [{"code": self.code, "message": self.message}],
        }


class RefusedError(Exception):
    """Ends the handling of a call with a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


SIGNED_OUT = Refusal(90000011, "this resource is protected, please sign in first")
MALFORMED = Refusal(50000090, "Malformed JSON in the request body")
NOT_ALLOWED = Refusal(50000045, "Method not allowed")


def not_found(key: str) -> Refusal:
    """Nothing in this tenant goes by `key`."""
    return Refusal("50000040", f"Cannot find entity by key: '{key}'.")


def throttled(retry_after: int) -> Refusal:
    """One call too many; another may come in `retry_after` seconds."""
    return Refusal(50000070, "Request exceeded limit", retry_after)
