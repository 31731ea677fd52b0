"""Failures by reason: the shown jobs that failed or need attention, grouped by what failed alike."""

from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Key
from textual.message import Message
from textual.screen import ModalScreen

from zjobtui.clock import Clock
from zjobtui.formatting.failure_groups import (
    TITLE_CELLS,
    example,
    failure_times_text,
    is_example_in_title,
    share_text,
    transience,
)
from zjobtui.models.failure_groups import FailureGroup, failure_groups
from zjobtui.models.text import shorten
from zjobtui.models.text_width import cells, fit, wrap
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.key_bar import UnboundKeys
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.styled_line import Spans

FAILURES_UPDATE_SECONDS = 1.0
"""Seconds between two looks at the shown jobs."""

_MESSAGE_LIMIT = 400
"""Characters of the example that are shown."""

_COUNT_WIDTH = 13
"""Cells of count and share."""

_BESIDE_FROM = 50
"""Cells from which texts are beside the counts, and the keys are explained in words."""


class _Line(NamedTuple):
    """A line, and the index of its group."""

    group: int
    spans: Spans


class FailureList(LineListView):
    """Show each group in a line, and below the one under the cursor its details."""

    BINDINGS = [
        Binding("enter", "choose", "show jobs", show=False),
        Binding("y", "copy", "copy ids", show=False),
    ]

    class Chosen(Message):
        """The user wants to see the jobs of a group."""

        def __init__(self, group: FailureGroup) -> None:
            super().__init__()
            self.group = group

    class CopyRequested(Chosen):
        """The user wants the ids of the jobs of a group."""

    def __init__(self) -> None:
        super().__init__(id="failures")
        self.groups: tuple[FailureGroup, ...] = ()
        self._lines: list[_Line] = []
        self._starts: list[int] = []
        self._opened = 0
        self._shown = 0
        self._now = 0.0
        self._zone: tzinfo | None = None

    def show(self, groups: Sequence[FailureGroup], shown: int, now: float, zone: tzinfo | None) -> None:
        """Show the groups of `shown` jobs; those that are on the screen already keep their order."""
        found = {group.term: group for group in groups}
        kept = [found.pop(group.term) for group in self.groups if group.term in found]
        self._shown, self._now, self._zone = shown, now, zone
        self._layout((*kept, *found.values()))

    def select(self, term: str) -> None:
        """Move the cursor to the group with this term, if there is one."""
        for number, group in enumerate(self.groups):
            if group.term == term:
                self._open(number)

    def line(self, index: int) -> Spans:
        """Return the line at `index`."""
        return self._lines[index].spans

    def activate_line(self) -> None:
        """Show the jobs of the group."""
        self.action_choose()

    def on_resize(self) -> None:
        """Wrap the texts for the new width."""
        self._layout(self.groups)

    def action_choose(self) -> None:
        """Show the jobs of the group under the cursor."""
        if self.groups:
            self.post_message(self.Chosen(self.groups[self._lines[self.cursor].group]))

    def action_copy(self) -> None:
        """Copy the ids of the group under the cursor."""
        if self.groups:
            self.post_message(self.CopyRequested(self.groups[self._lines[self.cursor].group]))

    def cursor_moved(self) -> None:
        """Open the group under the cursor, and close the one that was open."""
        if self.groups and (group := self._lines[self.cursor].group) != self._opened:
            self._open(group)

    def action_move(self, step: int) -> None:
        """Move the cursor to the next group, or by one line as long as the open group does not fit."""
        if not self.groups:
            return
        start, end = self._range(self._opened)
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.page_lines
        if step > 0 and end > bottom:
            self.go_to(bottom)
        elif step < 0 and start < top:
            self.go_to(top - 1)
        else:
            self._open(max(0, min(self._opened + step, len(self.groups) - 1)))

    def action_edge(self, which: int) -> None:
        """Move the cursor to the first or last group."""
        if self.groups:
            self._open(0 if which < 0 else len(self.groups) - 1)

    def _open(self, group: int) -> None:
        """Open a group with the cursor on its first line, and scroll until all of it is in view, if it fits."""
        self._opened = group
        self._layout(self.groups)
        start, end = self._range(group)
        top = min(start, max(self.scroll_offset.y, end - self.page_lines))
        self.set_lines(self.count, start, top)

    def _range(self, group: int) -> tuple[int, int]:
        """Return the first line of a group, and the one after its last."""
        return self._starts[group], [*self._starts[1:], len(self._lines)][group]

    def _layout(self, groups: tuple[FailureGroup, ...]) -> None:
        """Lay out the groups; cursor, open group and first line in view stay at their groups."""
        cursor, top = self._place(self.cursor), self._place(self.scroll_offset.y)
        opened = self.groups[self._opened].term if self.groups else ""
        terms = [group.term for group in groups]
        self._opened = terms.index(opened) if opened in terms else max(0, min(self._opened, len(groups) - 1))
        self.groups, width = groups, max(self.line_width, 1)
        self._lines = [
            _Line(number, spans)
            for number, group in enumerate(groups)
            for spans in (
                *_heading(group, width),
                *(_details(group, self._now, self._zone, width) if number == self._opened else ()),
            )
        ]
        self._starts = [at for at, line in enumerate(self._lines) if at == 0 or line.group != self._lines[at - 1].group]
        if not groups:
            parts = wrap(_nothing_text(self._shown), max(width - 2, 1))
            self._lines = [_Line(0, ((f" {part}", "plain"),)) for part in parts]
        self.set_lines(len(self._lines), self._index(cursor), self._index(top))
        failed = sum(group.count for group in groups)
        keys = "enter show jobs · y copy ids · esc close" if width >= _BESIDE_FROM else "enter jobs · y ids · esc"
        self.set_titles(f"Failures by reason · {failed:,} of {self._shown:,}", keys if groups else "esc close")

    def _place(self, index: int) -> tuple[str, int, int]:
        """Return a line by the term and the number of its group, and its place in the group."""
        if not self.groups or index >= len(self._lines):
            return "", 0, 0
        group = self._lines[index].group
        return self.groups[group].term, group, index - self._starts[group]

    def _index(self, place: tuple[str, int, int]) -> int:
        """Return the index of a line now; if its group is gone, that of the group in its place."""
        term, number, at = place
        for group, each in enumerate(self.groups):
            if each.term == term:
                start, end = self._range(group)
                return min(start + at, end - 1)
        return self._starts[min(number, len(self.groups) - 1)] if self.groups else 0


