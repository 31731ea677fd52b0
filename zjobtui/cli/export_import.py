"""`export` and `import`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from zjobtui.bootstrap.engine import read_report
from zjobtui.bootstrap.output import OK
from zjobtui.cli import common
from zjobtui.cli.common import open_store_and_watchlist, removed_jobs
from zjobtui.cli.options import FILTER, TENANT
from zjobtui.formatting.symbols import plural
from zjobtui.formatting.times import stamp
from zjobtui.models.merge import ImportedJob, merge
from zjobtui.models.text import clean
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.storage.export_import import ImportFileError, from_json, to_json
from zjobtui.storage.rows import ReadReport
from zjobtui.storage.store import Store


def print_export(store: Store, watches: Sequence[WatchedJob], now: float, *, with_results: bool, only_ids: bool) -> int:
    """Prints watches so that `take_in` can read them, or their ids alone."""
    if only_ids:
        sys.stdout.writelines(f"{watch.job.id.given}\n" for watch in watches)
        return OK
    carried = (
        ImportedJob(w, store.last_response(w.job), store.history(w.job)) if with_results else ImportedJob(w)
        for w in watches
    )
    sys.stdout.write(to_json(carried, stamp(now)))
    return OK


def import_jobs(store: Store, watchlist: Watchlist, text: bytes, name: str, read_report: ReadReport) -> int:
    """Merges an export; raises `ValueError`, and has changed nothing, where it cannot be read."""
    try:
        carried = from_json(text, read_report)
    except ImportFileError as fault:
        raise ValueError(f"{name} was not imported, nothing is changed. {fault}.") from None
    off = {watch.job for watch in removed_jobs(store)}
    merged = merge(watchlist, carried, off, lambda job: (store.last_response(job), store.history(job)))
    if merged.change.must_commit_now or merged.change.observed:
        store.apply(merged.change)
    told = f"{plural(merged.new, 'job')} new, {merged.merged:,} merged, {merged.known:,} known."
    print(f"{told} {merged.skipped:,} were taken off the list here and stay off it." if merged.skipped else told)
    return OK


@click.command()
@click.option("--results", "with_results", is_flag=True, help="With the last answers and the timelines.")
@click.option("--ids", "only_ids", is_flag=True, help="The ids alone, one a line.")
@FILTER
@TENANT
@click.option("--archived", is_flag=True, help="What was archived, in place of the watchlist.")
def export(with_results: bool, only_ids: bool, wanted: str, tenant: str | None, archived: bool) -> None:
    r"""Write the watchlist to standard output, for `zjobtui import`; times are seconds since the epoch, UTC.

    \b
    Examples:
    zjobtui export --results > watchlist.json
    zjobtui export --ids --filter is:final
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        among = common.removed_jobs(store, removed=False) if archived else watchlist
        watches = common.filter_jobs(among, wanted, tenant, now)
        sys.exit(print_export(store, watches, now, with_results=with_results, only_ids=only_ids))


@click.command("import")
@click.argument("source", metavar="FILE|-")
def import_(source: str) -> None:
    r"""Merge what `zjobtui export` wrote into the watchlist.

    What a person wrote here stands, and so does the later answer; what was taken off the list here stays off it. Of a
    file that cannot be read nothing is taken.

    \b
    Examples:
    zjobtui import watchlist.json
    ssh elsewhere zjobtui export | zjobtui import -
    """
    with open_store_and_watchlist() as (store, watchlist, _):
        text = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        name = "Standard input" if source == "-" else clean(source)
        sys.exit(import_jobs(store, watchlist, text, name, read_report))
