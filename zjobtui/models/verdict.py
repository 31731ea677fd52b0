"""Verdict: what a job's state means for the user, one of five kinds with a sentence."""

from enum import Enum

from msgspec import Struct


class VerdictKind(Enum):
    """The five verdicts, most urgent first."""

    FAILED = "failed"
    ATTENTION = "needs attention"
    UNKNOWN = "unknown to Zuora"
    RUNNING = "running"
    DONE = "done"


class Verdict(Struct, frozen=True):
    """A kind, and a sentence that says why."""

    kind: VerdictKind
    sentence: str


NOT_ASKED = Verdict(VerdictKind.RUNNING, "No response yet.")
UNKNOWN = Verdict(
    VerdictKind.UNKNOWN, "Zuora does not know this job: the id is of another tenant, mistyped, or too old."
)
