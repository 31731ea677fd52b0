"""References to jobs: tenant and job id."""

import re
from dataclasses import dataclass, field
from typing import Self

from msgspec import Struct

from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten

_PLAIN = r"[0-9a-fA-F]{32}"
_DASHED = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ID = re.compile(rf"{_PLAIN}|{_DASHED}")


class InvalidJobIdError(ValueError):
    """The text is not a valid job id; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, eq=False)
class JobId:
    """A job id as it was given: 32 hexadecimal digits, or 36 characters with dashes.

    Two ids are equal if their digits are, however they are written, so that no job is watched twice.
    """

    given: str
    key: str = field(init=False, repr=False)
    """The 32 digits in lower case: used for equality, storage and search."""

    def __post_init__(self) -> None:
        key = self.given.replace("-", "").lower()
        object.__setattr__(self, "key", self.given if key == self.given else key)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a job id; raises `InvalidJobIdError` with a sentence for the user."""
        given = text.strip()
        if not _ID.fullmatch(given):
            raise InvalidJobIdError(_what_is_wrong(given))
        return cls(given)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.given


class JobRef(Struct, frozen=True):
    """An asynchronous job: the same id in two tenants means two jobs."""

    tenant: str
    id: JobId

    def __hash__(self) -> int:
        return hash(self.id.key)


class FoundIds(Struct, frozen=True):
    """The job ids in a text, each once and in order, and what was left out. It never contains a secret."""

    ids: tuple[JobId, ...]
    near_misses: tuple[str, ...]
    """Words that look like an incomplete id, or like one that touches other letters."""
    broken: tuple[JobId, ...] = ()
    """Ids that line ends break into pieces, each as it would be without them; they are offered, never added."""
    not_added: tuple[JobId, ...] = ()
    """Bare ids in a text that names others as job ids."""
    is_alone: bool = False
    """Whether the text is nothing but one id: the user means this job."""
    are_named: bool = False
    """Whether the text names the ids as job ids."""
    others: int = 0
    """Number of ids of other things: of requests, orders, accounts."""
    other_names: tuple[str, ...] = ()
    """The names of their fields, as they are written."""
    other_ids: tuple[tuple[JobId, str], ...] = ()
    """These ids, each with the name of its field."""
    secrets: int = 0
    """Number of access tokens and other credentials."""
    secret_hints: tuple[str, ...] = ()
    """The first six characters of those that have the form of a job id, each with an ellipsis: `6d1512…`."""


def _what_is_wrong(text: str) -> str:
    shown = shorten(clean(mask_secrets(text)), 60)
    if not text:
        return "A job id cannot be empty."
    if not re.fullmatch(r"[0-9a-fA-F-]+", text):
        return f"“{shown}” is not a valid job id: it contains characters other than hexadecimal digits and dashes."
    digits = len(text.replace("-", ""))
    if digits != 32:
        return f"“{shown}” is not a valid job id: it has {digits} hexadecimal digits, a job id has 32."
    return f"“{shown}” is not a valid job id: its dashes are not in the places of a UUID (8-4-4-4-12)."
