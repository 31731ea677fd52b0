"""ASCII in place of symbols and frames, for terminals and encodings without them."""

import codecs
import os
import sys
import unicodedata
from collections.abc import Mapping
from typing import TextIO

_FRAMES = (
    dict.fromkeys(range(0x2500, 0x2580), "+")
    | {ord(c): "-" for c in "─╌╍"}
    | {ord(c): "=" for c in "━═"}
    | {ord(c): "|" for c in "│┃║╎╏"}
)
_BLOCKS = dict.fromkeys(range(0x2580, 0x25A0), "#") | {ord(c): "-" for c in "▔▁"} | {ord(c): "|" for c in "▌▎▊▐▏▕"}
_SHADES = {ord("▒"): "=", ord("░"): "."}
_REPLACED = dict.fromkeys((*range(0x2400, 0x2422), 0xFFFD), "?")
"""Replacement for characters that a terminal would act on."""

TABLE: dict[int, str] = {
    **_FRAMES,
    **_BLOCKS,
    **_SHADES,
    **_REPLACED,
    **dict(zip(map(ord, "✗◌✓●○◆▸▾▶›‹▲▼░✎⭘…⋯·–—×‖“”‘’ʼ↑↓←→⌫⏎"), "x.+*o#>v>><^v.*o~~---x=\"\"'''^v><<<", strict=True)),
    ord("🔎"): "> ",
}
"""One cell for one cell, so that the layout does not change."""

ERROR_HANDLER = "zjobtui.ascii"
"""The `errors` of a stream whose encoding lacks characters: they are replaced in as many cells as they take."""

_PLAIN_LOCALES = {"C", "POSIX"}


def _encode_in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_replacement, error.object[error.start : error.end])), error.end


def _replacement(character: str) -> str:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return ""
    replaced = TABLE.get(ord(character)) or ("??" if unicodedata.east_asian_width(character) in "WF" else "?")
    return replaced.replace('"', "'")  # a quote would end the text in CSV


codecs.register_error(ERROR_HANDLER, _encode_in_ascii)


def is_utf8(stream: TextIO | None, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether a stream may get symbols: it encodes in UTF-8, and the user's locale is not the plain one.

    Python encodes in UTF-8 in the plain locale, too, and sets LC_CTYPE to C.UTF-8 for that (PEP 538, PEP 540), although
    terminals and tmux do not show it if LANG or LC_ALL says C or POSIX.
    """
    try:
        is_possible = codecs.lookup(getattr(stream, "encoding", None) or "").name in {"utf-8", "utf-8-sig"}
    except LookupError:
        return False
    ctype = environ.get("LC_CTYPE", "").removeprefix("C.UTF-8")
    locale = environ.get("LC_ALL") or ctype or environ.get("LANG") or ""
    return is_possible and locale not in _PLAIN_LOCALES


def is_ascii_screen() -> bool:
    """Return whether the screen, which is drawn on the original standard error, must be in ASCII."""
    return not is_utf8(sys.__stderr__)
