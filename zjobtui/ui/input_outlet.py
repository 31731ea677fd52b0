"""Queue of terminal input for Textual, in order and with rate limits: keys, mouse, reports, and pastes as one text."""

import re

from zjobtui.ui.input_grammar import is_character, is_move

KEPT_WHOLE = 1 << 20
"""Characters up to which all of a paste is kept; of the rest only lines that can contain an id."""

KEPT_OF_REST = 4 << 20
"""Characters of such lines that are kept; the rest is dropped."""

_CHUNK = 1 << 16
_C1 = {0x90: "\x1bP", 0x98: "\x1bX", 0x9B: "\x1b[", 0x9C: "\x1b\\", 0x9D: "\x1b]", 0x9E: "\x1b^", 0x9F: "\x1b_"}
_SEQUENCE = re.compile(
    r"\x1b\[[ -?]*[@-~]"  # CSI: colours, moves
    r"|\x1b[\]PX^_][^\x07\x1b\r\n]{0,4096}(?:\x07|\x1b\\)"  # OSC, DCS, SOS, PM, APC: titles, links
    r"|\x1b[ -/]+[0-~]"  # character sets
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MAY_HOLD_ID = re.compile("[0-9a-fA-F]{8}")
_BOUNDARY = re.compile(r"[\s,\"'|][^\s,\"'|]*\Z")


def strip_controls(text: str) -> str:
    """Return the text without escape sequences and control characters; line breaks and tabs stay."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text.translate(_C1)))


class PasteText:
    """Collect pieces of text, up to a limit."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._size = 0
        self._rest = ""

    def add(self, piece: str) -> None:
        """Add the next piece."""
        self._rest += piece
        if len(self._rest) >= _CHUNK:
            cut = max(self._rest.rfind("\n"), self._rest.rfind("\r")) + 1
            if cut < _CHUNK // 2:
                boundary = _BOUNDARY.search(self._rest, len(self._rest) - 4_096)
                cut = boundary.start() + 1 if boundary else len(self._rest)
            self._keep(self._rest[:cut])
            self._rest = self._rest[cut:]

    def text(self) -> str:
        """Return all text that is kept so far."""
        self._keep(self._rest)
        self._rest = ""
        return "".join(self._kept)

    def _keep(self, raw: str) -> None:
        text = strip_controls(raw)
        if self._size + len(text) > KEPT_WHOLE:
            text = "".join(line for line in text.splitlines(keepends=True) if _MAY_HOLD_ID.search(line))
        if text and self._size + len(text) <= KEPT_WHOLE + KEPT_OF_REST:
            self._kept.append(text)
            self._size += len(text)


KEY_BURST, KEY_RATE = 1_024, 200.0
"""Burst of keys, and keys per second after it; nobody types faster, and more is dropped."""

OTHER_KEYS = 128
"""Part of the burst that is reserved for keys other than one that is held down."""

MOUSE_BURST, MOUSE_RATE = 64, 64.0
"""The same for mouse buttons and the wheel."""

MOVE_BURST, MOVE_RATE = 8, 60.0
REPORT_BURST, REPORT_RATE = 8, 4.0
"""The same for mouse moves and other reports; but the latest one of each kind is kept and sent later."""

PASTE_BURSTS, PASTE_RATE = 8, 1.0
"""The same for pastes; but further pastes are joined and sent later."""

Output = bytes | str
"""Bytes for Textual's parser, or the text of a paste."""

_ROUNDING = 1e-6
_QUIT = (b"\x11", b"\x1b[113;5u")


class TokenBucket:
    """A token bucket: a burst, and a rate."""

    def __init__(self, burst: int, rate: float) -> None:
        self._burst = burst
        self._rate = rate
        self._left = float(burst)
        self._at = 0.0

    def take(self, now: float, reserve: int = 0) -> bool:
        """Take one if it leaves a reserve; return whether it could be taken."""
        self._left = min(self._burst, self._left + max(now - self._at, 0.0) * self._rate)
        self._at = now
        if self._left < 1 + reserve - _ROUNDING:
            return False
        self._left -= 1
        return True

    def due(self) -> float:
        """Return when one can be taken."""
        return self._at + max(1 - self._left, 0.0) / self._rate


class Outlet:
    """Collect what is passed on to Textual, within limits."""

    def __init__(self) -> None:
        self._out: list[Output] = []
        self._keys = TokenBucket(KEY_BURST, KEY_RATE)
        self._last_key = b""
        self._mouse = TokenBucket(MOUSE_BURST, MOUSE_RATE)
        self._moves = TokenBucket(MOVE_BURST, MOVE_RATE)
        self._reports = TokenBucket(REPORT_BURST, REPORT_RATE)
        self._pastes = TokenBucket(PASTE_BURSTS, PASTE_RATE)
        self._waiting_move = b""
        self._waiting_reports: dict[bytes, bytes] = {}
        self._waiting_paste: PasteText | None = None

    def key(self, key: bytes, now: float) -> None:
        """Pass on a key; keys that quit are never dropped."""
        if key in _QUIT or self._keys.take(now, OTHER_KEYS if key == self._last_key else 0):
            self._out.append(key)
        self._last_key = key

    def characters(self, text: str, now: float) -> None:
        """Pass on a key for each character."""
        for character in text:
            is_control = character < " " or character == "\x7f"
            if is_control or (is_character(ord(character)) and character != "\ufffd"):
                self.key(character.encode(), now)

    def mouse(self, report: bytes, now: float) -> None:
        """Pass on a mouse report; before a button or wheel report, pass on the last move."""
        if is_move(report):
            self._waiting_move = report
            self.flush(now)
        elif self._mouse.take(now):
            if self._waiting_move:
                self._out.append(self._waiting_move)
            self._waiting_move = b""
            self._out.append(report)

    def report(self, report: bytes, now: float) -> None:
        """Pass on a report about the terminal."""
        self._waiting_reports[report[-1:] if report[-1:] not in b"IO" else b"IO"] = report
        self.flush(now)

    def paste(self, text: str, now: float) -> None:
        """Pass on a paste; one that comes too soon waits, and is joined with later ones."""
        if text:
            if self._waiting_paste is None:
                self._waiting_paste = PasteText()
            else:
                self._waiting_paste.add("\n")
            self._waiting_paste.add(text)
            self.flush(now)

    def flush(self, now: float) -> None:
        """Pass on what waits, as far as the limits allow."""
        if self._waiting_move and self._moves.take(now):
            self._out.append(self._waiting_move)
            self._waiting_move = b""
        for kind in tuple(self._waiting_reports):
            if self._reports.take(now):
                self._out.append(self._waiting_reports.pop(kind))
        if self._waiting_paste is not None and self._pastes.take(now):
            self._out.append(self._waiting_paste.text())
            self._waiting_paste = None

    def due(self) -> float | None:
        """Return when something that waits can be passed on; None if nothing waits."""
        times = [self._moves.due()] if self._waiting_move else []
        times += [self._reports.due()] if self._waiting_reports else []
        times += [self._pastes.due()] if self._waiting_paste is not None else []
        return min(times, default=None)

    def take(self) -> list[Output]:
        """Remove and return the collected output, with neighbouring bytes joined."""
        out: list[Output] = []
        for output in self._out:
            if out and isinstance(output, bytes) and isinstance(out[-1], bytes):
                out[-1] += output
            else:
                out.append(output)
        self._out = []
        return out
