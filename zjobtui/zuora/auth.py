"""Token provider: one access token for all calls of a tenant, renewed in time and dropped if Zuora refuses it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.clock import Clock
from zjobtui.models.json_value import Json
from zjobtui.models.observation import Failure
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.reason import Category, Reason
from zjobtui.models.tenant import BearerToken, Credentials
from zjobtui.models.text import shorten
from zjobtui.zuora.json_reader import Fields, NotReadableError, read_object
from zjobtui.zuora.parser import first_reason, unreadable

RENEW_AT = 0.85
"""Share of a token's lifetime after which it is renewed, well before it expires."""

PAUSE = 50.0
"""Seconds without a token request after the credentials or a new token were refused (Zuora allows 100 a minute per
address). Credentials that were corrected meanwhile work within a minute.
"""

MAX_EARLY_REFUSALS = 3
"""Tokens that may be refused before they expire within `PAUSE` seconds; after more, no token is requested for as long.
"""

SOONEST = 1.0
"""Shortest seconds between two renewals, however short the lifetime of tokens."""

RENEW_AGAIN = 10.0
"""Seconds until the next attempt when a renewal failed while the old token is still valid."""

_DEFAULT_LIFE = 300.0
_LONGEST_LIFE = 86_400.0
_REFUSALS = frozenset({"invalid_client", "unauthorized_client", "invalid_grant", "invalid_request", "unauthorized"})
_BY_CATEGORY = {
    Category.AUTHENTICATION: ProblemKind.SIGNED_OUT,
    Category.PERMISSION: ProblemKind.SIGNED_OUT,
    Category.LOCK: ProblemKind.SERVER_ERROR,
    Category.INTERNAL: ProblemKind.SERVER_ERROR,
    Category.TEMPORARY: ProblemKind.SERVER_ERROR,
    Category.INTEGRATION: ProblemKind.SERVER_ERROR,
}
_BEARERS = ("tenant.", "user.", "entity.")


class Token(Struct, frozen=True):
    """An access token and its lifetime in seconds."""

    text: str
    life: float = _DEFAULT_LIFE

    def __repr__(self) -> str:
        return f"Token(…, life={self.life})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:  # by that of `Struct` Rich would show all fields
        return [("life", self.life)]


FetchToken = Callable[[], Awaitable[Token | Failure]]
"""Requests a token; returns it, or the failure with the response's status and `Retry-After`."""


class TokenProvider:
    """Own the token. `token()` may be called by any number of calls at once; at most one request is in flight.

    Meanwhile the other calls use the old token if it is still valid. Calls that waited while a request failed share its
    failure, so that none of them waits for a request of its own. No request is sent before a `Retry-After` ends, nor
    for `PAUSE` seconds after the credentials were refused; until then each call fails with what is left of that time as
    its `retry_after`.
    """

    def __init__(self, credentials: Credentials, fetch: FetchToken, clock: Clock) -> None:
        self._bearer_token = credentials.token.reveal() if isinstance(credentials, BearerToken) else None
        self._fetch = fetch
        self._clock = clock
        self._gate = asyncio.Lock()
        self._token: str | None = self._bearer_token
        self._renew_at = self._ends_at = float("inf") if self._bearer_token else 0.0
        self._is_first_use = False
        self._early_refusals: deque[float] = deque(maxlen=MAX_EARLY_REFUSALS)
        self._requests = 0
        self._failure: Failure | None = None
        self._is_refusal = False
        self._not_before = 0.0

    async def token(self) -> str | Failure:
        """Return a token to use now, or the failure."""
        if self._is_usable() or (self._gate.locked() and self._is_alive()):
            return self._token or ""
        requests = self._requests
        async with self._gate:
            if self._is_usable():
                return self._token or ""
            if self._failure is not None and requests != self._requests:
                return self._failure
            return self._standing_pause() or await self._renew()

    def confirm(self, token: str) -> None:
        """Note that Zuora accepted the token."""
        if token == self._token:
            self._is_first_use = False

    def invalidate(self, token: str, problem: Problem) -> bool:
        """Note that Zuora refused the token with 401; return whether to retry with another one.

        True the first time for all calls that used it. If the next token is refused as well, so are the credentials,
        and no token is requested for `PAUSE` seconds; the same if several tokens in a row are refused early.
        """
        if token != self._token:
            return not self._is_refused()
        now, self._token = self._clock.boot(), None
        is_often = len(self._early_refusals) == MAX_EARLY_REFUSALS and now - self._early_refusals[0] < PAUSE
        if self._bearer_token is not None or self._is_first_use or is_often:
            self._refuse(Failure(problem, self._clock.now()))
            return False
        self._is_first_use = True
        self._early_refusals.append(now)
        return True

    def reset(self) -> None:
        """Forget that the credentials were refused: the user asked to try again."""
        if self._is_refused():
            self._failure, self._not_before, self._is_refusal = None, 0.0, False
        self._is_first_use = False
        self._early_refusals.clear()

    def _is_usable(self) -> bool:
        return self._token is not None and self._clock.boot() < self._renew_at

    def _is_alive(self) -> bool:
        return self._token is not None and self._clock.boot() < self._ends_at

    def _standing_pause(self) -> Failure | None:
        """Return the last failure, with the rest of its `Retry-After` in seconds, or None if that has ended."""
        left = self._not_before - self._clock.boot()
        if self._failure is None or left <= 0:
            return None
        call = replace(self._failure.call, rate_limits=RateLimits(retry_after=left))
        return replace(self._failure, at=self._clock.now(), call=call)

    def _is_refused(self) -> bool:
        return self._is_refusal and self._clock.boot() < self._not_before

    def _refuse(self, failure: Failure) -> Failure:
        """Note a refusal of the credentials; return it with the time until the next request."""
        pause = max(PAUSE, failure.call.rate_limits.retry_after or 0.0)
        self._token, self._is_refusal = None, True
        self._not_before = self._clock.boot() + pause
        call = replace(failure.call, rate_limits=RateLimits(retry_after=pause))
        self._failure = replace(failure, call=call)
        return self._failure

    async def _renew(self) -> str | Failure:
        if self._bearer_token is not None:
            self._token, self._is_refusal = self._bearer_token, False
            return self._bearer_token
        result = await self._fetch()
        now = self._clock.boot()
        self._requests += 1
        if isinstance(result, Token):
            self._token, self._failure, self._is_refusal = result.text, None, False
            self._renew_at, self._ends_at = now + max(result.life * RENEW_AT, SOONEST), now + result.life
            return result.text
        self._failure = result
        self._is_refusal = result.problem.kind in {ProblemKind.SIGNED_OUT, ProblemKind.MISCONFIGURED}
        if self._is_refusal:
            return self._refuse(result)
        self._not_before = now + (result.call.rate_limits.retry_after or 0.0)
        if self._token is not None and self._is_alive():
            self._renew_at = min(max(now + RENEW_AGAIN, self._not_before), self._ends_at)
            return self._token
        return result


