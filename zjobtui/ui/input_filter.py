"""Decides what a terminal's bytes are: keys, pastes, reports or nothing. A state machine without a clock or a thread.

A read is the bytes that came at once. Times are seconds of any monotonic clock.
"""

import re
from codecs import getincrementaldecoder

from zjobtui.domain.job import find_job_ids
from zjobtui.ui.input_grammar import (
    ESC,
    ESCAPE_KEY,
    INTRODUCERS,
    STRING_INTRODUCERS,
    Kind,
    Token,
    alt,
    is_character,
    is_move,
    tokenize,
)
from zjobtui.ui.paste_text import PasteText

ESCAPE_WAIT = 0.1
"""Seconds after which ESC alone is the escape key."""

SEQUENCE_WAIT = 0.3
"""Seconds without a byte after which an unfinished sequence is given up."""

TYPED_GAP = 0.03
"""Seconds between two reads from which on ESC and a character are two keys, and not `alt` with a character."""

REST_WAIT = 1.0
"""Seconds for which the rest of a sequence that was given up is recognised."""

BURST_QUIET = 0.05
"""Seconds without a byte that end a burst of text; also what sets a key in a paste apart from pasted bytes."""

BURST_PATIENCE = 0.15
"""Seconds for which a burst is held at most while it looks like keys."""

LONG_BURST = 32
"""Characters from which on a burst may be a paste."""

PASTE_BURST = 256
VARIED = 10
"""A burst of so many characters, so many of them distinct, is a paste also without an id."""

BURST_TAIL = 0.3
"""Seconds after a burst that was a paste, for which another burst continues it."""

KEY_IN_PASTE = 0.3
"""Seconds after which a key that came alone within a paste ends that."""

PASTE_QUIET = 5.0
"""Seconds without a byte that end a paste whose end marker never comes."""

LATE_PASTE = 60.0
"""Seconds for which what follows a paste that ended without a marker may be its rest."""

SEQUENCE_LIMIT = 1 << 20
"""Bytes after which an unfinished sequence is given up."""

SEQUENCE_KEPT = 64
"""Bytes that are kept of an unfinished control sequence; no key has as many."""

KEY_BURST, KEY_RATE = 128, 64.0
"""Keys that may come at once, and that many more each second; nobody types faster, and the rest is dropped."""

KEYS_KEPT = 4_096
"""Characters of a burst that are looked at as keys."""

OTHER_KEYS = 32
"""Of these, so many are kept for other keys than one that is held."""

MOUSE_BURST, MOUSE_RATE = 64, 64.0
"""As with keys, for buttons and the wheel."""

MOVE_BURST, MOVE_RATE = 8, 60.0
REPORT_BURST, REPORT_RATE = 8, 4.0
"""As with keys, for moves of the mouse and other reports; but the latest of each kind waits and is kept."""

PASTE_BURSTS, PASTE_RATE = 2, 1.0
"""As with keys; but pastes beyond wait and are joined."""

PASTE_START, PASTE_END = b"\x1b[200~", b"\x1b[201~"

Output = bytes | str
"""Bytes for Textual's parser, or the text of a paste."""

_ROUNDING = 1e-6
_QUIT = (b"\x11", b"\x1b[113;5u")
_KEY_IN_PASTE = re.compile(rb"\x1b\[(?:27|99;5|113;5)u")
_CONTINUED_ESCAPE = re.compile(rb"\[[<-?]?[0-9][0-9:;]*[ -/]*[@-~]|\[[A-Z]|O[A-D]|\][0-9]{1,3};|P[0-9;]*[>!$+]|_G")
_CONTINUED_CSI = re.compile(rb"[0-?]*[0-9;:?][ -/]*[@-~]|[ -/]+[@-~]")


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


class Burst:
    """Text that came in one go and may be a paste without brackets; held until that is known."""

    def __init__(self, now: float) -> None:
        self.is_paste = False
        """Whether it is known to be a paste."""
        self._text = PasteText()
        self._head = ""
        self._distinct: set[str] = set()
        self._count = 0
        self._began = self._last = now

    def add(self, text: str, now: float) -> None:
        """Takes more of it."""
        self._text.add(text)
        self._head += text[: KEYS_KEPT - len(self._head)]
        self._distinct.update(text)
        self._count += len(text)
        self._last = now

    def due(self) -> float:
        """When it is known what it is: held keys may come without end, a paste is awaited."""
        quiet = self._last + BURST_QUIET
        looks_like_keys = self._count < LONG_BURST or len(self._distinct) < VARIED
        return min(quiet, self._began + BURST_PATIENCE) if looks_like_keys else quiet

    def end(self, outlet: Outlet, now: float) -> bool:
        """Hands it on; gives whether it is a paste."""
        text = self._text.text()
        found = find_job_ids(text)
        is_long = self._count >= PASTE_BURST and len(self._distinct) >= VARIED
        if self.is_paste or is_long or found.ids or found.refused:
            outlet.paste(text, now)
            return True
        outlet.characters(self._head, now)
        return False


