"""Operation jobs, which the address of order jobs does not know."""

from zjobtui.simulator import rng
from zjobtui.simulator.naming import Json
from zjobtui.simulator.responses import Body


class OperationJobs:
    """Operation jobs, whose ids look like those of order jobs.

    One deletes an invoice, one fails, one posts a credit memo, and one has just begun.
    """

    def __init__(self, seed: int) -> None:
        self.ids = tuple(rng.job_id(seed, "operation", number) for number in range(len(_OPERATIONS)))
        self._seed = seed

    def body(self, job_id: str, elapsed: float) -> Body | None:
        """Return the response about an operation job, None if there is none of this id."""
        if job_id not in self.ids:
            return None
        number = self.ids.index(job_id)
        kind, operation, begins, ends, reason = _OPERATIONS[number]
        status = (
            "Pending" if elapsed < begins else "Processing" if elapsed < ends else "Failed" if reason else "Completed"
        )
        body: Json = {
            "id": job_id,
            "objectId": rng.long_id(self._seed, "operation", number),
            "objectType": kind,
            "operationType": operation,
            "status": status,
            "success": True,
        }
        if reason and status == "Failed":
            body["reasons"] = [{"code": 59210020, "message": reason}]
        return Body.of(body)


_OPERATIONS = (
    ("Invoice", "Delete", -60.0, -50.0, ""),
    ("Invoice", "Reverse", -60.0, -50.0, "Only invoices with Draft status can be posted."),
    ("CreditMemo", "Post", 20.0, 40.0, ""),
    ("Invoice", "Delete", 4_000.0, 5_000.0, ""),
)
"""Object, operation, when it begins and ends in seconds after the start of the world, and why it fails."""
