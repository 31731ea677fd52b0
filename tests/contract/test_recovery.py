"""A store that is damaged: what is readable comes back, the rest from the daily copy, and the damaged file is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.conftest import LABEL, Known
from tests.contract.names import Exit, Field, Key, Screen
from tests.contract.program import User
from tests.contract.window import press


def truncate(store: Path) -> None:
    with store.open("r+b") as file:
        file.truncate(store.stat().st_size // 3)


def replace_by_garbage(store: Path) -> None:
    store.write_bytes(b"no database at all\n" * 5_000)


def lose_the_first_page(store: Path) -> None:
    with store.open("r+b") as file:
        file.write(b"\0" * 4_096)


@pytest.mark.parametrize(
    "damage", [truncate, replace_by_garbage, pytest.param(lose_the_first_page, marks=pytest.mark.slow)]
)
def test_every_id_is_recovered_and_the_damaged_file_is_kept(
    user: User, known: Known, damage: Callable[[Path], None]
) -> None:
    damage(user.store)
    damaged = user.store.read_bytes()
    listed = user.run("ls", "--json")
    assert listed.status == Exit.OK
    assert sorted(listed.ids) == sorted(known.all)
    assert Screen.RECOVERED in listed.err
    aside = [one for one in user.data.iterdir() if Screen.MOVED_ASIDE in one.name]
    assert damaged in [one.read_bytes() for one in aside]
    assert all(one.name in listed.err for one in aside if one.read_bytes() == damaged)
    assert LABEL in [one[Field.LABEL] for one in listed.jobs]
    again = user.run("ls", "--json")
    assert (again.err, sorted(again.ids)) == ("", sorted(known.all))


def delete(store: Path) -> None:
    store.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("damage", [delete, pytest.param(replace_by_garbage, marks=pytest.mark.slow)])
def test_an_open_window_reports_that_its_file_is_gone_and_saves_all_jobs_again(
    user: User, known: Known, damage: Callable[[Path], None]
) -> None:
    with user.window() as window:
        window.wait_for(f"{Screen.LIST}{len(known.all)} ")
        damage(user.store)
        window.wait_for(Screen.FILE_GONE)
        window.wait_for(f"{Screen.LIST}{len(known.all)} ")
        press(window, Key.QUIT)
        window.wait_exit()
    listed = user.run("ls", "--json")
    assert (listed.status, listed.err, sorted(listed.ids)) == (Exit.OK, "", sorted(known.all))
    assert LABEL in [one[Field.LABEL] for one in listed.jobs]


@pytest.mark.slow
def test_the_screen_says_what_was_recovered(user: User, known: Known) -> None:
    replace_by_garbage(user.store)
    with user.window() as window:
        window.wait_for(f"{Screen.LIST}{len(known.all)} ")
        window.wait_for(Screen.RECOVERED)
