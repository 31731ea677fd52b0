"""Masks secrets that a server echoes, in any encoding, before anything of its response is stored."""

import re
from array import array
from collections.abc import Iterator

MARK = "[masked]"
"""Replaces a secret."""

SHORTEST_SECRET = 8
"""Characters of the shortest secret that is masked; ordinary values may contain anything shorter by chance."""

MOST = 1_000
"""Secrets that are searched for; the oldest are dropped first."""

_ENCODED = re.compile(rb'\\{1,4}u([0-9a-f]{4})|%(?:25){0,3}([0-9a-f]{2})|\\{1,4}(["/\\`*_\[\]<>|#])')
"""A character as JSON, a URL or Markdown encodes it, also nested; repetition is bounded to keep the search linear."""


class Mask:
    """The secrets of one tenant: the client secret, and every token of this run."""

    def __init__(self) -> None:
        self._secrets: dict[bytes, bytes] = {}

    def add(self, secret: str) -> None:
        """Mask this secret from now on; one that is too short to differ from ordinary values is ignored."""
        if len(secret) >= SHORTEST_SECRET:
            plain = _encode(secret).lower()
            self._secrets.pop(plain, None)
            self._secrets[plain] = _decoded(plain)
            if len(self._secrets) > MOST:
                del self._secrets[next(iter(self._secrets))]

    def mask(self, data: bytes) -> bytes:
        """Return the data with a mark for each secret, in any letter case and encoding; the rest is unchanged."""
        lowered = data.lower()
        decoded = _decoded(lowered)
        spans: list[tuple[int, int]] = []
        at: array[int] | None = None
        for plain, form in tuple(self._secrets.items()):  # the log masks on another thread
            if plain in lowered:
                spans += _spans(plain, lowered)
            if decoded is not lowered:
                for secret in {plain, form}:  # they differ if the secret itself looks encoded
                    if secret in decoded:
                        at = at or _positions(lowered)
                        spans += [(at[start], at[end]) for start, end in _spans(secret, decoded)]
        return _marked(data, sorted(spans)) if spans else data

    def mask_text(self, text: str) -> str:
        """Return the text with secrets masked."""
        data = _encode(text)
        masked = self.mask(data)
        return text if masked is data else masked.decode("utf-8", "surrogatepass")

    def mask_headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Return the headers, names and values masked; their text is the bytes decoded as Latin-1."""
        joined = "\n".join(text for item in headers.items() for text in item).encode("latin-1")
        if self.mask(joined) is joined:
            return headers
        return {self._mask_latin(name): self._mask_latin(value) for name, value in headers.items()}

    def _mask_latin(self, text: str) -> str:
        return self.mask(text.encode("latin-1")).decode("latin-1")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(lowered: bytes) -> bytes:
    """Decode what JSON, URLs or Markdown encode; returns the same object if nothing is encoded."""
    if b"%" not in lowered and b"\\" not in lowered:
        return lowered
    return _ENCODED.sub(_decode_one, lowered)


def _decode_one(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return _encode(chr(int(match[1], 16))).lower()
    return bytes([int(match[2], 16)]).lower() if match[2] else match[3]


def _spans(secret: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of each occurrence of the secret."""
    start = data.find(secret)
    while start >= 0:
        yield start, start + len(secret)
        start = data.find(secret, start + len(secret))


def _positions(lowered: bytes) -> "array[int]":
    """Return for each byte of the decoded data where its character begins in the data, and the end."""
    at, end = array("L"), 0
    for match in _ENCODED.finditer(lowered):
        at.extend(range(end, match.start()))
        at.extend([match.start()] * len(_decode_one(match)))
        end = match.end()
    at.extend(range(end, len(lowered) + 1))
    return at


def _marked(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    """Return the data with one mark for each run of overlapping spans."""
    parts: list[bytes] = []
    end = 0
    for start, stop in spans:
        if start >= end:
            parts += data[end:start], MARK.encode()
        end = max(end, stop)
    return b"".join((*parts, data[end:]))
