"""Protocols for what the screen uses: the engine, the archive of responses, the notify program, the UI state."""

from collections.abc import Container, Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol, TypeAlias

from zjobtui.models.job import JobRef
from zjobtui.models.related import ReadResult, RelatedKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.protocols import EditResult, State, Subscriber

if TYPE_CHECKING:
    from zjobtui.models.call_log import CallLog
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success


class EngineLike(Protocol):
    """The part of the engine that the screen uses; see `Engine` for the methods."""

    @property
    def state(self) -> State:
        """The newest state."""

    @property
    def calls(self) -> "CallLog":
        """The last calls."""

    def start(self) -> None: ...  # noqa: D102 - see `Engine`
    def subscribe(self, subscriber: Subscriber, /) -> None: ...  # noqa: D102 - see `Engine`
    def watch(self, watches: Iterable[WatchedJob], /, found: Container[JobRef] = ()) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def remove(self, jobs: Iterable[JobRef], /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def archive_jobs(self, jobs: Iterable[JobRef], /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def restore(self, watches: Iterable[WatchedJob], /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def label(self, jobs: Iterable[JobRef], label: str, /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def tag(self, jobs: Iterable[JobRef], tags: tuple[str, ...], /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def note(self, jobs: Iterable[JobRef], note: str, /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def set_batch(self, jobs: Iterable[JobRef], name: str, /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def mark_read(self, jobs: Iterable[JobRef], /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def mark_unread(self, jobs: Iterable[JobRef], /) -> "Future[EditResult]": ...  # noqa: D102 - see `Engine`
    def poll_now(self, jobs: Iterable[JobRef], /) -> None: ...  # noqa: D102 - see `Engine`
    def read_related(self, tenant: str, kind: RelatedKind, key: str, /) -> "Future[ReadResult]": ...  # noqa: D102 - see `Engine`
    def set_focus(self, job: JobRef | None, /) -> None: ...  # noqa: D102 - see `Engine`
    def set_visible(self, jobs: Iterable[JobRef], /) -> None: ...  # noqa: D102 - see `Engine`
    def pause(self) -> None: ...  # noqa: D102 - see `Engine`
    def resume(self) -> None: ...  # noqa: D102 - see `Engine`


class ReportArchive(Protocol):
    """Everything stored about a job; calls may block."""

    def last_response(self, job: JobRef, /) -> "Success | None":
        """Return the last successful observation."""

    def previous_body(self, job: JobRef, /) -> "PreviousBody | None":
        """Return the response before the last one."""

    def history(self, job: JobRef, /) -> "History":
        """Return the events of a job."""


class NotifyProgram(Protocol):
    """A program that the user configured for notifications."""

    @property
    def fault(self) -> str:
        """Why the program failed, for the user; empty if it did not."""

    def hand_over(self, text: str, /) -> None:
        """Pass a text to the program; return at once."""


Plain: TypeAlias = str | float | bool | list[str] | dict[str, str]


class UiStateStore(Protocol):
    """Named plain values that are kept between starts; both calls may block, neither raises."""

    def load(self) -> Mapping[str, Plain]:
        """Return the stored values, whichever window stored them."""

    def save(self, values: Mapping[str, Plain], /) -> None:
        """Store these values; others stay as they are."""
