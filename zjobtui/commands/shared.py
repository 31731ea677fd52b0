"""What several commands do alike, with the store and with what is configured."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import click

from zjobtui.clock import SystemClock
from zjobtui.commands.faults import faults_told
from zjobtui.config.paths import config_path, store_path
from zjobtui.domain.text import clean
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.saying import complain
from zjobtui.logs import get_logger
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import BUSY_LIMIT
from zjobtui.storage.store import Store, open_store
from zjobtui.storage.upkeep import known_tenants, known_words
from zjobtui.wiring.configuration import Configuration, Configured, configuration
from zjobtui.wiring.reader import read_report

log = get_logger(__name__)

NO_TENANT = (
    "No tenant is configured: set ZUORA_BASE_URL, ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET, or write a config.toml."
)


def complete_jobs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids and labels on the watchlist that begin so, for the shell; of the chosen tenant if one is."""
    return _known_words(context, incomplete, are_gone=False)


def complete_gone_jobs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids and labels of archived and removed jobs that begin so, for the shell; of the chosen tenant if one is."""
    return _known_words(context, incomplete, are_gone=True)


def stored_tenants(beginning: str) -> list[str]:
    """The tenants that jobs are watched of and whose names begin so."""
    return [name for name in known_tenants(store_path()) if name.startswith(beginning)]


def _known_words(context: click.Context, beginning: str, *, are_gone: bool) -> list[str]:
    return known_words(store_path(), beginning, _chosen_tenant(context), are_gone=are_gone)


def _chosen_tenant(context: click.Context) -> str | None:
    """The last `--tenant` on the line; `context.obj` are the words after the cursor, which click has not read."""
    words = [*(context.obj or ()), ""]
    for word, following in reversed(list(pairwise(words))):
        if word == "--tenant" or word.startswith("--tenant="):
            return str(word.partition("=")[2] or following)
    return context.params.get("tenant") or context.find_root().params.get("tenant")


def end_on_sigterm() -> None:
    """From now on SIGTERM ends the command as ctrl+c does, so that it lets go what it holds; so does SIGHUP.

    A SIGHUP that is ignored, as under `nohup`, stays ignored.
    """

    def interrupt(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(128 + number)

    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, interrupt)


def read_stdin() -> str:
    """All of standard input, whatever its bytes are."""
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")


def found_configuration() -> Configuration:
    """What is configured, with all that is wrong with it."""
    return configuration(os.environ, config_path())


def sound_configuration() -> Configuration:
    """What is configured; raises `ValueError` with all that is wrong, which without a screen nobody would see."""
    found = found_configuration()
    if found.problems:
        raise ValueError("\n".join(found.problems))
    for notice in found.notices:
        complain(notice)
    return found


def home_of_new(tenants: tuple[Configured, ...], named: str | None) -> str:
    """The tenant that new jobs belong to: the named one, else the environment's, else the only one there is."""
    names = [one.tenant.name for one in tenants]
    if named is not None and names and named not in names:
        raise ValueError(f"There is no tenant “{clean(named)}”; there is: {', '.join(names)}.")
    if named is not None:
        return clean(named)
    if len(names) > 1 and "env" not in names:
        raise ValueError(f"Name the tenant with --tenant; there is: {', '.join(names)}.")
    return names[0] if len(names) == 1 else "env"


@contextmanager
def opened_store(
    entered: Sequence[str] = (), lock_wait: float | None = None
) -> Iterator[tuple[Store, Watchlist, float]]:
    """The store, which is closed afterwards, the watchlist in it, and the time.

    If the command fails, the ids that the user entered are printed: a text on standard input exists nowhere else.
    Locks of other programs are waited for `lock_wait` seconds, and at most as long as the store does by itself.
    """
    with faults_told(entered):
        store, watchlist = open_store(store_path(), read_report, min(BUSY_LIMIT, lock_wait or BUSY_LIMIT))
        try:
            with store:
                log.info("store %s opened, %d jobs", store.path, len(watchlist))
                if store.notice:
                    complain(store.notice)
                yield store, watchlist, SystemClock().now()
        finally:
            back_up(store.path)
