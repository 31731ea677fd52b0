"""An older store is upgraded step by step after a copy; nothing is lost, and open older windows can still save."""

import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.storage.make_store import make
from tests.storage.old_stores import ARCHIVED, DATA, REMOVED, content_of, listed, old_store, version_of
from tests.storage.opening import added, kept, opened
from tests.support.building import NOW, done, job, watch
from zjobtui.models.digest import DIGEST_VERSION
from zjobtui.models.history import EventKind
from zjobtui.models.watched_job import ARCHIVE_AFTER
from zjobtui.storage import migrations
from zjobtui.storage import store as store_module
from zjobtui.storage.database import SchemaError, StoreError
from zjobtui.storage.migrations import (
    KEPT_COPIES,
    MIGRATIONS,
    SCHEMA_VERSION,
    copies_before_migrations,
    damage_of_schema,
    schema_of,
)
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

ROOT = Path(__file__).parents[2]
LANDED = "6c900ea"
"""The last commit of a version without migrations."""

NOT_EFFECTIVE = 'Rate plan "Gold - monthly" is not effective on the contract effective date of 03/12/2025.'

RENEWED = {
    "Order completed: 300 subscriptions, 1 invoice.": (
        "Order completed: 300 subscriptions, 2 of them Pending Acceptance, 1 invoice."
    ),
    f"Job failed, bad input: {NOT_EFFECTIVE}": f"Job failed, plan not effective: {NOT_EFFECTIVE}",
}
"""Sentences of the oldest store that the rules of today make otherwise of the same answers."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "watchlist.sqlite3"
    old_store(path)
    return path


def test_an_upgrade_of_the_first_format_keeps_everything(path: Path) -> None:
    before = listed("schema-1")
    content = content_of(path)
    assert version_of(path) == SCHEMA_VERSION
    off = {before[ARCHIVED - 1]["job_id"], before[REMOVED - 1]["job_id"]}
    assert [one.job.id.given for one in content.archived] == [before[ARCHIVED - 1]["job_id"]]
    assert [watch.job.id.given for watch in content.removed] == [before[REMOVED - 1]["job_id"]]
    known = {one["job_id"]: one for one in before}
    watches = (*content.watches, *content.archived, *content.removed)
    assert [watch.job.id.given for watch in content.watches] == [one for one in known if one not in off]
    for one in watches:
        old = known[one.job.id.given]
        assert (one.label, list(one.tags), one.note) == (old["label"], old["tags"], old["note"])
        sentence = RENEWED.get(old["sentence"], old["sentence"])
        assert (one.verdict.sentence, one.digest.status if one.digest else None) == (sentence, old["status"])
        seen = content.seen[one.job]
        assert (seen is not None) is (old["seen_at"] is not None)
        assert seen is None or (one.digest is not None and f'"{one.digest.status}"' in seen.report.raw)
        assert len(content.timelines[one.job]) >= 1
    assert sum(map(len, content.timelines.values())) == 36


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_private_copy_is_made_before_the_upgrade(path: Path) -> None:
    before = dump(path)
    kept(path)
    (copy,) = copies_before_migrations(path)
    assert copy.name.startswith("watchlist.schema-1-20")
    assert copy.suffix == ".sqlite3"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    shutil.copy(copy, path)
    assert version_of(path) == 1
    assert dump(path) == before
    assert len(kept(path)) == 12


def test_only_the_newest_copies_are_kept(path: Path) -> None:
    for number in range(5):
        old = path.with_name(f"watchlist.schema-1-2020010{number}T000000Z.sqlite3")
        old.write_bytes(b"x")
        os.utime(old, (number, number))
    kept(path)
    assert len(copies_before_migrations(path)) == KEPT_COPIES
    assert version_of(copies_before_migrations(path)[-1]) == 1


def test_opening_a_current_store_neither_copies_nor_writes_it(path: Path) -> None:
    kept(path)
    shutil.rmtree(path.parent / "none", ignore_errors=True)
    for copy in copies_before_migrations(path):
        copy.unlink()
    before = path.read_bytes()
    kept(path)
    assert (path.read_bytes(), copies_before_migrations(path)) == (before, [])


def test_an_upgraded_store_and_a_new_one_have_the_same_schema(path: Path, tmp_path: Path) -> None:
    kept(path)
    kept(tmp_path / "new" / "store")
    schemas = []
    for one in (path, tmp_path / "new" / "store"):
        with closing(sqlite3.connect(one)) as connection:
            schemas.append(schema_of(connection))
    assert schemas[0] == schemas[1]


def test_a_store_of_each_format_is_in_the_tests_and_opens_completely(tmp_path: Path) -> None:
    """If this fails after a migration was added: `python -m tests.storage.make_store`."""
    stores = {number: DATA / f"schema-{number}.sqlite3" for number in range(1, SCHEMA_VERSION + 1)}
    assert [number for number, one in stores.items() if one.exists() and version_of(one) == number] == list(stores)
    for number, one in stores.items():
        path = tmp_path / str(number) / "watchlist.sqlite3"
        path.parent.mkdir()
        shutil.copy(one, path)
        content = content_of(path)
        stored = listed(f"schema-{number}")
        assert [(w.job.id.given, w.label, list(w.tags), w.note) for w in content.watches] == [
            (j["job_id"], j["label"], j["tags"], j["note"]) for j in stored
        ]
        assert version_of(path) == SCHEMA_VERSION
        assert number == 1 or (content.archived and content.removed)


def test_reading_the_version_of_a_missing_store_creates_no_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        version_of(tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


def test_released_migrations_are_unchanged() -> None:
    assert hashlib.sha256(repr(MIGRATIONS[:5]).encode()).hexdigest()[:16] == "109c292201f64414"


def test_a_new_store_has_the_current_rules(path: Path) -> None:
    with opened(path.with_name("new")) as (store, _):
        row = store.file.connection.execute("SELECT value FROM meta WHERE name = 'digest_version'").fetchone()
    assert row[0] == DIGEST_VERSION


@pytest.mark.parametrize("number", range(1, SCHEMA_VERSION))
def test_a_migration_only_adds_tables_and_columns_and_fills_its_own(number: int) -> None:
    words = ("CREATE TABLE", "CREATE INDEX", "ALTER TABLE", "UPDATE watches SET batch = ")
    for statement in MIGRATIONS[number]:
        assert statement.startswith(words)
        assert not statement.startswith("ALTER TABLE") or " ADD COLUMN " in statement
        assert " ADD COLUMN " not in statement or " NOT NULL" not in statement  # recovered rows have NULL there


def test_a_store_of_an_older_format_says_why_jobs_ended(path: Path) -> None:
    content = content_of(path)
    assert all(one.digest is None or one.digest.why or not one.is_final for one in content.watches)
    assert {one.digest.code for one in content.watches if one.digest} > {""}
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE watches SET why = NULL, code = NULL, subscriptions = NULL, subscription_count = NULL"
        )
        connection.commit()
    assert content_of(path) == content, "an older window that is still open writes none of these"


def landed_program(folder: Path) -> Path:
    """The source of the version without migrations, from git; skips the test if it is missing."""
    archive = ["git", "-C", str(ROOT), "archive", LANDED, "zjobtui", "tests/__init__.py", "tests/support"]
    try:
        source = subprocess.run(archive, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no git history with that version")
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=source, check=True)
    return folder


@contextmanager
def landed_window(source: Path, path: Path) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, str(Path(__file__).with_name("landed_window.py")), str(path)]
    env = {**os.environ, "PYTHONPATH": str(source)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, env=env, stdin=pipe, stdout=pipe) as window:
        yield window


def test_an_open_window_of_the_released_version_can_still_save(path: Path, tmp_path: Path) -> None:
    source = landed_program(tmp_path / "landed")
    with landed_window(source, path) as window:
        assert window.stdout is not None
        assert window.stdout.readline() == "open 12 False\n"
        with opened(path) as (store, _):
            assert version_of(path) == SCHEMA_VERSION
            added(store, watch(3, label="by the new version"))
            said = window.communicate("go on\n", timeout=60)[0]
            assert said.splitlines()[-1] == "saved 14", (
                "the new version's job is seen, its own is saved, one is removed"
            )
            news = store.read_changes()
            assert news is not None
            assert job(1) in {watch.job for watch in news.watches}
        assert window.returncode == 0
    content = content_of(path)
    (landed,) = (watch for watch in content.watches if watch.job == job(1))
    assert (landed.label, landed.tags, landed.note) == ("by the landed version", ("landed",), "still saved")
    assert content.seen[job(1)] == done(NOW + 2)
    assert job(2) in {watch.job for watch in content.removed}
    assert len(content.watches) == 14
    with landed_window(source, path) as window:
        assert window.communicate("\n", timeout=60)[0].startswith("open 14 True\n"), "a new start only reads it"


def test_statements_of_the_released_version_still_work(path: Path) -> None:
    """As above, without its source: `landed_statements.sql` is what `landed_window.py` executed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("SELECT count(*) FROM watches").fetchone()
        kept(path)
        statements = Path(__file__).with_name("landed_statements.sql").read_text(encoding="utf-8")
        connection.executescript(statements)
    content = content_of(path)
    (landed,) = (watch for watch in content.watches if watch.job == job(1))
    assert (landed.label, landed.tags, landed.note) == ("by the landed version", ("landed",), "still saved")
    assert content.seen[job(1)] == done(NOW + 2)


