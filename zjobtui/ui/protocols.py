"""What the screen needs of the others, as protocols: an engine to tell what a person wants, an archive to read."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol, TypeAlias

from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.protocols import EditResult, State, Subscriber

if TYPE_CHECKING:
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success


class EngineLike(Protocol):
    """What the screen needs of the engine."""

    @property
    def state(self) -> State:
        """The newest state."""

    def start(self) -> None: ...  # noqa: D102 - as the engine says
    def subscribe(self, subscriber: Subscriber, /) -> None: ...  # noqa: D102 - as the engine says
    def watch(self, watches: Iterable[WatchedJob], /) -> "Future[EditResult]": ...  # noqa: D102 - as the engine says
    def remove(self, jobs: Iterable[JobRef], /) -> "Future[EditResult]": ...  # noqa: D102 - as the engine says
    def restore(self, watches: Iterable[WatchedJob], /) -> "Future[EditResult]": ...  # noqa: D102 - as the engine says
    def label(self, jobs: Iterable[JobRef], label: str, /) -> "Future[EditResult]": ...  # noqa: D102 - as the engine says
    def tag(self, jobs: Iterable[JobRef], tags: tuple[str, ...], /) -> "Future[EditResult]": ...  # noqa: D102 - as the engine says
    def note(self, jobs: Iterable[JobRef], note: str, /) -> "Future[EditResult]": ...  # noqa: D102 - as the engine says
    def mark_read(self, jobs: Iterable[JobRef], /) -> "Future[EditResult]": ...  # noqa: D102 - as the engine says
    def mark_unread(self, jobs: Iterable[JobRef], /) -> "Future[EditResult]": ...  # noqa: D102 - as the engine says
    def poll_now(self, jobs: Iterable[JobRef], /) -> None: ...  # noqa: D102 - as the engine says
    def set_focus(self, job: JobRef | None, /) -> None: ...  # noqa: D102 - as the engine says
    def set_visible(self, jobs: Iterable[JobRef], /) -> None: ...  # noqa: D102 - as the engine says
    def pause(self) -> None: ...  # noqa: D102 - as the engine says
    def resume(self) -> None: ...  # noqa: D102 - as the engine says


class ReportArchive(Protocol):
    """What is kept of a job at length; its calls may block."""

    def last_response(self, job: JobRef, /) -> "Success | None":
        """The last good answer."""

    def previous_body(self, job: JobRef, /) -> "PreviousBody | None":
        """The answer that the last one replaced."""

    def history(self, job: JobRef, /) -> "History":
        """The changes."""


class NotifyProgram(Protocol):
    """A program of the user's own."""

    @property
    def fault(self) -> str:
        """Why it was of no use, for people; nothing where it was."""

    def hand_over(self, text: str, /) -> None:
        """Gives it a text; returns at once."""


Plain: TypeAlias = str | float | bool


class UiStateStore(Protocol):
    """Where plain values are kept by their names from one start to the next; both calls may block, neither raises."""

    def load(self) -> Mapping[str, Plain]:
        """What was kept last, by whoever."""

    def save(self, values: Mapping[str, Plain], /) -> None:
        """Keeps these values in place of all before."""
