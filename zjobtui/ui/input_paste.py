"""Pastes that are being read: bracketed ones, and bursts of text that may be a paste without brackets."""

from codecs import getincrementaldecoder

from zjobtui.models.id_finder import find_job_ids
from zjobtui.ui.input_grammar import ESC, ESCAPE_KEY, tokenize
from zjobtui.ui.input_outlet import Outlet, PasteText

BURST_QUIET = 0.05
"""Seconds without a byte that end a burst, and that separate a key within a paste from pasted bytes."""

BURST_MAX_WAIT = 0.15
"""Maximum seconds for which a burst is held while it looks like keys."""

LONG_BURST = 32
"""Characters from which a burst may be a paste."""

PASTE_BURST = 256
DISTINCT_CHARACTERS = 10
"""A burst with this many characters, this many of them distinct, is a paste even without an id."""

KEY_IN_PASTE = 0.3
"""Seconds after which a key that came alone within a paste ends the paste."""

PASTE_QUIET = 5.0
"""Seconds without a byte that end a paste without an end marker."""

MAX_BURST_KEYS = 4_096
"""Characters of a burst that can be keys."""

PASTE_START, PASTE_END = b"\x1b[200~", b"\x1b[201~"

_KEYS = (b"\x03", b"\x11", b"\x1b[27u", b"\x1b[99;5u", b"\x1b[113;5u")
_LONGEST_KEY = 16


class Burst:
    """Text that arrived at once and may be a paste without brackets; held until that is known."""

    def __init__(self, now: float) -> None:
        self.is_paste = False
        """Whether it is known to be a paste."""
        self._text = PasteText()
        self._head = ""
        self._distinct: set[str] = set()
        self._count = 0
        self._began = self._last = now

    def add(self, text: str, now: float) -> None:
        """Add more text."""
        self._text.add(text)
        self._head += text[: MAX_BURST_KEYS - len(self._head)]
        self._distinct.update(text)
        self._count += len(text)
        self._last = now

    def due(self) -> float:
        """Return when the burst ends: soon if it looks like keys, which may be repeated without end."""
        quiet = self._last + BURST_QUIET
        looks_like_keys = self._count < LONG_BURST or len(self._distinct) < DISTINCT_CHARACTERS
        return min(quiet, self._began + BURST_MAX_WAIT) if looks_like_keys else quiet

    def end(self, outlet: Outlet, now: float) -> bool:
        """Pass the text on as a paste or as keys; return whether it was a paste."""
        text = self._text.text()
        found = find_job_ids(text)
        is_long = self._count >= PASTE_BURST and len(self._distinct) >= DISTINCT_CHARACTERS
        has_ids = bool(found.ids or found.near_misses or found.broken or found.others or found.secrets)
        if self.is_paste or is_long or has_ids:
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
        """The beginning of an end marker."""

    def add(self, data: bytes, now: float) -> bytes | None:
        """Add the bytes of a read; return what follows the end marker, or None if that has not come."""
        is_apart = now - self._last >= BURST_QUIET
        buffer = self.tail + self._key + data  # the key was part of the paste
        self._last = now
        self._key = b""
        before, marker, after = buffer.partition(PASTE_END)
        if marker:
            self.tail = b""
            self._text.add(self._decode(before.replace(PASTE_START, b"\n")))
            return after
        if is_apart and _key(data):
            self._key, self.tail = data, b""
            return None
        self.tail = _marker_prefix(buffer)
        rest = buffer[: len(buffer) - len(self.tail)]
        if rest[-1:] in _KEYS:
            rest, self._key = rest[:-1], rest[-1:]
        self._text.add(self._decode(rest.replace(PASTE_START, b"\n")))
        return None

    def due(self) -> float:
        """Return when the paste ends if nothing more is read."""
        return self._last + (KEY_IN_PASTE if self._key else PASTE_QUIET)

    def end(self, outlet: Outlet, now: float) -> None:
        """Pass on the text, and the key that ended it, if any."""
        self._text.add(self._decode(b"", final=True))
        outlet.paste(self._text.text(), now)
        if self._key:
            outlet.key(_key(self._key), now)


def _key(data: bytes) -> bytes:
    """Return the key that ends a paste if the read is nothing else, kitty's protocol included; else empty."""
    if data == ESC:
        return ESCAPE_KEY
    tokens, rest = tokenize(data) if len(data) <= _LONGEST_KEY else ([], b"")
    return tokens[0][1] if not rest and len(tokens) == 1 and tokens[0][1] in _KEYS else b""


def _marker_prefix(data: bytes) -> bytes:
    """Return the longest suffix of the data that is the beginning of an end marker."""
    lengths = range(min(len(PASTE_END) - 1, len(data)), 0, -1)
    return next((PASTE_END[:length] for length in lengths if data.endswith(PASTE_END[:length])), b"")
