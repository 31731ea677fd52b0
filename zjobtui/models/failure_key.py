"""What failures have in common: the keys of their messages, by which they are grouped, and fingerprints for filters."""

import re
from zlib import crc32

from zjobtui.models.digest import Digest
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.text import shorten
from zjobtui.models.verdict import VerdictKind

MESSAGE_CHARACTERS = 500
"""Characters of a message that a digest keeps, and that are compared."""

MESSAGE_KEY_CHARACTERS = 160
"""Characters of a message key."""

_FINGERPRINT = lazy_pattern(r"(?:.*-)?([0-9a-f]{8})")
_NAME_LENGTH = 40


_QUOTED = lazy_pattern(
    r"\"[^\"]*(?:\"|$)|“[^”]*(?:”|$)|(?<!\w)'[^']*(?:'(?!\w)|$)|(?<!\w)‘[^’]*(?:’(?!\w)|$)|«[^»]*(?:»|$)|「[^」]*(?:」|$)"
)
_WORD = re.compile(r"[0-9A-Za-z_]+")
_NUMBERS = re.compile(r"#(?:[-./:,+]*#)+")
_HEX = frozenset("0123456789abcdef")


def message_key(message: str) -> str:
    """Return a message without what differs from job to job: quoted text, ids, numbers and dates.

    `Rate plan "Gold" is not effective on the contract effective date of 03/12/2025.` becomes
    `rate plan … is not effective on the contract effective date of #`.
    """
    text = _QUOTED.sub("…", message[:MESSAGE_CHARACTERS].casefold())
    text = _NUMBERS.sub("#", _WORD.sub(_without_numbers, text))
    return shorten(" ".join(text.split()).rstrip(" .,;:!"), MESSAGE_KEY_CHARACTERS)


def _without_numbers(match: re.Match[str]) -> str:
    word = match.group()
    is_id = len(word) >= 16 and _HEX.issuperset(word)
    return "#" if is_id or any(character.isdigit() for character in word) else word


def failure_key(digest: Digest | None) -> tuple[str, str, str] | None:
    """Return what jobs that failed alike have in common; None if the job neither failed nor needs attention."""
    if digest is None or digest.verdict.kind not in {VerdictKind.FAILED, VerdictKind.ATTENTION}:
        return None
    # What a completed job needs differs from what a failed one needs, even if the message is the same.
    return digest.status, digest.code, digest.message_key or digest.verdict.sentence


def fingerprint(key: tuple[str, str, str]) -> str:
    """Return eight digits that are the same for the same key in every run."""
    return f"{crc32(repr(key).encode(errors='replace')):08x}"


def alike_term(title: str, key: tuple[str, str, str]) -> str:
    """Return the filter term for exactly the jobs with this key, such as `alike:lock-contention-3f2a9c81`."""
    name = re.sub(r"[\W_]+", "-", title).strip("-").casefold()[:_NAME_LENGTH]
    return f"alike:{name}-{fingerprint(key)}"


def read_alike(value: str) -> str | None:
    """Return the fingerprint in the value of such a term; None if it has none. The words before it are ignored."""
    match = _FINGERPRINT.fullmatch(value)
    return match[1] if match else None
