"""A screen that is drawn in as few frames as it takes; knows no widget."""

from typing import Self

from textual.geometry import Region
from textual.screen import Screen, ScreenResultType


class FewFrames(Screen[ScreenResultType]):
    """Draws all that is to be drawn in one frame, and after a layout what has moved.

    Textual draws a frame for every widget that tells of a change a little later than the one before it: list, detail
    and scrollbars one after the other, what a layout has just drawn once more, and after a dialog everything.
    """

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Of its own a screen has nothing to draw; a layout finds by itself what it moves."""
        return super().refresh(*regions, repaint=repaint and not layout, layout=layout, recompose=recompose)

    def _compositor_refresh(self) -> None:
        if self.app._batch_count:  # noqa: SLF001 - Textual's own question; it would draw, and send it to nobody
            self._dirty_widgets.add(self)
            return
        self._compositor.update_widgets(set(self._compositor.visible_widgets))
        super()._compositor_refresh()
