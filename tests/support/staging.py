"""Sets the stage for the screen: an engine that watches one job for each answer it is given."""

from collections.abc import Sequence
from dataclasses import replace

from tests.support.building import NOW, job, read_payload, watch
from tests.support.scripted import FixedClock, ScriptedEngine, call
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.report import Report
from zjobtui.zuora.parser import read_response

Told = str | bytes | Observation | None
"""What was heard of a job: a recorded reply by its name, a body, an observation, or nothing yet."""


def staged(*told: Told, labels: Sequence[str] = ()) -> ScriptedEngine:
    """An engine whose job 1 was told of by the first of them, and so on; the clock stands still at `NOW`."""
    engine = ScriptedEngine(FixedClock(NOW))
    named = [*labels, *[""] * len(told)]
    engine.watch(watch(number, label=named[number - 1]) for number in range(1, len(told) + 1))
    for number, one in enumerate(told, 1):
        if one is not None:
            engine.bring((job(number), heard(one)))
    return engine


def heard(told: str | bytes | Observation, at: float = NOW) -> Observation:
    """The observation that it makes."""
    if isinstance(told, Success | Failure):
        return replace(told, at=at)
    outcome = read_payload(told) if isinstance(told, str) else read_response(200, told)
    return Success(outcome, at, call()) if isinstance(outcome, Report) else Failure(outcome, at, call())


def tell(engine: ScriptedEngine, number: int, told: str | bytes | Observation, after: float = 1.0) -> None:
    """Lets `after` seconds pass, and then a call about a job brings something."""
    engine.clock.at += after
    engine.bring((job(number), heard(told, engine.clock.at)))
