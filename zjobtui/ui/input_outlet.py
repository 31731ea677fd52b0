"""What goes on to Textual, kept within bounds: nobody types hundreds of keys at once, and each takes milliseconds."""

from zjobtui.ui.input_grammar import is_character, is_move
from zjobtui.ui.paste_text import PasteText

KEY_BURST, KEY_RATE = 1_024, 200.0
"""Keys that may come at once, and that many more each second; nobody types faster, and the rest is dropped."""

OTHER_KEYS = 128
"""Of these, so many are kept for other keys than one that is held."""

MOUSE_BURST, MOUSE_RATE = 64, 64.0
"""As with keys, for buttons and the wheel."""

MOVE_BURST, MOVE_RATE = 8, 60.0
REPORT_BURST, REPORT_RATE = 8, 4.0
"""As with keys, for moves of the mouse and other reports; but the latest of each kind waits and is kept."""

PASTE_BURSTS, PASTE_RATE = 8, 1.0
"""As with keys; but pastes beyond wait and are joined."""

Output = bytes | str
"""Bytes for Textual's parser, or the text of a paste."""

_ROUNDING = 1e-6
_QUIT = (b"\x11", b"\x1b[113;5u")


class Allowance:
    """So many at once, and so many more each second."""

    def __init__(self, burst: int, rate: float) -> None:
        self._burst = burst
        self._rate = rate
        self._left = float(burst)
        self._at = 0.0

    def take(self, now: float, reserve: int = 0) -> bool:
        """Whether one more may pass, and leave a reserve."""
        self._left = min(self._burst, self._left + max(now - self._at, 0.0) * self._rate)
        self._at = now
        if self._left < 1 + reserve - _ROUNDING:
            return False
        self._left -= 1
        return True

    def due(self) -> float:
        """When one more may pass."""
        return self._at + max(1 - self._left, 0.0) / self._rate


class Outlet:
    """Collects what goes on to Textual, and keeps the amount within bounds."""

    def __init__(self) -> None:
        self._out: list[Output] = []
        self._keys = Allowance(KEY_BURST, KEY_RATE)
        self._last_key = b""
        self._mouse = Allowance(MOUSE_BURST, MOUSE_RATE)
        self._moves = Allowance(MOVE_BURST, MOVE_RATE)
        self._reports = Allowance(REPORT_BURST, REPORT_RATE)
        self._pastes = Allowance(PASTE_BURSTS, PASTE_RATE)
        self._waiting_move = b""
        self._waiting_reports: dict[bytes, bytes] = {}
        self._waiting_paste: PasteText | None = None

    def key(self, key: bytes, now: float) -> None:
        """A key; that of quitting passes always."""
        if key in _QUIT or self._keys.take(now, OTHER_KEYS if key == self._last_key else 0):
            self._out.append(key)
        self._last_key = key

    def characters(self, text: str, now: float) -> None:
        """A key for each character."""
        for character in text:
            is_control = character < " " or character == "\x7f"
            if is_control or (is_character(ord(character)) and character != "\ufffd"):
                self.key(character.encode(), now)

    def mouse(self, report: bytes, now: float) -> None:
        """What the mouse did: it moved, or a button or the wheel was turned where it was last."""
        if is_move(report):
            self._waiting_move = report
            self.flush(now)
        elif self._mouse.take(now):
            if self._waiting_move:
                self._out.append(self._waiting_move)
            self._waiting_move = b""
            self._out.append(report)

    def report(self, report: bytes, now: float) -> None:
        """What the terminal reports of itself."""
        self._waiting_reports[report[-1:] if report[-1:] not in b"IO" else b"IO"] = report
        self.flush(now)

    def paste(self, text: str, now: float) -> None:
        """A paste; one that comes too soon waits, and is joined with those before and after."""
        if text:
            if self._waiting_paste is None:
                self._waiting_paste = PasteText()
            else:
                self._waiting_paste.add("\n")
            self._waiting_paste.add(text)
            self.flush(now)

    def flush(self, now: float) -> None:
        """Lets pass what may."""
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
        """When something that waits may pass."""
        times = [self._moves.due()] if self._waiting_move else []
        times += [self._reports.due()] if self._waiting_reports else []
        times += [self._pastes.due()] if self._waiting_paste is not None else []
        return min(times, default=None)

    def take(self) -> list[Output]:
        """All since the last time, neighbouring bytes joined."""
        out: list[Output] = []
        for one in self._out:
            if out and isinstance(one, bytes) and isinstance(out[-1], bytes):
                out[-1] += one
            else:
                out.append(one)
        self._out = []
        return out
