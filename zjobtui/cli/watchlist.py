"""`add`, `rm`, `archive` and `restore`: what is on the watchlist."""

import sys
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import click

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error
from zjobtui.cli.common import load_valid_configuration, open_store_and_watchlist, report_errors, tenant_for_new_jobs
from zjobtui.cli.follow import Tally, follow_stdin
from zjobtui.cli.job_ids import ARGUMENT, NO_ID, collect_ids, read_stdin
from zjobtui.cli.options import TENANT, tenant_option
from zjobtui.cli.selection import (
    FILTER,
    NOT_WATCHED,
    complete_jobs,
    complete_removed_jobs,
    filter_jobs,
    names_in,
    removed_jobs,
    resolve_one,
)
from zjobtui.formatting.symbols import plural
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.source_text import decode_bytes
from zjobtui.models.text import clean, shorten
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob, due_for_archive

STDIN = "-"
"""The argument that means standard input."""

TEXT_LIMIT = 200
"""Characters that a label or a note may have."""


@click.command()
@click.argument("ids", nargs=-1, metavar="ID…|-")
@click.option("--file", "files", multiple=True, metavar="PATH", help="Add every id in this file; can be repeated.")
@click.option("--follow", is_flag=True, help="Add ids as they come on standard input, until it ends.")
@click.option("--label", default="", help="Label of the new jobs.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag of the new jobs; can be repeated.")
@click.option("--note", default="", help="Note on the new jobs.")
@tenant_option("Tenant of the new jobs; by default the only one, or env.")
def add(
    ids: tuple[str, ...],
    files: tuple[str, ...],
    follow: bool,
    label: str,
    tags: tuple[str, ...],
    note: str,
    tenant: str | None,
) -> None:
    r"""Add jobs to the watchlist.

    Give job ids, or any text that contains them: as an argument, with --file, or with - on standard input: a ticket, a
    log, CSV, the JSON of a posted order. With --follow, ids are added as they come, until the input or Ctrl+C ends it.

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
        is_stdin = STDIN in ids or STDIN in files
        texts = [(path, decode_bytes(Path(path).read_bytes())) for path in files if path != STDIN]
        if is_stdin and not follow:  # after the files: if one cannot be read, standard input is not consumed
            texts.append(("standard input", read_stdin()))
        parsed = collect_ids(arguments, texts)
    with open_store_and_watchlist([job_id.given for job_id in parsed.ids]) as (store, watchlist, now):
        home = tenant_for_new_jobs(load_valid_configuration().tenants, tenant)
        label, note = (shorten(clean(mask_secrets(text).strip()), TEXT_LIMIT) for text in (label, note))
        tags = tuple(dict.fromkeys(clean(tag) for text in tags for tag in text.replace(",", " ").split()))

        def make_watch(job_id: JobId, at: float, source: str) -> WatchedJob:
            return WatchedJob(job=JobRef(home, job_id), added_at=at, added_by=source, label=label, tags=tags, note=note)

        watches = [make_watch(job_id, now, source) for job_id, source in parsed.ids.items()]
        for sentence in (*(parsed.refused or ([] if watches or follow else [NO_ID])), *parsed.left_out):
            print_error(sentence)
        if not watches and not follow:
            sys.exit(USAGE)
        removed = store.load_removed(watch.job for watch in watches)
        dismissed = [watch.job for watch in removed if _is_dismissed(watch) and parsed.ids[watch.job.id] != ARGUMENT]
        for job in dismissed:
            print_error(
                f"Not added: {job.id.given[:8]}… was removed, unknown to Zuora; add it with: zjobtui add {job.id.given}"
            )
        wanted = [watch for watch in watches if watch.job not in dismissed]
        change = watchlist.add(wanted, removed)
        if change.added:
            store.apply(change)
        tally = Tally(len(change.added), len(wanted) - len(change.added), len(parsed.refused))
        if follow:
            follow_stdin(store, partial(make_watch, source="standard input"), tally)
        print(tally)
        sys.exit(SOME_REFUSED if tally.refused else OK)


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


def _is_dismissed(watch: WatchedJob) -> bool:
    """Return whether a removed job was none, as far as Zuora knows: a text that holds its id does not bring it back."""
    return watch.verdict.kind is Kind.UNKNOWN


def _resolve_each(
    watches: Iterable[WatchedJob], texts: Sequence[str], absent: str = NOT_WATCHED
) -> tuple[list[WatchedJob], bool]:
    """Return the jobs that the texts name, and whether a text named none or several; print an error for each such."""
    known, resolved, is_refused = list(watches), {}, False
    for text in chain.from_iterable(names_in(known, text) for text in texts):
        try:
            watch = resolve_one(known, text, absent)
        except ValueError as error:
            print_error(str(error))
            is_refused = True
        else:
            resolved[watch.job] = watch
    return list(resolved.values()), is_refused
