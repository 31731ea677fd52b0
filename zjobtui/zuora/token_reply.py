"""Reads what `POST /oauth/token` answered."""

from decimal import Decimal

from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.text import shorten
from zjobtui.zuora.json_reader import Fields
from zjobtui.zuora.parser import NotReadableError, read_object

_DEFAULT_LIFE = 300.0
_LONGEST_LIFE = 86_400.0
_REFUSALS = frozenset({"invalid_client", "unauthorized_client", "invalid_grant", "invalid_request", "unauthorized"})

_BEARERS = ("tenant.", "user.", "entity.")


def read_token(http_status: int, body: bytes) -> tuple[str, float] | Problem:
    """The token and its life in seconds, or why there is none; never raises."""
    try:
        fields = Fields(read_object(body))
    except NotReadableError as fault:
        return _refusal(http_status, Fields({}), str(fault))
    token, life = fields.text("access_token"), fields.amount("expires_in")
    if not 200 <= http_status < 300 or not token:
        return _refusal(http_status, fields, "no token in the answer")
    if not (token.isascii() and token.isprintable() and " " not in token):
        return Problem(ProblemKind.UNREADABLE, "the token holds characters that no token has")
    return token, _life(life)


def read_who(body: bytes) -> str:
    """Tenant, user and entities that a token is for, as far as its `scope` names them; never raises."""
    try:
        scope = Fields(read_object(body)).text("scope")
    except NotReadableError:
        return ""
    return ", ".join(" ".join(word.split(".", 1)) for word in scope.split() if word.startswith(_BEARERS))


def _life(life: Decimal | None) -> float:
    if life is None or life <= 0:
        return _DEFAULT_LIFE
    return min(float(life), _LONGEST_LIFE)


def _refusal(http_status: int, fields: Fields, otherwise: str) -> Problem:
    error, description = fields.text("error"), fields.text("error_description")
    reasons = fields.reasons("reasons")
    said = error.replace("_", " ") or description or fields.text("message") or (reasons[0].message if reasons else "")
    detail = shorten(said, 300) or f"HTTP {http_status}, {otherwise}"
    return Problem(_kind(http_status, error), detail, reasons[0].code if reasons else "")


def _kind(http_status: int, error: str) -> ProblemKind:
    if error in _REFUSALS or http_status in {400, 401}:
        return ProblemKind.SIGNED_OUT
    if 300 <= http_status < 400:
        return ProblemKind.REDIRECTED
    if http_status >= 500:
        return ProblemKind.SERVER_ERROR
    return {403: ProblemKind.FORBIDDEN, 429: ProblemKind.THROTTLED, 404: ProblemKind.REFUSED}.get(
        http_status, ProblemKind.UNREADABLE
    )
