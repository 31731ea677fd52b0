"""Batches: which jobs are in one, how far it is, its closing line, its name, and the estimate of the time left."""

from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from itertools import count
from math import log
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.batches import DONE, estimate, just_posted, late_estimate, polled, simulator_estimate
from tests.support.building import (
    NOW,
    PROCESSING,
    apply_observations,
    done,
    failed,
    job,
    job_id,
    missed,
    seen,
    watch,
    watchlist,
)
from zjobtui.models.batches import (
    WORDS_WIDTH,
    batch_progress,
    batches,
    closing_line,
    default_batch_name,
    time_until_95_percent,
    unique_batch_name,
)
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.run_time_fit import LifeModel
from zjobtui.models.text_width import cells
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watchlist import Watchlist


def after(before: Watchlist, **observations: Observation) -> Watchlist:
    """The watchlist after these observations, by the number of the job: `_1=done(NOW)`."""
    folded = [(job(int(name[1:])), observation, 5.0) for name, observation in observations.items()]
    return apply_observations(before, folded).watchlist


MIXED = watchlist(
    watch(1, batch="renewals"),
    watch(2, batch="prices", added_at=NOW + 60),
    watch(3),
    watch(4, batch="renewals", added_at=NOW - 5),
    watch(5, batch="prices", added_at=NOW + 61, tenant="eu"),
    watch(6, batch="alone"),
)


def test_jobs_with_the_same_batch_name_are_a_batch_and_a_single_job_is_not() -> None:
    found = batches(MIXED)
    assert [(one.name, [watch.job for watch in one.jobs]) for one in found] == [
        ("renewals", [job(1), job(4)]),
        ("prices", [job(2), job(5, "eu")]),
    ]
    assert found[0] == batch_progress("renewals", MIXED)
    assert batch_progress("alone", MIXED) is batch_progress("", MIXED) is None


def test_the_time_of_a_batch_is_from_the_first_job_added_to_the_last_one_ended() -> None:
    running = after(MIXED, _1=done(NOW + 30), _4=seen(PROCESSING, NOW + 31))
    progress = batches(running)[0]
    assert (progress.ended, progress.has_ended, progress.ended_at) == (1, False, None)
    assert progress.elapsed(NOW + 40) == 45.0
    ended = batches(after(running, _4=failed(NOW + 55)))[0]
    assert (ended.ended, ended.started_at, ended.ended_at) == (2, NOW - 5, NOW + 55)
    assert ended.elapsed(NOW + 9_999) == 60.0
    assert ended.counts == {
        VerdictKind.FAILED: 1,
        VerdictKind.ATTENTION: 0,
        VerdictKind.UNKNOWN: 0,
        VerdictKind.RUNNING: 0,
        VerdictKind.DONE: 1,
    }


def test_a_batch_ends_even_if_zuora_does_not_know_one_of_its_jobs() -> None:
    known = after(MIXED, _1=done(NOW + 30), _4=missed(ProblemKind.NOT_FOUND, NOW + 42))
    asked_again = after(known, _4=missed(ProblemKind.NOT_FOUND, NOW + 600))
    assert closing_line(batches(asked_again)[0]) == "renewals: 1 done, 1 unknown, 47s"


def test_the_closing_line_names_the_numbers_by_verdict_and_the_time() -> None:
    statuses = ["done"] * 193 + ["failed"] * 4 + ["attention"] * 3
    pending = seen(replace(done(NOW + 372).report, result=None), NOW + 372)
    answers = {"done": done(NOW + 372), "failed": failed(NOW + 370), "attention": pending}
    listed = watchlist(*(watch(number, batch="renewals Q4", last_running_at=NOW) for number in range(200)))
    ended = apply_observations(
        listed, ((job(number), answers[status], 5.0) for number, status in enumerate(statuses))
    ).watchlist
    assert closing_line(batches(ended)[0]) == "renewals Q4: 193 done, 4 failed, 3 need attention, 6m12s"


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ([done(NOW + 12), done(NOW + 3)], "b: 2 done, 12s"),
        ([done(NOW + 64), failed(NOW + 3)], "b: 1 done, 1 failed, 1m04s"),
        ([failed(NOW + 7_500), seen(replace(done().report, result=None))], "b: 1 failed, 1 needs attention, 2h05m"),
        ([done(NOW + 64), seen(PROCESSING)], "b: 1 done, 1 running"),
    ],
)
def test_verdicts_that_no_job_has_are_left_out(answers: list[Observation], line: str) -> None:
    listed = watchlist(*(watch(number, batch="b", last_running_at=NOW) for number in (1, 2)))
    ended = apply_observations(
        listed, ((job(number), answer, 5.0) for number, answer in enumerate(answers, 1))
    ).watchlist
    assert closing_line(batches(ended)[0]) == line


