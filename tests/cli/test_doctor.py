"""The doctor: every part is looked at, what is wrong is told with what to do, and no secret is ever printed."""

import json
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
from zjobtui.cli import doctor as terminal
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
    given = {"ZUORA_BASE_URL": base_url, "ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": SENTINEL}
    for name, text in {**given, **more}.items():
        monkeypatch.setenv(name, text)


def examined(*arguments: str) -> tuple[int, dict[str, tuple[str, str, str]]]:
    """The exit status, and state, text and advice by what was looked at."""
    result = run("doctor", "--json", *arguments)
    answer = json.loads(result.stdout)
    assert (answer["schema"], answer["ok"]) == (1, result.exit_code == 0)
    found = {
        f"{one['about']}: {one['check']}": (one["state"], one["text"], one["advice"]) for one in answer["findings"]
    }
    assert all(advice for state, _, advice in found.values() if state == "wrong")
    return result.exit_code, found


def test_where_all_is_well_every_part_says_so_and_the_status_is_0(
    served: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(served.base_url, monkeypatch, ZUORA_CLIENT_ID=served.client_id, ZUORA_CLIENT_SECRET=served.client_secret)
    with opened(store_path()) as (store, _):
        added(store, watch(1))
    status, found = examined()
    assert (status, {state for state, _, _ in found.values()}) == (0, {"fine"})
    assert found["Tenant env: secret from"][1] == (
        "environment variable ZUORA_CLIENT_SECRET (plain text in this environment)"
    )
    assert found["Tenant env: sign-in"][1] == "signed in for 59m 59s, for user zuora"
    assert "answers about jobs" in found["Tenant env: asking"][1]
    assert "agree" in found["Tenant env: clock"][1]
    assert "49,9" in found["Tenant env: limits"][1]
    assert "1 job, format 2" in found["Store: file"][1]
    printed = run("doctor").stdout
    assert printed.count("\n  ✓ ") == len(found)
    assert served.client_secret not in printed


def stored_calls(tenant: str) -> int:
    """Today's calls in the store."""
    with opened(store_path()) as (store, _):
        return store.count_calls(tenant, int(time.time() // 86_400), 0)


def test_its_calls_are_counted_in_the_day_of_the_tenant(served: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(served.base_url, monkeypatch, ZUORA_CLIENT_ID=served.client_id, ZUORA_CLIENT_SECRET=served.client_secret)
    assert stored_calls("env") == 0
    before = served.requests.total
    for expected in (2, 4):
        assert examined()[1]["Tenant env: budget"][1].startswith(f"{expected} calls counted today")
        assert stored_calls("env") == served.requests.total - before == expected
    examined("--offline")
    assert stored_calls("env") == 4


def test_calls_that_bring_no_answer_are_counted_and_those_that_were_not_sent_are_not(
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


def test_without_a_store_none_is_made_for_the_count(served: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(served.base_url, monkeypatch, ZUORA_CLIENT_ID=served.client_id, ZUORA_CLIENT_SECRET=served.client_secret)
    status, found = examined()
    assert (status, found["Tenant env: budget"][1].split(",")[0]) == (0, "2 calls counted today (UTC)")
    assert not store_path().exists()


@pytest.mark.parametrize("kind", ["locked", "exclusive", "not a store", "cut off", "of a newer program", "odd counts"])
def test_a_store_that_cannot_take_the_count_changes_nothing_of_the_rest(
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
        _, found = examined()
        assert found["Tenant env: asking"][0] == "fine"
        assert found["Tenant env: budget"][1].startswith("2 calls counted today")
        assert path.read_bytes() == before


FAILURES: Mapping[str, tuple[Script, Script, str]] = {
    "a wrong secret": (invalid_client(), None, "sign-in"),
    "a page instead of a token": (html_page(), None, "sign-in"),
    "a host that points elsewhere": (redirect("https://elsewhere.example/"), None, "sign-in"),
    "a token that may not": (token(SENTINEL), forbidden(), "asking"),
    "a host that fails": (token(SENTINEL), server_error(), "asking"),
    "a host that throttles": (token(SENTINEL), throttled("60"), "asking"),
}


@pytest.mark.parametrize(("sign_in", "answer", "check"), FAILURES.values(), ids=FAILURES)
def test_s1_what_fails_is_told_with_what_to_do_and_without_a_secret(
    sign_in: Script, answer: Script, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fault_server(answer, token=sign_in) as server:
        point_at(server.base_url, monkeypatch)
        status, found = examined()
        printed = run("doctor")
    assert status == 1
    assert [name for name, (state, _, _) in found.items() if state == "wrong"] == [f"Tenant env: {check}"]
    assert SENTINEL not in printed.stdout + printed.stderr + str(found)


def test_a_clock_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with fault_server(forbidden().__class__.of({}, 404, {"Date": "Mon, 23 Nov 2020 14:00:00 GMT"})) as server:
        point_at(server.base_url, monkeypatch)
        _, found = examined()
    state, text, advice = found["Tenant env: clock"]
    assert state == "attention"
    assert "ahead of the host's" in text
    assert "set this machine's clock" in advice


def test_the_settings_are_read_a_dead_tenant_is_told_and_the_others_are_well(
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
    status, found = examined()
    assert status == 1
    assert "did you mean theme?" in found["Settings: problem"][1]
    assert found["Settings: problem"][1].startswith("line 14:")
    assert found["Tenant eu: secret from"][1] == "file ~/secret (plain text, 0600)"
    assert found["Tenant eu: asking"][0] == "fine"
    assert found["Tenant dead: secret from"][1] == "command echo"
    assert found["Tenant dead: sign-in"][0] == "wrong"
    assert "NOT_SET is not set" in found["Tenant mute: secret"][1]
    assert SENTINEL not in str(found)
    status, found = examined("--offline")
    assert not any(name.endswith(("sign-in", "asking", "clock")) for name in found)


def test_a_fault_in_the_environment_hides_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at("http://rest.eu.zuora.com", monkeypatch)
    status, found = examined()
    assert status == 1
    assert "must begin with https://" in found["Settings: problem"][1]
    assert found["Settings: tenants"][0] == "wrong"
    assert found["Store: file"][0] == "fine"


def test_a_store_that_is_damaged_locked_or_newer_is_told_and_stays_as_it_is() -> None:
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
    status, found = examined("--offline")
    assert (status, found["Store: content"][0]) == (1, "wrong")
    assert path.read_bytes() == damaged


def test_a_folder_that_cannot_even_be_looked_into_hides_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / ("x" * 300)))
    assert {"Settings: tenants", "Store: file"} <= examined("--offline")[1].keys()


def test_it_says_where_the_log_is_or_how_to_switch_it_on(tmp_path: Path) -> None:
    state, text, _ = examined("--offline")[1]["Log: file"]
    assert (state, text.split(";")[0]) == ("fine", "off")
    assert "--log PATH" in text
    assert "ZJOBTUI_LOG=PATH" in text
    try:
        text = examined("--offline", "--log", str(tmp_path / "zjobtui.log"))[1]["Log: file"][1]
    finally:
        logs.stop("the test ends")
    assert text == f"{tmp_path / 'zjobtui.log'}, readable by you alone"


@pytest.mark.parametrize("what", ["settings", "folder of the settings", "data folder", "store"])
def test_what_others_may_write_is_named_with_the_command_that_ends_it(
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
        f"others may write {open_to_others}",
        f"run: chmod go-w {open_to_others}",
    )


def test_a_network_file_system_is_named(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n/dev/sdb /home/local xfs rw 0 0\n")
    kinds = [network_file_system(Path(one), mounts) for one in ("/home/ann", "/home/local/x", "/var")]
    assert kinds == ["nfs4", "", ""]
    assert network_file_system(Path("/home"), tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("environ", "check", "state", "told"),
    [
        ({"TERM": "dumb"}, "colours", "WRONG", "no screen can be drawn"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "colours", "FINE", "as NO_COLOR wants"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "colours", "FINE", "16 million"),
        ({"TERM": "xterm-256color"}, "colours", "FINE", "256"),
        ({"TERM": "xterm-kitty"}, "copying", "FINE", "kitty takes copied text"),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, "copying", "ATTENTION", "takes no copied text"),
        ({"TERM": "screen"}, "copying", "ATTENTION", "screen passes no copied text on"),
    ],
)
def test_the_terminal_is_told_from_what_it_says_of_itself(
    environ: dict[str, str], check: str, state: str, told: str
) -> None:
    found = {one.check: one for one in terminal.terminal_findings(environ)}
    assert found[check].state.name == state
    assert told in found[check].text


def test_s2_tmux_is_asked_for_its_settings_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(words: list[str], **options: object) -> "subprocess.CompletedProcess[str]":
        asked.append(options["env"])
        return subprocess.CompletedProcess(words, 0, "off\n", "")

    monkeypatch.setenv("ZUORA_CLIENT_SECRET", SENTINEL)
    monkeypatch.setattr(subprocess, "run", answer)
    found = {one.check: one for one in terminal.terminal_findings({"TERM": "screen", "TMUX": "/tmp/x"})}  # noqa: S108 - no file
    assert "set-clipboard off, allow-passthrough off" in found["tmux"].text
    assert found["tmux"].advice == "in tmux: set -g set-clipboard on"
    assert SENTINEL not in str(asked)


def test_wrong_use_has_status_2() -> None:
    assert run("doctor", "--nonsense").exit_code == 2


def test_as_a_process_it_says_that_no_tenant_is_there() -> None:
    done = subprocess.run([sys.executable, "-m", "zjobtui", "doctor"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "✗ tenants      no tenant is configured" in done.stdout
    assert str(job_id()) not in done.stdout
