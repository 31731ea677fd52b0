"""Sort orders of jobs, the same for the screen and for print."""

from collections.abc import Callable
from enum import Enum

from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob

Key = tuple[int, float, str]
"""Sort key of a job; each order uses the parts that it needs."""

_UNREAD, _UNKNOWN, _RUNNING, _READ, _DONE = range(5)
_RANKS = {Kind.FAILED: _READ, Kind.ATTENTION: _READ, Kind.UNKNOWN: _UNKNOWN, Kind.RUNNING: _RUNNING, Kind.DONE: _DONE}


def _by_urgency(watch: WatchedJob) -> Key:
    rank = _RANKS[watch.verdict.kind]
    if rank == _RUNNING:
        return rank, watch.added_at, ""
    if rank == _READ and watch.is_unread:
        rank = _UNREAD
    return rank, -_changed_at(watch), ""


def _by_age(watch: WatchedJob) -> Key:
    return 0, watch.added_at, ""


def _by_adding(watch: WatchedJob) -> Key:
    return 0, -watch.added_at, ""


def _by_change(watch: WatchedJob) -> Key:
    return 0, -_changed_at(watch), ""


def _by_account(watch: WatchedJob) -> Key:
    return _by_text(watch.digest.account_number if watch.digest else "")


def _by_label(watch: WatchedJob) -> Key:
    return _by_text(watch.label)


def _by_text(text: str) -> Key:
    return not text, 0.0, text.casefold()


def _changed_at(watch: WatchedJob) -> float:
    return max(watch.added_at, watch.changed_at or 0.0, watch.ended_at or 0.0)


class SortOrder(Enum):
    """The orders in which jobs can be shown: a title for the user, and a key; equal jobs keep their order.

    Urgency puts unread failed jobs and those that need attention first; then jobs that Zuora does not know; then
    running jobs, the oldest first; then read failures; then finished jobs. If an order compares text, jobs without one
    come last. Equal jobs are in the order of adding.
    """

    URGENCY = ("urgency", _by_urgency)
    AGE = ("age, oldest first", _by_age)
    ADDED = ("added, newest first", _by_adding)
    CHANGE = ("last change, newest first", _by_change)
    ACCOUNT = ("account", _by_account)
    LABEL = ("label", _by_label)

    def __init__(self, title: str, key: Callable[[WatchedJob], Key]) -> None:
        self.title = title
        self.key = key
