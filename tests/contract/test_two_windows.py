"""Two windows on one watchlist: what is done in one is seen in the other, and the calls are those of one."""

import subprocess
from functools import partial

import pytest

from tests.contract.names import Exit, Key, Screen, Verdict, new_in_text
from tests.contract.program import User
from tests.contract.scripted import scripted
from tests.contract.window import press, rows, type_into
from tests.support.terminal import Terminal

FAILED = {"status": "Failed", "errors": "[40000050]: locked", "result": None, "success": True}


@pytest.mark.slow
def test_a_change_in_one_is_seen_in_the_other_and_one_polls(new_user: User) -> None:
    ids = [f"{number:032x}" for number in range(0xA0, 0xA4)]
    with scripted(dict.fromkeys(ids, FAILED)) as tenant:
        user = User(new_user.home, tenant.environment)
        user.run("add", *ids[:2])
        with user.window() as first, user.window() as second:
            for window in (first, second):
                window.wait_for(f"2 {Verdict.FAILED}")
            first.paste(" ".join(ids[2:]))
            first.wait_for(new_in_text(2))
            press(first, Key.ENTER)
            for window in (second, first):
                window.wait_for(f"4 {Verdict.FAILED}")
            press(second, "home", Key.LABEL, until=Screen.LABEL_DIALOG)
            type_into(second, "from-the-second")
            for window in (second, first):
                window.wait_for(partial(is_listed, window, "from-the-second"))
            press(first, Key.MARK_ALL, Key.REMOVE, until=Screen.NO_JOBS)
            second.wait_for(Screen.NO_JOBS)
            for window in (first, second):
                press(window, Key.QUIT)
                assert window.wait_exit() == Exit.OK
        assert len(tenant.headers) < 2 * len(ids), "only one window polls"


@pytest.mark.slow
def test_an_open_window_shows_ids_that_another_process_adds_as_they_come(new_user: User) -> None:
    ids = [f"{number:032x}" for number in range(0xA0, 0xA3)]
    with scripted(dict.fromkeys(ids, FAILED)) as tenant:
        user = User(new_user.home, tenant.environment)
        user.run("add", ids[0])
        with user.window() as window, user.start("add", "--follow", "-", stdin=subprocess.PIPE) as follower:
            window.wait_for(f"1 {Verdict.FAILED}")
            assert follower.stdin is not None
            for number, one in enumerate(ids[1:], 2):
                follower.stdin.write(f"posted jobId={one}\n")
                follower.stdin.flush()
                window.wait_for(f"{number} {Verdict.FAILED}")
            printed, _ = follower.communicate(timeout=20)
            assert printed.endswith("2 jobs added, 0 known, 0 refused.\n")
            assert follower.returncode == Exit.OK


def is_listed(window: Terminal, text: str, _: str) -> bool:
    """Whether a row of the list holds the text."""
    return any(text in row for row in rows(window))
