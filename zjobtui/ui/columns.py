"""Columns of the list: which of them fit, how wide each is, and the rows and the header in them."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from zjobtui.formatting.job import (
    NUMBER_CELLS,
    TIME_WIDTH,
    VERDICT_TONES,
    account_text,
    order_text,
    row_time,
    tags_text,
)
from zjobtui.formatting.symbols import GLYPHS, NOTE_SIGN, WORDS, short_id, time_bar
from zjobtui.formatting.tenant_names import SHORTEST_TENANT
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.text_width import cells
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.models.why import first_within, is_overdue, progress_eighths, settled_why, why_texts, without_order
from zjobtui.ui.styled_line import Span, Spans, fit_exact

SIGN_WIDTH = 2
"""Cells of the sign for marked or unread, which is before all columns."""

MARK_SIGN, UNREAD_SIGN = "◆", "●"

ID_WIDTH = 8
"""Characters of the id that are shown, beside a label if there is room."""

_MIN_ID_WIDTH = 4
"""Characters of the id that are shown beside a label if there is no room for more."""

_MIN_LABEL_WIDTH = 8
"""Cells of a label before more than the minimum of the id is shown: most labels begin with the number of a ticket."""

_NARROW_LABEL_WIDTH = _MIN_LABEL_WIDTH + 1 + _MIN_ID_WIDTH

_ROOMY_LABEL_WIDTH = 20
"""Cells of label and id from which on a dot is between them, also if the label is cut."""

_MIN_TITLE_WIDTH = 3
"""Cells in which a title can be cut."""

_SEPARATOR = " · "
_STATUS_WIDTH = 11
_PROGRESS_WHY = 31
"""Cells of the progress of a running job, always reserved, so that no column moves when a job ends."""


def _label_cells(watch: WatchedJob) -> int:
    """Return the cells of label and id; 0 without a label."""
    return cells(watch.label) + len(_SEPARATOR) + min(len(watch.job.id.given), ID_WIDTH) if watch.label else 0


def _job_cells(watch: WatchedJob) -> int:
    return _label_cells(watch) or len(watch.job.id.given)


def _tenant_cells(watch: WatchedJob) -> int:
    return cells(watch.job.tenant)


def _why_cells(watch: WatchedJob) -> int:
    if watch.is_final or watch.verdict.kind is VerdictKind.UNKNOWN:
        return max(_PROGRESS_WHY, cells(settled_why(watch)))
    return max(_PROGRESS_WHY, cells(watch.digest.status) if watch.digest else 0)


class Column(Struct, frozen=True):
    """A column that can be shown: its name in settings, its title, its description and what it sorts by.

    It is not shown if it cannot have `min_width` cells, or what its longest text takes if that is less. `text` is its
    text of a job; a column whose text depends on more than the job has a branch in `job_row` in its place, and
    `width_of` returns the cells that it takes for a job, `min_width` by default.
    """

    name: str
    title: str
    about: str
    order: SortOrder | None
    min_width: int
    text: Callable[[WatchedJob], str] | None = None
    width_of: Callable[[WatchedJob], int] | None = None

    def natural_width(self, watch: WatchedJob) -> int:
        """Return the cells that the text of a job takes."""
        if self.width_of is not None:
            return self.width_of(watch)
        return self.min_width if self.text is None else cells(self.text(watch))


COLUMNS = (
    Column("status", "STATUS", "verdict: a sign and a word", SortOrder.URGENCY, 1, width_of=lambda _: _STATUS_WIDTH),
    Column("job", "JOB", "label and id", SortOrder.JOB, ID_WIDTH, width_of=_job_cells),
    Column("why", "WHY", "why it ended so, or how far it is", SortOrder.WHY, 12, width_of=_why_cells),
    Column(
        "tenant", "TENANT", "tenant, if there are several", SortOrder.TENANT, SHORTEST_TENANT, width_of=_tenant_cells
    ),
    Column("account", "ACCOUNT", "account number", SortOrder.ACCOUNT, NUMBER_CELLS, account_text),
    Column("order", "ORDER", "order number, or type of the job", SortOrder.ORDER, NUMBER_CELLS, order_text),
    Column("batch", "BATCH", "name of the batch", SortOrder.BATCH, 8, lambda watch: watch.batch),
    Column("tags", "TAGS", "tags", SortOrder.TAGS, 6, tags_text),
    Column("note", NOTE_SIGN, f"{NOTE_SIGN} if there is a note", None, 1, lambda w: NOTE_SIGN if w.note else ""),
    Column("time", "TIME", "running for, or ended … ago", SortOrder.TIME, TIME_WIDTH),
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
    (_LABEL, _NARROW_LABEL_WIDTH),
    ("status", _STATUS_WIDTH),
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
    return [*(column.natural_width(watch) for column in COLUMNS), _label_cells(watch)]


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
    if step == "status" or (step, limit) == (_LABEL, _NARROW_LABEL_WIDTH):
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


class RowContext(Struct, frozen=True):
    """What a row shows beside its job: `now` and `paused_at` in seconds since the epoch, UTC."""

    placed: tuple[Placed, ...]
    now: float
    paused_at: float | None = None
    typical: TypicalByTenant | None = None
    tenants: Mapping[str, str] | None = None
    """Short names of the tenants, if their full ones do not fit."""


def job_row(watch: WatchedJob, context: RowContext, *, is_marked: bool = False) -> Spans:
    """Return the row of a job, starting with the sign for marked or unread. A stale row is dimmed but for its time."""
    kind, is_old = watch.verdict.kind, is_stale(watch, context.now)
    has_order = any(each.column.name == "order" for each in context.placed)
    tone = "stale" if is_old else _TONES[kind]
    sign = MARK_SIGN if is_marked else UNREAD_SIGN if watch.is_unread else " "
    spans: list[Span] = [(f"{sign} ", "key" if is_marked else tone)]
    last = len(context.placed) - 1
    for place, each in enumerate(context.placed):
        name, width = each.column.name, each.width
        if name == "status":
            text, style = _fit(_STATUSES[kind] if width >= _STATUS_WIDTH else GLYPHS[kind], width), tone
        elif name == "job":
            text, style = job_cell(watch, width), "plain" if kind in _QUIET else "strong"
        elif name == "why":
            text, style = _why(watch, kind, width, context, has_order=has_order)
        elif name == "time":
            text = row_time(watch, context.now, context.paused_at, is_old=is_old).rjust(width)
            style = "attention" if is_old else "muted"
        elif name == "tenant":
            tenant = watch.job.tenant
            text, style = _fit((context.tenants or {}).get(tenant, tenant), width), "muted"
        else:
            text, style = _fit(each.column.text(watch) if each.column.text else "", width), "muted"
        if is_old and name != "time":
            style = "stale"
        spans.append((text if place == last else f"{text} ", style))
    return tuple(spans)


_TONES = {kind: tone.name.lower() for kind, tone in VERDICT_TONES.items()}
_STATUSES = {kind: f"{GLYPHS[kind]} {word}" for kind, word in WORDS.items()}
_QUIET = {VerdictKind.DONE, VerdictKind.RUNNING}


def _gap(place: int, placed: Sequence[Placed]) -> str:
    return " " if place < len(placed) - 1 else ""


def _fit(text: str, width: int) -> str:
    """Return `fit_exact` of the text, faster for ASCII."""
    return text.ljust(width) if text.isascii() and len(text) <= width else fit_exact(text, width)


def _why(watch: WatchedJob, kind: VerdictKind, width: int, context: RowContext, *, has_order: bool) -> Span:
    """Return why a job is in its state; for a running job with a bar if there is room.

    If the row `has_order` in a column, its number is not repeated.
    """
    now = context.now
    if kind is not VerdictKind.RUNNING:
        text = first_within(why_texts(watch, None, now), width)
        if has_order:
            text = without_order(text, watch)
        return _fit(text, width), "muted" if kind is VerdictKind.DONE else "plain"
    typical = (context.typical or {}).get(watch.job.tenant)
    if context.paused_at is not None and not is_stale(watch, now):
        now = context.paused_at
    texts = why_texts(watch, typical, now)
    text = first_within(texts, width)
    if is_overdue(watch, typical, now):
        return _fit(text, width), "attention"
    eighths = progress_eighths(watch, typical, now)
    if eighths is not None and width > 8 + cells(texts[0]):
        return f"{time_bar(eighths)} {_fit(text, width - 9)}", "muted"
    return _fit(text, width), "muted"


def job_cell(watch: WatchedJob, width: int) -> str:
    """Return label and id in `width` cells: four to eight characters of the id, by the room beside the label.

    If there is no room for the beginning of the label, or no label, the id is shortened in the middle.
    """
    given, label = watch.job.id.given, watch.label
    is_roomy = width >= min(_ROOMY_LABEL_WIDTH, cells(label) + len(_SEPARATOR) + ID_WIDTH)
    separator = _SEPARATOR if is_roomy else " "
    room = width - len(separator)
    if not label or room < min(_MIN_LABEL_WIDTH, cells(label)) + _MIN_ID_WIDTH:
        return _fit(short_id(given, width) if width > ID_WIDTH else given[: max(width, 0)], width)
    id_width = min(ID_WIDTH, room - min(cells(label), max(_MIN_LABEL_WIDTH, room - ID_WIDTH)))
    kept = label if cells(label) <= room - id_width else fit_exact(label, room - id_width).rstrip()
    return f"{kept}{separator}{given[:id_width]:<{room - cells(kept)}}"
