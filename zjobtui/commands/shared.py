"""What several commands do alike."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from zjobtui.domain.watchlist import Watchlist
    from zjobtui.storage.store import Store

USAGE = 2
"""The exit status when nothing was done for what was asked, or for what a person must mend first."""

NO_TERMINAL = "zjobtui needs a terminal; without one use its other commands, such as: zjobtui ls --json"


def read_stdin() -> str:
    """All of standard input, whatever its bytes are."""
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")


def need_terminal() -> None:
    """Ends the program where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(NO_TERMINAL, err=True)
        sys.exit(USAGE)


@contextmanager
def opened_store() -> "Iterator[tuple[Store, Watchlist]]":
    """The store, which is closed afterwards, and the watchlist in it."""
    from zjobtui.storage.backup import back_up
    from zjobtui.storage.places import store_path
    from zjobtui.storage.store import open_store
    from zjobtui.wiring import read_report

    with faults_told():
        store, watchlist = open_store(store_path(), read_report)
        with store:
            if store.notice:
                click.echo(store.notice, err=True)
            yield store, watchlist
        back_up(store.path)


@contextmanager
def faults_told() -> Iterator[None]:
    """What a person can mend is told in one sentence, without a traceback."""
    from zjobtui.storage.database import StoreError

    try:
        yield
    except (StoreError, ValueError, OSError) as fault:
        click.echo(str(fault), err=True)
        sys.exit(USAGE)
