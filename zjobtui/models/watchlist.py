"""The watchlist as a value: every change makes a new one and says what changed."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob

if TYPE_CHECKING:
    from zjobtui.models.observation import Observation, Success


ANNOTATIONS = ("label", "tags", "note", "read_at")
"""What the user writes about a job, or shows by looking at it."""

READ_FIELDS = ("read_at",)
"""The fields of an edit that only notes whether the user has looked at a job."""


@dataclass(frozen=True, slots=True)
class Watchlist:
    """All watches by job, in the order of adding. Every method returns a `Change`; nothing is altered."""

    watches: Mapping[JobRef, WatchedJob]

    def __len__(self) -> int:
        return len(self.watches)

    def __iter__(self) -> Iterator[WatchedJob]:
        return iter(self.watches.values())

    def get(self, job: JobRef) -> WatchedJob | None:
        """The watch of `job`, or None where it is not watched."""
        return self.watches.get(job)

    def of(self, tenants: Container[str]) -> "Watchlist":
        """The watches of these tenants alone."""
        return Watchlist({job: watch for job, watch in self.watches.items() if job.tenant in tenants})

    def add(self, watches: Iterable[WatchedJob], recalled: Iterable[WatchedJob] = ()) -> "Change":
        """Watches more jobs; those that are watched already stay as they are and are not in the change.

        A job of `recalled` comes back with all that was known of it, and with what is newly written of it.
        """
        known = {watch.job: watch for watch in recalled}
        wanted = {watch.job: watch for watch in watches if watch.job not in self.watches}
        new = {job: _again(known[job], watch) if job in known else watch for job, watch in wanted.items()}
        entries = tuple(
            Event(job, watch.added_at, EventKind.RESTORED, "")
            if job in known
            else Event(job, watch.added_at, EventKind.ADDED, watch.added_by)
            for job, watch in wanted.items()
        )
        return Change(Watchlist({**self.watches, **new}), added=tuple(new.values()), entries=entries)

    def restore(self, watches: Iterable[WatchedJob], at: float) -> "Change":
        """Takes watches back that were removed or archived, with all that was known of them."""
        change = self.add(_looked_at(watch, at) for watch in watches)
        entries = tuple(Event(watch.job, at, EventKind.RESTORED, "") for watch in change.added)
        return replace(change, entries=entries)

    def remove(self, jobs: Iterable[JobRef], at: float, why: EventKind = EventKind.REMOVED) -> "Change":
        """Takes jobs off, as removed or as archived; those that are not watched are passed over."""
        gone = {job: self.watches[job] for job in jobs if job in self.watches}
        left = {job: watch for job, watch in self.watches.items() if job not in gone}
        entries = tuple(Event(job, at, why, "") for job in gone)
        return Change(Watchlist(left), removed=tuple(gone.values()), entries=entries)

    def label(self, jobs: Iterable[JobRef], label: str, at: float) -> "Change":
        """Names jobs; an empty label takes the name away."""
        change = self._annotate(jobs, "label", lambda watch: replace(watch, label=label))
        return replace(change, entries=tuple(Event(w.job, at, EventKind.LABELLED, label) for w in change.annotated))

    def mark_read(self, jobs: Iterable[JobRef], at: float) -> "Change":
        """Notes that a person has looked at jobs; those that had nothing new stay as they are."""
        return self._annotate(jobs, "read_at", lambda watch: _acknowledged(watch, at))

    def mark_unread(self, jobs: Iterable[JobRef]) -> "Change":
        """Takes back that a person has looked at jobs: what was new of them is new again."""
        return self._annotate(jobs, "read_at", lambda watch: replace(watch, read_at=None))

    def tag(self, jobs: Iterable[JobRef], tags: tuple[str, ...]) -> "Change":
        """Gives jobs these tags in place of those they had."""
        return self._annotate(jobs, "tags", lambda watch: replace(watch, tags=tags))

    def note(self, jobs: Iterable[JobRef], note: str) -> "Change":
        """Gives jobs a note in place of the one they had."""
        return self._annotate(jobs, "note", lambda watch: replace(watch, note=note))

    def fold(self, observations: Iterable[tuple[JobRef, "Observation", float]]) -> "Change":
        """Takes in what calls brought: (job, observation, planned interval in seconds), oldest first.

        Observations of jobs that are no longer watched are passed over.
        """
        from zjobtui.models.job_update import apply_observation  # noqa: PLC0415 - 30 ms (domain.report), after the first screen

        watches = dict(self.watches)
        observed: list[Observed] = []
        entries: list[Event] = []
        for job, observation, planned in observations:
            if job in watches:
                folded = apply_observation(watches[job], observation, planned)
                watches[job] = folded.watch
                observed.append(Observed(folded.watch, folded.response))
                entries += folded.entries
        return Change(Watchlist(watches), observed=tuple(observed), entries=tuple(entries))

    def merged(self, watches: Iterable[WatchedJob], removed: Iterable[JobRef]) -> "Watchlist":
        """This watchlist with what another window committed: watches as they are on disk, and jobs that are gone.

        What people wrote is taken over; of two observations the later one stands, but a final one before any other.
        """
        merged = dict(self.watches)
        for theirs in watches:
            ours = merged.get(theirs.job)
            merged[theirs.job] = theirs if ours is None else _merge(ours, theirs)
        for job in removed:
            merged.pop(job, None)
        return Watchlist(merged)

    def _annotate(self, jobs: Iterable[JobRef], field: str, alter: Callable[[WatchedJob], WatchedJob]) -> "Change":
        altered = {job: alter(self.watches[job]) for job in jobs if job in self.watches}
        changed = {job: watch for job, watch in altered.items() if watch != self.watches[job]}
        return Change(Watchlist({**self.watches, **changed}), annotated=tuple(changed.values()), fields=(field,))


def _again(known: WatchedJob, watch: WatchedJob) -> WatchedJob:
    return replace(
        _looked_at(known, watch.added_at),
        label=watch.label or known.label,
        tags=watch.tags or known.tags,
        note=watch.note or known.note,
    )


def _looked_at(watch: WatchedJob, at: float) -> WatchedJob:
    """Whoever brings back what was looked at has looked at it again, so that it is not archived at once."""
    if watch.read_at is None or watch.is_unread:
        return watch
    return replace(watch, read_at=max(watch.read_at, at))


def _acknowledged(watch: WatchedJob, at: float) -> WatchedJob:
    # A clock that was set back must not keep what was looked at unseen.
    return replace(watch, read_at=max(at, watch.changed_at or at)) if watch.is_unread else watch


def _merge(ours: WatchedJob, theirs: WatchedJob) -> WatchedJob:
    if (theirs.is_final, theirs.last_call_at) >= (ours.is_final, ours.last_call_at):
        return theirs
    return replace(ours, label=theirs.label, tags=theirs.tags, note=theirs.note, read_at=theirs.read_at)


@dataclass(frozen=True, slots=True)
class Observed:
    """A watch after an observation; `seen` is there only when it must be kept in place of the one before."""

    watch: WatchedJob
    seen: "Success | None" = None


@dataclass(frozen=True, slots=True)
class Change:
    """The watchlist as it is now, and what is new in it, in the groups in which it is stored."""

    watchlist: Watchlist
    added: tuple[WatchedJob, ...] = ()
    removed: tuple[WatchedJob, ...] = ()
    annotated: tuple[WatchedJob, ...] = ()
    fields: tuple[str, ...] = ANNOTATIONS
    """What of the annotated watches is new; another window may have written the other fields in the meantime."""
    observed: tuple[Observed, ...] = ()
    entries: tuple[Event, ...] = ()

    @property
    def must_commit_now(self) -> bool:
        """Whether it must be committed before anybody is told; a mere confirmation of what was known may wait."""
        kept = any(observed.response is not None for observed in self.observed)
        return bool(self.added or self.removed or self.annotated or self.entries or kept)
