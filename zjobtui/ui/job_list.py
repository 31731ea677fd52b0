"""The list of jobs: its rows, and the pane that draws them."""

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

_SIGN, _WORD, _SHORT_WHEN, _LONG_WHEN = 4, 10, 10, 20
_LEAST_NAME, _NAME = 10, 18
_LEAST_ORDER, _ORDER, _ACCOUNT = 11, 13, 12

_TENANT = 4
"""Cells of a tenant's name that are worth more than the order number."""

_LINK = 3
"""Cells between a tenant and a name."""

MARKED, UNSEEN = "◆", "●"


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns in cells, the blank after it included; one of 0 is not shown."""

    name: int
    word: int = 0
    order: int = 0
    account: int = 0
    time_text: int = 0

    @property
    def has_long_when(self) -> bool:
        """Whether there is room to say times in full."""
        return self.when == _LONG_WHEN


@lru_cache(maxsize=4)
def columns_for(width: int, *, are_tenants_named: bool = False) -> Columns:
    """The columns for a row of `width` cells: sign and name, then as they fit, in the order of their importance.

    That is: the time, the verdict's word, the tenant where there are several, the order number, more of the name, the
    account, the time in full.
    """
    room = width - _SIGN - _LEAST_NAME
    tenant = _TENANT + _LINK if are_tenants_named else 0

    def take(cells: int, least: int = 0) -> int:
        nonlocal room
        taken = min(cells, room) if room >= (least or cells) else 0
        room -= taken
        return taken

    time_text, word = take(_SHORT_WHEN), take(_WORD)
    name = take(tenant, 1)
    order = take(_LEAST_ORDER)
    name += take(_NAME - _LEAST_NAME - name, 1)
    order += take(_ORDER - _LEAST_ORDER) if order else 0
    account = take(_ACCOUNT) if order else 0
    if room >= 2 * (_LONG_WHEN - _SHORT_WHEN):
        time_text += take(_LONG_WHEN - _SHORT_WHEN)
    return Columns(max(min(_LEAST_NAME, width - _SIGN), 0) + name + max(room, 0), word, order, account, time_text)


def row_of(watch: WatchedJob, columns: Columns, time: TimeText, *, is_marked: bool = False, tenant: str = "") -> Spans:
    """The row of a watch, behind its mark: marked by a person, or changed since a person last looked.

    `tenant` stands before its name where several are watched. A stale row is dimmed but for the word that says so.
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
    """The text with a blank behind it in `width` cells."""
    return fit_exact(fit_exact(text, width - 1) if cell_len(text) >= width > 1 else text, width)


def _mark(watch: WatchedJob, tone: str, *, is_marked: bool) -> Span:
    if is_marked:
        return f"{MARKED} ", "key"
    return f"{UNSEEN if watch.is_unread else ' '} ", tone


def _name(watch: WatchedJob, width: int, tenant: str) -> str:
    """The label, or the id shortened in its middle, behind the tenant as far as there is room for that."""
    given = watch.job.id.given
    least = min(cell_len(watch.label) or _LEAST_NAME, _LEAST_NAME) - 1
    room = width - least - _LINK
    before = f"{fit_exact(tenant, min(cell_len(tenant), room))} · " if tenant and room > 1 else ""
    return before + (watch.label or short_id(given, max(width - cell_len(before), _LEAST_NAME - 1)))


def _name_tone(kind: Kind) -> str:
    return "plain" if kind in {Kind.DONE, Kind.RUNNING} else "strong"


def _time(time: TimeText, columns: Columns) -> Span:
    if not columns.when:
        return "", "plain"
    text = time.text if columns.has_long_when else time.short
    return " " * (columns.when - cell_len(text)) + text, "attention" if time.is_stale else "muted"


