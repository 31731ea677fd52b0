"""Decides what a terminal's bytes are: keys, pastes, reports or nothing. A state machine without a clock or a thread.

A read is the bytes that came at once. Times are seconds of any monotonic clock.
"""

import re
from codecs import getincrementaldecoder

from zjobtui.ui.input_grammar import ESC, ESCAPE_KEY, INTRODUCERS, STRING_INTRODUCERS, Kind, Token, alt, tokenize
from zjobtui.ui.input_outlet import Outlet, Output
from zjobtui.ui.input_paste import PASTE_END, Burst, Paste

ESCAPE_WAIT = 0.1
"""Seconds after which ESC alone is the escape key."""

SEQUENCE_WAIT = 0.3
"""Seconds without a byte after which an unfinished sequence is given up."""

TYPED_GAP = 0.03
"""Seconds between two reads from which on ESC and a character are two keys, and not `alt` with a character."""

REST_WAIT = 1.0
"""Seconds for which the rest of a sequence that was given up is recognised."""

BURST_TAIL = 0.3
"""Seconds after a burst that was a paste, for which another burst continues it."""

LATE_PASTE = 60.0
"""Seconds for which what follows a paste that ended without a marker may be its rest."""

SEQUENCE_LIMIT = 1 << 20
"""Bytes after which an unfinished sequence is given up."""

SEQUENCE_KEPT = 64
"""Bytes that are kept of an unfinished control sequence; no key has as many."""

_CONTINUED_ESCAPE = re.compile(rb"\[[<-?]?[0-9][0-9:;]*[ -/]*[@-~]|\[[A-Z]|O[A-D]|\][0-9]{1,3};|P[0-9;]*[>!$+]|_G")
_CONTINUED_CSI = re.compile(rb"[0-?]*[0-9;:?][ -/]*[@-~]|[ -/]+[@-~]")


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
