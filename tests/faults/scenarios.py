"""Faults between Zuora and the client, each with its name, and what the client must make of it."""

from dataclasses import dataclass

from tests.support.answers import (
    Answer,
    forbidden,
    html_page,
    invalid_client,
    not_found,
    processing,
    redirect,
    refusal,
    reply,
    server_error,
    signed_out,
    throttled,
    token,
)
from tests.support.behaviours import Close, Drip, Endless, HalfClose, Latency, Raw, Reset, Silence
from tests.support.fault_server import OnAccept
from tests.support.faults import (
    GzipBomb,
    bad_chunks,
    deep_json,
    endless_body,
    endless_chunks,
    endless_headers,
    mistyped,
    not_gzip,
    not_http,
    not_json,
    one_endless_header,
    overlong_body,
    truncated_body,
    truncated_chunks,
    truncated_headers,
)
from tests.support.scripts import Script, when_kept_alive
from zjobtui.models.problem import ProblemKind

SHORT = 0.5
"""Seconds for a request that is expected to reach its deadline."""

AMPLE = 8.0
"""Seconds for a request that is expected to end by itself."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A fault: what the server does, and the result of `calls` calls one after the other.

    `kind` is the problem of each call, None for a good response; `says` is in the problem's text or the report's raw
    one; `jobs` and `tokens` are the complete requests that arrive.
    """

    name: str
    script: Script = None
    token: Script = None
    on_accept: OnAccept | None = None
    kind: ProblemKind | None = None
    says: str = ""
    code: str = ""
    calls: int = 1
    jobs: int = 1
    tokens: int = 1
    limit: float = AMPLE


def good(name: str, script: Script = None, **fields: object) -> Scenario:
    """A fault without visible effect."""
    return Scenario(name=name, script=script, **fields)  # type: ignore[arg-type]


def bad(name: str, script: Script, kind: ProblemKind, **fields: object) -> Scenario:
    """A fault of a job request."""
    return Scenario(name=name, script=script, kind=kind, **fields)  # type: ignore[arg-type]


def unreadable(name: str, body: bytes, says: str = "", status: int = 200) -> Scenario:
    """A body that is not a response about a job."""
    return bad(name, Answer(body, status), ProblemKind.UNREADABLE, says=says)


def broken_off(name: str, script: Script) -> Scenario:
    """A response that ends in the middle of its body, as in an outage."""
    return bad(name, script, ProblemKind.UNREACHABLE, says="the connection was lost in the middle of the response")


def at_sign_in(name: str, script: Script, kind: ProblemKind, **fields: object) -> Scenario:
    """A fault of the token request; no job is then polled."""
    return Scenario(name=name, token=script, kind=kind, jobs=0, **fields)  # type: ignore[arg-type]


def deaf_after_token(connection: int) -> Silence | None:
    """Accept every connection, and read only from the first one."""
    return Silence() if connection > 1 else None


def _token(**fields: object) -> Answer:
    return Answer.of({"access_token": "token-1", "token_type": "bearer", "expires_in": 3599, **fields})


_GOOD = processing()
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_ZIPPED = _GOOD.gzipped()
_STATUS = b'{"success": true, "status": "Processing", "x": '

