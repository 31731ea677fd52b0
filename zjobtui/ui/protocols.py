"""Protocols for what the screen uses: the archive of responses, the notify program, the UI state."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from zjobtui.models.job import JobRef
from zjobtui.models.ui_values import PlainValue

if TYPE_CHECKING:
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success


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


class UiStateStore(Protocol):
    """Named plain values that are kept between starts; both calls may block, neither raises."""

    def load(self) -> Mapping[str, PlainValue]:
        """Return the stored values, whichever window stored them."""

    def save(self, values: Mapping[str, PlainValue], /) -> None:
        """Store these values; others stay as they are."""
