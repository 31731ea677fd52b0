"""Run the monitor: the screen over the engine over the store, with the settings of the user."""

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from msgspec.structs import replace

from zjobtui.bootstrap.configuration import Configuration, Configured, SecretMask
from zjobtui.bootstrap.engine import options_of, polling, routes, source_maker, stop_on_forced_exit
from zjobtui.bootstrap.output import print_error
from zjobtui.bootstrap.report_parser import read_stored_report
from zjobtui.bootstrap.settings_follower import SettingsFollower
from zjobtui.clock import SystemClock
from zjobtui.config.paths import config_path
from zjobtui.config.programs import NotifyCommand
from zjobtui.formatting.ascii_text import is_ascii_screen
from zjobtui.logs import get_logger
from zjobtui.models.call_log import CallLog
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.signals import block_job_control, exit_within
from zjobtui.storage.backup import back_up
from zjobtui.storage.store import Store, open_store
from zjobtui.storage.ui_state import UI_STATE_NAME, UiStateFile
from zjobtui.ui.app import MonitorApp, taken_by_monitor
from zjobtui.ui.keymap import chosen_keys
from zjobtui.ui.monitor_context import MonitorOptions
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.themes import Appearance, chosen_theme

if TYPE_CHECKING:
    from zjobtui.config.settings import Settings

log = get_logger(__name__)

_END_LIMIT = 2.0
"""Maximum seconds for closing the store and for the end of the process, when the engine has ended."""

BACK_UP_AFTER = 5.0
"""Seconds after the start at which the daily copy of the store is made, if it is due."""

BACK_UP_STEP = 3_600.0
"""Seconds after which it is looked again whether a copy is due, while the window is open."""

BACK_UP_LIMIT = 0.5
"""Seconds that the end of the program waits for a running copy; an unfinished copy is discarded."""


def appearance_of(configuration: Configuration) -> tuple[Appearance, tuple[str, ...]]:
    """Return the appearance of the screen, and a sentence for each setting that cannot be used."""
    settings = configuration.settings
    if settings is None:
        return Appearance(is_ascii=is_ascii_screen()), ()
    screen = settings.screen
    theme, theme_error = chosen_theme(screen.theme)
    keys, key_errors = chosen_keys(settings.keys, taken_by_monitor()) if settings.keys else ({}, [])
    errors = [(("keys", action), error) for action, error in key_errors]
    errors += [(("screen", "theme"), theme_error)] if theme_error else []
    is_ascii = is_ascii_screen() if screen.ascii is None else screen.ascii
    appearance = Appearance(theme=theme, is_ascii=is_ascii, is_utc=screen.utc, keys=keys, columns=settings.list.columns)
    errors.sort(key=lambda item: settings.lines.of(item[0]))
    sentences = (f"{configuration.path}: {settings.problem_with(key, error)}" for key, error in errors)
    return appearance, tuple(sentence if sentence.endswith("?") else f"{sentence}." for sentence in sentences)


def run_monitor(
    configured: Sequence[Configured],
    path: Path,
    *,
    configuration: Configuration,
    load: Callable[[], Configuration] | None = None,
    demo: Sequence[WatchedJob] = (),
    is_all: bool = True,
    is_wallboard: bool = False,
) -> int:
    """Run the screen over an engine over the store at `path`, and return the exit status.

    What could not be saved is printed afterwards. `load` loads the configuration again, if its file may change. `demo`
    are jobs to add at the start. If these are not all tenants (`is_all`), the jobs of the others stay in the store and
    are not shown.
    """
    gc.disable()  # a tenth of the start would be spent on collections; the screen enables it again
    clock, calls = SystemClock(), CallLog()
    store, watchlist = _open(path, configuration)
    look, errors = appearance_of(configuration)
    notice = _print_notices(store.notice, configuration, (*errors, *routes(configured)))
    tenants = [each.tenant for each in configured]
    mask = configuration.add_secrets(SecretMask())
    only = None if is_all else {tenant.name for tenant in tenants}
    polled = replace(options_of(configuration), archive_after=configuration.archive_after, only=only)
    if load is not None:
        make_source, load_masked = source_maker(clock, calls), partial(_load, load, mask)
        follower = SettingsFollower(configuration, config_path(), load_masked, make_source, only)
        polled = replace(polled, reload=follower.reload)
    options = replace(
        _options_of(configuration, path),
        notice=notice,
        first=demo,
        appearance=look,
        is_wallboard=is_wallboard,
        mask=mask,
    )
    started = polling(configured, store, watchlist, clock, polled, calls=calls)
    with _daily_copy(path), store, ExitStack() as after_polling, started as engine:
        app = MonitorApp(engine, store, tenants, clock, options)
        status = app.run_guarded(partial(stop_on_forced_exit, engine), after_polling)
        after_polling.callback(exit_within, _END_LIMIT, status)  # once what is not saved has been printed
        return status


def _open(path: Path, configuration: Configuration) -> tuple[Store, Watchlist]:
    """Open the store; its jobs are judged by the settings, unless these have an error."""
    expected = None if configuration.problems else configuration.expected_order_statuses
    store, watchlist = open_store(path, read_stored_report, expected=expected)
    log.info("store %s opened, %d jobs", path, len(watchlist))
    return store, watchlist


def _options_of(configuration: Configuration, path: Path) -> MonitorOptions:
    """Return what the settings say about the screen, without its appearance; its state is beside the store."""
    settings = configuration.settings
    return MonitorOptions(
        notifications=_notification_settings(settings),
        ui_state=UiStateFile(path.with_name(UI_STATE_NAME)),
        export_folder=settings.files.exports if settings else None,
    )


def _print_notices(of_store: str, configuration: Configuration, others: Iterable[str]) -> str:
    """Print what the user must know of store and settings, and return it for the screen."""
    of_settings = (*configuration.problems, *configuration.notices, *configuration.remarks)
    notice = " ".join(sentence for sentence in (of_store, *of_settings, *others) if sentence)
    if notice:
        print_error(notice)
    return notice


def _load(load: Callable[[], Configuration], mask: SecretMask) -> Configuration:
    """Load the changed configuration, and mask the secrets of its tenants from now on."""
    loaded = load()
    loaded.add_secrets(mask)
    return loaded


def _notification_settings(settings: "Settings | None") -> NotificationSettings | None:
    """Return which events are notified and how; None for the defaults."""
    if settings is None:
        return None
    notify = settings.notify
    program = NotifyCommand(notify.command, os.environ, settings.secret_variables) if notify.command else None
    return NotificationSettings(
        on=frozenset(notify.on),
        has_bell=settings.screen.bell,
        osc=notify.osc,
        has_toast=notify.toast,
        program=program,
        tenant_down_after=notify.tenant_down_after,
    )


@contextmanager
def _daily_copy(path: Path) -> Iterator[None]:
    """Make the daily copy of the store during the block, some seconds after the start and then whenever it is due."""
    ended = Event()

    def copy() -> None:
        wait = BACK_UP_AFTER
        while not ended.wait(wait):
            back_up(path)
            wait = BACK_UP_STEP

    thread = Thread(target=copy, name="daily copy", daemon=True)
    with block_job_control():
        thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(BACK_UP_LIMIT)
