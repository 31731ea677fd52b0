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

from zjobtui.ui.styled_line import Spans, to_strip, truncate

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

    def cursor_moved(self) -> None:
        """React to a cursor that the user moved; for subclasses."""

    def activate_line(self) -> None:
        """React to enter or a click on the cursor line; for subclasses."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._measured_at: Size | None = None
        self._viewport_size = Size()
        self._titles = ("", "")
        self._is_setting_titles = False
        self._drawn: dict[int, Spans] = {}
        self._styles: dict[tuple[str, bool], Style] = {}

    def set_titles(self, title: str, subtitle: str = "") -> None:
        """Set the titles in the border."""
        before, self._titles = self._titles, (title, subtitle)
        if self._titles != before:
            self._is_setting_titles = True
            self.border_title, self.border_subtitle = Content(title), Content(subtitle)
            self._is_setting_titles = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw only the border if a title changed; Textual asks to draw the whole pane."""
        if self._is_setting_titles:
            width, height = self.outer_size
            regions = tuple(Region(0, y, width, 1).translate(-self.content_offset) for y in (0, height - 1))
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def set_lines(self, count: int, cursor: int, top: int) -> None:
        """Set the number of lines, the cursor and the first line in view."""
        old_y = self.cursor - self.scroll_offset.y
        if count != self.count:
            if not (count and self.count):
                self.refresh_all()  # an empty list has no cursor
            self.count = count
            self._update_scrollbar()
        self.set_reactive(LineListView.cursor, max(0, min(cursor, count - 1)))
        top = max(0, min(top, count - self.page_lines))
        if top != self.scroll_offset.y:
            self._scroll_top(top)
        else:
            self.refresh_changed()
        for y in {old_y} ^ {self.cursor - top}:
            self._refresh_line(y)

    def refresh_all(self) -> None:
        """Draw all lines in view again."""
        self._drawn.clear()
        self._styles.clear()
        self.refresh()

    def refresh_changed(self, only: Container[int] | None = None) -> None:
        """Draw the lines in view that differ from what was drawn; `only` limits the lines to compare."""
        top = self.scroll_offset.y
        for y in range(self.page_lines):
            if only is not None and top + y not in only:
                continue
            new = truncate(self.line(top + y), self.line_width) if top + y < self.count else ()
            if y in self._drawn and self._drawn[y] != new:
                self._refresh_line(y)

    @property
    def page_lines(self) -> int:
        """Number of lines that fit in view."""
        return max(1, self._viewport.height)

    @property
    def line_width(self) -> int:
        """Width of a line in cells."""
        return self._viewport.width

    @property
    def _viewport(self) -> Size:
        """The size of the lines in view; Textual computes it at each use, 5 % of the CPU time while many jobs end."""
        if self._measured_at != self.outer_size:
            self._measured_at, self._viewport_size = self.outer_size, self.scrollable_content_region.size
        return self._viewport_size

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view."""
        index, width = y + self.scroll_offset.y, self.size.width
        spans = self._drawn[y] = truncate(self.line(index), self.line_width) if index < self.count else ()
        has_cursor = index == self.cursor < self.count
        return to_strip(spans, width, lambda name: self._style(name or "plain", has_cursor=has_cursor))

    def show_cursor(self) -> None:
        """Scroll until the cursor is in view."""
        top, lines = self.scroll_offset.y, self.page_lines
        if self.cursor < top:
            self._scroll_top(self.cursor)
        elif self.cursor >= top + lines:
            self._scroll_top(self.cursor - lines + 1)

    def go_to(self, index: int) -> None:
        """Move the cursor as the user would."""
        index = max(0, min(index, self.count - 1))
        if self.count and index != self.cursor:
            self.cursor = index
            self.show_cursor()
            self.cursor_moved()

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the previous and the new cursor line."""
        for index in (old, new):
            self._refresh_line(index - self.scroll_offset.y)

    def on_resize(self) -> None:
        """Keep the cursor in view; Textual has drawn everything again."""
        self._update_scrollbar()
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

    def on_click(self, event: Click) -> None:
        """Move the cursor to the clicked line; activate it if the cursor was there. The border is not a line."""
        at = event.get_content_offset(self)
        index = at.y + self.scroll_offset.y if at is not None else -1
        if not 0 <= index < self.count:
            return
        if index == self.cursor:
            self.activate_line()
        self.go_to(index)

    def action_move(self, step: int) -> None:
        """Move the cursor by lines."""
        self.go_to(self.cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by pages."""
        self.go_to(self.cursor + step * max(1, self.page_lines - 1))

    def action_edge(self, which: int) -> None:
        """Move the cursor to the first or last line."""
        self.go_to(0 if which < 0 else self.count - 1)

    def _update_scrollbar(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self.count)

    def _refresh_line(self, y: int) -> None:
        if 0 <= y < self.page_lines:
            self.refresh(Region(0, y, self.line_width, 1))

    def _scroll_top(self, line: int) -> None:
        self.scroll_to(y=line, animate=False, force=True, immediate=True)

    def _style(self, name: str, *, has_cursor: bool) -> Style:
        style = self._styles.get((name, has_cursor))
        if style is None:
            style = self.get_component_rich_style(f"lines--{name}", partial=False)
            if has_cursor:
                style += self.get_component_rich_style("lines--cursor", partial=True)
            self._styles[name, has_cursor] = style
        return style
