"""The call log: the last calls of all tenants, newest last, with a filter; each opens to show all that is known."""

from collections.abc import Callable
from datetime import tzinfo

from msgspec import Struct
from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Key
from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.formatting.call_info import as_json_lines, call_row, logged_call_lines
from zjobtui.formatting.times import moment
from zjobtui.models.call_log import CallFilter, CallLog, JobName, LoggedCall, parse_call_filter
from zjobtui.ui.filter_input import FilterInput, open_filter_input
from zjobtui.ui.key_bar import KeyBar, UnboundKeys
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.outline_lines import render_outline
from zjobtui.ui.styled_line import Spans
from zjobtui.ui.toast import toast

CALLS_UPDATE_SECONDS = 0.5
"""Seconds between two looks at the log; nothing is drawn if there is no new call."""

CALL_FILTER_HINT = "words, job:CS-1, tenant:eu, what:token, outcome:failed, outcome:500"

KEYS = (("enter", "details"), ("/", "filter"), ("e", "export"), ("G", "newest"), ("esc", "close"))


class _Row(Struct, frozen=True):
    """A line of the list: the number of its call, its place in what is known about that call, and what it shows."""

    number: int
    place: int
    call: LoggedCall | None
    spans: Spans = ()


class CallList(LineListView):
    """Show calls. As long as the cursor is on the last line it follows the newest call."""

    BINDINGS = [
        Binding("enter,space", "toggle_call", "open or close", show=False),
        Binding("right", "open_call(True)", "open", show=False),
        Binding("left", "open_call(False)", "close", show=False),
    ]

    def __init__(self, calls: CallLog, name: JobName, clock: Clock, zone: tzinfo | None) -> None:
        super().__init__(id="calls")
        self.filter = CallFilter()
        self.shown: list[LoggedCall] = []
        """The calls that match the filter."""
        self._calls = calls
        self._label_of = name
        self._clock = clock
        self._zone = zone
        self._seen = -1
        self._filter_text = ""
        self._rows: list[_Row] = []
        self._opened: set[int] = set()
        self._has_several = False

    def on_mount(self) -> None:
        """Show the newest calls, and look for new ones from now on."""
        self.set_interval(CALLS_UPDATE_SECONDS, self.update_calls, name="calls")
        self.call_after_refresh(self.update_calls)

    def line(self, index: int) -> Spans:
        """Return the line at `index`."""
        row = self._rows[index]
        if row.call is None or row.place:
            return row.spans
        name = self._label_of(row.call.job) if row.call.job else ""
        text = call_row(
            row.call, name, self.line_width - 2, self._clock.now(), self._zone, with_tenant=self._has_several
        )
        marker = "▾ " if row.number in self._opened else "▸ "
        return ((marker, "muted"), (text, "attention" if row.call.is_failure else "plain"))

    def activate_line(self) -> None:
        """Open or close the call under the cursor."""
        self.action_toggle_call()

    def on_resize(self) -> None:
        """Wrap the details for the new width; Textual calls the handler of the base class, too."""
        if self._seen >= 0:
            self._rebuild(self._position())

    def set_filter(self, text: str) -> None:
        """Show only the calls that match."""
        self._filter_text, self.filter = text.strip(), parse_call_filter(text)
        self._rebuild(self._position())

    def update_calls(self) -> None:
        """Show calls that have been recorded since the last look."""
        if self.line_width > 0 and self._calls.recorded != self._seen:
            self._rebuild(self._position())

    def action_toggle_call(self) -> None:
        """Open or close the call under the cursor."""
        if self._rows and (row := self._rows[self.cursor]).call is not None:
            self.action_open_call(row.number not in self._opened)

    def action_open_call(self, to_open: bool) -> None:
        """Open the call under the cursor, or close it."""
        row = self._rows[self.cursor] if self._rows else None
        if row is None or row.call is None or (row.number in self._opened) == to_open:
            return
        self._opened ^= {row.number}
        y = max(0, self.cursor - row.place - self.scroll_offset.y)
        details = len(self._rows_of(row.number, row.call)) - 1
        self._rebuild((row.number, 0, max(0, min(y, self.page_lines - 1 - details))))

    def _position(self) -> tuple[int, int, int] | None:
        """Return call, place and row on the screen of the cursor; None if it follows the newest call."""
        if not self._rows or self._rows[self.cursor].call is None or self.cursor == self.count - 1:
            return None
        row = self._rows[self.cursor]
        return row.number, row.place, self.cursor - self.scroll_offset.y

    def _rebuild(self, position: tuple[int, int, int] | None) -> None:
        self._seen = self._calls.recorded
        first, calls = self._calls.calls()
        numbered = [(first + index, call) for index, call in enumerate(calls)]
        matching = [(number, call) for number, call in numbered if self.filter.matches(call, self._label_of)]
        self.shown = [call for _, call in matching]
        self._has_several = len({call.tenant for call in calls}) > 1
        self._opened &= {number for number, _ in matching}
        self._rows = [row for number, call in matching for row in self._rows_of(number, call)]
        if not self._rows:
            self._rows = [_Row(-1, 0, None, ((" No calls match." if calls else " No calls yet.", "muted"),))]
        self._update_titles(len(calls))
        if position is None:
            self.set_lines(len(self._rows), len(self._rows) - 1, len(self._rows))
        else:
            number, place, y = position
            at = [index for index, row in enumerate(self._rows) if (row.number, row.place) <= (number, place)]
            cursor = at[-1] if at else 0
            self.set_lines(len(self._rows), cursor, cursor - y)

    def _rows_of(self, number: int, call: LoggedCall) -> list[_Row]:
        rows = [_Row(number, 0, call)]
        if number in self._opened:
            lines = render_outline(logged_call_lines(call), {}, self.line_width - 2)
            rows += [_Row(number, place, call, (("  ", "plain"), *line.spans)) for place, line in enumerate(lines, 1)]
        return rows

    def _update_titles(self, total: int) -> None:
        now = self._clock.now()
        count = f"{len(self.shown):,} of {total:,}" if self.filter.terms else f"{total:,}"
        zone = moment(now, now, self._zone).rpartition(" ")[2]
        problem = f"{self.filter.problem} · " if self.filter.problem else ""
        self.set_titles(f"Calls · {count} · {zone}", f"{problem}“{self._filter_text}”" if self._filter_text else "")


