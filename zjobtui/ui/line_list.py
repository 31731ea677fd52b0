"""Scrolling pane of lines with a cursor that draws only the lines that changed."""

from collections.abc import Container
from typing import Self

from rich.style import Style
from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from zjobtui.ui.styled_line import Spans, changed_cells, split_link, to_strip, truncate
from zjobtui.ui.themes import FEW_COLOURS

_BORDER_CELLS = 6
"""Cells of the border beside the title in it."""

_TITLE_X = 3
"""The cell of the border at which the title begins."""

TONES = ("key", "plain", "muted", "good", "running", "attention", "bad", "strong", "stale", "match")


class LineListView(ScrollView, can_focus=True):
    """Show the lines that a subclass returns from `line(index)`, and keep the cursor in view."""

    COMPONENT_CLASSES = {"lines--cursor", *(f"lines--{tone}" for tone in TONES)}

    ALLOW_SELECT = False
    """Textual cannot select text that is drawn line by line; the terminal can, with shift."""

    BINDINGS = [
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,ctrl+f,ctrl+d", "page(1)", "page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False),
        Binding("home,g", "edge(-1)", "first", show=False),
        Binding("end,G", "edge(1)", "last", show=False),
    ]

    cursor = reactive(0, repaint=False)
    """Index of the line under the cursor."""

    count = 0
    """Number of lines."""

    def line(self, index: int) -> Spans:
        """Return the line at `index`; implemented by subclasses."""
        raise NotImplementedError

    def header(self) -> Spans:
        """Return the line above all others that never scrolls, if `header_lines` is 1; for subclasses."""
        return ()

    def header_clicked(self, x: int) -> None:
        """React to a click on cell `x` of the header; for subclasses."""

    def title_clicked(self, x: int) -> None:
        """React to a click on cell `x` of the title in the border; for subclasses."""

    def cursor_moved(self) -> None:
        """React to a cursor that the user moved; for subclasses."""

    def activate_line(self) -> None:
        """React to enter or a click on the cursor line; for subclasses."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._measured_at: Size | None = None
        self._viewport_size = Size()
        self._titles: tuple[str | Spans, str] = ("", "")
        self._is_setting_titles = self._is_scrolling_quietly = False
        self._lead = 0
        self._drawn: dict[int, Spans] = {}
        self._styles: dict[tuple[str, bool], Style] = {}

    def set_titles(self, title: str | Spans, subtitle: str = "") -> None:
        """Set the titles in the border; the upper one may have parts in the tones of lines."""
        before, self._titles = self._titles, (title, subtitle)
        if self._titles != before:
            spans = ((title, ""),) if isinstance(title, str) else title
            parts = (
                (text, self.get_visual_style(f"lines--{tone}", partial=True) if tone else "") for text, tone in spans
            )
            self._is_setting_titles = True
            self.border_title, self.border_subtitle = Content.assemble(*parts), Content(subtitle)
            self._is_setting_titles = False

    @property
    def title_room(self) -> int:
        """Cells of the border for a title."""
        return max(self.outer_size.width - _BORDER_CELLS, 0)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw less than the whole pane, which Textual requests for a new title and for each scroll.

        For a title, only the border is drawn. While `set_lines` scrolls, nothing is: it draws the changed lines itself.
        """
        if self._is_setting_titles:
            width, height = self.outer_size
            regions = tuple(Region(0, y, width, 1).translate(-self.content_offset) for y in (0, height - 1))
        elif self._is_scrolling_quietly and not layout:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def set_lines(self, count: int, cursor: int, top: int, *, is_anchored: bool = False) -> None:
        """Set the number of lines, the cursor and the first line in view.

        If `is_anchored`, the cursor keeps its place on the screen even if there are too few lines above or below it:
        blank lines stand in for them, and `top` may be negative.
        """
        old_y = self.cursor - self.top
        if not (count and self.count):
            self.refresh_all()  # an empty list has no cursor
        self.count = count
        self.set_reactive(LineListView.cursor, max(0, min(cursor, count - 1)))
        self._set_top(top if is_anchored else max(0, min(top, count - self.page_lines)), is_quiet=True)
        self.refresh_changed()
        for y in {old_y} ^ {self.cursor - self.top}:
            self._refresh_line(y)

    def refresh_all(self) -> None:
        """Draw all lines in view again."""
        self._drawn.clear()
        self._styles.clear()
        self.refresh()

    def refresh_changed(self, only: Container[int] | None = None) -> None:
        """Draw the lines in view that differ from what was drawn; `only` limits the lines to compare."""
        top, header = self.top, self.header_lines
        for y in range(-header, self.page_lines):
            if only is not None and y >= 0 and top + y not in only:
                continue
            drawn = self._drawn.get(y + header)
            if drawn is not None and drawn != (spans := self._spans(y)):
                self._refresh_line(y, changed_cells(drawn, spans))

    @property
    def header_lines(self) -> int:
        """Number of lines of the header, 0 or 1; for subclasses."""
        return 0

    @property
    def top(self) -> int:
        """Index of the first line in view; negative if blank lines are above the first one."""
        return self.scroll_offset.y - self._lead

    @property
    def page_lines(self) -> int:
        """Number of lines that fit in view below the header."""
        return max(1, self.view_size.height - self.header_lines)

    @property
    def line_width(self) -> int:
        """Width of a line in cells."""
        return self.view_size.width

    @property
    def view_size(self) -> Size:
        """The size of the lines in view; Textual computes it at each use, 5 % of the CPU time while many jobs end."""
        if self._measured_at != self.outer_size:
            self._measured_at, self._viewport_size = self.outer_size, self.scrollable_content_region.size
        return self._viewport_size

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view; the cells beside it, kept free for a scrollbar, are not part of it."""
        header = self.header_lines
        spans = self._drawn[y] = self._spans(y - header)
        has_cursor = y >= header and self.top + y - header == self.cursor < self.count
        strip = to_strip(spans, self.line_width, lambda name: self._style(name or "plain", has_cursor=has_cursor))
        return strip.adjust_cell_length(self.size.width, self._style("plain", has_cursor=False))

    def _spans(self, y: int) -> Spans:
        """Return what line `y` of the view shows; -1 is the header."""
        if y < 0:
            return truncate(self.header(), self.line_width)
        index = self.top + y
        return truncate(self.line(index), self.line_width) if 0 <= index < self.count else ()

    def show_cursor(self) -> None:
        """Scroll until the cursor is in view; at the first and last line there are no blank lines beyond it."""
        top = max(min(self.top, self.cursor), self.cursor - self.page_lines + 1)
        if self.cursor in {0, self.count - 1}:
            top = max(0, min(top, self.count - self.page_lines))
        self._set_top(top)

    def go_to(self, index: int) -> None:
        """Move the cursor as the user would."""
        if self.count and max(0, min(index, self.count - 1)) != self.cursor:
            self.point_to(index)

    def point_to(self, index: int) -> None:
        """Move the cursor for a key or a click of the user, who means that line even if the cursor is there already."""
        if self.count:
            self.cursor = max(0, min(index, self.count - 1))
            self.show_cursor()
            self.cursor_moved()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what came into view; lines that keep their place leave the scrollbar as long as it looks the same."""
        if not (self._is_scrolling_quietly and self._bar_line(old_value) == self._bar_line(new_value)):
            super().watch_scroll_y(old_value, new_value)

    def _bar_line(self, y: float) -> int:
        """Return the line of the scrollbar that stands for line `y` of all."""
        return int(y * self.view_size.height / max(self.virtual_size.height, 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the previous and the new cursor line."""
        for index in (old, new):
            self._refresh_line(index - self.top)

    def on_resize(self) -> None:
        """Keep the cursor in view; Textual has drawn everything again."""
        self._set_top(max(0, min(self.top, self.count - self.page_lines)))
        self.show_cursor()

    def on_focus(self) -> None:
        """Draw the cursor in its focused style."""
        self.refresh_all()

    def on_blur(self) -> None:
        """Draw the cursor in its unfocused style."""
        self.refresh_all()

    def notify_style_update(self) -> None:
        """Drop cached colours after a change of the theme."""
        super().notify_style_update()
        self._styles.clear()
        titles, self._titles = self._titles, ("", "")
        self.set_titles(*titles)

    def on_click(self, event: Click) -> None:
        """Move the cursor to the clicked line; activate it if the cursor was there. The border is not a line."""
        at = event.get_content_offset(self)
        if at is None:
            if event.y == 0:
                self.title_clicked(event.x - _TITLE_X)
            return
        if at.y < self.header_lines:
            self.header_clicked(at.x)
            return
        index = at.y - self.header_lines + self.top
        if not 0 <= index < self.count:
            return
        if index == self.cursor:
            self.activate_line()
        self.point_to(index)

    def action_move(self, step: int) -> None:
        """Move the cursor by lines."""
        self.point_to(self.cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by pages."""
        self.point_to(self.cursor + step * max(1, self.page_lines - 1))

    def action_edge(self, which: int) -> None:
        """Move the cursor to the first or last line."""
        self.point_to(0 if which < 0 else self.count - 1)

    def _set_top(self, top: int, *, is_quiet: bool = False) -> None:
        """Make a line the first one in view; if `is_quiet`, the caller draws what looks different."""
        lead, y = max(0, -top), max(0, top)
        lines = max(lead + self.count, y + self.page_lines if y else 0)
        size = Size(self.scrollable_content_region.width, lines + self.header_lines)
        if size != self.virtual_size:
            self.virtual_size = size
        has_moved_lines, self._lead = lead != self._lead, lead
        self._is_scrolling_quietly = is_quiet
        try:
            self.scroll_to(y=y, animate=False, force=True, immediate=True)
        finally:
            self._is_scrolling_quietly = False
        if has_moved_lines and not is_quiet:
            self.refresh()

    def _refresh_line(self, y: int, cells: range | None = None) -> None:
        """Draw a line of the view, or only these cells of it."""
        cells = range(self.line_width) if cells is None else cells
        if cells and -self.header_lines <= y < self.page_lines:
            self.refresh(Region(cells.start, y + self.header_lines, len(cells), 1))

    def _style(self, name: str, *, has_cursor: bool) -> Style:
        style = self._styles.get((name, has_cursor))
        if style is None:
            tone, url = split_link(name)
            if has_cursor and self.has_focus and self.app.has_class(FEW_COLOURS):
                tone = "plain"  # of the sixteen colours, few can be read on another than black and white
            style = self.get_component_rich_style(f"lines--{tone or 'plain'}", partial=False)
            if url:
                style += Style(link=url)
            if has_cursor:
                style += self.get_component_rich_style("lines--cursor", partial=True)
            self._styles[name, has_cursor] = style
        return style
