"""What several commands share: configuration, tenant of new jobs, errors of the user, the open store, signals."""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from zjobtui.bootstrap.configuration import Configuration, Configured, configuration, expected_order_statuses
from zjobtui.bootstrap.output import USAGE, os_error_text, print_error
from zjobtui.bootstrap.report_parser import read_stored_report
from zjobtui.clock import SystemClock
from zjobtui.config.paths import config_path, store_path
from zjobtui.logs import get_logger
from zjobtui.models.history import History
from zjobtui.models.job import JobRef
from zjobtui.models.text import clean, nearest
from zjobtui.models.watchlist import Watchlist
from zjobtui.signals import before_exit, forget
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import BUSY_LIMIT, BrokenStoreError, StoreError, UncommittedError
from zjobtui.storage.maintenance import known_tenants
from zjobtui.storage.store import Store, open_store

if TYPE_CHECKING:
    from zjobtui.models.observation import Success

log = get_logger(__name__)

_REPAIR = "To repair it, close every window, then run: zjobtui doctor --repair"

NO_TENANT = (
    "No tenant is configured: set ZUORA_BASE_URL, ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET, or write a config.toml."
)


def load_configuration() -> Configuration:
    """Load the configuration of this process, with all its problems."""
    return configuration(os.environ, config_path())


def load_valid_configuration() -> Configuration:
    """Load the configuration and print its notices; raise `ValueError` listing every problem."""
    loaded = load_configuration()
    if loaded.problems:
        raise ValueError("\n".join(loaded.problems))
    for notice in (*loaded.notices, *loaded.remarks):
        print_error(notice)
    return loaded


def tenant_for_new_jobs(tenants: tuple[Configured, ...], name: str | None) -> str:
    """Return the tenant to add jobs to: the one named, else `env`, else the only one; raise `ValueError`.

    Without any configured tenant every name is accepted.
    """
    names = [configured.tenant.name for configured in tenants]
    if name is not None and names and name not in names:
        raise ValueError(unknown_tenant(name, names))
    if name is not None:
        return clean(name)
    if len(names) > 1 and "env" not in names:
        raise ValueError(f"Several tenants are configured: {', '.join(names)}. Choose one with --tenant.")
    return names[0] if len(names) == 1 else "env"


def unknown_tenant(name: str, names: Sequence[str]) -> str:
    """Return the error for a tenant that is not among the known ones, with the nearest of them."""
    near = nearest(name, names)
    hint = f" Did you mean {near}?" if near else ""
    known = f"Configured: {', '.join(names)}." if names else "No tenant is configured."
    return f"Unknown tenant “{clean(name)}”.{hint} {known}"


def check_tenant(name: str | None) -> None:
    """Raise `ValueError` if a tenant is named that is neither configured nor has a stored job."""
    if name is None:
        return
    configured = [each.tenant.name for each in load_configuration().tenants]
    if name not in configured and name not in (stored := known_tenants(store_path())):
        raise ValueError(unknown_tenant(name, list(dict.fromkeys((*configured, *stored)))))


@contextmanager
def report_errors(entered: Collection[str] = ()) -> Iterator[None]:
    """Print an error that the user can fix, without a traceback, and the entered ids after it; exit with `USAGE`.

    If a signal ends the program, the ids are printed, too. The block removes from `entered` what it has saved.
    """
    try:
        with name_on_exit(lambda: entered):
            yield
    except (StoreError, ValueError, OSError) as error:
        log.exception("the command ends")
        heading = "Added at the next start:" if isinstance(error, UncommittedError) else "Not added:"
        text = os_error_text(error) if isinstance(error, OSError) else str(error)
        print_error("\n".join((text, heading, *entered)) if entered else text)
        sys.exit(USAGE)


@contextmanager
def name_on_exit(unsaved: Callable[[], Collection[str]]) -> Iterator[None]:
    """Print the ids that `unsaved` returns if a signal ends the program in the block."""

    def print_ids() -> None:
        if ids := unsaved():
            with suppress(RuntimeError):  # the signal came while something was printed
                print_error("\n".join(("Interrupted. These may not have been added:", *ids)))

    before_exit(print_ids)
    try:
        yield
    finally:
        forget(print_ids)


@contextmanager
def open_store_and_watchlist(
    entered: Collection[str] = (), lock_wait: float | None = None, *, tenant: str | None = None
) -> Iterator[tuple[Store, Watchlist, float]]:
    """Open the store for the block; yield it with its watchlist and the current time.

    If the command fails or is interrupted, the ids that the user `entered` are printed, less those that the block has
    removed from it: a text on standard input exists nowhere else.
    Locks of other programs are waited for `lock_wait` seconds, at most as long as the store does by default. A `tenant`
    that is unknown is an error.
    """
    with report_errors(entered):
        store, watchlist = open_store(store_path(), read_stored_report, min(BUSY_LIMIT, lock_wait or BUSY_LIMIT))
        try:
            with store:
                log.info("store %s opened, %d jobs", store.path, len(watchlist))
                if store.notice:
                    print_error(store.notice)
                check_tenant(tenant)
                expected = expected_order_statuses(os.environ, config_path())
                if expected is not None:
                    watchlist = store.renew_digests(watchlist, expected)
                yield store, watchlist, SystemClock().now()
        finally:
            back_up(store.path)


def read_stored_details(store: Store, job: JobRef) -> tuple["Success | None", History]:
    """Return the last response about a job and its history. What is damaged is left out, and reported once."""
    response: Success | None = None
    history: History = ()
    try:
        response = store.last_response(job)
        history = store.history(job)
    except BrokenStoreError as error:
        print_error(f"The stored data of job {job.id.given} is damaged and is left out. {error} {_REPAIR}")
        with suppress(BrokenStoreError):
            history = store.history(job)
    return response, history
