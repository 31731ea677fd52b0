from concurrent.futures import ThreadPoolExecutor

from tests.simulator.conftest import Call, HandClock, Start
from zjobtui.simulator.limits import API_SANDBOX, Limits, Meter


def test_a_call_above_the_limit_is_throttled_until_the_next_minute(start: Start, call: Call, clock: HandClock) -> None:
    server = start(limits=Limits(minute=3))
    caller = call(server).signed_in()
    clock.now += 20
    answers = [caller.job(server.job_ids[0]) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[-1].headers["Retry-After"] == "40"
    assert answers[-1].json()["reasons"][0]["code"] == 50000070
    clock.now += 40
    assert caller.job(server.job_ids[0]).status_code == 200


def test_sign_ins_have_their_own_limit(start: Start, call: Call) -> None:
    caller = call(start(limits=Limits(minute=1, tokens_a_minute=2)))
    assert [caller.sign_in().status_code for _ in range(3)] == [200, 200, 429]


def test_more_concurrent_calls_than_the_limit_are_throttled(start: Start, call: Call) -> None:
    server = start(limits=Limits(concurrency=4), faults="latency=0.2")
    caller = call(server).signed_in()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(caller.job, server.job_ids[:6]))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 429, 429]
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 429)


def test_the_window_nearest_exhaustion_is_named_first() -> None:
    meter = Meter([(10, 60), (12, 3_600)])
    for _ in range(9):
        meter.count(10)
    assert meter.count(70).headers["ratelimit-limit"] == "12, 10;w=60, 12;w=3600"
    assert meter.count(70).headers == {
        "ratelimit-limit": "12, 10;w=60, 12;w=3600",
        "ratelimit-remaining": "1",
        "ratelimit-reset": "3530",
    }


def test_a_refused_call_counts_against_the_day() -> None:
    meter = Meter([(1, 60), (2, 86_400)])
    assert [meter.count(at).retry_after for at in (0, 1, 60)] == [None, 59, 86_340]


def test_an_api_sandbox_is_the_tightest_tenant() -> None:
    assert (API_SANDBOX.minute, API_SANDBOX.hour, API_SANDBOX.day) == (2_500, 5_000, 10_000)
