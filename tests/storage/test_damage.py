"""Files that are broken, locked, newer or not writable: reported, kept aside, never silently empty."""

import os
import random
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.storage.opening import added, kept, observed, opened, quick_folder
from tests.support.building import NOW, done, failed, job, job_id, missed, read_body, seen, watch, watchlist
from zjobtui.formatting.records import full_record
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watchlist import Change
from zjobtui.storage.database import BrokenStoreError, SchemaError, StoreError, open_database
from zjobtui.storage.ids_log import LogAction, line, path_beside
from zjobtui.storage.migrations import SCHEMA_VERSION
from zjobtui.storage.recovery import recover
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

JOBS = 40
FEW = 10


@pytest.fixture
def path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder / "store"


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store of some size, as bytes."""
    path = tmp_path_factory.mktemp("whole") / "store"
    with opened(path) as (store, _):
        watches = added(store, *(watch(number, label=f"label {number}", tags=("a", "b")) for number in range(JOBS)))
        running = seen(read_body(status="Processing"), NOW + 1)
        observed(store, watches, running, missed(at=NOW + 1), done(NOW + 2))
        store.apply(watches.remove([job(1)], NOW + 3))
    return path.read_bytes()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A few of these jobs without responses, on small pages."""
    path = tmp_path_factory.mktemp("small") / "store"
    with opened(path) as (store, _):
        watches = added(store, *(watch(number, label=f"label {number}") for number in range(FEW)))
        store.apply(watches.remove([job(1)], NOW + 3))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
    return path.read_bytes()


@pytest.fixture(scope="module")
def log() -> bytes:
    """The log of that store."""
    return log_of(JOBS)


def log_of(jobs: int) -> bytes:
    lines = [line(NOW, "env", str(job_id(number)), f"label {number}", action=LogAction.ADD) for number in range(jobs)]
    return "".join(map(str, [*lines, line(NOW + 3, "env", str(job_id(1)))])).encode()


ON_LIST = {job(number) for number in range(JOBS) if number != 1}


