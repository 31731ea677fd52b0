"""What `GET /v1/async-jobs/{id}` says of a job in one phase of its life; knows JSON and no HTTP."""

from collections.abc import Mapping

from zjobtui.simulator import chance
from zjobtui.simulator.naming import Json, Naming
from zjobtui.simulator.orders import order_result
from zjobtui.simulator.outcomes import Outcome
from zjobtui.simulator.previews import preview_result
from zjobtui.simulator.world import Life, Phase

_FAILURES: Mapping[Outcome, str] = {
    Outcome.LOCKED: "[40000050]: Operation failed due to a lock competition, please retry later.",
    Outcome.LOCKED_NO_COLON: "[40000050] subscription is locked",
    Outcome.BAD_INPUT: '[40000020]: Rate plan "Gold - monthly" is not effective on the contract effective date of '
    "03/12/2025.",
    Outcome.INTERNAL: "[40000060]: Oops, internal error occurred, please contact Zuora support.",
}
_PREVIEWS = frozenset({Outcome.PREVIEW, Outcome.PREVIEW_UNTYPED, Outcome.PREVIEW_WRAPPED})


def reply(life: Life, elapsed: float) -> Json:
    """The whole answer about a job, `elapsed` seconds after the world's start."""
    return phase_reply(life, life.phase(elapsed))


def phase_reply(life: Life, phase: Phase) -> Json:
    """The whole answer about a job in `phase`; a job that Zuora does not know never has another."""
    if life.outcome is Outcome.UNKNOWN_TO_ZUORA:
        return {"success": False, "reasons": [{"code": 50000040, "message": "Cannot find response for job"}]}
    if phase is not Phase.ENDED:
        return _root("Queued" if phase is Phase.QUEUED else "Processing")
    if life.outcome in _FAILURES:
        return _root("Failed", errors=_FAILURES[life.outcome])
    return _root("Completed", result=_result(life))


def _result(life: Life) -> Json:
    naming, throw = Naming(life), chance.dice(life.seed, life.id, "result")
    if life.outcome in _PREVIEWS:
        return preview_result(life.outcome, naming, throw)
    if life.outcome is Outcome.UNKNOWN_TYPE:
        deleted = {"jobType": "AsyncDeleteOrder", "orderNumber": naming.order_number}
        return {**deleted, "somethingNew": {"a": [1, 2]}}
    return order_result(life.outcome, naming, throw)


def _root(status: str, *, errors: str | None = None, result: Json | None = None) -> Json:
    return {"status": status, "errors": errors, "result": result, "success": True}
