"""The readable content of a damaged store is recovered, the rest from the daily copy and ids.log, with a report."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, observed, opened, quick_folder
from tests.storage.test_damage import asides, spoil
from tests.support.building import NOW, PROCESSING, done, job, seen, watch
from tests.support.running import run
from zjobtui.config.paths import store_path
from zjobtui.models.verdict import VerdictKind
from zjobtui.storage import database
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import StoreError, backup_path, exclusive_lock
from zjobtui.storage.recovery import recover
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

JOBS = 60
PAGE = 4_096


@pytest.fixture
def path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder / "store"


def filled(path: Path, first: int = 0, jobs: int = JOBS) -> bytes:
    """A store of finished jobs with labels and histories, one of them removed; its bytes."""
    with opened(path) as (store, _):
        numbers = range(first, first + jobs)
        watches = added(store, *(watch(number, label=f"label {number}", tags=("a",)) for number in numbers))
        watches = observed(store, watches, seen(PROCESSING, NOW + 1), done(NOW + 2))
        store.apply(watches.remove([job(first)], NOW + 3))
    return path.read_bytes()


def pages_with(content: bytes, word: bytes) -> list[int]:
    """The table leaves (their first byte is 13) that contain a word."""
    starts = range(PAGE, len(content), PAGE)
    return [at for at in starts if content[at] == 13 and word in content[at : at + PAGE]]


def test_with_one_page_lost_other_rows_are_recovered_and_ids_come_from_the_index(path: Path) -> None:
    content = filled(path)
    lost = pages_with(content, b"label 2")[0]
    path.write_bytes(content[:lost] + bytes(PAGE) + content[lost + PAGE :])
    with opened(path) as (store, watches):
        assert {job(number) for number in range(1, JOBS)} == set(watches.watches)
        whole = [watch for watch in watches if watch.tags]
        assert 0 < len(whole) < JOBS - 1
        for one in whole:
            assert (one.verdict.kind, one.tags) == (VerdictKind.DONE, ("a",))
            assert store.last_response(one.job) == done(NOW + 2)
            assert [entry.text for entry in store.history(one.job)][-1] == one.verdict.sentence
        assert f"{len(watches)} jobs recovered from it, there is no daily copy." in store.notice
        added(store, watch(999))


def test_a_removed_job_stays_removed_and_its_history_is_kept(path: Path) -> None:
    filled(path)
    spoil(path, "DELETE FROM meta")
    with opened(path) as (store, watches):
        assert job(0) not in watches.watches
        (recalled,) = store.load_removed([job(0)])
        assert recalled.label == "label 0"


@pytest.mark.parametrize(
    "page", [bytes(PAGE), random.Random(1).randbytes(PAGE), b"text " * 820], ids=["nought", "noise", "text"]
)
def test_a_store_without_its_first_page_is_recovered_from_the_copy_and_the_log(path: Path, page: bytes) -> None:
    filled(path)
    back_up(path)
    with opened(path) as (store, watches):
        added(store, watch(999, label="after the copy"))
        store.apply(watches.remove([job(5)], NOW + 9))
    content = path.read_bytes()
    path.write_bytes(page[:PAGE] + content[PAGE:])
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(number) for number in (*range(1, JOBS), 999)} - {job(5)}
        assert watches.watches[job(999)].label == "after the copy"
        assert store.last_response(job(2)) == done(NOW + 2)
        assert store.load_removed([job(5)])[0].label == "label 5"
        assert "Nothing in it was readable, 58 jobs from the copy of 2" in store.notice
        assert ", 1 job more from ids.log." in store.notice


def test_the_intact_fields_of_a_damaged_row_are_kept(path: Path) -> None:
    filled(path)
    spoil(path, "UPDATE watches SET note = x'ff' WHERE position = 4")
    spoil(path, "UPDATE watches SET sentence = 3 WHERE position = 5")
    with opened(path) as (store, watches):
        for number in (3, 4):
            kept_of_it = watches.watches[job(number)]
            assert (kept_of_it.label, kept_of_it.tags, kept_of_it.added_by) == (f"label {number}", ("a",), "test")
            assert store.last_response(job(number)) == done(NOW + 2)
            assert len(store.history(job(number))) > 1
        assert watches.watches[job(3)].verdict.kind is VerdictKind.DONE


def test_a_flipped_digit_of_an_id_is_corrected_by_the_log(path: Path) -> None:
    filled(path)
    spoil(path, "UPDATE watches SET given = replace(given, '0', '1') WHERE position = 4")
    with opened(path) as (_, watches):
        assert set(watches.watches) == {job(number) for number in range(1, JOBS)}
        assert watches.watches[job(3)].label == "label 3"


def test_missing_rows_come_from_the_backup_and_newer_data_is_kept(path: Path) -> None:
    filled(path)
    assert back_up(path)
    with opened(path) as (store, watches):
        store.apply(watches.label([job(5)], "newer", NOW + 9))
        added(store, watch(999))
    content = path.read_bytes()
    lost = pages_with(content, b"label 20")[0]
    index = content.index(b"sqlite_autoindex_watches_1")
    path.write_bytes(content[:index] + b"X" + content[index + 1 : lost] + bytes(PAGE) + content[lost + PAGE :])
    with opened(path) as (store, watches):
        assert {job(number) for number in (*range(1, JOBS), 999)} == set(watches.watches)
        assert watches.watches[job(5)].label == "newer"
        assert watches.watches[job(20)].label == "label 20"
        assert store.last_response(job(20)) == done(NOW + 2)
        assert "more from the copy of 2" in store.notice


@pytest.mark.parametrize("broken", [b"", b"no store", bytes(50_000)], ids=["empty", "text", "nought"])
def test_if_nothing_is_readable_the_backup_is_used(path: Path, broken: bytes) -> None:
    filled(path)
    back_up(path)
    path.write_bytes(broken)
    with opened(path) as (store, watches):
        assert len(watches) == JOBS - 1
        assert "Nothing in it was readable, 59 jobs from the copy of 2" in store.notice
        assert store.history(job(3))
    assert asides(path)[0].read_bytes() == broken


def test_readable_rows_of_a_damaged_backup_are_used(path: Path) -> None:
    filled(path)
    back_up(path)
    copy = backup_path(path).read_bytes()
    backup_path(path).write_bytes(bytes(PAGE) + copy[PAGE:])
    path.write_bytes(b"")
    with opened(path) as (store, watches):
        assert len(watches) in {0, JOBS - 1}
        assert "the copy of" in store.notice


def test_a_complete_private_backup_is_made_once_a_day(path: Path) -> None:
    assert not back_up(path)
    with opened(path) as (store, _):
        assert not back_up(path), "an empty list is no backup"
        added(store, watch(1))
        assert back_up(path)
        assert not back_up(path)
        added(store, watch(2))
        yesterday = time.time() - 90_000
        os.utime(backup_path(path), (yesterday, yesterday))
        assert back_up(path)
    with closing(sqlite3.connect(backup_path(path))) as copy:
        assert copy.execute("SELECT count(*) FROM watches").fetchone() == (2,)
    assert backup_path(path).stat().st_mode & 0o777 == 0o600
    assert {file.name for file in path.parent.iterdir()} == {"store", "store.backup", "ids.log"}


def test_a_damaged_or_newer_store_does_not_replace_the_backup(path: Path) -> None:
    content = filled(path)
    back_up(path)
    whole = backup_path(path).read_bytes()
    yesterday = time.time() - 90_000
    lost = pages_with(content, b"label 2")[0]
    for broken in (b"", content[: len(content) // 2], content[:lost] + bytes(PAGE) + content[lost + PAGE :]):
        os.utime(backup_path(path), (yesterday, yesterday))
        path.write_bytes(broken)
        assert not back_up(path)
    path.write_bytes(content)
    spoil(path, "PRAGMA user_version = 99")
    assert not back_up(path)
    assert backup_path(path).read_bytes() == whole
    assert {file.name for file in path.parent.iterdir()} == {"store", "store.backup", "ids.log"}


def test_a_damaged_store_that_cannot_be_repaired_is_unchanged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"no store")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match=r"nor recovered: .*No space left"):
        open_store(path, read_report)
    assert path.read_bytes() == b"no store"


def test_windows_that_find_the_damage_together_repair_it_once(path: Path) -> None:
    filled(path)
    spoil(path, "DELETE FROM meta")
    opened_by: list[int] = []

    def look() -> None:
        store, watches = open_store(path, read_report)
        opened_by.append(len(watches))
        store.close()

    windows = [threading.Thread(target=look) for _ in range(4)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert opened_by == [JOBS - 1] * 4
    assert len(asides(path)) == 1


def test_a_long_repair_by_a_window_is_reported_to_the_others(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_LIMIT", 0.1)
    path.write_bytes(b"no store")
    with exclusive_lock(path.parent), pytest.raises(StoreError, match="Another window is using"):
        open_store(path, read_report)
    assert path.read_bytes() == b"no store"


def test_without_hard_links_the_first_of_two_starts_creates_the_store_for_both(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", refuse)
    started: list[int] = []

    def start(number: int) -> None:
        with opened(path) as (store, _):
            added(store, watch(number))
            started.append(number)

    windows = [threading.Thread(target=start, args=(number,)) for number in range(6)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert sorted(started) == list(range(6))
    assert set(kept(path).watches) == {job(number) for number in range(6)}


def test_a_change_seen_by_two_windows_is_recorded_once(path: Path) -> None:
    with opened(path) as (mine, _), opened(path) as (theirs, _):
        watches = added(mine, watch(1))
        observed(mine, watches, seen(PROCESSING, NOW + 1))
        observed(theirs, watches, seen(PROCESSING, NOW + 2), done(NOW + 3))
        events = [(entry.event.value, entry.verdict) for entry in mine.history(job(1))]
    assert events == [("added", ""), ("status", "running"), ("status", "done")]


def test_damage_only_in_a_response_is_repaired_by_the_doctor() -> None:
    path = store_path()
    path.parent.mkdir()
    content = filled(path)
    lost = next(
        at for at in range(PAGE, len(content), PAGE) if content[at] == 13 and b'"track_id"' in content[at:][:PAGE]
    )
    path.write_bytes(content[:lost] + bytes(PAGE) + content[lost + PAGE :])
    assert "zjobtui doctor --repair" in run("doctor", "--offline").stdout
    repaired = run("doctor", "--offline", "--repair")
    assert "59 jobs recovered" in repaired.stderr
    assert "✓ content      not damaged" in repaired.stdout
    assert "not damaged" in run("doctor", "--offline", "--repair").stderr
    with closing(sqlite3.connect(path)) as connection:
        assert 0 < connection.execute("SELECT count(*) FROM reports").fetchone()[0] < JOBS


@pytest.mark.parametrize("has_links", [True, False], ids=["hard links", "no hard links"])
def test_a_failed_recovery_leaves_everything_unchanged(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    path.write_bytes(b"noise" * 900)
    path.chmod(0o640)
    for ending in ("-journal", "-wal"):
        path.with_name(path.name + ending).write_bytes(b"hot")
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def fail(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    if not has_links:
        monkeypatch.setattr(os, "link", fail)
    with pytest.raises(StoreError, match=r"neither be read .* nor recovered: .*No space left"):
        recover(path, "it is noise", read_report, lambda: False)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    assert path.stat().st_mode & 0o777 == 0o640
