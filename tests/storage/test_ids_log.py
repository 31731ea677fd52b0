"""`ids.log`: a line for each add and remove, on disk before it is confirmed, from which lost jobs are restored."""

import os
import re
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.opening import added, kept, opened, quick_folder
from tests.support.building import NOW, apply_observations, dashed, done, job, job_id, watch
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.text import clean
from zjobtui.storage import ids_log
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import StoreError, backup_path
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

STAMP = "2026-11-23T14:40:00Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.sqlite3"


@pytest.fixture
def log(path: Path) -> Path:
    return path.with_name("ids.log")


def lines(log: Path) -> list[list[str]]:
    """The fields of each line below the first, which explains the file."""
    text = log.read_text(encoding="utf-8")
    assert text.startswith("# zjobtui: ")
    assert text.endswith("\n")
    return [line.split("\t") for line in text.splitlines()[1:]]


def stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def forget(path: Path, *numbers: int) -> None:
    """Delete jobs from the store as if it had never known them."""
    with closing(sqlite3.connect(path)) as connection:
        for number in numbers:
            connection.execute("DELETE FROM watches WHERE job = ?", (job_id(number).key,))
        connection.commit()


def test_each_add_and_remove_is_a_readable_line(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1, label="CS-1 renewal"), watch(2, tenant="eu"))
        store.apply(watches.remove([job(1)], NOW + 60))
    assert lines(log) == [
        [stamp(NOW), "add", "env", str(job_id(1)), "CS-1 renewal"],
        [stamp(NOW), "add", "eu", str(job_id(2))],
        [stamp(NOW + 60), "remove", "env", str(job_id(1))],
    ]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_an_id_is_written_unchanged(path: Path, log: Path) -> None:
    spelled = JobId(dashed(job_id(1)).upper())
    with opened(path) as (store, _):
        added(store, watch(1, job=JobRef("env", spelled)))
    assert lines(log)[0][3] == str(spelled)
    assert kept(path).get(job(1)) is not None


def test_observations_and_edits_write_no_line(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        before = log.read_bytes()
        store.apply(apply_observations(watches, [(job(1), done(NOW + 1), 5.0)]))
        store.apply(watches.label([job(1)], "later", NOW + 2))
    assert log.read_bytes() == before


def test_the_line_is_on_the_disk_before_the_add_is_committed(
    path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync = os.fsync
    log.touch()

    def noted_fsync(handle: int) -> None:
        fsync(handle)
        if os.fstat(handle).st_ino == log.stat().st_ino:
            steps.append("fsync")

    monkeypatch.setattr(os, "fsync", noted_fsync)
    with opened(path) as (store, _):
        store.file.connection.set_trace_callback(
            lambda sql: steps.append(sql) if sql in {"BEGIN IMMEDIATE", "COMMIT"} else None
        )
        added(store, watch(1))
    assert steps[:3] == ["BEGIN IMMEDIATE", "fsync", "COMMIT"]


def test_a_label_is_one_cleaned_line_without_secrets(path: Path, log: Path) -> None:
    secret = "kX9zQ4mW7vB2nL5pR8tY1cF6"
    with opened(path) as (store, _):
        added(store, watch(1, label=f"two\nlines\x1b[2J\u202e\t client_secret={secret}"), watch(2, label="x" * 5_000))
    content = log.read_text(encoding="utf-8")
    assert secret not in content
    assert "[masked]" in content
    first, second = lines(log)
    assert clean(first[4]) == first[4]
    assert len(second[4]) <= ids_log.LABEL_LIMIT


@pytest.mark.parametrize("tenant", ["eu production", 'a"b', "", "tab\there", "ünï", "\x1b[2J"])
def test_jobs_of_tenants_with_unusual_names_are_neither_lost_nor_duplicated(path: Path, tenant: str) -> None:
    with opened(path) as (store, _):
        added(store, watch(1, job=JobRef(tenant, job_id(1))))
    assert [watch.job.tenant for watch in kept(path)] == [tenant]
    path.unlink()
    assert [watch.job.tenant for watch in kept(path)] == [clean(tenant)]


def test_ids_that_the_store_lacks_are_added_at_the_start_with_a_notice(path: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1), watch(2, label="CS-2"), watch(3))
    forget(path, 2)
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1), job(2), job(3)}
        restored = watches.watches[job(2)]
        assert (restored.label, restored.added_at, restored.added_by) == ("CS-2", NOW, "restored from ids.log")
        assert store.notice == ("The watchlist lacked jobs that ids.log lists; they were restored: 1 job from ids.log.")
    with opened(path) as (store, watches):
        assert (len(watches), store.notice) == (3, "")


def test_data_of_such_jobs_in_the_daily_copy_is_restored_too(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(2, tags=("a",), note="n"))
        store.apply(apply_observations(watches, [(job(2), done(NOW + 1), 5.0)]))
    assert back_up(path)
    forget(path, 2)
    with opened(path) as (store, watches):
        assert "1 job from the copy of 2" in store.notice
        assert (watches.watches[job(2)].tags, watches.watches[job(2)].note) == (("a",), "n")
        assert store.last_response(job(2)) == done(NOW + 1)


