"""`wait` and `watch`, with the real engine over the simulator in the same process."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.storage.opening import added, kept, opened
from tests.support.building import NOW, PROCESSING, done, failed, job, job_id, missed, seen, watch
from tests.support.process import environment
from tests.support.running import run, said
from tests.support.scripted import FixedClock, ScriptedEngine
from zjobtui.cli.progress import states
from zjobtui.cli.wait import wait_for
from zjobtui.config.paths import store_path
from zjobtui.formatting.records import RECORD_FIELDS
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Observation
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.polling.engine import Engine
from zjobtui.polling.lease import LEASE_NAME
from zjobtui.simulator.server import Simulator, running

ABSENT = "f" * 32


def late_clock() -> Callable[[], float]:
    """Return a clock for the world: 200 seconds after the start, so that all but one job have ended."""
    starts, began = iter([0.0]), time.monotonic()
    return lambda: next(starts, 200.0 + time.monotonic() - began)


@pytest.fixture(scope="module")
def world() -> Iterator[Simulator]:
    with running(jobs=12, seed=7, clock=late_clock()) as served:
        yield served


@pytest.fixture
def served(world: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """A tenant in the environment; its job 0 is done, 1 failed, 2 needs attention, 5 is unknown, 6 is running."""
    monkeypatch.setenv("ZUORA_BASE_URL", world.base_url)
    monkeypatch.setenv("ZUORA_CLIENT_ID", world.client_id)
    monkeypatch.setenv("ZUORA_CLIENT_SECRET", world.client_secret)
    return world


@pytest.mark.slow
@pytest.mark.parametrize(
    ("numbers", "options", "status"),
    [
        ([0], [], 0),
        ([0, 1, 2, 5], [], 1),
        ([0, 2, 5], [], 3),
        ([0, 5], [], 4),
        ([0, 6], ["--timeout", "1s"], 6),
        ([1, 6], ["--timeout", "1s"], 1),
        ([0, 6], ["--any"], 0),
    ],
)
def test_the_exit_status_is_the_worst_of_all_jobs(
    served: Simulator, numbers: list[int], options: list[str], status: int
) -> None:
    ids = [served.job_ids[number] for number in numbers]
    result = run("wait", *ids, *options)
    assert result.exit_code == status
    assert [re.split(r"\s+", line)[2] for line in result.stdout.splitlines()] == ids
    assert [watched.job.id.given for watched in kept(store_path())] == ids


def test_ids_are_read_from_stdin_and_the_result_is_json(served: Simulator) -> None:
    reply = json.dumps({"jobId": served.job_ids[1], "success": True})
    status, printed, complained = said(run("wait", "-", "--json", stdin=reply))
    printed_json = json.loads(printed)
    assert (status, printed_json["schema"], printed_json["exit_status"]) == (1, 2, 1)
    (job,) = printed_json["jobs"]
    assert (job["job_id"], job["outcome"], job["verdict"]) == (served.job_ids[1], "failed", "failed")
    assert re.search(rf"✗ failed  {served.job_ids[1]}  Job failed, lock contention", complained)


def test_a_finished_job_is_printed_without_a_call(served: Simulator) -> None:
    assert run("wait", served.job_ids[0]).exit_code == 0
    before = served.requests.total
    assert run("wait", served.job_ids[0][:8]).exit_code == 0
    assert served.requests.total == before


@pytest.mark.parametrize("is_terminal", [False, True])
def test_the_columns_are_named_on_a_terminal_only(
    served: Simulator, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    monkeypatch.setattr("zjobtui.cli.wait.is_terminal", lambda: is_terminal)
    lines = run("wait", served.job_ids[0]).stdout.splitlines()
    assert [line.split()[0] for line in lines] == (["STATUS", "✓"] if is_terminal else ["✓"])


def test_refused_credentials_are_reported_and_end_the_wait(served: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA_CLIENT_SECRET", "sentinel-wrong")
    status, printed, complained = said(run("wait", served.job_ids[3]))
    assert status == 5
    assert "signed out" in printed
    assert "env: signed out" in complained
    assert "sentinel" not in printed + complained


def test_wait_follows_the_polling_of_another_window(served: Simulator) -> None:
    with opened(store_path()) as (store, _):
        assert store.acquire_lease(LEASE_NAME, "another window", time.time(), 60.0)
    assert run("wait", served.job_ids[0], "--timeout", "20s").exit_code == 0


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nonsense"], "“nonsense” is not on the watchlist"),
        ([ABSENT, "--timeout", "soon"], "--timeout: “soon” is not a valid duration; try 90s"),
        ([ABSENT, "--tenant", "eu"], "Unknown tenant “eu”. Configured: env."),
        ([], "Usage:"),
    ],
)
def test_wrong_usage_is_reported_and_nothing_is_added(arguments: list[str], why: str) -> None:
    status, printed, complained = said(run("wait", *arguments))
    assert (status, printed) == (2, "")
    assert why in complained
    assert len(kept(store_path())) == 0


@pytest.mark.parametrize("command", [["wait", ABSENT], ["watch"], ["add", ABSENT], ["archive"]])
def test_an_invalid_configuration_is_reported_with_line_key_and_suggestion(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[list]\narchive_aftr = "14 days"\n')
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(path))
    status, printed, complained = said(run(*command))
    assert (status, printed) == (2, "")
    assert "line 2: list.archive_aftr is not a known setting; did you mean archive_after?" in complained
    assert len(kept(store_path())) == 0


@pytest.mark.parametrize(("command", "shown_by"), [("wait", "wait_for"), ("watch", "print_changes")])
def test_the_staleness_limit_of_the_settings_applies_to(
    command: str, shown_by: str, served: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[polling]\nstaleness_limit = 7\n")
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(path))
    ceilings = list[float]()

    def follow(engine: Engine, *_: object, **__: object) -> int:
        for state in states(engine):
            if state is not None and "env" in state.statuses and state.statuses["env"].interval:
                ceilings.append(state.statuses["env"].ceiling)
                break
        return 0

    monkeypatch.setattr(f"zjobtui.cli.{command}.{shown_by}", follow)
    with opened(store_path()) as (store, _):
        added(store, watch(1, job=JobRef("env", JobId(served.job_ids[6]))))
    run(command, *([served.job_ids[6]] if command == "wait" else []))
    assert ceilings == [7.0]


@pytest.mark.parametrize("command", [["wait", ABSENT], ["watch"]])
def test_without_a_tenant_the_error_names_the_variables(command: list[str]) -> None:
    status, _, complained = said(run(*command))
    assert status == 2
    assert "ZUORA_BASE_URL" in complained


class Answering(ScriptedEngine):
    """Returns the next observation for each call of `poll_now`."""

    def __init__(self, *brought: Observation | None) -> None:
        super().__init__(FixedClock(NOW))
        self.watch([watch(1), watch(2)])
        self._brought = list(brought)

    def poll_now(self, _jobs: object, /) -> None:
        for observation in self._brought:
            if observation is not None:
                self.bring((job(1), replace(observation, at=NOW)))


def waited(engine: ScriptedEngine, *numbers: int, timeout: float = inf, for_any: bool = False) -> int:
    jobs = [job(number) for number in numbers]
    ends_at, watches = engine.clock.boot() + timeout, engine.state.watchlist
    return wait_for(engine, jobs, watches, engine.clock, for_any=for_any, ends_at=ends_at, as_json=False)


def test_a_failed_call_does_not_end_the_wait(capsys: pytest.CaptureFixture[str]) -> None:
    assert waited(Answering(missed(), seen(PROCESSING), failed()), 1) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("✗ failed")
    assert [line.split()[2:4] for line in captured.err.splitlines()] == [["◌", "running"], ["✗", "failed"]]


def test_with_any_one_finished_job_is_enough() -> None:
    assert waited(Answering(done()), 1, 2, for_any=True) == 0
    assert waited(Answering(done()), 1, 2, timeout=0.0) == 6


def test_a_removed_job_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    engine = Answering(None)
    threading.Timer(0.1, lambda: engine.remove([job(1)])).start()
    assert waited(engine, 1) == 6
    assert "not ended in time" in capsys.readouterr().out


def test_a_tenant_that_is_signed_out_meanwhile_ends_the_wait() -> None:
    engine = Answering(None)
    engine.pulse = replace(engine.pulse, problem=Problem(ProblemKind.SIGNED_OUT, "invalid client"))
    threading.Timer(0.1, engine.publish).start()
    assert waited(engine, 1) == 5


@pytest.mark.parametrize("when", ["before", "after"])
def test_wait_ends_with_a_message_if_polling_stops(
    when: str, monkeypatch: pytest.MonkeyPatch, served: Simulator
) -> None:
    """The thread of the engine dies, before or after it has published a state."""
    main = Engine._main

    async def fail(self: Engine) -> None:
        working = asyncio.create_task(main(self))
        await asyncio.sleep(0.3 if when == "after" else 0)
        assert not working.done()
        raise LookupError("lost")

    monkeypatch.setattr(Engine, "_main", fail)
    for command, ended in ((["wait", served.job_ids[6]], 5), (["watch"], 1)):
        status, _, complained = said(run(*command))
        assert (status, complained.count("polling stopped (LookupError: lost)")) == (ended, 1)


@pytest.mark.parametrize(("brought", "status"), [(failed(), 1), (done(), 5), (None, 5)])
def test_if_polling_stops_only_a_failed_job_counts_as_failed(brought: Observation | None, status: int) -> None:
    class Ending(Answering):
        def poll_now(self, jobs: object, /) -> None:
            super().poll_now(jobs)
            self._subscriber(replace(self.state, fault="polling has ended", has_ended=True))

    assert waited(Ending(brought), 1, 2) == status


def test_an_error_that_polling_survives_is_reported_and_does_not_end_the_wait(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Stumbling(Answering):
        def poll_now(self, jobs: object, /) -> None:
            for fault in ("Internal error: another one.", "Internal error: env stumbled, and goes on."):
                self.state = replace(self.state, fault=fault)
                self._subscriber(self.state)
            super().poll_now(jobs)

    engine = Stumbling(None)
    threading.Timer(0.2, lambda: engine.bring((job(1), replace(done(), at=NOW)))).start()
    assert waited(engine, 1) == 0
    assert "stumbled, and goes on" in capsys.readouterr().err


def test_a_job_in_two_tenants_needs_a_tenant(served: Simulator) -> None:
    with opened(store_path()) as (store, _):
        added(store, *(watch(1, job=JobRef(tenant, JobId(served.job_ids[0]))) for tenant in ("env", "eu")))
    status, _, complained = said(run("wait", served.job_ids[0]))
    assert status == 2
    assert "is watched in env and eu; choose one with --tenant." in complained
    assert run("wait", served.job_ids[0], "--tenant", "env").exit_code == 0


@contextmanager
def process(served: Simulator, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Run a command as a process, and kill it at the end if it is still running."""
    variables = {"ZUORA_BASE_URL": served.base_url, "ZUORA_CLIENT_ID": served.client_id}
    env = environment({**variables, "ZUORA_CLIENT_SECRET": served.client_secret})
    command = [sys.executable, "-m", "zjobtui", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as started:
        try:
            yield started
        finally:
            started.kill()


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_watch_prints_changes_until_a_signal_and_releases_the_lease(
    served: Simulator, ending: signal.Signals, status: int
) -> None:
    run("add", *served.job_ids[:2], "--label", "mine")
    with process(served, "watch", "--json", "--filter", "status:failed") as started:
        assert started.stdout is not None
        event = json.loads(started.stdout.readline())
        assert (event["schema"], event["event"], event["job_id"]) == (2, "status", served.job_ids[1])
        assert set(RECORD_FIELDS) <= set(event)
        started.send_signal(ending)
        rest, complaints = started.communicate(timeout=20)
        assert (started.returncode, rest, complaints.count("\n")) == (status, "", 1)
    with opened(store_path()) as (store, _):
        assert store.acquire_lease(LEASE_NAME, "another window", time.time(), 60.0)


@pytest.mark.slow
def test_watch_ends_silently_when_its_output_is_closed(served: Simulator) -> None:
    run("add", served.job_ids[0])
    with process(served, "watch") as started:
        assert started.stdout is not None
        assert served.job_ids[0] in started.stdout.readline()
        started.stdout.close()
        assert started.wait(20) == 141
        assert started.stderr is not None
        assert started.stderr.read().count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_wait_prints_the_current_state(served: Simulator, ending: signal.Signals, status: int) -> None:
    with process(served, "wait", served.job_ids[0], served.job_ids[6]) as started:
        assert started.stderr is not None
        while served.job_ids[6] not in started.stderr.readline():
            pass
        started.send_signal(ending)
        printed, _ = started.communicate(timeout=20)
        assert started.returncode == status
        assert "running" in printed


@pytest.mark.slow
def test_ls_ends_silently_when_its_output_is_closed(served: Simulator) -> None:
    run("add", "-", stdin="\n".join(job_id(number).given for number in range(1_500)))
    with process(served, "ls") as started:
        assert started.stdout is not None
        assert started.stdout.readline().startswith("STATUS")
        started.stdout.close()
        assert started.stderr is not None
        assert (started.stderr.read(), started.wait(20)) == ("", 141)


def counted_calls() -> int:
    """Return the number of today's calls in the store."""
    with opened(store_path()) as (store, _):
        return store.count_calls("env", int(time.time() // 86_400), 0)


@pytest.mark.parametrize(
    ("numbers", "options", "calls"),
    [([0], [], 2), ([0, 1, 2, 5], [], 6), pytest.param([6], ["--timeout", "1s"], 2, marks=pytest.mark.slow)],
)
def test_all_calls_are_counted_if_wait_ends_immediately(
    served: Simulator, numbers: list[int], options: list[str], calls: int
) -> None:
    before = served.requests.total
    run("wait", *(served.job_ids[number] for number in numbers), *options)
    assert counted_calls() == served.requests.total - before == calls


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "ending"),
    [
        ("wait", signal.SIGTERM),
        pytest.param("wait", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("watch", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("watch", signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_all_calls_are_counted_at_a_signal(served: Simulator, command: str, ending: signal.Signals) -> None:
    ids = [served.job_ids[0], served.job_ids[6]]
    run("add", *ids)
    before = served.requests.total
    with process(served, command, *(ids if command == "wait" else [])) as program:
        stream = program.stderr if command == "wait" else program.stdout
        assert stream is not None
        answered = ""
        while not all(job_id in answered for job_id in ids):
            answered += stream.readline()
        program.send_signal(ending)
        program.communicate(timeout=20)
    assert program.returncode == 128 + ending
    assert counted_calls() == served.requests.total - before >= 3


@pytest.mark.slow
def test_a_call_interrupted_by_a_signal_is_counted_with_its_token() -> None:
    with running(jobs=1, seed=7, faults="latency=0.5") as slow:
        with process(slow, "wait", slow.job_ids[0]) as program:
            while slow.requests.total < 2:
                time.sleep(0.01)
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=20)
        assert counted_calls() == slow.requests.total == 2
