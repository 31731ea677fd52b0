"""The history of one job: its changes, in the order in which they were noticed."""

from enum import Enum

from msgspec import Struct

from zjobtui.models.job import JobRef


class EventKind(Enum):
    """The kind of a change."""

    ADDED = "added"
    STATUS = "status"
    REMOVED = "removed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    LABELLED = "labelled"
    """Label, tags, note or batch changed: printed by `watch`, whose JSON fixes the word; not part of a history."""
    CONTRADICTED = "contradicted"


ADDITIONS = frozenset({EventKind.ADDED, EventKind.RESTORED})
"""The ways in which a job joins the watchlist."""

REMOVALS = (EventKind.ARCHIVED, EventKind.REMOVED)
"""The ways in which a job leaves the watchlist."""


class Event(Struct, frozen=True):
    """One change of one job, noticed at `at` (seconds since the epoch, UTC), described by `text`."""

    job: JobRef
    at: float
    event: EventKind
    text: str
    verdict: str = ""


History = tuple[Event, ...]
"""The events of one job, oldest first."""
