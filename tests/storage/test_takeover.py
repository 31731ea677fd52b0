"""An older or another store replaces an open one: what the window has saved wins, and nothing is lost."""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, observed, opened, quick_folder
from tests.support.building import NOW, apply_observations, done, job, job_id, watch, watchlist
from tests.support.virtual_time import run_virtually
from zjobtui.models.history import REMOVALS, EventKind
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.polling.watchlist_service import STORE_READ_SECONDS, WatchlistService
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import StoreError
from zjobtui.storage.store import Store, open_store
from zjobtui.zuora.parser import read_report

Put = Callable[[Path, Path], None]


def put_by_renaming(source: Path, path: Path) -> None:
    shutil.copy(source, path.with_name("put"))
    path.with_name("put").replace(path)


def put_in_place(source: Path, path: Path) -> None:
    """As `cp` does: the file keeps its inode."""
    path.write_bytes(source.read_bytes())


PUTS = pytest.mark.parametrize("put", [put_by_renaming, put_in_place])


@pytest.fixture
def path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder / "store"


def run_window(
    store: Store, watches: Watchlist, script: Callable[[WatchlistService], Awaitable[None]], looks: float = 2.5
) -> WatchlistService:
    """A window that runs the script and reads its store a few times."""

    async def run() -> WatchlistService:
        service = WatchlistService(watches, store, lambda: None)
        service.start()
        await script(service)
        await asyncio.sleep(STORE_READ_SECONDS * looks)
        await service.close()
        return service

    return run_virtually(run())


def other_store(path: Path, commits: int) -> Path:
    """A store of another origin, with job 9 and so many more commits."""
    other = path.parent / "other" / path.name
    with opened(other) as (store, _):
        watches = added(store, watch(9, label="other"))
        for number in range(commits):
            store.apply(watches.note([job(9)], f"{number}"))
    return other


async def edit_each(service: WatchlistService) -> None:
    """A label, a note and tags of job 1, a removal of job 2, and job 3 archived; all are confirmed."""
    await service.edit(lambda listed: listed.label([job(1)], "typed", NOW + 1))
    await service.edit(lambda listed: listed.note([job(1)], "typed note"))
    await service.edit(lambda listed: listed.tag([job(1)], ("typed-tag",)))
    await service.edit(lambda listed: listed.remove([job(2)], NOW + 2))
    await service.edit(lambda listed: listed.remove([job(3)], NOW + 3, EventKind.ARCHIVED))
    assert service.unsaved == ""


@PUTS
def test_saved_data_wins_over_an_older_copy(put: Put, path: Path) -> None:
    copy = path.with_name("copy")

    async def script(service: WatchlistService) -> None:
        await edit_each(service)
        put(copy, path)

    with opened(path) as (store, _):
        watches = added(store, watch(1, label="old", note="N1"), watch(2), watch(3), watch(4))
        shutil.copy(path, copy)
        service = run_window(store, watches, script)
    assert service.unsaved == ""
    assert "All jobs are kept and saved" in service.notice
    assert kept(path) == service.watchlist
    assert set(service.watchlist.watches) == {job(1), job(4)}
    one = service.watchlist.watches[job(1)]
    assert (one.label, one.note, one.tags) == ("typed", "typed note", ("typed-tag",))
    with opened(path) as (store, _):
        assert [watch.job for watch in store.list_removed(EventKind.REMOVED)] == [job(2)]
        assert [watch.job for watch in store.list_removed(EventKind.ARCHIVED)] == [job(3)]


@PUTS
@pytest.mark.parametrize("commits", [0, 40])
def test_saved_data_is_copied_to_another_store(put: Put, commits: int, path: Path) -> None:
    other = other_store(path, commits)

    async def script(service: WatchlistService) -> None:
        await edit_each(service)
        put(other, path)
        await asyncio.sleep(STORE_READ_SECONDS * 1.5)
        await service.edit(lambda listed: listed.note([job(4)], "afterwards"))

    with opened(path) as (store, _):
        service = run_window(store, added(store, watch(1, label="old"), watch(2), watch(3), watch(4)), script)
    assert service.unsaved == ""
    assert kept(path) == service.watchlist
    labels = {watch.job: (watch.label, watch.note) for watch in service.watchlist}
    last = f"{commits - 1}" if commits else ""
    assert labels == {job(1): ("typed", "typed note"), job(4): ("", "afterwards"), job(9): ("other", last)}
    with opened(path) as (store, _):
        assert [watch.job for watch in store.list_removed(EventKind.ARCHIVED)] == [job(3)]