def test_ids_that_were_removed_are_not_added(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(2))
        store.apply(watches.remove([job(1)], NOW + 1))
    path.unlink()
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(2)}
        assert f"The watchlist {path} was missing." in store.notice


def test_a_job_changed_by_a_window_without_the_log_is_as_in_the_store(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(2))
        before = log.read_bytes()
        store.apply(watches.add([watch(3)]))
        store.apply(watches.remove([job(1)], NOW + 5))
    log.write_bytes(before)  # as a version without the log leaves it
    with opened(path) as (store, watches):
        assert (set(watches.watches), store.notice) == ({job(2), job(3)}, "")
    assert [fields[1:4] for fields in lines(log)[2:]] == [
        ["remove", "env", str(job_id(1))],
        ["add", "env", str(job_id(3))],
    ]
    path.unlink()
    assert set(kept(path).watches) == {job(2), job(3)}


def test_a_store_without_a_log_gets_one(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1, label="mine"), watch(2))
        store.apply(watches.remove([job(2)], NOW + 1))
    log.unlink()
    kept(path)
    assert lines(log) == [[stamp(NOW), "add", "env", str(job_id(1)), "mine"]]


def test_the_daily_copy_compacts_the_log_to_the_last_line_of_each_job(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(2), watch(3))
        change = watches.label([job(2)], "named later", NOW + 1)
        store.apply(change)
        store.apply(change.watchlist.remove([job(1)], NOW + 2))
        with log.open("a") as file:
            file.write(f"{STAMP}\tadd\tenv\t{job_id(9)}\tonly here\nnoise\n")
        back_up(path)
    assert lines(log) == [
        [stamp(NOW + 2), "remove", "env", str(job_id(1))],
        [stamp(NOW), "add", "env", str(job_id(2)), "named later"],
        [stamp(NOW), "add", "env", str(job_id(3))],
        [STAMP, "add", "env", str(job_id(9)), "only here"],
    ]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert {file.name for file in path.parent.iterdir()} == {path.name, backup_path(path).name, "ids.log"}


def test_a_temporary_file_of_a_killed_process_is_deleted_with_the_daily_copy(path: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
    old, new = path.with_name(f".{path.name}-abc"), path.with_name(".ids.log-def")
    for file in (old, new):
        file.write_bytes(b"x")
    os.utime(old, (0, 0))
    back_up(path)
    assert (old.exists(), new.exists()) == (False, True)


def link(log: Path) -> None:
    target = log.with_name("elsewhere")
    target.write_text("not ours\n")
    log.symlink_to(target)


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a symbolic link": (link, "is a symbolic link and is not used"),
    "a named pipe": (os.mkfifo, "is not a regular file and is not used"),
    "a directory": (Path.mkdir, r"is not a regular file|Is a directory"),
}


@pytest.mark.parametrize(("make", "why"), REFUSED.values(), ids=REFUSED)
def test_a_log_that_is_not_a_regular_file_is_refused_and_nothing_is_confirmed(
    path: Path, log: Path, make: Callable[[Path], None], why: str
) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
    log.unlink()
    make(log)
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1)}
        assert re.search(why, store.notice)
        with pytest.raises(StoreError, match=why):
            store.apply(watches.add([watch(2)]))
        store.apply(apply_observations(watches, [(job(1), done(NOW + 1), 5.0)]))
    assert set(kept(path).watches) == {job(1)}
    elsewhere = log.with_name("elsewhere")
    assert not elsewhere.exists() or elsewhere.read_text() == "not ours\n"


def test_a_log_readable_by_others_is_made_private(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
        log.chmod(0o644)
        added(store, watch(2))
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_full_disk_under_the_log_commits_nothing_and_is_reported(
    path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", full)
            with pytest.raises(StoreError, match=re.escape(f"{log} cannot be written: No space left on device.")):
                added(store, watch(2))
        assert set(kept(path).watches) == {job(1)}
        added(store, watch(3))
    assert set(kept(path).watches) == {job(1), job(3)}


LINE = f"{STAMP}\tadd\tenv\t{job_id(7)}\tCS-7"
READABLE = {
    "as written": f"{LINE}\n".encode(),
    "with spaces": LINE.replace("\t", "  ").encode(),
    "with CR": f"{LINE}\r\n".encode(),
    "with a BOM": f"\ufeff{LINE}\n".encode(),
    "in UTF-16": f"{LINE}\n".encode("utf-16"),
    "in UTF-16, the other way": f"\ufeff{LINE}\n".encode("utf-16-be"),
    "without its end": LINE.encode(),
    "after a torn line": f"{LINE[:40]}\n{LINE}\n".encode(),
    "before a torn line": f"{LINE}\n{LINE[:50]}".encode(),
    "after noise": b"\xff\xfe\x00\n{}[]\n\n" + f"{LINE}\n".encode(),
    "after a huge line": b"x" * 3_000_000 + f"\n{LINE}\n".encode(),
    "after NULs of a power cut": bytes(5_000) + b"\n" + f"{LINE}\n".encode(),
    "of an impossible time": LINE.replace("-11-", "-99-").encode(),
    "with a label in Latin-1": LINE.encode() + b" \xe9\xff\n",
}


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE)
def test_a_line_is_read_after_any_change_by_an_editor_or_a_crash(path: Path, log: Path, content: bytes) -> None:
    log.write_bytes(content)
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(7)}
        assert watches.watches[job(7)].label.startswith("CS-7")
        added(store, watch(8))
    path.unlink()
    assert set(kept(path).watches) == {job(7), job(8)}