class FailuresScreen(ModalScreen[str | None]):
    """Show failures by reason; return the filter term of the group whose jobs the user wants to see."""

    BINDINGS = [
        Binding("escape", "dismiss", "close", priority=True),
        Binding("F", "dismiss", "close", id="failures", priority=True),
    ]

    def __init__(
        self,
        shown: Callable[[], tuple[WatchedJob, ...]],
        copy: Callable[[tuple[WatchedJob, ...]], None],
        clock: Clock,
        zone: tzinfo | None,
        selected: str = "",
    ) -> None:
        """`shown` returns the jobs to group, `copy` copies the ids of jobs, `selected` is the term of a group."""
        super().__init__()
        self._selected = selected
        self._shown = shown
        self._copy = copy
        self._clock = clock
        self._zone = zone
        self._watches: tuple[WatchedJob, ...] | None = None
        self._unbound_keys = UnboundKeys(self, "enter, y and esc are")

    def on_key(self, event: Key) -> None:
        """Say which keys do nothing."""
        self._unbound_keys.observe(event)

    def compose(self) -> ComposeResult:
        """Compose the list."""
        yield FailureList()

    def on_mount(self) -> None:
        """Show the groups, and follow changes."""
        self._update()
        self.query_one(FailureList).select(self._selected)
        self.set_interval(FAILURES_UPDATE_SECONDS, self._update, name="failures")

    def on_failure_list_chosen(self, message: FailureList.Chosen) -> None:
        """Close with the term of the group."""
        self.dismiss(message.group.term)

    def on_failure_list_copy_requested(self, message: FailureList.CopyRequested) -> None:
        """Copy the ids of the group."""
        self._copy(message.group.jobs)

    def _update(self) -> None:
        watches = self._shown()
        if watches is not self._watches:
            self._watches = watches
            groups = failure_groups(watches)
            self.query_one(FailureList).show(groups, len(watches), self._clock.now(), self._zone)


def _nothing_text(shown: int) -> str:
    """Return that none of the shown jobs belongs here, as a sentence."""
    if shown > 1:
        return f"None of the {shown:,} jobs shown failed or needs attention."
    return "The job shown neither failed nor needs attention." if shown else "The list shows no jobs."


def _heading(group: FailureGroup, width: int) -> Iterator[Spans]:
    """Yield count, share and title, and the beginning of an example if there is room."""
    counts = f"{group.count:>6,} {share_text(group):>4}"
    if width >= _BESIDE_FROM:
        title, about = fit(shorten(group.title), TITLE_CELLS), f"  {_about(group)}"
        yield (f"{counts:<{_COUNT_WIDTH}}", "strong"), (title, "bad"), (shorten(about, width), "muted")
        return
    for number, part in enumerate(wrap(shorten(group.title), max(width - _COUNT_WIDTH - 1, 2))):
        yield (f"{'' if number else counts:<{_COUNT_WIDTH}}", "strong"), (part, "bad")


def _about(group: FailureGroup) -> str:
    """Return whether another try can succeed, and an example unless the title says the same."""
    return transience(group) if is_example_in_title(group) else f"{transience(group)} · {example(group)}"


def _details(group: FailureGroup, now: float, zone: tzinfo | None, width: int) -> Iterator[Spans]:
    """Yield an example if the heading has no room for it, the times and what to do, wrapped to `width` cells."""
    indent = " " * (_COUNT_WIDTH if width >= _BESIDE_FROM else 2)
    is_beside = width >= _COUNT_WIDTH + TITLE_CELLS + 2 + cells(_about(group))
    is_shown = is_example_in_title(group) or (width >= _BESIDE_FROM and is_beside)
    texts = (
        ("" if is_shown else shorten(example(group), _MESSAGE_LIMIT), "plain"),
        (failure_times_text(group, now, zone), "muted"),
        (group.advice.text, "strong"),
    )
    for text, tone in texts:
        for part in wrap(text, max(width - len(indent) - 1, 2)) if text else ():
            yield (indent, tone), (part, tone)