class JobList(LineListView):
    """Shows watches in the order in which it is given them.

    Until a person has moved the cursor it stays on the first row, where the most urgent job is.
    """

    @dataclass
    class Moved(Message):
        """The cursor is on another job, or on none."""

        job: JobRef | None

    class Marked(Message):
        """Other jobs are marked than before."""

    class Chosen(Message):
        """A person wants to read about the job under the cursor."""

    BINDINGS = [
        Binding("enter", "choose", "read", show=False),
    ]

    def __init__(self, *, are_tenants_named: bool = False) -> None:
        super().__init__(id="list")
        self._are_tenants_named = are_tenants_named
        self._watches: tuple[WatchedJob, ...] = ()
        self._job: JobRef | None = None
        self.is_placed = False
        """Whether a person has moved the cursor."""
        self.marked: frozenset[JobRef] = frozenset()
        """Jobs that a person has marked, whether they are shown or not."""
        self._last_mark: JobRef | None = None
        self._now = 0.0
        self._held_at: float | None = None
        self._told: dict[int, TimeText] = {}
        self.view_changed: Callable[[], object] = lambda: None
        """Called when other jobs may be in view; it must be fast, for it holds up scrolling."""

    @property
    def in_view(self) -> tuple[JobRef, ...]:
        """The jobs of the rows on screen, in order."""
        top = self.scroll_offset.y
        return tuple(watch.job for watch in self._watches[top : top + self.page_lines])

    @property
    def watches(self) -> tuple[WatchedJob, ...]:
        """What is shown, in order."""
        return self._watches

    @property
    def selected(self) -> WatchedJob | None:
        """The watch under the cursor."""
        return self._watches[self.cursor] if self._watches else None

    def show(self, watches: tuple[WatchedJob, ...], now: float, held_at: float | None) -> None:
        """Takes new watches; the cursor stays with its job and the job at its place on the screen."""
        before, is_held_as_before = self._watches, held_at == self._held_at
        self._watches, self._now, self._held_at = watches, now, held_at
        other = {index for index, (a, b) in enumerate(zip(before, watches, strict=False)) if a is not b}
        if len(before) == len(watches) and all(before[index].job == watches[index].job for index in other):
            self.redraw_changed(other if is_held_as_before else None)
            return
        offset = self.cursor - self.scroll_offset.y
        cursor = self._where() if self.is_placed else 0
        at_top = self.scroll_offset.y == 0 and cursor < self.page_lines
        self.reset(len(watches), cursor, 0 if at_top else cursor - offset)
        self._tell_moved()
        self.view_changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the rows that came into view, and call `view_changed`."""
        super().watch_scroll_y(old_value, new_value)
        self.view_changed()

    def on_resize(self) -> None:
        """Call `view_changed`; Textual calls the handler of the base class, too."""
        self.view_changed()

    def tick(self, now: float, held_at: float | None) -> None:
        """Lets time pass: draws the ages that read differently now."""
        self._now, self._held_at = now, held_at
        top = self.scroll_offset.y
        in_view = range(top, min(top + self.page_lines, self.count))
        self.redraw_changed({index for index in in_view if self._when(index) != self._told.get(index)})

    def line(self, index: int) -> Spans:
        """The row at `index`."""
        columns = columns_for(self.line_width, are_tenants_named=self._are_tenants_named)
        watch = self._watches[index]
        tenant = watch.job.tenant if self._are_tenants_named else ""
        time = self._told[index] = self._when(index)
        return row_of(watch, columns, time, is_marked=watch.job in self.marked, tenant=tenant)

    def _when(self, index: int) -> TimeText:
        return time_text(self._watches[index], self._now, self._held_at, by_minute=True)

    def cursor_moved(self) -> None:
        """Tells that another job is selected."""
        self.is_placed = True
        self._tell_moved()

    def chosen(self) -> None:
        """Tells that a person wants to read."""
        self.post_message(self.Chosen())

    def action_choose(self) -> None:
        """Goes to what is known of the job under the cursor."""
        if self._watches:
            self.chosen()

    def action_mark(self) -> None:
        """Marks the job under the cursor, or takes its mark away, and goes on to the next."""
        if (watch := self.selected) is not None:
            self._last_mark = watch.job
            self.mark(self.marked ^ {watch.job})
            self.action_move(1)

    def action_mark_range(self) -> None:
        """Marks all from the job that was marked last to the one under the cursor."""
        jobs = [watch.job for watch in self._watches]
        if jobs and self._last_mark in jobs:
            first, last = sorted((jobs.index(self._last_mark), self.cursor))
            self.mark(self.marked.union(jobs[first : last + 1]))
        else:
            toast(self.app, "Mark one with space; V marks from there to here.")

    def action_mark_all(self) -> None:
        """Marks everything that is shown, or takes all marks away when it is marked already."""
        shown = {watch.job for watch in self._watches}
        self.mark(frozenset() if shown <= self.marked else self.marked | shown)

    def action_next_unseen(self) -> None:
        """Goes to the next job that changed since a person last looked."""
        order = [*range(self.cursor + 1, self.count), *range(self.cursor)]
        found = next((index for index in order if self._watches[index].is_unread), None)
        if found is not None:
            self.go_to(found)
        else:
            toast(self.app, "No other job has changed since you looked.")

    def action_next_job(self) -> None:
        """Goes to the job below."""
        self.action_move(1)

    def action_job_before(self) -> None:
        """Goes to the job above."""
        self.action_move(-1)

    def return_to(self, job: JobRef) -> bool:
        """Moves the cursor to a job, if that is shown, and tells whether it is."""
        index = next((index for index, watch in enumerate(self._watches) if watch.job == job), None)
        if index is not None:
            self.go_to(index)
        return index is not None

    def mark(self, jobs: frozenset[JobRef]) -> None:
        """Marks just these jobs."""
        self.marked = jobs
        self.redraw_changed()
        self.post_message(self.Marked())

    def _where(self) -> int:
        return next((index for index, watch in enumerate(self._watches) if watch.job == self._job), self.cursor)

    def _tell_moved(self) -> None:
        selected = self.selected
        job = selected.job if selected else None
        if job != self._job:
            self._job = job
            self.post_message(self.Moved(job))
