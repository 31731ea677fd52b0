"""What the monitor is given from outside (archive of responses, UI state, options), and what its controllers share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.models.job import JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.models.ui_values import PlainValue
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.themes import DEFAULT, Appearance

if TYPE_CHECKING:
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success
    from zjobtui.polling.engine import Engine


class ReportArchive(Protocol):
    """Everything stored about a job; calls may block."""

    def last_response(self, job: JobRef, /) -> "Success | None":
        """Return the last successful observation."""

    def previous_body(self, job: JobRef, /) -> "PreviousBody | None":
        """Return the response before the last one."""

    def history(self, job: JobRef, /) -> "History":
        """Return the events of a job."""


class UiStateStore(Protocol):
    """Named plain values that are kept between starts; both calls may block, neither raises."""

    def load(self) -> Mapping[str, PlainValue]:
        """Return the stored values, whichever window stored them."""

    def save(self, values: Mapping[str, PlainValue], /) -> None:
        """Store these values; others stay as they are."""


class MonitorOptions(Struct, frozen=True, kw_only=True):
    """What the monitor is started with besides engine, archive, tenants and clock, mostly from the settings.

    `notice` is shown above the list; `first` are jobs to add at the start. `mask` masks known secrets in texts that are
    copied, exported or handed over.
    """

    notice: str = ""
    first: Sequence[WatchedJob] = ()
    appearance: Appearance = DEFAULT
    notifications: NotificationSettings | None = None
    ui_state: UiStateStore | None = None
    export_folder: Path | None = None
    is_wallboard: bool = False
    mask: Callable[[str], str] = str


DEFAULT_OPTIONS = MonitorOptions()


class MonitorContext(Struct, eq=False):
    """What the controllers of the monitor share: the screen, and what it was started with.

    `tenants`, by name, is replaced by another mapping if settings change, never modified: other threads read it.
    `mask` is that of the options. `zone` is None for the machine's.
    """

    screen: Screen[None]
    engine: "Engine"
    archive: ReportArchive
    clock: Clock
    mask: Callable[[str], str]
    tenants: Mapping[str, Tenant]
    zone: tzinfo | None = None