def test_an_edit_after_the_file_was_replaced_is_confirmed_only_when_saved(path: Path) -> None:
    other = other_store(path, 40)
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        put_in_place(other, path)
        with pytest.raises(StoreError, match="copied over"):
            store.apply(watches.note([job(1)], "typed"))
        assert "was deleted, replaced" in store.reopen_if_replaced(watches.note([job(1)], "typed"))
        store.apply(watches.note([job(1)], "typed"))
    assert {watch.job: watch.note for watch in kept(path)} == {job(1): "typed", job(9): "39"}


@pytest.mark.parametrize("way", ["note", "remove", "fold"])
def test_a_change_of_a_job_unknown_to_the_store_is_never_confirmed(way: str, path: Path) -> None:
    watches = watchlist(watch(1))
    change = {
        "note": watches.note([job(1)], "typed"),
        "remove": watches.remove([job(1)], NOW),
        "fold": apply_observations(watches, [(job(1), done(NOW), 5.0)]),
    }[way]
    with opened(path) as (store, _):
        with pytest.raises(StoreError, match="copied over"):
            store.apply(change)
        store.reopen_if_replaced(watches.remove([job(1)], NOW) if way == "remove" else change)
        store.apply(change)
    with opened(path) as (store, listed):
        assert len(listed) == (way != "remove")
        assert len(store.list_removed(EventKind.REMOVED)) == (way == "remove")


