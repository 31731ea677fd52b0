"""A scrolling pane of single lines with a cursor, which sends only the cells that changed; knows no job."""

from collections.abc import Container
from typing import TYPE_CHECKING

from rich.style import Style
from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from zjobtui.ui.spans import FLAT, Spans, changed_regions, strip_of, within

if TYPE_CHECKING:
    from textual.scrollbar import ScrollBar

TONES = ("match", *sorted(FLAT - {""}))


class LinesView(ScrollView, can_focus=True):
    """Shows lines that a subclass gives by `line(index)`; the cursor is a line, the view follows it."""

    COMPONENT_CLASSES = {"lines--cursor", *(f"lines--{tone}" for tone in TONES)}

    ALLOW_SELECT = False
    """Textual cannot know what is drawn here; the terminal's own selection does (with shift)."""

    BINDINGS = [
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,ctrl+f,ctrl+d", "page(1)", "page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False),
        Binding("home,g", "edge(-1)", "first", show=False),
        Binding("end,G", "edge(1)", "last", show=False),
    ]

    virtual_size = reactive(Size(0, 0), repaint=False)
    """How large the lines are all together; for another size Textual would lay the whole screen out anew."""

    cursor = reactive(0, repaint=False)
    """The index of the line under the cursor."""

    count = 0
    """How many lines there are."""

    def line(self, index: int) -> Spans:
        """The line at `index`, as spans; for subclasses."""
        raise NotImplementedError

    def cursor_moved(self) -> None:
        """A person has moved the cursor; for subclasses."""

    def chosen(self) -> None:
        """A person has chosen the line under the cursor with enter or a click on it; for subclasses."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._entitled = ("", "")
        self._drawn: dict[int, Spans] = {}
        self._styles: dict[tuple[str, bool], Style] = {}
        self._room, self._line_width = (0, False), 0

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Names the pane, and draws of it the border alone that reads differently: Textual would draw all of it."""
        before, self._entitled = self._entitled, (title, subtitle)
        if title != before[0]:
            self._border_title = _one_line(title)
            self._refresh_border(0)
        if subtitle != before[1]:
            self._border_subtitle = _one_line(subtitle)
            self._refresh_border(self.outer_size.height - 1)

    def reset(self, count: int, cursor: int, top: int) -> None:
        """Takes a new set of lines: how many, where the cursor is, and which line comes first in view."""
        was_at = self.cursor - self.scroll_offset.y
        if count != self.count:
            if not (count and self.count):
                self.redraw()  # where there is no line, there is no cursor either
            self.count = count
            self._fit_scrollbar()
        self.set_reactive(LinesView.cursor, max(0, min(cursor, count - 1)))
        top = max(0, min(top, count - self.page_lines))
        if top != self.scroll_offset.y:
            self._scroll_top(top)
        else:
            self.redraw_changed()
        self._refresh_lines(was_at, self.cursor - top)

    def redraw(self) -> None:
        """Draws everything in view anew."""
        self._drawn.clear()
        self._styles.clear()
        self.refresh()

    def redraw_changed(self, only: Container[int] | None = None) -> None:
        """Draws the cells in view that differ from what was drawn before; `only` are the lines that may."""
        top = self.scroll_offset.y
        regions = []
        for y in range(self.page_lines):
            if only is not None and top + y not in only:
                continue
            new = within(self.line(top + y), self.line_width) if top + y < self.count else ()
            old = self._drawn.get(y)
            if old is not None and old != new:
                regions += changed_regions(old, new, y)
        if regions:
            self.refresh(*regions)

    @property
    def vertical_scrollbar(self) -> "ScrollBar":
        """Made when it is asked for first, as Textual does."""
        from zjobtui.ui.slider import Slider  # noqa: PLC0415 - few lines need none

        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = bar = Slider(self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)  # noqa: SLF001 - as Textual does
        return self._vertical_scrollbar

    @property
    def page_lines(self) -> int:
        """How many lines fit in view."""
        return max(1, self.scrollable_content_region.height)

    @property
    def line_width(self) -> int:
        """Cells of a line; Textual finds them anew whenever it is asked."""
        room = (self.size.width, self.show_vertical_scrollbar)
        if room != self._room:
            self._room, self._line_width = room, self.scrollable_content_region.width
        return self._line_width

    def render_line(self, y: int) -> Strip:
        """Draws one line of the view."""
        index, width = y + self.scroll_offset.y, self.size.width
        spans = self._drawn[y] = within(self.line(index), self.line_width) if index < self.count else ()
        has_cursor = index == self.cursor < self.count
        return strip_of(spans, width, lambda name: self._style(name or "plain", has_cursor=has_cursor))

    def show_cursor(self) -> None:
        """Scrolls so far that the cursor is in view."""
        top, lines = self.scroll_offset.y, self.page_lines
        if self.cursor < top:
            self._scroll_top(self.cursor)
        elif self.cursor >= top + lines:
            self._scroll_top(self.cursor - lines + 1)

    def go_to(self, index: int) -> None:
        """Moves the cursor as a person would."""
        index = max(0, min(index, self.count - 1))
        if self.count and index != self.cursor:
            self.cursor = index
            self.show_cursor()
            self.cursor_moved()

    def watch_cursor(self, old: int, new: int) -> None:
        """Draws the line that the cursor left and the one it is on."""
        top = self.scroll_offset.y
        self._refresh_lines(old - top, new - top)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draws the cells in view that are others now: below each other many lines are alike."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        if round(old_value) != round(new_value):
            self.redraw_changed()
            self._refresh_lines(self.cursor - round(old_value), self.cursor - round(new_value))

    def on_resize(self) -> None:
        """Keeps the cursor in view in whatever room there is; Textual has drawn all of it anew."""
        self._fit_scrollbar()
        self.show_cursor()

    def on_focus(self) -> None:
        """The cursor looks different where keys go."""
        self.redraw()

    def on_blur(self) -> None:
        """The cursor looks different where keys do not go."""
        self.redraw()

    def notify_style_update(self) -> None:
        """A theme has changed: colours are looked up anew."""
        super().notify_style_update()
        self._styles.clear()

    def on_click(self, event: Click) -> None:
        """A click moves the cursor; one on the cursor's line chooses it; the border is no line."""
        at = event.get_content_offset(self)
        index = at.y + self.scroll_offset.y if at is not None else -1
        if not 0 <= index < self.count:
            return
        if index == self.cursor:
            self.chosen()
        self.go_to(index)

    def action_move(self, step: int) -> None:
        """Moves the cursor by lines."""
        self.go_to(self.cursor + step)

    def action_page(self, step: int) -> None:
        """Moves the cursor by screens."""
        self.go_to(self.cursor + step * max(1, self.page_lines - 1))

    def action_edge(self, which: int) -> None:
        """Moves the cursor to the first or the last line."""
        self.go_to(0 if which < 0 else self.count - 1)

    def _fit_scrollbar(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self.count)
        self._scroll_update(self.virtual_size)

    def _refresh_border(self, y: int) -> None:
        self.refresh(Region(0, y, self.outer_size.width, 1).translate(-self.content_offset))

    def _refresh_lines(self, *lines: int) -> None:
        seen = [y for y in lines if 0 <= y < self.page_lines]
        if seen and len(set(lines)) > 1:
            self.refresh(*(Region(0, y, self.scrollable_content_region.width, 1) for y in seen))

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


def _one_line(title: str) -> Content:
    """The title as Textual draws it; of a plain string it would read the brackets as markup."""
    return Content(title).expand_tabs(4).split()[0]
