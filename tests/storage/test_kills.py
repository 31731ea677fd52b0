"""Processes that are killed while they write, upgrade or recover the store lose nothing that was confirmed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def kill(scenario: str, rounds: int, seed: int = 7) -> None:
    command = [sys.executable, "-m", "tests.storage.killing", scenario, str(rounds), str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("scenario", ["writing", "migrating", "recovering"])
def test_ten_kills_lose_nothing(scenario: str) -> None:
    kill(scenario, 10)


@pytest.mark.slow
def test_a_kill_before_any_statement_leaves_the_old_store_or_the_new_one() -> None:
    kill("each statement", 1)


@pytest.mark.long
@pytest.mark.parametrize("scenario", ["writing", "migrating", "recovering"])
def test_five_hundred_kills_lose_nothing(scenario: str) -> None:
    kill(scenario, 500)
