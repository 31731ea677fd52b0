"""What a list must know of a report, small enough to hold for ten thousand jobs at once."""

from dataclasses import dataclass

from zjobtui.models.verdict import Verdict

FINAL_STATUSES = frozenset({"Completed", "Failed"})
"""Zuora's words that end a job; whatever else it says, the job goes on."""

DIGEST_VERSION = 1
"""Counts up when the rules below or the verdicts change, so that stored digests are made anew from stored reports."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A report in one row: its verdict, what it is about, and the words by which a person may look for it."""

    status: str
    verdict: Verdict
    kind: str = ""
    order_number: str = ""
    account_number: str = ""
    words: str = ""

    @property
    def is_final(self) -> bool:
        """Whether Zuora will do no more for this job."""
        return self.status in FINAL_STATUSES
