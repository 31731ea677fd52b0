"""Sort orders of jobs, the same for the screen and for print."""

from collections.abc import Callable, Iterable
from enum import Enum

from msgspec import Struct, field

from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.why import settled_why

SortKey = tuple[bool, int, float, str]
"""Sort key of a job: whether the column is empty, which puts it last in both directions, then what orders compare."""

_RANKS = {kind: rank for rank, kind in enumerate(VerdictKind)}


def _by_urgency(watch: WatchedJob, typical: TypicalByTenant) -> SortKey:
    kind = watch.verdict.kind
    if kind is VerdictKind.RUNNING:
        return False, _RANKS[kind], _overdue_at(watch, typical), ""
    return False, _RANKS[kind], -_changed_at(watch), ""


def _overdue_at(watch: WatchedJob, typical: TypicalByTenant) -> float:
    """Return when a job is or was overdue; of a tenant whose times are not known, as late as that of any other."""
    own = typical.get(watch.job.tenant)
    if own is not None and own.nearly_all is not None:
        return watch.added_at + own.nearly_all
    return watch.added_at + max((times.nearly_all or 0.0 for times in typical.values()), default=0.0)


def _by_added(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return False, 0, -watch.added_at, ""


def _by_time(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return False, 0, -_changed_at(watch), ""


def _by_job(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return _text_key(watch.label) if watch.label else (True, 0, 0.0, watch.job.id.key)


def _by_why(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return _text_key(settled_why(watch))


def _by_tenant(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return _text_key(watch.job.tenant)


def _by_account(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return _text_key(watch.digest.account_number if watch.digest else "")


def _by_order(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return _text_key((watch.digest.order_number or watch.digest.kind) if watch.digest else "")


def _by_batch(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return _text_key(watch.batch)


def _by_tags(watch: WatchedJob, _: TypicalByTenant) -> SortKey:
    return _text_key(" ".join(watch.tags))


def _text_key(text: str) -> SortKey:
    return not text, 0, 0.0, text.casefold()


def _changed_at(watch: WatchedJob) -> float:
    return max(watch.added_at, watch.changed_at or 0.0, watch.ended_at or 0.0)


class SortOrder(Enum):
    """The columns by which jobs can be sorted: a title for the user, that of the other direction, and a key.

    Urgency puts failed jobs first, then jobs that need attention, jobs that Zuora does not know, running jobs and done
    ones, in each the newest change first. Running jobs are in the order in which they are overdue, or as long as
    typical times are not known, the oldest first. That a job was read changes nothing. Jobs with an empty column come
    last; equal jobs are in the order of adding.
    """

    URGENCY = ("urgency", "urgency, done first", _by_urgency)
    JOB = ("label or id", "label or id, Z to A", _by_job)
    WHY = ("why", "why, Z to A", _by_why)
    TENANT = ("tenant", "tenant, Z to A", _by_tenant)
    ACCOUNT = ("account", "account, Z to A", _by_account)
    ORDER = ("order", "order, Z to A", _by_order)
    BATCH = ("batch", "batch, Z to A", _by_batch)
    TAGS = ("tags", "tags, Z to A", _by_tags)
    ADDED = ("added, newest first", "added, oldest first", _by_added)
    TIME = ("last change, newest first", "last change, oldest first", _by_time)

    def __init__(self, title: str, reversed_title: str, key: Callable[[WatchedJob, TypicalByTenant], SortKey]) -> None:
        self.title = title
        self.reversed_title = reversed_title
        self.key = key


_REVERSED = "-reversed"
_FORMER = {
    "age": (SortOrder.ADDED, True),
    "change": (SortOrder.TIME, False),
    "label": (SortOrder.JOB, False),
}
"""Orders that had another name in stored states."""


class Sorting(Struct, frozen=True):
    """A column and a direction, with the typical times by which running jobs are overdue.

    `key` is a rule for each job alone, so that it can be cached; it stays the same as long as the sorting does.
    """

    order: SortOrder = SortOrder.URGENCY
    is_reversed: bool = False
    typical: TypicalByTenant = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title of the column in this direction."""
        return self.order.reversed_title if self.is_reversed else self.order.title

    @property
    def name(self) -> str:
        """The name under which it is stored."""
        return f"{self.order.name.lower()}{_REVERSED if self.is_reversed else ''}"

    def key(self, watch: WatchedJob) -> SortKey:
        """Return the sort key of a job."""
        return self.order.key(watch, self.typical)

    def sort(
        self, watches: Iterable[WatchedJob], key: Callable[[WatchedJob], SortKey] | None = None
    ) -> list[WatchedJob]:
        """Return the jobs in order; `key` returns cached keys."""
        key = key or self.key
        if not self.is_reversed:
            return sorted(watches, key=key)
        return sorted(sorted(watches, key=lambda watch: key(watch)[1:], reverse=True), key=lambda watch: key(watch)[0])


def sorting_of(name: object) -> Sorting | None:
    """Return the sorting that was stored under a name, also by an earlier version; None if there is none."""
    if not isinstance(name, str):
        return None
    if name in _FORMER:
        return Sorting(*_FORMER[name])
    column = name.removesuffix(_REVERSED)
    order = next((order for order in SortOrder if order.name.lower() == column), None)
    return None if order is None else Sorting(order, is_reversed=column != name)
