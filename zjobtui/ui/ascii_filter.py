"""ASCII output for terminals and fonts without other glyphs: each glyph is replaced by one of the same width."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from zjobtui.formatting.symbols import ASCII_GLYPHS, GLYPHS

_FRAMES = (
    dict.fromkeys(range(0x2500, 0x2580), "+")
    | {ord(c): "-" for c in "─╌╍"}
    | {ord(c): "=" for c in "━═"}
    | {ord(c): "|" for c in "│┃║╎╏"}
)
_BLOCKS = dict.fromkeys(range(0x2580, 0x25A0), "#") | {ord(c): "-" for c in "▔▁"} | {ord(c): "|" for c in "▌▎▊▐▏▕"}
_REPLACED = dict.fromkeys((*range(0x2400, 0x2422), 0xFFFD), "?")
"""Replacement for characters that a terminal would act on."""

TABLE: dict[int, str] = {
    **_FRAMES,
    **_BLOCKS,
    **_REPLACED,
    **{ord(glyph): ASCII_GLYPHS[kind] for kind, glyph in GLYPHS.items()},
    **dict(zip(map(ord, "●○◆▸▾▶⭘…⋯·–—×‖“”‘’ʼ↑↓←→⌫⏎"), "*o#>v>o~~---x=\"\"'''^v<><<", strict=True)),
    ord("🔎"): "> ",
}
"""One cell for one cell, so that the layout does not change."""


class AsciiFilter(LineFilter):
    """The last filter of a line before it is sent, whichever widget drew it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """Return the same cells in ASCII; letters of texts from outside are not changed."""
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(TABLE), segment.style, segment.control)
            for segment in segments
        ]
