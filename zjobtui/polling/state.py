"""What an engine publishes: its state, and the results of edits."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watchlist import Change, Watchlist

if TYPE_CHECKING:
    from zjobtui.models.tenant import Tenant


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
