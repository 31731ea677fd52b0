"""Whatever stopped polling can be seen in the log alone, and no secret is in it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.answers import Answer, token
from tests.support.building import job_id
from tests.support.fault_server import fault_server
from tests.support.locks import locked, release_after
from tests.support.process import environment
from tests.support.program import PROGRAM, pointed_at, started, stored
from zjobtui.config.paths import STORE_NAME
from zjobtui.logs import LOG_VARIABLE
from zjobtui.simulator.server import Simulator, running

SECRET, TOKEN, PASSWORD = "sentinel-of-the-secret", "sentinel-of-the-token", "sentinel-of-the-proxy"
JOB = job_id(1).given

BROKEN = """
import sys
from zjobtui.polling.{module} import {name}

def fail(self, *_, **__):
    secret = "{secret}"
    raise RuntimeError("it broke: {secret}")

{name}.{method} = fail
from zjobtui.__main__ import main
main()
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Simulator]:
    with running(jobs=40, seed=7, clock=lambda: 0.0) as simulator:
        yield simulator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "zjobtui.log"


def run(env: Mapping[str, str], *arguments: str, command: tuple[str, ...] = PROGRAM) -> int:
    """Run a command, and return its exit status."""
    done = subprocess.run(
        [*command, *arguments], env=environment(env), capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode


def logged(path: Path, *expected: str) -> str:
    """Return the log, in which lines match these patterns one after the other."""
    text, at = path.read_text(encoding="utf-8"), 0
    for pattern in expected:
        found = re.compile(pattern).search(text, at)
        assert found, f"{pattern} is not after:\n{text[:at]}\nbut this is:\n{text[at:]}"
        at = found.end()
    return text


def pointed_at_url(base_url: str, folder: Path, **more: str) -> dict[str, str]:
    given = {"ZUORA_BASE_URL": base_url, "ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": SECRET}
    return {
        **given,
        "ZJOBTUI_DATA_DIR": str(folder),
        "HOME": str(folder),
        LOG_VARIABLE: str(folder / "zjobtui.log"),
        **more,
    }


@pytest.mark.slow
def test_the_log_explains_a_locked_store(tmp_path: Path, path: Path, served: Simulator) -> None:
    stored(tmp_path, served, count=3)
    given = served.job_ids[20]
    with (
        started(pointed_at(served, tmp_path, **{LOG_VARIABLE: str(path)})) as terminal,
        locked(tmp_path / STORE_NAME),
    ):
        terminal.paste(f"job {given}")
        terminal.wait_for("1 new job")
        terminal.press("enter")
        terminal.wait_for("Not saved: ", 6)
        terminal.press("q")
        terminal.wait_exit(10)
    logged(
        path,
        r"INFO \S+: store \S+ opened, 3 jobs",
        r"WARNING \S+: the store took \d\.\ds; another program may have held its lock",
        rf"ERROR zjobtui.polling.watchlist_service: not saved, saving will be retried: env/{given}.*database is locked",
        rf"WARNING zjobtui.polling.watchlist_service: unsaved: env/{given} \(The watchlist .* is locked by another",
        rf"printed: .*{given}",
        r"end: exit status 0",
    )


@pytest.mark.slow
def test_the_log_explains_a_lock_that_a_command_cannot_get(tmp_path: Path, path: Path, served: Simulator) -> None:
    stored(tmp_path, served, count=3)
    with locked(tmp_path / STORE_NAME):
        assert run(pointed_at(served, tmp_path), "add", served.job_ids[20], "--log", str(path)) == 2
    logged(path, "command: add", rf"printed: .*is locked by another .*{served.job_ids[20]}", "end: exit status 2")


@pytest.mark.slow
def test_the_log_explains_a_lock_that_a_command_waits_for(tmp_path: Path, path: Path, served: Simulator) -> None:
    stored(tmp_path, served, count=3)
    with locked(tmp_path / STORE_NAME) as lock:
        command = [*PROGRAM, "add", served.job_ids[20], "--log", str(path)]
        with subprocess.Popen(
            command, env=environment(pointed_at(served, tmp_path)), stdout=subprocess.DEVNULL
        ) as program:
            while not path.exists() or "opened, 3 jobs" not in path.read_text(encoding="utf-8"):
                assert program.poll() is None
            release_after(lock, 0.5)
    assert program.returncode == 0
    logged(path, r"WARNING \S+: the lock of the store was held by another program for \d\.\ds", "end: exit status 0")


@pytest.mark.slow
def test_the_log_explains_a_host_that_throttles(tmp_path: Path, path: Path) -> None:
    throttled = Answer.of({"success": False, "reasons": []}, 429, {"Retry-After": "7"})
    with fault_server(throttled, token=token(TOKEN)) as server:
        assert run(pointed_at_url(server.base_url, tmp_path), "wait", JOB, "--timeout", "8s") == 6
    logged(
        path,
        rf"call tenant=env job={JOB} status=429 latency=\d\.\d+s request_id=\S+ track_id=\S+: throttled",
        r"tenant env: throttled, no calls for 7s",
        r"tenant env: not polled, throttled",
        "end: exit status 6",
    )


@pytest.mark.slow
def test_the_log_explains_refused_credentials(tmp_path: Path, path: Path, served: Simulator) -> None:
    env = {**pointed_at(served, tmp_path, **{LOG_VARIABLE: str(path)}), "ZUORA_CLIENT_SECRET": SECRET}
    assert run(env, "wait", served.job_ids[0], "--timeout", "10s") == 5
    text = logged(
        path,
        r"tenant env: host 127\.0\.0\.1:\d+, simulator, secret from environment variable ZUORA_CLIENT_SECRET",
        r"tenant env: token not obtained in \d\.\d+s: signed out",
        rf"call tenant=env job={served.job_ids[0]} status=401 .*: signed out",
        r"tenant env: circuit breaker open \(signed out\)",
        r"tenant env: not polled, signed out",
        "end: exit status 5",
    )
    assert SECRET not in text


@pytest.mark.slow
def test_the_log_explains_a_rejected_and_renewed_token(tmp_path: Path, path: Path) -> None:
    rejected = Answer.of({"success": False, "reasons": [{"code": 90000011, "message": SECRET}]}, 401)
    with fault_server(rejected, token=token(TOKEN)) as server:
        run(pointed_at_url(server.base_url, tmp_path), "wait", JOB, "--timeout", "20s")
    text = logged(
        path,
        r"tenant env: token obtained in \d\.\d+s, valid for \d+s",
        rf"call tenant=env job={JOB} status=401",
        r"tenant env: token rejected: signed out",
        rf"tenant env: retry of job {JOB} with another token",
        r"tenant env: token obtained",
        r"tenant env: circuit breaker open \(signed out",
    )
    assert not {SECRET, TOKEN} & set(re.findall(r"sentinel-[\w-]+", text))


@pytest.mark.slow
def test_the_log_explains_a_proxy_that_is_down(tmp_path: Path, path: Path) -> None:
    env = pointed_at_url("https://rest.zuora.invalid", tmp_path, HTTPS_PROXY=f"http://bob:{PASSWORD}@127.0.0.1:9")
    assert run(env, "wait", JOB, "--timeout", "9s") == 6
    text = logged(
        path,
        r"is polled through the proxy 127\.0\.0\.1:9\.",
        r"token not obtained in \d\.\d+s: unreachable: the proxy cannot be reached: connection refused",
        r"circuit breaker open \(unreachable: the proxy cannot be reached: connection refused\); next probe in \d",
        r"circuit breaker half-open, job \w+ is the probe",
        "end: exit status 6",
    )
    assert PASSWORD not in text


@pytest.mark.parametrize(
    ("module", "name", "method", "said", "status"),
    [
        pytest.param(
            *("poller", "Poller", "_start_due", r"internal error, polling of \S+ starts again in 1s", 6),
            marks=pytest.mark.slow,
        ),
        ("lease", "Lease", "__init__", "internal error: polling stopped", 5),
    ],
)
def test_the_log_explains_an_exception_in_the_engine(
    module: str, name: str, method: str, said: str, status: int, tmp_path: Path, path: Path, served: Simulator
) -> None:
    code = BROKEN.format(module=module, name=name, method=method, secret=served.client_secret)
    env = pointed_at(served, tmp_path, **{LOG_VARIABLE: str(path)})
    command = (sys.executable, "-c", code)
    assert run(env, "wait", served.job_ids[0], "--timeout", "8s", command=command) == status
    text = logged(
        path, rf"ERROR zjobtui\.polling\.\w+: .*{said}␊Traceback .* in fail␊.*RuntimeError: it broke", "end: "
    )
    assert served.client_secret not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [signal.SIGHUP, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGTERM, signal.SIGINT))]
)
def test_a_command_ended_by_a_signal_logs_it(
    number: signal.Signals, tmp_path: Path, path: Path, served: Simulator
) -> None:
    env = environment(pointed_at(served, tmp_path, **{LOG_VARIABLE: str(path)}))
    with subprocess.Popen(
        [*PROGRAM, "watch"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as program:
        try:
            while not path.exists() or "polling starts" not in path.read_text(encoding="utf-8"):
                assert program.poll() is None
            program.send_signal(number)
            assert program.wait(10) == 128 + number
        finally:
            program.kill()  # it goes on if SIGHUP is ignored, as under nohup
    logged(path, "polling stopped", rf"end: exit status {128 + number}")


@pytest.mark.slow
@pytest.mark.parametrize(
    "way", [signal.SIGTERM, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGHUP, None))]
)
def test_a_window_that_loses_its_terminal_logs_it(
    way: signal.Signals | None, tmp_path: Path, path: Path, served: Simulator
) -> None:
    stored(tmp_path, served, count=3)
    with started(pointed_at(served, tmp_path, **{LOG_VARIABLE: str(path)})) as terminal:
        terminal.wait_for(lambda _: "polling starts" in path.read_text(encoding="utf-8"))
        if way is None:
            terminal.hang_up()
        else:
            terminal.signal(way)
        terminal.wait_exit(10)
    logged(path, r"polling stopped|end: ", r"end: (exit status 1(43|29)|the terminal was lost)|polling stopped")


