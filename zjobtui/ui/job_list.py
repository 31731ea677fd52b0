"""The list of jobs, a row each; the cursor belongs to a job and stays with it whatever else changes."""

from collections.abc import Callable
from dataclasses import dataclass

from textual.binding import Binding
from textual.message import Message

from zjobtui.domain.job import Job
from zjobtui.domain.watch import Watch
from zjobtui.ui.lines_view import LinesView
from zjobtui.ui.rows import columns_for, row_of
from zjobtui.ui.saying import say
from zjobtui.ui.spans import Spans
from zjobtui.wording.jobs import When, when


class JobList(LinesView):
    """Shows watches in the order in which it is given them.

    Until a person has moved the cursor it stays on the first row, where the most urgent job is.
    """

    @dataclass
    class Moved(Message):
        """The cursor is on another job, or on none."""

        job: Job | None

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
        self._watches: tuple[Watch, ...] = ()
        self._job: Job | None = None
        self.is_placed = False
        """Whether a person has moved the cursor."""
        self.marked: frozenset[Job] = frozenset()
        """Jobs that a person has marked, whether they are shown or not."""
        self._last_mark: Job | None = None
        self._now = 0.0
        self._held_at: float | None = None
        self._told: dict[int, When] = {}
        self.view_changed: Callable[[], object] = lambda: None
        """Called when other jobs may be in view; it must be fast, for it holds up scrolling."""

    @property
    def in_view(self) -> tuple[Job, ...]:
        """The jobs of the rows on screen, in order."""
        top = self.scroll_offset.y
        return tuple(watch.job for watch in self._watches[top : top + self.page_lines])

    @property
    def watches(self) -> tuple[Watch, ...]:
        """What is shown, in order."""
        return self._watches

    @property
    def selected(self) -> Watch | None:
        """The watch under the cursor."""
        return self._watches[self.cursor] if self._watches else None

    def show(self, watches: tuple[Watch, ...], now: float, held_at: float | None) -> None:
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

    def _when(self, index: int) -> When:
        return when(self._watches[index], self._now, self._held_at, by_minute=True)

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
            say(self.app, "Mark one with space; V marks from there to here.")

    def action_mark_all(self) -> None:
        """Marks everything that is shown, or takes all marks away when it is marked already."""
        shown = {watch.job for watch in self._watches}
        self.mark(frozenset() if shown <= self.marked else self.marked | shown)

    def action_next_unseen(self) -> None:
        """Goes to the next job that changed since a person last looked."""
        order = [*range(self.cursor + 1, self.count), *range(self.cursor)]
        found = next((index for index in order if self._watches[index].is_unseen), None)
        if found is not None:
            self.go_to(found)
        else:
            say(self.app, "No other job has changed since you looked.")

    def action_next_job(self) -> None:
        """Goes to the job below."""
        self.action_move(1)

    def action_job_before(self) -> None:
        """Goes to the job above."""
        self.action_move(-1)

    def return_to(self, job: Job) -> bool:
        """Moves the cursor to a job, if that is shown, and tells whether it is."""
        index = next((index for index, watch in enumerate(self._watches) if watch.job == job), None)
        if index is not None:
            self.go_to(index)
        return index is not None

    def mark(self, jobs: frozenset[Job]) -> None:
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
