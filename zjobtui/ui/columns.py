"""Columns of the list: which of them fit, how wide each is, and the rows and the header in them."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from zjobtui.formatting.job import NUMBER_CELLS, TIME_WIDTH, account_text, order_text, tags_text
from zjobtui.formatting.symbols import NOTE_SIGN
from zjobtui.formatting.tenant_names import SHORTEST_TENANT
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.text_width import cells
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.ui.job_cells import (
    ID_WIDTH,
    NARROW_LABEL_WIDTH,
    STATUS_WIDTH,
    RowContext,
    fit_cell,
    job_cell,
    job_width,
    label_width,
    status_cell,
    tenant_cell,
    tenant_width,
    time_cell,
    verdict_tone,
    why_cell,
    why_width,
)
from zjobtui.ui.styled_line import Span, Spans, fit_exact

SIGN_WIDTH = 2
"""Cells of the sign for marked or unread, which is before all columns."""

MARK_SIGN, UNREAD_SIGN = "◆", "●"

_MIN_TITLE_WIDTH = 3
"""Cells in which a title can be cut."""


class Column(Struct, frozen=True):
    """A column that can be shown: its name in settings, its title, its description and what it sorts by.

    It is not shown if it cannot have `min_width` cells, or what its longest text takes if that is less. `cell` returns
    the text of a job in a given width, with its tone, and `natural_width` the cells that the whole text takes.
    """

    name: str
    title: str
    about: str
    order: SortOrder | None
    min_width: int
    natural_width: Callable[[WatchedJob], int]
    cell: Callable[[WatchedJob, int, RowContext], Span]


def _text_column(
    name: str, title: str, about: str, order: SortOrder | None, min_width: int, text_of: Callable[[WatchedJob], str]
) -> Column:
    """Return a column with a text of the job alone."""

    def cell(watch: WatchedJob, width: int, _: RowContext) -> Span:
        return fit_cell(text_of(watch), width), "muted"

    return Column(name, title, about, order, min_width, lambda watch: cells(text_of(watch)), cell)


COLUMNS = (
    Column("status", "STATUS", "verdict: a sign and a word", SortOrder.URGENCY, 1, lambda _: STATUS_WIDTH, status_cell),
    Column("job", "JOB", "label and id", SortOrder.JOB, ID_WIDTH, job_width, job_cell),
    Column("why", "WHY", "why it ended so, or how far it is", SortOrder.WHY, 12, why_width, why_cell),
    Column(
        "tenant",
        "TENANT",
        "tenant, if there are several",
        SortOrder.TENANT,
        SHORTEST_TENANT,
        tenant_width,
        tenant_cell,
    ),
    _text_column("account", "ACCOUNT", "account number", SortOrder.ACCOUNT, NUMBER_CELLS, account_text),
    _text_column("order", "ORDER", "order number, or type of the job", SortOrder.ORDER, NUMBER_CELLS, order_text),
    _text_column("batch", "BATCH", "name of the batch", SortOrder.BATCH, 8, lambda watch: watch.batch),
    _text_column("tags", "TAGS", "tags", SortOrder.TAGS, 6, tags_text),
    _text_column("note", NOTE_SIGN, f"{NOTE_SIGN} if there is a note", None, 1, lambda w: NOTE_SIGN if w.note else ""),
    Column("time", "TIME", "running for, or ended … ago", SortOrder.TIME, TIME_WIDTH, lambda _: TIME_WIDTH, time_cell),
)

BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}

NAMES = tuple(BY_NAME)

ALWAYS = ("status", "job")
"""The columns that are always shown."""

_ALWAYS_PLACED = (*ALWAYS, "why")
"""The columns that keep their place even if no job has anything in them."""

_LABEL = "label"
"""Stands for the column of the job, of which only the rows with a label count."""

_IMPORTANT_STEPS = (
    ("status", 1),
    ("job", ID_WIDTH),
    ("why", 12),
    ("tenant", 0),
    (_LABEL, NARROW_LABEL_WIDTH),
    ("status", STATUS_WIDTH),
    ("why", 18),
    (_LABEL, 16),
    ("time", TIME_WIDTH),
    ("tenant", 12),
    (_LABEL, 20),
    ("why", 25),
    ("order", NUMBER_CELLS),
    ("batch", 14),
    ("why", 28),
    (_LABEL, 26),
    ("tags", 12),
    ("note", 1),
    ("account", NUMBER_CELLS),
    ("why", 31),
    ("job", 20),
)
"""The order in which columns get cells: by importance, each up to a number of cells.

