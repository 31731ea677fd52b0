"""Cells of a row of the list: what each shows of a job in a given width, and the width that it would take."""

from collections.abc import Mapping

from msgspec import Struct

from zjobtui.formatting.job import VERDICT_TONES, row_time
from zjobtui.formatting.symbols import GLYPHS, WORDS, short_id, time_bar
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.text_width import cells
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.models.why import first_within, is_overdue, progress_eighths, settled_why, why_texts, without_order
from zjobtui.ui.styled_line import Span, fit_exact

ID_WIDTH = 8
"""Characters of the id that are shown, beside a label if there is room."""

_MIN_ID_WIDTH = 4
"""Characters of the id that are shown beside a label if there is no room for more."""

_MIN_LABEL_WIDTH = 8
"""Cells of a label before more than the minimum of the id is shown: most labels begin with the number of a ticket."""

NARROW_LABEL_WIDTH = _MIN_LABEL_WIDTH + 1 + _MIN_ID_WIDTH

_ROOMY_LABEL_WIDTH = 20
"""Cells of label and id from which on a dot is between them, also if the label is cut."""

_SEPARATOR = " · "
STATUS_WIDTH = 11
_PROGRESS_WIDTH = 31
"""Cells of the progress of a running job, always reserved, so that no column moves when a job ends."""


def label_width(watch: WatchedJob) -> int:
    """Return the cells of label and id; 0 without a label."""
    return cells(watch.label) + len(_SEPARATOR) + min(len(watch.job.id.given), ID_WIDTH) if watch.label else 0


def job_width(watch: WatchedJob) -> int:
    """Return the cells of label and id, or of the whole id without a label."""
    return label_width(watch) or len(watch.job.id.given)


def tenant_width(watch: WatchedJob) -> int:
    """Return the cells of the tenant."""
    return cells(watch.job.tenant)


def why_width(watch: WatchedJob) -> int:
    """Return the cells of why a job is in its state, those of the progress at least."""
    if watch.is_final or watch.verdict.kind is VerdictKind.UNKNOWN:
        return max(_PROGRESS_WIDTH, cells(settled_why(watch)))
    return max(_PROGRESS_WIDTH, cells(watch.digest.status) if watch.digest else 0)


class RowContext(Struct, frozen=True):
    """What a row shows beside its job: `now` and `paused_at` in seconds since the epoch, UTC."""

    now: float
    paused_at: float | None = None
    typical: TypicalByTenant | None = None
    tenants: Mapping[str, str] | None = None
    """Short names of the tenants, if their full ones do not fit."""
    has_order: bool = False
    """Whether the row has a column of the order, whose number is then not repeated."""


_STATUSES = {kind: f"{GLYPHS[kind]} {word}" for kind, word in WORDS.items()}
_TONES = {kind: tone.name.lower() for kind, tone in VERDICT_TONES.items()}
_QUIET = {VerdictKind.DONE, VerdictKind.RUNNING}


def verdict_tone(watch: WatchedJob, now: float) -> str:
    """Return the tone of a job's verdict, or that of a stale job."""
    return "stale" if is_stale(watch, now) else _TONES[watch.verdict.kind]


def status_cell(watch: WatchedJob, width: int, context: RowContext) -> Span:
    """Return sign and word of the verdict, or the sign alone."""
    kind = watch.verdict.kind
    return fit_cell(_STATUSES[kind] if width >= STATUS_WIDTH else GLYPHS[kind], width), verdict_tone(watch, context.now)


def job_cell(watch: WatchedJob, width: int, _: RowContext) -> Span:
    """Return label and id."""
    return _label_and_id(watch, width), "plain" if watch.verdict.kind in _QUIET else "strong"


def tenant_cell(watch: WatchedJob, width: int, context: RowContext) -> Span:
    """Return the tenant."""
    tenant = watch.job.tenant
    return fit_cell((context.tenants or {}).get(tenant, tenant), width), "muted"


def time_cell(watch: WatchedJob, width: int, context: RowContext) -> Span:
    """Return for how long a job has been running, or when it ended."""
    is_old = is_stale(watch, context.now)
    text = row_time(watch, context.now, context.paused_at, is_old=is_old)
    return text.rjust(width), "attention" if is_old else "muted"


def why_cell(watch: WatchedJob, width: int, context: RowContext) -> Span:
    """Return why a job is in its state; for a running job with a bar if there is room."""
    kind, now = watch.verdict.kind, context.now
    if kind is not VerdictKind.RUNNING:
        text = first_within(why_texts(watch, None, now), width)
        if context.has_order:
            text = without_order(text, watch)
        return fit_cell(text, width), "muted" if kind is VerdictKind.DONE else "plain"
    typical = (context.typical or {}).get(watch.job.tenant)
    if context.paused_at is not None and not is_stale(watch, now):
        now = context.paused_at
    texts = why_texts(watch, typical, now)
    text = first_within(texts, width)
    if is_overdue(watch, typical, now):
        return fit_cell(text, width), "attention"
    eighths = progress_eighths(watch, typical, now)
    if eighths is not None and width > 8 + cells(texts[0]):
        return f"{time_bar(eighths)} {fit_cell(text, width - 9)}", "muted"
    return fit_cell(text, width), "muted"


def _label_and_id(watch: WatchedJob, width: int) -> str:
    """Return label and id in `width` cells: four to eight characters of the id, by the room beside the label.

    If there is no room for the beginning of the label, or no label, the id is shortened in the middle.
    """
    given, label = watch.job.id.given, watch.label
    is_roomy = width >= min(_ROOMY_LABEL_WIDTH, cells(label) + len(_SEPARATOR) + ID_WIDTH)
    separator = _SEPARATOR if is_roomy else " "
    room = width - len(separator)
    if not label or room < min(_MIN_LABEL_WIDTH, cells(label)) + _MIN_ID_WIDTH:
        return fit_cell(short_id(given, width) if width > ID_WIDTH else given[: max(width, 0)], width)
    id_width = min(ID_WIDTH, room - min(cells(label), max(_MIN_LABEL_WIDTH, room - ID_WIDTH)))
    kept = label if cells(label) <= room - id_width else fit_exact(label, room - id_width).rstrip()
    return f"{kept}{separator}{given[:id_width]:<{room - cells(kept)}}"


def fit_cell(text: str, width: int) -> str:
    """Return `fit_exact` of the text, faster for ASCII."""
    return text.ljust(width) if text.isascii() and len(text) <= width else fit_exact(text, width)
