"""`label`, `tag`, `note` and `batch`: what the user writes about jobs; `add` writes the same about new ones."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import click
from msgspec import Struct

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE
from zjobtui.cli.common import open_store_and_watchlist
from zjobtui.cli.job_ids import tidy_batch_name
from zjobtui.cli.options import TENANT
from zjobtui.cli.selection import FILTER, complete_batches, complete_jobs, select_jobs
from zjobtui.formatting.symbols import plural
from zjobtui.models.batches import SMALLEST
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, parse_tags, shorten
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.storage.store import Store

ANNOTATION_CHARACTERS = 200
"""Characters that a label or a note may have."""


class Annotations(Struct, frozen=True):
    """What the user wrote about jobs on the command line; what is empty was not given."""

    label: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    batch: str = ""


def tidy_text(text: str) -> str:
    """Return a label or a note in one line, without secrets, cut to `ANNOTATION_CHARACTERS` characters."""
    return shorten(clean(mask_secrets(text).strip()), ANNOTATION_CHARACTERS)


def tidy_tags(*texts: str) -> tuple[str, ...]:
    """Return the tags in texts, each once, without secrets, and cut to `ANNOTATION_CHARACTERS` characters."""
    masked = parse_tags(*map(mask_secrets, texts))
    return tuple(dict.fromkeys(shorten(tag, ANNOTATION_CHARACTERS) for tag in masked))


def only_tenants(watchlist: Watchlist) -> dict[JobId, str]:
    """Return the tenant of each id that is watched in one tenant, and in no other."""
    numbers = Counter(job.id for job in watchlist.watches)
    return {job.id: job.tenant for job in watchlist.watches if numbers[job.id] == 1}


def new_jobs(
    tenant_of: Callable[[JobId], str],
    ids: dict[JobId, str],
    now: float,
    watchlist: Watchlist,
    given: Annotations,
    batch: str,
) -> list[WatchedJob]:
    """Return jobs with these ids and the source and tenant of each; `batch` is that of those not on the list.

    A single new job is in a batch only if the user named one.
    """
    is_new = {job_id: watchlist.get(JobRef(tenant_of(job_id), job_id)) is None for job_id in ids}
    name = batch if given.batch or sum(is_new.values()) >= SMALLEST else ""
    return [
        WatchedJob(
            job=JobRef(tenant_of(job_id), job_id),
            added_at=now,
            added_by=source,
            label=given.label,
            tags=given.tags,
            note=given.note,
            batch=name,
        )
        for job_id, source in ids.items()
    ]


def annotate(
    store: Store, watchlist: Watchlist, jobs: Sequence[JobRef], given: Annotations, now: float
) -> tuple[str, ...]:
    """Write what was given about watched jobs, and return what was done, such as `labelled`."""
    edits: list[tuple[str, object, Callable[[Watchlist], Change]]] = [
        ("labelled", given.label, lambda listed: listed.label(jobs, given.label, now)),
        ("tagged", given.tags, lambda listed: listed.edit_tags(jobs, given.tags)),
        ("annotated", given.note, lambda listed: listed.note(jobs, given.note)),
        (f"in batch “{given.batch}”", given.batch, lambda listed: listed.set_batch(jobs, given.batch)),
    ]
    for _, value, edit in edits:
        if value:
            watchlist = _apply(store, edit(watchlist))
    return tuple(done for done, value, _ in edits if value)


def _apply(store: Store, change: Change) -> Watchlist:
    if change.annotated:
        store.apply(change)
    return change.watchlist


def _edit(
    jobs: tuple[str, ...],
    wanted: str,
    tenant: str | None,
    edit: Callable[[Watchlist, list[JobRef], float], Change],
    done: str,
) -> None:
    """Apply an edit to the jobs that are named or match the filter; print how many, and exit."""
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        watches, is_refused = select_jobs(watchlist, jobs, wanted, tenant, now)
        if not watches:
            sys.exit(USAGE)
        _apply(store, edit(watchlist, _refs(watches), now))
        print(f"{plural(len(watches), 'job')} {done}.")
        sys.exit(SOME_REFUSED if is_refused else OK)


def _refs(watches: Iterable[WatchedJob]) -> list[JobRef]:
    return [watch.job for watch in watches]


JOBS = click.argument("jobs", nargs=-1, metavar="[ID…]", shell_complete=complete_jobs)


@click.command()
@click.argument("text")
@JOBS
@FILTER
@TENANT
def label(text: str, jobs: tuple[str, ...], wanted: str, tenant: str | None) -> None:
    r"""Set the label of jobs; an empty text removes it.

    Name the jobs by id, beginning of an id, or label, or select them with --filter.

    \b
    Examples:
    zjobtui label 'CS-4390 renewal' 1bc24f31
    zjobtui label '' --filter 'label:test'
    """
    tidied = tidy_text(text)
    done = f"labelled “{tidied}”" if tidied else "no longer labelled"
    _edit(jobs, wanted, tenant, lambda listed, refs, now: listed.label(refs, tidied, now), done)


@click.command()
@click.argument("tags", metavar="TAGS")
@JOBS
@click.option("--remove", "is_removed", is_flag=True, help="Remove these tags instead.")
@FILTER
@TENANT
def tag(tags: str, jobs: tuple[str, ...], is_removed: bool, wanted: str, tenant: str | None) -> None:
    r"""Add tags, separated by commas, to jobs.

    Their other tags are kept.

    Name the jobs by id, beginning of an id, or label, or select them with --filter.

    \b
    Examples:
    zjobtui tag renewal,q4 1bc24f31
    zjobtui tag renewal --remove --filter 'tag:renewal is:final'
    """
    tidied = tidy_tags(tags)
    if not tidied:
        raise click.UsageError("Give at least one tag.")

    def edit(listed: Watchlist, refs: list[JobRef], _now: float) -> Change:
        # A tag that was not tidied when it was stored is removed by what was given.
        removed = (*tidied, *parse_tags(tags))
        return listed.edit_tags(refs, removed=removed) if is_removed else listed.edit_tags(refs, tidied)

    _edit(
        jobs,
        wanted,
        tenant,
        edit,
        f"no longer tagged {', '.join(tidied)}" if is_removed else f"tagged {', '.join(tidied)}",
    )


@click.command()
@click.argument("text")
@JOBS
@FILTER
@TENANT
def note(text: str, jobs: tuple[str, ...], wanted: str, tenant: str | None) -> None:
    r"""Set the note of jobs; an empty text removes it.

    Name the jobs by id, beginning of an id, or label, or select them with --filter.

    \b
    Example:
    zjobtui note 'waits for finance' 1bc24f31
    """
    tidied = tidy_text(text)
    done = "annotated" if tidied else "without a note"
    _edit(jobs, wanted, tenant, lambda listed, refs, _now: listed.note(refs, tidied), done)


@click.command()
@click.argument("name", shell_complete=complete_batches)
@JOBS
@FILTER
@TENANT
def batch(name: str, jobs: tuple[str, ...], wanted: str, tenant: str | None) -> None:
    r"""Put jobs into a batch; an empty name takes them out of it.

    Name the jobs by id, beginning of an id, or label, or select them with --filter.

    \b
    Examples:
    zjobtui batch 'renewals Q4' --filter tag:renewal
    zjobtui batch '' 1bc24f31
    """
    tidied = tidy_batch_name(name)
    done = f"in batch “{tidied}”" if tidied else "no longer in a batch"
    _edit(jobs, wanted, tenant, lambda listed, refs, _now: listed.set_batch(refs, tidied), done)
