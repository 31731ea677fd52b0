"""What stands in the way of an answer, in kinds that a person can act on."""

from dataclasses import dataclass
from enum import Enum


class ProblemKind(Enum):
    """Why a call gave no report, the few words for it, and what it means for the one who reads."""

    NOT_FOUND = ("not found", "Zuora does not know this job in this tenant.")
    THROTTLED = ("throttled", "The tenant's call limit is reached; zjobtui waits and asks less often.")
    SIGNED_OUT = (
        "signed out",
        "Zuora did not accept the credentials; check client id, secret and host, then ask again.",
    )
    MISCONFIGURED = ("cannot be polled", "Correct that, then try again.")
    FORBIDDEN = ("forbidden", "The user behind the credentials may not read this; it needs the Orders permissions.")
    UNREACHABLE = ("unreachable", "The host could not be reached; zjobtui tries again by itself.")
    UNTRUSTED = ("not trusted", "The host's certificate was not accepted; check the host, the proxy and the CA bundle.")
    TIMED_OUT = ("timed out", "The answer did not come in time; zjobtui tries again by itself.")
    SERVER_ERROR = ("server error", "Zuora failed inside; zjobtui tries again by itself.")
    REFUSED = ("refused", "Zuora refused the request; the code says why.")
    REDIRECTED = ("redirected", "The host pointed elsewhere, and zjobtui does not follow; check the base URL.")
    UNREADABLE = (
        "unreadable answer",
        "What came back is no answer about a job, perhaps a proxy's page; zjobtui tries again.",
    )
    TOO_LARGE = ("answer too large", "The answer was over the size that is read; the last good one is kept.")

    def __init__(self, title: str, meaning: str) -> None:
        self.title = title
        self.meaning = meaning


_OF_THE_WAY = frozenset(
    {
        ProblemKind.UNREACHABLE,
        ProblemKind.UNTRUSTED,
        ProblemKind.TIMED_OUT,
        ProblemKind.TOO_LARGE,
        ProblemKind.MISCONFIGURED,
    }
)
"""Kinds whose detail never comes from a response body."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What stood in the way of an answer: `detail` in the words of whoever said so, `code` as Zuora gave it."""

    kind: ProblemKind
    detail: str = ""
    code: str = ""

    @property
    def for_log(self) -> str:
        """Kind, code, and the detail if that is not from a response body."""
        parts = (self.kind.title, self.code, self.detail if self.kind in _OF_THE_WAY else "")
        return ": ".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.kind.title}: {self.detail}" if self.detail else self.kind.title
