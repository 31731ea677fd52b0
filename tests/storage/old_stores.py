"""Stores of earlier versions, and what must be in them after an upgrade."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.storage.opening import opened
from zjobtui.models.history import EventKind, History
from zjobtui.models.job import JobRef
from zjobtui.models.observation import PreviousBody, Success
from zjobtui.models.watched_job import WatchedJob

DATA = Path(__file__).parents[1] / "contract" / "data"
"""A store for each format, with the output of `zjobtui ls --json` of it."""

ARCHIVED, REMOVED = 3, 4
"""Rows of the oldest store that `old_store` removes from the list."""


@dataclass(frozen=True)
class Content:
    """The content of a store."""

    watches: tuple[WatchedJob, ...]
    archived: tuple[WatchedJob, ...]
    removed: tuple[WatchedJob, ...]
    seen: dict[JobRef, Success | None]
    earlier: dict[JobRef, PreviousBody | None]
    timelines: dict[JobRef, History]


def old_store(path: Path) -> None:
    """A store of the first format with archived and removed jobs; without a log, as that version wrote none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(DATA / "schema-1.sqlite3", path)
    with closing(sqlite3.connect(path)) as connection:
        for position, event in ((ARCHIVED, EventKind.ARCHIVED), (REMOVED, EventKind.REMOVED)):
            values = (1_795_870_000.0, event.value, position)
            connection.execute("UPDATE watches SET removed_at = ?, removed_as = ? WHERE position = ?", values)
        connection.commit()


def content_of(path: Path) -> Content:
    """Open a store as the program does, and read all of it."""
    with opened(path) as (store, watchlist):
        archived, removed = store.list_removed(EventKind.ARCHIVED), store.list_removed(EventKind.REMOVED)
        jobs = [watch.job for watch in (*watchlist, *archived, *removed)]
        return Content(
            tuple(watchlist),
            archived,
            removed,
            {job: store.last_response(job) for job in jobs},
            {job: store.previous_body(job) for job in jobs},
            {job: store.history(job) for job in jobs},
        )


def version_of(path: Path) -> int:
    """Return the schema version of a store, which may need a rollback after a kill.

    Raises `sqlite3.OperationalError` if there is no file, and creates none.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def listed(name: str) -> list[dict[str, Any]]:
    """What `ls --json` printed of a store when it was written."""
    jobs: list[dict[str, Any]] = json.loads((DATA / f"{name}.ls.json").read_text(encoding="utf-8"))["jobs"]
    return jobs
