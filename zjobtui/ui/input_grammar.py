"""Grammar of terminal input: tokens in a stream of bytes, and which sequences are keys.

A sequence that is not listed here never reaches Textual, whose parser raises on some and types others as keys.
"""

import re
from enum import Enum, auto
from functools import lru_cache

ESC = b"\x1b"
ESCAPE_KEY = b"\x1b\x1b[G"
"""The escape key without delay: Textual waits after a single ESC for the rest of a sequence, and ignores `ESC [ G`."""

STRING_INTRODUCERS = b"]PX^_"
INTRODUCERS = b"[O" + STRING_INTRODUCERS
MAX_MODIFIERS = 256
MAX_CELLS = 2_000
"""The largest width and height that an in-band resize may report."""

MAX_TEXT = 16
"""Characters of associated text that one key may carry."""


class TokenKind(Enum):
    """The type of a token."""

    TEXT = auto()
    CONTROL = auto()
    KEY = auto()
    MOUSE = auto()
    REPORT = auto()
    PASTE_START = auto()
    PASTE_END = auto()
    IGNORED = auto()


InputToken = tuple[TokenKind, bytes]

_TEXT = re.compile(rb"[^\x1b]+")
_LAST_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+\Z")
_CSI_BODY = re.compile(rb"[\x20-\x3f]*")
_STRING_BODY = re.compile(rb"[^\x00-\x1f]*")
_RXVT_SHIFT = re.compile(rb"\x1b\[(?:[378]|2[34])\$")
_SS3 = re.compile(rb"[0-9;]{0,6}([@-~])?")
_SS3_KEYS = b"ABCDFHPQRSabcdjklmnopqrstuvwxyM"
_WIDE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_WIDE_START = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")

_MODIFIED = rb"(?:;([0-9]{1,3})(?::([0-9]))?)?"
_LETTER = re.compile(rb"\x1b\[(?:1" + _MODIFIED + rb")?([A-FHPQS])")
_TILDE = re.compile(rb"\x1b\[([1-8]|1[1-5]|1[7-9]|2[0134]|57427)" + _MODIFIED + rb"~")
_MODIFY_OTHER = re.compile(rb"\x1b\[27;([0-9]{1,3});([0-9]{1,7})~")
_KITTY = re.compile(
    rb"\x1b\[([0-9]{1,7})(?::[0-9:]{0,32})?(?:;([0-9]{0,3})(?::([0-9]))?(?:;([0-9]{1,7}(?::[0-9]{1,7})*)?)?)?u"
)
_VERBATIM = re.compile(
    rb"\x1b\[(?:Z|\[[A-E]|[abcd]|(?:[35-8]|1[1-5]|1[7-9]|2[0134568]|29|3[1-4])\^|2[34]@|1;[5-8][p-tv-y])"
)
_BACK_TAB = re.compile(rb"\x1b\[1;[0-9]{1,3}(?::[12])?Z")
_MOUSE = re.compile(rb"\x1b\[<([0-9]{1,3});[0-9]{1,5};[0-9]{1,5}[Mm]")
_REPORT = re.compile(rb"\x1b\[(?:[IO]|\?(?:2026|2048);[0-4]\$y)")
_RESIZE = re.compile(rb"\x1b\[48;([0-9]{1,5})[0-9:]*;([0-9]{1,5})[0-9:]*;([0-9]{1,5})[0-9:]*;([0-9]{1,5})[0-9:]*t")
_RELEASED = b"3"
_LOCKS = 0b1100_0000
_ALT_VERBATIM = b"0123456789-=fb\t\x7f"


def tokenize(data: bytes) -> tuple[list[InputToken], bytes]:
    """Split the data into tokens, up to the start of a paste; return them with the rest.

    The rest is an unfinished sequence, or the pasted text if the last token is the start of a paste.
    """
    tokens: list[InputToken] = []
    at = 0
    while at < len(data):
        if text := _TEXT.match(data, at):
            tokens += _text_tokens(text.group(), is_last=text.end() == len(data))
            at = text.end()
            continue
        token_and_end = _sequence(data, at)
        if token_and_end is None:
            return tokens, data[at:]
        token, at = token_and_end
        if token[0] is not TokenKind.IGNORED:
            tokens.append(token)
        if token[0] is TokenKind.PASTE_START:
            break
    return tokens, data[at:]


