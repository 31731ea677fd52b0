"""On-demand reads of the objects that a job's result names: what can be read, and the result of a read."""

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from zjobtui.models.observation import Call
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.text import clean, shorten

if TYPE_CHECKING:
    from zjobtui.models.related_details import Details


class RelatedKind(Enum):
    """The kind of an object that can be read: its name on the command line, and in a sentence."""

    ORDER = ("order", "order")
    SUBSCRIPTION = ("subscription", "subscription")
    ORDER_LINE_ITEM = ("order-line-item", "order line item")
    INVOICE = ("invoice", "invoice")
    PAYMENT = ("payment", "payment")
    CREDIT_MEMO = ("credit-memo", "credit memo")
    ACCOUNT = ("account", "account")

    def __init__(self, word: str, noun: str) -> None:
        self.word = word
        self.noun = noun


class Reference(Struct, frozen=True):
    """An object to read: `key` is its number, or its id if the result has no number."""

    kind: RelatedKind
    key: str


_NO_CALL = Call()


@dataclass(frozen=True, slots=True)
class Related:
    """An object as Zuora returned it at `read_at` (seconds since the epoch, UTC); it is never polled again.

    `raw` is the response with secrets masked; it can contain contacts, and is never stored.
    """

    reference: Reference
    details: "Details"
    read_at: float
    call: Call = _NO_CALL
    raw: str = field(default="", repr=False)


class ReadProblemKind(Enum):
    """The kind of a failed read, in words."""

    NOT_FOUND = "not found"
    FEATURE_OFF = "feature off"
    NO_ROUTE = "no route"
    FORBIDDEN = "forbidden"
    SIGNED_OUT = "signed out"
    MISCONFIGURED = "cannot be read"
    THROTTLED = "throttled"
    DAY_USED_UP = "daily calls used up"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server error"
    REFUSED = "refused"
    UNREADABLE = "unreadable response"
    TOO_LARGE = "response too large"
    NOT_VALID = "not a valid key"


@dataclass(frozen=True, slots=True)
class ReadProblem:
    """Why an object could not be read at `at` (seconds since the epoch, UTC).

    `detail` and `code` are the source's; `raw` is the response as in `Related`, empty if it may be about something
    else.
    """

    reference: Reference
    kind: ReadProblemKind
    detail: str = ""
    code: str = ""
    at: float = 0.0
    call: Call = _NO_CALL
    raw: str = field(default="", repr=False)

    @property
    def sentence(self) -> str:
        """What happened, with the object, and what to do about it."""
        return _SENTENCES[self.kind].format(
            noun=self.reference.kind.noun,
            object=f"{self.reference.kind.noun} {shorten(clean(self.reference.key), 80)}",
            because=f": {self.detail.rstrip('.')}" if self.detail else "",
            hint=_hint(self.reference),
        )


ReadResult: TypeAlias = Related | ReadProblem

_SENTENCES = {
    ReadProblemKind.NOT_FOUND: "Zuora did not find {object} in this tenant{because}.{hint}",
    ReadProblemKind.FEATURE_OFF: (
        "This tenant cannot return any {noun}: the feature that it belongs to is off, or not provisioned{because}."
    ),
    ReadProblemKind.NO_ROUTE: "The gateway in front of this tenant has no route for reading any {noun}{because}.",
    ReadProblemKind.FORBIDDEN: (
        "Zuora does not show {object} to the user of these credentials{because}; the user lacks a permission, or the "
        "tenant a feature."
    ),
    ReadProblemKind.SIGNED_OUT: (
        "Signed out: {object} was not read{because}; check client id, secret and host of the tenant."
    ),
    ReadProblemKind.MISCONFIGURED: "The tenant cannot be read{because}.",
    ReadProblemKind.THROTTLED: "The tenant accepts no calls now, so {object} was not read{because}; try again later.",
    ReadProblemKind.DAY_USED_UP: (
        "The calls that zjobtui may send to this tenant in a day are used up, so {object} was not read; try again "
        "later, or set daily_calls."
    ),
    ReadProblemKind.UNREACHABLE: (
        "The host could not be reached or did not respond in time, so {object} was not read{because}."
    ),
    ReadProblemKind.SERVER_ERROR: "Zuora or a gateway in front of it failed, so {object} was not read{because}.",
    ReadProblemKind.REFUSED: "Zuora refused to return {object}{because}.",
    ReadProblemKind.UNREADABLE: "The response is not about {object}, so nothing of it is shown{because}.",
    ReadProblemKind.TOO_LARGE: "The response about {object} is too large, so nothing of it is shown{because}.",
    ReadProblemKind.NOT_VALID: "Not a valid {noun} number or id{because}.",
}

_KINDS = {
    ProblemKind.NOT_FOUND: ReadProblemKind.NOT_FOUND,
    ProblemKind.THROTTLED: ReadProblemKind.THROTTLED,
    ProblemKind.SIGNED_OUT: ReadProblemKind.SIGNED_OUT,
    ProblemKind.MISCONFIGURED: ReadProblemKind.MISCONFIGURED,
    ProblemKind.FORBIDDEN: ReadProblemKind.FORBIDDEN,
    ProblemKind.UNREACHABLE: ReadProblemKind.UNREACHABLE,
    ProblemKind.UNTRUSTED: ReadProblemKind.MISCONFIGURED,
    ProblemKind.TIMED_OUT: ReadProblemKind.UNREACHABLE,
    ProblemKind.SERVER_ERROR: ReadProblemKind.SERVER_ERROR,
    ProblemKind.UNAVAILABLE: ReadProblemKind.SERVER_ERROR,
    ProblemKind.REFUSED: ReadProblemKind.REFUSED,
    ProblemKind.REDIRECTED: ReadProblemKind.UNREADABLE,
    ProblemKind.UNREADABLE: ReadProblemKind.UNREADABLE,
    ProblemKind.TOO_LARGE: ReadProblemKind.TOO_LARGE,
}


def read_problem(reference: Reference, problem: Problem, at: float, call: Call, raw: str = "") -> ReadProblem:
    """Return the problem of a read; the same code means other things, so Zuora's words decide between them."""
    kind, words = _KINDS[problem.kind], problem.detail.casefold()
    if problem.kind in {ProblemKind.NOT_FOUND, ProblemKind.REFUSED}:
        if "no route matched" in words:
            kind = ReadProblemKind.NO_ROUTE
        elif "the endpoint" in words and "does not exist" in words:
            kind = ReadProblemKind.FEATURE_OFF
    return ReadProblem(reference, kind, problem.detail, problem.code, at, call, raw)


def is_id(key: str) -> bool:
    """Return whether a key has the form of an id: 32 hexadecimal digits, with or without the dashes of a UUID."""
    digits = key.replace("-", "")
    return len(digits) == 32 and all(character in "0123456789abcdefABCDEF" for character in digits)


def _hint(reference: Reference) -> str:
    if reference.kind is RelatedKind.ORDER and is_id(reference.key):
        return " Orders are read by their number, not by their id."
    if reference.kind is RelatedKind.ORDER_LINE_ITEM and not is_id(reference.key):
        return " Order line items are read by their id, not by their number."
    return ""


class References(Struct, frozen=True):
    """What can be read of a job's result, in the order of a look; `unreadable` says what has no usable key."""

    all: tuple[Reference, ...] = ()
    unreadable: tuple[str, ...] = ()
