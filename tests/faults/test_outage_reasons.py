"""Why a tenant cannot be polled, as `wait`, `watch`, `ls`, `doctor` and the monitor show it: real processes."""

import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.faults.test_proxies import run_program
from tests.support.answers import Answer, html_page, redirect
from tests.support.behaviours import Behaviour
from tests.support.building import job_id
from tests.support.fault_server import FaultServer, fault_server
from tests.support.process import environment
from tests.support.program import PROGRAM
from tests.support.terminal import Terminal

PAGE = Answer(b"<html><head><title>Sign in</title></head></html>", content_type="text/html")
REASONS: dict[str, tuple[Behaviour, str]] = {
    "sign-in page": (PAGE, "unreadable response: HTTP 200, not JSON, a web page with the title “Sign in”"),
    "blocked": (html_page(403), "unreadable response: HTTP 403, not JSON, a web page"),
    "407": (html_page(407), "unreadable response: HTTP 407, a proxy requires a user and a password"),
    "511": (html_page(511), "unreadable response: HTTP 511, the network requires a sign-in"),
    "redirection": (redirect("https://login.example/", 303), "redirected: HTTP 303 to https://login.example/"),
    "gateway": (html_page(502), "not available: HTTP 502"),
}


def variables(folder: Path, server: FaultServer) -> dict[str, str]:
    return {
        "ZUORA_BASE_URL": server.base_url,
        "ZUORA_CLIENT_ID": "id",
        "ZUORA_CLIENT_SECRET": "secret-1",
        "ZJOBTUI_DATA_DIR": str(folder),
        "HOME": str(folder),
        "TZ": "UTC",
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", REASONS)
@pytest.mark.parametrize("is_token", [True, False], ids=["token", "job"])
def test_wait_names_the_reason_once_and_in_its_last_line_and_ls_names_it(
    name: str, is_token: bool, tmp_path: Path
) -> None:
    behaviour, reason = REASONS[name]
    with fault_server(None if is_token else behaviour, token=behaviour if is_token else None) as server:
        env = variables(tmp_path, server)
        ended = run_program(env, "wait", str(job_id(1)), str(job_id(2)), "--timeout", "7s")
        listed = run_program(env, "ls")
    assert ended.returncode == 6
    assert ended.stderr.count(reason) == 1
    assert f"not ended in time · {reason}" in ended.stdout.splitlines()[-1]
    assert reason in listed.stdout
    assert "credentials" not in ended.stderr


@pytest.mark.slow
def test_watch_names_the_reason_once(tmp_path: Path) -> None:
    with fault_server(PAGE, token=PAGE) as server:
        env = variables(tmp_path, server)
        assert run_program(env, "add", str(job_id(1)), str(job_id(2))).returncode == 0
        command = [*PROGRAM, "watch"]
        with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, env=environment(env)) as started:
            time.sleep(9)
            started.send_signal(signal.SIGTERM)
            _, errors = started.communicate(timeout=20)
    assert errors.count("env: unreadable response: HTTP 200") == 1


@pytest.mark.slow
def test_the_bar_names_the_reason_and_the_next_try(tmp_path: Path) -> None:
    with fault_server(PAGE, token=PAGE) as server:
        env = variables(tmp_path, server)
        assert run_program(env, "add", str(job_id(1))).returncode == 0
        with Terminal(PROGRAM, 160, 40, env=env) as terminal:
            terminal.wait_for(lambda text: "✗ unreadable response" in text and "“Sign in”" in text, 20)
            terminal.wait_for("next try in", 20)
            terminal.press("q")
            assert terminal.wait_exit() == 0


def settings(folder: Path, server: FaultServer) -> dict[str, str]:
    """A tenant whose secret is in a file that is not there yet."""
    config = folder / "config.toml"
    config.write_text(
        f'[tenants.eu]\nurl = "{server.base_url}"\nclient_id = "id"\nsecret_file = "{folder / "secret"}"\n'
    )
    return {"ZJOBTUI_CONFIG": str(config), "ZJOBTUI_DATA_DIR": str(folder), "HOME": str(folder), "TZ": "UTC"}


