"""`add`, `rm`, `archive` and `restore`: what is on the watchlist."""

import sys
from collections.abc import Iterable
from math import inf
from pathlib import Path

import click

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error
from zjobtui.cli.annotations import Annotations, annotate, new_jobs, only_tenants, tidy_tags, tidy_text
from zjobtui.cli.common import load_valid_configuration, open_store_and_watchlist, report_errors, tenant_for_new_jobs
from zjobtui.cli.follow import Tally, follow_stdin
from zjobtui.cli.job_ids import ARGUMENT, NO_ID, STDIN_NAME, collect_ids, default_batch, read_stdin, tidy_batch_name
from zjobtui.cli.options import TENANT, tenant_option
from zjobtui.cli.selection import (
    FILTER,
    complete_batches,
    complete_jobs,
    complete_removed_jobs,
    filter_jobs,
    removed_jobs,
    resolve_each,
)
from zjobtui.formatting.symbols import plural
from zjobtui.models.batches import unique_batch_name
from zjobtui.models.durations import format_duration
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.source_text import decode_bytes
from zjobtui.models.watched_job import WatchedJob, due_for_archive
from zjobtui.models.watchlist import Watchlist

STDIN = "-"
"""The argument that means standard input."""


@click.command()
@click.argument("ids", nargs=-1, metavar="ID…|-")
@click.option("--file", "files", multiple=True, metavar="PATH", help="Add every id in this file; can be repeated.")
@click.option("--follow", is_flag=True, help="Add ids as they arrive on standard input, until it ends.")
@click.option("--label", default="", help="Label of the new jobs.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag of the new jobs; can be repeated.")
@click.option("--note", default="", help="Note on the new jobs.")
@click.option(
    "--batch",
    default="",
    metavar="NAME",
    help="Batch of the new jobs; by default named after their source.",
    shell_complete=complete_batches,
)
@tenant_option("Tenant of the new jobs; by default the only one, or env.")
def add(
    ids: tuple[str, ...],
    files: tuple[str, ...],
    follow: bool,
    label: str,
    tags: tuple[str, ...],
    note: str,
    batch: str,
    tenant: str | None,
) -> None:
    r"""Add jobs to the watchlist.

    Give job ids, or any text that contains them: as an argument, with --file, or with - on standard input: a ticket, a
    log, CSV, the JSON of a posted order. With --follow, ids are added as they arrive, until the input ends or you press
    Ctrl+C.
    Jobs that are already watched get the label, tags, note and batch that you give, in whichever tenant they are.

    Exit status: 0 all ids were accepted, 1 some were refused (they are listed), 2 nothing was done.

    \b
    Examples:
    zjobtui add 1bc24f315d7b48d3a20245bfe73bdceb --label CS-4390 --tag renewal
    curl … /v1/async/orders | zjobtui add -
    tail -F app.log | zjobtui add --follow -
    """
    if not ids and not files and not follow:
        raise click.UsageError("Give job ids, --file PATH, or - for standard input.")
    with report_errors():
        arguments = [text for text in ids if text != STDIN]
        texts = [(path, decode_bytes(Path(path).read_bytes())) for path in files if path != STDIN]
        if STDIN in (*ids, *files) and not follow:  # after the files: if one cannot be read, this is not consumed
            texts.append((STDIN_NAME, read_stdin()))
        parsed = collect_ids(arguments, texts)
    entered = [job_id.given for job_id in parsed.ids]
    with open_store_and_watchlist(entered) as (store, watchlist, now):
        configured = load_valid_configuration().tenants
        homes = only_tenants(watchlist) if tenant is None else {}
        needs_home = follow or not parsed.ids.keys() <= homes.keys()
        home = tenant_for_new_jobs(configured, tenant) if needs_home else ""
        given = Annotations(tidy_text(label), tidy_tags(*tags), tidy_text(note), tidy_batch_name(batch))
        name = given.batch or unique_batch_name(default_batch(parsed, texts, now, "added"), watchlist)

        def tenant_of(job_id: JobId) -> str:
            return homes.get(job_id, home)

        def make_watch(job_id: JobId, at: float) -> WatchedJob:
            return new_jobs(tenant_of, {job_id: STDIN_NAME}, at, watchlist, given, given.batch)[0]

        watches = new_jobs(tenant_of, parsed.ids, now, watchlist, given, name)
        for sentence in (*(parsed.refused or ([] if watches or follow else [NO_ID])), *parsed.left_out):
            print_error(sentence)
        if not watches and not follow:
            sys.exit(USAGE)
        removed = store.load_removed(watch.job for watch in watches)
        found = [watch.job for watch in watches if parsed.ids[watch.job.id] != ARGUMENT]
        change = watchlist.add(watches, removed, found)
        _print_dismissed(change.dismissed)
        wanted = [watch for watch in watches if watch.job not in change.dismissed]
        if change.added:
            store.apply(change)
        entered.clear()
        tally = Tally(len(change.added), len(wanted) - len(change.added), len(parsed.refused))
        known = [watch.job for watch in wanted if watchlist.get(watch.job) is not None]
        done = annotate(store, change.watchlist, known, given, now) if known else ()
        if follow:
            follow_stdin(store, make_watch, tally)
        print(tally)
        if done:
            print(f"{len(known):,} known: {', '.join(done)}.")
        sys.exit(SOME_REFUSED if tally.refused else OK)


