"""What several commands need: the opened store, the configuration, and the jobs that arguments name."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import click

from zjobtui.bootstrap.configuration import Configuration, Configured, configuration
from zjobtui.bootstrap.engine import read_report
from zjobtui.bootstrap.output import print_error
from zjobtui.cli.errors import report_errors
from zjobtui.clock import SystemClock
from zjobtui.config.paths import config_path, store_path
from zjobtui.logs import get_logger
from zjobtui.models.filters import FilterProblem, parse
from zjobtui.models.history import EventKind
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import BUSY_LIMIT
from zjobtui.storage.maintenance import known_tenants, known_words
from zjobtui.storage.store import Store, open_store

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
        print_error(notice)
    return found


def tenant_for_new_jobs(tenants: tuple[Configured, ...], named: str | None) -> str:
    """The tenant that new jobs belong to: the named one, else the environment's, else the only one there is."""
    names = [resolve_one_of.tenant.name for resolve_one_of in tenants]
    if named is not None and names and named not in names:
        raise ValueError(f"There is no tenant “{clean(named)}”; there is: {', '.join(names)}.")
    if named is not None:
        return clean(named)
    if len(names) > 1 and "env" not in names:
        raise ValueError(f"Name the tenant with --tenant; there is: {', '.join(names)}.")
    return names[0] if len(names) == 1 else "env"


@contextmanager
def open_store_and_watchlist(
    entered: Sequence[str] = (), lock_wait: float | None = None
) -> Iterator[tuple[Store, Watchlist, float]]:
    """The store, which is closed afterwards, the watchlist in it, and the time.

    If the command fails, the ids that the user entered are printed: a text on standard input exists nowhere else.
    Locks of other programs are waited for `lock_wait` seconds, and at most as long as the store does by itself.
    """
    with report_errors(entered):
        store, watchlist = open_store(store_path(), read_report, min(BUSY_LIMIT, lock_wait or BUSY_LIMIT))
        try:
            with store:
                log.info("store %s opened, %d jobs", store.path, len(watchlist))
                if store.notice:
                    print_error(store.notice)
                yield store, watchlist, SystemClock().now()
        finally:
            back_up(store.path)


ABSENT = "is not on the watchlist"


def filter_jobs(watches: Iterable[WatchedJob], wanted: str, tenant: str | None, now: float) -> list[WatchedJob]:
    """The watches of the tenant that match the filter; raises `ValueError` that says what is wrong with a filter."""
    mine = [watch for watch in watches if tenant in {None, watch.job.tenant}]
    if not wanted.strip():
        return mine
    parsed = parse(wanted)
    if isinstance(parsed, FilterProblem):
        raise ValueError(f"--filter: {parsed}.")  # noqa: TRY004 - it is a value that is wrong
    return [watch for watch in mine if parsed.matches(watch, now)]


def resolve_jobs(watches: Iterable[WatchedJob], text: str) -> list[WatchedJob]:
    """The watches that a person means: by whole id, by label, or by the first six or more digits of the id."""
    known, wanted = list(watches), text.strip()
    key = wanted.replace("-", "").lower()
    exact = [watch for watch in known if watch.job.id.key == key or (watch.label and watch.label == wanted)]
    if exact or len(key) < 6:
        return exact
    return [watch for watch in known if watch.job.id.key.startswith(key)]


def removed_jobs(store: Store, *, archived: bool = True, removed: bool = True) -> tuple[WatchedJob, ...]:
    """What left the watchlist and is still in the store."""
    kinds = [*([EventKind.ARCHIVED] if archived else []), *([EventKind.REMOVED] if removed else [])]
    return tuple(watch for kind in kinds for watch in store.list_removed(kind))


def resolve_one_of(store: Store, watchlist: Watchlist, text: str, tenant: str | None) -> WatchedJob:
    """The one job that a text means, on the watchlist or else among what left it; raises `ValueError`."""
    mine = filter_jobs(watchlist, "", tenant, 0.0)
    return resolve_one(mine if resolve_jobs(mine, text) else filter_jobs(removed_jobs(store), "", tenant, 0.0), text)


def resolve_one(watches: Iterable[WatchedJob], text: str, absent: str = ABSENT) -> WatchedJob:
    """The one watch that a text means; raises `ValueError` with a sentence, which for none ends with `absent`."""
    found = resolve_jobs(watches, text)
    if len(found) == 1:
        return found[0]
    shown = shorten(clean(mask_secrets(text)), 60)
    if not found:
        raise ValueError(f"“{shown}” {absent}.")
    if len({watch.job.id for watch in found}) > 1:
        raise ValueError(f"“{shown}” means {len(found)} jobs; give more of the id.")
    tenants = " and ".join(watch.job.tenant for watch in found)
    raise ValueError(f"“{shown}” is watched in {tenants}; name one with --tenant.")
