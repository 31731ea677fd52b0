"""The real client against a server with every kind of fault: an observation, in time, every time."""

import time

import pytest

from tests.faults.clients import JOB, kinds, no_connection_left, open_client
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.support.fault_server import fault_server
from tests.support.scripts import JOBS_PATH, TOKEN_PATH
from zjobtui.models.observation import Failure, Success

pytestmark = pytest.mark.slow

SLACK = 0.6
"""Seconds that a busy machine may take over the deadline."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
async def test_every_server_behaviour_becomes_an_observation_in_time(scenario: Scenario) -> None:
    with fault_server(scenario.script, token=scenario.token, on_accept=scenario.on_accept) as server:
        async with open_client(server.base_url, limit=scenario.limit) as client:
            started = time.monotonic()
            observations = [await client.observe(JOB) for _ in range(scenario.calls)]
            elapsed = time.monotonic() - started
        await no_connection_left(server)
        jobs, tokens = len(server.requests_for(JOBS_PATH)), len(server.requests_for(TOKEN_PATH))
    assert kinds(observations) == [scenario.kind] * scenario.calls, observations
    assert elapsed <= scenario.limit + SLACK
    assert (jobs, tokens) == (scenario.jobs, scenario.tokens)
    for observation in observations:
        match observation:
            case Success(report):
                assert report.status == "Processing"
            case Failure(problem):
                assert scenario.says in problem.detail
                assert problem.code == scenario.code or not scenario.code
