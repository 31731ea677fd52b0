"""Protocols of what polling needs: a job source for each tenant, and a store."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from zjobtui.models.call_log import CallKind
from zjobtui.models.digest import ExpectedStatuses
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.related import ReadResult, Reference
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, ExternalChanges

if TYPE_CHECKING:
    from zjobtui.models.observation import Observation


class JobSource(Protocol):
    """The jobs API of one tenant. It never raises for what a network or a server does."""

    @property
    def requests(self) -> int:
        """Requests sent so far, including token requests and retries."""

    async def observe(self, job_id: JobId, kind: CallKind = CallKind.POLL, /) -> "Observation":
        """Request the status of a job; `kind` is for the call log, if a first attempt is refused."""

    async def observe_operation(self, job_id: JobId, kind: CallKind = CallKind.POLL, /) -> "Observation":
        """Request the status of an operation job."""

    async def read_related(self, reference: Reference, /) -> ReadResult:
        """Read an object that a job's result names."""

    def sign_in_again(self) -> None:
        """Allow refused credentials to be tried once more: the user asked for it."""

    def renew_connections(self) -> None:
        """Replace every connection and repeat the calls in flight on new ones, after the machine was suspended."""

    async def aclose(self) -> None:
        """Close every connection."""


class SourceError(Exception):
    """The source cannot be created until the user corrects something; the message says what, and contains no secret."""


MakeSource = Callable[[], JobSource]
"""Creates the source of a tenant; may block while the secret is fetched, and may raise `SourceError`."""


class WatchlistStore(Protocol):
    """Persistent storage of the watchlist.

    Its methods block, and may raise any exception; the text of the exception is shown to the user.
    """

    def apply(self, change: Change, /) -> None:
        """Commit a change; it is durable when this returns."""

    def reopen_if_replaced(self, known: Change, /) -> str:
        """Reopen the store if its file was replaced, and return a sentence for the user.

        `known` contains the watchlist of this window, and the jobs that it removed with the events of their removal. It
        is saved to the new file first; the next `read_changes()` then returns everything that is stored there.
        """

    def read_changes(self) -> ExternalChanges | None:
        """Return what other windows have committed since the last call."""

    def reread_changes(self, since: int, /) -> None:
        """Make the next `read_changes()` return what was committed after this revision again. Never blocks."""

    def judge_again(self, expected: ExpectedStatuses, /) -> tuple[WatchedJob, ...]:
        """Judge the watched jobs again by these expected order statuses; return those whose digest has changed."""

    def acquire_lease(self, name: str, holder: str, now: float, life: float, /) -> bool:
        """Acquire or renew the lease `name` for `life` seconds from `now`; return False if another window holds it."""

    def lease_holder(self, name: str, /) -> tuple[str, float]:
        """Return the holder of the lease `name` and its end by the holder's clock; "" and 0 if nobody holds it."""

    def release_lease(self, name: str, holder: str, /) -> None:
        """Release a lease."""

    def count_calls(self, tenant: str, day: int, calls: int, /) -> int:
        """Add calls to a day's count (days since the epoch, UTC) and return the count of all windows."""

    def load_removed(self, jobs: Iterable[JobRef], /) -> tuple[WatchedJob, ...]:
        """Return what is stored of removed jobs."""

    def load_watched(self, jobs: Iterable[JobRef], /) -> tuple[WatchedJob, ...]:
        """Return jobs of the stored watchlist with everything known about them; others are left out."""
