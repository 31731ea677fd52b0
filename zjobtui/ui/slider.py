"""A scrollbar that sends the cells alone that differ; Textual's sends all of it for an eighth of a cell."""

from collections.abc import Collection

from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scrollbar import ScrollBar
from textual.strip import Strip


class Slider(ScrollBar):
    """Draws itself as Textual's does; of a frame it takes the rows that are not as they were drawn last."""

    virtual_size = reactive(Size(0, 0), repaint=False)
    """Its size again; for another one Textual would lay the whole screen out anew."""

    def __init__(self, thickness: int) -> None:
        super().__init__(vertical=True, name="vertical", thickness=thickness)
        self._drawn: list[Strip] = []

    def _exchange_repaint_regions(self) -> Collection[Region]:
        regions = super()._exchange_repaint_regions()
        if not regions or not self.size:
            return regions
        self._render_content()
        before, self._drawn = self._drawn, self._render_cache.lines
        if len(before) != len(self._drawn):
            return regions
        rows = enumerate(zip(before, self._drawn, strict=True))
        return [Region(0, y, self.size.width, 1) for y, (old, new) in rows if old != new]