def test_wait_ends_with_5_if_there_is_no_secret_and_does_not_blame_zuora(tmp_path: Path) -> None:
    with fault_server() as server:
        ended = run_program(settings(tmp_path, server), "wait", str(job_id()))
        assert not server.requests
    assert ended.returncode == 5
    assert ended.stderr.count("eu: cannot be polled: The file ~/secret cannot be opened: No such file") == 1
    assert "accept" not in ended.stderr
    assert "cannot be polled: The file ~/secret cannot be opened" in ended.stdout
    assert "signed out" not in ended.stdout + ended.stderr


@pytest.mark.long
def test_a_secret_that_is_supplied_later_is_used_within_a_minute(tmp_path: Path) -> None:
    with fault_server() as server:
        env = settings(tmp_path, server)
        assert run_program(env, "add", str(job_id(1))).returncode == 0
        with Terminal(PROGRAM, 160, 40, env=env) as terminal:
            terminal.wait_for(lambda text: "✗ cannot be polled" in text and "next try in" in text, 20)
            (tmp_path / "secret").write_text("secret-1")
            (tmp_path / "secret").chmod(0o600)
            terminal.wait_for("calls/s", 61)
            terminal.press("q")
            assert terminal.wait_exit() == 0


def https_variables(folder: Path) -> dict[str, str]:
    return {
        "ZUORA_BASE_URL": "https://127.0.0.1:1",
        "ZUORA_BEARER_TOKEN": "token-1",
        "ZJOBTUI_DATA_DIR": str(folder),
        "HOME": str(folder),
    }


def faults(folder: Path) -> Mapping[str, tuple[str, str]]:
    (folder / "text.pem").write_text("no certificate\n")
    return {
        "SSL_CERT_FILE": (str(folder / "text.pem"), "contains no certificate in PEM format"),
        "SSLKEYLOGFILE": (str(folder), "is a folder, not a file"),
    }


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", pytest.param("SSLKEYLOGFILE", marks=pytest.mark.slow)])
def test_wait_ends_with_5_and_names_the_file_that_tls_cannot_use(variable: str, tmp_path: Path) -> None:
    path, fault = faults(tmp_path)[variable]
    ended = run_program({**https_variables(tmp_path), variable: path}, "wait", str(job_id()))
    assert ended.returncode == 5
    assert ended.stderr.count(f"env: cannot be polled: {variable}: {path} {fault}.") == 1
    assert "Internal error" not in ended.stderr
    assert f"cannot be polled: {variable}: {path} {fault}" in ended.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSLKEYLOGFILE"])
def test_doctor_and_the_bar_name_the_file_that_tls_cannot_use(variable: str, tmp_path: Path) -> None:
    path, fault = faults(tmp_path)[variable]
    env = {**https_variables(tmp_path), variable: path}
    for arguments in (("doctor",), ("doctor", "--offline")):
        examined = run_program(env, *arguments)
        assert examined.returncode == 1
        assert f"✗ network      {variable}: {path} {fault}" in examined.stdout
        assert "Traceback" not in examined.stderr
    assert run_program(env, "add", str(job_id())).returncode == 0
    with Terminal(PROGRAM, 240, 40, env=env) as terminal:
        terminal.wait_for(lambda text: "✗ cannot be polled since" in text and fault in text.splitlines()[0], 20)
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_the_simulator_names_the_variable_of_a_key_log_that_cannot_be_written(tmp_path: Path) -> None:
    ended = run_program({**https_variables(tmp_path), "SSLKEYLOGFILE": str(tmp_path)}, "simulate")
    assert ended.returncode == 2
    assert ended.stderr == f"SSLKEYLOGFILE: {tmp_path}: Is a directory.\n"
