"""Protocols of what polling needs (a job source, a store), and the states that it publishes."""

from collections.abc import Callable, Container, Iterable
from math import inf
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from zjobtui.models.call_log import CallKind
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.related import ReadResult, Reference
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, ExternalChanges, Watchlist

if TYPE_CHECKING:
    from zjobtui.models.observation import Observation
    from zjobtui.models.tenant import Tenant


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


class Reload(Struct, frozen=True):
    """Settings that have changed while an engine runs.

    `sources` are all tenants from now on, None if they stay as they are; `changed` are the names of those whose source
    must be created again; `notice` is for the user, empty if all is well.
    """

    sources: "tuple[tuple[Tenant, MakeSource], ...] | None" = None
    changed: frozenset[str] = frozenset()
    notice: str = ""


ReloadSettings = Callable[[], Reload | None]
"""Returns what has changed since the last call, or None; may block."""


class EngineOptions(Struct, frozen=True, kw_only=True):
    """How an engine polls; what comes from the settings is a field here, read where it is used.

    `staleness_limit` is the longest time between two polls of a job in seconds, None for the default. Jobs that have
    ended and were read are archived after `archive_after` seconds. `only` are the tenants whose jobs are watched, None
    for all. `reload` is called every few seconds on another thread, and what it returns is used from then on.
    """

    staleness_limit: float | None = None
    archive_after: float = inf
    only: Container[str] | None = None
    reload: ReloadSettings | None = None


DEFAULT_ENGINE_OPTIONS = EngineOptions()


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


class State(Struct, frozen=True):
    """What subscribers receive.

    `statuses` is the polling status of each tenant, `unsaved` why something is not saved, `fault` the internal errors,
    and `notice` what last happened to the store or the settings. `tenants` are the tenants that are polled; empty if
    they are those that the subscriber knows. If polling `has_ended` by an error, no further state follows.
    """

    watchlist: Watchlist
    statuses: dict[str, TenantStatus] = field(default_factory=dict)
    unsaved: str = ""
    fault: str = ""
    notice: str = ""
    tenants: "tuple[Tenant, ...]" = ()
    has_ended: bool = False


class EditResult(Struct, frozen=True):
    """The result of an edit by the user, and why it is not saved (empty if it is saved)."""

    change: Change
    unsaved: str


Subscriber = Callable[[State], None]
"""Is called on the engine's thread with every new state; must return at once."""
