"""Reasons: Zuora's error codes, what they mean, and what the user can do."""

import re
from dataclasses import dataclass
from enum import Enum

_CODED = re.compile(r"\[(\d{8})\]:?\s*(.*)", re.DOTALL)


class Category(Enum):
    """The last two digits of a code: what happened, and what the user can do (Zuora's error handling page)."""

    PERMISSION = (
        "no permission",
        "The user behind the credentials may not do this.",
        "Ask for the permission, or sign in as another.",
    )
    AUTHENTICATION = (
        "not signed in",
        "The credentials were not accepted.",
        "Usually a client id is used against another tenant's host.",
    )
    INPUT = (
        "bad input",
        "Something in the request was wrong.",
        "Correct it and submit it again where it came from.",
    )
    RULE = (
        "business rule",
        "A rule of the tenant forbids it; the message says which.",
        "The order must change before another try.",
    )
    NOT_FOUND = (
        "not found",
        "Something the request names does not exist in this tenant, or no longer.",
        "Look it up, correct the request, and submit it again where it came from.",
    )
    METHOD = (
        "not allowed",
        "This operation is not available here.",
        "Ask Zuora's support whether the tenant can have it.",
    )
    LOCK = (
        "lock contention",
        "Another call or a bill run held the account at that moment.",
        "Zuora asks to retry later; zjobtui only reads, so submit it again where it came from.",
    )
    INTERNAL = (
        "internal error",
        "Zuora had an internal error.",
        "Try again once; if it persists, give support the code, the time and the ids.",
    )
    TEMPORARY = (
        "temporary error",
        "Zuora could not do it at that moment.",
        "Submit it again later where it came from.",
    )
    LIMIT = ("limit reached", "The tenant has used up a limit.", "Wait, or submit fewer at once.")
    MALFORMED = ("malformed request", "The request was not readable JSON.", "Correct it where it came from.")
    INTEGRATION = (
        "integration error",
        "A system behind Zuora, such as a tax or payment gateway, failed.",
        "Try again, then look there.",
    )
    OTHER = ("error", "", "")

    def __init__(self, title: str, meaning: str, advice: str) -> None:
        self.title = title
        self.meaning = meaning
        self.advice = advice


_BY_DIGITS = {
    10: Category.PERMISSION,
    11: Category.AUTHENTICATION,
    **dict.fromkeys((20, 21, 22, 23, 27), Category.INPUT),
    30: Category.RULE,
    40: Category.NOT_FOUND,
    45: Category.METHOD,
    50: Category.LOCK,
    60: Category.INTERNAL,
    61: Category.TEMPORARY,
    70: Category.LIMIT,
    90: Category.MALFORMED,
    99: Category.INTEGRATION,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """An error of Zuora: `code` is eight digits, a word such as SystemError, or empty."""

    code: str
    message: str

    @property
    def category(self) -> Category:
        """What the code's last two digits mean; `OTHER` for a code that is not a number."""
        if len(self.code) == 8 and self.code.isdecimal():
            return _BY_DIGITS.get(int(self.code) % 100, Category.OTHER)
        return Category.INTERNAL if self.code == "SystemError" else Category.OTHER

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}" if self.code else self.message


def read_reason(text: str) -> Reason:
    """Parse a reason such as `[40000050]: Operation failed …`; without a code the text is unchanged."""
    match = _CODED.fullmatch(text.strip())
    return Reason(match[1], match[2]) if match else Reason("", text.strip())
