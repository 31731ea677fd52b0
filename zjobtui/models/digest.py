"""The digest of a report: what the list needs, small enough to hold for ten thousand jobs."""

from collections.abc import Mapping

from msgspec import Struct

from zjobtui.models.verdict import Verdict

FINAL_STATUSES = frozenset({"Completed", "Failed"})
"""Zuora's final statuses; with any other the job goes on."""

DIGEST_VERSION = 7
"""Increases when the rules of `assessment`, `result_problems` or `advice_rules` change, or `Digest` has a new field.

Stored digests are then made again from the stored responses.
"""

OPERATION = "operation job"
"""The kind of operation jobs, which are polled at another address than order jobs."""

WHY_CELLS = 40
"""Maximum width of `Digest.why`, in cells of the terminal."""

ExpectedStatuses = Mapping[str, frozenset[str]]
"""By tenant: the statuses besides Completed in which an order needs no attention there."""


class Digest(Struct, frozen=True):
    """A report in one row: its verdict, what it is about, why, and the words by which the user may search for it.

    Of a job that failed or needs attention, `code` is the code of the first reason (or of the payment), `message` its
    text, and `message_key` that text without what differs from job to job; all are empty if there is no reason. `why`
    says in a few words what went wrong, or for a job that is done what it created; it is empty while the job runs.
    `subscriptions` and `invoices` are numbers (ids if Zuora sent no numbers); long lists are cut, the counts are not.
    """

    status: str
    verdict: Verdict
    kind: str = ""
    order_number: str = ""
    account_number: str = ""
    words: str = ""
    code: str = ""
    message: str = ""
    message_key: str = ""
    why: str = ""
    subscriptions: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()
    subscription_count: int = 0
    invoice_count: int = 0

    @property
    def is_final(self) -> bool:
        """Whether Zuora will do no more for this job."""
        return self.status in FINAL_STATUSES

    @property
    def lacks_why(self) -> bool:
        """Whether an older version, without `why`, wrote it."""
        return self.is_final and not self.why
