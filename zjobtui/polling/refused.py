"""Changes that the store can never hold: they are taken apart, so that the rest is saved, and named to the user."""

from collections.abc import Container, Iterable
from math import isfinite

from msgspec.structs import replace

from zjobtui.logs import get_logger
from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import ANNOTATIONS, Change, UnstorableError

log = get_logger(__name__)

PERMANENT = (UnstorableError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, AssertionError)
"""Exceptions of a store that concern the content of a change: trying again cannot help. Disks, locks and files that
were replaced raise others, which pass.
"""

NAMED = 3
"""Jobs that the sentence for the user names."""


def text_of(error: BaseException) -> str:
    """Return the text of an exception, never empty: `MemoryError` and failed assertions often have none."""
    return str(error).strip() or f"Internal error: {type(error).__name__}."


def check_storable(change: Change) -> None:
    """Raise `UnstorableError` if an edit writes text or a number that no store can hold."""
    for watch in change.added:
        _check(watch, ("added_by", *ANNOTATIONS, "added_at", "planned"))
        _check_text(watch, "tenant", watch.job.tenant)
    for watch in change.annotated:
        _check(watch, change.fields)


def _check(watch: WatchedJob, fields: Iterable[str]) -> None:
    for field in fields:
        value = getattr(watch, field)
        if isinstance(value, float) and not isfinite(value):
            raise UnstorableError(f"The field {field} of job {watch.job.id.given} is not a finite number: {value}.")
        for text in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
            _check_text(watch, field, text)


def _check_text(watch: WatchedJob, field: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        character = f"U+{ord(text[error.start]):04X}"
        raise UnstorableError(
            f"The {field} of job {watch.job.id.given} contains {character}, an unpaired surrogate (half of a "
            "character), which cannot be stored. Enter it again."
        ) from None


class RefusedChanges:
    """The parts of changes that the store refused for good, by job, until a later change of the same job is saved."""

    def __init__(self) -> None:
        self._changes: dict[JobRef, tuple[Change, str]] = {}

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is not saved; may be read from any thread."""
        return tuple(change for change, _ in tuple(self._changes.values()))

    @property
    def jobs(self) -> tuple[JobRef, ...]:
        """The jobs of these changes; may be read from any thread."""
        return tuple(self._changes)

    @property
    def new_jobs(self) -> tuple[JobRef, ...]:
        """The jobs of which not even the id could be stored."""
        return tuple(job for job, (change, _) in self._changes.items() if change.added)

    def explain(self, jobs: Iterable[JobRef]) -> str:
        """Return why changes of these jobs are not saved, in a sentence; empty if none of them was refused."""
        refused = [(job, self._changes[job][1]) for job in jobs if job in self._changes]
        if not refused:
            return ""
        named = ", ".join(job.id.given for job, _ in refused[:NAMED])
        more = f" and {len(refused) - NAMED} more" if len(refused) > NAMED else ""
        return f"Changes to {named}{more} cannot be stored and are not retried: {refused[0][1].rstrip('.')}."

    def split(self, change: Change, error: Exception, now: float) -> list[Change]:
        """Return what to try in place of a change that was refused with this error; keep what cannot be saved.

        Of several jobs each half is tried alone; of a new job its id alone.
        """
        jobs = list(jobs_of(change))
        if len(jobs) > 1:
            middle = len(jobs) // 2
            return [_part_of(change, set(jobs[:middle])), _part_of(change, set(jobs[middle:]))]
        for job in jobs:
            log.error("job %s/%s: a change cannot be stored: %s", job.tenant, job.id.given, text_of(error))
            if change.added and change.added[0] != (bare := _bare(change.added[0], now)):
                rest = Change(change.watchlist, annotated=change.added)
                self._changes[job] = rest, text_of(error)
                return [replace(change, added=(bare,), events=(Event(job, now, EventKind.ADDED, ""),))]
            self._changes[job] = change, text_of(error)
        return []

    def forget(self, saved: Change) -> None:
        """Forget what a change that was saved has replaced."""
        removed = {watch.job for watch in saved.removed}
        for job in self._changes.keys() & jobs_of(saved):
            refused, _ = self._changes[job]
            if job in removed or _groups(refused) & _groups(saved):
                del self._changes[job]


def _bare(watch: WatchedJob, now: float) -> WatchedJob:
    """Return a new job with its id alone, and when it was added."""
    return WatchedJob(job=watch.job, added_at=watch.added_at if isfinite(watch.added_at) else now, added_by="")


def _part_of(change: Change, jobs: Container[JobRef]) -> Change:
    """Return what a change says of some of its jobs."""
    return Change(
        change.watchlist,
        added=tuple(watch for watch in change.added if watch.job in jobs),
        removed=tuple(watch for watch in change.removed if watch.job in jobs),
        annotated=tuple(watch for watch in change.annotated if watch.job in jobs),
        fields=change.fields,
        observed=tuple(observed for observed in change.observed if observed.watch.job in jobs),
        events=tuple(event for event in change.events if event.job in jobs),
    )


def jobs_of(change: Change) -> dict[JobRef, None]:
    """Return the jobs of a change, as the keys, each once."""
    watches = (*change.added, *change.removed, *change.annotated, *(observed.watch for observed in change.observed))
    return dict.fromkeys((*(watch.job for watch in watches), *(event.job for event in change.events)))


def _groups(change: Change) -> set[str]:
    """Return what a change writes of jobs that are stored already."""
    return {*(change.fields if change.annotated else ()), *(("observed",) if change.observed else ())}