Most reasons take at most 18 cells, and how far a running job is takes 25 with a bar, at most 31 without. 0 stands for
the fewest cells in which the names of the tenants differ.
"""


def _with_others(steps: Sequence[tuple[str, int]], columns: Iterable[Column]) -> tuple[tuple[str, int], ...]:
    """Return the steps, followed by one of `min_width` cells for each column that has none."""
    return (*steps, *((column.name, column.min_width) for column in columns if column.name not in dict(steps)))


_STEPS = _with_others(_IMPORTANT_STEPS, COLUMNS)


_CHIEF = (*_ALWAYS_PLACED, "tenant", "time")
"""The columns that do not depend on others; any other is shown only if all more important ones have room."""


def chosen_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Return known columns in the given order, without repetition, and with those that are always shown."""
    known = tuple(dict.fromkeys(name for name in names if name in BY_NAME))
    return (*(name for name in ALWAYS if name not in known), *known)


def restored_columns(
    stored: Iterable[str], before: Sequence[str], now: Sequence[str], *, was_set: bool
) -> tuple[str, ...]:
    """Return the columns that were chosen while `before` were those of the settings, or the default, as `now` are.

    If `now` is the default and `before` an earlier one, which had fewer columns, the new ones are shown in their places
    and hidden ones stay hidden. If the settings have changed they take precedence, also if `before` came from one that
    is deleted now (`was_set`).
    """
    if tuple(before) == tuple(now):
        return chosen_columns(stored)
    known = [name for name in before if name in BY_NAME]
    if was_set or tuple(now) != NAMES or known != [name for name in NAMES if name in known]:
        return chosen_columns(now)
    columns = list(chosen_columns(stored))
    for place, name in enumerate(NAMES):
        if name not in before and name not in columns:
            left = [columns.index(other) for other in NAMES[:place] if other in columns]
            columns.insert(max(left, default=-1) + 1, name)
    return tuple(columns)


class Placed(Struct, frozen=True):
    """A column and its width in cells, without the blank after it."""

    column: Column
    width: int


MEASURED = (*NAMES, _LABEL)
"""What is measured: the columns, and the job column of the jobs with a label."""

Widths = Mapping[str, int]
"""The cells that the longest text of each of `MEASURED` takes; 0 if no job has any."""


def measure(watch: WatchedJob) -> list[int]:
    """Return the cells that a job takes in each of `MEASURED`."""
    return [*(column.natural_width(watch) for column in COLUMNS), label_width(watch)]


def fit_columns(
    names: Sequence[str], natural_widths: Widths, width: int, *, min_tenant_width: int = SHORTEST_TENANT
) -> tuple[Placed, ...]:
    """Return the columns that fit in rows of `width` cells, in the given order, with their widths.

    They appear by importance; the word of the status comes after the reason. Cells that are left go to those that are
    cut, so that the widest are cut and no others; if none is, the reasons get them, or the names, and the times are at
    the end of the row. `min_tenant_width` are the fewest cells in which the names of the tenants differ.
    """
    max_widths = {
        name: max(natural_widths[name], BY_NAME[name].min_width if name == "why" else len(BY_NAME[name].title) + 1)
        for name in names
        if natural_widths[name] or name in _ALWAYS_PLACED
    }
    widths = _widths_by_importance(max_widths, natural_widths[_LABEL], width - SIGN_WIDTH, min_tenant_width)
    _widen_columns(widths, max_widths, width - SIGN_WIDTH - _row_cells(widths))
    return tuple(Placed(BY_NAME[name], widths[name]) for name in names if name in widths)


def _row_cells(widths: Mapping[str, int]) -> int:
    """Return the cells of all columns with the blanks between them."""
    return sum(widths.values()) + max(len(widths) - 1, 0)


def _widths_by_importance(
    max_widths: Mapping[str, int], label_cells: int, row_cells: int, min_tenant_width: int
) -> dict[str, int]:
    """Return the widths of the columns that fit, by `_STEPS`; those not in `_CHIEF` end at the first that does not."""
    widths: dict[str, int] = {}
    is_full = False
    for step, limit in _STEPS:
        name = "job" if step == _LABEL else step
        if name not in max_widths or (is_full and name not in _CHIEF):
            continue
        if name == "status" and name in widths and "why" in max_widths and "why" not in widths:
            continue  # the word of the status comes after the reason
        step_width = min(limit or min_tenant_width, label_cells if step == _LABEL else max_widths[name])
        min_width = _min_step_width(step, limit, step_width, min_tenant_width)
        current = widths.get(name, 0)
        room = current + row_cells - _row_cells(widths | {name: current})
        if min_width > max(current, room):
            is_full = is_full or name not in _CHIEF or (name == "why" and name not in widths)
        else:
            widths[name] = max(current, min(step_width, room))
    return widths


