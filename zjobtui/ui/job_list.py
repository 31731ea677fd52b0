"""The list pane and its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len
from textual.binding import Binding
from textual.message import Message

from zjobtui.formatting.job import TONES, TimeText, time_text
from zjobtui.formatting.symbols import GLYPHS, WORDS, short_id
from zjobtui.models.job import JobRef
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.styled_line import Span, Spans, fit_exact
from zjobtui.ui.toast import toast

_SIGN_WIDTH, _WORD_WIDTH, _SHORT_TIME_WIDTH, _LONG_TIME_WIDTH = 4, 10, 10, 20
_MIN_NAME_WIDTH, _NAME_WIDTH = 10, 18
_MIN_ORDER_WIDTH, _ORDER_WIDTH, _ACCOUNT_WIDTH = 11, 13, 12

_TENANT_WIDTH = 4
"""Cells of the tenant's name that take precedence over the order number."""

_SEPARATOR_WIDTH = 3
"""Cells between tenant and name."""

MARK_SIGN, UNREAD_SIGN = "◆", "●"


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns in cells, including the blank after each; a column of width 0 is not shown."""

    name: int
    word: int = 0
    order: int = 0
    account: int = 0
    time: int = 0

    @property
    def has_long_time(self) -> bool:
        """Whether there is room for the long form of times."""
        return self.time == _LONG_TIME_WIDTH


@lru_cache(maxsize=4)
def fit_columns(width: int, *, show_tenants: bool = False) -> Columns:
    """Return the columns for a row of `width` cells: sign and name, then what fits, in order of importance.

    The order is: time, verdict, tenant, order number, more of the name, account, the long form of the time.
    """
    room = width - _SIGN_WIDTH - _MIN_NAME_WIDTH
    tenant = _TENANT_WIDTH + _SEPARATOR_WIDTH if show_tenants else 0

    def take(cells: int, minimum: int = 0) -> int:
        nonlocal room
        taken = min(cells, room) if room >= (minimum or cells) else 0
        room -= taken
        return taken

    time, word = take(_SHORT_TIME_WIDTH), take(_WORD_WIDTH)
    name = take(tenant, 1)
    order = take(_MIN_ORDER_WIDTH)
    name += take(_NAME_WIDTH - _MIN_NAME_WIDTH - name, 1)
    order += take(_ORDER_WIDTH - _MIN_ORDER_WIDTH) if order else 0
    account = take(_ACCOUNT_WIDTH) if order else 0
    if room >= 2 * (_LONG_TIME_WIDTH - _SHORT_TIME_WIDTH):
        time += take(_LONG_TIME_WIDTH - _SHORT_TIME_WIDTH)
    return Columns(max(min(_MIN_NAME_WIDTH, width - _SIGN_WIDTH), 0) + name + max(room, 0), word, order, account, time)


def job_row(watch: WatchedJob, columns: Columns, time: TimeText, *, is_marked: bool = False, tenant: str = "") -> Spans:
    """Return the row of a job, starting with the sign for marked or unread.

    `tenant` is shown before the name unless it is empty. A stale row is dimmed except for its time.
    """
    kind, digest = watch.verdict.kind, watch.digest
    sign = f"{GLYPHS[kind]} {WORDS[kind]:<{columns.word}}" if columns.word else f"{GLYPHS[kind]} "
    spans: list[Span] = [(sign, TONES[kind].name.lower())]
    spans.append((_cell(_name(watch, columns.name - 1, tenant), columns.name), _name_tone(kind)))
    if columns.order:
        order = (digest.order_number or digest.kind) if digest else ""
        spans.append((_cell(order or "–", columns.order), "muted"))
    if columns.account:
        spans.append((_cell((digest.account_number if digest else "") or "–", columns.account), "muted"))
    if time.is_stale:
        spans = [(text, "stale") for text, _ in spans]
    return (_mark(watch, spans[0][1], is_marked=is_marked), *spans, _time(time, columns))


def _cell(text: str, width: int) -> str:
    """Return the text in `width` cells, with a blank at the end."""
    return fit_exact(fit_exact(text, width - 1) if cell_len(text) >= width > 1 else text, width)


def _mark(watch: WatchedJob, tone: str, *, is_marked: bool) -> Span:
    if is_marked:
        return f"{MARK_SIGN} ", "key"
    return f"{UNREAD_SIGN if watch.is_unread else ' '} ", tone


def _name(watch: WatchedJob, width: int, tenant: str) -> str:
    """Return the label, or the shortened id, after as much of the tenant as fits."""
    job_id = watch.job.id.given
    minimum = min(cell_len(watch.label) or _MIN_NAME_WIDTH, _MIN_NAME_WIDTH) - 1
    room = width - minimum - _SEPARATOR_WIDTH
    before = f"{fit_exact(tenant, min(cell_len(tenant), room))} · " if tenant and room > 1 else ""
    return before + (watch.label or short_id(job_id, max(width - cell_len(before), _MIN_NAME_WIDTH - 1)))


def _name_tone(kind: Kind) -> str:
    return "plain" if kind in {Kind.DONE, Kind.RUNNING} else "strong"


def _time(time: TimeText, columns: Columns) -> Span:
    if not columns.time:
        return "", "plain"
    text = time.text if columns.has_long_time else time.short
    return " " * (columns.time - cell_len(text)) + text, "attention" if time.is_stale else "muted"


class JobList(LineListView):
    """Show jobs in the given order.

    The cursor stays on the first row, where the most urgent job is, until the user moves it.
    """

    @dataclass
    class CursorMoved(Message):
        """The cursor moved to another job, or the list became empty."""

        job: JobRef | None

    class MarksChanged(Message):
        """Jobs were marked or unmarked."""

    class Opened(Message):
        """The user opened the job under the cursor."""

    BINDINGS = [
        Binding("enter", "open", "open", show=False),
    ]

    def __init__(self, *, show_tenants: bool = False) -> None:
        super().__init__(id="list")
        self._show_tenants = show_tenants
        self._watches: tuple[WatchedJob, ...] = ()
        self._job: JobRef | None = None
        self.user_moved_cursor = False
        """Whether the user has moved the cursor."""
        self.marked: frozenset[JobRef] = frozenset()
        """Jobs that the user has marked, shown or not."""
        self._last_mark: JobRef | None = None
        self._now = 0.0
        self._paused_at: float | None = None
        self._drawn_times: dict[int, TimeText] = {}
        self.view_changed: Callable[[], object] = lambda: None
        """Called when other jobs may be in view; must be fast, because it delays scrolling."""

    @property
    def in_view(self) -> tuple[JobRef, ...]:
        """The jobs on screen, in order."""
        top = self.scroll_offset.y
        return tuple(watch.job for watch in self._watches[top : top + self.page_lines])

    @property
    def watches(self) -> tuple[WatchedJob, ...]:
        """The shown jobs, in order."""
        return self._watches

    @property
    def selected(self) -> WatchedJob | None:
        """The job under the cursor."""
        return self._watches[self.cursor] if self._watches else None

    def show(self, watches: tuple[WatchedJob, ...], now: float, paused_at: float | None) -> None:
        """Show jobs; the cursor stays on its job, and the job at its place on the screen."""
        before, is_same_pause = self._watches, paused_at == self._paused_at
        self._watches, self._now, self._paused_at = watches, now, paused_at
        changed = {index for index, (a, b) in enumerate(zip(before, watches, strict=False)) if a is not b}
        if len(before) == len(watches) and all(before[index].job == watches[index].job for index in changed):
            self.refresh_changed(changed if is_same_pause else None)
            return
        offset = self.cursor - self.scroll_offset.y
        cursor = self._cursor_index() if self.user_moved_cursor else 0
        at_top = self.scroll_offset.y == 0 and cursor < self.page_lines
        self.set_lines(len(watches), cursor, 0 if at_top else cursor - offset)
        self._post_cursor_moved()
        self.view_changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the rows that came into view, and call `view_changed`."""
        super().watch_scroll_y(old_value, new_value)
        self.view_changed()

    def on_resize(self) -> None:
        """Call `view_changed`; Textual calls the handler of the base class, too."""
        self.view_changed()

    def tick(self, now: float, paused_at: float | None) -> None:
        """Draw the ages that have changed with time."""
        self._now, self._paused_at = now, paused_at
        top = self.scroll_offset.y
        in_view = range(top, min(top + self.page_lines, self.count))
        self.refresh_changed({index for index in in_view if self._time_text(index) != self._drawn_times.get(index)})

    def line(self, index: int) -> Spans:
        """Return the row at `index`."""
        columns = fit_columns(self.line_width, show_tenants=self._show_tenants)
        watch = self._watches[index]
        tenant = watch.job.tenant if self._show_tenants else ""
        time = self._drawn_times[index] = self._time_text(index)
        return job_row(watch, columns, time, is_marked=watch.job in self.marked, tenant=tenant)

    def _time_text(self, index: int) -> TimeText:
        return time_text(self._watches[index], self._now, self._paused_at, by_minute=True)

    def cursor_moved(self) -> None:
        """Post the move, and keep the cursor on this job from now on."""
        self.user_moved_cursor = True
        self._post_cursor_moved()

    def activate_line(self) -> None:
        """Open the job under the cursor."""
        self.post_message(self.Opened())

    def action_open(self) -> None:
        """Open the job under the cursor."""
        if self._watches:
            self.activate_line()

    def action_mark(self) -> None:
        """Mark or unmark the job under the cursor, and go to the next."""
        if (watch := self.selected) is not None:
            self._last_mark = watch.job
            self.set_marked(self.marked ^ {watch.job})
            self.action_move(1)

    def action_mark_range(self) -> None:
        """Mark all jobs from the last marked one to the one under the cursor."""
        jobs = [watch.job for watch in self._watches]
        if jobs and self._last_mark in jobs:
            first, last = sorted((jobs.index(self._last_mark), self.cursor))
            self.set_marked(self.marked.union(jobs[first : last + 1]))
        else:
            toast(self.app, "Mark a job with space first; then V marks all jobs up to the cursor.")

    def action_mark_all(self) -> None:
        """Mark all shown jobs, or unmark all jobs if they are marked already."""
        shown = {watch.job for watch in self._watches}
        self.set_marked(frozenset() if shown <= self.marked else self.marked | shown)

    def action_next_unread(self) -> None:
        """Go to the next unread job."""
        order = [*range(self.cursor + 1, self.count), *range(self.cursor)]
        unread = next((index for index in order if self._watches[index].is_unread), None)
        if unread is not None:
            self.go_to(unread)
        else:
            toast(self.app, "No other unread jobs.")

    def action_next_job(self) -> None:
        """Go to the job below."""
        self.action_move(1)

    def action_previous_job(self) -> None:
        """Go to the job above."""
        self.action_move(-1)

    def move_cursor_to(self, job: JobRef) -> bool:
        """Move the cursor to a job; return whether the job is shown."""
        index = next((index for index, watch in enumerate(self._watches) if watch.job == job), None)
        if index is not None:
            self.go_to(index)
        return index is not None

    def set_marked(self, jobs: frozenset[JobRef]) -> None:
        """Mark exactly these jobs."""
        self.marked = jobs
        self.refresh_changed()
        self.post_message(self.MarksChanged())

    def _cursor_index(self) -> int:
        return next((index for index, watch in enumerate(self._watches) if watch.job == self._job), self.cursor)

    def _post_cursor_moved(self) -> None:
        selected = self.selected
        job = selected.job if selected else None
        if job != self._job:
            self._job = job
            self.post_message(self.CursorMoved(job))