def _print_dismissed(jobs: Iterable[JobRef]) -> None:
    """Print which jobs were not added because they had been removed."""
    for job in jobs:
        print_error(
            f"Not added: {job.id.given[:8]}… was removed and is unknown to Zuora; "
            f"add it with: zjobtui add {job.id.given}"
        )


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
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        watches, is_refused = resolve_each(filter_jobs(watchlist, "", tenant, now), jobs)
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
    automatically: jobs that finished and were read longer ago than `archive_after` in config.toml (30 days); with
    --tenant, only those of this tenant. Nothing is deleted: see `zjobtui ls --archived` and `zjobtui restore`.

    \b
    Examples:
    zjobtui archive
    zjobtui archive --filter 'status:done ended>2d'
    """
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        is_refused, watches, after = False, filter_jobs(watchlist, wanted, tenant, now), 0.0
        if jobs:
            watches, is_refused = resolve_each(watches, jobs)
            for watch in watches:
                if not watch.is_final:
                    print_error(f"“{watch.name}” has not ended; use `zjobtui rm` to remove it anyway.")
                    is_refused = True
        if jobs or wanted.strip():
            ended = tuple(watch.job for watch in watches if watch.is_final)
        else:
            after = load_valid_configuration().archive_after
            ended = due_for_archive(watches, now, after)
        if ended:
            store.apply(watchlist.remove(ended, now, EventKind.ARCHIVED))
        why = " `zjobtui restore` restores a job." if ended else _why_none(watchlist, watches, after)
        print(f"{plural(len(ended), 'job')} archived.{why}")
        sys.exit(OK if not is_refused else SOME_REFUSED if ended else USAGE)


def _why_none(watchlist: Watchlist, watches: list[WatchedJob], after: float) -> str:
    """Return why none of these jobs of the watchlist was archived; `after` is as `archive_after` in the settings."""
    if not watches:
        return " No jobs match." if len(watchlist) else " The watchlist is empty."
    running = sum(not watch.is_final for watch in watches)
    unread = sum(watch.is_final and watch.is_unread for watch in watches)
    late = len(watches) - running - unread
    is_off = "ended and read, but `archive_after` in config.toml is “never”"
    limit = f"{after / 86_400:g}d" if after >= 86_400 else format_duration(after)
    recently = is_off if after == inf else f"ended or read less than {limit} ago"
    parts = (
        f"{running:,} not ended" if running else "",
        f"{unread:,} unread" if unread else "",
        f"{late:,} {recently}" if late else "",
    )
    return f" Of {plural(len(watches), 'job')}: {', '.join(part for part in parts if part)}."


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
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        removed = filter_jobs(removed_jobs(store), "", tenant, now)
        watches, is_refused = resolve_each(removed, jobs, "is neither archived nor removed")
        if not watches:
            sys.exit(USAGE)
        store.apply(watchlist.restore(watches, now))
        print(f"{plural(len(watches), 'job')} restored to the watchlist.")
        sys.exit(SOME_REFUSED if is_refused else OK)
