"""The changes of one job, in the order in which they were seen."""

from dataclasses import dataclass
from enum import Enum

from zjobtui.models.job import JobRef


class EventKind(Enum):
    """What kind of change an entry tells of."""

    ADDED = "added"
    STATUS = "status"
    REMOVED = "removed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    LABELLED = "labelled"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one job, seen at `at` (seconds since the epoch, UTC), told in `text`."""

    job: JobRef
    at: float
    event: EventKind
    text: str
    verdict: str = ""


History = tuple[Event, ...]
"""The entries of one job, oldest first."""
