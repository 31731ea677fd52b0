"""Killed at any moment, the program has lost nothing of what it had confirmed."""

import random
import signal
import time

import pytest

from tests.contract.names import Field, Key, Printed, Screen, jobs, new_in_text
from tests.contract.program import User
from tests.contract.simulated import Zuora
from tests.contract.window import press, type_into


def test_confirmed_edits_of_a_window_survive_kill_9(newcomer: User, zuora: Zuora) -> None:
    with newcomer.window() as window:
        window.paste(" ".join(zuora.ids))
        window.wait_for(new_in_text(len(zuora.ids)))
        press(window, Key.ENTER, until=Screen.ADDED.format(jobs(len(zuora.ids))))
        press(window, "down", Key.LABEL, until=Screen.LABEL_DIALOG)
        type_into(window, "CS-7")
        window.wait_for(Screen.LABELLED)
        window.signal(signal.SIGKILL)
        assert window.wait_exit() == -signal.SIGKILL
    kept = newcomer.run("ls", "--json")
    assert sorted(kept.ids) == sorted(zuora.ids)
    assert kept.err == ""
    assert [one[Field.LABEL] for one in kept.jobs].count("CS-7") == 1


@pytest.mark.slow
def test_commands_that_are_killed_at_any_moment_keep_what_they_confirmed(new_user: User) -> None:
    dice, confirmed, ids = random.Random(7), set[str](), [f"{number:032x}" for number in range(1, 400)]
    for number in range(40):
        given = ids[number * 8 : number * 8 + 8]
        with new_user.start("add", *given) as adding:
            time.sleep(dice.uniform(0.05, 0.5))
            adding.kill()
            printed, _ = adding.communicate()
        if printed.startswith(Printed.ADDED.format(jobs(8), 0, 0)):
            confirmed |= {*given}
        if number % 8 == 7:
            listed = new_user.run("ls", "--json")
            assert listed.status == 0
            assert not listed.err or "from ids.log" in listed.err  # a command was killed just before its commit
            assert confirmed <= {*listed.ids}
    assert confirmed
