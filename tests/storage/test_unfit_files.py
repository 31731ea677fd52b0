"""A format number out of range is damage, and only regular files are ever opened."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storage.old_stores import old_store
from tests.storage.opening import added, kept, opened
from tests.storage.test_damage import spoil
from tests.support.building import job, watch
from zjobtui.cli.check import CheckStatus
from zjobtui.cli.doctor import store_checks
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import StoreError, backup_path, connect
from zjobtui.storage.health import check_store
from zjobtui.storage.maintenance import known_words
from zjobtui.storage.shared_tables import record_calls


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "watchlist.sqlite3"
    with opened(path) as (store, _):
        added(store, watch(1, label="one", note="n"))
    return path


@pytest.mark.parametrize("number", [0, -1, -2_147_483_646, -2_147_483_648])
def test_a_format_number_below_one_is_damage_and_repaired(path: Path, number: int) -> None:
    spoil(path, f"PRAGMA user_version = {number}")
    assert str(number) in check_store(path).damage
    assert not back_up(path)
    assert kept(path).watches[job(1)].note == "n"
    assert check_store(path).damage == ""


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a named pipe": (os.mkfifo, "a named pipe"),
    "a folder": (Path.mkdir, "a folder"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
}


@pytest.mark.parametrize(("make", "kind"), ODD.values(), ids=ODD)
def test_a_store_that_is_not_a_regular_file_is_reported_and_never_opened(
    path: Path, make: Callable[[Path], object], kind: str
) -> None:
    path.unlink()
    make(path)
    started = time.monotonic()
    facts = check_store(path)
    assert (facts.trouble, facts.damage) == (f"it is {kind}, not a regular file", "")
    with pytest.raises(OSError, match=f"is {kind}, not a regular file"):
        connect(path, "ro")
    with pytest.raises(StoreError, match=f"it is {kind}, not a regular file"):
        kept(path)
    assert known_words(path, "") == []
    record_calls(path, 1, {"env": 1})
    assert not back_up(path)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(("make", "kind"), ODD.values(), ids=ODD)
def test_a_copy_that_is_not_a_regular_file_is_not_used_and_the_next_copy_replaces_it(
    path: Path, make: Callable[[Path], object], kind: str
) -> None:
    backup = backup_path(path)
    make(backup)
    path.write_bytes(b"")
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1)}
        assert f"the daily copy {backup} is {kind} and is not used" in store.notice
    if not backup.is_symlink():  # the age of a link is that of the device
        os.utime(backup, (0, 0))
        assert back_up(path)
        assert backup.is_file()


def test_a_journal_that_is_a_named_pipe_is_refused(path: Path) -> None:
    os.mkfifo(path.with_name(f"{path.name}-journal"))
    assert "-journal is a named pipe, not a regular file" in check_store(path).trouble
    with pytest.raises(StoreError, match="-journal is a named pipe"):
        kept(path)


def link(log: Path) -> None:
    log.unlink()
    log.symlink_to("elsewhere")


def folder(log: Path) -> None:
    log.unlink()
    log.mkdir()


@pytest.mark.parametrize(("make", "words"), [(link, "is a symbolic link"), (folder, "directory|not a regular file")])
def test_doctor_reports_an_ids_log_that_blocks_every_add(path: Path, make: Callable[[Path], None], words: str) -> None:
    assert not [finding for finding in store_checks(check_store(path), 0.0) if finding.status is CheckStatus.WRONG]
    make(path.with_name("ids.log"))
    (wrong,) = [finding for finding in store_checks(check_store(path), 0.0) if finding.status is CheckStatus.WRONG]
    assert wrong.name == "ids.log"
    assert re.search(words, wrong.text)


@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE watches DROP COLUMN note", "ALTER TABLE meta RENAME COLUMN value TO number", "DROP TABLE calls"],
)
def test_doctor_reports_a_missing_column_or_table(path: Path, statement: str) -> None:
    spoil(path, statement)
    facts = check_store(path)
    assert facts.damage or "do not match" in facts.trouble


def test_doctor_accepts_a_store_of_the_previous_format(tmp_path: Path) -> None:
    store = tmp_path / "old.sqlite3"
    old_store(store)
    facts = check_store(store)
    assert (facts.damage, facts.trouble) == ("", "")
