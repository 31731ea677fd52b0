"""The simulator with its faults, and the monitor when no host answers, or the credentials are refused."""

import socket

import pytest

from tests.contract.names import Exit, Field, Key, Printed, Screen, Verdict
from tests.contract.program import User
from tests.contract.simulated import Zuora, simulate
from tests.contract.window import press


@pytest.mark.slow
def test_stored_jobs_are_shown_without_a_network_and_polled_when_it_returns(newcomer: User, zuora: Zuora) -> None:
    assert newcomer.run("add", *zuora.ids[:10]).status == Exit.OK
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    away = User(newcomer.home, {**newcomer.variables, "ZUORA_BASE_URL": f"http://127.0.0.1:{port}"})
    with away.window() as window:
        window.wait_for(Screen.UNREACHABLE)
        assert f"{Screen.LIST}10 " in window.text()
        with simulate("--port", str(port)):
            press(window, Key.REFRESH)
            window.wait_for(Screen.POLLING, 20)
            press(window, Key.QUIT)
            assert window.wait_exit() == Exit.OK


@pytest.mark.slow
def test_refused_credentials_are_reported_and_never_shown_or_stored(user: User) -> None:
    with user.window(ZUORA_CLIENT_SECRET="sentinel-7f3e9c") as window:
        window.wait_for(Screen.SIGNED_OUT)
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK
        assert b"sentinel" not in window.raw
    assert not any(b"sentinel" in one.read_bytes() for one in user.home.rglob("*") if one.is_file())


def test_an_invalid_switch_of_the_simulator_is_named(new_user: User) -> None:
    wrong = new_user.run("simulate", "--faults", "eror=1")
    assert (wrong.status, wrong.out) == (Exit.USAGE, "")
    assert "“eror=1”" in wrong.err


@pytest.mark.slow
def test_calls_that_fail_leave_a_job_running_with_its_problem(new_user: User) -> None:
    with simulate("--faults", "error=1") as tenant:
        user = User(new_user.home, tenant.environment)
        waited = user.run("wait", tenant.running[0], "--timeout", "2s", "--json")
        assert waited.status == Exit.NOT_ENDED
        ((verdict, problem),) = [(one[Field.VERDICT], one[Field.PROBLEM]) for one in waited.jobs]
        assert verdict == Verdict.RUNNING
        assert Printed.SERVER_ERROR in problem
