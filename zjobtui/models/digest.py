"""The digest of a report: what the list needs, small enough to hold for ten thousand jobs."""

from dataclasses import dataclass

from zjobtui.models.verdict import Verdict

FINAL_STATUSES = frozenset({"Completed", "Failed"})
"""Zuora's final statuses; with any other the job goes on."""

DIGEST_VERSION = 2
"""Increases when the rules below or the verdicts change, so that stored digests are made again from stored reports."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A report in one row: its verdict, what it is about, and the words by which the user may search for it."""

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
