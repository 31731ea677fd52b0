"""`export` and `import`: the watchlist as a file."""

import os
import sys
from functools import partial
from pathlib import Path

import click

from zjobtui.bootstrap.configuration import expected_order_statuses
from zjobtui.bootstrap.output import write_json
from zjobtui.bootstrap.report_parser import read_stored_report
from zjobtui.cli.common import open_store_and_watchlist, read_stored_details
from zjobtui.cli.options import TENANT
from zjobtui.cli.selection import FILTER, filter_jobs, removed_jobs
from zjobtui.config.paths import config_path
from zjobtui.formatting.symbols import plural
from zjobtui.formatting.times import stamp
from zjobtui.models.history import Event, EventKind
from zjobtui.models.merge import ImportedJob, merge
from zjobtui.models.text import clean
from zjobtui.models.watched_job import WatchedJob
from zjobtui.storage.export_import import ImportFileError, from_json, to_json
from zjobtui.storage.store import Store


@click.command()
@click.option("--results", "with_results", is_flag=True, help="Include the last responses and the timelines.")
@click.option("--ids", "only_ids", is_flag=True, help="Print ids only, one per line.")
@FILTER
@TENANT
@click.option("--archived", is_flag=True, help="Export archived jobs instead of the watchlist.")
def export(with_results: bool, only_ids: bool, wanted: str, tenant: str | None, archived: bool) -> None:
    r"""Print the watchlist as JSON, for `zjobtui import`.

    Times are seconds since the epoch, UTC.

    \b
    Examples:
    zjobtui export --results > watchlist.json
    zjobtui export --ids --filter is:final
    """
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        listed = removed_jobs(store, [EventKind.ARCHIVED]) if archived else watchlist
        watches = filter_jobs(listed, wanted, tenant, now)
        if only_ids:
            sys.stdout.writelines(f"{watch.job.id.given}\n" for watch in watches)
            return
        removals = store.removals(watch.job for watch in watches) if archived else {}
        exported = (_as_exported(store, watch, removals.get(watch.job), with_results) for watch in watches)
        write_json(to_json(exported, stamp(now)))


def _as_exported(store: Store, watch: WatchedJob, removal: Event | None, with_results: bool) -> ImportedJob:
    response, timeline = read_stored_details(store, watch.job) if with_results else (None, ())
    return ImportedJob(watch, response, timeline, removal)


@click.command("import")
@click.argument("source", metavar="FILE|-")
def import_(source: str) -> None:
    r"""Merge a file of `zjobtui export` into the watchlist.

    Labels, tags and notes of this watchlist are kept, and so is the newer of two responses. Jobs that were removed here
    stay removed, and archived jobs are imported as archived. If the file cannot be read, nothing is changed.

    \b
    Examples:
    zjobtui import watchlist.json
    ssh elsewhere zjobtui export | zjobtui import -
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        try:
            imported = from_json(
                content, read_stored_report, expected_order_statuses(os.environ, config_path()), now=now
            )
        except ImportFileError as error:
            name = "Standard input" if source == "-" else clean(source)
            raise ValueError(f"{name} was not imported; nothing was changed. {str(error).rstrip('.')}.") from None
        removed = {watch.job for watch in removed_jobs(store)}
        merged = merge(watchlist, imported, removed, partial(read_stored_details, store), now)
        if merged.change.must_commit_now or merged.change.observed:
            store.apply(merged.change)
        summary = f"{plural(merged.new, 'job')} new, {merged.merged:,} merged, {merged.known:,} known."
        print(
            f"{summary} {merged.skipped:,} not imported because they were removed here." if merged.skipped else summary
        )
