"""Set up a screen: an engine with one watched job for each given response."""

from collections.abc import Sequence

from msgspec.structs import replace

from tests.support.building import NOW, job, read_payload, watch
from tests.support.scripted import FixedClock, ScriptedEngine, call
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.report import Report
from zjobtui.zuora.parser import read_response

Known = str | bytes | Observation | None
"""What is known about a job: the name of a recorded payload, a body, an observation, or nothing."""


def staged(*known: Known, labels: Sequence[str] = ()) -> ScriptedEngine:
    """Return an engine whose job 1 has the first response, and so on; the clock stands still at `NOW`."""
    engine = ScriptedEngine(FixedClock(NOW))
    named = [*labels, *[""] * len(known)]
    engine.watch(watch(number, label=named[number - 1]) for number in range(1, len(known) + 1))
    for number, one in enumerate(known, 1):
        if one is not None:
            engine.bring((job(number), observation_of(one)))
    return engine


def observation_of(known: str | bytes | Observation, at: float = NOW) -> Observation:
    """Return the observation for a payload name, a body or another observation."""
    if isinstance(known, Success | Failure):
        return replace(known, at=at)
    outcome = read_payload(known) if isinstance(known, str) else read_response(200, known)
    return Success(outcome, at, call()) if isinstance(outcome, Report) else Failure(outcome, at, call())


def bring_response(engine: ScriptedEngine, number: int, known: str | bytes | Observation, after: float = 1.0) -> None:
    """Let `after` seconds pass, then apply an observation of a job."""
    engine.clock.at += after
    engine.bring((job(number), observation_of(known, engine.clock.at)))
