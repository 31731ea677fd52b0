"""Text: make text from outside safe to show, shorten it, and find the nearest valid name."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

CELL_LIMIT = 2_000
"""Characters kept of one field; a longer one is cut with a mark, so that no widget ever lays out a megabyte."""

LONGEST_NUMBER = 20
"""Characters of a number of an order that the list shows whole."""

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Zero-width, bidi and other characters without an own shape, for a class of a regular expression."""

_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{INVISIBLE}]")
_UNSAFE_BUT_LINES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{INVISIBLE}]")
_BENT_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"


def clean(text: str) -> str:
    """Return one line of text with every control, bidi and zero-width character, and lone surrogate, visibly replaced.

    The length stays the same: C0 becomes its picture (`␛`), everything else `\ufffd`. Nothing in the result moves the
    cursor, changes a mode, or hides, whatever the terminal.
    """
    return _BENT_SPACE.sub(" ", _UNSAFE.sub(_visible, text))


def clean_lines(text: str) -> str:
    """As `clean`, for several lines: line feeds and tabs stay, a carriage return before a line feed is removed."""
    return _UNSAFE_BUT_LINES.sub(_visible, text.replace("\r\n", "\n"))


def parse_tags(*texts: str) -> tuple[str, ...]:
    """Return the tags in texts with commas or blanks between them, each once."""
    return tuple(dict.fromkeys(clean(tag) for text in texts for tag in text.replace(",", " ").split()))


def shorten(text: str, limit: int = CELL_LIMIT) -> str:
    """Return the text, cut to `limit` characters with an ellipsis as the last one."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def short_number(number: str) -> str:
    """Return the number of an order as the list shows it: whole, or its beginning if it is as long as an id."""
    return number if len(number) <= LONGEST_NUMBER else f"{number[:8]}…"


def nearest(word: str, names: Iterable[str], likeness: float = 0.6) -> str:
    """Return the name most similar to `word`, ignoring case and `-` or `_` between words, or an empty text.

    `likeness` is the lowest ratio of `difflib`, from 0 to 1.
    """
    folded = {_fold(name): name for name in names}
    near = get_close_matches(_fold(word), folded, 1, likeness)
    return folded[near[0]] if near else ""


def suggest(word: str, names: Iterable[str], known: str = "") -> str:
    """Return “did you mean NAME?” or, if no name is near, “valid names: …” with all names, or with `known`."""
    candidates = tuple(names)
    near = nearest(word, candidates)
    if not near:
        return f"valid names: {known or ', '.join(candidates)}"
    return f"did you mean “{near}”?" if " " in near else f"did you mean {near}?"


def _fold(name: str) -> str:
    return name.casefold().replace("-", "_")
