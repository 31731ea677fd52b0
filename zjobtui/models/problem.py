"""Problems: why a call gave no report, in kinds that the user can act on."""

from enum import Enum

from msgspec import Struct


class ProblemKind(Enum):
    """The kind of problem, its title, and what it means for the user."""

    NOT_FOUND = ("not found", "Zuora does not know this job in this tenant.")
    THROTTLED = ("throttled", "The tenant's call limit is reached; zjobtui waits and polls less often.")
    SIGNED_OUT = ("signed out", "Zuora did not accept the credentials; check client id, secret and host.")
    MISCONFIGURED = ("cannot be polled", "Correct the configuration on this machine.")
    FORBIDDEN = (
        "forbidden",
        "The user of these credentials is not allowed to read orders; grant the Orders permissions in Zuora.",
    )
    UNREACHABLE = ("unreachable", "The host could not be reached; zjobtui retries automatically.")
    UNTRUSTED = ("not trusted", "The host's certificate was not accepted; check the host, the proxy and the CA bundle.")
    TIMED_OUT = ("timed out", "The host was too slow; zjobtui retries automatically.")
    SERVER_ERROR = ("server error", "Zuora had an internal error; zjobtui retries automatically.")
    UNAVAILABLE = (
        "not available",
        "Zuora, or a gateway in front of it, is not available; zjobtui retries automatically.",
    )
    REFUSED = ("refused", "Zuora refused the request; see the code for the reason.")
    REDIRECTED = (
        "redirected",
        "zjobtui does not follow redirects; check the base URL, and whether the network or a proxy requires a sign-in.",
    )
    UNREADABLE = (
        "unreadable response",
        "The response is not about a job; a proxy or a network may require a sign-in. zjobtui retries automatically.",
    )
    TOO_LARGE = ("response too large", "The response exceeds the size limit; the last good one is kept.")

    def __init__(self, title: str, meaning: str) -> None:
        self.title = title
        self.meaning = meaning


TRANSIENT = frozenset(
    {
        ProblemKind.UNREACHABLE,
        ProblemKind.TIMED_OUT,
        ProblemKind.SERVER_ERROR,
        ProblemKind.UNAVAILABLE,
        ProblemKind.UNREADABLE,
    }
)
"""Kinds that may soon be over. They may concern one job only, but several in a row mean an outage of the tenant."""

_FROM_TRANSPORT = frozenset(
    {
        ProblemKind.UNREACHABLE,
        ProblemKind.UNTRUSTED,
        ProblemKind.TIMED_OUT,
        ProblemKind.TOO_LARGE,
        ProblemKind.MISCONFIGURED,
    }
)
"""Kinds whose detail never comes from a response body."""


class Problem(Struct, frozen=True):
    """Why a call gave no report: `detail` as the source says it, `code` as Zuora gave it."""

    kind: ProblemKind
    detail: str = ""
    code: str = ""

    @property
    def for_log(self) -> str:
        """Kind, code, and the detail if that is not from a response body."""
        parts = (self.kind.title, self.code, self.detail if self.kind in _FROM_TRANSPORT else "")
        return ": ".join(part for part in parts if part)

    @property
    def sentences(self) -> str:
        """The problem and what it means for the user."""
        return f"{str(self).removesuffix('.')}. {self.kind.meaning}"

    def __str__(self) -> str:
        return f"{self.kind.title}: {self.detail}" if self.detail else self.kind.title
