"""Says the same to a terminal in fewer bytes: of colours and styles only what differs from what is in force already."""

import re
from functools import lru_cache
from itertools import product
from typing import TypeAlias

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate
from textual.driver import Driver

Pen: TypeAlias = tuple[str, str, frozenset[str]]
"""Foreground and background as parameters of SGR, empty for the terminal's own, and the other attributes in force."""

_DEFAULT: Pen = ("", "", frozenset())
_TOKEN = re.compile(
    r"\x1b\[([0-9;]*)m"  # colours and styles
    r"|(\x1b\[[0-9]+;[0-9]+H|\x1b\[\?2026[hl])"  # what no style has a part in: moves, begin and end of an update
    r"|\n(?=(?:\x1b\[0?m)*\x1b\[[0-9]+;[0-9]+H)"  # a new line before a move to a place: nothing
)
_LEVELS = (0, 95, 135, 175, 215, 255)
_NUMBERED = {f"{r};{g};{b}": n for n, (r, g, b) in enumerate(product(_LEVELS, repeat=3), 16) if n > 21}
_NUMBERED |= {f"{grey};{grey};{grey}": n for n, grey in enumerate(range(8, 248, 10), 232)}
"""The colours that every terminal of 256 has under a number, which is said in half the bytes; without the first six,
which some people give other colours."""

_PART = re.compile(r"([34]8;(?:5;[0-9]+|2;[0-9]+;[0-9]+;[0-9]+))|([0-9]+)")


def slimmed(driver: type[Driver]) -> type[Driver]:
    """A driver as the given one, that writes slimly."""

    class SlimDriver(driver):  # type: ignore[misc, valid-type]  # which one is known only when the program runs
        def write(self, data: str) -> None:
            super().write(slim(data))

    return SlimDriver


class CutUpdate(ChopsUpdate):
    """As Textual's, which sends each line of a widget from its beginning up to the last cell that changed."""

    def render_segments(self, console: Console) -> str:
        """Sends from the first changed cell on."""
        out: list[str] = []
        for y, start, end in self.spans:
            for stop, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is not None and x < end and stop > start:
                    first = max(x, start)
                    out += (f"\x1b[{y + 1};{first + 1}H", strip.crop(first - x, min(stop, end) - x).render(console))
        return "".join(out)


def cut(renderable: RenderableType | None) -> RenderableType | None:
    """What is to be drawn, without the cells that did not change."""
    if type(renderable) is ChopsUpdate:
        return CutUpdate(renderable.chops, renderable.spans, renderable.chop_ends)
    return renderable


def slim(data: str) -> str:
    """The same picture, from the terminal's own style to the terminal's own style, in as few bytes."""
    out: list[str] = []
    drawn = wanted = _DEFAULT
    at = 0
    for token in _TOKEN.finditer(data):
        if token.start() > at:
            out += (_change(drawn, wanted), data[at : token.start()])
            drawn = wanted
        at = token.end()
        if token[1] is not None:
            wanted = _styled(wanted, token[1])
        elif token[2]:
            out.append(token[2])
    if at < len(data):
        out += (_change(drawn, wanted), data[at:])
        drawn = wanted
    return "".join((*out, _change(drawn, _DEFAULT)))


@lru_cache(maxsize=4_096)
def _styled(pen: Pen, parameters: str) -> Pen:
    """What is in force after an SGR sequence."""
    front, back, others = pen
    for colour, number in _PART.findall(parameters or "0"):
        code = int(number or 0)
        if colour:
            front, back = (_shortest(colour), back) if colour[0] == "3" else (front, _shortest(colour))
        elif code == 0:
            front, back, others = _DEFAULT
        elif 30 <= code <= 39 or 90 <= code <= 97:
            front = "" if code == 39 else number
        elif 40 <= code <= 49 or 100 <= code <= 107:
            back = "" if code == 49 else number
        else:
            others |= {number}
    return front, back, others


def _shortest(colour: str) -> str:
    """The same colour by its number, where it has one."""
    number = _NUMBERED.get(colour[5:]) if colour[2:4] == ";2" else None
    return colour if number is None else f"{colour[0]}8;5;{number}"


@lru_cache(maxsize=4_096)
def _change(drawn: Pen, wanted: Pen) -> str:
    """The sequence from one to the other."""
    if drawn == wanted:
        return ""
    if wanted == _DEFAULT:
        return "\x1b[m"
    parts: list[str] = []
    gone = drawn[2] - wanted[2]
    if gone == {"1"} and "2" not in wanted[2]:
        parts, drawn = ["22"], (drawn[0], drawn[1], drawn[2] - gone)
    elif gone:
        parts, drawn = ["0"], _DEFAULT
    parts += sorted(wanted[2] - drawn[2])
    parts += [new or own for old, new, own in zip(drawn[:2], wanted[:2], ("39", "49"), strict=True) if old != new]
    return f"\x1b[{';'.join(parts)}m"