def _widen_columns(widths: dict[str, int], max_widths: Mapping[str, int], room: int) -> None:
    """Give `room` cells to the narrowest of the columns that are cut, then to the reasons, or else to the names."""
    while room > 0 and (cut := [name for name in widths if name != "status" and widths[name] < max_widths[name]]):
        widths[min(cut, key=widths.__getitem__)] += 1
        room -= 1
    if room > 0:
        widths["why" if "why" in widths else "job"] += room


def _min_step_width(step: str, limit: int, step_width: int, min_tenant_width: int) -> int:
    """Return the cells below which a step is of no use."""
    if step == "status" or (step, limit) == (_LABEL, NARROW_LABEL_WIDTH):
        return step_width
    if step in {"job", _LABEL}:
        return 0
    return min(step_width, min_tenant_width if step == "tenant" else BY_NAME[step].min_width)


def header(placed: Sequence[Placed], sorting: Sorting, gap: str = "") -> Spans:
    """Return the titles of the columns, with an arrow at the one by which the list is sorted.

    `gap` is before the arrow if there is room: a blank if the arrow is drawn as a letter.
    """
    spans: list[Span] = [(" " * SIGN_WIDTH, "muted")]
    for place, each in enumerate(placed):
        is_sorted = _is_sorted_by(each.column, sorting)
        title = "ADDED" if is_sorted and sorting.order is SortOrder.ADDED else each.column.title
        sign = arrow(sorting) if is_sorted else ""
        sign = gap + sign if sign and len(title + gap + sign) <= each.width else sign
        text = _fit_title(title, sign, each.width)
        if each.column.name == "time":
            text = text.rstrip().rjust(each.width)
        spans.append((text + _gap(place, placed), "strong" if is_sorted else "muted"))
    return tuple(spans)


def _is_sorted_by(column: Column, sorting: Sorting) -> bool:
    return column.order is sorting.order or (column.name == "time" and sorting.order is SortOrder.ADDED)


def is_order_shown(placed: Iterable[Placed], sorting: Sorting) -> bool:
    """Return whether the header shows by which column the list is sorted."""
    return any(_is_sorted_by(each.column, sorting) for each in placed)


def arrow(sorting: Sorting) -> str:
    """Return the sign of the direction: up if the first row has the least value."""
    is_descending = sorting.order in {SortOrder.URGENCY, SortOrder.ADDED, SortOrder.TIME}
    return "▲" if is_descending is sorting.is_reversed else "▼"


def _fit_title(title: str, sign: str, width: int) -> str:
    """Return title and sign in `width` cells; without the title if less than three cells are left for it."""
    room = width - len(sign)
    if len(title) > room:
        title = fit_exact(title, room) if room >= _MIN_TITLE_WIDTH else ""
    return fit_exact(title + sign, width)


def column_at(placed: Sequence[Placed], x: int) -> Column | None:
    """Return the column at cell `x` of the header."""
    end = SIGN_WIDTH
    for each in placed:
        end += each.width + 1
        if x < end:
            return each.column
    return placed[-1].column if placed else None


def job_row(watch: WatchedJob, placed: Sequence[Placed], context: RowContext, *, is_marked: bool = False) -> Spans:
    """Return the row of a job, starting with the sign for marked or unread. A stale row is dimmed but for its time."""
    is_old = is_stale(watch, context.now)
    sign = MARK_SIGN if is_marked else UNREAD_SIGN if watch.is_unread else " "
    spans: list[Span] = [(f"{sign} ", "key" if is_marked else verdict_tone(watch, context.now))]
    for place, each in enumerate(placed):
        text, style = each.column.cell(watch, each.width, context)
        is_dimmed = is_old and each.column.name != "time"
        spans.append((text + _gap(place, placed), "stale" if is_dimmed else style))
    return tuple(spans)


def _gap(place: int, placed: Sequence[Placed]) -> str:
    return " " if place < len(placed) - 1 else ""
