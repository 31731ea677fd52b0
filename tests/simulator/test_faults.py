import time

import httpx
import pytest

from tests.simulator.conftest import Call, HandClock, Start
from zjobtui.simulator.faults import SWITCHES, Faults


def test_every_switch_is_parsed() -> None:
    text = "latency=0.3, error=0.1,drop=0.2,html=0.05,throttle=0.1,rate=2,token=20,outage=60@30,off=orders+invoices"
    text += ",forbidden=payments"
    assert Faults.parse(text) == Faults(
        0.3, 0.1, 0.2, 0.05, 0.1, 2, 20, (60, 30), frozenset({"orders", "invoices"}), frozenset({"payments"})
    )
    assert {part.partition("=")[0].strip() for part in text.split(",")} == set(SWITCHES)


def test_without_switches_there_is_no_fault() -> None:
    assert Faults.parse("") == Faults()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("latency=0.1,fire=1", "“fire=1”"),
        ("drop", "“drop”"),
        ("drop=", "“drop=”"),
        ("error=1.5", "“error=1.5”"),
        ("error=-0.1", "“error=-0.1”"),
        ("html=nan", "“html=nan”"),
        ("latency=inf", "“latency=inf”"),
        ("latency=fast", "“latency=fast”"),
        ("rate=0", "“rate=0”"),
        ("rate=1.5", "“rate=1.5”"),
        ("outage=60", "“outage=60”"),
        ("outage=60@soon", "“outage=soon”"),
        ("off=memos", "“off=memos” names memos"),
    ],
)
def test_an_invalid_switch_is_reported_with_the_valid_ones(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=named) as caught:
        Faults.parse(text)
    assert all(switch in str(caught.value) for switch in SWITCHES)


def test_shares_cannot_add_up_to_more_than_1() -> None:
    with pytest.raises(ValueError, match="more than 1"):
        Faults.parse("drop=0.6,error=0.6")


def test_each_random_number_picks_one_switch() -> None:
    faults = Faults(error=0.25, drop=0.25, html=0.25)
    assert [faults.pick_fault(roll) for roll in (0.1, 0.3, 0.6, 0.9)] == ["drop", "error", "html", None]


def test_a_dropped_call_gets_no_response_and_is_counted(start: Start, call: Call) -> None:
    server = start(faults="drop=1")
    with pytest.raises(httpx.TransportError):
        call(server).job(server.job_ids[0])
    assert server.requests.by_job[server.job_ids[0]] == 1


def test_an_error_is_the_documented_500(start: Start, call: Call) -> None:
    answer = call(start(faults="error=1")).sign_in()
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (500, "SystemError")


def test_the_html_switch_returns_200_with_a_page(start: Start, call: Call) -> None:
    answer = call(start(faults="html=1")).http.get("/v1/async-jobs/" + "f" * 32)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_throttling_sends_retry_after(start: Start, call: Call) -> None:
    answer = call(start(faults="throttle=1")).job("f" * 32)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")


def test_a_share_is_approximate_and_the_same_for_the_same_seed(start: Start, call: Call) -> None:
    servers = [start(seed=seed, faults="error=0.3") for seed in (7, 7, 8)]
    runs = [[caller.job("f" * 32).status_code for _ in range(60)] for caller in map(call, servers)]
    assert runs[0] == runs[1] != runs[2]
    assert 8 < runs[0].count(500) < 30


def test_a_rate_accepts_that_many_calls_a_second(start: Start, call: Call, clock: HandClock) -> None:
    server = start(faults="rate=2")
    caller = call(server).signed_in()
    assert [caller.job(server.job_ids[0]).status_code for _ in range(3)] == [200, 200, 429]
    clock.now += 1
    assert caller.job(server.job_ids[0]).status_code == 200


def test_a_token_is_valid_as_long_as_the_switch_says(start: Start, call: Call, clock: HandClock) -> None:
    server = start(faults="token=20")
    caller = call(server)
    assert caller.sign_in().json()["expires_in"] == 20
    clock.now += 21
    assert caller.job(server.job_ids[0]).status_code == 401


def test_an_outage_begins_and_ends(start: Start, call: Call, clock: HandClock) -> None:
    caller = call(start(faults="outage=60@30"))
    assert caller.sign_in().status_code == 200
    clock.now += 30
    with pytest.raises(httpx.TransportError):
        caller.sign_in()
    clock.now += 60
    assert caller.sign_in().status_code == 200


def test_latency_is_added_to_every_response(start: Start, call: Call) -> None:
    caller = call(start(faults="latency=0.05"))
    begun = time.perf_counter()
    caller.sign_in()
    assert time.perf_counter() - begun >= 0.05
