"""Plain ASCII for a terminal or a font that has nothing else: every glyph of the screen as another one as wide."""

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
"""What stands for characters that a terminal would act on."""

TABLE: dict[int, str] = {
    **_FRAMES,
    **_BLOCKS,
    **_REPLACED,
    **{ord(glyph): ASCII_GLYPHS[kind] for kind, glyph in GLYPHS.items()},
    **dict(zip(map(ord, "●○◆▸▾▶⭘…⋯·–—×‖“”‘’ʼ↑↓←→⌫⏎"), "*o#>v>o~~---x=\"\"'''^v<><<", strict=True)),
    ord("🔎"): "> ",
}
"""One cell for one cell, so that nothing moves."""


class AsciiFilter(LineFilter):
    """Comes last of what Textual does to a line before it is sent, whichever widget drew it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """The same cells in ASCII; letters of outside texts stay as they are."""
        return [
            one if one.text.isascii() else Segment(one.text.translate(TABLE), one.style, one.control)
            for one in segments
        ]
