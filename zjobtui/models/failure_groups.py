"""Failures by reason: the jobs that failed or need attention, grouped by what failed alike.

The keys of their messages say what is alike, and fingerprints of these are terms of filters.
"""

import re
from collections.abc import Iterable
from zlib import crc32

from msgspec import Struct

from zjobtui.models.advice import Advice, advise
from zjobtui.models.advice_rules import UNNAMED
from zjobtui.models.digest import Digest
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.text import shorten
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob

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


class FailureGroup(Struct, frozen=True):
    """Jobs with the same code and, but for names and numbers, the same message; times are seconds since the epoch.

    `message` is that of the job that ended last; `share` is the part of all failures, from 0 to 1.
    """

    title: str
    code: str
    message: str
    share: float
    first_at: float
    last_at: float
    advice: Advice
    jobs: tuple[WatchedJob, ...]
    term: str
    """The filter term that matches exactly the jobs of this group."""

    @property
    def count(self) -> int:
        """Number of jobs."""
        return len(self.jobs)

    @property
    def has_completed(self) -> bool:
        """Whether the jobs completed, and what they made needs attention: no other try is meant."""
        digest = self.jobs[0].digest
        return digest is not None and digest.status == "Completed"

    @property
    def is_transient(self) -> bool | None:
        """Whether another try can succeed; None if that is not known."""
        return self.advice.is_transient


def failure_groups(watches: Iterable[WatchedJob]) -> tuple[FailureGroup, ...]:
    """Return the groups of jobs that failed or need attention, the biggest first, then the latest."""
    groups: dict[tuple[str, str, str], list[tuple[WatchedJob, Digest]]] = {}
    for watch in watches:
        digest = watch.digest
        if digest is not None and (key := failure_key(digest)) is not None:
            groups.setdefault(key, []).append((watch, digest))
    failed = sum(map(len, groups.values()))
    made = (_group(key, members, failed) for key, members in groups.items())
    return tuple(sorted(made, key=lambda group: (-group.count, -group.last_at)))


def _group(key: tuple[str, str, str], members: list[tuple[WatchedJob, Digest]], failed: int) -> FailureGroup:
    times = [_failed_at(watch) for watch, _ in members]
    _, newest = members[times.index(max(times))]
    advice = advise(newest)
    title = advice.title if advice.title != UNNAMED else newest.why or UNNAMED
    return FailureGroup(
        title=title,
        code=newest.code,
        message=newest.message or newest.verdict.sentence,
        share=len(members) / failed,
        first_at=min(times),
        last_at=max(times),
        advice=advice,
        jobs=tuple(watch for watch, _ in members),
        term=_alike_term(title, key),
    )


def _failed_at(watch: WatchedJob) -> float:
    return watch.ended_at or watch.changed_at or watch.added_at


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


def _alike_term(title: str, key: tuple[str, str, str]) -> str:
    """Return the filter term for exactly the jobs with this key, such as `alike:lock-contention-3f2a9c81`."""
    name = re.sub(r"[\W_]+", "-", title).strip("-").casefold()[:_NAME_LENGTH]
    return f"alike:{name}-{fingerprint(key)}"


def read_alike(value: str) -> str | None:
    """Return the fingerprint in the value of such a term; None if it has none. The words before it are ignored."""
    match = _FINGERPRINT.fullmatch(value)
    return match[1] if match else None
