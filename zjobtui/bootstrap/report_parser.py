"""The parser of stored responses, which the store gets as a function and which is imported when it is first called."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zjobtui.models.report import Report


def read_stored_report(raw: str) -> "Report | None":
    """Parse a stored body as a response."""
    from zjobtui.zuora import parser  # noqa: PLC0415 - 30 ms (models.report); neither a list nor the first screen needs it

    return parser.read_report(raw)
