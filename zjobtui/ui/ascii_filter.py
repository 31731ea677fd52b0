"""ASCII output for terminals and fonts without other glyphs: each glyph is replaced by one of the same width."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from zjobtui.formatting.ascii_text import TABLE


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
