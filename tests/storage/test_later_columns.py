"""A column of a later version needs a few lines: old stores, copies and exports open, and nothing new is lost."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.storage import later_columns
from tests.storage.opening import added, observed, opened
from tests.support.building import NOW, PROCESSING, done, missed, seen, watch
from zjobtui.models.merge import ImportedJob
from zjobtui.storage import ids_log
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import backup_path
from zjobtui.storage.export_import import to_json
from zjobtui.storage.migrations import MIGRATIONS
from zjobtui.storage.rows import DamageError, check

ROOT = Path(__file__).parents[2]


def write_files(folder: Path) -> None:
    """Write a store, a folder with only its daily copy, of which one row is damaged, and an export."""
    path = folder / "store" / "store"
    with opened(path) as (store, _):
        first = observed(store, added(store, watch(1, label="label", tags=("a", "b"))), seen(PROCESSING), done(NOW + 1))
        second = observed(store, added(store, watch(2, note="note")), seen(PROCESSING))
        third = observed(store, added(store, watch(3)), missed())
        jobs = [ImportedJob(watch) for watch in (*first, *second, *third)]
    (folder / "export.json").write_text(to_json(jobs, "now"), encoding="utf-8")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM reports")  # so that no digest can be made from a response
        connection.commit()
    assert back_up(path)
    lost = folder / "lost"
    lost.mkdir()
    backup_path(path).rename(backup_path(lost / "store"))
    lines = ids_log.read(path.with_name(ids_log.IDS_LOG_NAME)).values()
    ids_log.rewrite(lost / ids_log.IDS_LOG_NAME, [replace(line, label="of the log") for line in lines])
    with closing(sqlite3.connect(backup_path(lost / "store"))) as connection:
        connection.execute("UPDATE watches SET tags = x'ff' WHERE position = 2")
        connection.commit()


def test_a_version_with_more_columns_opens_older_files_and_keeps_their_data(tmp_path: Path) -> None:
    files, source = tmp_path / "files", tmp_path / "source"
    write_files(files)
    later_columns.add_columns(source)
    command = [sys.executable, "-m", "tests.storage.later_columns", str(files)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(source), str(ROOT)))}
    result = subprocess.run(command, env=env, cwd=source, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


TYPES = {"TEXT": ("text", 1.0), "REAL": (1.0, "text"), "INTEGER": (1, "text")}
"""For each type of a column a value of it, and one of another type."""


def columns_of_watches() -> list[tuple[str, str, bool]]:
    """Return name, type and nullability of the columns that hold something of a job."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in (statement for statements in MIGRATIONS for statement in statements):
            connection.execute(statement)
        rows = connection.execute("PRAGMA table_info(watches)").fetchall()
    return [(row[1], row[2], not row[3]) for row in rows if row[1] not in {"position", "revision"}]


@pytest.mark.parametrize(("name", "kind", "is_nullable"), columns_of_watches())
def test_the_types_that_reveal_damage_are_those_of_the_schema(name: str, kind: str, is_nullable: bool) -> None:
    value, other = TYPES[kind]
    check(name, (value,))
    with pytest.raises(DamageError):
        check(name, (other,))
    if is_nullable:
        check(name, (None,))
    else:
        with pytest.raises(DamageError):
            check(name, (None,))
