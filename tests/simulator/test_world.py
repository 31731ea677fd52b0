import json
import re
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from zjobtui.simulator import rng
from zjobtui.simulator.payloads import reply
from zjobtui.simulator.scenarios import POSTED_ORDER, SCENARIOS, Outcome
from zjobtui.simulator.world import OrderRequest, World

SEEDS = st.integers(min_value=0, max_value=2**32)
PLACES = st.integers(min_value=0, max_value=59)
TIMES = st.floats(min_value=0, max_value=20_000)


def response(world: World, place: int, elapsed: float) -> dict[str, object]:
    job = world.job(world.job_ids[place])
    assert job is not None
    return reply(job, job.phase(elapsed))


def status(world: World, place: int, elapsed: float) -> object:
    return response(world, place, elapsed).get("status", "unknown")


@given(SEEDS, PLACES, TIMES)
def test_the_same_seed_job_and_time_give_the_same_response(seed: int, place: int, elapsed: float) -> None:
    assert response(World(seed, 60), place, elapsed) == response(World(seed, 60), place, elapsed)


@given(SEEDS, PLACES, TIMES, TIMES)
def test_a_final_response_never_changes(seed: int, place: int, one: float, other: float) -> None:
    world, earlier, later = World(seed, 60), min(one, other), max(one, other)
    if status(world, place, earlier) in {"Completed", "Failed"}:
        assert response(world, place, earlier) == response(world, place, later)


@given(SEEDS, PLACES, TIMES, TIMES)
def test_a_running_job_never_goes_back_to_the_queue(seed: int, place: int, one: float, other: float) -> None:
    order = {"unknown": 0, "Queued": 0, "Processing": 1, "Completed": 2, "Failed": 2}
    world = World(seed, 60)
    earlier, later = (order[str(status(world, place, at))] for at in sorted((one, other)))
    assert earlier <= later


@given(SEEDS)
def test_ids_are_32_lowercase_digits_and_each_seed_has_its_own(seed: int) -> None:
    ids = World(seed, 60).job_ids
    assert len(set(ids)) == 60
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)
    assert set(ids).isdisjoint(World(seed + 1, 60).job_ids)


def test_a_larger_world_starts_with_the_jobs_of_a_smaller_one() -> None:
    assert World(7, 500).job_ids[:40] == World(7, 40).job_ids
    assert response(World(7, 500), 30, 60) == response(World(7, 40), 30, 60)


def test_the_scenarios_cover_every_outcome() -> None:
    assert {part.outcome for part in SCENARIOS} == set(Outcome)


@given(SEEDS)
def test_a_dozen_jobs_show_the_range(seed: int) -> None:
    world = World(seed, 12)
    at_last = [json.dumps(response(world, place, 1e5), ensure_ascii=False) for place in range(12)]
    for sign in (
        '"result": {"jobType": "AsyncCreateOrder"',
        '"status": "Pending"',
        '"paymentStatus": "Error"',
        '"rampNumber"',
        "[40000050]: ",
        "[40000020]: ",
        "AsyncPreviewOrder",
        "AsyncDeleteOrder",
        "有効",
        "Cannot find response for job",
    ):
        assert any(sign in text for text in at_last), sign
    assert any(text.count('"subscriptionNumber"') == 300 for text in at_last)
    assert "Queued" in [status(world, place, 1) for place in range(12)]
    assert "Processing" in [status(world, place, 1800) for place in range(12)]


@given(SEEDS)
def test_some_jobs_end_within_seconds_and_others_run_for_minutes(seed: int) -> None:
    world = World(seed, 40)
    running = [sum(status(world, place, at) == "Processing" for place in range(40)) for at in (0, 20, 60, 180)]
    assert running[0] > 20
    assert running == sorted(running, reverse=True)
    assert len(set(running)) == 4
    ended = {status(world, place, 12) for place in range(40) if status(world, place, 0) == "Processing"}
    assert {"Completed", "Failed"} <= ended


def test_durations_have_a_median_of_20_seconds_and_a_heavy_tail() -> None:
    random = rng.seeded(7, "durations")
    seconds = sorted(rng.duration(random) for _ in range(4_000))
    assert 18 < median(seconds) < 24
    assert seconds[int(4_000 * 0.98)] > 120
    assert 10 < sum(one >= rng.STUCK for one in seconds) < 100


@given(SEEDS, st.floats(min_value=0, max_value=1e6))
def test_a_posted_job_runs_from_the_time_of_posting(seed: int, at: float) -> None:
    world = World(seed, 12)
    first, second = (world.posted_job(count, at, OrderRequest(), POSTED_ORDER) for count in (0, 1))
    assert first.id not in {second.id, *world.job_ids}
    assert reply(first, first.phase(at))["status"] == "Processing"
    assert reply(first, first.phase(at + 1e6))["status"] in {"Completed", "Failed"}
    assert first == world.posted_job(0, at, OrderRequest(), POSTED_ORDER)
