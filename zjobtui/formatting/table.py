"""The printed table of jobs: columns that are as wide as their content, as far as the terminal allows."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from msgspec import Struct

from zjobtui.formatting.job import NUMBER_CELLS, account_text, order_text, tags_text, time_text
from zjobtui.formatting.symbols import GLYPHS, WORDS, short_id
from zjobtui.formatting.tenant_names import least_tenant_width, short_tenants
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.job import JobRef
from zjobtui.models.text_width import cells, fit
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.models.why import first_within, settled_why, why_texts, without_order

COLUMN_GAP = "  "
_JOB, _WHY, _ORDER = "JOB", "WHY", "ORDER"
_SHORT_ID_CELLS = 8
"""Cells of an id of which only the beginning is shown."""

_WHY_CELLS = 18
"""Cells that most reasons take."""

WHOLE_IDS_CELLS = 100
"""Cells of a line from which on ids are whole."""


class _Column(Struct, frozen=True):
    """A column: its texts in full and, if they would be cut, in brief.

    It is left out if there are not `least` cells for it, or for its longest text if that takes less, and gets up to
    `good` cells before another one gets more.
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
        if self.title == _JOB:
            text = short_id(text, width) if width > _SHORT_ID_CELLS else text[:width]
        return fit(text, width)


def job_table(
    watches: Sequence[WatchedJob],
    now: float,
    width: int,
    remarks: Mapping[JobRef, str] | None = None,
    *,
    is_why_whole: bool = False,
    typical: TypicalByTenant | None = None,
    known_tenants: Iterable[str] = (),
) -> list[str]:
    """Return the heading and one line for each job, of at most `width` cells each.

    Columns in which no job has anything are left out, and so is the tenant if all jobs are of the same; a tenant that
    is cut differs from all `known_tenants`. With `typical` times, why says how far a running job is. `remarks` take the
    place of why; the last column may be longer than there is room for, if `is_why_whole`.
    """
    given = remarks or {}
    whys = [(given[w.job],) if given.get(w.job) else _whys(w, typical or {}, now) for w in watches]
    columns = _columns(watches, now, width, whys, known_tenants)
    widths = _fit_widths(columns, width)
    if any(columns[place].title == _ORDER for place in widths):
        whys = [[without_order(text, w) for text in texts] for w, texts in zip(watches, whys, strict=True)]
        columns = _columns(watches, now, width, whys, known_tenants)
        widths = _fit_widths(columns, width)
    shown = [(column, widths[place]) for place, column in enumerate(columns) if place in widths]
    heading = COLUMN_GAP.join(fit(column.title, room) for column, room in shown).rstrip()
    rows = [[column.cell(row, room) for column, room in shown] for row in range(len(watches))]
    if is_why_whole and shown[-1][0].title == _WHY:
        rows = [[*texts[:-1], shown[-1][0].texts[row]] for row, texts in enumerate(rows)]
    return [heading, *(COLUMN_GAP.join(texts).rstrip() for texts in rows)]


def _whys(watch: WatchedJob, typical: TypicalByTenant, now: float) -> Sequence[str]:
    """Return why a job is in its state, also in fewer words; "" if the time says that there is no current response."""
    if watch.digest is None or is_stale(watch, now):
        return (settled_why(watch),)
    return why_texts(watch, typical.get(watch.job.tenant), now)


def _columns(
    watches: Sequence[WatchedJob], now: float, width: int, whys: Sequence[Sequence[str]], known_tenants: Iterable[str]
) -> list[_Column]:
    """Return the columns that have something to show, in their order."""
    times = [time_text(watch, now) for watch in watches]
    ids = [watch.job.id.given for watch in watches]
    id_width = max(map(len, ids), default=0) if width >= WHOLE_IDS_CELLS else _SHORT_ID_CELLS
    columns = (
        _Column("STATUS", [f"{GLYPHS[w.verdict.kind]} {WORDS[w.verdict.kind]}" for w in watches], 11, 11),
        _Column(_JOB, ids, id_width, id_width),
        _Column("LABEL", [watch.label for watch in watches], 8, 18),
        _tenant_column([watch.job.tenant for watch in watches], known_tenants),
        _Column(_ORDER, [order_text(watch) for watch in watches], NUMBER_CELLS, NUMBER_CELLS),
        _Column("BATCH", [watch.batch for watch in watches], 8, 20),
        _Column("ACCOUNT", [account_text(watch) for watch in watches], NUMBER_CELLS, NUMBER_CELLS),
        _Column("TAGS", [tags_text(watch) for watch in watches], 6, 12),
        _Column("TIME", [time.text for time in times], 10, 10, [time.short for time in times]),
        _Column(
            _WHY,
            [texts[0] for texts in whys],
            _WHY_CELLS,
            _WHY_CELLS,
            [first_within(texts, _WHY_CELLS) for texts in whys],
        ),
    )
    return [column for column in columns if any(column.texts)]


def _tenant_column(tenants: Sequence[str], known: Iterable[str]) -> _Column:
    """Return the column of the tenants, empty if all are the same; one that is cut differs from all that are known."""
    names = {*known, *tenants} if len({*tenants}) > 1 else set()
    least = least_tenant_width(names)
    short = short_tenants(names, least) or {}
    return _Column(
        "TENANT", tenants if names else (), least, max(least, 12), [short.get(tenant, tenant) for tenant in tenants]
    )


_IMPORTANT = ("STATUS", _JOB, "TIME", _WHY, "TENANT", "LABEL")
_ADDITIONAL = (_ORDER, "BATCH", "TAGS", "ACCOUNT")
"""The columns that are shown if the important ones have good widths, none without the ones before it; others follow."""

_WIDENED = (_WHY, "LABEL", "TENANT", "BATCH", "TAGS", _ORDER, "ACCOUNT", "TIME", _JOB)
"""The order in which columns that are cut get what is left; others follow."""


def _fit_widths(columns: Sequence[_Column], width: int) -> dict[int, int]:
    """Return the width of each column that fits, by its place."""
    places = {column.title: place for place, column in enumerate(columns)}
    widths: dict[int, int] = {}
    left = width + len(COLUMN_GAP)

    def add(title: str) -> bool:
        nonlocal left
        column = columns[places[title]]
        least = min(column.least, column.whole)
        if least + len(COLUMN_GAP) > left and widths:
            return False
        widths[places[title]] = min(least, width)
        left -= widths[places[title]] + len(COLUMN_GAP)
        return True

    def widen(title: str, wanted: int) -> None:
        nonlocal left
        if (place := places[title]) in widths:
            more = max(0, min(left, wanted - widths[place]))
            widths[place] += more
            left -= more

    important, additional, widened = (
        [title for title in dict.fromkeys(titles) if title in places]
        for titles in (
            _IMPORTANT,
            (*_ADDITIONAL, *(title for title in places if title not in _IMPORTANT)),
            (*_WIDENED, *places),
        )
    )
    for title in important:
        add(title)
    for title in important:
        widen(title, min(columns[places[title]].good, columns[places[title]].whole))
    for title in takewhile(add, additional):
        widen(title, min(columns[places[title]].good, columns[places[title]].whole))
    for title in widened:
        widen(title, columns[places[title]].whole)
    return widths
