"""Network errors as problems that name what failed: host, proxy, certificate, time or size."""

import os
import re
import ssl
import zlib

import aiohttp
import httpx
from aiohttp.http_exceptions import LineTooLong

from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.text import clean, shorten
from zjobtui.zuora.mask import Mask
from zjobtui.zuora.proxy import Proxy

BROKE_OFF = "the connection was lost in the middle of the response"

_PROXY_ADVICE = {
    401: "; it requires a user and a password",  # tinyproxy
    403: "; it does not allow this host",
    407: "; it requires a user and a password",
}


class BodyError(ValueError):
    """The body cannot be read; the message says why."""


class IncompleteBodyError(BodyError):
    """The response ends in the middle of its body."""


class TooLargeError(BodyError):
    """The response exceeds a limit."""


class DroppedError(aiohttp.ClientConnectionError):
    """The other side closed a new connection instead of responding; the cause says how."""


def problem_of(error: Exception, mask: Mask, proxy: Proxy | None, *, is_connected: bool) -> Problem:
    """Return the problem that an error of a request means.

    `is_connected` says whether there was a connection to the host; without one, the proxy may be at fault.
    """
    cause = _aiohttp_cause(error)
    is_at_proxy = proxy is not None and not is_connected
    match cause:
        case BodyError() | zlib.error() | aiohttp.ClientPayloadError() | aiohttp.ClientResponseError():
            return _problem_of_response(cause, proxy)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            via = f", through the proxy {proxy.address}" if proxy and is_at_proxy else ""
            return Problem(ProblemKind.UNTRUSTED, _error_text(cause, mask) + via)
        case TimeoutError() | httpx.TimeoutException():
            detail = "no connection through the proxy in time" if is_at_proxy else "no complete response in time"
            return Problem(ProblemKind.TIMED_OUT, detail)
        case aiohttp.ServerDisconnectedError():
            return Problem(ProblemKind.UNREACHABLE, f"the {'proxy' if is_at_proxy else 'host'} closed the connection")
        case aiohttp.ClientConnectorDNSError():
            owner = " of the proxy" if is_at_proxy else ""
            return Problem(ProblemKind.UNREACHABLE, f"the host name{owner} is not known")
        case aiohttp.ClientProxyConnectionError():
            return Problem(ProblemKind.UNREACHABLE, f"the proxy cannot be reached: {_error_text(cause, mask)}")
        case _:
            lead = "no connection through the proxy: " if is_at_proxy else ""
            return Problem(ProblemKind.UNREACHABLE, lead + _error_text(cause, mask))


def _problem_of_response(error: BaseException, proxy: Proxy | None) -> Problem:
    match error:
        case TooLargeError():
            return Problem(ProblemKind.TOO_LARGE, str(error))
        case IncompleteBodyError():
            return Problem(ProblemKind.UNREACHABLE, str(error))
        case BodyError():
            return Problem(ProblemKind.UNREADABLE, str(error))
        case zlib.error():
            return Problem(ProblemKind.UNREADABLE, "the response is not valid gzip")
        case aiohttp.ClientPayloadError():
            return Problem(ProblemKind.UNREACHABLE, BROKE_OFF)
        case aiohttp.ClientHttpProxyError():
            advice = _PROXY_ADVICE.get(error.status, "")
            if error.status in {401, 407} and proxy and proxy.user:
                advice = "; it does not accept the user and password"
            return Problem(ProblemKind.UNREACHABLE, f"the proxy refused the connection: HTTP {error.status}{advice}")
        case _ if _has_cause(error, LineTooLong):
            return Problem(ProblemKind.TOO_LARGE, "the headers are too large")
        case _:
            return Problem(ProblemKind.UNREADABLE, "the response is not HTTP")


def _aiohttp_cause(error: BaseException) -> BaseException:
    """Return the error behind those of httpx and of the transport."""
    while isinstance(error, httpx.TransportError | DroppedError) and error.__cause__:
        error = error.__cause__
    return error


def _has_cause(error: BaseException | None, kind: type[Exception]) -> bool:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__
    return error is not None


def _words(name: str) -> str:
    """Return the name of an exception as words: `connection reset` for `ConnectionResetError`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Error")).lower()


def _error_text(error: BaseException, mask: Mask) -> str:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    text = (isinstance(inner, OSError) and inner.strerror) or str(inner) or _words(type(inner).__name__)
    if text.startswith("Connect call failed") and isinstance(inner, OSError) and inner.errno:
        text = os.strerror(inner.errno).lower()  # asyncio's own message does not help a user
    return shorten(clean(mask.mask_text(text)), 200)
