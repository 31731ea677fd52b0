"""`doctor` checks every part, reports what is wrong with advice, and never prints a secret."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.opening import added, opened
from tests.support.answers import forbidden, html_page, invalid_client, redirect, server_error, throttled, token
from tests.support.building import job_id, watch
from tests.support.fault_server import fault_server
from tests.support.running import run
from tests.support.scripts import Script
from zjobtui import logs
from zjobtui.cli import doctor
from zjobtui.config.paths import store_path
from zjobtui.simulator.server import Simulator, running
from zjobtui.storage.health import network_file_system

SENTINEL = "sentinel-4d1c"


@pytest.fixture(scope="module")
def served() -> Iterator[Simulator]:
    with running(jobs=3, seed=7) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "STY", "TERM_PROGRAM", "VTE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def point_at(base_url: str, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    variables = {"ZUORA_BASE_URL": base_url, "ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": SENTINEL}
    for name, text in {**variables, **more}.items():
        monkeypatch.setenv(name, text)


def examined(*arguments: str) -> tuple[int, dict[str, tuple[str, str, str]]]:
    """Return the exit status, and state, text and advice by check."""
    result = run("doctor", "--json", *arguments)
    answer = json.loads(result.stdout)
    assert (answer["schema"], answer["ok"]) == (2, result.exit_code == 0)
    checks = {
        f"{one['about']}: {one['check']}": (one["state"], one["text"], one["advice"]) for one in answer["findings"]
    }
    assert all(advice for state, _, advice in checks.values() if state == "wrong")
    return result.exit_code, checks


def test_all_checks_are_fine_and_the_status_is_0(served: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(served.base_url, monkeypatch, ZUORA_CLIENT_ID=served.client_id, ZUORA_CLIENT_SECRET=served.client_secret)
    with opened(store_path()) as (store, _):
        added(store, watch(1))
    status, checks = examined()
    assert (status, {state for state, _, _ in checks.values()}) == (0, {"fine"})
    assert checks["Tenant env: secret from"][1] == (
        "environment variable ZUORA_CLIENT_SECRET (plain text in this environment)"
    )
    assert checks["Tenant env: sign-in"][1] == "signed in, as user zuora; token valid for 59m59s"
    assert "the host responds in" in checks["Tenant env: asking"][1]
    assert "agree" in checks["Tenant env: clock"][1]
    assert "49,9" in checks["Tenant env: limits"][1]
    assert "1 job, format 5" in checks["Store: file"][1]
    printed = run("doctor").stdout
    assert printed.count("\n  ✓ ") == len(checks)
    assert served.client_secret not in printed


def stored_calls(tenant: str) -> int:
    """Return the number of today's calls in the store."""
    with opened(store_path()) as (store, _):
        return store.count_calls(tenant, int(time.time() // 86_400), 0)


def test_calls_of_doctor_count_in_the_daily_budget(served: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(served.base_url, monkeypatch, ZUORA_CLIENT_ID=served.client_id, ZUORA_CLIENT_SECRET=served.client_secret)
    assert stored_calls("env") == 0
    before = served.requests.total
    for expected in (2, 4):
        assert examined()[1]["Tenant env: budget"][1].startswith(f"{expected} of 2,700,000 calls today")
        assert stored_calls("env") == served.requests.total - before == expected
    examined("--offline")
    assert stored_calls("env") == 4


def test_failed_calls_are_counted_and_calls_not_sent_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert stored_calls("env") == 0
    with fault_server(server_error(), token=token(SENTINEL)) as server:
        point_at(server.base_url, monkeypatch)
        examined()
        assert stored_calls("env") == len(server.requests) == 2
    point_at("https://rest.test.zuora.com", monkeypatch, HTTPS_PROXY="socks5://127.0.0.1:1")
    assert examined()[1]["Tenant env: way"][0] == "wrong"
    assert stored_calls("env") == 2


def test_doctor_creates_no_store_for_the_count(served: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(served.base_url, monkeypatch, ZUORA_CLIENT_ID=served.client_id, ZUORA_CLIENT_SECRET=served.client_secret)
    status, checks = examined()
    assert (status, checks["Tenant env: budget"][1].split(" (")[0]) == (0, "2 of 2,700,000 calls today")
    assert not store_path().exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["locked", "exclusive", "not a store", "cut off", "of a newer program", "odd counts"])
def test_a_store_that_cannot_be_written_does_not_affect_other_checks(
    served: Simulator, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    point_at(served.base_url, monkeypatch, ZUORA_CLIENT_ID=served.client_id, ZUORA_CLIENT_SECRET=served.client_secret)
    path = store_path()
    with opened(path) as (store, _):
        added(store, *(watch(number) for number in range(200)))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        if kind in {"locked", "exclusive"}:
            other.execute("BEGIN EXCLUSIVE" if kind == "exclusive" else "BEGIN IMMEDIATE")
        elif kind == "of a newer program":
            other.execute("PRAGMA user_version = 99")
        elif kind == "odd counts":
            other.execute("DROP TABLE calls")
            other.execute("CREATE TABLE calls (tenant TEXT, day TEXT, calls TEXT)")
        elif kind == "cut off":
            path.write_bytes(path.read_bytes()[:9_000])
        else:
            path.write_bytes(b"what is this? " * 1_000)
        before = path.read_bytes()
        _, checks = examined()
        assert checks["Tenant env: asking"][0] == "fine"
        assert checks["Tenant env: budget"][1].startswith("2 of 2,700,000 calls today")
        assert path.read_bytes() == before


FAILURES: Mapping[str, tuple[Script, Script, str]] = {
    "a wrong secret": (invalid_client(), None, "sign-in"),
    "a page instead of a token": (html_page(), None, "sign-in"),
    "a host that points elsewhere": (redirect("https://elsewhere.example/"), None, "sign-in"),
    "a token that may not": (token(SENTINEL), forbidden(), "asking"),
    "a host that fails": (token(SENTINEL), server_error(), "asking"),
    "a host that throttles": (token(SENTINEL), throttled("60"), "asking"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("sign_in", "answer", "check"), FAILURES.values(), ids=FAILURES)
def test_failures_are_reported_with_advice_and_without_a_secret(
    sign_in: Script, answer: Script, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fault_server(answer, token=sign_in) as server:
        point_at(server.base_url, monkeypatch)
        status, checks = examined()
        printed = run("doctor")
    assert status == 1
    assert [name for name, (state, _, _) in checks.items() if state == "wrong"] == [f"Tenant env: {check}"]
    assert SENTINEL not in printed.stdout + printed.stderr + str(checks)


def test_a_wrong_clock_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with fault_server(forbidden().__class__.of({}, 404, {"Date": "Mon, 23 Nov 2020 14:00:00 GMT"})) as server:
        point_at(server.base_url, monkeypatch)
        _, checks = examined()
    state, text, advice = checks["Tenant env: clock"]
    assert state == "attention"
    assert "ahead of the host's" in text
    assert "correct this machine's clock" in advice


def test_a_dead_tenant_does_not_affect_the_checks_of_others(
    served: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(served.client_secret)
    secret.chmod(0o600)
    (tmp_path / "c.toml").write_text(
        f'[tenants.eu]\nurl = "{served.base_url}"\nclient_id = "{served.client_id}"\nsecret_file = "{secret}"\n'
        f'[tenants.dead]\nurl = "http://127.0.0.1:1"\nclient_id = "id"\nsecret_command = ["echo", "{SENTINEL}"]\n'
        f'[tenants.mute]\nurl = "{served.base_url}"\nclient_id = "id"\nsecret_env = "NOT_SET"\n[screen]\nthem = "x"\n'
    )
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(tmp_path / "c.toml"))
    status, checks = examined()
    assert status == 1
    assert "did you mean theme?" in checks["Settings: problem"][1]
    assert checks["Settings: problem"][1].startswith("line 14:")
    assert checks["Tenant eu: secret from"][1] == "file ~/secret (plain text, 0600)"
    assert checks["Tenant eu: asking"][0] == "fine"
    assert checks["Tenant dead: secret from"][1] == "command echo"
    assert checks["Tenant dead: sign-in"][0] == "wrong"
    assert "NOT_SET is not set" in checks["Tenant mute: secret"][1]
    assert SENTINEL not in str(checks)
    status, checks = examined("--offline")
    assert not any(name.endswith(("sign-in", "asking", "clock")) for name in checks)


def test_an_error_in_the_environment_does_not_hide_other_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://rest.eu.zuora.com", monkeypatch)
    status, checks = examined()
    assert status == 1
    assert "must begin with https://" in checks["Settings: problem"][1]
    assert checks["Settings: tenants"][0] == "wrong"
    assert checks["Store: file"][0] == "fine"


def test_a_damaged_locked_or_newer_store_is_reported_and_not_changed() -> None:
    path = store_path()
    with opened(path) as (store, _):
        added(store, *(watch(number) for number in range(200)))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert examined("--offline")[1]["Store: lock"][0] == "attention"
        other.execute("ROLLBACK")
        other.execute("PRAGMA user_version = 99")
    assert "newer zjobtui" in examined("--offline")[1]["Store: content"][1]
    damaged = path.read_bytes()[:9_000]
    path.write_bytes(damaged)
    status, checks = examined("--offline")
    assert (status, checks["Store: content"][0]) == (1, "wrong")
    assert path.read_bytes() == damaged


def test_a_folder_without_access_does_not_hide_other_checks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / ("x" * 300)))
    assert {"Settings: tenants", "Store: file"} <= examined("--offline")[1].keys()


def test_the_log_file_or_how_to_switch_it_on_is_shown(tmp_path: Path) -> None:
    state, text, _ = examined("--offline")[1]["Log: file"]
    assert (state, text.split(";")[0]) == ("fine", "off")
    assert "--log PATH" in text
    assert "ZJOBTUI_LOG=PATH" in text
    try:
        text = examined("--offline", "--log", str(tmp_path / "zjobtui.log"))[1]["Log: file"][1]
    finally:
        logs.stop("the test ends")
    assert text == f"{tmp_path / 'zjobtui.log'}, readable only by you"


@pytest.mark.parametrize("what", ["settings", "folder of the settings", "data folder", "store"])
def test_files_writable_by_others_are_reported_with_a_chmod_command(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config" / "config.toml"
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(config))
    config.parent.mkdir(0o700)
    config.touch(0o600)
    with opened(store_path()):
        pass
    assert "Files: permissions" not in examined("--offline")[1]
    open_to_others = {
        "settings": config,
        "folder of the settings": config.parent,
        "data folder": store_path().parent,
        "store": store_path(),
    }[what]
    open_to_others.chmod(0o770 if open_to_others.is_dir() else 0o660)
    state, text, advice = examined("--offline")[1]["Files: permissions"]
    assert (state, text, advice) == (
        "attention",
        f"other users can write {open_to_others}",
        f"run: chmod go-w {open_to_others}",
    )


def test_a_network_file_system_is_reported(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n/dev/sdb /home/local xfs rw 0 0\n")
    kinds = [network_file_system(Path(one), mounts) for one in ("/home/ann", "/home/local/x", "/var")]
    assert kinds == ["nfs4", "", ""]
    assert network_file_system(Path("/home"), tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("environ", "check", "state", "expected"),
    [
        ({"TERM": "dumb"}, "colours", "WRONG", "the monitor cannot be drawn"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "colours", "FINE", "because NO_COLOR is set"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "colours", "FINE", "16 million"),
        ({"TERM": "xterm-256color"}, "colours", "FINE", "256"),
        ({"TERM": "xterm-kitty"}, "copying", "FINE", "kitty accepts copied text"),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, "copying", "ATTENTION", "does not accept copied text"),
        ({"TERM": "screen"}, "copying", "ATTENTION", "to a tmux or GNU screen on another machine"),
        ({"TERM": "screen", "STY": "1.pts"}, "copying", "FINE", "sent through GNU screen to the terminal as OSC 52"),
        ({"TERM": "linux"}, "copying", "ATTENTION", "the Linux console has no clipboard"),
    ],
)
def test_the_terminal_is_recognized_by_its_environment(
    environ: dict[str, str], check: str, state: str, expected: str
) -> None:
    checks = {one.name: one for one in doctor.terminal_checks(environ)}
    assert checks[check].status.name == state
    assert expected in checks[check].text


def test_tmux_is_run_without_a_secret(tmp_path: Path) -> None:
    (tmp_path / "tmux").write_text(f"#!/bin/sh\nenv >>{tmp_path}/seen\n")
    (tmp_path / "tmux").chmod(0o700)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TMUX": "socket,1,0", "ZUORA_CLIENT_SECRET": SENTINEL}
    checks = {one.name: one for one in doctor.terminal_checks({"TERM": "screen", **environ})}
    assert "tmux does not respond" in checks["copying"].text
    seen = (tmp_path / "seen").read_text()
    assert "TMUX=socket,1,0" in seen
    assert SENTINEL not in seen


def test_wrong_usage_has_status_2() -> None:
    assert run("doctor", "--nonsense").exit_code == 2


@pytest.mark.slow
def test_as_a_process_it_reports_that_no_tenant_is_configured() -> None:
    done = subprocess.run([sys.executable, "-m", "zjobtui", "doctor"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "✗ tenants      no tenant is configured" in done.stdout
    assert str(job_id()) not in done.stdout
