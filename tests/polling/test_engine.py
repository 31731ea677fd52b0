"""The engine on its thread: requests before there is a source, and jobs that are archived automatically."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, apply_observations, done, job, missed, seen, watch, watchlist
from tests.support.polling import watches
from tests.support.scripted import FixedClock
from tests.support.sources import MemoryStore, TimedSource
from zjobtui import logs
from zjobtui.clock import SystemClock
from zjobtui.models.call_log import CallKind
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.related import ReadResult, Reference, Related, RelatedKind
from zjobtui.models.related_details import OrderDetails
from zjobtui.models.tenant import Tenant
from zjobtui.models.watchlist import UnstorableError, Watchlist
from zjobtui.polling import lease
from zjobtui.polling.edits import Unsaved
from zjobtui.polling.engine import Engine
from zjobtui.polling.options import EngineOptions
from zjobtui.polling.poller import Poller
from zjobtui.polling.protocols import JobSource, SourceError
from zjobtui.polling.state import EditResult, State

TENANT = Tenant(name="env", base_url="http://127.0.0.1:1")
DAY = 86_400.0


class Slow:
    """A source that is created only when `ready` is set, and records what was polled."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.requests = self.signed_in_again = 0
        self.is_being_made = False
        self.asked: list[JobId] = []

    def make(self) -> JobSource:
        self.is_being_made = True
        self.ready.wait(20)
        return self

    async def observe(self, job_id: JobId, _: CallKind = CallKind.POLL, /) -> Observation:
        self.requests += 1
        self.asked.append(job_id)
        return seen(PROCESSING, NOW)

    async def observe_operation(self, _: JobId, __: CallKind = CallKind.POLL, /) -> Observation:
        self.requests += 1
        return missed(ProblemKind.NOT_FOUND)

    async def read_related(self, reference: Reference, /) -> ReadResult:
        self.requests += 1
        return Related(reference, OrderDetails(), NOW)

    def renew_connections(self) -> None:
        pass

    def sign_in_again(self) -> None:
        self.signed_in_again += 1

    async def aclose(self) -> None:
        pass


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_jobs_requested_before_a_source_exists_are_polled_first() -> None:
    source = Slow()
    listed = watchlist(*(watch(number) for number in range(1, 200)))
    engine = Engine(listed, MemoryStore(), [(TENANT, source.make)], FixedClock(NOW))
    engine.start()
    try:
        engine.poll_now([job(150)])
        source.ready.set()
        until(lambda: bool(source.asked))
        assert source.asked[0] == job(150).id
    finally:
        engine.stop()


class SlowCount(MemoryStore):
    """A store that takes a while to count calls, and signals when it does."""

    def __init__(self) -> None:
        super().__init__()
        self.counted = 0
        self.is_counting = threading.Event()

    def count_calls(self, tenant: str, day: int, calls: int, /) -> int:
        if calls:
            self.is_counting.set()
            time.sleep(0.3)
        self.counted += calls
        return super().count_calls(tenant, day, calls)


def test_calls_are_counted_once_if_polling_ends_while_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.polling.tenant_runner.COUNT", 0.05)
    source, store = Slow(), SlowCount()
    source.ready.set()
    engine = Engine(watchlist(watch(1), watch(2)), store, [(TENANT, source.make)], SystemClock())
    engine.start()
    assert store.is_counting.wait(10)
    engine.stop()
    assert store.counted == source.requests > 0