NOTHING = {
    "a torn id": LINE[:60],
    "a longer word": f"{STAMP}\tadd\tenv\t{job_id(7)}0",
    "another action": LINE.replace("add", "adds"),
    "no tenant": f"{STAMP}\tadd\t{job_id(7)}\tx",
    "a comment": f"# {LINE}",
    "removed since": f"{LINE}\n{LINE.replace('add', 'remove')}",
    "nothing": "",
}


@pytest.mark.parametrize("content", NOTHING.values(), ids=NOTHING)
def test_an_incomplete_line_adds_nothing(path: Path, log: Path, content: str) -> None:
    log.write_text(content, encoding="utf-8")
    assert len(kept(path)) == 0


@given(st.binary(max_size=300))
def test_any_content_is_read_and_so_are_lines_written_after_it(content: bytes) -> None:
    with quick_folder() as folder:
        log = folder / "ids.log"
        log.write_bytes(content)
        ids_log.append(log, [ids_log.line(NOW, "env", str(job_id(1)), "mine", action=ids_log.LogAction.ADD)])
        line = ids_log.read(log)[ids_log.key_of("env", job_id(1).key)]
    assert (line.is_add, line.label, line.at) == (True, "mine", NOW)


def test_both_readers_agree_and_the_last_line_counts_wherever_the_file_is_cut(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = job_id(1), job_id(2)
    entries = [
        f"{STAMP}\tadd\tenv\t{first.given}\tfirst",
        "garbage " * 30,
        f'{STAMP}\tremove\t"my tenant"\t{second.given.upper()}',
        f"{STAMP}\tremove\tenv\t{dashed(first)}",
        f'{STAMP}\tarchive\t"my tenant"\t{dashed(second)}\twrapped up\r',
        f"\ufeff{STAMP} add env {second.given}",
        f'{STAMP}\tadd\t"not JSON\\"\t{first.given}',
        f"{STAMP}\tadd\tenv\t{first.given[:-1]}",
    ]
    log.write_text("\n".join(entries), encoding="utf-8")
    expected = {
        ("env", first.key): ("remove", dashed(first), ""),
        ("my tenant", second.key): ("archive", dashed(second), "wrapped up"),
        ("env", second.key): ("add", second.given, ""),
    }
    for size in (1, 100, 1_000_000):
        monkeypatch.setattr(ids_log, "PIECE", size)
        read = ids_log.read(log)
        assert {key: (line.action.value, line.given, line.label) for key, line in read.items()} == expected
        assert ids_log.actions(log) == {key: line.action for key, line in read.items()}


def test_ten_thousand_lines_take_no_noticeable_time(path: Path, log: Path) -> None:
    ids_log.rewrite(
        log,
        (
            ids_log.line(NOW, "env", str(job_id(number)), "label", action=ids_log.LogAction.ADD)
            for number in range(10_000)
        ),
    )
    began = time.process_time()
    assert len(ids_log.read(log)) == 10_000
    assert time.process_time() - began < 0.5


def test_a_store_of_a_newer_program_does_not_change_the_log(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    log.write_text(f"{LINE}\n", encoding="utf-8")
    with opened(path) as (_, watches):
        assert set(watches.watches) == {job(1)}
    assert log.read_text(encoding="utf-8") == f"{LINE}\n"


def test_ids_that_cannot_be_added_because_of_a_lock_are_reported(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
    with log.open("a") as file:
        file.write(f"{LINE}\n")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store, watches = open_store(path, read_report, 0.1)
        store.close()
        assert set(watches.watches) == {job(1)}
        assert f"Jobs that are only in {log} could not be added: " in store.notice
        assert "is locked by another program" in store.notice
        other.execute("ROLLBACK")
    assert set(kept(path).watches) == {job(1), job(7)}


def test_a_store_found_damaged_when_lost_jobs_are_added_is_recovered(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        added(store, *(watch(number, label=f"CS-{number}") for number in range(200)))
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_watches_1'"
        ).fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4_096 : root * 4_096] = bytes(4_096)
    path.write_bytes(content)
    with log.open("a") as file:
        file.write(f"{LINE}\n{LINE.replace(str(job_id(7)), str(job_id(999)))}\n")
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(number) for number in (*range(200), 999)}
        assert "recovered from it" in store.notice
    assert kept(path) == watches
