"""`ls`: the watchlist as a table, JSON or CSV, and its batches."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

import click
from msgspec.structs import replace

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error, print_json
from zjobtui.cli.common import load_configuration, open_store_and_watchlist
from zjobtui.cli.options import AS_JSON, TENANT
from zjobtui.cli.selection import FILTER, complete_jobs, filter_jobs, removed_jobs, resolve_each
from zjobtui.formatting import export
from zjobtui.formatting.batches import batch_line, batch_record
from zjobtui.formatting.failure_groups import group_lines, group_record, heading
from zjobtui.formatting.records import RECORD_SCHEMA, record
from zjobtui.formatting.symbols import plural
from zjobtui.formatting.table import job_table
from zjobtui.models.batches import batches, time_until_95_percent
from zjobtui.models.duration_stats import typical_times
from zjobtui.models.failure_groups import failure_groups
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.problem import Problem
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.text import clean, shorten, suggest
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.models.watchlist import Watchlist

REASON_LIMIT = 200
"""Characters of a reason in a row."""

WIDTH = 120
"""Cells of a line if standard output is not a terminal."""

SORT_ORDERS = {order.name.lower(): order for order in SortOrder}
"""What `--sort` sorts by; jobs without a value come last in both directions."""


def _read_sort(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Sorting | None:
    if text is None:
        return None
    name = text.removeprefix("-")
    if name not in SORT_ORDERS:
        raise click.BadParameter(f"“{clean(name)}” is not a column; {suggest(name, tuple(SORT_ORDERS))}")
    return Sorting(SORT_ORDERS[name], is_reversed=text.startswith("-"))


@click.command()
@click.argument("jobs", nargs=-1, metavar="[ID…]", shell_complete=complete_jobs)
@AS_JSON
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header, for spreadsheets.")
@FILTER
@TENANT
@click.option(
    "--sort",
    metavar="COLUMN",
    callback=_read_sort,
    help=f"Sort by a column, or by -COLUMN in reverse: {', '.join(SORT_ORDERS)}.",
)
@click.option(
    "--by", type=click.Choice(["batch", "reason"]), help="Print batches, or failures by reason, instead of jobs."
)
@click.option("--archived", is_flag=True, help="List archived jobs instead, newest first.")
@click.option("--removed", is_flag=True, help="List removed jobs instead, newest first.")
def ls(
    jobs: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
    wanted: str,
    tenant: str | None,
    sort: Sorting | None,
    by: str | None,
    archived: bool,
    removed: bool,
) -> None:
    r"""Print the stored watchlist, without polling.

    Prints all jobs, or the named ones. The table is as wide as the terminal, or 120 characters wide if
    the output is not a terminal.

    \b
    Examples:
    zjobtui ls --filter 'status:failed,attention age<1d' --sort urgency
    zjobtui ls --by reason --filter 'age<1d'
    zjobtui ls --csv --tenant eu > jobs.csv
    zjobtui ls --by batch
    """
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        _check_options(as_json=as_json, as_csv=as_csv, by=by, archived=archived, removed=removed)
        options = ((EventKind.ARCHIVED, archived), (EventKind.REMOVED, removed))
        left = [kind for kind, is_given in options if is_given]
        listed = removed_jobs(store, left) if left else watchlist
        watches, is_refused = filter_jobs(listed, wanted, tenant, now), False
        if jobs:
            watches, is_refused = resolve_each(watches, jobs)
            if not watches:
                sys.exit(USAGE)
        if sort:
            watches = replace(sort, typical=typical_times(watchlist)).sort(watches)
        if by == "reason" and (watches or as_json):
            _print_by_reason(watches, now, as_json=as_json)
        elif by == "batch":
            _print_batches(watches, tuple(watchlist), now, as_json=as_json)
        elif as_csv:
            sys.stdout.write(export.as_csv(watches, now))
        elif as_json:
            print_json({"schema": RECORD_SCHEMA, "jobs": [record(watch, now) for watch in watches]})
        elif watches:
            _print_table(watches, watchlist, now)
        else:
            is_empty = not (len(watchlist) or archived or removed)
            print_error("The watchlist is empty. Add jobs with: zjobtui add ID…" if is_empty else "No jobs match.")
        sys.exit(SOME_REFUSED if is_refused else OK)


def _print_table(watches: Sequence[WatchedJob], watchlist: Watchlist, now: float) -> None:
    """Print jobs as wide as the terminal."""
    table = job_table(
        watches,
        now,
        terminal_width(),
        _failure_texts(watches, tenant_failures(watchlist), now),
        is_why_whole=not is_terminal(),
        typical=typical_times(watchlist),
        known_tenants=[configured.tenant.name for configured in load_configuration().tenants],
    )
    print("\n".join(table))


def _check_options(*, as_json: bool, as_csv: bool, by: str | None, archived: bool, removed: bool) -> None:
    """Raise `ValueError` if options are given together that exclude each other."""
    if as_json and as_csv:
        raise ValueError("--json and --csv are mutually exclusive.")
    if by and as_csv:
        raise ValueError("--by and --csv are mutually exclusive.")
    if archived and removed:
        raise ValueError("--archived and --removed are mutually exclusive.")


def tenant_failures(watches: Iterable[WatchedJob]) -> dict[str, Problem]:
    """Return the problem of the last call of each tenant that has failed since Zuora last answered."""
    by_tenant = dict[str, list[WatchedJob]]()
    for watch in watches:
        by_tenant.setdefault(watch.job.tenant, []).append(watch)
    failures = dict[str, Problem]()
    for tenant, of_tenant in by_tenant.items():
        last = max(of_tenant, key=lambda watch: watch.problem_at or 0.0)
        answered_at = max(watch.answered_at or 0.0 for watch in of_tenant)
        if last.problem is not None and (last.problem_at or 0.0) > answered_at:
            failures[tenant] = last.problem
    return failures


def _failure_texts(watches: Iterable[WatchedJob], failures: Mapping[str, Problem], now: float) -> dict[JobRef, str]:
    """Return why running jobs have no current response: their own last call failed, or those of their tenant do."""
    running = (watch for watch in watches if not watch.is_final and watch.verdict.kind is not VerdictKind.UNKNOWN)
    texts = ((w.job, w.problem or (is_stale(w, now) and failures.get(w.job.tenant)) or "") for w in running)
    return {job: shorten(str(text), REASON_LIMIT) for job, text in texts if text}


def _print_by_reason(watches: Sequence[WatchedJob], now: float, *, as_json: bool) -> None:
    groups = failure_groups(watches)
    if as_json:
        records = [group_record(group) for group in groups]
        print_json({"schema": RECORD_SCHEMA, "shown": len(watches), "groups": records})
        return
    if not groups:
        print_error(f"None of {plural(len(watches), 'job')} failed or needs attention.")
        return
    print(heading(groups, len(watches)))
    for group in groups:
        for line in group_lines(group, now, width=terminal_width() if is_terminal() else None):
            print(line)


def _print_batches(watches: Sequence[WatchedJob], known: Sequence[WatchedJob], now: float, *, as_json: bool) -> None:
    """Print the batches of these jobs; `known` are the jobs from which is learned how long jobs run."""
    progresses = batches(Watchlist({watch.job: watch for watch in watches}))
    timed = [(each, time_until_95_percent(each.jobs, known, now)) for each in progresses]
    if as_json:
        records = [batch_record(each, time_left, now) for each, time_left in timed]
        print_json({"schema": RECORD_SCHEMA, "batches": records})
        return
    for each, time_left in timed:
        print(batch_line(each, time_left, now, terminal_width() if is_terminal() else None))
    if not timed:
        print_error("No batches. Jobs that are added together form a batch; see also `zjobtui batch --help`.")


def is_terminal() -> bool:
    """Return whether standard output is a terminal: for a reader, not for a program."""
    return sys.stdout.isatty()


def terminal_width() -> int:
    """Return the columns of the terminal on standard output, or `WIDTH` if it is not one."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH
