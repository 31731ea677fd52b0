"""The list of jobs, a row each; the cursor belongs to a job and stays with it whatever else changes."""

from dataclasses import dataclass

from textual.binding import Binding
from textual.message import Message

from zjobtui.domain.job import Job
from zjobtui.domain.watch import Watch
from zjobtui.ui.lines_view import LinesView
from zjobtui.ui.rows import columns_for, row_of
from zjobtui.ui.spans import Spans


class JobList(LinesView):
    """Shows watches in the order in which it is given them.

    Until a person has moved the cursor it stays on the first row, where the most urgent job is.
    """

    @dataclass
    class Moved(Message):
        """The cursor is on another job, or on none."""

        job: Job | None

    class Chosen(Message):
        """A person wants to read about the job under the cursor."""

    BINDINGS = [Binding("enter", "choose", "read", show=False)]

    def __init__(self) -> None:
        super().__init__(id="list")
        self.border_title = _title(0)
        self._watches: tuple[Watch, ...] = ()
        self._job: Job | None = None
        self._is_placed = False
        self._now = 0.0
        self._held_at: float | None = None

    @property
    def selected(self) -> Watch | None:
        """The watch under the cursor."""
        return self._watches[self.cursor] if self._watches else None

    def show(self, watches: tuple[Watch, ...], now: float, held_at: float | None) -> None:
        """Takes new watches; the cursor stays with its job and the job at its place on the screen."""
        before = self._watches
        self._watches, self._now, self._held_at = watches, now, held_at
        if len(before) == len(watches) and all(a.job == b.job for a, b in zip(before, watches, strict=True)):
            self.redraw_changed()
            return
        offset = self.cursor - self.scroll_offset.y
        cursor = self._where() if self._is_placed else 0
        at_top = self.scroll_offset.y == 0 and cursor < self.page_lines
        self.reset(len(watches), cursor, 0 if at_top else cursor - offset)
        self.border_title = _title(len(watches))
        self._tell_moved()

    def tick(self, now: float, held_at: float | None) -> None:
        """Lets time pass: draws the ages that read differently now."""
        self._now, self._held_at = now, held_at
        self.redraw_changed()

    def line(self, index: int) -> Spans:
        """The row at `index`."""
        columns = columns_for(self.scrollable_content_region.width)
        return row_of(self._watches[index], columns, self._now, self._held_at)

    def cursor_moved(self) -> None:
        """Tells that another job is selected."""
        self._is_placed = True
        self._tell_moved()

    def chosen(self) -> None:
        """Tells that a person wants to read."""
        self.post_message(self.Chosen())

    def action_choose(self) -> None:
        """Goes to what is known of the job under the cursor."""
        if self._watches:
            self.chosen()

    def _where(self) -> int:
        return next((index for index, watch in enumerate(self._watches) if watch.job == self._job), self.cursor)

    def _tell_moved(self) -> None:
        selected = self.selected
        job = selected.job if selected else None
        if job != self._job:
            self._job = job
            self.post_message(self.Moved(job))


def _title(count: int) -> str:
    return f"Jobs · {count:,} · by urgency"
