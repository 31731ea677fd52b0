"""What a store gives to those who use it: changes of other windows, and the refusal of a change."""

from msgspec import Struct

from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob


class UnstorableError(Exception):
    """A change contains what no store can hold; the message says what. Trying again cannot help."""


class ExternalChanges(Struct, frozen=True):
    """Changes that other windows committed: jobs as they are now, and jobs that were removed."""

    watches: tuple[WatchedJob, ...] = ()
    removed: tuple[JobRef, ...] = ()
    since: int = -1
    """The revision of the store after which they were committed."""
