"""A screen that is drawn in as few frames as it takes; knows no widget."""

from typing import Self

from textual.geometry import Region
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget


class FewFrames(Screen[ScreenResultType]):
    """Draws all that is to be drawn in one frame, and after a layout what has moved.

    Textual draws a frame for every widget that tells of a change a little later than the one before it: list, detail
    and scrollbars one after the other, what a layout has just drawn once more, and after a dialog everything.
    """

    _places: frozenset[tuple[Widget, tuple[Region, Region]]] = frozenset()
    """Where each widget stood in the last frame, and how much of it was seen."""

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Of its own a screen has nothing to draw; a layout finds by itself what it moves."""
        return super().refresh(*regions, repaint=repaint and not layout, layout=layout, recompose=recompose)

    def _compositor_refresh(self) -> None:
        if self.app._batch_count:  # noqa: SLF001 - Textual's own question; it would draw, and send it to nobody
            self._dirty_widgets.add(self)
            return
        visible = self._compositor.visible_widgets
        self._compositor.update_widgets(set(visible))
        # Where it was asked for a place on the way, Textual knows the new ones already, and does not draw what moved.
        before, self._places = self._places, frozenset(visible.items())
        moved = {clip.intersection(region) for _, (region, clip) in before ^ self._places} - {Region()}
        self._compositor._dirty_regions |= moved  # noqa: SLF001 - as above
        super()._compositor_refresh()
