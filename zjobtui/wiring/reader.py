"""The reader of kept answers, which the store is given."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zjobtui.domain.report import Report


def read_report(raw: str) -> "Report | None":
    """Return the report that a kept body holds, read as a response is."""
    from zjobtui.zuora import parser  # noqa: PLC0415 - 30 ms (domain.report); neither a list nor the first screen needs it

    return parser.read_report(raw)
