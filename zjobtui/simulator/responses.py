"""Responses and error responses as Zuora sends them."""

import gzip
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from aiohttp import web
from msgspec import Struct

GZIP_OVER = 1_000
"""Bytes; a body up to this size is never compressed (Zuora's reference page)."""


@dataclass(frozen=True)
class Body:
    """An encoded JSON body, which is encoded and compressed only once."""

    plain: bytes = field(repr=False)

    @classmethod
    def of(cls, content: object) -> "Body":
        """Encode `content` as JSON."""
        return cls(json.dumps(content, ensure_ascii=False).encode())

    @cached_property
    def compressed(self) -> bytes:
        """The body, compressed by gzip."""
        return gzip.compress(self.plain, compresslevel=6, mtime=0)


def json_response(body: Body, request: web.Request, status: int = 200) -> web.Response:
    """Return a response to `request`, compressed if the body is long and the client accepts gzip."""
    if len(body.plain) > GZIP_OVER and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers = {"Content-Encoding": "gzip"}
        return web.Response(body=body.compressed, status=status, headers=headers, content_type="application/json")
    return web.Response(body=body.plain, status=status, content_type="application/json", charset="utf-8")


CATEGORY_STATUS = MappingProxyType(
    {10: 403, 11: 401, 30: 400, 40: 404, 45: 405, 50: 409, 60: 500, 61: 500, 70: 429, 90: 400, 99: 500}
)
"""HTTP status by the last two digits of the code, for clients with `STATUSES_SINCE` or later."""
STATUSES_SINCE = "2024-05-20"
"""The `Zuora-Version` from which a refusal has an HTTP status; with an older or no version it is HTTP 200."""
_BAD_INPUT = 400
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Refusal(Struct, frozen=True):
    """Why a call was refused: a code of eight digits, as number or text like in the API, and seconds to wait."""

    code: int | str
    message: str
    retry_after: int | None = None

    def status(self, version: str) -> int:
        """Return the HTTP status for a client that sent this `Zuora-Version`."""
        if not _DATE.fullmatch(version) or version < STATUSES_SINCE:
            return 200
        return CATEGORY_STATUS.get(int(self.code) % 100, _BAD_INPUT)

    def body(self, request_id: str) -> dict[str, object]:
        """Return the JSON of the response; the process id is made from the request id."""
        return {
            "success": False,
            "processId": request_id.replace("-", "")[:16].upper(),
            "requestId": request_id,
            "reasons": [{"code": self.code, "message": self.message}],
        }


class RefusedError(Exception):
    """Raised to respond to a call with a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


SIGNED_OUT = Refusal(90000011, "this resource is protected, please sign in first")
MALFORMED = Refusal(50000090, "Malformed JSON in the request body")
NO_ACCOUNT = Refusal(53100020, " {com.zuora.constraints.either_or_both}")
"""An order without an account, in the words of a real tenant, with the blank at the start."""
NOT_ALLOWED = Refusal(50000045, "Method not allowed")


def not_found(key: str) -> Refusal:
    """Return the refusal for an unknown key."""
    return Refusal("50000040", f"Cannot find entity by key: '{key}'.")


def throttled(retry_after: int) -> Refusal:
    """Return the refusal for a call above the limit; the next may come in `retry_after` seconds."""
    return Refusal(50000070, "Request exceeded limit", retry_after)
