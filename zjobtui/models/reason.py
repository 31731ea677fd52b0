"""Reasons: Zuora's error codes, what they mean, and what the user can do."""

import re
from dataclasses import dataclass
from enum import Enum

_CODED = re.compile(r"\[(\d{8})\]:?\s*(.*)", re.DOTALL)


class Category(Enum):
    """The last two digits of a code: what happened, and what the user can do (Zuora's error handling page)."""

    PERMISSION = (
        "no permission",
        "The user who sent the request lacks a permission.",
        "Grant the permission, or resubmit the request as another user.",
    )
    AUTHENTICATION = (
        "not signed in",
        "Zuora did not accept the credentials of the request.",
        "Check that the OAuth client belongs to the tenant of the host.",
    )
    INPUT = (
        "bad input",
        "Zuora rejected the request as invalid.",
        "Correct the request and resubmit it from the system that posted it.",
    )
    RULE = (
        "business rule",
        "A business rule of the tenant does not allow this; the message says which.",
        "Change the order before you resubmit it.",
    )
    NOT_FOUND = (
        "not found",
        "Something that the request names does not exist in this tenant.",
        "Look it up, correct the request, and resubmit it from the system that posted it.",
    )
    METHOD = (
        "not allowed",
        "This operation is not available here.",
        "Contact Zuora support to have it enabled for the tenant.",
    )
    LOCK = (
        "lock contention",
        "Another call or a bill run had locked the account at that moment.",
        "Resubmit it later from the system that posted it; zjobtui only reads.",
    )
    INTERNAL = (
        "internal error",
        "Zuora had an internal error.",
        "Resubmit it once; if it fails again, send Zuora support the code, the time and the ids.",
    )
    TEMPORARY = (
        "temporary error",
        "Zuora could not process the request at that moment.",
        "Resubmit it later from the system that posted it.",
    )
    LIMIT = ("limit reached", "The tenant has reached a limit.", "Wait, or submit fewer requests at a time.")
    MALFORMED = ("malformed request", "The request was not valid JSON.", "Correct it in the system that posted it.")
    INTEGRATION = (
        "integration error",
        "A system behind Zuora, such as a tax or payment gateway, failed.",
        "Resubmit it; if it fails again, check that system.",
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


_BY_WORD = {
    "SystemError": Category.INTERNAL,
    "LOCK_COMPETITION": Category.LOCK,
    "REQUEST_EXCEEDED_LIMIT": Category.LIMIT,
    "REQUEST_EXCEEDED_RATE": Category.LIMIT,
    "TEMPORARY_ERROR": Category.TEMPORARY,
    "TRANSACTION_TIMEOUT": Category.TEMPORARY,
    "INVALID_VALUE": Category.INPUT,
    "MISSING_REQUIRED_VALUE": Category.INPUT,
    "DUPLICATE_VALUE": Category.INPUT,
}
"""Codes of Zuora's older interfaces, in a fault with a prefix such as `fns:`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """An error of Zuora: `code` is eight digits, a word such as SystemError, or empty."""

    code: str
    message: str

    @property
    def category(self) -> Category:
        """What the code's last two digits mean, or its word; `OTHER` for any other code."""
        if len(self.code) == 8 and self.code.isdecimal():
            return _BY_DIGITS.get(int(self.code) % 100, Category.OTHER)
        return _BY_WORD.get(self.code.rpartition(":")[2], Category.OTHER)

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}" if self.code else self.message


def read_reason(text: str) -> Reason:
    """Parse a reason such as `[40000050]: Operation failed …`; without a code the text is unchanged."""
    match = _CODED.fullmatch(text.strip())
    return Reason(match[1], match[2]) if match else Reason("", text.strip())
