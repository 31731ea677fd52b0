"""Pasted text in its decoded form: the escapes, colour codes and invisible characters around and within words."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from typing import NamedTuple, Self

from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.text import INVISIBLE

ID = r"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32})"
"""A job id; the characters beside it are not checked."""

LAYERS = 8
"""Encodings within each other that are decoded: a URL in JSON in a log is three."""

_END = r"(?![0-9A-Za-z])"
_ID_BEFORE = lazy_pattern(rf"(?<![0-9A-Za-z]){ID}$")
_ID_AFTER = lazy_pattern(ID + _END)

_CSI = rf"[<=>?]?[0-9;:?]{{0,40}}[ !$]?(?!{ID}{_END})[A-Za-z~]"
"""What follows the sign of a control sequence. It does not end with the first digit of an id."""
_STRIPPED = tuple(
    (signs, lazy_pattern(pattern))
    for signs, pattern in (
        (("\x1b", "\u241b"), rf"(?:[\x1b\u241b](?:\[{_CSI}|[()][0-9A-B]|\][0-9]{{1,4}};|\\))+"),
        (("\x9b",), rf"(?:\x9b{_CSI})+"),
        (("^[",), rf"(?:\^\[(?:\[{_CSI}|[()][0-9AB]|\][0-9]{{1,4}};|\\))+"),
        (("^G",), r"\^G(?![A-Za-z])|\^G(?=[0-9a-fA-F-]{32})"),
        (("<wbr",), r"(?:<wbr ?/?>)+"),
        (("ESC[", "ESC>[", "esc>[", "<1"), rf"(?:(?:<(?:ESC|esc|1[bB])>|ESC)\[{_CSI})+"),
    )
)
"""Control sequences (ECMA-48) by their signs: raw, and as terminals, `less` and editors show them."""
_COLOUR = lazy_pattern(r"\[[0-9]{1,3}(?:;[0-9]{1,3}){0,16}m(?!\])")
"""Colours that have lost their first character, as in a text copied from a web page."""
_NUL = lazy_pattern("\0+")
_HIDDEN = lazy_pattern(f"[\0{INVISIBLE}]+")
_MOVES = lazy_pattern(r"\[[0-9;:?]*(?![mK])[A-Za-z]|\^G")

_SEPARATORS = "0[9aAdD]|1[bB]|2[0-9a-fA-F]|3[a-fA-F]|40|5[b-eB-E]|60|7[b-eB-E]"
"""In hexadecimal: escape, and all characters of ASCII that separate words, and the dash."""
_USUAL = "0[9aAdD]|1[bB]|2[0125-9cCfF]|3[a-fA-F]|5[bBcCdD]|7[bBcCdD]"
"""Those of them that must be escaped in a URL, without those that are common after `$` and `*`, as in `$2b`.

