"""Text as it comes from terminals, logs and URLs: its colour codes removed, its escaped separators readable."""

import re
from dataclasses import dataclass
from typing import Self

from zjobtui.domain.late_pattern import late_pattern

ID = r"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32})"
"""A job id; what stands beside it is not looked at."""

_END = r"(?![0-9A-Za-z])"
_CSI = r"\[[0-9;:?]{0,40}[A-Za-z]"
_CODES = tuple(
    (sign, late_pattern(rf"{code}(?:{code})*"))
    for sign, code in (
        ("\x1b", rf"\x1b(?:{_CSI}|[()][0-9A-B])"),
        ("\u241b", rf"\u241b(?:{_CSI}|[()][0-9A-B])"),
        ("^", rf"\^\[{_CSI}"),
        ("\\", rf"\\(?<!\\\\)\\{{0,15}}+(?:u001[bB]|x1[bB]|033|e){_CSI}"),
    )
)
"""Control sequences (ECMA-48), as they are and as programs print them, each by the character it begins with."""

_ID_BEFORE = late_pattern(rf"(?<![0-9A-Za-z]){ID}$")
_ID_AFTER = late_pattern(ID + _END)

_SEPARATORS = "0[9aAdD]|2[0126-9cCfF]|3[aAbBcCdDeEfF]|5[bBcCdD]|60|7[bBcCdD]"
_ESCAPES = tuple(
    (sign, late_pattern(pattern))
    for sign, pattern in (
        (
            "&",
            r"&(?:amp;){0,4}(?:(?P<name>quot|apos|lt|gt|nbsp|amp)|#0{0,4}(?P<decimal>[0-9]{1,3})|#[xX]0{0,4}(?P<hex>[0-9a-fA-F]{1,2}));",
        ),
        ("%", rf"%(?!{ID}{_END})(?:25){{0,4}}(?P<hex>{_SEPARATORS})"),
        ("$", rf"\$(?!{ID}{_END})(?:25){{0,4}}(?P<hex>{_SEPARATORS})"),
        ("=", rf"=(?!{ID}{_END})(?P<hex>3[DdAa]|2[027Cc])"),
        ("\\", rf"\\(?<!\\\\)\\{{0,15}}+(?:[nrt\"'/`]|(?:u00|x)(?P<hex>{_SEPARATORS}))"),
    )
)
_NAMED = {"quot": '"', "apos": "'", "lt": "<", "gt": ">", "nbsp": " ", "amp": "&"}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class SourceText:
    """One text in three forms of the same length, so that a position in one is a position in all."""

    shown: str
    """As it was given, without colour codes."""
    plain: str
    """With every escaped separator (`\\n`, `%22`, `&quot;`, `=3D`) as the separator, blanks before it."""
    low: str
    """`plain` in lower case."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a text."""
        shown = without_colours(text)
        plain = shown
        for sign, escapes in _ESCAPES:
            if sign in plain:
                plain = escapes.sub(_separator, plain)
        # This letter alone becomes two characters in lower case.
        return cls(shown, plain, plain.replace("\u0130", "I").lower())


def without_colours(text: str) -> str:
    """The text without control sequences; those that part words leave a blank."""
    for sign, codes in _CODES:
        if sign in text:
            text = codes.sub(_without_codes, text)
    return text


def _without_codes(codes: re.Match[str]) -> str:
    """Nothing for colours, so that a partly coloured id stays whole; a blank if the codes part words."""
    text, start, end = codes.string, codes.start(), codes.end()
    is_colour = not re.search(r"\[[0-9;:?]*(?![mK])[A-Za-z]", codes.group())
    parts_ids = _ID_AFTER.match(text, end) or _ID_BEFORE.search(text[max(0, start - 37) : start])
    return "" if is_colour and not parts_ids else " "


def _separator(escape: re.Match[str]) -> str:
    whole = escape.group()
    kind = escape.lastgroup
    if kind == "hex":
        character = chr(int(escape[kind], 16))
    elif kind == "decimal":
        character = chr(int(escape[kind]))
    else:
        character = _NAMED[escape[kind]] if kind else _CONTROLS.get(whole[-1], whole[-1])
    if character.isalnum() or not character.isascii():
        return whole
    return character.rjust(len(whole))
