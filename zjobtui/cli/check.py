"""One check of `doctor`."""

from enum import Enum

from msgspec import Struct


class CheckStatus(Enum):
    """The result of a check, with the sign that is printed before it."""

    FINE = "✓"
    ATTENTION = "!"
    WRONG = "✗"


class Check(Struct, frozen=True):
    """One check: the part that it belongs to, its name in JSON, its result, and what to do if it is not fine."""

    part: str
    name: str
    status: CheckStatus
    text: str
    advice: str = ""


def make_check(
    part: str, name: str, text: str, advice: str, *, is_fine: bool, otherwise: CheckStatus = CheckStatus.ATTENTION
) -> Check:
    """Return a check that is fine, or has the status `otherwise` and advice."""
    return Check(part, name, CheckStatus.FINE if is_fine else otherwise, text, "" if is_fine else advice)