`$23` is a sum of money, unless `$26` is before it: `&#`; and `$5e` counts only as the `^` of `^[[`."""

_OTHER_DASHES = (
    "\u02d7\u058a\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u2212\u2796\u2e3a\u2e3b\u30fc"
    "\ufe58\ufe63\uff0d"
)
_DASHED = lazy_pattern(
    r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}D(?:[0-9a-fA-F]{4}D){3}[0-9a-fA-F]{12}(?![0-9A-Za-z])".replace(
        "D", f"[\\-{_OTHER_DASHES}]"
    )
)
_DASHES = dict.fromkeys(map(ord, _OTHER_DASHES), "-")
_HEX_TAIL, _HEX_HEAD = lazy_pattern(r"[0-9a-fA-F-]{1,35}$"), lazy_pattern(r"[0-9a-fA-F-]{1,35}")
_SOFT_BREAK = lazy_pattern(r"=\r?\n")
_WHOLE_ID = lazy_pattern(ID)
_MAIL_LINE = range(70, 80)
"""Characters of a line that quoted-printable breaks (RFC 2045: at most 76)."""


def without_codes(text: str) -> str:
    """Return the text without control sequences and invisible characters; those that separate ids leave a blank."""
    text = _without_sequences(text)
    shown = _HIDDEN.sub(_strip, text) if not text.isascii() else _NUL.sub(_strip, text) if "\0" in text else text
    return shown if shown is text else _without_sequences(shown)  # a sequence may have had them between its characters


def _without_sequences(text: str) -> str:
    for signs, pattern in _STRIPPED:
        if any(sign in text for sign in signs):
            text = pattern.sub(_strip, text)
    return text


def _strip(codes: re.Match[str]) -> str:
    """Return nothing, so that a partly coloured id stays whole; a blank if the codes separate words."""
    text, start, end = codes.string, codes.start(), codes.end()
    parts_ids = _ID_AFTER.match(text, end) or _ID_BEFORE.search(text[max(0, start - 37) : start])
    return " " if parts_ids or _MOVES.search(codes.group()) else ""


def _decode_hex(escape: re.Match[str]) -> str:
    return chr(int(escape["hex"], 16)) if escape["hex"] else _decode_bytes(escape)


def _decode_bytes(escape: re.Match[str]) -> str:
    """Return the text of bytes that are each written in hexadecimal, if it is valid UTF-8."""
    digits = re.sub(r"[^0-9a-fA-F]", "", escape.group().replace("\\x", ""))
    try:
        return bytes.fromhex(digits).decode()
    except ValueError:
        return escape.group()


def _decode_octets(escape: re.Match[str]) -> str:
    octets = escape.group().split("\\")[1:]
    try:
        return bytes(int(octet, 8) for octet in octets).decode()
    except ValueError:
        return escape.group()


_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "E": "\x1b"}


def _decode_backslash(escape: re.Match[str]) -> str:
    if escape["bytes"]:
        return _decode_bytes(escape)
    if escape["octets"]:
        return _decode_octets(escape)
    if digits := escape["hex"] or escape["braced"] or escape["long"]:
        return _character(int(digits, 16), escape)
    if escape["octal"]:
        return chr(int(escape["octal"], 8))
    return _CONTROLS.get(escape["letter"], escape["letter"])


def _decode_entity(entity: re.Match[str]) -> str:
    decoded = unescape(entity.group())
    return entity.group() if len(decoded) > len(entity.group()) else decoded


def _character(code: int, escape: re.Match[str]) -> str:
    return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else escape.group()


def _decode_soft_break(line_end: re.Match[str], *, is_mail: bool) -> str:
    """Return nothing for `=` and a line end that continue a line: in a mail, a full line, an id or a code."""
    text, start, end = line_end.string, line_end.start(), line_end.end()
    if is_mail or start - text.rfind("\n", max(0, start - 100), start) in _MAIL_LINE:
        return ""
    head, tail = _HEX_TAIL.search(text[max(0, start - 36) : start]), _HEX_HEAD.match(text, end)
    is_within_id = head and tail and _WHOLE_ID.fullmatch(head.group() + tail.group())
    return (
        ""
        if is_within_id or _is_within_sequence(text[max(0, start - 24) : start], text[end : end + 24])
        else line_end.group()
    )


def _is_within_sequence(head: str, tail: str) -> bool:
    """Return whether a control sequence begins in the first text and ends in the second one."""
    sequences = (match for _, pattern in _STRIPPED for match in pattern.finditer(head + tail))
    return any(sequence.start() < len(head) < sequence.end() for sequence in sequences)


_Decode = Callable[[re.Match[str]], str]

_NOT_ID = rf"(?!{ID}{_END})"
_DECODERS: tuple[tuple[str, re.Pattern[str], _Decode], ...] = tuple(
    (sign, lazy_pattern("".join(patterns)), decode)
    for sign, decode, *patterns in (
        (
            "=",
            _decode_hex,
            rf"={_NOT_ID}(?:(?P<hex>3[DdAa]|2[027Cc]|1[bB]|0[9AD])|[C-F][0-9A-F](?:=[89AB][0-9A-F]){{1,3}})",
        ),
        (
            "%",
            _decode_hex,
            rf"%{_NOT_ID}(?:(?:u00)?(?P<hex>{_SEPARATORS})|[c-fC-F][0-9a-fA-F](?:%[89abAB][0-9a-fA-F]){{1,3}}",
            r"|[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2}){3,31})",
        ),
        (
            "$",
            _decode_hex,
            rf"\${_NOT_ID}(?:(?P<hex>{_USUAL}|(?<=\$26\$)23|5[eE](?=\$5[bB]\$5[bB]))|[c-fC-F][0-9a-fA-F](?:\$[89abAB][0-9a-fA-F]){{1,3}})",
        ),
        (
            "*",
            _decode_hex,
            rf"\*{_NOT_ID}(?:(?P<hex>{_USUAL}|(?<=\*26\*)23|5[eE](?=\*5[bB]\*5[bB]))|[c-fC-F][0-9a-fA-F](?:\*[89abAB][0-9a-fA-F]){{1,3}})",
        ),
        ("&", _decode_entity, r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"),
        (
            "\\",
            _decode_backslash,
            rf"\\(?<!\\\\)\\{{0,31}}+{_NOT_ID}(?:",
            r"(?P<bytes>x[c-fC-F][0-9a-fA-F](?:\\+x[89abAB][0-9a-fA-F]){1,3})",
            r"|(?P<octets>3[0-7][0-7](?:\\2[0-7][0-7]){1,3})",
            r"|(?:u00|x)(?P<hex>[0-9a-fA-F]{2})|[ux]\{(?P<braced>[0-9a-fA-F]{1,6})\}",
            r"|(?:u|U0000)(?P<long>[0-9a-fA-F]{4})|(?P<octal>[01][0-7]{2}|33(?=\[))",
            r"|(?P<letter>[nrtabfv]|[eE](?=\[)|[!-/:-@\[\]^_`{-~]))",
        ),
    )
)
"""Escapes, each by its sign. What follows a sign and is an id itself is never taken for an escape."""


class _Step(NamedTuple):
    """One pass of decoding: where each replacement begins and ends, in the text before and after, in order."""

    before: list[tuple[int, int]]
    after_starts: list[int]
    after_ends: list[int]

    @classmethod
    def of(cls, edits: list[tuple[int, int, int]]) -> Self:
        """Make a step of replacements: start and end in the text before, and the length of what is there now."""
        starts, ends, shift = [], [], 0
        for start, end, length in edits:
            starts.append(start + shift)
            ends.append(start + shift + length)
            shift += length - (end - start)
        return cls([(start, end) for start, end, _ in edits], starts, ends)

    def start(self, position: int) -> int:
        """Return where the character at a position began."""
        index = bisect_right(self.after_ends, position) - 1
        if index + 1 < len(self.before) and self.after_starts[index + 1] <= position:
            return self.before[index + 1][0]
        return position if index < 0 else self.before[index][1] + position - self.after_ends[index]

    def end(self, position: int) -> int:
        """Return where the character before a position ended."""
        index = bisect_right(self.after_starts, position - 1) - 1
        if index < 0:
            return position
        return self.before[index][1] + max(0, position - self.after_ends[index])


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text, and what it says without its encodings. Positions are those in `plain` and `low`."""

    shown: str
    """As it was given, without control sequences and invisible characters."""
    plain: str
    """With all escapes (`\\n`, `%22`, `&quot;`, `=3D`) decoded, layer by layer."""
    low: str
    """`plain` in lower case, with the same positions."""
    steps: tuple[_Step, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, text: str) -> Self:
        """Decode a text."""
        shown = without_codes(text)
        plain, steps = shown, list[_Step]()
        if "=\n" in plain or "=\r\n" in plain:
            is_mail = "quoted-printable" in plain
            plain = _replace(plain, _SOFT_BREAK, partial(_decode_soft_break, is_mail=is_mail), steps)
            plain = _strip_decoded(plain, steps)
        for _ in range(LAYERS):
            before = plain
            for sign, pattern, decode in _DECODERS:
                if sign in plain:
                    plain = _replace(plain, pattern, decode, steps)
            if plain is before:
                break
            plain = _strip_decoded(plain, steps)
        if "[" in plain:
            plain = _replace(plain, _COLOUR, _strip, steps)
        if not plain.isascii():
            plain = _DASHED.sub(lambda dashed: dashed.group().translate(_DASHES), plain)
        # This letter alone becomes two characters in lower case.
        return cls(shown, plain, plain.replace("\u0130", "I").lower(), tuple(steps))

    def shown_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the position in `shown` of what is between two positions."""
        for step in reversed(self.steps):
            start, end = step.start(start), step.end(end)
        return start, end


def _replace(text: str, pattern: re.Pattern[str], decode: _Decode, steps: list[_Step]) -> str:
    edits: list[tuple[int, int, int]] = []

    def replace(match: re.Match[str]) -> str:
        decoded = decode(match)
        if decoded != match.group():
            edits.append((match.start(), match.end(), len(decoded)))
        return decoded

    replaced = pattern.sub(replace, text)
    if not edits:
        return text
    steps.append(_Step.of(edits))
    return replaced


def _strip_decoded(text: str, steps: list[_Step]) -> str:
    """Remove control sequences and invisible characters that were escaped."""
    for signs, pattern in _STRIPPED:
        if any(sign in text for sign in signs):
            text = _replace(text, pattern, _strip, steps)
    if not text.isascii():
        return _replace(text, _HIDDEN, _strip, steps)
    return _replace(text, _NUL, _strip, steps) if "\0" in text else text


def decode_bytes(data: bytes) -> str:
    """Return the text of bytes in UTF-8, UTF-16 or UTF-32; what is invalid is replaced.

    Without a byte order mark, UTF-16 is recognised by a zero in most pairs of bytes.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    head = data[:4_096]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) >= 8 and head[offset::2].count(0) > 0.4 * len(head) > 8 * head[1 - offset :: 2].count(0):
            return data.decode(encoding, errors="replace")
    return data.decode("utf-8", errors="replace").removeprefix("\ufeff")


_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
