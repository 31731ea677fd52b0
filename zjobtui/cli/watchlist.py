"""`add`, `rm`, `archive` and `restore`: what is on the watchlist."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error
from zjobtui.cli.common import load_valid_configuration, open_store_and_watchlist, report_errors, tenant_for_new_jobs
from zjobtui.cli.job_ids import NO_ID, collect_ids, read_stdin
from zjobtui.cli.options import TENANT, tenant_option
from zjobtui.cli.selection import (
    FILTER,
    NOT_WATCHED,
    complete_jobs,
    complete_removed_jobs,
    filter_jobs,
    removed_jobs,
    resolve_one,
)
from zjobtui.formatting.symbols import plural
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten
from zjobtui.models.watched_job import WatchedJob, due_for_archive

TEXT_LIMIT = 200
"""Characters that a label or a note may have."""


@click.command()
@click.argument("ids", nargs=-1, metavar="ID…|-")
@click.option("--file", "files", multiple=True, metavar="PATH", help="Add every id in this file; can be repeated.")
@click.option("--label", default="", help="Label of the new jobs.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag of the new jobs; can be repeated.")
@click.option("--note", default="", help="Note on the new jobs.")
@tenant_option("Tenant of the new jobs; by default the only one, or env.")
def add(
    ids: tuple[str, ...], files: tuple[str, ...], label: str, tags: tuple[str, ...], note: str, tenant: str | None
) -> None:
    r"""Add jobs to the watchlist.

    Give job ids, or with - or --file any text that contains them: a ticket, a log, CSV, the JSON of a posted order.

    Exit status: 0 all ids were accepted, 1 some were refused (they are listed), 2 nothing was done.

    \b
    Examples:
    zjobtui add 1bc24f315d7b48d3a20245bfe73bdceb --label CS-4390 --tag renewal
    curl … /v1/async/orders | zjobtui add -
    """
    if not ids and not files:
        raise click.UsageError("Give job ids, --file PATH, or - for standard input.")
    with report_errors():
        texts = [(path, Path(path).read_bytes().decode("utf-8", errors="replace")) for path in files]
        if ids == ("-",):  # after the files: if one cannot be read, standard input is not consumed
            texts.append(("standard input", read_stdin()))
        parsed = collect_ids(() if ids == ("-",) else ids, texts)
    with open_store_and_watchlist([job_id.given for job_id in parsed.ids]) as (store, watchlist, now):
        home = tenant_for_new_jobs(load_valid_configuration().tenants, tenant)
        label, note = (shorten(clean(mask_secrets(text).strip()), TEXT_LIMIT) for text in (label, note))
        tags = tuple(dict.fromkeys(clean(tag) for text in tags for tag in text.replace(",", " ").split()))
        watches = [
            WatchedJob(job=JobRef(home, job_id), added_at=now, added_by=source, label=label, tags=tags, note=note)
            for job_id, source in parsed.ids.items()
        ]
        for sentence in (*(parsed.refused or ([] if watches else [NO_ID])), *parsed.left_out):
            print_error(sentence)
        if not watches:
            sys.exit(USAGE)
        change = watchlist.add(watches, store.load_removed(watch.job for watch in watches))
        if change.added:
            store.apply(change)
        added = len(change.added)
        print(f"{plural(added, 'job')} added, {len(watches) - added:,} known, {len(parsed.refused):,} refused.")
        sys.exit(SOME_REFUSED if parsed.refused else OK)


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="ID…", shell_complete=complete_jobs)
@TENANT
def rm(jobs: tuple[str, ...], tenant: str | None) -> None:
    r"""Remove jobs from the watchlist.

    Give ids, first digits of ids, or labels. Adding a removed job again restores everything known about it.

    \b
    Example:
    zjobtui rm CS-4390
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        watches, is_refused = _resolve_each(filter_jobs(watchlist, "", tenant, now), jobs)
        if not watches:
            sys.exit(USAGE)
        store.apply(watchlist.remove([watch.job for watch in watches], now))
        print(f"{plural(len(watches), 'job')} removed; `zjobtui add` restores a job and everything known about it.")
        sys.exit(SOME_REFUSED if is_refused else OK)


@click.command()
@click.argument("jobs", nargs=-1, metavar="[ID…]", shell_complete=complete_jobs)
@FILTER
@TENANT
def archive(jobs: tuple[str, ...], wanted: str, tenant: str | None) -> None:
    r"""Archive finished jobs.

    Archives the given jobs, or those that match the filter. Without either, archives what the monitor archives
    automatically: jobs that finished and were read longer ago than `archive_after` in config.toml (30 days). Nothing
    is deleted: see `zjobtui ls --archived` and `zjobtui restore`.

    \b
    Examples:
    zjobtui archive
    zjobtui archive --filter 'status:done ended>2d'
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        is_refused = False
        if jobs or wanted or tenant:
            watches = filter_jobs(watchlist, wanted, tenant, now)
            if jobs:
                watches, is_refused = _resolve_each(watches, jobs)
            for watch in (watch for watch in watches if jobs and not watch.is_final):
                print_error(f"“{watch.name}” has not ended; use `zjobtui rm` to remove it anyway.")
                is_refused = True
            ended = tuple(watch.job for watch in watches if watch.is_final)
        else:
            ended = due_for_archive(watchlist, now, load_valid_configuration().archive_after)
        if ended:
            store.apply(watchlist.remove(ended, now, EventKind.ARCHIVED))
        print(f"{plural(len(ended), 'job')} archived." + (" `zjobtui restore` restores a job." if ended else ""))
        sys.exit(SOME_REFUSED if is_refused else OK)


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="ID…", shell_complete=complete_removed_jobs)
@TENANT
def restore(jobs: tuple[str, ...], tenant: str | None) -> None:
    r"""Restore archived or removed jobs.

    Give ids, first digits of ids, or labels.

    \b
    Example:
    zjobtui restore CS-4390
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        removed = filter_jobs(removed_jobs(store), "", tenant, now)
        watches, is_refused = _resolve_each(removed, jobs, "is neither archived nor removed")
        if not watches:
            sys.exit(USAGE)
        store.apply(watchlist.restore(watches, now))
        print(f"{plural(len(watches), 'job')} back on the watchlist.")
        sys.exit(SOME_REFUSED if is_refused else OK)


def _resolve_each(
    watches: Iterable[WatchedJob], texts: Sequence[str], absent: str = NOT_WATCHED
) -> tuple[list[WatchedJob], bool]:
    """Return the jobs that the texts name, and whether a text named none or several; print an error for each such."""
    known, resolved, is_refused = list(watches), {}, False
    for text in texts:
        try:
            watch = resolve_one(known, text, absent)
        except ValueError as error:
            print_error(str(error))
            is_refused = True
        else:
            resolved[watch.job] = watch
    return list(resolved.values()), is_refused