def alt(character: str) -> bytes:
    """Return the key `alt` with a character, in an encoding after which Textual does not wait for more bytes."""
    code = ord(character)
    if code < 128 and code in _ALT_VERBATIM:
        return ESC + character.encode()
    return b"\x1b[%d;4u" % ord(character.lower()) if "A" <= character <= "Z" else b"\x1b[%d;3u" % code


def _text_tokens(run: bytes, *, is_last: bool) -> list[InputToken]:
    """Return tokens of a run without ESC; a control character at the end of a read is a key, elsewhere pasted."""
    controls = _LAST_CONTROLS.search(run) if is_last else None
    text = run[: controls.start()] if controls else run
    tokens: list[InputToken] = [(TokenKind.TEXT, text)] if text else []
    return tokens + [(TokenKind.CONTROL, bytes((code,))) for code in (controls.group() if controls else b"")]


def _sequence(data: bytes, at: int) -> tuple[InputToken, int] | None:
    """Return the token that starts with the ESC at a position, and its end; None if it is unfinished."""
    if at + 1 == len(data):
        return None
    second = data[at + 1]
    if second == ord("["):
        return _control_sequence(data, at)
    if second in STRING_INTRODUCERS:
        return _string(data, at)
    if second == ord("O"):
        return _single_shift(data, at)
    if second >= 128:
        return _alt_wide(data, at)
    if 32 <= second < 127:
        return (TokenKind.KEY, alt(chr(second))), at + 2
    if second in b"\t\x7f":
        return (TokenKind.KEY, data[at : at + 2]), at + 2
    return (TokenKind.KEY, ESCAPE_KEY), at + 1


def _control_sequence(data: bytes, at: int) -> tuple[InputToken, int] | None:
    end = _CSI_BODY.match(data, at + 2).end()  # type: ignore[union-attr]  # the pattern matches the empty string, too
    if rxvt := _RXVT_SHIFT.match(data, at):
        return (TokenKind.KEY, rxvt.group()), rxvt.end()
    if end == len(data):
        return None
    if data[end : end + 1] == b"M" and end == at + 2:
        return _old_mouse(data, end + 1)
    if data[end : end + 1] == b"[" and end == at + 2:  # function keys of the Linux console
        if end + 1 == len(data):
            return None
        end += data[end + 1] in b"ABCDE"
    if not 64 <= data[end] < 127:
        return (TokenKind.IGNORED, b""), end  # a control character or a new ESC ends it
    return _classify(data[at : end + 1]), end + 1


def _old_mouse(data: bytes, at: int) -> tuple[InputToken, int] | None:
    """Skip the three bytes after `CSI M`, a format that is not used with today's mouse reports."""
    for end in range(at, at + 3):
        if end == len(data):
            return None
        if data[end] < 32:
            return (TokenKind.IGNORED, b""), end
    return (TokenKind.IGNORED, b""), at + 3


def _string(data: bytes, at: int) -> tuple[InputToken, int] | None:
    """Skip OSC, DCS, SOS, PM or APC: ended by BEL, ST, CAN or SUB, and cut off by any other control character."""
    end = _STRING_BODY.match(data, at + 2).end()  # type: ignore[union-attr]  # the pattern matches the empty string, too
    if end == len(data) or data[end:] == ESC:
        return None
    if data[end] in b"\x07\x18\x1a":
        end += 1
    elif data[end : end + 2] == b"\x1b\\":
        end += 2
    return (TokenKind.IGNORED, b""), end


def _single_shift(data: bytes, at: int) -> tuple[InputToken, int] | None:
    match = _SS3.match(data, at + 2)
    if match is None or (match[1] is None and match.end() < len(data)):
        return (TokenKind.KEY, alt("O")), at + 2
    if match[1] is None:
        return None
    is_key = match.end() == at + 3 and match[1] in _SS3_KEYS
    return (TokenKind.KEY if is_key else TokenKind.IGNORED, data[at : match.end()]), match.end()


def _alt_wide(data: bytes, at: int) -> tuple[InputToken, int] | None:
    if wide := _WIDE.match(data, at + 1):
        character = wide.group().decode(errors="replace")
        is_key = len(character) == 1 and is_character(ord(character))
        return ((TokenKind.KEY, alt(character)) if is_key else (TokenKind.IGNORED, b"")), wide.end()
    if _WIDE_START.match(data, at + 1):
        return None
    return (TokenKind.KEY, ESCAPE_KEY), at + 1


