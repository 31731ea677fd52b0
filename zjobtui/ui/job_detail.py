"""All that is known of one job, in four views under its verdict; groups open and close, and words are found."""

from bisect import bisect_left
from dataclasses import replace
from datetime import tzinfo
from typing import NamedTuple

from textual.binding import Binding
from textual.events import Click, Key

from zjobtui.formatting.symbols import short_id
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.detail_header import TAB_LINE, JobDetails, Page, Viewing, headline, page
from zjobtui.ui.detail_tabs import TABS, Tab, tab_at
from zjobtui.ui.filter_input import open_filter_input
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.outline_lines import RenderedLine
from zjobtui.ui.styled_line import Spans

_HINTS = {Tab.SUMMARY: "words of subscriptions and order line items", Tab.RAW: "words of the answer; n and N go on"}
"""The views in which words are found, and what the line in which they are typed says."""


class _Place(NamedTuple):
    """Where a person is in a view: the key of the line under the cursor, its index, and the first line in view."""

    key: str = ""
    cursor: int = 0
    top: int = 0


class JobDetail(LineListView):
    """Shows one subject. Which view is on, and what is opened in it, stays so for every job and whatever comes."""

    BINDINGS = [
        Binding("enter,space", "toggle_group", "open or close", show=False),
        Binding("right", "open(True)", "open", show=False),
        Binding("left", "open(False)", "close", show=False),
        Binding("slash", "find", "find", show=False),
        Binding("n", "match(1)", "next match", show=False),
        Binding("N", "match(-1)", "match before", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="detail")
        self._subject: JobDetails | None = None
        self._page = Page(())
        self._head: list[RenderedLine] = []
        self._tab = Tab.SUMMARY
        self._opened: dict[str, bool] = {}
        self._words: dict[Tab, str] = {}
        self._places: dict[Tab, _Place] = {}
        self._match = 0
        self._is_difference = False
        self._now = 0.0
        self._minute = 0.0
        self.zone: tzinfo | None = None
        """The zone of the times; the machine's own where it is None."""

    def show(self, subject: JobDetails | None, now: float) -> None:
        """Takes a subject; for the same job every view stays as it is.

        Another is read from the top of each, or from the first match in the answer: what is looked for stays.
        """
        same = bool(subject and self._subject and subject.watch.job == self._subject.watch.job)
        self._subject, self._now = subject, now
        if not same:
            self._places, self._match = {}, 0
        self._rebuild(None if same else _Place())
        if not same and self._tab is Tab.RAW and self._page.stops:
            self._go_to_match(0)

    def confirm(self, watch: WatchedJob) -> None:
        """Takes a watch of the same job, of which nothing new is known but when: what time changes, `tick` draws."""
        if self._subject is not None and self._subject.watch.job == watch.job:
            self._subject = replace(self._subject, watch=watch)

    def tick(self, now: float) -> None:
        """Lets time pass: the headline and a wait that goes on read differently then, and the last answer's minute."""
        self._now = now
        if self._subject is None:
            return
        watch = self._subject.watch
        is_growing = self._tab is Tab.TIMELINE and not watch.is_final
        is_next_minute = _minute(self._subject) != self._minute
        if is_growing or is_next_minute or list(headline(self._subject, now, self.line_width)) != self._head:
            self._rebuild()

    def turn_to(self, tab: Tab) -> None:
        """Shows another view, where it was left; who moves along the tabs stays on them."""
        here = self._place()
        self._places[self._tab] = here
        self._tab = tab
        self._rebuild(here if here.key == TAB_LINE else self._places.get(tab, _Place()))

    def turn(self, step: int) -> None:
        """Shows the view before or after."""
        self.turn_to(TABS[(TABS.index(self._tab) + step) % len(TABS)])

    def line(self, index: int) -> Spans:
        """The line at `index`."""
        return self._page.lines[index].spans

    def chosen(self) -> None:
        """Opens or closes what the cursor is on."""
        self.action_toggle_group()

    def find(self, words: str) -> None:
        """Narrows the summary to words, or looks for them in the answer from the cursor on."""
        self._words[self._tab] = words
        start = self.cursor
        self._rebuild()
        if words and self._page.stops:
            self._go_to_match(bisect_left(self._page.stops, start) % len(self._page.stops))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing can be found, or nothing is looked for, the key is another's."""
        match action:
            case "find":
                return self._tab in _HINTS and bool(self._subject)
            case "match":
                return self._tab is Tab.RAW and bool(self._words.get(self._tab))
        return super().check_action(action, parameters)

    async def action_find(self) -> None:
        """Opens the line in which words are typed."""
        await open_filter_input(self, self._words.get(self._tab, ""), _HINTS[self._tab], self.find)

    def action_match(self, step: int) -> None:
        """Goes to the next match or the one before, and on from the other end."""
        if not (stops := self._page.stops):
            return
        if stops[self._match % len(stops)] == self.cursor:
            number = self._match + step
        else:
            number = bisect_left(stops, self.cursor) - (step < 0)
        self._go_to_match(number % len(stops))

    def compare(self) -> None:
        """Shows in the raw answer what is different from the earlier one, or the whole of the last."""
        is_on = self._is_difference and self._tab is Tab.RAW
        self.turn_to(Tab.RAW)
        if self._subject and self._subject.earlier:
            self._is_difference = not is_on
            self._rebuild(_Place())

    def key_escape(self, event: Key) -> None:
        """Drops what is looked for; where nothing is, the key is another's."""
        if self._words.get(self._tab):
            event.stop()
            self.find("")

    def action_toggle_group(self) -> None:
        """Opens or closes the group under the cursor."""
        if self.count and (line := self._page.lines[self.cursor]).can_open:
            self._open(line.key, to_open=not line.is_open)

    def action_open(self, to_open: bool) -> None:
        """Opens the group under the cursor, or closes the one that the cursor is in; on the tabs, goes along them."""
        if not self.count:
            return
        line = self._page.lines[self.cursor]
        if line.key == TAB_LINE:
            self.turn(1 if to_open else -1)
        elif line.can_open and line.is_open != to_open:
            self._open(line.key, to_open=to_open)
        elif not to_open:
            self._to_heading()

    def on_click(self, event: Click) -> None:
        """A click on a tab shows its view; any other is the base class's own, which Textual calls afterwards."""
        index = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= index < self.count and self._page.lines[index].key == TAB_LINE:
            event.prevent_default()
            if (tab := tab_at(self._tab, self.line_width, event.x - self.gutter.left)) is not None:
                self.turn_to(tab)

    def on_resize(self) -> None:
        """Wraps anew for the width there is; Textual calls the base class's own afterwards."""
        if self.count:
            self._rebuild()

    def _open(self, key: str, *, to_open: bool) -> None:
        self._opened[key] = to_open
        self._rebuild()

    def _to_heading(self) -> None:
        lines = self._page.lines
        for index in range(self.cursor - 1, -1, -1):
            line = lines[index]
            if line.can_open and line.is_open and lines[self.cursor].key.startswith(line.key):
                self.go_to(index)
                return

    def _go_to_match(self, number: int) -> None:
        self._match = number
        place, top = self._page.stops[number], self.scroll_offset.y
        if self._tab is Tab.SUMMARY:
            top = place - 1
        elif not top <= place < top + self.page_lines:
            top = place - self.page_lines // 3
        self.reset(self.count, place, top)
        self._entitle()

    def _place(self) -> _Place:
        key = self._page.lines[self.cursor].key if self.count else ""
        return _Place(key, self.cursor, self.scroll_offset.y)

    def _rebuild(self, place: _Place | None = None) -> None:
        """Makes the lines anew; the cursor stays on its line, and that at its place on the screen."""
        place = place or self._place()
        self._minute = _minute(self._subject)
        words = self._words.get(self._tab, "")
        viewing = Viewing(self._tab, words, self._is_difference, self._opened, self.zone)
        self._page = page(self._subject, viewing, self._now, self.line_width)
        self._head = list(headline(self._subject, self._now, self.line_width)) if self._subject else []
        self._entitle()
        cursor = self._where(place)
        self.reset(len(self._page.lines), cursor, place.top + cursor - place.cursor)

    def _where(self, place: _Place) -> int:
        lines = self._page.lines
        if not place.key or (place.cursor < len(lines) and lines[place.cursor].key == place.key):
            return place.cursor
        return next((index for index, line in enumerate(lines) if line.key == place.key), place.cursor)

    def _entitle(self) -> None:
        words, told = self._words.get(self._tab), self._page.told
        if words and self._tab is Tab.RAW:
            matches = len(self._page.stops)
            told = f"{self._match % matches + 1:,} of {matches:,}" if matches else "nowhere"
        self.entitle(_title(self._subject, self.line_width), f"{told} · “{words}”" if words else "")


def _minute(subject: JobDetails | None) -> float:
    """The minute of the last answer, which is told no finer while a job runs."""
    return (subject.watch.last_answer_at or 0.0) // 60 if subject else 0.0


def _title(subject: JobDetails | None, width: int) -> str:
    """Label and short id, or the id as far as the border has room for it beside its corners."""
    if subject is None:
        return "Job"
    given = subject.watch.job.id.given
    return f"{subject.watch.label} · {short_id(given)}" if subject.watch.label else short_id(given, max(width - 3, 9))