@pytest.mark.slow
def test_secrets_and_bodies_are_in_no_line(tmp_path: Path, path: Path) -> None:
    """Secrets are planted in the environment, a file, labels, the token, headers and bodies of responses and errors."""
    said = {
        "success": False,
        "processId": TOKEN,
        "reasons": [{"code": 50000040, "message": f"{SECRET} a body of theirs"}],
    }
    echoing = Answer.of(said, 404, {"Zuora-Request-Id": TOKEN, "X-Echo": SECRET})
    env = pointed_at_url("", tmp_path)
    with fault_server(echoing, token=token(TOKEN)) as server:
        env["ZUORA_BASE_URL"] = server.base_url
        assert run(env, "add", JOB, "--label", SECRET) == 0
        run(env, "wait", JOB, job_id(2).given, "--timeout", "20s")
        run(env, "doctor")
        run(env, "show", SECRET)
        run(env, "rm", f"{SECRET}-")
        run({**env, "ZUORA_CLIENT_ID": SECRET}, "wait", JOB, "--timeout", "20s")
    refusing = Answer.of({"error": "invalid_client", "error_description": f"a body of theirs, {SECRET}"}, 401)
    failed = Answer.of({"success": True, "status": "Failed", "errors": f"a body of theirs, {TOKEN}"})
    for answer, granted in ((failed, refusing), (failed, token(TOKEN)), (Answer(SECRET.encode(), 500), token(TOKEN))):
        with fault_server(answer, token=granted) as server:
            run({**env, "ZUORA_BASE_URL": server.base_url}, "wait", job_id(3).given, "--timeout", "3s")
    text = logged(path, rf"call tenant=env job={JOB} status=404")
    assert len(text.splitlines()) > 20
    assert re.findall(r"sentinel-\w+|a body of theirs|[Aa]uthorization|Bearer", text) == []