def asides(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.broken-*"))


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"these are not the rows you are looking for\n" * 200,
    "zeros": lambda whole: bytes(len(whole)),
    "noise": lambda whole: random.Random(7).randbytes(len(whole)),
    "first byte": lambda whole: whole[:1],
    "within the header": lambda whole: whole[:50],
    "header only": lambda whole: whole[:100],
    "within the first page": lambda whole: whole[:3_000],
    "first page": lambda whole: whole[:4_096],
    "half": lambda whole: whole[: len(whole) // 2],
    "header and noise": lambda whole: whole[:100] + random.Random(7).randbytes(len(whole) - 100),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_kept_under_another_name_that_is_reported(
    path: Path, content: bytes, broken: Callable[[bytes], bytes]
) -> None:
    path.write_bytes(broken(content))
    with opened(path) as (store, watches):
        (aside,) = asides(path)
        assert f"is kept as {aside}." in store.notice
        assert "could not be read" in store.notice
        assert ("The list starts empty." in store.notice) is (len(watches) == 0)
        assert aside.read_bytes() == broken(content)
        added(store, watch(99))
        before = len(watches)
    assert len(kept(path)) == before + 1
    assert {file.name for file in path.parent.iterdir()} == {path.name, aside.name, "ids.log"}
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_all_ids_are_recovered_from_ids_log_after_any_damage(
    path: Path, content: bytes, log: bytes, broken: Callable[[bytes], bytes]
) -> None:
    path.write_bytes(broken(content))
    path_beside(path).write_bytes(log)
    with opened(path) as (store, watches):
        assert set(watches.watches) == ON_LIST
        assert {watch.label for watch in watches} == {f"label {number}" for number in range(JOBS) if number != 1}
        assert "from ids.log" in store.notice or "39 jobs recovered from it" in store.notice
    assert set(kept(path).watches) == ON_LIST


@pytest.mark.parametrize("version", [0, 1, SCHEMA_VERSION])
def test_a_database_of_another_program_is_moved_aside_and_all_ids_are_recovered(
    path: Path, log: bytes, version: int
) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.execute(f"PRAGMA user_version = {version}")
    path_beside(path).write_bytes(log)
    with opened(path) as (store, watches):
        assert "it is a database of another program" in store.notice
        assert set(watches.watches) == ON_LIST
    assert len(asides(path)) == 1


def test_the_journal_of_a_broken_file_is_moved_with_it(path: Path, content: bytes) -> None:
    path.write_bytes(content[:3_000])
    journal = path.with_name("store-journal")
    journal.write_bytes(b"x")
    notice = recover(path, "it is broken", read_report, lambda: False)
    assert not journal.exists()
    assert sorted(one.name.endswith("-journal") for one in asides(path)) == [False, True]
    assert str(asides(path)[0]) in notice


def survives(path: Path, damaged: bytes, log: bytes, jobs: int = JOBS) -> None:
    """Open a damaged file with its log: all ids are on the list, and reading the rest does not crash."""
    path.write_bytes(damaged)
    path_beside(path).write_bytes(log)
    for one in asides(path):
        one.unlink()
    path.with_name("store-journal").unlink(missing_ok=True)
    with opened(path) as (store, watches):
        assert set(watches.watches) >= {job(number) for number in range(jobs) if number != 1}
        if asides(path):
            assert "recovered from it" in store.notice or "from ids.log" in store.notice
            assert any(one.read_bytes() == damaged for one in asides(path))
            assert all(
                full_record(watch, store.last_response(watch.job), store.history(watch.job), NOW) for watch in watches
            )
            return
        for known in watches:
            with suppress(BrokenStoreError):
                assert full_record(known, store.last_response(known.job), store.history(known.job), NOW)
                store.previous_body(known.job)
        with suppress(StoreError):
            store.load_removed([job(1)])
            added(store, watch(99))


def test_a_schema_that_is_not_text_is_damage(path: Path, content: bytes) -> None:
    path.write_bytes(content.replace(b"CREATE TABLE entries (", b"CREATE TABLE ent\xc1ies )"))
    with opened(path) as (store, _):
        assert "could not be read" in store.notice
    assert len(asides(path)) == 1


def alter(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def test_a_flipped_bit_that_makes_a_job_look_removed_is_damage(path: Path, content: bytes, log: bytes) -> None:
    path.write_bytes(content)
    path_beside(path).write_bytes(log)
    spoil(path, "UPDATE watches SET removed_at = 0.0 WHERE position = 4")
    with opened(path) as (store, watches):
        assert set(watches.watches) == ON_LIST
        assert "was removed without a recorded reason" in store.notice
        assert watches.watches[job(3)].tags == ("a", "b")


def test_a_flipped_bit_in_the_name_of_a_tenant_loses_no_id(path: Path, content: bytes, log: bytes) -> None:
    at = content.rindex(b"env" + str(job_id(39)).encode() * 2)  # the row; the index has the id once
    path.write_bytes(content[:at] + b"enw" + content[at + 3 :])
    path_beside(path).write_bytes(log)
    with opened(path) as (store, watches):
        assert set(watches.watches) >= ON_LIST
        assert "its index lists jobs that its table lacks" in store.notice


def test_a_flipped_bit_in_the_schema_is_damage_and_not_a_bug(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    alter(path, b"label TEXT", b"labem TEXT")
    with opened(path) as (store, watches):
        assert "its schema is altered" in store.notice
        assert set(watches.watches) == ON_LIST
        assert store.last_response(job(2)) == done(NOW + 2)


@pytest.mark.slow
def test_no_flipped_bit_in_the_name_of_a_column_loses_an_id(path: Path, content: bytes, log: bytes) -> None:
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(watches)")]
    for column in columns:
        altered = content.replace(f"{column} ".encode(), f"{column[:-1]}{chr(ord(column[-1]) ^ 1)} ".encode())
        survives(path, altered, log)
        if column not in {"position", "tenant", "job"}:  # without log and copy nothing says whose ids they are
            survives(path, altered, b"")


@pytest.mark.parametrize("version", [0, 1])
def test_a_flipped_bit_in_the_format_number_is_damage(path: Path, content: bytes, version: int) -> None:
    path.write_bytes(content)
    spoil(path, f"PRAGMA user_version = {version}")
    with opened(path) as (store, watches):
        assert f"its format number is {version}" in store.notice
        assert set(watches.watches) == ON_LIST
        assert [watch.tags for watch in watches] == [("a", "b")] * (JOBS - 1)


BUGS = {
    "a missing column": "ALTER TABLE watches DROP COLUMN note",
    "a column of another name": "ALTER TABLE watches RENAME COLUMN note TO remark",
    "a missing table": "DROP TABLE meta",
    "a missing index": "DROP INDEX by_revision",
}


@pytest.mark.parametrize("statement", BUGS.values(), ids=BUGS)
def test_an_unexpected_schema_is_a_bug_and_the_file_is_unchanged(
    path: Path, content: bytes, log: bytes, statement: str
) -> None:
    path.write_bytes(content)
    path_beside(path).write_bytes(log)
    spoil(path, statement)
    before = path.read_bytes()
    with pytest.raises(SchemaError, match="This is a bug; the file is not damaged"):
        open_store(path, read_report)
    assert path.read_bytes() == before
    assert asides(path) == []


def test_an_invalid_query_is_a_bug_and_the_file_is_unchanged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with opened(path) as (store, watches):
        with pytest.raises(SchemaError, match=r"no such column: (excluded\.)?nonsense"):
            store.apply(Change(watches, annotated=tuple(watches), fields=("nonsense",)))
        with pytest.raises(SchemaError, match=r"This is a bug.*NOT NULL|NOT NULL.*This is a bug"):
            store.apply(Change(watches, annotated=(replace(watches.watches[job(2)], label=None),)))
    assert set(kept(path).watches) == ON_LIST
    assert asides(path) == []


def test_a_page_without_its_rows_is_damage_and_not_a_shorter_list(path: Path, content: bytes) -> None:
    pages = [content[at : at + 4_096] for at in range(0, len(content), 4_096)]
    leaf = next(number for number, page in enumerate(pages) if page[0] == 13 and b"label 3" in page)
    # Bytes 3 and 4 of a table's leaf page, whose first is 13, count its rows.
    pages[leaf] = pages[leaf][:4] + bytes([pages[leaf][4] - 1]) + pages[leaf][5:]
    path.write_bytes(b"".join(pages))
    with opened(path) as (store, watches):
        assert len(watches) == JOBS - 1
        assert "could not be read (40 jobs were written, 39 are left). 39 jobs recovered" in store.notice


def test_no_truncation_loses_an_id(path: Path, content: bytes, log: bytes) -> None:
    for size in (*range(0, 120, 13), *range(512, len(content), 6_656)):
        survives(path, content[:size], log)


@pytest.mark.long
@pytest.mark.parametrize("start", range(16))
def test_no_truncation_at_all_loses_an_id(path: Path, small: bytes, start: int) -> None:
    for size in range(start, len(small), 16):
        survives(path, small[:size], log_of(FEW), FEW)


def flipped(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]


def test_no_flipped_bit_loses_an_id(path: Path, content: bytes, log: bytes) -> None:
    chance = random.Random(7)
    for _ in range(50):
        survives(path, flipped(content, chance), log)


def test_a_damaged_file_is_kept_unchanged_even_if_its_id_is_lost(path: Path, content: bytes, log: bytes) -> None:
    path.write_bytes(content)
    spoil(path, "DELETE FROM meta WHERE name = 'id'")
    spoil(path, "UPDATE watches SET removed_at = 0.0 WHERE position = 4")
    survives(path, path.read_bytes(), log)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_none_of_ten_thousand_flipped_bits_loses_an_id(path: Path, content: bytes, log: bytes, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1_000):
        survives(path, flipped(content, chance), log)


DAMAGES = {
    "an id that is none": "UPDATE watches SET given = 'x' || given",
    "two ids": "UPDATE watches SET given = replace(given, '0', '1')",
    "a moment that is none": "UPDATE watches SET added_at = 1e300",
    "a moment before all time": "UPDATE watches SET seen_at = -1.0",
    "a text where a number was": "UPDATE watches SET planned = 'soon'",
    "a blob where a text was": "UPDATE watches SET label = x'ff'",
    "a text that is no text": "UPDATE watches SET label = CAST(x'ff' AS TEXT)",
    "tags that are none": "UPDATE watches SET tags = '{'",
    "no revision": "DELETE FROM meta WHERE name = 'revision'",
    "no digest version": "DELETE FROM meta WHERE name = 'digest_version'",
    "a revision that is no number": "UPDATE meta SET value = 'x'",
}


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
def test_rows_that_no_version_writes_are_damage_and_their_jobs_are_recovered(
    path: Path, content: bytes, statement: str
) -> None:
    path.write_bytes(content)
    spoil(path, statement)
    with opened(path) as (store, watches):
        assert {job(number) for number in range(JOBS)} - {job(1)} <= set(watches.watches)
        assert "could not be read" in store.notice
        assert store.history(job(2))
    assert len(asides(path)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reports SET call = '{'",
        "UPDATE reports SET call = '[]'",
        'UPDATE reports SET call = \'{"odd": 1, "limits": []}\'',
        "UPDATE reports SET call = '{\"limits\": [1]}'",
        "UPDATE reports SET body = x'ff'",
        "UPDATE reports SET at = 'soon'",
        "UPDATE reports SET earlier = x'ff'",
        "UPDATE reports SET earlier_at = NULL",
        "UPDATE entries SET at = 'soon'",
        "UPDATE entries SET text = x'ff'",
    ],
)
def test_a_damaged_response_or_timeline_is_reported_where_it_is_read(
    path: Path, content: bytes, statement: str
) -> None:
    path.write_bytes(content)
    spoil(path, statement)
    with opened(path) as (store, watches):
        assert len(watches) == JOBS - 1
        with pytest.raises(BrokenStoreError, match="is damaged"):
            store.last_response(job(2)) and store.previous_body(job(2)) and store.history(job(2))


def test_unknown_events_and_problems_of_a_newer_program_are_read_as_far_as_possible(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    spoil(path, "UPDATE entries SET event = 'dreamt of'")
    spoil(path, "UPDATE watches SET problem = 'SOLAR_FLARE', problem_detail = '', problem_code = '', verdict = 'odd'")
    with opened(path) as (store, watches):
        assert len(store.history(job(2))) > 0
        assert {watch.verdict.kind for watch in watches} == {VerdictKind.ATTENTION}


@contextmanager
def newer(path: Path, content: bytes, *statements: str) -> Iterator[bytes]:
    """The file as a newer program would have made it; it must be the same afterwards, byte for byte."""
    path.write_bytes(content)
    for statement in (f"PRAGMA user_version = {SCHEMA_VERSION + 1}", *statements):
        spoil(path, statement)
    before = path.read_bytes()
    yield before
    assert path.read_bytes() == before
    assert asides(path) == []


def test_a_store_of_a_newer_program_is_shown_and_never_changed(path: Path, content: bytes) -> None:
    newer_digests = "UPDATE meta SET value = 99 WHERE name = 'digest_version'"
    with newer(path, content, newer_digests), opened(path) as (store, watches):
        assert len(watches) == JOBS - 1
        assert store.is_read_only
        assert "written by a newer zjobtui" in store.notice
        assert store.last_response(job(2)) == done(NOW + 2)
        assert store.read_changes() is None
        with pytest.raises(StoreError, match="written by a newer zjobtui"):
            added(store, watch(99))
        with pytest.raises(StoreError, match="written by a newer zjobtui"):
            store.acquire_lease("poll", "me", NOW, 10.0)


def test_an_unreadable_store_of_a_newer_program_is_reported_and_never_moved(path: Path, content: bytes) -> None:
    with newer(path, content, "UPDATE watches SET tags = '{}{'"), pytest.raises(StoreError, match="damaged"):
        open_store(path, read_report)
    path.unlink()
    with newer(path, content, "ALTER TABLE watches RENAME TO observed_jobs"), pytest.raises(StoreError):
        open_store(path, read_report)


def test_a_store_of_a_newer_program_keeps_its_journal_mode(path: Path, content: bytes) -> None:
    with newer(path, content, "PRAGMA journal_mode = WAL"):
        assert len(kept(path)) == JOBS - 1


def test_a_store_locked_by_another_program_is_reported_within_seconds_and_unchanged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with opened(path) as (store, _), closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.limit_lock_wait(0.1)
        other.execute("BEGIN EXCLUSIVE")
        uses: list[Callable[[], object]] = [
            lambda: added(store, watch(99)),
            lambda: store.last_response(job(2)),
            store.read_changes,
            store.load,
            lambda: open_store(path, read_report, 0.1),
        ]
        for use in uses:
            with pytest.raises(StoreError, match="locked"):
                use()
        other.execute("ROLLBACK")
        added(store, watch(99))
    assert len(kept(path)) == JOBS
    assert asides(path) == []


def test_a_change_that_fails_halfway_is_rolled_back(path: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
        store.file.connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        with pytest.raises(StoreError, match="full"):
            added(store, watch(2))
        store.file.connection.execute("DROP TRIGGER full")
        assert list(kept(path)) == [watch(1)]
        added(store, watch(3))
    assert len(kept(path)) == 2


def test_a_full_disk_is_reported_and_the_stored_data_is_kept(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        pages = store.file.connection.execute("PRAGMA page_count").fetchone()[0]
        store.file.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="full"):
            added(store, *(watch(number, note="x" * 1_000) for number in range(2, 100)))
        assert store.load() == watches
        store.file.connection.execute("PRAGMA max_page_count = 100000")
        observed(store, watches, failed(NOW + 1))
    assert kept(path).watches[job(1)].verdict.kind is VerdictKind.FAILED


@pytest.mark.parametrize("moment", ["SELECT revision", "PRAGMA journal_mode"])
def test_a_disk_error_is_not_damage_and_nothing_is_moved(
    path: Path, content: bytes, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(content)

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:
            if sql.startswith(moment):
                fault = sqlite3.OperationalError("disk I/O error")
                fault.sqlite_errorcode = sqlite3.SQLITE_IOERR
                raise fault
            return super().execute(sql, *arguments)  # type: ignore[arg-type]

    def connect(*arguments: object, **options: object) -> sqlite3.Connection:
        return real(*arguments, factory=Failing, **options)  # type: ignore[call-overload, no-any-return]

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(StoreError, match="disk I/O error"):
        open_database(path)
    assert path.read_bytes() == content


IS_ROOT = os.geteuid() == 0


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path / "file" / "store", read_report)


def test_a_folder_in_place_of_the_file_is_reported(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(path, read_report)
    assert path.is_dir()


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_reported(path: Path) -> None:
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(StoreError, match="cannot be opened"):
            open_store(path, read_report)
    finally:
        path.parent.chmod(stat.S_IRWXU)


def test_a_read_only_disk_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(StoreError, match="Permission denied"):
        open_store(path, read_report)
    assert not path.exists()


def test_without_hard_links_a_store_is_still_created(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refuse)
    with opened(path) as (store, _):
        added(store, watch(1))
    assert list(kept(path)) == [watch(1)]
    assert {file.name for file in path.parent.iterdir()} == {path.name, "ids.log"}


def test_a_store_created_meanwhile_by_another_process_is_used(
    path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(_made: str, path: Path) -> None:
        path.write_bytes(content)
        raise FileExistsError

    monkeypatch.setattr("os.link", too_late)
    assert len(kept(path)) == JOBS - 1
    assert watchlist() != kept(path)
    assert {file.name for file in path.parent.iterdir()} == {path.name, "ids.log"}
