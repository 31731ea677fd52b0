"""What the controllers of the monitor share."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct
from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.models.tenant import Tenant
from zjobtui.ui.protocols import ReportArchive

if TYPE_CHECKING:
    from zjobtui.polling.engine import Engine


class MonitorContext(Struct, eq=False):
    """The screen, and what it was started with.

    `tenants`, by name, is replaced by another mapping if settings change, never modified: other threads read it.
    `mask` masks known secrets in texts that are copied, exported or handed over. `zone` is None for the machine's.
    """

    screen: Screen[None]
    engine: "Engine"
    archive: ReportArchive
    clock: Clock
    mask: Callable[[str], str]
    tenants: Mapping[str, Tenant]
    zone: tzinfo | None = None
