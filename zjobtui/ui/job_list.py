"""The list pane: jobs in rows, with a header above them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from textual.binding import Binding
from textual.message import Message

from zjobtui.formatting.batches import TimeLeft
from zjobtui.formatting.symbols import GLYPHS, WORDS
from zjobtui.formatting.tenant_names import least_tenant_width, short_tenants
from zjobtui.models.batches import BatchProgress
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.job import JobRef
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.text_width import shorten_to_cells
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.batch_rows import Folds
from zjobtui.ui.columns import (
    MEASURED,
    NAMES,
    Placed,
    column_at,
    fit_columns,
    header,
    is_order_shown,
    job_row,
    measure,
)
from zjobtui.ui.job_cells import RowContext
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.styled_line import Span, Spans, cell_length
from zjobtui.ui.toast import toast

LOWEST_WITH_HEADER = 6
"""Lines of the list from which one is the header."""

_ABOVE, _BELOW, _DOT = "▲", "▼", " · "

_NEEDS_USER = (VerdictKind.FAILED, VerdictKind.ATTENTION)


NO_JOB = "No job selected."
"""What keys about a job say if there is none."""


class JobList(LineListView):
    """Show jobs in the given order.

    The cursor stays on the first row, where the most urgent job is, until the user moves it. Then its job keeps its
    line of the screen, whatever comes, goes or changes above and below it.
    """

    @dataclass
    class CursorMoved(Message):
        """The cursor moved to another job, or the list became empty."""

        job: JobRef | None

    class MarksChanged(Message):
        """Jobs were marked or unmarked."""

    class Opened(Message):
        """The user opened the job under the cursor."""

    @dataclass
    class OrderClicked(Message):
        """The user clicked on the title of a column."""

        order: SortOrder

    BINDINGS = [
        Binding("enter", "open", "open", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="list")
        self._known_tenants: frozenset[str] = frozenset()
        self._watches: tuple[WatchedJob, ...] = ()
        self._job: JobRef | None = None
        self._folded_jobs: tuple[JobRef, ...] = ()
        self.is_cursor_held = False
        """Whether the cursor stays on its job: the user has moved it there, or done something to the job."""
        self.user_moves = 0
        """How often the user has moved the cursor."""
        self.marked: frozenset[JobRef] = frozenset()
        """Jobs that the user has marked, shown or not."""
        self._last_mark: JobRef | None = None
        self._now = 0.0
        self._paused_at: float | None = None
        self._typical: TypicalByTenant = {}
        self._sorting = Sorting()
        self._is_new_view = False
        self.arrow_gap = ""
        """What is before the arrow in the header; a blank if the arrow is drawn as a letter."""
        self._columns = NAMES
        self._widths: Mapping[str, int] = {}
        self._tenants: frozenset[str] = frozenset()
        self._placed: tuple[Placed, ...] = ()
        self._placed_for: tuple[object, ...] = ()
        self._short_tenants: Mapping[str, str] = {}
        self._needing: dict[int, VerdictKind] = {}
        self._plain_titles = ("", "")
        self._title_spans: Spans = ()
        self.folds = Folds()
        """The folded batches among the rows."""
        self.time_left: Callable[[BatchProgress], TimeLeft] = lambda _: None
        """Returns when 95 % of a batch will have ended."""
        self.view_changed: Callable[[], object] = lambda: None
        """Called when other jobs may be in view; must be fast, because it delays scrolling."""

    @property
    def in_view(self) -> tuple[JobRef, ...]:
        """The jobs on screen, in order."""
        return tuple(watch.job for watch in self._watches[max(self.top, 0) : max(self.top + self.page_lines, 0)])

    @property
    def watches(self) -> tuple[WatchedJob, ...]:
        """The shown jobs, in order."""
        return self._watches

    @property
    def row(self) -> WatchedJob | None:
        """The job of the row under the cursor, which may be that of a folded batch."""
        return self._watches[self.cursor] if self._watches else None

    @property
    def selected(self) -> WatchedJob | None:
        """The job under the cursor; None if that is a folded batch."""
        return None if self.selected_fold is not None else self.row

    @property
    def selected_fold(self) -> BatchProgress | None:
        """The folded batch under the cursor."""
        return self.folds.batch_of(self.row)

    @property
    def jobs(self) -> Iterable[WatchedJob]:
        """The shown jobs, with those of folded batches, in order."""
        return self.folds.jobs_of_rows(self._watches)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that are shown as far as they fit, in order."""
        return self._columns

    @columns.setter
    def columns(self, names: tuple[str, ...]) -> None:
        self._columns = names
        if self.is_mounted:
            self.refresh_changed()

    @property
    def is_order_shown(self) -> bool:
        """Whether the header shows how the list is sorted."""
        return bool(self.header_lines) and is_order_shown(self._fit(), self._sorting)

    def set_view(self, sorting: Sorting, *, is_new: bool) -> None:
        """Set the sort order and the typical times.

        If the user has just chosen the order or a filter (`is_new`), columns may get narrower, and rows move on the
        screen.
        """
        if is_new:
            self._widths = {}
        self._is_new_view = is_new
        self._sorting, self._typical = sorting, sorting.typical

    def show_tenants(self, names: Iterable[str]) -> None:
        """Show the tenant of each job, in so many cells that all `names` differ; not if there are none."""
        if (known := frozenset(names)) != self._known_tenants:
            self._known_tenants = known
            self._tenants, self._widths = frozenset(), {}
            self._measure(())
            if self.is_mounted:
                self.refresh_changed()

    def show(
        self,
        watches: tuple[WatchedJob, ...],
        now: float,
        paused_at: float | None,
        folds: Folds | None = None,
    ) -> None:
        """Show jobs and folded batches; the cursor stays on its job, and the job at its place on the screen."""
        has_folds = bool(self.folds or folds)
        self.folds = folds or Folds()
        before, is_same_pause = self._watches, paused_at == self._paused_at
        self._watches, self._now, self._paused_at = watches, now, paused_at
        changed = {index for index, (a, b) in enumerate(zip(before, watches, strict=False)) if a is not b}
        if len(before) == len(watches) and all(before[index].job == watches[index].job for index in changed):
            has_same_widths = self._measure([watches[index] for index in changed])
            self._find_needing(range(len(watches)) if has_folds else changed)
            self.refresh_changed(changed if is_same_pause and has_same_widths and not has_folds else None)
            if has_folds:
                self._post_cursor_moved()
            return
        known = {id(watch) for watch in before} if self._widths else set()
        self._measure([watch for watch in watches if id(watch) not in known])
        self._needing.clear()
        self._find_needing(range(len(watches)))
        if not self.is_cursor_held:
            self.set_lines(len(watches), 0, self.top)
        elif self._is_new_view:
            cursor, _ = self._follow(before, self.cursor)
            is_at_top = self.top <= 0 and cursor < self.page_lines
            self.set_lines(len(watches), cursor, 0 if is_at_top else cursor - (self.cursor - self.top))
        else:
            self._show_anchored(before)
        self._post_cursor_moved()
        self.view_changed()

    def _show_anchored(self, before: Sequence[WatchedJob]) -> None:
        """Keep the selected row at its place on the screen, or the first row in view if that is not in view."""
        cursor, top = self.cursor, self.top
        new_cursor, line = self._follow(before, cursor)
        if top <= cursor < top + self.page_lines:
            new_top = new_cursor - (line - top)
        else:
            new_first, line = self._follow(before, max(top, 0))
            new_top = new_first - (line - top)
        self.set_lines(len(self._watches), new_cursor, new_top, is_anchored=True)

    def _follow(self, before: Sequence[WatchedJob], index: int) -> tuple[int, int]:
        """Return the index of a row's job now, and the index before whose line of the screen it keeps.

        If the job is gone, the next remaining row stands in for it, or else the previous one, which keeps its own line.
        """
        if not before or not self._watches:
            return 0, 0
        job = before[index].job
        found = next((place for place, watch in enumerate(self._watches) if watch.job is job), None)
        if found is not None:
            return found, index
        places = {watch.job: place for place, watch in enumerate(self._watches)}
        order = (*range(index, len(before)), *range(index - 1, -1, -1))
        left = next((place for place in order if before[place].job in places), None)
        return (0, 0) if left is None else (places[before[left].job], min(left, index))

    def hold_cursor(self) -> None:
        """Keep the cursor on its job from now on, whatever comes above it."""
        self.is_cursor_held = True

    def release_cursor(self) -> None:
        """Let the cursor stay on the first row, whichever job that is."""
        self.is_cursor_held = False

    def return_to_top(self) -> None:
        """Show the first row, with the cursor on it from now on."""
        self.release_cursor()
        self.set_lines(self.count, 0, 0)
        self._post_cursor_moved()
        self.view_changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the rows that came into view, and call `view_changed`."""
        super().watch_scroll_y(old_value, new_value)
        self._show_titles()
        self.view_changed()

    def on_resize(self) -> None:
        """Call `view_changed`; Textual calls the handler of the base class, too."""
        self._show_titles()
        self.view_changed()

    def tick(self, now: float, paused_at: float | None) -> None:
        """Draw what has changed with time."""
        self._now, self._paused_at = now, paused_at
        self.refresh_changed()

    def line(self, index: int) -> Spans:
        """Return the row at `index`."""
        watch, placed = self._watches[index], self._fit()
        if (batch := self.folds.batch_of(watch)) is not None:
            return self.folds.render(batch, self.time_left(batch), self._now, self.line_width, self.marked)
        has_order = any(each.column.name == "order" for each in placed)
        context = RowContext(self._now, self._paused_at, self._typical, self._short_tenants, has_order)
        return job_row(watch, placed, context, is_marked=watch.job in self.marked)

    @property
    def header_lines(self) -> int:
        """One line, unless the list is very low."""
        return int(self.view_size.height >= LOWEST_WITH_HEADER)

    def header(self) -> Spans:
        """Return the titles of the columns."""
        return header(self._fit(), self._sorting, self.arrow_gap)

    def header_clicked(self, x: int) -> None:
        """Sort by the clicked column."""
        if (column := column_at(self._fit(), x)) is not None and column.order is not None:
            self.post_message(self.OrderClicked(column.order))

    def set_list_titles(self, title: str, subtitle: str) -> None:
        """Set the titles in the border; the upper one ends with `news`, unless the list is too low for a header."""
        self._plain_titles = title, subtitle
        self._show_titles()

    def _show_titles(self) -> None:
        title, subtitle = self._plain_titles
        self._title_spans = self._with_news(title) if self.header_lines else ((title, ""),)
        self.set_titles(self._title_spans, subtitle)

    def _with_news(self, title: str) -> Spans:
        """Return the title with `news`, in few words or cut if both do not fit into the border."""
        whole, brief = (
            tuple(part for span in self.news(is_brief=is_brief) for part in ((_DOT, ""), span))
            for is_brief in (False, True)
        )
        if cell_length(((title, ""), *whole)) <= self.title_room:
            return ((title, ""), *whole)
        room = self.title_room - cell_length(brief)
        return ((shorten_to_cells(title, room), ""), *brief) if room > 0 else ((title, ""),)

    def news(self, *, is_brief: bool = False) -> Spans:
        """Return what needs the user, is unread, and is above the rows in view, and what is below them."""
        spans: list[Span] = []
        for sign, indexes in ((_ABOVE, self._needing_above()), (_BELOW, self._needing_below())):
            numbers = {kind: sum(self._needing[index] is kind for index in indexes) for kind in _NEEDS_USER}
            new = [(kind, number) for kind, number in numbers.items() if number]
            brief = " ".join(f"{GLYPHS[kind]} {number:,}" for kind, number in new)
            text = brief if is_brief else ", ".join(f"{number:,} new {WORDS[kind]}" for kind, number in new)
            if text:
                spans.append((f"{sign} {text}", "bad" if numbers[VerdictKind.FAILED] else "attention"))
        return tuple(spans)

    def title_clicked(self, x: int) -> None:
        """Go to the first of what needs the user, above or below the rows in view, if that part was clicked."""
        end = 0
        for text, _ in self._title_spans:
            start, end = end, end + cell_length(((text, ""),))
            if start <= x < end and text[:1] in {_ABOVE, _BELOW}:
                if indexes := self._needing_above() if text[0] == _ABOVE else self._needing_below():
                    self.go_to(min(indexes))
                return

    def _needing_above(self) -> list[int]:
        top = self.top
        return [index for index in self._needing if index < top]

    def _needing_below(self) -> list[int]:
        end = self.top + self.page_lines
        return [index for index in self._needing if index >= end]

    def _find_needing(self, indexes: Iterable[int]) -> None:
        """Update which rows are unread and need the user."""
        for index in indexes:
            watch = self._watches[index]
            needing = [
                job for job in self.folds.jobs_of_row(watch) if job.verdict.kind in _NEEDS_USER and job.is_unread
            ]
            if needing:
                self._needing[index] = min((job.verdict.kind for job in needing), key=_NEEDS_USER.index)
            else:
                self._needing.pop(index, None)

    def _measure(self, watches: Sequence[WatchedJob]) -> bool:
        """Make columns as wide as these jobs need, all jobs if none is measured; return whether nothing has changed."""
        before = self._widths
        watches = watches if before else self._watches
        rows = [measure(watch) for watch in watches]
        if not rows:
            return True
        widest = dict(zip(MEASURED, map(max, zip(*rows, strict=True)), strict=True))
        self._widths = {name: max(width, before.get(name, 0)) for name, width in widest.items()}
        if self._known_tenants:
            self._tenants |= {watch.job.tenant for watch in watches}
        return self._widths == before

    def _fit(self) -> tuple[Placed, ...]:
        """Return the columns that fit, computed when anything has changed of which they depend."""
        key = (self.line_width, self._columns, self._widths, self._tenants, self._known_tenants)
        if key != self._placed_for:
            self._placed_for = key
            tenants = self._tenants | self._known_tenants
            natural_widths = {**dict.fromkeys(MEASURED, 0), **self._widths}
            if not self._known_tenants:
                natural_widths["tenant"] = 0
            self._placed = fit_columns(
                self._columns, natural_widths, self.line_width, min_tenant_width=least_tenant_width(tenants)
            )
            width = next((each.width for each in self._placed if each.column.name == "tenant"), 0)
            self._short_tenants = (short_tenants(tenants, width) if width else None) or {}
        return self._placed

    def cursor_moved(self) -> None:
        """Post the move, and keep the cursor on this job from now on."""
        self.hold_cursor()
        self.user_moves += 1
        self._post_cursor_moved()

    def activate_line(self) -> None:
        """Open the job or the folded batch under the cursor."""
        self.post_message(self.Opened())

    def action_open(self) -> None:
        """Open the job under the cursor."""
        if self._watches:
            self.activate_line()

    def toggle_mark(self) -> None:
        """Mark or unmark the job under the cursor, and go to the next."""
        if (watch := self.row) is not None:
            self._last_mark, jobs = watch.job, {each.job for each in self.folds.jobs_of_row(watch)}
            self.set_marked(self.marked - jobs if jobs <= self.marked else self.marked | jobs)
            self.action_move(1)
        else:
            toast(self.app, NO_JOB)

    def mark_range(self) -> None:
        """Mark all jobs from the last marked one to the one under the cursor."""
        jobs = [watch.job for watch in self._watches]
        if jobs and self._last_mark in jobs:
            first, last = sorted((jobs.index(self._last_mark), self.cursor))
            rows = self._watches[first : last + 1]
            self.set_marked(self.marked.union(watch.job for watch in self.folds.jobs_of_rows(rows)))
        else:
            toast(self.app, "Mark a job with space first; then V marks all jobs up to the cursor.")

    def toggle_all_marks(self) -> None:
        """Mark all shown jobs, or unmark all jobs if they are marked already."""
        shown = {watch.job for watch in self.jobs}
        if not shown:
            toast(self.app, NO_JOB)
        self.set_marked(frozenset() if shown <= self.marked else self.marked | shown)

    def go_to_next_unread(self) -> None:
        """Go to the next unread job, first to those that need the user: above the rows in view, then below the cursor.

        After the last row follows the first.
        """
        if above := self._needing_above():
            self.go_to(min(above))
            return
        order = [*range(self.cursor + 1, self.count), *range(self.cursor)]
        needing = (index for index in order if index in self._needing)
        rows = (index for index in order if any(job.is_unread for job in self.folds.jobs_of_row(self._watches[index])))
        unread = next(chain(needing, rows), None)
        if unread is not None:
            self.go_to(unread)
        else:
            toast(self.app, "No other unread jobs.")

    def go_to_next_job(self) -> None:
        """Go to the job below."""
        self._step_job(1)

    def go_to_previous_job(self) -> None:
        """Go to the job above."""
        self._step_job(-1)

    def _step_job(self, step: int) -> None:
        if self.count:
            self.action_move(step)
        else:
            toast(self.app, NO_JOB)

    def move_cursor_to(self, job: JobRef) -> bool:
        """Move the cursor to a job, or to the folded batch that it is in; return whether it is shown."""
        job = self.folds.find_row(job)
        index = next((index for index, watch in enumerate(self._watches) if watch.job == job), None)
        if index is not None:
            self.go_to(index)
        return index is not None

    def set_marked(self, jobs: frozenset[JobRef]) -> None:
        """Mark these jobs, and unmark all others."""
        self.marked = jobs
        self.refresh_changed()
        self.post_message(self.MarksChanged())

    def _post_cursor_moved(self) -> None:
        job, batch = self.row.job if self.row else None, self.selected_fold
        folded = tuple(watch.job for watch in batch.jobs) if batch is not None else ()
        if (job, folded) != (self._job, self._folded_jobs):
            self._job, self._folded_jobs = job, folded
            self.post_message(self.CursorMoved(job))
