"""However the monitor ends or is suspended, the terminal is left as it was, and the exit status says how it ended."""

import signal
import time
from pathlib import Path

import pytest

from tests.contract.names import Exit, Key, Screen
from tests.contract.program import User
from tests.contract.window import footer_is_drawn, press
from tests.support.terminal import Terminal


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGTERM, Exit.TERMINATED),
        pytest.param(signal.SIGHUP, Exit.HUNG_UP, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, Exit.INTERRUPTED, marks=pytest.mark.slow),
    ],
)
def test_a_signal_ends_the_monitor_and_the_terminal_is_restored(
    user: User, number: signal.Signals, status: int
) -> None:
    with user.window(size=(80, 24)) as window:
        window.signal(number)
        assert window.wait_exit(5) == status
        assert window.modes() == frozenset()
        assert window.attributes() == window.attributes_before


@pytest.mark.parametrize("ignoring_hangup", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_lost_terminal_ends_the_monitor(user: User, ignoring_hangup: bool) -> None:
    with user.terminal(size=(80, 24), ignoring_hangup=ignoring_hangup) as window:
        window.wait_for(Screen.LIST, 20)
        before = spent = window.cpu()
        window.hang_up()
        end = time.monotonic() + 5
        while window.is_running and time.monotonic() < end:
            spent = window.cpu()
            time.sleep(0.05)
        assert not window.is_running
        assert spent - before <= 1.0


@pytest.mark.slow
def test_a_suspended_monitor_releases_the_terminal_and_redraws_on_return(user: User) -> None:
    with user.window(size=(80, 24)) as window:
        press(window, "ctrl+z")
        wait_until_stopped(window)
        window.wait_until_gone(Screen.LIST)
        assert "alternate screen" not in window.modes()
        assert window.attributes() == window.attributes_before
        window.signal(signal.SIGCONT)
        window.wait_for(lambda text: Screen.LIST in text and footer_is_drawn(window))
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK
        assert window.modes() == frozenset()


def wait_until_stopped(window: Terminal) -> None:
    end = time.monotonic() + 5
    while Path(f"/proc/{window.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "T":
        assert time.monotonic() < end, "it was not suspended"
        window.bytes_within(0.01)