def test_a_store_without_an_id_gets_one_when_it_is_opened(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM meta WHERE name = 'id'")
    other = other_store(path, 40)
    with opened(path) as (store, _):
        put_in_place(other, path)
        with pytest.raises(StoreError, match="copied over"):
            store.read_changes()
        store.reopen_if_replaced(watches.label([job(1)], "typed", NOW))
    assert {watch.job: watch.label for watch in kept(path)} == {job(1): "typed", job(9): "other"}


def test_data_saved_before_the_new_file_was_noticed_is_written_to_it(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        put_by_renaming(path, path)
        assert store.reopen_if_replaced(watches.add([]))
        shutil.copy(path, path.with_name("copy"))
        change = watches.note([job(1)], "typed")
        store.apply(change)
        put_in_place(path.with_name("copy"), path)
        with pytest.raises(StoreError, match="copied over"):
            store.read_changes()
        assert store.reopen_if_replaced(change)
    assert [watch.note for watch in kept(path)] == ["typed"]


def test_two_windows_that_take_over_an_older_copy_do_not_undo_each_other(path: Path) -> None:
    copy = path.with_name("copy")
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(2))
        shutil.copy(path, copy)
    with open_store(path, read_report)[0] as ours, open_store(path, read_report)[0] as theirs:
        change = watches.label([job(1)], "before", NOW)
        ours.apply(change)
        theirs.read_changes()
        put_in_place(copy, path)
        with pytest.raises(StoreError, match="copied over"):
            ours.read_changes()
        assert ours.reopen_if_replaced(change)
        ours.apply(change.watchlist.label([job(1)], "after", NOW + 1))
        with pytest.raises(StoreError, match="copied over"):
            theirs.read_changes()
        assert theirs.reopen_if_replaced(change)
    assert {watch.job: watch.label for watch in kept(path)} == {job(1): "after", job(2): ""}


def take_over_copy(path: Path, store: Store, known: Change, put: Put) -> None:
    """The copy beside the store takes its place, and the window that has it open, and knows this, uses it."""
    put(path.with_name("copy"), path)
    if put is put_in_place:
        with pytest.raises(StoreError, match="copied over"):
            store.read_changes()
    assert "All jobs are kept" in store.reopen_if_replaced(known)


def left(path: Path) -> dict[object, object]:
    """How each job that is not on the list left it: the same by the store, when it is opened again, and by its log."""
    alone = path.parent / "alone" / path.name
    by_store = ways_out(path)
    alone.parent.mkdir()
    shutil.copy(path.with_name("ids.log"), alone.parent)
    assert ways_out(alone) == by_store
    return by_store


def ways_out(path: Path) -> dict[object, object]:
    with opened(path) as (store, _):
        return {watch.job: why for why in REMOVALS for watch in store.list_removed(why)}


WAYS_OUT = pytest.mark.parametrize("why", REMOVALS)


@PUTS
@WAYS_OUT
def test_a_job_removed_or_archived_by_another_window_stays_so(put: Put, why: EventKind, path: Path) -> None:
    with opened(path) as (store, _), opened(path) as (other, _):
        watches = added(store, watch(1), watch(2))
        shutil.copy(path, path.with_name("copy"))
        gone = watches.remove([job(2)], NOW + 60, why)
        other.apply(gone)
        store.read_changes()
        take_over_copy(path, store, Change(gone.watchlist), put)
    assert left(path) == {job(2): why}


@WAYS_OUT
def test_a_job_removed_or_archived_before_the_log_was_compacted_stays_so(why: EventKind, path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(2))
        shutil.copy(path, path.with_name("copy"))
        gone = watches.remove([job(2)], NOW + 60, why)
        store.apply(gone)
    assert back_up(path)
    with opened(path) as (store, watches):
        take_over_copy(path, store, Change(watches), put_in_place)
    assert left(path) == {job(2): why}


def test_a_job_missing_only_because_of_damage_stays_on_the_list(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(2))
        shutil.copy(path, path.with_name("copy"))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE watches SET removed_at = 0.0 WHERE given = ?", (job_id(2).given,))
        take_over_copy(path, store, Change(watches), put_by_renaming)
    assert set(kept(path).watches) == {job(1), job(2)}


@PUTS
@WAYS_OUT
@pytest.mark.parametrize("by", ["this window", "another window"])
def test_a_job_removed_and_archived_has_the_last_of_both_states(put: Put, why: EventKind, by: str, path: Path) -> None:
    first = EventKind.ARCHIVED if why is EventKind.REMOVED else EventKind.REMOVED
    with opened(path) as (store, _), opened(path) as (other, _):
        out = added(store, watch(1), watch(2)).remove([job(2)], NOW + 60, first)
        store.apply(out)
        shutil.copy(path, path.with_name("copy"))
        back = out.watchlist.restore([watch(2)], NOW + 120)
        other.apply(back)
        gone = back.watchlist.remove([job(2)], NOW + 180, why)
        other.apply(gone)
        store.read_changes()
        take_over_copy(path, store, gone if by == "this window" else Change(gone.watchlist), put)
    assert left(path) == {job(2): why}


@WAYS_OUT
def test_a_later_removal_or_archiving_by_another_window_counts(why: EventKind, path: Path) -> None:
    first = EventKind.ARCHIVED if why is EventKind.REMOVED else EventKind.REMOVED
    with opened(path) as (store, _), opened(path) as (other, _):
        watches = added(store, watch(1), watch(2))
        shutil.copy(path, path.with_name("copy"))
        ours = watches.remove([job(2)], NOW + 60, first)
        store.apply(ours)
        back = ours.watchlist.restore([watch(2)], NOW + 120)
        other.apply(back)
        other.apply(back.watchlist.remove([job(2)], NOW + 180, why))
        take_over_copy(path, store, ours, put_in_place)
    assert left(path) == {job(2): why}


def test_a_job_restored_by_another_window_is_on_the_list_of_an_older_copy(path: Path) -> None:
    with opened(path) as (store, _), opened(path) as (other, _):
        out = added(store, watch(1), watch(2, tenant="eu")).remove([watch(2, tenant="eu").job], NOW + 60)
        other.apply(out)
        shutil.copy(path, path.with_name("copy"))
        back = out.watchlist.restore([watch(2, tenant="eu")], NOW + 120)
        other.apply(back)
        store.read_changes()
        take_over_copy(path, store, Change(out.watchlist), put_in_place)  # as a window for one tenant alone
    assert kept(path).watches.keys() == back.watchlist.watches.keys()


def test_nothing_is_lost_while_the_new_file_is_locked(path: Path) -> None:
    new = path.parent / "new" / path.name
    with opened(path) as (store, _):
        watches = observed(store, added(store, watch(1), watch(2)), done(NOW))
        archived = watches.remove([job(2)], NOW + 1, EventKind.ARCHIVED)
        store.apply(archived)
        kept(new)
        store.limit_lock_wait(0.01)
        with closing(sqlite3.connect(new, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            new.replace(path)
            for _ in range(2):
                with pytest.raises(StoreError, match="locked"):
                    store.reopen_if_replaced(archived)
                assert store.last_response(job(1)) == done(NOW)
                assert len(store.list_removed(EventKind.ARCHIVED)) == 1
            other.execute("ROLLBACK")
        assert "All jobs are kept" in store.reopen_if_replaced(archived)
    with opened(path) as (store, listed):
        assert set(listed.watches) == {job(1)}
        assert store.last_response(job(1)) == done(NOW)
        assert [watch.job for watch in store.list_removed(EventKind.ARCHIVED)] == [job(2)]
        assert [event.event for event in store.history(job(2))] == [
            EventKind.ADDED,
            EventKind.STATUS,
            EventKind.ARCHIVED,
        ]


def test_nothing_is_lost_while_the_former_file_is_locked(path: Path) -> None:
    new, aside = path.parent / "new" / path.name, path.with_name("aside")
    kept(new)
    with opened(path) as (store, _):
        watches = added(store, watch(1, label="kept"))
        store.limit_lock_wait(0.01)
        path.rename(aside)
        new.replace(path)
        with closing(sqlite3.connect(aside, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreError, match="locked"):
                store.reopen_if_replaced()
            other.execute("ROLLBACK")
        assert store.reopen_if_replaced()
    assert kept(path) == watches


def test_nothing_is_lost_while_the_new_file_cannot_be_written(path: Path) -> None:
    new = path.parent / "new" / path.name
    kept(new)
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("PRAGMA user_version = 99")
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        new.replace(path)
        with pytest.raises(StoreError, match="written by a newer zjobtui"):
            store.reopen_if_replaced(watches.add([]))
        assert [watch.job for watch in store.load_watched([job(1)])] == [job(1)]
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA user_version = {version}")
        assert store.reopen_if_replaced(watches.add([]))
    assert kept(path) == watches


def test_a_later_response_and_the_whole_history_are_written_to_an_older_copy(path: Path) -> None:
    copy = path.with_name("copy")
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        shutil.copy(path, copy)
        watches = observed(store, watches, done(NOW + 5))
        timeline = store.history(job(1))
        put_by_renaming(copy, path)
        assert store.reopen_if_replaced(watches.add([]))
    with opened(path) as (store, listed):
        assert listed == watches
        assert store.last_response(job(1)) == done(NOW + 5)
        assert store.history(job(1)) == timeline


def test_the_notice_says_what_cannot_be_restored_from_a_replaced_file(path: Path) -> None:
    other = other_store(path, 1)
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        put_in_place(other, path)
        with pytest.raises(StoreError):
            store.read_changes()
        notice = store.reopen_if_replaced(watches.add([]))
        assert "Archived jobs, responses and timelines of the previous file could not be read." in notice


@pytest.mark.parametrize("text", ["no such order", "file is not a database"])
def test_damaged_text_that_resembles_an_error_does_not_hide_other_jobs(text: str, path: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1, note="one"), watch(2), watch(3, note="three"))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            spoiled = (f"{text} \N{LATIN SMALL LETTER E WITH ACUTE}".encode("latin-1"), job_id(2).key)
            connection.execute("UPDATE watches SET note = CAST(? AS TEXT) WHERE job = ?", spoiled)
            connection.execute("UPDATE meta SET value = 'x' WHERE name = 'revision'")
        path.unlink()
        path.with_name("ids.log").unlink()
        assert store.reopen_if_replaced(watchlist(watch(2)).add([]))
    assert {watch.job: watch.note for watch in kept(path)} == {job(1): "one", job(2): "", job(3): "three"}


@pytest.mark.parametrize("is_folder", [False, True])
@pytest.mark.parametrize("has_log", [False, True])
def test_a_broken_link_is_unchanged_and_reported(is_folder: bool, has_log: bool, path: Path) -> None:
    disk = path.parent / "disk"
    with opened(disk / "store") as (store, _):
        added(store, watch(1, note="there"))
    link = path.parent / "link" if is_folder else path
    link.symlink_to(disk if is_folder else disk / "store")
    linked = link / "store" if is_folder else path
    if has_log:
        kept(linked)
    with opened(linked) as (store, watches):
        disk.rename(path.parent / "unmounted")
        with pytest.raises(StoreError, match=r"is a symbolic link to .*/disk.*, which is missing\. Mount its disk"):
            open_store(linked, read_report)
        with pytest.raises(StoreError, match="is a symbolic link to"):
            store.reopen_if_replaced(watches.add([]))
        assert link.is_symlink()
        assert not disk.exists()
        (path.parent / "unmounted").rename(disk)
        assert [watch.note for watch in store.load_watched([job(1)])] == ["there"]
    assert [watch.note for watch in kept(linked)] == ["there"]
