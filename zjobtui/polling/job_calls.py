"""Calls about jobs of one tenant: one for each turn, and a second one for an id that Zuora does not know."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeGuard

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.call_log import CallKind, LoggedCall, RecordCall
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.protocols import JobSource
from zjobtui.polling.supervision import internal_failure
from zjobtui.polling.tenant_gate import CallResult, TenantGate

log = get_logger(__name__)

_NO_OPERATION = frozenset({ProblemKind.NOT_FOUND, ProblemKind.FORBIDDEN, ProblemKind.REFUSED})
"""What Zuora says of an id for which it will say nothing else the next time."""


class Turn(Struct, frozen=True, kw_only=True):
    """A call about a job that is due; it has `waited` so many seconds.

    `is_by_hand`: the user requested it. Its `kind` may still be that of a probe.
    """

    watch: WatchedJob
    kind: CallKind
    waited: float
    is_by_hand: bool


class JobCalls:
    """Make the calls of one tenant and add them to the call log.

    `may_plan` returns whether calls may be made that the user did not request. `on_first_result` is called with the
    result of a call that is followed by a second one; the result of the last call is returned.
    """

    def __init__(
        self,
        tenant: str,
        source: JobSource,
        gate: TenantGate,
        clock: Clock,
        record: RecordCall,
        may_plan: Callable[[], bool],
        on_first_result: Callable[[JobRef, CallResult], None],
    ) -> None:
        self._tenant = tenant
        self._source = source
        self._gate = gate
        self._clock = clock
        self._record = record
        self._may_plan = may_plan
        self._on_first_result = on_first_result

    async def take_turn(self, turn: Turn) -> tuple[Observation, CallResult]:
        """Request the status of a job; once for each id that Zuora does not know, also as that of an operation job.

        Returns what is known of the job now, and the result of the last call; the two differ if the second call says
        nothing about the job. If the limits leave no call for the operation job, it is requested after the next call
        about the id.
        """
        watch, job = turn.watch, turn.watch.job
        if watch.is_operation:
            operation = await self._request(turn, turn.waited, self._source.observe_operation)
            return operation.observation, operation
        result = await self._request(turn, turn.waited, self._source.observe)
        observation = result.observation
        if not _is_not_found(observation) or watch.is_final or watch.operation_checked_at is not None:
            return observation, result
        wait = self._gate.count_second_call(observation.call, self._clock.now())
        if wait is None:
            return observation, result
        await asyncio.sleep(wait)
        if not turn.is_by_hand and not self._may_plan():
            return observation, result
        self._on_first_result(job, result)
        operation = await self._request(turn, wait, self._source.observe_operation)
        if isinstance(operation.observation, Success):
            log.info("tenant %s: job %s is an operation job", self._tenant, job.id.given)
            return operation.observation, operation
        is_no_operation = operation.observation.problem.kind in _NO_OPERATION
        return replace(observation, is_no_operation=is_no_operation), operation

    async def _request(
        self, turn: Turn, waited: float, observe: Callable[[JobId, CallKind], Awaitable[Observation]]
    ) -> CallResult:
        """Make one call about a job and add it to the call log."""
        job, sent = turn.watch.job, self._clock.now()
        try:
            observation = await observe(job.id, turn.kind)
        except Exception as fault:  # a source never raises; if it does, the job must not be forgotten
            log.exception("tenant %s: internal error in the call about job %s", self._tenant, job.id.given)
            observation = internal_failure(fault, self._clock.now())
        ended = self._clock.now()
        self._record(_logged(job, turn.kind, observation, waited, ended - sent))
        return CallResult(observation, sent, ended)


def _is_not_found(observation: Observation) -> TypeGuard[Failure]:
    return isinstance(observation, Failure) and observation.problem.kind is ProblemKind.NOT_FOUND


def _logged(job: JobRef, kind: CallKind, observation: Observation, waited: float, took: float) -> LoggedCall:
    at, tenant, call = observation.at, job.tenant, observation.call
    if isinstance(observation, Success):
        status = observation.report.status
        return LoggedCall(at=at, tenant=tenant, kind=kind, call=call, job=job, status=status, waited=waited, took=took)
    problem, body = observation.problem, observation.body
    return LoggedCall(
        at=at, tenant=tenant, kind=kind, call=call, job=job, problem=problem, waited=waited, took=took, body=body
    )
