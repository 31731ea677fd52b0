"""The detail pane: one job in five views below its header, with groups that open and a search."""

import asyncio
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.binding import Binding
from textual.events import Click, Key
from textual.message import Message

from zjobtui.formatting.outline import OutlineNode, line_texts
from zjobtui.formatting.raw_json import pretty
from zjobtui.formatting.references import group_key, raw_key, related_key
from zjobtui.formatting.symbols import short_id
from zjobtui.models.job import JobRef
from zjobtui.models.related import ReadProblem, ReadResult, Reference
from zjobtui.models.text_width import cells, fit
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.detail_header import TAB_LINE, JobDetails, Page, RawLook, Viewing, header_lines
from zjobtui.ui.detail_tabs import TABS, Tab, tab_at, tab_line
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.outline_lines import RenderedLine, blank_line, wrap_paragraph
from zjobtui.ui.related_reads import Position, RelatedTrail
from zjobtui.ui.styled_line import Spans

if TYPE_CHECKING:
    from zjobtui.models.call_log import LoggedCall

OpenInput = Callable[[LineListView, str, str, Callable[[str], None]], Awaitable[None]]
"""Opens an input line for a pane, with a text, a hint, and what to call with each change."""

_SEARCH_HINTS = {
    Tab.SUMMARY: "filter subscriptions and order line items",
    Tab.RAW: "search the response; n/N next/previous",
    Tab.RELATED: "filter what was read",
}
"""The views that can be searched, with the placeholder of the search input."""

LINES_OF_VIEW = 2
"""Lines below those of the tabs, one of them blank, without which a view cannot be distinguished from another."""

LOW_PAGE = 9
"""Lines of the pane below which the border says how many lines are below it, since tabs or more may be hidden."""

_OBJECT = "object"
"""The place of the search in the response of an object, beside the views."""