def read_token(http_status: int, body: bytes, location: str = "") -> Token | Problem:
    """Parse a response of `POST /oauth/token`; never raises. `location` is where a redirection leads."""
    if 300 <= http_status < 400:
        return unreadable(http_status, body, "", location)
    try:
        content = read_object(body)
    except NotReadableError as fault:
        return unreadable(http_status, body, str(fault))
    fields = Fields(content)
    token, life = fields.text("access_token"), fields.amount("expires_in")
    if not 200 <= http_status < 300 or not token:
        return _refusal(http_status, content)
    if not (token.isascii() and token.isprintable() and " " not in token):
        return Problem(ProblemKind.UNREADABLE, "the token contains invalid characters")
    return Token(token, _life(life))


def read_token_owner(body: bytes) -> str:
    """Return tenant, user and entities of a token, as far as its `scope` names them; never raises."""
    try:
        scope = Fields(read_object(body)).text("scope")
    except NotReadableError:
        return ""
    return ", ".join(" ".join(word.split(".", 1)) for word in scope.split() if word.startswith(_BEARERS))


def _life(life: Decimal | None) -> float:
    if life is None or life <= 0:
        return _DEFAULT_LIFE
    return min(float(life), _LONGEST_LIFE)


def _refusal(http_status: int, content: dict[str, Json]) -> Problem:
    """Return what a JSON object without a token means.

    One that gives a reason is a refusal of the credentials, whatever its status, unless status or code say otherwise.
    A 400 or 404 without a reason comes from a gateway.
    """
    reason, error = first_reason(content), content.get("error")
    if isinstance(error, str) and error in _REFUSALS:
        return Problem(ProblemKind.SIGNED_OUT, error.replace("_", " "), "")
    code = reason.code if reason.code.isdecimal() else ""
    message = reason.message or ("" if code else reason.code.replace("_", " "))
    is_reasoned = bool(message or code or content.get("success") is False)
    detail = shorten(message, 300) or f"HTTP {http_status}, no token in the response"
    return Problem(_kind(http_status, reason, is_reasoned=is_reasoned), detail, code)


def _kind(http_status: int, reason: Reason, *, is_reasoned: bool) -> ProblemKind:
    if http_status == 429 or reason.category is Category.LIMIT:
        return ProblemKind.THROTTLED
    if http_status in {401, 403}:
        return ProblemKind.SIGNED_OUT
    if http_status in {407, 511}:
        return ProblemKind.UNREADABLE
    if (kind := _BY_CATEGORY.get(reason.category)) is not None:
        return kind
    if http_status in {200, 400, 404} and is_reasoned:
        return ProblemKind.SIGNED_OUT
    if http_status < 500:
        return ProblemKind.UNREADABLE
    return ProblemKind.UNAVAILABLE if http_status in {502, 503, 504} else ProblemKind.SERVER_ERROR