class CallLogScreen(Screen[None]):
    """Show the call log in place of the monitor, which goes on below it."""

    AUTO_FOCUS = "CallList"
    BINDINGS = [
        Binding("slash", "filter", "filter", id="filter", show=False),
        Binding("e", "export", "export", id="export", show=False),
        Binding("escape", "close", "close", show=False),
        Binding("L", "close", "close", id="call_log", show=False),
        Binding("q", "close", "close", id="quit", show=False),
    ]

    def __init__(
        self,
        calls: CallLog,
        name: JobName,
        clock: Clock,
        save: Callable[[str], None],
        zone: tzinfo | None,
        mask: Callable[[str], str],
    ) -> None:
        super().__init__()
        self._list = CallList(calls, name, clock, zone)
        self._save = save
        self._mask = mask
        self._filter_text = ""
        self._unbound_keys = UnboundKeys(self, "enter, /, e, G and esc are")

    def on_key(self, event: Key) -> None:
        """Say which keys do nothing."""
        self._unbound_keys.observe(event)

    def compose(self) -> ComposeResult:
        """Compose the list and the line of keys."""
        yield self._list
        yield KeyBar((), KEYS)

    async def action_filter(self) -> None:
        """Open the filter input."""
        await open_filter_input(
            FilterInput(
                self._list,
                self._filter_text,
                CALL_FILTER_HINT,
                self._set_filter,
                problem=lambda: self._list.filter.problem,
            )
        )

    def _set_filter(self, text: str) -> None:
        self._filter_text = text
        self._list.set_filter(text)

    def action_export(self) -> None:
        """Save the calls that are shown to a file, as JSON lines."""
        if self._list.shown:
            self._save(as_json_lines(self._list.shown, self._mask))
        else:
            toast(self.app, "No calls to save.")

    def action_close(self) -> None:
        """Clear the filter, or close the log if there is none."""
        if self._filter_text:
            self._set_filter("")
        else:
            self.dismiss()
