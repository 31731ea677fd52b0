"""The changes of one job, in the order in which they were seen."""

from dataclasses import dataclass
from enum import Enum

from zjobtui.models.job import Job


class Event(Enum):
    """What kind of change an entry tells of."""

    ADDED = "added"
    STATUS = "status"
    REMOVED = "removed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    LABELLED = "labelled"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one job, seen at `at` (seconds since the epoch, UTC), told in `text`."""

    job: Job
    at: float
    event: Event
    text: str
    verdict: str = ""


Timeline = tuple[Entry, ...]
"""The entries of one job, oldest first."""
