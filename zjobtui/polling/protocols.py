"""What polling needs of the others, as protocols: a source to ask, and a shelf to keep things on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from zjobtui.models.job import JobId, JobRef
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Watchlist

if TYPE_CHECKING:
    from zjobtui.models.observation import Observation


class JobSource(Protocol):
    """One tenant that can be asked. It never raises for what a network or a server does."""

    @property
    def requests(self) -> int:
        """Requests sent so far, tokens and repeats included."""

    async def observe(self, job_id: JobId, /) -> "Observation":
        """Asks about a job."""

    def sign_in_again(self) -> None:
        """A person has asked: credentials that were refused may be tried once more."""

    def renew_connections(self) -> None:
        """Replace every connection, and repeat the calls in flight on new ones: the machine has slept."""

    async def aclose(self) -> None:
        """Lets go of every connection."""


class SourceError(Exception):
    """A source cannot be made until a person does something; the message says what, and holds no secret."""


MakeSource = Callable[[], JobSource]
"""Makes the source of a tenant; it may block for as long as a secret takes to come, and raise `SourceError`."""


class ExternalChanges(Protocol):
    """What other windows did."""

    @property
    def watches(self) -> tuple[WatchedJob, ...]:
        """Watches as they are now."""

    @property
    def removed(self) -> tuple[JobRef, ...]:
        """Jobs that were removed."""

    @property
    def since(self) -> int:
        """The revision of the store after which all this was committed."""


class WatchlistStore(Protocol):
    """Where changes are kept. Its methods block, and may raise anything; the text of what they raise is for people."""

    def apply(self, change: Change, /) -> None:
        """Commits a change; when it returns, the change is durable."""

    def reopen_if_replaced(self, known: Change, /) -> str:
        """Go over to what was put in its place, if anything was, and return a sentence for the user.

        `known` are the watchlist and the removed jobs of this window, with the entries of their removals: it is kept
        there first, and the next news are then all that is there.
        """

    def read_changes(self) -> ExternalChanges | None:
        """What other windows have committed since the last look."""

    def reread_changes(self, since: int, /) -> None:
        """Return what was committed after this revision again with the next `news()`. Never blocks."""

    def acquire_lease(self, name: str, holder: str, now: float, life: float, /) -> bool:
        """Takes or keeps the lease `name` for `life` seconds from `now`; False while another window holds it."""

    def lease_holder(self, name: str, /) -> tuple[str, float]:
        """Who holds the lease `name`, and until when by the holder's clock; "" and 0 if nobody holds it."""

    def release_lease(self, name: str, holder: str, /) -> None:
        """Gives a lease back."""

    def count_calls(self, tenant: str, day: int, calls: int, /) -> int:
        """Adds calls to a day's count (days since the epoch, UTC) and gives the count of all windows."""

    def load_removed(self, jobs: Iterable[JobRef], /) -> tuple[WatchedJob, ...]:
        """What is kept of jobs that were removed."""

    def load_watched(self, jobs: Iterable[JobRef], /) -> tuple[WatchedJob, ...]:
        """Jobs of the stored watchlist with all that is known of them; those that are not on it are left out."""


@dataclass(frozen=True, slots=True)
class State:
    """What subscribers are told: the watchlist, each tenant's pulse, why something is unsaved, and what went wrong.

    `notice` is what happened to the store and is over.
    """

    watchlist: Watchlist
    statuses: dict[str, TenantStatus] = field(default_factory=dict)
    unsaved: str = ""
    fault: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Jobs with edits of the user that are not on disk: those that came to the watchlist, and those that changed."""

    added: tuple[WatchedJob, ...] = ()
    changed: tuple[WatchedJob, ...] = ()


@dataclass(frozen=True, slots=True)
class EditResult:
    """What came of a person's change, and why it is not saved (empty when it is)."""

    change: Change
    unsaved: str


Subscriber = Callable[[State], None]
"""Is called on the engine's thread with every new state, and must return at once."""