class Paste:
    """A bracketed paste, until its end marker, a key or a long silence ends it."""

    def __init__(self, now: float) -> None:
        self._text = PasteText()
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._last = now
        self._key = b""
        self.tail = b""
        """The beginning of an end marker, of which the rest is awaited."""

    def add(self, data: bytes, now: float) -> bytes | None:
        """Takes what was read; gives what follows the end marker, None where that has not come."""
        is_apart = not self.tail and now - self._last >= BURST_QUIET
        buffer = self.tail + self._key + data  # it was no key
        self._last = now
        self._key = b""
        before, marker, after = buffer.partition(PASTE_END)
        if marker:
            self.tail = b""
            self._text.add(self._decode(before.replace(PASTE_START, b"\n")))
            return after
        if is_apart and (data == ESC or _KEY_IN_PASTE.fullmatch(data)):
            self._key, self.tail = data, b""
            return None
        self.tail = _marker_begun(buffer)
        rest = buffer[: len(buffer) - len(self.tail)]
        if rest[-1:] in {b"\x03", b"\x11"}:
            rest, self._key = rest[:-1], rest[-1:]
        self._text.add(self._decode(rest.replace(PASTE_START, b"\n")))
        return None

    def due(self) -> float:
        """When it ends if nothing more comes."""
        return self._last + (KEY_IN_PASTE if self._key else PASTE_QUIET)

    def end(self, outlet: Outlet, now: float) -> None:
        """Hands on the text, and the key that ended it, if any."""
        self._text.add(self._decode(b"", final=True))
        outlet.paste(self._text.text(), now)
        if self._key:
            outlet.key(ESCAPE_KEY if self._key == ESC else self._key, now)


