"""Reasons: Zuora's error codes and messages. What they are called, and what to do about them, is in `advice`."""

import re
from enum import Enum, auto

from msgspec import Struct

_CODED = re.compile(r"\[(\d{8})\]:?\s*(.*)", re.DOTALL)


class Category(Enum):
    """What the last two digits of a code say (Zuora's error handling page); `advice` has the words for it."""

    PERMISSION = auto()
    AUTHENTICATION = auto()
    INPUT = auto()
    RULE = auto()
    NOT_FOUND = auto()
    METHOD = auto()
    LOCK = auto()
    INTERNAL = auto()
    TEMPORARY = auto()
    LIMIT = auto()
    MALFORMED = auto()
    INTEGRATION = auto()
    OTHER = auto()


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


class Reason(Struct, frozen=True):
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
