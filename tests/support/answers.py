"""Whole HTTP responses, of Zuora and of proxies, as behaviours."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self

from tests.support.behaviours import Behaviour, Close
from tests.support.payloads import http_status, payload
from tests.support.wire import Wire

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Answer(Behaviour):
    """An HTTP response; `length` is a false `Content-Length`."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    length: int | None = None

    @classmethod
    def of(cls, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Self:
        """Return a response with the value as JSON."""
        return cls(json.dumps(value).encode(), status, headers or {})

    def gzipped(self) -> "Answer":
        """Return the same response, compressed."""
        packer = zlib.compressobj(wbits=31)
        body = packer.compress(self.body) + packer.flush()
        return Answer(body, self.status, {**self.headers, "Content-Encoding": "gzip"}, self.content_type)

    def last(self) -> Behaviour:
        """Return the same response with `Connection: close`."""
        return Answer(self.body, self.status, {**self.headers, "Connection": "close"}, self.content_type) + Close()

    def encoded(self) -> bytes:
        """Return the bytes that are sent."""
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Unheard Of"
        length = len(self.body) if self.length is None else self.length
        headers = {"Content-Type": self.content_type, "Content-Length": str(length), **self.headers}
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items() if value)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body

    async def play(self, wire: Wire) -> None:
        await wire.send(self.encoded())


def reply(name: str) -> Answer:
    """Return a recorded or derived payload by name, with its HTTP status."""
    return Answer(payload(name), http_status(name))


def processing() -> Answer:
    """Return the response for a running job."""
    return reply("recorded-processing")


def refusal(status: int, code: int | str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an error response in Zuora's format."""
    reasons = [{"code": code, "message": message}]
    value = {"success": False, "processId": "0123456789ABCDEF", "requestId": "r-1", "reasons": reasons}
    return Answer.of(value, status, headers)


def signed_out() -> Answer:
    """Return 401: the token is not valid."""
    return reply("recorded-signed-out")


def forbidden() -> Answer:
    """Return 403: the credentials have no access."""
    return refusal(403, 50000010, "You do not have permission.")


def not_found() -> Answer:
    """Return 404: unknown job."""
    return reply("derived-not-found")


def throttled(retry_after: str | None = None, status: int = 429) -> Answer:
    """Return 429 or 503 with this `Retry-After`: seconds, a date, or any text."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return refusal(status, 50000070, "Request exceeded limit", headers)


def server_error(status: int = 500) -> Answer:
    """Return 500 in Zuora's format, or another 5xx as the page of a proxy."""
    return reply("documented-system-error") if status == 500 else html_page(status)


def html_page(status: int = 200) -> Answer:
    """Return a web page."""
    page = "<!doctype html><html><body><h1>Scheduled maintenance</h1></body></html>"
    return Answer(page.encode(), status, content_type="text/html; charset=utf-8")


def redirect(location: str, status: int = 302) -> Answer:
    """Return a redirect: 301, 302, 303, 307 or 308."""
    return Answer(b"", status, {"Location": location})


def token(text: str = "token-1", life: float = 3599) -> Answer:
    """Return a token that is valid for `life` seconds."""
    value = {"access_token": text, "token_type": "bearer", "expires_in": life, "scope": "entity.1", "jti": "j-1"}
    return Answer.of(value)


def invalid_client(status: int = 401) -> Answer:
    """Return the error for refused credentials."""
    return Answer.of({"error": "invalid_client", "error_description": "Bad client credentials"}, status)
