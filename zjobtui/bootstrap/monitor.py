"""The monitor over the engine over the store, as the settings say."""

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from zjobtui.bootstrap.configuration import Configuration, Configured
from zjobtui.bootstrap.engine import last_words, polling, read_report, routes
from zjobtui.bootstrap.output import print_error
from zjobtui.clock import SystemClock
from zjobtui.config.programs import NotifyCommand
from zjobtui.logs import get_logger
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.storage.backup import back_up
from zjobtui.storage.store import open_store
from zjobtui.storage.ui_state import NAME, UiStateFile
from zjobtui.ui.app import MonitorApp, taken_by_monitor
from zjobtui.ui.keymap import chosen_keys
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.themes import Appearance, chosen_theme

if TYPE_CHECKING:
    from zjobtui.config.settings import Settings

log = get_logger(__name__)

BACK_UP_AFTER = 5.0
"""Seconds after the start at which the store is copied, where that is due."""

BACK_UP_LIMIT = 0.5
"""Seconds that the end of the program waits for a copy under way; an unfinished one is never put in place."""


def appearance_of(configuration: Configuration) -> tuple[Appearance, tuple[str, ...]]:
    """How the screen shall look, and a sentence for every choice that cannot be."""
    settings = configuration.settings
    if settings is None:
        return Appearance(), ()
    screen = settings.screen
    theme, fault = chosen_theme(screen.theme)
    keys, faults = chosen_keys(settings.keys, taken_by_monitor()) if settings.keys else ({}, [])
    told = [(("keys", action), why) for action, why in faults]
    told += [(("screen", "theme"), fault)] if fault else []
    look = Appearance(theme=theme, is_ascii=screen.ascii, is_utc=screen.utc, keys=keys)
    told.sort(key=lambda one: settings.lines.of(one[0]))
    said = (f"{configuration.path}: {settings.problem_with(key, why)}" for key, why in told)
    return look, tuple(one if one.endswith("?") else f"{one}." for one in said)


def run_monitor(
    configured: Sequence[Configured],
    path: Path,
    *,
    configuration: Configuration,
    demo: Sequence[JobId] = (),
    is_all: bool = True,
) -> int:
    """The screen over an engine over the store; what could not be saved is named when the screen is gone.

    Where these are not all tenants, the jobs of the others stay in the store.
    """
    gc.disable()  # a tenth of the start is spent on collecting what is not garbage; the screen turns it on again
    clock = SystemClock()
    store, watchlist = open_store(path, read_report)
    log.info("store %s opened, %d jobs", path, len(watchlist))
    look, faults = appearance_of(configuration)
    said = (store.notice, *configuration.problems, *configuration.notices, *faults, *routes(configured))
    notice = " ".join(part for part in said if part)
    if notice:
        print_error(notice)
    tenants = [one.tenant for one in configured]
    only = None if is_all else {tenant.name for tenant in tenants}
    limit = configuration.settings.polling.staleness_limit if configuration.settings else None
    after = configuration.archive_after
    first = [WatchedJob(job=JobRef(tenants[0].name, one), added_at=clock.now(), added_by="demo") for one in demo]
    with (
        _copied_later(path),
        store,
        polling(configured, store, watchlist, clock, archive_after=after, staleness_limit=limit, only=only) as engine,
    ):
        app = MonitorApp(
            engine,
            store,
            tenants,
            clock,
            notice=notice,
            first=first,
            look=look,
            ways=_ways(configuration.settings),
            memory=UiStateFile(path.with_name(NAME)),
            exports=configuration.settings.files.exports if configuration.settings else None,
        )
        return app.run_in_terminal(partial(last_words, engine))


def _ways(settings: "Settings | None") -> NotificationSettings | None:
    """How a person is told of what happens; None for what is usual."""
    if settings is None:
        return None
    given = settings.notify
    program = NotifyCommand(given.command, os.environ, settings.secret_variables) if given.command else None
    return NotificationSettings(
        on=frozenset(given.on),
        has_bell=settings.screen.bell,
        osc=given.osc,
        has_toast=given.toast,
        program=program,
    )


@contextmanager
def _copied_later(path: Path) -> Iterator[None]:
    """Makes the daily copy of the store, once the start has had its time."""
    timer = Timer(BACK_UP_AFTER, back_up, [path])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join(BACK_UP_LIMIT)