def test_the_closing_line_of_jobs_that_had_ended_when_first_polled_has_no_time() -> None:
    listed = watchlist(watch(1, batch="b"), watch(2, batch="b"))
    assert closing_line(batches(after(listed, _1=done(NOW + 1), _2=failed(NOW + 2)))[0]) == "b: 1 done, 1 failed"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("renewals Q4\n", "renewals Q4"),
        ("CS-4411 renewal batch for acme corporation EMEA\nmore", "CS-4411 renewal batch"),
        ("\n\n  * price uplift 2027:\n", "price uplift 2027"),
        ("Job ids: ", "pasted"),
        ("", "pasted"),
        ('{"success":true,"jobId":"', "pasted"),
        ("jobId,account\n", "pasted"),
        ("2026-11-23 14:02:31,123 INFO posted job ", "INFO posted"),
        ("curl https://rest.zuora.com/v1/async-jobs/", "pasted"),
        ("client secret: hunter2hunter2\nprices\n", "prices"),
        ("Authorization: Bearer abc.def\nprices\n", "prices"),
        (f"{job_id(7)} prices", "prices"),
        ("ann@acme.example wrote\n", "wrote"),
        ("a\x1b[31mred\x1b[0m line", "ared line"),
        ("続き 更新 四半期 更新 バッチ 更新 更新", "続き 更新 四半期 更新"),
    ],
)
def test_a_batch_is_named_by_the_first_words_before_the_ids_and_the_time(text: str, name: str) -> None:
    assert default_batch_name(text, NOW + 120, UTC) == f"{name} 14:02"


def test_the_time_in_a_name_is_in_the_zone_and_the_source_replaces_missing_words() -> None:
    zone = timezone(timedelta(hours=-5))
    assert default_batch_name("", NOW, zone, source="tickets.txt") == "tickets.txt 09:00"


@given(st.text(), st.sampled_from(["", "token=", "password: "]), st.text("abcdef0123456789", min_size=32, max_size=36))
def test_a_name_is_short_and_safe_and_contains_no_id_or_secret(text: str, before: str, secret: str) -> None:
    name = default_batch_name(f"{text} {before}{secret}", NOW, UTC)
    assert name.endswith(" 14:00")
    assert cells(name) <= WORDS_WIDTH + len(" 14:00")
    assert secret not in name
    assert not any(character in name for character in "\n\r\x1b\x9b\u202e\u200b")


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert unique_batch_name("new", MIXED) == "new"
    assert unique_batch_name("alone", MIXED) == "alone (2)"
    taken = MIXED.set_batch([job(3)], "alone (2)").watchlist
    assert unique_batch_name("alone", taken) == "alone (3)"


@pytest.mark.parametrize(
    ("history", "spread", "limit"), [(0, 0.6, 0.25), (0, 1.0, 0.35), (200, 0.6, 0.25), (200, 1.0, 0.25)]
)
def test_the_time_left_is_estimated_when_a_third_of_a_batch_has_ended(
    history: int, spread: float, limit: float
) -> None:
    """Without any history, what two thirds of widely spread lives will do is known from the first third alone."""
    estimates = [estimate(seed, jobs=200, history=history, spread=spread, share=1 / 3) for seed in range(20)]
    assert median(one.error for one in estimates) <= limit
    assert sum(one.holds for one in estimates) >= 10


def exponential(chance: Random) -> float:
    """When a job ends that started up to 30 s before it was added."""
    return chance.expovariate(1 / 90) - chance.uniform(0, 30)


def log_normal(chance: Random) -> float:
    """When a job ends that started up to 100 s before it was added."""
    return chance.lognormvariate(log(100), 0.8) - chance.uniform(0, 100)


def alike(chance: Random) -> float:
    """When a job ends that started up to 50 s before it was added, and runs nearly as long as the others."""
    return chance.lognormvariate(log(100), 0.6) - chance.uniform(0, 50)


def constant_rate(chance: Random) -> float:
    """When a job ends of a host that always works on the same number of jobs."""
    return chance.uniform(-10, 200)


