"""What several commands do alike."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from zjobtui.domain.watchlist import Watchlist
    from zjobtui.storage.store import Store
    from zjobtui.wiring import Configuration

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
        try:
            with store:
                if store.notice:
                    click.echo(store.notice, err=True)
                yield store, watchlist
        finally:
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


def found_configuration() -> "Configuration":
    """What is configured; a fault in the environment is one problem more, and hides no tenant of the file."""
    import os
    from dataclasses import replace

    from zjobtui.storage.places import config_path
    from zjobtui.wiring import configuration
    from zjobtui.zuora.tenants import InvalidTenantError

    try:
        return configuration(os.environ, config_path())
    except InvalidTenantError as fault:
        rest = {name: text for name, text in os.environ.items() if name != "ZUORA_BASE_URL"}
        found = configuration(rest, config_path())
        return replace(found, problems=(str(fault), *found.problems))


def chosen_tenant(wanted: str | None) -> str:
    """The tenant of this name, or the one that is meant where none is named; where none can be, ends the program."""
    from zjobtui.domain.text import clean

    found = found_configuration()
    names = [one.tenant.name for one in found.tenants]
    if wanted is not None and (wanted in names or not names):
        return clean(wanted)
    if wanted is None and ("env" in names or not (names or found.problems)):
        return "env"
    if wanted is None and len(names) == 1:
        return names[0]
    told = (
        f"There is no tenant “{clean(wanted)}”; there is:" if wanted else "Say with --tenant which of these is meant:"
    )
    for sentence in (*found.problems, f"{told} {', '.join(names)}.") if names else found.problems:
        click.echo(sentence, err=True)
    sys.exit(USAGE)
