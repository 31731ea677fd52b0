"""The watchlist as a value: every edit returns a new one and what changed, also in other windows."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.models.digest import ExpectedStatuses
from zjobtui.models.history import REMOVALS, Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, observation_order

if TYPE_CHECKING:
    from zjobtui.models.assessment import Planned
    from zjobtui.models.observation import Observation, Success


ANNOTATIONS = ("label", "tags", "note", "batch", "read_at")
"""Fields that the user writes, or implies by looking at a job: the list that merging and storing follow."""

READ_FIELDS = ("read_at",)
"""The fields of an edit that only marks jobs as read or unread."""

WRITTEN_FIELDS = tuple(field for field in ANNOTATIONS if field not in READ_FIELDS)
"""What the user has written."""

_DEFAULTS = dict(zip(reversed(WatchedJob.__struct_fields__), reversed(WatchedJob.__struct_defaults__), strict=False))


def with_annotations(watch: WatchedJob, source: WatchedJob) -> WatchedJob:
    """Return the job with the annotations of another state of it."""
    return replace(watch, **{field: getattr(source, field) for field in ANNOTATIONS})


def fill_annotations(watch: WatchedJob, source: WatchedJob) -> WatchedJob:
    """Return the job with the annotations of another state of it where its own are empty."""
    empty = [field for field in ANNOTATIONS if getattr(watch, field) == _DEFAULTS[field]]
    return replace(watch, **{field: getattr(source, field) for field in empty})


def mask_annotations(watch: WatchedJob, mask: Callable[[str], str]) -> WatchedJob:
    """Return the job with secrets masked in what the user wrote, before formatting cuts or escapes it."""
    written = {field: getattr(watch, field) for field in WRITTEN_FIELDS}
    texts = {field: mask(value) for field, value in written.items() if isinstance(value, str)}
    lists = {field: tuple(map(mask, value)) for field, value in written.items() if isinstance(value, tuple)}
    return replace(watch, **texts, **lists)


class Watchlist(Struct, frozen=True):
    """All watched jobs, in the order of adding. Edits return a `Change`; nothing is modified."""

    watches: Mapping[JobRef, WatchedJob]

    def __len__(self) -> int:
        return len(self.watches)

    def __iter__(self) -> Iterator[WatchedJob]:
        return iter(self.watches.values())

    def get(self, job: JobRef) -> WatchedJob | None:
        """Return the watched job, or None if it is not on the list."""
        return self.watches.get(job)

    def of(self, tenants: Container[str]) -> "Watchlist":
        """Return the jobs of these tenants alone."""
        return Watchlist({job: watch for job, watch in self.watches.items() if job.tenant in tenants})

    def add(
        self, watches: Iterable[WatchedJob], recalled: Iterable[WatchedJob] = (), found: Container[JobRef] = ()
    ) -> "Change":
        """Add jobs; those that are on the list already stay as they are and are not in the change.

        A job of `recalled` is restored with its stored data; annotations of `watches` replace the stored ones unless
        they are empty. Not restored, but listed in `dismissed` of the change, is a job that Zuora did not know and that
        was only `found` in a text.
        """
        known = {watch.job: watch for watch in recalled}
        unknown = {job for job, watch in known.items() if watch.verdict.kind is VerdictKind.UNKNOWN and job in found}
        wanted = [watch for watch in watches if watch.job not in self.watches]
        added = {watch.job: watch for watch in wanted if watch.job not in unknown}
        dismissed = tuple(dict.fromkeys(watch.job for watch in wanted if watch.job in unknown))
        new = {job: _restored(known[job], watch) if job in known else watch for job, watch in added.items()}
        events = tuple(
            Event(job, watch.added_at, EventKind.RESTORED, "")
            if job in known
            else Event(job, watch.added_at, EventKind.ADDED, watch.added_by)
            for job, watch in added.items()
        )
        watchlist = Watchlist({**self.watches, **new})
        return Change(watchlist, added=tuple(new.values()), events=events, dismissed=dismissed)

    def restore(self, watches: Iterable[WatchedJob], at: float) -> "Change":
        """Restore jobs that were removed or archived, with everything that was known of them.

        The user has written nothing: texts that another window has stored meanwhile stay.
        """
        change = self.add(_touch_read(watch, at) for watch in watches)
        events = tuple(Event(watch.job, at, EventKind.RESTORED, "") for watch in change.added)
        return replace(change, events=events, fields=READ_FIELDS)

    def remove(self, jobs: Iterable[JobRef], at: float, why: EventKind = EventKind.REMOVED) -> "Change":
        """Remove or archive jobs; those that are not on the list are ignored."""
        removed = {job: self.watches[job] for job in jobs if job in self.watches}
        left = {job: watch for job, watch in self.watches.items() if job not in removed}
        events = tuple(Event(job, at, why, "") for job in removed)
        return Change(Watchlist(left), removed=tuple(removed.values()), events=events)

    def label(self, jobs: Iterable[JobRef], label: str, at: float) -> "Change":
        """Set the label of jobs; an empty label removes it."""
        change = self._annotate(jobs, "label", lambda watch: replace(watch, label=label))
        return replace(change, events=tuple(Event(w.job, at, EventKind.LABELLED, label) for w in change.annotated))

    def mark_read(self, jobs: Iterable[JobRef], at: float) -> "Change":
        """Mark jobs as read; those that are read already stay as they are."""
        return self._annotate(jobs, "read_at", lambda watch: _mark_read(watch, at))

    def set_read_at(self, times: Mapping[JobRef, float | None]) -> "Change":
        """Set when jobs were read; None for never."""
        return self._annotate(times, "read_at", lambda watch: replace(watch, read_at=times[watch.job]))

    def tag(self, jobs: Iterable[JobRef], tags: tuple[str, ...]) -> "Change":
        """Replace the tags of jobs."""
        return self._annotate(jobs, "tags", lambda watch: replace(watch, tags=tags))

    def edit_tags(self, jobs: Iterable[JobRef], added: Iterable[str] = (), removed: Container[str] = ()) -> "Change":
        """Add tags to jobs and remove tags from them; their other tags stay."""

        def edit(watch: WatchedJob) -> WatchedJob:
            kept = (tag for tag in (*watch.tags, *new) if tag not in removed)
            return replace(watch, tags=tuple(dict.fromkeys(kept)))

        new = tuple(added)
        return self._annotate(jobs, "tags", edit)

    def note(self, jobs: Iterable[JobRef], note: str) -> "Change":
        """Replace the note of jobs."""
        return self._annotate(jobs, "note", lambda watch: replace(watch, note=note))

    def set_batch(self, jobs: Iterable[JobRef], name: str) -> "Change":
        """Put jobs into the batch of this name; an empty name takes them out of any."""
        return self._annotate(jobs, "batch", lambda watch: replace(watch, batch=name))

    def apply_observation(
        self, job: JobRef, observation: "Observation", planned: "Planned", expected: ExpectedStatuses | None = None
    ) -> "Change":
        """Apply the result of a call about a job on the list, as `apply_observation` of `models/assessment.py` does."""
        from zjobtui.models.assessment import apply_observation  # noqa: PLC0415 - 30 ms (models.report), after the first screen

        statuses = expected.get(job.tenant, ()) if expected else ()
        update = apply_observation(self.watches[job], observation, planned, statuses)
        watchlist = Watchlist({**self.watches, job: update.watch})
        return Change(watchlist, observed=(ObservedJob(update.watch, update.response),), events=update.events)

    def merged(self, watches: Iterable[WatchedJob], removed: Iterable[JobRef], now: float) -> "Watchlist":
        """Return this watchlist with what another window committed: jobs as they are on disk, and removed jobs.

        The annotations of the other window replace those of this one. A final observation wins over one that is not
        final, otherwise the later one wins; one that is later than `now` does not count as later.
        """
        merged = dict(self.watches)
        for theirs in watches:
            ours = merged.get(theirs.job)
            merged[theirs.job] = theirs if ours is None else merge_job(ours, theirs, now)
        for job in removed:
            merged.pop(job, None)
        return Watchlist(merged)

    def with_digests_of(self, judged: Iterable[WatchedJob]) -> "Watchlist":
        """Return this watchlist with the digests of jobs that were judged again, except if a response came since."""
        renewed = {
            watch.job: replace(self.watches[watch.job], digest=watch.digest)
            for watch in judged
            if watch.job in self.watches and watch.last_answer_at == self.watches[watch.job].last_answer_at
        }
        return Watchlist({**self.watches, **renewed}) if renewed else self

    def _annotate(self, jobs: Iterable[JobRef], field: str, edit: Callable[[WatchedJob], WatchedJob]) -> "Change":
        edited = {job: edit(self.watches[job]) for job in jobs if job in self.watches}
        changed = {job: watch for job, watch in edited.items() if watch != self.watches[job]}
        return Change(Watchlist({**self.watches, **changed}), annotated=tuple(changed.values()), fields=(field,))


def _restored(known: WatchedJob, watch: WatchedJob) -> WatchedJob:
    known = _touch_read(known, watch.added_at)
    return with_annotations(known, fill_annotations(watch, known))


def _touch_read(watch: WatchedJob, at: float) -> WatchedJob:
    """Return a restored job as read again, if it was, so that it is not archived at once."""
    if watch.read_at is None or watch.is_unread:
        return watch
    return replace(watch, read_at=max(watch.read_at, at))


def _mark_read(watch: WatchedJob, at: float) -> WatchedJob:
    # A clock that was set back must not keep a read job unread.
    return replace(watch, read_at=max(at, watch.changed_at or at)) if watch.is_unread else watch


def merge_job(ours: WatchedJob, theirs: WatchedJob, now: float) -> WatchedJob:
    """Return a job with the last observation of two states of it, as in `merged`, and the annotations of `theirs`."""
    if observation_order(theirs, now) >= observation_order(ours, now):
        return theirs
    return with_annotations(ours, theirs)


class ObservedJob(Struct, frozen=True):
    """A job as an observation left it; `response` is set only if it must be stored in place of the one before."""

    watch: WatchedJob
    response: "Success | None" = None


class Change(Struct, frozen=True):
    """An edit: the new watchlist, and what is new in it, in the groups in which it is stored."""

    watchlist: Watchlist
    added: tuple[WatchedJob, ...] = ()
    removed: tuple[WatchedJob, ...] = ()
    """Jobs that left the watchlist; `events` says of each how and when."""
    annotated: tuple[WatchedJob, ...] = ()
    fields: tuple[str, ...] = ANNOTATIONS
    """What is new in the annotated jobs, and in added ones that are stored already.

    Another window may have written the other fields meanwhile.
    """
    observed: tuple[ObservedJob, ...] = ()
    events: tuple[Event, ...] = ()
    dismissed: tuple[JobRef, ...] = ()
    """Jobs that are not added since they were removed and Zuora did not know them."""

    @property
    def removals(self) -> dict[JobRef, Event]:
        """The events of removals, by job; the last one of a job with several."""
        return {event.job: event for event in self.events if event.event in REMOVALS}

    @property
    def must_commit_now(self) -> bool:
        """Whether it is committed without delay; observations that only confirm are committed later, many at once."""
        has_response = any(observed.response is not None for observed in self.observed)
        return bool(self.added or self.removed or self.annotated or self.events or has_response)


class ExternalChanges(Struct, frozen=True):
    """Changes that other windows committed: jobs as they are now, and jobs that were removed."""

    watches: tuple[WatchedJob, ...] = ()
    removed: tuple[JobRef, ...] = ()
    since: int = -1
    """The revision of the store after which they were committed."""


class UnstorableError(Exception):
    """A change contains what no store can hold; the message says what. Trying again cannot help."""
