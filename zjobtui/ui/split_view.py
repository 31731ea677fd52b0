"""Layout of list and detail: side by side, stacked, or one at a time."""

from enum import Enum, auto

from msgspec import Struct
from msgspec.structs import replace
from textual.app import ComposeResult
from textual.containers import Container
from textual.events import MouseDown, MouseMove, MouseUp
from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import JobList

SIDE_BY_SIDE_WIDTH = 100
"""Columns from which the detail is beside the list."""

TWO_PANES_WIDTH, TWO_PANES_HEIGHT = 60, 20
"""Columns and rows below which only one pane is shown."""

MIN_COLUMNS, MIN_LINES = 30, 5
"""Columns and lines that the divider leaves to each pane, borders included."""

_STEP_COLUMNS, _STEP_LINES = 4, 2

_DETAIL_SHARE, _DETAIL_COLUMNS = 0.43, 68
"""The detail's share of the width by default, and the columns beyond which the list gets more."""

_LIST_COLUMNS = 150
"""Columns of the list beyond which the detail gets more: with them, nearly every column is whole."""


class Arrangement(Enum):
    """How the panes are arranged."""

    SIDE_BY_SIDE = auto()
    STACKED = auto()
    SINGLE = auto()


class Divider(Struct, frozen=True):
    """The list's share of the width if the panes are side by side, and of the height if they are stacked.

    As long as the user has not moved the divider, the width is that of `default_list_width`.
    """

    width_share: float | None = None
    height_share: float = 0.5


def arrangement(screen: Size) -> Arrangement:
    """Return the arrangement for a screen of this size."""
    if screen.width < TWO_PANES_WIDTH or screen.height < TWO_PANES_HEIGHT:
        return Arrangement.SINGLE
    return Arrangement.SIDE_BY_SIDE if screen.width >= SIDE_BY_SIDE_WIDTH else Arrangement.STACKED


def default_list_width(width: int) -> int:
    """Return the columns of the list beside the detail: more than half, but not more than its columns can use."""
    detail = min(round(_DETAIL_SHARE * width), _DETAIL_COLUMNS)
    return min(width - detail, max(_LIST_COLUMNS, width // 2))


def clamp_divider(cells: int, total: int, least: int) -> int:
    """Limit the size of the first of two parts of `total`, so that both keep `least`, or half if that is less."""
    least = min(least, total // 2)
    return max(least, min(cells, total - least))


class SplitView(Container):
    """List and detail with a movable divider; if only one fits, the one that had the focus last."""

    def __init__(self) -> None:
        super().__init__(id="panes")
        self.job_list, self.detail = JobList(), JobDetail()
        self.divider = Divider()
        self._is_detail_active = False
        self._is_dragging = False
        self._split_layout = _SplitLayout()

    @property
    def layout(self) -> Layout:
        """The layout of the panes."""
        return self._split_layout

    @property
    def arrangement(self) -> Arrangement:
        """The current arrangement."""
        return arrangement(self.app.size)

    def compose(self) -> ComposeResult:
        """Compose list and detail."""
        yield self.job_list
        yield self.detail

    def focus_pane(self, pane: JobList | JobDetail) -> None:
        """Focus a pane, and show it if it was hidden."""
        self._is_detail_active = pane is self.detail
        # Set the focus first: a pane that is hidden while focused takes the focus away from the new one.
        self.screen.set_focus(pane)
        if self.arrangement is Arrangement.SINGLE:
            self._refresh_layout()

    def on_descendant_focus(self) -> None:
        """Remember the pane that was focused by the mouse."""
        self._is_detail_active = self.detail.has_focus

    def on_resize(self) -> None:
        """Restore the focus that was lost when the terminal was too small for any pane."""
        if self.screen.is_active and self.screen.focused is None:
            self.focus_pane(self.detail if self._is_detail_active else self.job_list)

    def regions(self, size: Size) -> tuple[Region, Region]:
        """Return the regions of list and detail within `size`; a hidden pane has an empty region."""
        width, height = size
        match self.arrangement:
            case Arrangement.SIDE_BY_SIDE:
                share = self.divider.width_share
                wanted = default_list_width(width) if share is None else round(share * width)
                at = clamp_divider(wanted, width, MIN_COLUMNS)
                return Region(0, 0, at, height), Region(at, 0, width - at, height)
            case Arrangement.STACKED:
                at = clamp_divider(round(self.divider.height_share * height), height, MIN_LINES)
                return Region(0, 0, width, at), Region(0, at, width, height - at)
            case Arrangement.SINGLE:
                whole = Region(0, 0, width, height)
                return (Region(), whole) if self._is_detail_active else (whole, Region())

    def move_divider(self, steps: int) -> None:
        """Make the list larger or smaller by steps."""
        rows = self.regions(self.size)[0]
        if self.arrangement is Arrangement.SIDE_BY_SIDE:
            self._set_divider(rows.width + steps * _STEP_COLUMNS)
        else:
            self._set_divider(rows.height + steps * _STEP_LINES)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Start dragging the divider, which is the borders on both sides."""
        rows = self.regions(self.size)[0]
        at = self._position_along(event) - (rows.width if self.arrangement is Arrangement.SIDE_BY_SIDE else rows.height)
        if at in {-1, 0} and self.arrangement is not Arrangement.SINGLE:
            self._is_dragging = True
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Move the divider."""
        if self._is_dragging:
            self._set_divider(self._position_along(event) + 1)

    def on_mouse_up(self, _: MouseUp) -> None:
        """Stop dragging."""
        if self._is_dragging:
            self._is_dragging = False
            self.release_mouse()

    def _position_along(self, event: MouseDown | MouseMove) -> int:
        at = event.screen_offset - self.region.offset
        return at.x if self.arrangement is Arrangement.SIDE_BY_SIDE else at.y

    def _refresh_layout(self) -> None:
        # Textual recomputes the layout of a container only if one of its children asks for it.
        self.job_list.refresh(layout=True)

    def _set_divider(self, cells: int) -> None:
        before = self.divider
        match self.arrangement:
            case Arrangement.SIDE_BY_SIDE:
                share = clamp_divider(cells, self.size.width, MIN_COLUMNS) / max(self.size.width, 1)
                self.divider = replace(before, width_share=round(share, 4))
            case Arrangement.STACKED:
                share = clamp_divider(cells, self.size.height, MIN_LINES) / max(self.size.height, 1)
                self.divider = replace(before, height_share=round(share, 4))
            case Arrangement.SINGLE:
                return
        if self.divider != before:
            self._refresh_layout()


class _SplitLayout(Layout):
    """Arrange the panes in one pass for the current size, so that nothing is drawn twice."""

    name = "split"

    def arrange(
        self,
        parent: Widget,
        children: list[Widget],  # noqa: ARG002 - the panes know their own
        size: Size,
        greedy: bool = True,  # noqa: ARG002 - Textual's signature
    ) -> ArrangeResult:
        if not isinstance(parent, SplitView):
            raise TypeError("this layout is only for SplitView")
        placements = zip((parent.job_list, parent.detail), parent.regions(size), strict=True)
        return [WidgetPlacement(region, NULL_OFFSET, Spacing(), widget) for widget, region in placements if region]
