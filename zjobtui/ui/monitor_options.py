"""What the monitor is started with besides engine, store, tenants and clock, mostly from the settings."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.protocols import UiStateStore
from zjobtui.ui.themes import DEFAULT, Appearance


class MonitorOptions(Struct, frozen=True, kw_only=True):
    """Options of the monitor.

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
