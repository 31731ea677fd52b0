"""How jobs can end: the scripted first jobs of every world, and the shares of outcomes for all others."""

from collections.abc import Mapping
from enum import Enum, auto
from random import Random

from msgspec import Struct


class Outcome(Enum):
    """How a job ends; `payloads` has the response for each."""

    ORDER = auto()
    ORDER_PENDING = auto()
    ORDER_DRAFT = auto()
    ORDER_SCHEDULED = auto()
    ORDER_LARGE = auto()
    ORDER_LOCALISED = auto()
    ORDER_OLD_SHAPE = auto()
    ORDER_RAMPED = auto()
    PAYMENT_ERROR = auto()
    REFUND_ERROR = auto()
    WRITE_OFF_FAILED = auto()
    PREVIEW = auto()
    PREVIEW_UNTYPED = auto()
    PREVIEW_WRAPPED = auto()
    LOCKED = auto()
    LOCKED_NO_COLON = auto()
    BAD_INPUT = auto()
    INTERNAL = auto()
    UNKNOWN_TYPE = auto()
    UNKNOWN_TO_ZUORA = auto()


class ScriptedJob(Struct, frozen=True):
    """Outcome and times of a job in seconds after the start of the world; `Queued` until `queued_until`."""

    outcome: Outcome
    start: float
    end: float
    queued_until: float | None = None


SCENARIOS = (
    ScriptedJob(Outcome.ORDER, -6, 4),
    ScriptedJob(Outcome.LOCKED, -9, 7),
    ScriptedJob(Outcome.ORDER_PENDING, -2, 11),
    ScriptedJob(Outcome.PREVIEW, -90, -84),
    ScriptedJob(Outcome.ORDER_LARGE, -25, 44),
    ScriptedJob(Outcome.UNKNOWN_TO_ZUORA, 0, 0),
    ScriptedJob(Outcome.ORDER, -1500, 4200),
    ScriptedJob(Outcome.ORDER_RAMPED, -1, 160, queued_until=35),
    ScriptedJob(Outcome.PAYMENT_ERROR, -4, 16),
    ScriptedJob(Outcome.BAD_INPUT, -300, -288),
    ScriptedJob(Outcome.ORDER_LOCALISED, -3, 95),
    ScriptedJob(Outcome.UNKNOWN_TYPE, -8, 27),
    ScriptedJob(Outcome.PREVIEW_WRAPPED, -5, 35),
    ScriptedJob(Outcome.ORDER_OLD_SHAPE, -400, -380),
    ScriptedJob(Outcome.INTERNAL, -7, 58),
    ScriptedJob(Outcome.ORDER_DRAFT, -2, 19),
    ScriptedJob(Outcome.LOCKED_NO_COLON, -12, 80),
    ScriptedJob(Outcome.PREVIEW_UNTYPED, -1, 52),
    ScriptedJob(Outcome.ORDER_SCHEDULED, -3, 120),
    ScriptedJob(Outcome.REFUND_ERROR, -2, 140),
    ScriptedJob(Outcome.WRITE_OFF_FAILED, -4, 200),
    ScriptedJob(Outcome.ORDER, -40, 790),
)
"""The first jobs of every world: a dozen already show the range from done within seconds to running for minutes.

The seventh is stuck; the last one takes 13 min 50 s, as one public team has reported.
"""

ORDINARY: Mapping[Outcome, int] = {
    Outcome.ORDER: 50,
    Outcome.ORDER_PENDING: 9,
    Outcome.ORDER_DRAFT: 1,
    Outcome.ORDER_SCHEDULED: 2,
    Outcome.ORDER_LOCALISED: 3,
    Outcome.ORDER_OLD_SHAPE: 4,
    Outcome.ORDER_RAMPED: 3,
    Outcome.PAYMENT_ERROR: 2,
    Outcome.REFUND_ERROR: 1,
    Outcome.WRITE_OFF_FAILED: 1,
    Outcome.PREVIEW: 7,
    Outcome.PREVIEW_UNTYPED: 2,
    Outcome.PREVIEW_WRAPPED: 2,
    Outcome.LOCKED: 8,
    Outcome.LOCKED_NO_COLON: 1,
    Outcome.BAD_INPUT: 3,
    Outcome.INTERNAL: 1,
}
"""Per cent, for the jobs after the scenarios; lock contention is the most frequent failure."""

POSTED_ORDER: Mapping[Outcome, int] = {
    Outcome.ORDER: 72,
    Outcome.ORDER_PENDING: 10,
    Outcome.LOCKED: 12,
    Outcome.BAD_INPUT: 5,
    Outcome.INTERNAL: 1,
}
"""Per cent, for a posted order."""

POSTED_PREVIEW: Mapping[Outcome, int] = {Outcome.PREVIEW: 90, Outcome.LOCKED: 10}
"""Per cent, for a posted preview; previews can fail by lock contention, too."""

POSTED_DELETION: Mapping[Outcome, int] = {Outcome.UNKNOWN_TYPE: 1}
"""The result of a deletion is not documented: the simulator returns a job type that is in no specification."""


def draw(shares: Mapping[Outcome, int], random: Random) -> Outcome:
    """Return a random outcome, weighted by its share."""
    return random.choices(tuple(shares), tuple(shares.values()))[0]
