"""The printed table of jobs: columns that are as wide as their content, as far as the terminal allows."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from zjobtui.formatting.job import time_text
from zjobtui.formatting.symbols import GLYPHS, WORDS, short_id
from zjobtui.models.job import JobRef
from zjobtui.models.text_width import cells, fit
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.why import settled_why

COLUMN_GAP = "  "
_JOB, _WHY = "JOB", "WHY"
ID_CELLS = 17
"""Cells of an id that is shortened in the middle."""

WHOLE_IDS_CELLS = 100
"""Cells of a line from which on ids are whole."""


class _Column(Struct, frozen=True):
    """A column: its texts in full and, if they would be cut, in brief.

    It is left out if there are not `least` cells for it, and gets up to `good` cells before another one gets more.
    """

    title: str
    texts: Sequence[str]
    least: int
    good: int
    brief: Sequence[str] = ()

    @property
    def whole(self) -> int:
        """The cells that the longest text and the title take."""
        return max(map(cells, (self.title, *self.texts)))

    def cell(self, row: int, width: int) -> str:
        """Return the text of a row in so many cells."""
        is_brief = bool(self.brief) and cells(self.texts[row]) > width
        text = self.brief[row] if is_brief else self.texts[row]
        return fit(short_id(text, width) if self.title == _JOB else text, width)


def job_table(
    watches: Sequence[WatchedJob],
    now: float,
    width: int,
    remarks: Mapping[JobRef, str] | None = None,
    *,
    is_why_whole: bool = False,
) -> list[str]:
    """Return the heading and one line for each job, of at most `width` cells each.

    Columns in which no job has anything are left out, and so is the tenant if all jobs are of the same. `remarks` take
    the place of why; the last column may be longer than there is room for, if `is_why_whole`.
    """
    columns = _columns(watches, now, width, remarks or {})
    widths = _fit_widths(columns, width)
    shown = [(column, widths[place]) for place, column in enumerate(columns) if place in widths]
    heading = COLUMN_GAP.join(fit(column.title, room) for column, room in shown).rstrip()
    rows = [[column.cell(row, room) for column, room in shown] for row in range(len(watches))]
    if is_why_whole and shown[-1][0].title == _WHY:
        rows = [[*texts[:-1], shown[-1][0].texts[row]] for row, texts in enumerate(rows)]
    return [heading, *(COLUMN_GAP.join(texts).rstrip() for texts in rows)]


def _columns(watches: Sequence[WatchedJob], now: float, width: int, remarks: Mapping[JobRef, str]) -> list[_Column]:
    """Return the columns that have something to show, in their order."""
    digests = [watch.digest for watch in watches]
    times = [time_text(watch, now) for watch in watches]
    reasons = [remarks.get(watch.job) or settled_why(watch) for watch in watches]
    ids = [watch.job.id.given for watch in watches]
    tenants = [watch.job.tenant for watch in watches]
    columns = (
        _Column("STATUS", [f"{GLYPHS[w.verdict.kind]} {WORDS[w.verdict.kind]}" for w in watches], 11, 11),
        _Column(_JOB, ids, 8, max(map(len, ids), default=0) if width >= WHOLE_IDS_CELLS else ID_CELLS),
        _Column("LABEL", [watch.label for watch in watches], 8, 18),
        _Column("TENANT", tenants if len({*tenants}) > 1 else [""] * len(tenants), 6, 12),
        _Column("ORDER", [(d.order_number or d.kind) if d else "" for d in digests], 8, 12),
        _Column("ACCOUNT", [d.account_number if d else "" for d in digests], 8, 10),
        _Column("TAGS", [", ".join(watch.tags) for watch in watches], 6, 12),
        _Column("TIME", [time.text for time in times], 10, 20, [time.short for time in times]),
        _Column(_WHY, reasons, 12, 24),
    )
    return [column for column in columns if any(column.texts)]


_IMPORTANCE = ("STATUS", _JOB, "TIME", _WHY, "LABEL", "TENANT", "ORDER", "TAGS", "ACCOUNT")


def _fit_widths(columns: Sequence[_Column], width: int) -> dict[int, int]:
    """Return the width of each column that fits, by its place."""
    order = sorted(range(len(columns)), key=lambda place: _IMPORTANCE.index(columns[place].title))
    widths: dict[int, int] = {}
    left = width + len(COLUMN_GAP)
    for place in order:
        least = min(columns[place].least, columns[place].whole)
        if least + len(COLUMN_GAP) <= left or not widths:
            widths[place] = min(least, width)
            left -= widths[place] + len(COLUMN_GAP)
    good = [min(column.good, column.whole) for column in columns]
    last = [
        place for place in order if columns[place].title == _JOB and width < WHOLE_IDS_CELLS
    ]  # an id says less than a reason
    others = [place for place in order if place not in last]
    for wanted, places in ((good, order), ([column.whole for column in columns], [*others, *last])):
        for place in places:
            if place in widths:
                more = max(0, min(left, wanted[place] - widths[place]))
                widths[place] += more
                left -= more
    return widths