TIME = [
    good("latency-within-the-limit", Latency(0.2) + _GOOD),
    bad("latency-over-the-limit", Latency(1) + _GOOD, ProblemKind.TIMED_OUT, limit=SHORT),
    bad("body-drips", Drip(_GOOD.encoded(), 20, at_once=80), ProblemKind.TIMED_OUT, limit=SHORT),
    bad("headers-drip", Drip(_GOOD.encoded(), 20, at_once=10), ProblemKind.TIMED_OUT, limit=SHORT),
    good("body-drips-but-comes-in-time", Drip(_GOOD.encoded(), 1000, at_once=120)),
    bad(
        "silence-after-accept",
        None,
        ProblemKind.TIMED_OUT,
        token=token().last(),
        on_accept=deaf_after_token,
        jobs=0,
        limit=SHORT,
    ),
    bad("silence-after-request", Silence(), ProblemKind.TIMED_OUT, limit=SHORT),
    bad("silence-within-headers", Raw(_HEAD) + Silence(), ProblemKind.TIMED_OUT, limit=SHORT),
    bad(
        "silence-within-body",
        Raw(_HEAD + b"Content-Length: 99\r\n\r\n{") + Silence(),
        ProblemKind.TIMED_OUT,
        limit=SHORT,
    ),
    bad("wait-it-says-for-ever", Endless(b"HTTP/1.1 100 Continue\r\n\r\n"), ProblemKind.TIMED_OUT, limit=SHORT),
    good("wait-it-says-first", Raw(b"HTTP/1.1 100 Continue\r\n\r\n") + _GOOD),
    good("hints-come-first", Raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") + _GOOD),
]

CONNECTION = [
    bad("reset-after-request", Reset(), ProblemKind.UNREACHABLE),
    bad("closed-after-request", Close(), ProblemKind.UNREACHABLE, says="closed the connection"),
    bad("half-closed-after-request", HalfClose(), ProblemKind.UNREACHABLE),
    bad(
        "reset-on-accept",
        None,
        ProblemKind.UNREACHABLE,
        token=token().last(),
        on_accept=lambda number: Reset() if number > 1 else None,
        jobs=0,
    ),
    good("kept-alive-connection-closed-after-each-answer", _GOOD.last(), calls=8, jobs=8),
    good("kept-alive-connection-closed-without-a-word", _GOOD + Close(), calls=8, jobs=8),
    good("kept-alive-connection-dropped-on-next-request", when_kept_alive(Close()), calls=8, jobs=15),
    good("kept-alive-connection-reset-on-next-request", when_kept_alive(Reset()), calls=8, jobs=15),
    bad("headers-truncated", truncated_headers(), ProblemKind.UNREACHABLE),
    bad("another-protocol", not_http(), ProblemKind.UNREADABLE, says="not HTTP"),
    bad("headers-endless", endless_headers(), ProblemKind.UNREADABLE),
    bad("one-header-endless", one_endless_header(), ProblemKind.TOO_LARGE),
    good("more-than-the-length-says", overlong_body(), calls=1),
]

BODY = [
    broken_off("body-truncated", truncated_body()),
    broken_off("body-reset", Raw(_HEAD + b"Content-Length: 99\r\n\r\n{") + Reset()),
    broken_off("body-truncated-later", Raw(_HEAD + b"Content-Length: 99\r\n\r\n{") + Latency(0.1) + Close()),
    broken_off("body-missing", Raw(_HEAD + b"Content-Length: 99\r\n\r\n") + Close()),
    broken_off("body-without-a-length-truncated", Raw(_HEAD + b"\r\n" + _GOOD.body[:-3]) + Latency(0.1) + Close()),
    broken_off("body-without-a-length-reset", Raw(_HEAD + b"\r\n" + _GOOD.body[:-3]) + Latency(0.1) + Reset()),
    broken_off("body-without-a-length-missing", Raw(_HEAD + b"\r\n") + Close()),
    good("body-without-a-length", Raw(_HEAD + b"\r\n" + _GOOD.body) + Close()),
    bad("page-without-a-length", Raw(_HEAD + b"\r\n<html>") + Close(), ProblemKind.UNREADABLE, says="not JSON"),
    broken_off("gzip-truncated", truncated_body(_ZIPPED, missing=20)),
    broken_off("gzip-without-its-end", Answer(_ZIPPED.body[:-9], headers=_ZIPPED.headers)),
    bad("gzip-that-is-none", not_gzip(), ProblemKind.UNREADABLE, says="not valid gzip"),
    bad("encoding-that-was-not-requested", Answer(b"x", headers={"Content-Encoding": "br"}), ProblemKind.UNREADABLE),
    good("gzip", _ZIPPED),
    bad("chunk-size-that-is-no-number", bad_chunks(), ProblemKind.UNREADABLE),
    broken_off("chunks-truncated", truncated_chunks()),
    broken_off("chunk-reset", Raw(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{") + Latency(0.1) + Reset()),
    bad("body-endless", endless_body(), ProblemKind.TOO_LARGE),
    bad("chunks-endless", endless_chunks(), ProblemKind.TOO_LARGE),
    bad("body-of-2-mib", Answer(b" " * (2 << 20)), ProblemKind.TOO_LARGE),
    bad("gzip-bomb-of-200-mib", GzipBomb(200), ProblemKind.TOO_LARGE),
    good("json-by-another-type", mistyped()),
    good("json-by-a-page's-type", mistyped("text/html")),
    good("json-without-a-type", mistyped("")),
    bad("a-page-with-status-200", html_page(200), ProblemKind.UNREADABLE, says="not JSON"),
    bad("a-page-with-status-404", html_page(404), ProblemKind.UNREADABLE, says="404"),
    unreadable("no-body", b""),
    unreadable("no-content", b"", status=204),
    bad("text", not_json(), ProblemKind.UNREADABLE, says="not JSON"),
    unreadable("json-array", b"[" + _GOOD.body + b"]", "not an object"),
    unreadable("json-text", b'"Completed"', "not an object"),
    unreadable("json-null", b"null", "not an object"),
    unreadable("json-object-without-a-status", b'{"success": true}', "not a response about a job"),
    unreadable("json-status-that-is-a-number", b'{"success": true, "status": 1}', "not a response about a job"),
    bad("json-100000-deep", deep_json(), ProblemKind.UNREADABLE),
    unreadable("json-101-deep", _STATUS + b"[" * 101 + b"]" * 101 + b"}", "too deeply"),
    unreadable("json-integer-of-5000-digits", _STATUS + b"9" * 5000 + b"}", "not JSON"),
    good("json-number-beyond-every-float", Answer(_STATUS + b"1e999999}")),
    unreadable("json-nan", _STATUS + b"NaN}", "NaN"),
    unreadable("json-infinity", _STATUS + b"-Infinity}", "Infinity"),
    unreadable(
        "json-status-twice", b'{"success": true, "status": "Processing", "status": "Completed"}', "duplicate field"
    ),
    unreadable("json-cut-off", _GOOD.body[:-3], "not JSON"),
    good("json-lone-surrogate", Answer(_STATUS + rb'"\ud800"}')),
    good("json-bytes-that-are-no-text", Answer(_STATUS + b'"\xff\xfe"}')),
    good("json-after-a-byte-order-mark", Answer(b"\xef\xbb\xbf" + _GOOD.body)),
    bad("json-in-utf-16", Answer(_GOOD.body.decode().encode("utf-16")), ProblemKind.UNREADABLE, says="not JSON"),
]

REFUSALS = [
    bad("success-false-alone", Answer.of({"success": False}), ProblemKind.REFUSED, says="without a reason"),
    bad("success-false-and-completed", Answer.of({"success": False, "status": "Completed"}), ProblemKind.REFUSED),
    bad("success-false-as-a-text", Answer.of({"success": "false", "status": "Completed"}), ProblemKind.UNREADABLE),
    bad("success-0", Answer.of({"success": 0, "status": "Completed"}), ProblemKind.UNREADABLE),
    bad("success-false-with-odd-reasons", Answer.of({"success": False, "reasons": [[], 7, None]}), ProblemKind.REFUSED),
    bad("unknown-to-zuora-as-recorded", reply("recorded-unknown-to-zuora"), ProblemKind.NOT_FOUND),
    good("signed-out-once", [signed_out()], jobs=2, tokens=2),
    bad("signed-out-always", signed_out(), ProblemKind.SIGNED_OUT, calls=3, jobs=2, tokens=2),
    bad("signed-out-by-a-page", html_page(401), ProblemKind.UNREADABLE, jobs=2, tokens=2),
    bad("forbidden", forbidden(), ProblemKind.FORBIDDEN, code="50000010"),
    bad("forbidden-by-a-page", html_page(403), ProblemKind.UNREADABLE),
    bad("not-found", not_found(), ProblemKind.NOT_FOUND),
    bad("conflict", refusal(409, 50000050, "locked"), ProblemKind.SERVER_ERROR, code="50000050"),
    bad("gone", html_page(410), ProblemKind.UNREADABLE),
    bad("teapot", Answer.of({"message": "no"}, 418), ProblemKind.REFUSED, says="no"),
    bad("unknown-status", Answer.of({}, 799), ProblemKind.SERVER_ERROR),
]

_CATEGORIES = [
    (10, 403, ProblemKind.FORBIDDEN),
    (11, 401, ProblemKind.SIGNED_OUT),
    (20, 400, ProblemKind.REFUSED),
    (21, 400, ProblemKind.REFUSED),
    (22, 400, ProblemKind.REFUSED),
    (23, 400, ProblemKind.REFUSED),
    (27, 400, ProblemKind.REFUSED),
    (30, 400, ProblemKind.REFUSED),
    (40, 404, ProblemKind.NOT_FOUND),
    (45, 405, ProblemKind.REFUSED),
    (50, 409, ProblemKind.SERVER_ERROR),
    (60, 500, ProblemKind.SERVER_ERROR),
    (61, 500, ProblemKind.SERVER_ERROR),
    (70, 429, ProblemKind.THROTTLED),
    (90, 400, ProblemKind.REFUSED),
    (99, 500, ProblemKind.SERVER_ERROR),
]

CATEGORIES = [
    bad(
        f"category-{category}-as-http-{status}",
        refusal(status, code, "so it is"),
        kind,
        says="so it is",
        code=str(code),
        jobs=2 if category == 11 else 1,
        tokens=2 if category == 11 else 1,
    )
    for category, http_status, kind in _CATEGORIES
    for status, code in ((http_status, 50000000 + category), (200, f"{50000000 + category}"))
]

SERVER = [
    bad("server-error-as-documented", server_error(), ProblemKind.SERVER_ERROR, code="SystemError"),
    *(
        bad(f"server-error-{status}-by-a-page", server_error(status), ProblemKind.UNAVAILABLE, says=str(status))
        for status in (501, 502, 503, 504, 520)
    ),
    bad("server-error-without-a-body", Answer(b"", 500), ProblemKind.UNAVAILABLE),
    bad("server-error-with-a-completed-job", Answer.of({"status": "Completed"}, 500), ProblemKind.SERVER_ERROR),
]

RETRY_AFTER = [None, "30", "Mon, 23 Nov 2026 14:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "-5", "soon", "1000000000"]

THROTTLING = [
    bad(f"throttled-{status}-until-{after}", throttled(after, status), ProblemKind.THROTTLED, code="50000070")
    for status in (429, 503)
    for after in RETRY_AFTER
]

SIGN_IN = [
    good("token-is-slow", token=Latency(0.2) + token()),
    at_sign_in("token-never-comes", Silence(), ProblemKind.TIMED_OUT, limit=SHORT),
    at_sign_in("token-drips", Drip(token().encoded(), 20, at_once=20), ProblemKind.TIMED_OUT, limit=SHORT),
    at_sign_in("token-reset", Reset(), ProblemKind.UNREACHABLE),
    at_sign_in("token-is-a-page", html_page(200), ProblemKind.UNREADABLE),
    at_sign_in("token-is-no-json", not_json(), ProblemKind.UNREADABLE),
    at_sign_in("token-is-a-bomb", GzipBomb(200), ProblemKind.TOO_LARGE),
    at_sign_in("token-is-endless", endless_body(), ProblemKind.TOO_LARGE),
    at_sign_in("token-is-empty", _token(access_token=""), ProblemKind.UNREADABLE),
    at_sign_in("token-is-a-list", _token(access_token=["token-1"]), ProblemKind.UNREADABLE),
    at_sign_in("token-with-a-line-feed", _token(access_token="a\r\nX-More: b"), ProblemKind.UNREADABLE),
    at_sign_in("token-with-a-blank", _token(access_token="a b"), ProblemKind.UNREADABLE),
    at_sign_in("token-in-chinese", _token(access_token="令牌"), ProblemKind.UNREADABLE),
    good("token-without-its-life", token=Answer.of({"access_token": "token-1"})),
    good("token-with-a-huge-life", token=Answer(b'{"access_token": "token-1", "expires_in": 1e400}'), calls=3, jobs=3),
    good("token-with-a-negative-life", token=_token(expires_in=-1), calls=3, jobs=3),
    good("token-with-a-life-in-words", token=_token(expires_in="an hour"), calls=3, jobs=3),
    at_sign_in("token-client-refused", invalid_client(), ProblemKind.SIGNED_OUT, calls=4),
    at_sign_in("token-client-refused-with-400", invalid_client(400), ProblemKind.SIGNED_OUT, calls=4),
    at_sign_in("token-client-refused-with-200", invalid_client(200), ProblemKind.SIGNED_OUT, calls=4),
    at_sign_in("token-client-refused-in-zuora's-words", refusal(200, 90000011, "no"), ProblemKind.SIGNED_OUT, calls=4),
    at_sign_in("token-forbidden", forbidden(), ProblemKind.SIGNED_OUT, calls=4),
    at_sign_in("token-forbidden-by-a-page", html_page(403), ProblemKind.UNREADABLE, calls=4, tokens=4),
    at_sign_in("token-not-found", Answer.of({"message": "no tenant"}, 404), ProblemKind.SIGNED_OUT, calls=4),
    at_sign_in("token-not-found-by-a-page", html_page(404), ProblemKind.UNREADABLE, says="404", calls=4, tokens=4),
    at_sign_in("token-a-page-with-status-400", html_page(400), ProblemKind.UNREADABLE, calls=4, tokens=4),
    at_sign_in("token-broke-off", truncated_body(token()), ProblemKind.UNREACHABLE, says="connection was lost"),
    at_sign_in("token-throttled", throttled("60"), ProblemKind.THROTTLED, calls=4),
    at_sign_in("token-throttled-with-503", throttled("60", 503), ProblemKind.THROTTLED, calls=4),
    at_sign_in("token-throttled-for-an-unknown-time", throttled(), ProblemKind.THROTTLED, calls=4, tokens=4),
    at_sign_in("token-server-error", server_error(), ProblemKind.SERVER_ERROR),
    at_sign_in("token-server-error-by-a-page", server_error(503), ProblemKind.UNAVAILABLE),
    at_sign_in("token-elsewhere", redirect("https://127.0.0.1:1/oauth/token", 307), ProblemKind.REDIRECTED),
    good("token-at-the-second-try", token=[token("a"), token("b")], script=[signed_out()], jobs=2, tokens=2),
]

SCENARIOS: tuple[Scenario, ...] = (
    *TIME,
    *CONNECTION,
    *BODY,
    *REFUSALS,
    *CATEGORIES,
    *SERVER,
    *THROTTLING,
    *SIGN_IN,
)