def test_the_first_call_waits_for_the_count_of_the_day() -> None:
    source, store = Slow(), MemoryStore()
    source.ready.set()
    store.count_calls("env", int(time.time() // DAY), 5)
    engine = Engine(watchlist(watch(1)), store, [(replace(TENANT, daily_calls=5), source.make)], SystemClock())
    engine.start()
    try:
        until(lambda: "env" in engine.state.statuses and engine.state.statuses["env"].day_share == 1)
        time.sleep(0.2)
        assert source.asked == []
    finally:
        engine.stop()


def test_a_pause_before_a_source_exists_is_kept() -> None:
    source, other = Slow(), Slow()
    tenants = [(TENANT, source.make), (replace(TENANT, name="other"), other.make)]
    engine = Engine(watchlist(watch(1), watch(2, tenant="other")), MemoryStore(), tenants, FixedClock(NOW))
    engine.start()
    try:
        engine.pause()
        source.ready.set()
        until(lambda: "env" in engine.state.statuses and engine.state.statuses["env"].is_paused)
        assert source.asked == []
        engine.resume()
        other.ready.set()
        until(lambda: bool(source.asked and other.asked))
    finally:
        engine.stop()


def test_each_tenant_knows_its_visible_jobs_even_before_a_source_exists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[tuple[str, list[JobRef]]] = []
    monkeypatch.setattr(Poller, "set_visible", lambda poller, jobs: shown.append((poller.tenant, list(jobs))))
    source, other = Slow(), Slow()
    tenants = [(TENANT, source.make), (replace(TENANT, name="other"), other.make)]
    engine = Engine(watchlist(), MemoryStore(), tenants, FixedClock(NOW))
    engine.start()
    try:
        engine.set_visible([job(2), job(3, tenant="other"), job(1)])
        other.ready.set()
        until(lambda: bool(shown))
        assert shown == [("other", [job(3, tenant="other")])]
        source.ready.set()
        until(lambda: len(shown) == 2)
        assert shown[1] == ("env", [job(2), job(1)])
    finally:
        engine.stop()


def test_a_refresh_retries_neither_credentials_nor_secret_of_other_tenants() -> None:
    source, other, commands_run = Slow(), Slow(), list[str]()

    def fail() -> JobSource:
        commands_run.append("secret_command")
        raise SourceError("secret_command failed")

    makes = {"other": other.make, "broken": fail, "env": source.make}
    tenants = [(replace(TENANT, name=name), make) for name, make in makes.items()]
    listed = watchlist(watch(1), watch(2, tenant="other"), watch(3, tenant="broken"))
    engine = Engine(listed, MemoryStore(), tenants, FixedClock(NOW))
    for each in (source, other):
        each.ready.set()
    engine.start()
    try:
        until(lambda: bool(source.asked and other.asked and commands_run))
        for number in range(1, 6):
            engine.poll_now([job(1)])
            until(partial(lambda times: source.signed_in_again == times, number))
        assert (other.signed_in_again, commands_run) == (0, ["secret_command"])
    finally:
        engine.stop()


def test_the_call_rate_falls_when_no_more_calls_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.polling.engine.REPUBLISH_SECONDS", 0.05)
    clock, source = FixedClock(NOW), TimedSource(ends={job(1).id: 0.0})
    engine = Engine(watchlist(watch(1)), MemoryStore(), [(TENANT, lambda: source)], clock)
    engine.start()
    try:
        until(lambda: any(pulse.calls_per_second for pulse in engine.state.statuses.values()))
        clock.at += 3_600
        until(lambda: engine.state.statuses["env"].calls_per_second == 0)
    finally:
        engine.stop()


def test_a_request_starts_an_engine_that_is_not_running() -> None:
    source = Slow()
    source.ready.set()
    engine = Engine(watchlist(watch(1)), MemoryStore(), [(TENANT, source.make)], FixedClock(NOW))
    try:
        engine.pause()
        assert engine.label([job(1)], "early").result(10).change.annotated[0].label == "early"
        engine.start()
        until(lambda: "env" in engine.state.statuses and engine.state.statuses["env"].is_paused)
        assert source.asked == []
    finally:
        engine.stop()


def test_closing_before_the_engine_has_its_loop_ends_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    may_run, run = threading.Event(), asyncio.run

    def run_late(*args: Any) -> None:  # noqa: ANN401 - as asyncio takes them
        may_run.wait(10)
        run(*args)

    monkeypatch.setattr(asyncio, "run", run_late)
    before = set(threading.enumerate())
    engine = Engine(watchlist(), MemoryStore(), [(TENANT, Slow().make)], FixedClock(NOW))

    def is_there() -> bool:
        return any(thread.name == "engine" and thread.is_alive() for thread in set(threading.enumerate()) - before)

    starting = threading.Thread(target=engine.start)
    starting.start()
    until(is_there)
    threading.Timer(0.1, may_run.set).start()
    engine.stop()
    starting.join(5)
    assert not is_there()


def test_the_exit_does_not_wait_for_a_secret_that_never_comes() -> None:
    source, before = Slow(), set(threading.enumerate())
    engine = Engine(watchlist(watch(1)), MemoryStore(), [(TENANT, source.make)], FixedClock(NOW))
    engine.start()
    try:
        until(lambda: source.is_being_made)
    finally:
        engine.stop()
    left = {thread.name for thread in set(threading.enumerate()) - before}
    source.ready.set()
    assert left == {"off loop"}


def test_jobs_finished_and_read_long_ago_are_archived() -> None:
    store, listed = MemoryStore(), watchlist(watch(1), watch(2), watch(3))
    listed = apply_observations(listed, [(job(1), done(NOW), 5.0), (job(2), done(NOW), 5.0)]).watchlist
    listed = listed.mark_read([job(1)], NOW).watchlist
    engine = Engine(listed, store, [], FixedClock(NOW + 2 * DAY), EngineOptions(archive_after=DAY))
    engine.start()
    try:
        until(lambda: engine.state.watchlist.get(job(1)) is None)
        assert list(engine.state.watchlist.watches) == [job(2), job(3)]
    finally:
        engine.stop()
    assert [event.event.value for change in store.changes for event in change.events] == ["archived"]


def test_nothing_is_archived_without_a_configured_time() -> None:
    (one,) = apply_observations(watchlist(watch(1)), [(job(1), done(NOW), 5.0)]).watchlist
    listed = Watchlist({one.job: replace(one, read_at=NOW)})
    engine = Engine(listed, MemoryStore(), [], FixedClock(NOW + 1e9))
    engine.start()
    try:
        assert engine.watch([watch(2)]).result(5).change.added
        assert len(engine.state.watchlist) == 2
    finally:
        engine.stop()


class Silent(TimedSource):
    """Never responds."""

    async def observe(self, _: JobId, __: CallKind = CallKind.POLL, /) -> Observation:
        await asyncio.Event().wait()
        raise AssertionError


def test_the_staleness_limit_of_the_settings_reaches_the_poller() -> None:
    clock = SystemClock()
    listed = Watchlist({watch.job: watch for watch in watches(1, added_at=clock.now())})
    tenant = Tenant(name="env", base_url="http://127.0.0.1")
    engine = Engine(listed, MemoryStore(), [(tenant, Silent)], clock, EngineOptions(staleness_limit=7.0))
    engine.start()
    end = time.monotonic() + 10
    try:
        while "env" not in engine.state.statuses or engine.state.statuses["env"].ceiling != 7.0:
            assert time.monotonic() < end, engine.state.statuses
            time.sleep(0.02)
            engine.set_selected(None)
    finally:
        engine.stop()


def test_an_edit_counts_as_unsaved_until_it_is_saved() -> None:
    store, engine = MemoryStore(), None
    engine = Engine(watchlist(watch(1)), store, [], FixedClock(NOW))
    engine.start()
    try:
        held = threading.Event()
        engine._thread.call_soon(partial(held.wait, 10))
        futures = [engine.watch([watch(2)]), engine.label([job(1)], "new"), engine.remove([job(1)])]
        unsaved = engine.unsaved()
        assert [watch.job for watch in unsaved.added] == [job(2)]
        assert [one.job for one in unsaved.removed] == [job(1)]
        held.set()
        for future in futures:
            future.result(10)
        assert engine.unsaved() == Unsaved()
    finally:
        engine.stop()


def test_closing_the_screen_does_not_cancel_an_edit() -> None:
    store = MemoryStore()
    engine = Engine(watchlist(), store, [], FixedClock(NOW))
    engine.start()
    held = threading.Event()
    recall, store.load_removed = store.load_removed, lambda jobs: (held.wait(10), recall(jobs))[1]  # type: ignore[method-assign]
    adding = engine.watch([watch(1)])
    until(lambda: adding.running() or adding.cancel())
    adding.cancel()
    held.set()
    engine.stop()
    assert [one.job for change in store.changes for one in change.added] == [job(1)]
    assert engine.unsaved() == Unsaved()


def test_slow_reading_of_restored_jobs_is_logged_in_one_line(tmp_path: Path) -> None:
    store, log = MemoryStore(), tmp_path / "log"
    engine = Engine(watchlist(), store, [], FixedClock(NOW))
    held = threading.Event()
    recall, store.load_removed = store.load_removed, lambda jobs: (held.wait(10), recall(jobs))[1]  # type: ignore[method-assign]
    logs.start(str(log))
    try:
        engine.start()
        engine.restore([watch(1)])
        until(lambda: "restored jobs" in log.read_text())
    finally:
        held.set()
        engine.stop()
        logs.stop("end")
    lines = [line for line in log.read_text().splitlines() if "restored jobs" in line]
    assert lines[0].endswith("the stored data of 1 restored jobs could not be read within 0.15s")
    assert "Traceback" not in log.read_text()


Edit = Callable[[Engine], "Future[EditResult]"]

ADD: Edit = lambda engine: engine.watch([watch(2)])  # noqa: E731 - a row of the table below
REMOVE: Edit = lambda engine: engine.remove([job(1), job(2)])  # noqa: E731
ARCHIVE: Edit = lambda engine: engine.archive_jobs([job(1)])  # noqa: E731
RESTORE: Edit = lambda engine: engine.restore([watch(1)])  # noqa: E731
LABEL: Edit = lambda engine: engine.label([job(1), job(2)], "CS 1")  # noqa: E731
READ: Edit = lambda engine: engine.mark_read([job(1), job(2)])  # noqa: E731


@pytest.mark.parametrize("edit", [REMOVE, ARCHIVE, RESTORE, LABEL], ids=["remove", "archive", "restore", "label"])
def test_the_timeline_has_the_time_of_the_key_press(edit: Edit) -> None:
    clock, store = FixedClock(NOW), MemoryStore()
    engine = Engine(watchlist() if edit is RESTORE else watchlist(watch(1)), store, [], clock)
    engine.start()
    try:
        held = threading.Event()
        engine._thread.call_soon(partial(held.wait, 10))
        edited = edit(engine)
        clock.at = NOW + 5
        held.set()
        assert [event.at for event in edited.result(10).change.events] == [NOW]
    finally:
        engine.stop()


@pytest.mark.parametrize(
    ("edits", "added", "changed", "removed"),
    [
        ([REMOVE, RESTORE], [], [], []),
        ([ADD, REMOVE, RESTORE], [], [], []),
        ([REMOVE, RESTORE, REMOVE], [], [], [1]),
        ([REMOVE, lambda engine: engine.watch([watch(1, label="new")])], [], [1], []),
        ([LABEL, REMOVE, RESTORE], [], [1], []),
        ([LABEL, ARCHIVE], [], [], [1]),
        ([ADD, LABEL], [2], [1], []),
        ([ADD, READ, REMOVE, ADD], [2], [], [1]),
        ([READ], [], [], []),
    ],
)
def test_unsaved_edits_of_a_locked_store_are_combined(
    edits: list[Edit], added: list[int], changed: list[int], removed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Job 1 is stored, job 2 is not."""
    monkeypatch.setattr("zjobtui.polling.watchlist_service.CLOSE_LIMIT", 0.01)
    engine = Engine(watchlist(watch(1)), MemoryStore(fault="locked"), [], FixedClock(NOW))
    for edit in edits:
        edit(engine).result(5)
    engine.stop()
    unsaved = engine.unsaved()
    assert [one.job for one in unsaved.added] == [job(number) for number in added]
    assert [one.job for one in unsaved.changed] == [job(number) for number in changed]
    assert [one.job for one in unsaved.removed] == [job(number) for number in removed]


CALLS: dict[str, Callable[[Engine], object]] = {
    "watch": ADD,
    "remove": REMOVE,
    "archive_jobs": ARCHIVE,
    "restore": RESTORE,
    "label": LABEL,
    "tag": lambda engine: engine.tag([job(1)], ("a",)),
    "note": lambda engine: engine.note([job(1)], "a"),
    "set_batch": lambda engine: engine.set_batch([job(1)], "a"),
    "mark_read": READ,
    "set_read_at": lambda engine: engine.set_read_at({job(1): None}),
    "read_related": lambda engine: engine.read_related("env", RelatedKind.ORDER, "O-1"),
    "poll_now": lambda engine: engine.poll_now([job(1)]),
    "set_selected": lambda engine: engine.set_selected(job(1)),
    "set_visible": lambda engine: engine.set_visible([job(1)]),
    "pause": Engine.pause,
    "resume": Engine.resume,
    "start": Engine.start,
    "subscribe": lambda engine: engine.subscribe(lambda _: None),
}


@pytest.mark.parametrize("missing", ["loop", "thread"])
def test_if_polling_cannot_start_no_call_raises_and_every_edit_says_why(
    missing: str, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    def fail(*_: object) -> None:
        raise (OSError if missing == "loop" else RuntimeError)("no more of them")

    monkeypatch.setattr(*((asyncio, "run", fail) if missing == "loop" else (threading.Thread, "start", fail)))
    assert CALLS.keys() == {name for name in vars(Engine) if name[0] != "_"} - {"stop", "unsaved"}
    for call in CALLS.values():
        engine, states = Engine(watchlist(watch(1)), MemoryStore(), [], FixedClock(NOW)), list[State]()
        result = call(engine)
        if isinstance(result, Future):
            with pytest.raises(RuntimeError, match=r"Internal error: polling stopped .*no more of them"):
                result.result(5)
        engine.start()
        engine.subscribe(states.append)
        assert "no more of them" in states[-1].fault
        assert states[-1].has_ended
        engine.stop()
        assert call is not ADD or [one.job for one in engine.unsaved().added] == [job(2)]
    assert not recwarn.list


class HangingDisk:
    """Delays the import of one module, as on a network file system that does not respond."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.responds = threading.Event()
        self._name = name
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(sys, "meta_path", [self, *sys.meta_path])

    def find_spec(self, name: str, *_: object) -> None:
        if name == self._name:
            self.responds.wait(10)


def test_neither_an_edit_nor_the_exit_waits_for_an_import_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.polling.engine.ENGINE_STOP_SECONDS", 0.05)
    disk = HangingDisk(monkeypatch, "zjobtui.polling.tenant_set")
    engine, began = Engine(watchlist(), MemoryStore(), [], FixedClock(NOW)), time.monotonic()
    try:
        engine.start()
        engine.set_selected(None)
        engine.watch([watch(1)])
        engine.stop()
        assert time.monotonic() - began < 2
        assert [one.job for one in engine.unsaved().added] == [job(1)]
    finally:
        disk.responds.set()
        engine._thread.join(10)
    assert engine.unsaved() == Unsaved()


def test_the_exit_does_not_wait_for_a_loop_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    may_run, run, began = threading.Event(), asyncio.run, time.monotonic()
    monkeypatch.setattr(asyncio, "run", lambda *args: (may_run.wait(10), run(*args)))
    monkeypatch.setattr("zjobtui.polling.engine.ENGINE_STOP_SECONDS", 0.05)
    engine = Engine(watchlist(), MemoryStore(), [(TENANT, Slow().make)], FixedClock(NOW))
    threading.Thread(target=engine.start, daemon=True).start()
    until(lambda: engine._thread.has_begun)
    engine.stop()
    assert time.monotonic() - began < 2
    may_run.set()
    until(lambda: not engine._thread.is_alive)


def test_a_state_that_is_published_during_the_subscription_is_the_last_one() -> None:
    engine, states = Engine(watchlist(watch(1)), MemoryStore(), [], FixedClock(NOW)), list[State]()
    engine.start()

    def take(state: State) -> None:
        if threading.current_thread() is threading.main_thread():
            with suppress(TimeoutError):
                engine.label([job(1)], "new").result(0.1)
        states.append(state)

    try:
        engine.subscribe(take)
        until(lambda: len(states) > 1)
        assert [one.label for one in states[0].watchlist] == [""]
        assert [one.label for one in states[-1].watchlist] == ["new"]
    finally:
        engine.stop()


def test_an_edit_that_raises_does_not_stay_unsaved_but_its_new_ids_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zjobtui.polling.engine.APPLY_LIMIT", 5.0)
    engine = Engine(watchlist(watch(1)), MemoryStore(), [], FixedClock(NOW))
    for edit in (engine.label([job(1)], "half \ud800"), engine.watch([watch(2), watch(3, note="half \ud800")])):
        with pytest.raises(UnstorableError, match=r"U\+D800"):
            edit.result(5)
    assert engine.unsaved() == Unsaved((watch(2), watch(3, note="half \ud800")))
    engine.watch([watch(3)]).result(5)
    began = time.monotonic()
    engine.stop()
    assert time.monotonic() - began < 1.5, "no edit is still being applied"
    assert [one.job for one in engine.unsaved().added] == [job(2)]


@pytest.mark.slow
def test_edits_that_the_store_refuses_are_unsaved_after_the_end() -> None:
    store = MemoryStore(fault="locked")
    engine = Engine(watchlist(watch(1)), store, [], FixedClock(NOW))
    assert engine.watch([watch(2)]).result(5).unsaved == "locked"
    assert engine.mark_read([job(2)]).result(5).unsaved in {"", "locked"}
    assert engine.remove([job(1)]).result(5).unsaved == "locked"
    engine.stop()
    assert (engine.state.unsaved, [watch.job for watch in engine.unsaved().added]) == ("locked", [job(2)])
    assert [one.job for one in engine.unsaved().removed] == [job(1)]


def test_a_job_whose_adding_failed_is_not_named_on_exit_after_it_was_added_and_removed() -> None:
    engine = Engine(watchlist(), MemoryStore(), [], FixedClock(NOW))
    engine.start()
    with pytest.raises(UnstorableError):
        engine.watch([watch(2, note="half \ud800")]).result(10)
    engine.watch([watch(2)]).result(10)
    engine.remove([job(2)]).result(10)
    engine.stop()
    assert engine.unsaved() == Unsaved()


def test_polling_starts_as_soon_as_there_is_a_source_and_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LEASE_RETRY_SECONDS", 1_000.0)
    source, other = Slow(), Slow()
    other.ready.set()
    tenants = [(TENANT, source.make), (replace(TENANT, name="other"), other.make)]
    engine = Engine(watchlist(watch(1)), MemoryStore(), tenants, SystemClock())
    engine.start()
    try:
        until(lambda: source.is_being_made)
        source.ready.set()
        until(lambda: bool(source.asked))
        assert other.asked == []
        engine.watch([watch(2, tenant="other")])
        until(lambda: bool(other.asked))
    finally:
        engine.stop()