@lru_cache(1_024)
def _classify(sequence: bytes) -> InputToken:
    """Return the type of a complete control sequence, and the bytes for Textual."""
    if sequence == b"\x1b[200~":
        return TokenKind.PASTE_START, sequence
    if sequence == b"\x1b[201~":
        return TokenKind.PASTE_END, sequence
    if _REPORT.fullmatch(sequence):
        return TokenKind.REPORT, sequence
    if (mouse := _MOUSE.fullmatch(sequence)) and int(mouse[1]) < 128:
        return TokenKind.MOUSE, sequence
    if resize := _RESIZE.fullmatch(sequence):
        return _resize_report(*(int(number) for number in resize.groups()))
    key = _key(sequence)
    return (TokenKind.KEY, key) if key else (TokenKind.IGNORED, b"")


def _resize_report(rows: int, columns: int, height: int, width: int) -> InputToken:
    """Return a resize report with a pixel size: Textual divides by it, but some terminals report 0."""
    if not (0 < rows <= MAX_CELLS and 0 < columns <= MAX_CELLS):
        return TokenKind.IGNORED, b""
    if height < rows or width < columns:
        height, width = rows, columns
    return TokenKind.REPORT, b"\x1b[48;%d;%d;%d;%dt" % (rows, columns, height, width)


def _key(sequence: bytes) -> bytes:
    """Return the key for Textual; empty if the sequence is not a key."""
    if _VERBATIM.fullmatch(sequence):
        return sequence
    if _BACK_TAB.fullmatch(sequence):
        return b"\x1b[Z"
    if letter := _LETTER.fullmatch(sequence):
        modifiers, event, final = letter.groups()
        return _modified(b"1", modifiers, event, final)
    if tilde := _TILDE.fullmatch(sequence):
        number, modifiers, event = tilde.groups()
        return _modified(number, modifiers, event, b"~")
    if other := _MODIFY_OTHER.fullmatch(sequence):
        return _kitty(int(other[2]), int(other[1]), other[2] if int(other[1]) == 2 else b"")
    if (kitty := _KITTY.fullmatch(sequence)) and kitty[3] != _RELEASED:
        return _kitty(int(kitty[1]), int(kitty[2] or 1), kitty[4] or b"")
    return b""


def _modified(number: bytes, modifiers: bytes | None, event: bytes | None, final: bytes) -> bytes:
    modifier_code = int(modifiers or 1)
    if event == _RELEASED or not 1 <= modifier_code <= MAX_MODIFIERS:
        return b""
    if (modifier_code := _without_locks(modifier_code)) == 1:
        return ESC + b"[" + (number if final == b"~" else b"") + final
    return b"\x1b[%b;%d%b" % (number, modifier_code, final)


def _kitty(code: int, modifiers: int, text: bytes) -> bytes:
    """Return a key as `CSI code ; modifiers ; text u`, once for each character of its text."""
    codes = [int(part) for part in text.split(b":")[:MAX_TEXT]] if text else []
    is_key = is_character(code) or code in {9, 13, 27, 127} or (code == 0 and codes)
    if not is_key or not 1 <= modifiers <= MAX_MODIFIERS or not all(map(is_character, codes)):
        return b""
    modifiers = _without_locks(modifiers)
    if not codes and modifiers == 1 and is_character(code) and code < 57344:
        codes = [code]
    if codes:
        return b"".join(b"\x1b[%d;%d;%du" % (code, modifiers, character) for character in codes)
    return b"\x1b[%d;%du" % (code, modifiers) if modifiers > 1 else b"\x1b[%du" % code


def _without_locks(modifiers: int) -> int:
    return 1 + ((modifiers - 1) & ~_LOCKS)


def is_character(code: int) -> bool:
    """Return whether a code is a character, not a control character, a surrogate or an unknown key."""
    if 57344 <= code <= 63743:
        return 57358 <= code <= 57454
    return 32 <= code < 127 or 160 <= code < 55296 or 63743 < code < 0x110000


def is_move(report: bytes) -> bool:
    """Return whether a mouse report is a move, with or without a button."""
    return bool((mouse := _MOUSE.fullmatch(report)) and int(mouse[1]) & 0b110_0000 == 0b10_0000)