class InputFilter:
    """Takes what is read from the terminal and gives what Textual may have of it.

    `feed` takes a read, `tick` is to be called when `due` says so; both give what goes on.
    """

    def __init__(self) -> None:
        self._outlet = Outlet()
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._unfinished = b""
        self._length = 0
        self._read_at = 0.0
        self._came_alone = False
        """Whether the last byte of what is unfinished came in a read of its own, some time after the one before."""
        self._given_up = (b"", 0.0)
        """The beginning of a sequence of which no more came, and until when the rest is recognised."""
        self._burst: Burst | None = None
        self._tail_until = 0.0
        self._paste: Paste | None = None
        self._late_until = 0.0
        self._late_tail = b""

    def feed(self, data: bytes, now: float) -> list[Output]:
        """Takes the bytes of one read."""
        self._expire(now)
        while data:
            data = self._read_ground(data, now) if self._paste is None else self._read_paste(self._paste, data, now)
        self._read_at = now
        return self._outlet.take()

    def tick(self, now: float) -> list[Output]:
        """Does what is due."""
        self._expire(now)
        return self._outlet.take()

    def due(self) -> float | None:
        """When `tick` is to be called unless something is read before; None while nothing is pending."""
        times = [self._unfinished_due()] if self._unfinished else []
        times += [self._burst.due()] if self._burst is not None else []
        times += [self._paste.due()] if self._paste is not None else []
        waiting = self._outlet.due()
        times += [waiting] if waiting is not None else []
        return min(times, default=None)

    def _expire(self, now: float) -> None:
        if self._paste is not None and now >= self._paste.due():
            self._late_tail, self._late_until = self._paste.tail, now + LATE_PASTE
            self._end_paste(now)
        if self._burst is not None and now >= self._burst.due():
            self._end_burst(now)
        if self._unfinished and now >= self._unfinished_due():
            self._give_up(now)
        self._outlet.flush(now)

    def _read_paste(self, paste: Paste, data: bytes, now: float) -> bytes:
        after = paste.add(data, now)
        if after is not None:
            self._end_paste(now)
        return after or b""

    def _end_paste(self, now: float) -> None:
        if self._paste is not None:
            self._paste.end(self._outlet, now)
            self._paste = None

    def _read_ground(self, data: bytes, now: float) -> bytes:
        data = self._continue(data, now)
        if now < self._late_until:
            data = self._read_late(data, now)
        tokens, rest = tokenize(data)
        is_burst = self._burst is not None or sum(map(_text_length, tokens)) > 1
        for token in tokens:
            self._take(token, now, is_burst=is_burst)
        if self._paste is not None:
            return rest
        self._unfinished = self._shortened(rest)
        return b""

    def _take(self, token: Token, now: float, *, is_burst: bool) -> None:
        kind, data = token
        if kind is Kind.TEXT:
            self._take_text(self._decode(data), now, is_burst=is_burst)
        elif kind is Kind.MOUSE:
            self._outlet.mouse(data, now)
        elif kind is Kind.REPORT:
            self._outlet.report(data, now)
        elif kind is Kind.PASTE_END:
            self._late_until = 0.0
        else:
            self._end_burst(now)
            if kind is Kind.PASTE_START:
                self._late_until = 0.0
                self._paste = Paste(now)
            else:
                self._outlet.key(data, now)

    def _take_text(self, text: str, now: float, *, is_burst: bool) -> None:
        if not is_burst:
            self._outlet.characters(text, now)
        elif text:
            self._add_to_burst(text, now, is_paste=now < max(self._late_until, self._tail_until))

    def _add_to_burst(self, text: str, now: float, *, is_paste: bool) -> None:
        if self._burst is None:
            self._burst = Burst(now)
        self._burst.is_paste |= is_paste
        self._burst.add(text, now)

    def _end_burst(self, now: float) -> None:
        if self._burst is not None:
            burst, self._burst = self._burst, None
            if burst.end(self._outlet, now):
                self._tail_until = now + BURST_TAIL

    def _continue(self, data: bytes, now: float) -> bytes:
        """Puts what was unfinished before what was read, unless they are two keys."""
        gap = now - self._read_at
        begun, self._unfinished = self._unfinished, b""
        if begun == ESC and gap >= TYPED_GAP and data[0] not in INTRODUCERS:
            self._press(ESCAPE_KEY, now)
            begun = b""
        given_up, until = self._given_up
        if not begun and now < until and _is_rest(given_up, data):
            begun, self._given_up = given_up, (b"", 0.0)
        self._came_alone = gap >= TYPED_GAP and len(data) == 1
        return begun + data

    def _unfinished_due(self) -> float:
        is_key = self._unfinished == ESC or (
            self._came_alone and (len(self._unfinished) == 2 or self._unfinished.endswith(ESC))
        )
        return self._read_at + (ESCAPE_WAIT if is_key else SEQUENCE_WAIT)

    def _give_up(self, now: float) -> None:
        """No more comes of a sequence: it was the escape key, `alt` with a character, or nothing."""
        begun, self._unfinished = self._unfinished, b""
        self._given_up = (begun, now + REST_WAIT)
        is_pair = len(begun) == 2 and begun[1] < 128
        if is_pair and not self._came_alone:
            self._press(alt(chr(begun[1])), now)
        elif is_pair:
            self._press(ESCAPE_KEY, now)
            self._press(begun[1:], now)
        elif begun == ESC or begun[1] >= 128 or (begun.endswith(ESC) and self._came_alone):
            self._press(ESCAPE_KEY, now)

    def _press(self, key: bytes, now: float) -> None:
        self._end_burst(now)
        self._outlet.key(key, now)

    def _read_late(self, data: bytes, now: float) -> bytes:
        """Takes the rest of a paste that ended without its marker, up to that; gives what follows."""
        end = data.find(PASTE_END[1:])
        awaited = PASTE_END[len(self._late_tail) :]
        is_awaited = bool(self._late_tail) and data.startswith(awaited)
        self._late_tail = b""
        if is_awaited:
            self._late_until = 0.0
            return data[len(awaited) :]
        if end < 0:
            return data
        if rest := data[:end].removesuffix(ESC):
            self._add_to_burst(self._decode(rest), now, is_paste=True)
        self._late_until = 0.0
        return data[end + len(PASTE_END) - 1 :]

    def _shortened(self, rest: bytes) -> bytes:
        """Of a long sequence no more is kept than that it is unfinished."""
        is_string = len(rest) > 1 and rest[1] in STRING_INTRODUCERS
        if len(rest) < (3 if is_string else SEQUENCE_KEPT):
            self._length = len(rest)
            return rest
        self._length += len(rest)
        if self._length > SEQUENCE_LIMIT:
            return b""
        if is_string:
            return rest[:2] + b"." + (ESC if rest.endswith(ESC) else b"")
        return rest[:SEQUENCE_KEPT]


def _text_length(token: Token) -> int:
    return len(token[1].decode(errors="ignore")) if token[0] is Kind.TEXT else 0


def _is_rest(begun: bytes, data: bytes) -> bool:
    """Whether what was read continues a sequence that was given up; one character alone is a key."""
    if begun[1:2] and begun[1] in STRING_INTRODUCERS and begun.endswith(ESC):
        return data.startswith(b"\\")
    if not begun or len(data) < 2:
        return False
    if begun == ESC:
        return _CONTINUED_ESCAPE.match(data) is not None
    if begun[1] == ord("["):
        return _CONTINUED_CSI.match(data) is not None
    return begun[1] in STRING_INTRODUCERS and (b"\x07" in data or b"\x1b\\" in data)


def _marker_begun(data: bytes) -> bytes:
    """The longest end of the data with which an end marker begins."""
    lengths = range(min(len(PASTE_END) - 1, len(data)), 0, -1)
    return next((PASTE_END[:length] for length in lengths if data.endswith(PASTE_END[:length])), b"")