@pytest.mark.parametrize("share", [1 / 3, 2 / 3])
@pytest.mark.parametrize("jobs", [300, 1_000])
@pytest.mark.parametrize(("draw", "limit"), [(exponential, 0.25), (log_normal, 0.25), (alike, 0.5)])
def test_jobs_that_started_or_ended_before_they_were_added_do_not_lengthen_the_time_left(
    draw: Callable[[Random], float], limit: float, jobs: int, share: float
) -> None:
    """Of jobs that run nearly as long as each other, the first third to end does not show yet how alike they are."""
    estimates = [late_estimate(seed, draw, jobs=jobs, share=share) for seed in range(20)]
    assert median(one.error for one in estimates) <= (limit if share < 1 / 2 else 0.25)
    assert sum(one.holds for one in estimates) > 10


def test_the_time_left_of_jobs_that_end_at_a_constant_rate_is_near_the_truth_when_most_have_ended() -> None:
    estimates = [late_estimate(seed, constant_rate, jobs=300, share=0.85) for seed in range(20)]
    assert median(one.error for one in estimates) <= 0.25
    assert sum(one.holds for one in estimates) > 10


@pytest.mark.parametrize("share", [1 / 3, 1 / 2, 2 / 3])
@pytest.mark.parametrize(("jobs", "batches"), [(300, 1), (300, 2), (1_000, 1)])
def test_the_time_left_of_the_jobs_of_the_simulator_is_near_the_truth_from_a_third_on(
    jobs: int, batches: int, share: float
) -> None:
    estimates = [simulator_estimate(seed, jobs=jobs, share=share, batches=batches) for seed in range(20)]
    assert median(one.error for one in estimates) <= 0.25
    assert sum(one.holds for one in estimates) > 10


@pytest.mark.parametrize("batches", [1, 2])
def test_the_time_left_of_jobs_just_posted_to_the_simulator_is_near_the_truth(batches: int) -> None:
    estimates = [late_estimate(seed, just_posted, jobs=300, share=1 / 3, batches=batches) for seed in range(20)]
    assert median(one.error for one in estimates) <= 0.25
    assert sum(one.holds for one in estimates) > 10


def test_a_batch_with_too_few_or_nearly_all_jobs_ended_is_not_estimated() -> None:
    lives = [10 * 1.06**number for number in range(20)]
    for until, is_estimated in ((12.0, False), (25.0, True), (40.0, False)):
        jobs = polled(lives, until, chance=Random(1), added=0.0)
        assert (time_until_95_percent(jobs, (), NOW + until) is not None) is is_estimated
    jobs = polled(lives, 12.0, chance=Random(1))
    history = polled(lives, 100.0, chance=Random(1), first=100)
    estimated = time_until_95_percent(jobs, history, NOW + 12.0)
    assert estimated is not None
    assert estimated[0] <= 16.0 <= estimated[1] <= 40.0
    strangers = [replace(one, job=replace(one.job, tenant="other")) for one in history]
    assert time_until_95_percent(jobs, strangers, NOW + 12.0) is None


def test_a_range_that_is_too_wide_is_not_estimated() -> None:
    lives = [*(10.0 + number for number in range(5)), *(1e5 for _ in range(15))]
    assert time_until_95_percent(polled(lives, 20.0, chance=Random(1), added=0.0), (), NOW + 20.0) is None


def test_an_estimate_for_jobs_that_were_added_one_by_one_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen waits for it: with a separate age for each of 10,000 jobs it would take ten seconds."""
    calls, log_share = count(), LifeModel.log_share

    def counted(model: LifeModel, age: float) -> float:
        next(calls)
        return log_share(model, age)

    monkeypatch.setattr(LifeModel, "log_share", counted)
    ended = [
        watch(number, added_at=NOW, last_running_at=NOW + 9, ended_at=NOW + 10, digest=DONE) for number in range(9)
    ]
    running = [
        watch(number, added_at=NOW + number, last_running_at=NOW + 2_999 - number % 50) for number in range(10, 2_990)
    ]
    time_until_95_percent([*ended, *running], (), NOW + 3_000)
    assert next(calls) < 200_000


@pytest.mark.parametrize("added", [0.0, NOW - 1e7, NOW - 60, NOW, NOW + 1_000])
@pytest.mark.parametrize("life", [0.0, 1.0, 1e6])
def test_unusual_times_raise_no_error_and_a_range_is_in_order(added: float, life: float) -> None:
    """As of a clock that was set back."""
    ended = [
        watch(number, added_at=added, last_running_at=added + life / 2, ended_at=added + life, digest=DONE)
        for number in range(80)
    ]
    running = [watch(number, added_at=added, last_running_at=NOW - 5) for number in range(80, 100)]
    low, high = time_until_95_percent([*ended, *running], (), NOW) or (0.0, 0.0)
    assert 0.0 <= low <= high
