"""An answer that carries another request's track id is never taken for this one's."""

from tests.support.answers import Answer
from tests.support.building import PROCESSING, job_id
from tests.support.fault_server import fault_server
from tests.support.payloads import payload
from zjobtui.clock import SystemClock
from zjobtui.domain.observation import Missed, Seen
from zjobtui.domain.problem import ProblemKind
from zjobtui.domain.tenant import BearerToken, Secret, Tenant
from zjobtui.zuora.client import Client


async def asked(**headers: str) -> Seen | Missed:
    answer = Answer(payload("recorded-processing"), headers=headers)
    with fault_server(answer) as server:
        client = Client(Tenant(name="env", base_url=server.base_url), BearerToken(Secret("token")), SystemClock())
        try:
            return await client.observe(job_id())
        finally:
            await client.aclose()


async def test_an_answer_to_another_request_is_no_report() -> None:
    observation = await asked(**{"Zuora-Track-Id": "0" * 32})
    assert isinstance(observation, Missed)
    assert observation.problem.kind is ProblemKind.UNREADABLE


async def test_an_answer_without_a_track_id_is_taken() -> None:
    observation = await asked()
    assert isinstance(observation, Seen)
    assert observation.report.status == PROCESSING.status
