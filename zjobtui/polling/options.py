"""What an engine is started with besides watchlist, store and tenants, and settings that change while it runs."""

from collections.abc import Callable, Container
from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from zjobtui.models.digest import ExpectedStatuses

if TYPE_CHECKING:
    from zjobtui.models.tenant import Tenant
    from zjobtui.polling.protocols import MakeSource


class Reload(Struct, frozen=True):
    """Settings that have changed while an engine runs.

    `sources` are all tenants from now on, None if they stay as they are; `changed` are the names of those whose source
    must be created again; `notice` is for the user, empty if all is well. `expected` are the order statuses that need
    no attention, of all tenants of the settings, also of those that are not polled here; None if they stay the same.
    """

    sources: "tuple[tuple[Tenant, MakeSource], ...] | None" = None
    changed: frozenset[str] = frozenset()
    notice: str = ""
    expected: ExpectedStatuses | None = None


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