def test_two_windows_that_upgrade_at_once_both_open_the_store(path: Path) -> None:
    code = "import pathlib, sys; from tests.storage.opening import kept; print(len(kept(pathlib.Path(sys.argv[1]))))"
    windows = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(3)
    ]
    assert [window.communicate()[0] for window in windows] == ["12\n"] * 3
    copies = {copy.name.split("-2")[0] for copy in copies_before_migrations(path)}
    steps = {f"watchlist.schema-{number}" for number in range(1, SCHEMA_VERSION)}
    assert {"watchlist.schema-1"} <= copies <= steps, "windows that take turns copy the file before their own steps"


@contextmanager
def further_step(*statements: str) -> Iterator[None]:
    """A program with one more migration."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, statements))
        for module in (migrations, sys.modules["zjobtui.storage.database"]):
            patched.setattr(module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
        yield


def test_a_failed_migration_leaves_the_previous_format(path: Path) -> None:
    before = content_of(path)
    with (
        further_step("CREATE TABLE batches (name TEXT)", "ALTER TABLE watches ADD COLUMN batch TEXT"),
        pytest.raises(SchemaError, match=r"This is a bug|duplicate column"),
    ):
        open_store(path, read_report)
    assert version_of(path) == SCHEMA_VERSION
    assert content_of(path) == before


def test_each_migration_is_applied_from_any_format(path: Path) -> None:
    with further_step("CREATE TABLE batches (name TEXT)"):
        assert len(kept(path)) == 12
    assert version_of(path) == SCHEMA_VERSION + 1
    assert len(copies_before_migrations(path)) == 1


def refuse_to_copy(patched: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    patched.setattr(migrations, "_copy", full)


def refuse_to_write(patched: pytest.MonkeyPatch) -> None:
    def read_only(*_: object) -> None:
        fault = sqlite3.OperationalError("attempt to write a readonly database")
        fault.sqlite_errorcode = sqlite3.SQLITE_READONLY
        raise fault

    patched.setattr(migrations, "_copy", read_only)


@pytest.mark.parametrize(
    ("refuse", "why"),
    [(refuse_to_copy, "the disk is full"), (refuse_to_write, "read-only")],
    ids=["disk full", "read-only"],
)
def test_a_store_that_cannot_be_upgraded_now_is_shown_and_saved_later(
    path: Path, refuse: Callable[[pytest.MonkeyPatch], None], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    with monkeypatch.context() as patched:
        refuse(patched)
        store, watches = open_store(path, read_report)
        assert len(watches) == 12
        assert store.is_read_only
        assert why in store.notice
        assert "no change is saved" in store.notice
        with pytest.raises(StoreError, match=why):
            store.apply(watches.add([watch(1)]))
        assert store.last_response(watches.watches.copy().popitem()[0]) is not None  # type: ignore[attr-defined]
        assert store.reopen_if_replaced() == ""
        assert path.read_bytes() == before
    monkeypatch.setattr(store_module, "MIGRATE_AGAIN", 0.0)
    store._migrate_at = 0.0
    with store:
        assert "can be saved again" in store.reopen_if_replaced()
        store.apply(watches.add([watch(1)]))
    assert len(kept(path)) == 13


def test_a_store_that_another_program_locks_is_shown_and_upgraded_later(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store, watches = open_store(path, read_report, 0.1)
        assert (len(watches), store.is_read_only) == (12, True)
        assert "is locked by another program" in store.notice
        other.execute("COMMIT")
    with store:
        assert "can be saved again" in store.reopen_if_replaced()
        store.apply(watches.add([watch(1)]))
    assert version_of(path) == SCHEMA_VERSION


def test_archived_jobs_can_be_restored_after_the_upgrade(path: Path) -> None:
    with opened(path) as (store, watches):
        (archived,) = store.list_removed(EventKind.ARCHIVED)
        store.apply(watches.restore([archived], NOW + ARCHIVE_AFTER))
    assert archived.job in kept(path).watches


def test_jobs_that_were_added_together_become_a_batch(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE watches SET added_by = 'paste' WHERE position IN (7, 8)")
        connection.execute("UPDATE watches SET added_by = '/home/me/tickets.txt' WHERE position IN (9, 10)")
        connection.execute("UPDATE watches SET added_by = 'wait' WHERE position = 11")
        connection.execute("UPDATE watches SET tenant = 'eu' WHERE position IN (12, 13)")
        connection.commit()
    content = content_of(path)
    assert [one.batch for one in content.watches] == [
        *["added 2026-11-28 11:46"] * 4,
        *["pasted 2026-11-28 11:47"] * 2,
        *["tickets.txt 2026-11-28 11:47"] * 2,
        "",
        *["added 2026-11-28 11:47"] * 2,
        "",
    ]
    assert [one.batch for one in (*content.archived, *content.removed)] == ["added 2026-11-28 11:46"] * 2


def test_batches_of_two_tenants_that_were_added_in_the_same_minute_have_two_names(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE watches SET tenant = 'eu' WHERE position IN (13, 14)")
        connection.commit()
    names = {one.batch for one in content_of(path).watches}
    assert names == {"added 2026-11-28 11:46", "added 2026-11-28 11:47 env", "added 2026-11-28 11:47 eu"}


@pytest.mark.parametrize("version", [1, 2])
def test_the_schema_of_any_version_is_not_taken_for_damage(version: int, tmp_path: Path) -> None:
    for number in {version, SCHEMA_VERSION}:
        copy = tmp_path / f"{number}.sqlite3"
        shutil.copy(DATA / f"schema-{version}.sqlite3", copy)
        if number != version:
            kept(copy)
        with closing(sqlite3.connect(copy)) as connection:
            assert damage_of_schema(connection) == ""


def test_text_is_read_as_before_after_the_schema_was_examined(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert damage_of_schema(connection) == ""
        with pytest.raises(sqlite3.OperationalError, match="decode"):
            connection.execute("SELECT CAST(x'ff' AS TEXT)").fetchone()


def test_a_batch_is_kept_through_recovery(path: Path) -> None:
    kept(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE watches SET batch = 'monday' WHERE position = 1")
        connection.execute("UPDATE watches SET tags = '{' WHERE position = 2")
        connection.commit()
    kept(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT label FROM watches WHERE batch = 'monday'").fetchone() == ("CS-441 renewal",)


def test_the_generator_makes_a_store_of_the_newest_format(tmp_path: Path) -> None:
    make(tmp_path)
    path = tmp_path / f"schema-{SCHEMA_VERSION}.sqlite3"
    assert version_of(path) == SCHEMA_VERSION
    assert content_of(path).archived
    assert (tmp_path / f"schema-{SCHEMA_VERSION}.ls.json").stat().st_size > 1_000