class JobDetail(LineListView):
    """Show one job. The view, the open groups and the search are kept for the next job."""

    BINDINGS = [
        Binding("enter", "follow", "open", show=False),
        Binding("space", "toggle_group", "open or close", show=False),
        Binding("backspace", "back", "back", show=False),
        Binding("right", "open(True)", "open", show=False),
        Binding("left", "open(False)", "close", show=False),
        Binding("slash", "search", "search", show=False),
        Binding("n", "match(1)", "next match", show=False),
        Binding("N", "match(-1)", "previous match", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="detail")
        self._details: JobDetails | None = None
        self._page = Page(())
        self._header: list[RenderedLine] = []
        self._tab = Tab.SUMMARY
        self._opened: dict[str, bool] = {}
        self._searches: dict[Tab | str, str] = {}
        self._positions: dict[Tab, Position] = {}
        self._match = 0
        self._is_diff = False
        self._now = 0.0
        self._empty_text, self._empty_title = "", "Job"
        self._answer_minute = 0.0
        self.trail = RelatedTrail()
        """The objects that the job names, and what the user has read of them."""
        self.refresh_key = "r"
        """The key that reads an object again."""
        self.zone: tzinfo | None = None
        """Time zone of the times; None for the machine's."""
        self.open_input: OpenInput | None = None
        """Opens the input line of the search."""

    class ReadEnded(Message):
        """The read of an object may have ended."""

    def show(self, details: JobDetails | None, now: float, empty_text: str = "", empty_title: str = "Job") -> None:
        """Show a job; the same job keeps the positions in its views.

        Another job is shown from the top, or from the first search match in the raw view; `empty_text`, whose lines are
        paragraphs, is shown with `empty_title` if there is no job.
        """
        is_same = bool(details and self._details and details.watch.job == self._details.watch.job)
        self._details = self.trail.details = details
        self._now, self._empty_text = now, empty_text
        self._empty_title = empty_title
        if not is_same:
            self._positions, self._match = {}, 0
            self.trail.leave()
        self._rebuild(None if is_same else Position())
        if not is_same and self._tab is Tab.RAW and self._page.matches:
            self._go_to_match(0)
        self._read_first()
        self.trail.to_read_first = None

    def update_times(self, watch: WatchedJob) -> None:
        """Take a state of the same job in which only times have changed; `tick` draws them."""
        if self._details is not None and self._details.watch.job == watch.job:
            self._details = self.trail.details = replace(self._details, watch=watch)

    def update_last_call(self, job: JobRef, call: "LoggedCall | None") -> None:
        """Take the last call about the job; the view of the request is drawn again if it is another one."""
        details = self._details
        if details is not None and details.watch.job == job and details.last_call is not call:
            self._details = self.trail.details = replace(details, last_call=call)
            if self._tab is Tab.REQUEST:
                self._rebuild()

    def tick(self, now: float) -> None:
        """Draw what has changed with time: the header, the timeline of a running job, the minute of the last answer."""
        self._now = now
        if self._details is None:
            return
        watch = self._details.watch
        is_growing = self._tab is Tab.TIMELINE and not watch.is_final
        is_growing |= self._tab is Tab.RELATED and bool(self.trail.look.reading)
        is_next_minute = _answer_minute_of(self._details) != self._answer_minute
        if is_growing or is_next_minute or list(header_lines(self._details, now, self.line_width)) != self._header:
            self._rebuild()

    def show_tab(self, tab: Tab) -> None:
        """Show a view at its last position; a cursor on the line of tabs stays there."""
        position = self._position()
        self._positions[self._tab] = position
        self.trail.to_read_first = None
        if tab is not Tab.RELATED:
            self.trail.leave()
        self._tab = tab
        self._rebuild(position if position.key == TAB_LINE else self._positions.get(tab, Position()))
        tabs = next((at for at, line in enumerate(self._page.lines) if line.key == TAB_LINE), 0)
        if self.cursor <= tabs and tabs + LINES_OF_VIEW >= self.page_lines:
            self.set_lines(self.count, tabs, tabs)

    def step_tab(self, step: int) -> None:
        """Show the next or previous view."""
        self.show_tab(TABS[(TABS.index(self._tab) + step) % len(TABS)])

    def open_related(self, job: JobRef) -> None:
        """Show the related objects of a job, and read its order, once; if it is about to be shown, after that."""
        self.show_tab(Tab.RELATED)
        self.trail.to_read_first = job
        self._read_first()

    def read_again(self) -> bool:
        """Read the object of the line under the cursor, again if it was read; return False if there is none."""
        if (reference := self._object_at_cursor()) is None:
            return False
        self.trail.read(reference)
        self._rebuild()
        return True

    def line(self, index: int) -> Spans:
        """Return the line at `index`."""
        return self._page.lines[index].spans

    def copyable_texts(self) -> dict[str, str]:
        """Return what can be copied of the line under the cursor, by name; nothing on the line of tabs."""
        line = self._page.lines[self.cursor] if self.count and self._details else None
        if line is None or line.key == TAB_LINE:
            return {}
        return line_texts(line.node or OutlineNode(line.key, "", "".join(text for text, _ in line.spans).strip()))

    @property
    def line_under_cursor(self) -> RenderedLine | None:
        """The line under the cursor."""
        return self._page.lines[self.cursor] if self.count else None

    def activate_line(self) -> None:
        """Open or close the group under the cursor, or read the object that the line names."""
        if self.count and self._page.lines[self.cursor].can_open:
            self.action_toggle_group()
        else:
            self.action_follow()

    def search(self, text: str) -> None:
        """Filter the groups of the summary, or search the response from the cursor on."""
        self._searches[self._searched] = text
        start = self.cursor
        self._rebuild()
        if text and self._page.matches:
            self._go_to_match(bisect_left(self._page.matches, start) % len(self._page.matches))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys of a search and of the related view to other bindings if they would do nothing."""
        match action:
            case "back":
                return self._tab is Tab.RELATED
            case "search":
                return self._tab in _SEARCH_HINTS and bool(self._details)
            case "match":
                return self._is_raw and bool(self._searches.get(self._searched))
        return super().check_action(action, parameters)

    async def action_search(self) -> None:
        """Open the search input."""
        hint = _SEARCH_HINTS[Tab.RAW if self._is_raw else self._tab]
        if self.open_input is not None:
            await self.open_input(self, self._searches.get(self._searched, ""), hint, self.search)

    def action_match(self, step: int) -> None:
        """Go to the next or previous match, wrapping around."""
        if not (matches := self._page.matches):
            return
        if matches[self._match % len(matches)] == self.cursor:
            number = self._match + step
        else:
            number = bisect_left(matches, self.cursor) - (step < 0)
        self._go_to_match(number % len(matches))

    def toggle_diff(self) -> None:
        """Show the difference from the previous response in the raw view, or the whole last response."""
        is_on = self._is_diff and self._tab is Tab.RAW
        self.show_tab(Tab.RAW)
        if self._details and self._details.previous:
            self._is_diff = not is_on
            self._rebuild(Position())

    def key_escape(self, event: Key) -> None:
        """Clear the search, or leave the response of an object; else leave the key to other handlers."""
        if self._searches.get(self._searched):
            event.stop()
            self.search("")
        elif self.trail.raw is not None:
            event.stop()
            self.action_back()

    def action_toggle_group(self) -> None:
        """Open or close the group under the cursor."""
        if self.count and (line := self._page.lines[self.cursor]).can_open:
            self._open(line.key, to_open=not line.is_open)

    def action_follow(self) -> None:
        """Read the object that the line under the cursor names, and go to it; open or close other groups."""
        if not (self.count and self._follow(self._page.lines[self.cursor])):
            self.action_toggle_group()

    def action_back(self) -> None:
        """Go back to the line from which the object, or its response, was opened."""
        tab, position = self.trail.steps.pop() if self.trail.steps else (Tab.SUMMARY, Position())
        self.trail.raw = None
        if tab is Tab.RELATED:
            self._rebuild(position)
        else:
            self.show_tab(tab)

    def on_job_detail_read_ended(self) -> None:
        """Show the results of reads."""
        if self.trail.reads is None or not self.trail.reads.collect():
            return
        if self._tab is not Tab.RELATED:
            self.trail.leave()
        elif self.trail.raw is not None:
            self._open_raw(self.trail.raw.reference)
        before = self.count
        self._rebuild()
        if self.count > before:
            self._show_object()

    def action_open(self, to_open: bool) -> None:
        """Open the group under the cursor, or close the one around it; on the line of tabs, show another view."""
        if not self.count:
            return
        line = self._page.lines[self.cursor]
        if line.key == TAB_LINE:
            self.step_tab(1 if to_open else -1)
        elif line.can_open and line.is_open != to_open:
            self._open(line.key, to_open=to_open)
        elif not to_open:
            self._go_to_heading()

    def on_click(self, event: Click) -> None:
        """Show the view of a clicked tab; Textual calls the handler of the base class for other clicks."""
        index = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= index < self.count and self._page.lines[index].key == TAB_LINE:
            event.prevent_default()
            if (tab := tab_at(self._tab, self.line_width, event.x - self.gutter.left)) is not None:
                if tab is Tab.RELATED and self._details is not None:
                    self.open_related(self._details.watch.job)
                else:
                    self.show_tab(tab)

    def on_resize(self) -> None:
        """Wrap the text for the new width; Textual calls the handler of the base class next."""
        if self.count:
            self._rebuild()

    @property
    def _is_raw(self) -> bool:
        """Whether a response is shown: that of the job, or that of an object."""
        return self._tab is Tab.RAW or self.trail.raw is not None

    @property
    def _searched(self) -> Tab | str:
        return _OBJECT if self.trail.raw is not None else self._tab

    def _read_first(self) -> None:
        if self.trail.read_first():
            self._rebuild()

    def _follow(self, line: RenderedLine) -> bool:
        """Go to the objects that a line names, and read it if it is only one; return whether there are any."""
        if line.node is None or self.trail.raw is not None or self._tab not in {Tab.SUMMARY, Tab.RELATED}:
            return False
        if (current := self._object_at_cursor()) is not None:
            if line.key == raw_key(current):
                return self._open_raw(current, is_step=True)
            if line.key == related_key(current):
                return current not in self.trail.look.results and self.read_again()
        if targets := self.trail.targets(line.node):
            self._go_to_objects(targets)
        return bool(targets)

    def _go_to_objects(self, targets: Sequence[Reference]) -> None:
        step, first = (self._tab, self._position()), targets[0]
        for reference in targets:
            self._opened[group_key(reference.kind)] = self._opened[related_key(reference)] = True
        self._searches.pop(Tab.RELATED, None)
        if len(targets) == 1 and first not in self.trail.look.results:
            self.trail.read(first)
        self.show_tab(Tab.RELATED)
        self.trail.steps.append(step)
        line = next((n for n, line in enumerate(self._page.lines) if line.key == related_key(first)), self.cursor)
        self.set_lines(self.count, line, line - 1)

    def _show_object(self) -> None:
        """Scroll until as much as possible of the object whose heading is under the cursor is in view."""
        reference = self._object_at_cursor()
        if reference is None or (key := self._page.lines[self.cursor].key) != related_key(reference):
            return
        lines, last = self._page.lines, self.cursor
        while last + 1 < self.count and f"{lines[last + 1].key}/".startswith(f"{key}/"):
            last += 1
        top = max(self.top, min(self.cursor - 1, last - self.page_lines + 1))
        self.set_lines(self.count, self.cursor, top)

    def _object_at_cursor(self) -> Reference | None:
        """Return the object to which the line under the cursor belongs, in the view of related objects."""
        if self._tab is not Tab.RELATED or not self.count:
            return None
        return self.trail.raw.reference if self.trail.raw else self.trail.owner(self._page.lines[self.cursor].key)

    def _open_raw(self, reference: Reference, *, is_step: bool = False) -> bool:
        """Show the response of an object; return False if it is not kept."""
        result = self.trail.look.results.get(reference)
        if self._details is None or result is None or not result.raw:
            return False
        step = (self._tab, self._position()) if is_step else None
        self.run_worker(self._show_raw(self._details.watch.job, result, step), group="raw", exclusive=True)
        return True

    async def _show_raw(self, job: JobRef, result: ReadResult, step: tuple[Tab, Position] | None) -> None:
        lines = await asyncio.to_thread(pretty, result.raw)
        if self._tab is Tab.RELATED and self._details is not None and self._details.watch.job == job:
            at = result.at if isinstance(result, ReadProblem) else result.read_at
            self.trail.raw = RawLook(result.reference, at, len(result.raw), lines)
            if step is not None:
                self.trail.steps.append(step)
            self._rebuild(None if step is None else Position())

    def _open(self, key: str, *, to_open: bool) -> None:
        self._opened[key] = to_open
        self._rebuild()

    def _go_to_heading(self) -> None:
        lines = self._page.lines
        current = lines[self.cursor]
        for index in range(self.cursor - 1, -1, -1):
            line = lines[index]
            if line.can_open and line.is_open and (line.depth < current.depth or line.key == current.key):
                self.go_to(index)
                return

    def _go_to_match(self, number: int) -> None:
        self._match = number
        line, top = self._page.matches[number], self.scroll_offset.y
        if not self._is_raw:
            top = line - 1
        elif not top <= line < top + self.page_lines:
            top = line - self.page_lines // 3
        self.set_lines(self.count, line, top)
        self._update_titles()

    def _position(self) -> Position:
        key = self._page.lines[self.cursor].key if self.count else ""
        return Position(key, self.cursor, self.scroll_offset.y)

    def _rebuild(self, position: Position | None = None) -> None:
        """Build the lines again; the cursor stays on its line, and the line at its place on the screen."""
        position = position or self._position()
        self._answer_minute = _answer_minute_of(self._details)
        search = self._searches.get(self._searched, "")
        viewing = Viewing(
            self._tab,
            search,
            self._is_diff,
            self._opened,
            self.zone,
            related=self.trail.look,
            raw=self.trail.raw,
            refresh_key=self.refresh_key,
        )
        self._page = build_page(self._details, viewing, self._now, self.line_width, self._empty_text)
        self._header = list(header_lines(self._details, self._now, self.line_width)) if self._details else []
        cursor = self._find_cursor(position)
        self.set_lines(len(self._page.lines), cursor, position.top + cursor - position.cursor)
        self._update_titles()

    def _find_cursor(self, position: Position) -> int:
        lines = self._page.lines
        if not position.key or (position.cursor < len(lines) and lines[position.cursor].key == position.key):
            return position.cursor
        return next((index for index, line in enumerate(lines) if line.key == position.key), position.cursor)

    def _update_titles(self) -> None:
        search, text = self._searches.get(self._searched), self._page.match_text
        if search and self._is_raw:
            matches = len(self._page.matches)
            text = f"{self._match % matches + 1:,} of {matches:,}" if matches else "no matches"
        title = _title(self._details, self.line_width) if self._details else self._empty_title
        below = self.count - self.top - self.page_lines
        more = f"↓ {below} more" if below > 0 and self.page_lines < LOW_PAGE else ""
        self.set_titles(title, f"{text} · “{search}”" if search else more)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the lines that came into view, and show how many are below them."""
        super().watch_scroll_y(old_value, new_value)
        self._update_titles()


def build_page(details: JobDetails | None, viewing: Viewing, now: float, width: int, empty_text: str = "") -> Page:
    """Return the detail in lines of `width` cells; `empty_text` if there is no job, one empty line without room."""
    if width <= 0:
        return Page((blank_line(),))
    if details is None:
        tone = "plain" if "\n" in empty_text else "muted"
        return Page([line for part in empty_text.split("\n") for line in wrap_paragraph("", part, tone, width)])
    header = [*header_lines(details, now, width), RenderedLine(TAB_LINE, tab_line(viewing.tab, width)), blank_line()]
    from zjobtui.ui.detail_views import build_view  # noqa: PLC0415 - 35 ms; needed only after the list is shown

    return build_view(header, details, viewing, now, width)


def _answer_minute_of(details: JobDetails | None) -> float:
    """Return the minute of the last answer, which is shown to the minute while a job runs."""
    return (details.watch.last_answer_at or 0.0) // 60 if details else 0.0


def _title(details: JobDetails | None, width: int) -> str:
    """Return label and id, as much of them as fits in the border: the id is shortened first, to its beginning."""
    if details is None:
        return "Job"
    label, given, room = details.watch.label, details.watch.job.id.given, max(width - 3, 9)
    if not label:
        return short_id(given, room)
    room -= len(" · ")
    return f"{fit(label, max(min(cells(label), room - 9), 1))} · {short_id(given, max(room - cells(label), 9))}"
