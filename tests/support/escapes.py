"""Analyse the output of a terminal program: the modes it leaves on, and control characters from outside."""

import codecs
import re
import unicodedata

SWITCHED_ON = {
    1049: "alternate screen",
    1000: "mouse clicks",
    1002: "mouse drags",
    1003: "mouse moves",
    1004: "focus reports",
    1006: "mouse in SGR form",
    1015: "mouse in urxvt form",
    1016: "mouse in pixels",
    2004: "bracketed paste",
    2026: "synchronized output",
    2048: "in-band resize",
}
"""Private modes that are off when a terminal starts."""

SWITCHED_OFF = {7: "no line wrap", 25: "cursor hidden"}
"""Private modes that are on when a terminal starts."""

_MODE = re.compile(r"\x1b(?:c|\[(?:\?(?P<modes>[\d;]+)(?P<switch>[hl])|(?P<stack>[<>])(?P<count>\d*)u))")

_STYLE = r"(?:[0-9]|2[1-9]|[349][0-7]|10[0-7]|[34]9|5[1-5]|[34]8;5;\d{1,3}|[34]8;2;\d{1,3};\d{1,3};\d{1,3})"
_OWN_MODES = "|".join(str(mode) for mode in (*SWITCHED_ON, *SWITCHED_OFF))
_OWN = re.compile(
    rf"\x1b\[(?:{_STYLE}(?:;{_STYLE})*)?m"  # colours and attributes
    r"|\x1b\[\d{1,4};\d{1,4}H"  # where to draw
    rf"|\x1b\[\?(?:{_OWN_MODES})[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p"  # does the terminal know this mode?
    r"|\x1b\[>\d{1,2}u|\x1b\[<u"  # the keyboard protocol
    r"|\x1b\]22;[a-z-]*\x07"  # the shape of the pointer
)
_CLIPBOARD = re.compile(r"\x1b\]52;c;[A-Za-z0-9+/=]*\x07")
_UNFINISHED = re.compile(r"\x1b(?:\[[<>?]?[\d;]*\$?|\][\d;a-z-]*)?\Z")
_OWN_LINE_END = re.compile(r"\r\n(?=\x1b\[\d{1,4};\d{1,4}H)")
_ON_ALTERNATE_SCREEN = re.compile(r"(\x1b\[\?1049h.*?(?:\x1b\[\?1049l|\Z))", re.DOTALL)

_FILLER = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffc\ufffe\uffff\U000e0000-\U000e0fff]"
)


def modes_left_on(raw: bytes) -> frozenset[str]:
    """Return the names of terminal modes that differ from the state before the first byte."""
    left: set[str] = set()
    keyboards = {False: 0, True: 0}  # each of the two screens has a stack of its own
    for match in _MODE.finditer(raw.decode(errors="replace")):
        if match["modes"]:
            for mode in match["modes"].split(";"):
                _switch(left, int(mode or 0), is_on=match["switch"] == "h")
        elif match["stack"]:
            is_alternate = SWITCHED_ON[1049] in left
            change = 1 if match["stack"] == ">" else -int(match["count"] or 1)
            keyboards[is_alternate] = max(0, keyboards[is_alternate] + change)
        else:
            left.clear()
            keyboards = {False: 0, True: 0}
    return frozenset(left | ({"keyboard protocol"} if any(keyboards.values()) else set()))


def _switch(left: set[str], mode: int, *, is_on: bool) -> None:
    name = SWITCHED_ON.get(mode) or SWITCHED_OFF.get(mode)
    if name:
        (left.add if is_on == (mode in SWITCHED_ON) else left.discard)(name)


def uncontrolled(raw: bytes, *, clipboard: bool = False) -> list[str]:
    """Return every control, bidi or zero-width character that Textual did not write, with the following text.

    Textual's own are: SGR, cursor position, the modes that `modes_left_on` names and the two questions about them, the
    keyboard protocol, the pointer's shape (OSC 22), a line end before a cursor position, any line end on the normal
    screen, and with `clipboard` OSC 52. Hostile text should hold others than these, which cannot be
    distinguished. A byte that is not UTF-8 is listed as a lone surrogate.
    """
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(raw)
    text = _UNFINISHED.sub("", _CLIPBOARD.sub("", text) if clipboard else text)
    parts = _ON_ALTERNATE_SCREEN.split(text)
    left = [_OWN_LINE_END.sub("", part) if index % 2 else part.replace("\r\n", "") for index, part in enumerate(parts)]
    joined = "".join(_OWN.sub("", part) for part in left)
    return [joined[at : at + 24] for at, character in enumerate(joined) if _acts(character)]


def _acts(character: str) -> bool:
    if " " <= character <= "~":
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or bool(_FILLER.match(character))
