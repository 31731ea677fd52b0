"""The list and the detail in whatever room there is: side by side, one under the other, or one at a time."""

from dataclasses import dataclass, replace
from enum import Enum, auto

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import MouseDown, MouseMove, MouseUp
from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import JobList

WIDE = 100
"""Columns from which on the detail is beside the list."""

LEAST_WIDTH, LEAST_HEIGHT = 60, 20
"""Columns and rows under which there is room for one of the two alone."""

LEAST_COLUMNS, LEAST_LINES = 30, 5
"""Columns and lines that the divider leaves to either, borders included."""

_STEP_COLUMNS, _STEP_LINES = 4, 2


class Arrangement(Enum):
    """How the two lie."""

    BESIDE = auto()
    BELOW = auto()
    ALONE = auto()


@dataclass(frozen=True, slots=True)
class Divider:
    """The list's share of the width where the detail is beside it, and of the height where it is below."""

    beside: float = 0.5
    below: float = 0.5


def arrangement(screen: Size) -> Arrangement:
    """How the two lie on a screen of this size."""
    if screen.width < LEAST_WIDTH or screen.height < LEAST_HEIGHT:
        return Arrangement.ALONE
    return Arrangement.BESIDE if screen.width >= WIDE else Arrangement.BELOW


def bounded(cells: int, total: int, least: int) -> int:
    """Cells of the first of two parts of `total`, such that both keep at least `least`, or half where that is less."""
    least = min(least, total // 2)
    return max(least, min(cells, total - least))


class SplitView(Container):
    """List and detail with a movable divider; where there is room for one, it is the one that a person went to last."""

    def __init__(self, *, are_tenants_named: bool) -> None:
        super().__init__(id="panes")
        self.rows, self.detail = JobList(are_tenants_named=are_tenants_named), JobDetail()
        self.divider = Divider()
        self._is_reading = False
        self._is_dragging = False
        self._split = _Split()

    @property
    def layout(self) -> Layout:
        """Its own."""
        return self._split

    @property
    def arrangement(self) -> Arrangement:
        """How the two lie now."""
        return arrangement(self.app.size)

    def compose(self) -> ComposeResult:
        """The two."""
        yield self.rows
        yield self.detail

    def go_to(self, pane: JobList | JobDetail) -> None:
        """Takes a person to one of the two, and shows it where it was not."""
        self._is_reading = pane is self.detail
        # At once: a pane that is hidden while it has the keys takes them away from whoever has them then.
        self.screen.set_focus(pane)
        if self.arrangement is Arrangement.ALONE:
            self._lay_out()

    def on_descendant_focus(self) -> None:
        """Remembers where a person went with the mouse."""
        self._is_reading = self.detail.has_focus

    def on_resize(self) -> None:
        """A terminal that was too small for any pane has taken the keys away from them."""
        if self.screen.is_active and self.screen.focused is None:
            self.go_to(self.detail if self._is_reading else self.rows)

    def split(self, size: Size) -> tuple[Region, Region]:
        """Where list and detail lie within `size`; what is not shown has no room."""
        width, height = size
        match self.arrangement:
            case Arrangement.BESIDE:
                at = bounded(round(self.divider.beside * width), width, LEAST_COLUMNS)
                return Region(0, 0, at, height), Region(at, 0, width - at, height)
            case Arrangement.BELOW:
                at = bounded(round(self.divider.below * height), height, LEAST_LINES)
                return Region(0, 0, width, at), Region(0, at, width, height - at)
            case Arrangement.ALONE:
                whole = Region(0, 0, width, height)
                return (Region(), whole) if self._is_reading else (whole, Region())

    def move_divider(self, steps: int) -> None:
        """Gives the list more room, or less."""
        rows = self.split(self.size)[0]
        if self.arrangement is Arrangement.BESIDE:
            self._divide(rows.width + steps * _STEP_COLUMNS)
        else:
            self._divide(rows.height + steps * _STEP_LINES)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Takes hold of the divider: the borders on both of its sides."""
        rows = self.split(self.size)[0]
        at = self._along(event) - (rows.width if self.arrangement is Arrangement.BESIDE else rows.height)
        if at in {-1, 0} and self.arrangement is not Arrangement.ALONE:
            self._is_dragging = True
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Moves it."""
        if self._is_dragging:
            self._divide(self._along(event) + 1)

    def on_mouse_up(self, _: MouseUp) -> None:
        """Lets go of it."""
        if self._is_dragging:
            self._is_dragging = False
            self.release_mouse()

    def _along(self, event: MouseDown | MouseMove) -> int:
        at = event.screen_offset - self.region.offset
        return at.x if self.arrangement is Arrangement.BESIDE else at.y

    def _lay_out(self) -> None:
        # Textual forgets how a container lies only when one of its children asks for it.
        self.rows.refresh(layout=True)

    def _divide(self, cells: int) -> None:
        before = self.divider
        match self.arrangement:
            case Arrangement.BESIDE:
                share = bounded(cells, self.size.width, LEAST_COLUMNS) / max(self.size.width, 1)
                self.divider = replace(before, beside=round(share, 4))
            case Arrangement.BELOW:
                share = bounded(cells, self.size.height, LEAST_LINES) / max(self.size.height, 1)
                self.divider = replace(before, below=round(share, 4))
            case Arrangement.ALONE:
                return
        if self.divider != before:
            self._lay_out()


class _Split(Layout):
    """Lays the panes out at once for the size there is, so that nothing is drawn twice."""

    name = "split"

    def arrange(
        self,
        parent: Widget,
        children: list[Widget],  # noqa: ARG002 - the panes know their own
        size: Size,
        greedy: bool = True,  # noqa: ARG002 - Textual's signature
    ) -> ArrangeResult:
        if not isinstance(parent, SplitView):
            raise TypeError("this layout is for panes")
        regions = zip((parent.rows, parent.detail), parent.split(size), strict=True)
        return [WidgetPlacement(region, NULL_OFFSET, Spacing(), widget) for widget, region in regions if region]
