"""`add`, `rm`, `archive` and `restore`."""

import sys
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error
from zjobtui.cli.common import (
    ABSENT,
    complete_gone_jobs,
    complete_jobs,
    filter_jobs,
    open_store_and_watchlist,
    read_stdin,
    removed_jobs,
    resolve_one,
    sound_configuration,
    tenant_for_new_jobs,
)
from zjobtui.cli.errors import report_errors
from zjobtui.cli.options import FILTER, TENANT, tenant_option
from zjobtui.clock import SystemClock
from zjobtui.formatting.found_ids import sentences
from zjobtui.formatting.symbols import plural
from zjobtui.models.history import EventKind
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.job import FoundIds, InvalidJobIdError, JobId, JobRef
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten
from zjobtui.models.watched_job import WatchedJob, due_for_archive
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.storage.store import Store

NO_ID = "No job id was found."

LIMIT = 200
"""Characters that a label, a tag or a note may have."""


@dataclass(frozen=True, slots=True)
class ParsedIds:
    """The ids that were found, each with where it stood, a sentence for each text that is none, and what was left out.

    What was left out is not a fault: it does not change the exit status.
    """

    ids: dict[JobId, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Annotations:
    """What a person writes of jobs as they add them."""

    label: str = ""
    tags: Sequence[str] = ()
    note: str = ""


def collect_ids(arguments: Sequence[str], texts: Iterable[tuple[str, str]] = ()) -> ParsedIds:
    """The ids among arguments, and those in texts, each named by where it comes from."""
    given = ParsedIds()
    for argument in arguments:
        try:
            given.ids.setdefault(JobId.parse(argument), "command line")
        except InvalidJobIdError as fault:
            given.refused.append(str(fault))
    texts_found = [(shorten(clean(mask_secrets(name)), LIMIT), find_job_ids(text)) for name, text in texts]
    for name, found in texts_found:
        for one in found.ids:
            given.ids.setdefault(one, name)
        given.refused.extend(f"“{word}” looks like a job id, but is none." for word in found.near_misses)
    given.left_out.extend(sentences(_left_out([found for _, found in texts_found], given.ids)))
    return given


def _left_out(found: Sequence[FoundIds], taken: Container[JobId]) -> FoundIds:
    """What all the texts together hold besides the ids that are taken."""
    return FoundIds(
        (),
        (),
        not_added=tuple(dict.fromkeys(one for text in found for one in text.not_added if one not in taken)),
        others=sum(text.others for text in found),
        other_names=tuple(dict.fromkeys(name for text in found for name in text.other_names)),
        secrets=sum(text.secrets for text in found),
        secret_hints=tuple(dict.fromkeys(hint for text in found for hint in text.secret_hints)),
    )


def read_file(path: str) -> str:
    """The text of a file, whatever its bytes are; raises `OSError`."""
    return Path(path).read_bytes().decode("utf-8", errors="replace")


def add_to_store(store: Store, watchlist: Watchlist, watches: Sequence[WatchedJob]) -> Change:
    """Takes watches onto the watchlist, on disk too, each with what is still known of it."""
    change = watchlist.add(watches, store.load_removed(watch.job for watch in watches))
    if change.added:
        store.apply(change)
    return change


def add_ids(store: Store, watchlist: Watchlist, given: ParsedIds, written: Annotations, tenant: str, now: float) -> int:
    """Watches jobs, says how many were new, known and refused, and gives the exit status."""
    label, note = (shorten(clean(mask_secrets(text).strip()), LIMIT) for text in (written.label, written.note))
    tags = tuple(dict.fromkeys(clean(tag) for text in written.tags for tag in text.replace(",", " ").split()))
    watches = [
        WatchedJob(job=JobRef(tenant, one), added_at=now, added_by=source, label=label, tags=tags, note=note)
        for one, source in given.ids.items()
    ]
    for sentence in given.refused or ([] if watches else [NO_ID]):
        print_error(sentence)
    for sentence in given.left_out:
        print_error(sentence)
    if not watches:
        return USAGE
    added = len(add_to_store(store, watchlist, watches).added)
    print(f"{plural(added, 'job')} added, {len(watches) - added:,} known, {len(given.refused):,} refused.")
    return SOME_REFUSED if given.refused else OK


def remove_jobs(store: Store, watchlist: Watchlist, texts: Sequence[str], tenant: str | None, now: float) -> int:
    """Takes jobs off; what is known of them stays on disk and comes back when they are added again."""
    found, refused = _meant(filter_jobs(watchlist, "", tenant, now), texts)
    if not found:
        return USAGE
    store.apply(watchlist.remove([watch.job for watch in found], now))
    print(f"{plural(len(found), 'job')} removed; `zjobtui add` brings one back with all that was known of it.")
    return SOME_REFUSED if refused else OK


def archive_jobs(
    store: Store, watchlist: Watchlist, texts: Sequence[str], wanted: str, tenant: str | None, now: float
) -> int:
    """Archives what of these jobs has ended; of named ones each that has not is told."""
    mine = filter_jobs(watchlist, wanted, tenant, now)
    found, refused = _meant(mine, texts) if texts else (mine, False)
    for watch in (watch for watch in found if texts and not watch.is_final):
        print_error(f"“{watch.name}” has not ended; `zjobtui rm` takes it off all the same.")
        refused = True
    return max(_archive(store, watchlist, [w.job for w in found if w.is_final], now), SOME_REFUSED if refused else OK)


def archive_due(store: Store, watchlist: Watchlist, after: float, now: float) -> int:
    """Archives what has been finished and seen for longer than `after` seconds."""
    return _archive(store, watchlist, due_for_archive(watchlist, now, after), now)


def restore_jobs(store: Store, watchlist: Watchlist, texts: Sequence[str], tenant: str | None, now: float) -> int:
    """Brings back what was archived or removed."""
    found, refused = _meant(filter_jobs(removed_jobs(store), "", tenant, now), texts, "is neither archived nor removed")
    if not found:
        return USAGE
    store.apply(watchlist.restore(found, now))
    print(f"{plural(len(found), 'job')} back on the watchlist.")
    return SOME_REFUSED if refused else OK


def _archive(store: Store, watchlist: Watchlist, jobs: Sequence[JobRef], now: float) -> int:
    if jobs:
        store.apply(watchlist.remove(jobs, now, EventKind.ARCHIVED))
    print(f"{plural(len(jobs), 'job')} archived." + (" `zjobtui restore` brings one back." if jobs else ""))
    return OK


def _meant(watches: Iterable[WatchedJob], texts: Sequence[str], absent: str = ABSENT) -> tuple[list[WatchedJob], bool]:
    """The watch that each text means, once each, and whether one meant none or several, which is told."""
    known, meant, refused = list(watches), {}, False
    for text in texts:
        try:
            watch = resolve_one(known, text, absent)
        except ValueError as fault:
            print_error(str(fault))
            refused = True
        else:
            meant[watch.job] = watch
    return list(meant.values()), refused


@click.command()
@click.argument("ids", nargs=-1, metavar="ID…|-")
@click.option("--file", "files", multiple=True, metavar="PATH", help="Every id in the text of a file; can be repeated.")
@click.option("--label", default="", help="A name for them.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag for them; can be repeated.")
@click.option("--note", default="", help="A note on them.")
@tenant_option("Their tenant; by default the only one, or env.")
def add(
    ids: tuple[str, ...], files: tuple[str, ...], label: str, tags: tuple[str, ...], note: str, tenant: str
) -> None:
    r"""Watch jobs: ids, or with - or --file every id in a text: a ticket, a log, CSV, the JSON of a posted order.

    Exit status: 0 all ids were taken, 1 some were refused, and are named, 2 nothing was done.

    \b
    Examples:
    zjobtui add 1bc24f315d7b48d3a20245bfe73bdceb --label CS-4390 --tag renewal
    curl … /v1/async/orders | zjobtui add -
    """
    if not ids and not files:
        raise click.UsageError("Name ids, a --file, or - for standard input.")
    with report_errors():
        texts = [(path, read_file(path)) for path in files]  # first: what stands in a file is not lost
        texts += [("standard input", read_stdin())] if ids == ("-",) else []
        given = collect_ids(() if ids == ("-",) else ids, texts)
    with open_store_and_watchlist([one.given for one in given.ids]) as (store, watchlist, _):
        home = tenant_for_new_jobs(sound_configuration().tenants, tenant)
        written = Annotations(label, tags, note)
        sys.exit(add_ids(store, watchlist, given, written, home, SystemClock().now()))


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="ID…", shell_complete=complete_jobs)
@TENANT
def rm(jobs: tuple[str, ...], tenant: str | None) -> None:
    r"""Take jobs off the watchlist: ids, beginnings of ids, or labels.

    \b
    Example:
    zjobtui rm CS-4390
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        sys.exit(remove_jobs(store, watchlist, jobs, tenant, now))


@click.command()
@click.argument("jobs", nargs=-1, metavar="[ID…]", shell_complete=complete_jobs)
@FILTER
@TENANT
def archive(jobs: tuple[str, ...], wanted: str, tenant: str | None) -> None:
    r"""Put finished jobs aside: the named ones, those of a filter, or those whose time has come.

    The monitor does so by itself with jobs that ended, and were looked at, longer ago than `archive_after` in
    config.toml says (30 days). Nothing is deleted: see `zjobtui ls --archived` and `zjobtui restore`.

    \b
    Examples:
    zjobtui archive
    zjobtui archive --filter 'status:done ended>2d'
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        if jobs or wanted or tenant:
            sys.exit(archive_jobs(store, watchlist, jobs, wanted, tenant, now))
        sys.exit(archive_due(store, watchlist, sound_configuration().archive_after, now))


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="ID…", shell_complete=complete_gone_jobs)
@TENANT
def restore(jobs: tuple[str, ...], tenant: str | None) -> None:
    r"""Bring back jobs that were archived or removed: ids, beginnings of ids, or labels.

    \b
    Example:
    zjobtui restore CS-4390
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        sys.exit(restore_jobs(store, watchlist, jobs, tenant, now))
