"""State machine that turns terminal input into keys, pastes and reports, without a clock or a thread.

A read is the bytes that arrived together. Times are seconds of any monotonic clock.
"""

import re
from codecs import getincrementaldecoder

from zjobtui.ui.input_grammar import (
    ESC,
    ESCAPE_KEY,
    INTRODUCERS,
    STRING_INTRODUCERS,
    InputToken,
    TokenKind,
    alt,
    tokenize,
)
from zjobtui.ui.input_outlet import Outlet, Output
from zjobtui.ui.input_paste import PASTE_END, Burst, Paste

ESCAPE_WAIT = 0.1
"""Seconds after which a single ESC is the escape key."""

SEQUENCE_WAIT = 0.3
"""Seconds without a byte after which an unfinished sequence is abandoned."""

TYPED_GAP = 0.03
"""Minimum seconds between two reads for ESC and a character to be two keys instead of `alt` with a character."""

REST_WAIT = 1.0
"""Seconds for which the rest of an abandoned sequence is recognised."""

BURST_TAIL = 0.3
"""Seconds after a burst that was a paste for which another burst continues it."""

LATE_PASTE = 60.0
"""Seconds for which input after a paste that ended without a marker may be its rest."""

SEQUENCE_LIMIT = 1 << 20
"""Bytes after which an unfinished sequence is abandoned."""

SEQUENCE_KEPT = 64
"""Bytes that are kept of an unfinished control sequence; no key is as long."""

_CONTINUED_ESCAPE = re.compile(rb"\[[<-?]?[0-9][0-9:;]*[ -/]*[@-~]|\[[A-Z]|O[A-D]|\][0-9]{1,3};|P[0-9;]*[>!$+]|_G")
_CONTINUED_CSI = re.compile(rb"[0-?]*[0-9;:?][ -/]*[@-~]|[ -/]+[@-~]")


class InputFilter:
    """Filter what is read from the terminal for Textual.

    `feed` takes a read; `tick` must be called at the time that `due` returns. Both return what to pass on.
    """

    def __init__(self) -> None:
        self._outlet = Outlet()
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._unfinished = b""
        self._length = 0
        self._read_at = 0.0
        self._is_single_byte = False
        """Whether the last unfinished byte came in a read of its own, some time after the one before."""
        self._abandoned = (b"", 0.0)
        """The beginning of an abandoned sequence, and until when its rest is recognised."""
        self._burst: Burst | None = None
        self._tail_until = 0.0
        self._paste: Paste | None = None
        self._late_until = 0.0
        self._late_tail = b""

    def feed(self, data: bytes, now: float) -> list[Output]:
        """Process the bytes of one read."""
        self._expire(now)
        while data:
            data = self._read_input(data, now) if self._paste is None else self._read_paste(self._paste, data, now)
        self._read_at = now
        return self._outlet.take()

    def tick(self, now: float) -> list[Output]:
        """Process what is due."""
        self._expire(now)
        return self._outlet.take()

    def due(self) -> float | None:
        """Return when `tick` must be called unless something is read before; None if nothing is pending."""
        times = [self._unfinished_due()] if self._unfinished else []
        times += [self._burst.due()] if self._burst is not None else []
        times += [self._paste.due()] if self._paste is not None else []
        queued_due = self._outlet.due()
        times += [queued_due] if queued_due is not None else []
        return min(times, default=None)

    def _expire(self, now: float) -> None:
        if self._paste is not None and now >= self._paste.due():
            self._late_tail, self._late_until = self._paste.tail, now + LATE_PASTE
            self._end_paste(now)
        if self._burst is not None and now >= self._burst.due():
            self._end_burst(now)
        if self._unfinished and now >= self._unfinished_due():
            self._abandon(now)
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

    def _read_input(self, data: bytes, now: float) -> bytes:
        data = self._prepend_unfinished(data, now)
        if now < self._late_until:
            data = self._read_late_paste(data, now)
        tokens, rest = tokenize(data)
        is_burst = self._burst is not None or sum(map(_text_length, tokens)) > 1
        for token in tokens:
            self._dispatch(token, now, is_burst=is_burst)
        if self._paste is not None:
            return rest
        self._unfinished = self._truncate(rest)
        return b""

    def _dispatch(self, token: InputToken, now: float, *, is_burst: bool) -> None:
        kind, data = token
        if kind is TokenKind.TEXT:
            self._dispatch_text(self._decode(data), now, is_burst=is_burst)
        elif kind is TokenKind.MOUSE:
            self._outlet.mouse(data, now)
        elif kind is TokenKind.REPORT:
            self._outlet.report(data, now)
        elif kind is TokenKind.PASTE_END:
            self._late_until = 0.0
        else:
            self._end_burst(now)
            if kind is TokenKind.PASTE_START:
                self._late_until = 0.0
                self._paste = Paste(now)
            else:
                self._outlet.key(data, now)

    def _dispatch_text(self, text: str, now: float, *, is_burst: bool) -> None:
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

    def _prepend_unfinished(self, data: bytes, now: float) -> bytes:
        """Prepend the unfinished bytes to the new ones, unless they are two keys."""
        gap = now - self._read_at
        started, self._unfinished = self._unfinished, b""
        if started == ESC and gap >= TYPED_GAP and data[0] not in INTRODUCERS:
            self._press(ESCAPE_KEY, now)
            started = b""
        abandoned, until = self._abandoned
        if not started and now < until and _is_rest(abandoned, data):
            started, self._abandoned = abandoned, (b"", 0.0)
        self._is_single_byte = gap >= TYPED_GAP and len(data) == 1
        return started + data

    def _unfinished_due(self) -> float:
        is_key = self._unfinished == ESC or (
            self._is_single_byte and (len(self._unfinished) == 2 or self._unfinished.endswith(ESC))
        )
        return self._read_at + (ESCAPE_WAIT if is_key else SEQUENCE_WAIT)

    def _abandon(self, now: float) -> None:
        """Abandon an incomplete sequence: it was the escape key, `alt` with a character, or nothing."""
        started, self._unfinished = self._unfinished, b""
        self._abandoned = (started, now + REST_WAIT)
        is_pair = len(started) == 2 and started[1] < 128
        if is_pair and not self._is_single_byte:
            self._press(alt(chr(started[1])), now)
        elif is_pair:
            self._press(ESCAPE_KEY, now)
            self._press(started[1:], now)
        elif started == ESC or started[1] >= 128 or (started.endswith(ESC) and self._is_single_byte):
            self._press(ESCAPE_KEY, now)

    def _press(self, key: bytes, now: float) -> None:
        self._end_burst(now)
        self._outlet.key(key, now)

    def _read_late_paste(self, data: bytes, now: float) -> bytes:
        """Take the rest of a paste that ended without its marker, up to the marker; return what follows."""
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

    def _truncate(self, rest: bytes) -> bytes:
        """Return an unfinished sequence without what is not needed to find its end."""
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


def _text_length(token: InputToken) -> int:
    return len(token[1].decode(errors="ignore")) if token[0] is TokenKind.TEXT else 0


def _is_rest(started: bytes, data: bytes) -> bool:
    """Return whether the bytes continue an abandoned sequence; a single character is a key."""
    if started[1:2] and started[1] in STRING_INTRODUCERS and started.endswith(ESC):
        return data.startswith(b"\\")
    if not started or len(data) < 2:
        return False
    if started == ESC:
        return _CONTINUED_ESCAPE.match(data) is not None
    if started[1] == ord("["):
        return _CONTINUED_CSI.match(data) is not None
    return started[1] in STRING_INTRODUCERS and (b"\x07" in data or b"\x1b\\" in data)
