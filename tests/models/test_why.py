"""What the list says of a job beside its status, and when a job is overdue."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from tests.support.building import NOW, done, failed, missed, order_report, seen, watch
from zjobtui.models.assessment import apply_observation
from zjobtui.models.digest import WHY_CELLS, Digest
from zjobtui.models.duration_stats import TypicalTimes, typical_times
from zjobtui.models.durations import stepped
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.report import PreviewResult, Report, Subscription
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.why import is_overdue, progress_eighths, why, why_texts, without_order

TYPICAL = TypicalTimes(50.0, 97.0)


def after(observation: Observation, added_at: float = NOW) -> WatchedJob:
    return apply_observation(watch(1, added_at=added_at), observation, 5.0).watch


def running(age: float, status: str = "Processing") -> WatchedJob:
    """A job that was added `age` seconds before NOW and seen running at NOW."""
    return after(seen(Report(status=status), NOW), added_at=NOW - age)


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (after(failed()), "lock contention"),
        (after(seen(order_report(order_status="Pending"))), "order Pending"),
        (after(seen(order_report())), "O-00000001"),
        (after(missed(ProblemKind.NOT_FOUND)), "not found in Zuora"),
        (watch(1), "no response yet"),
        (running(4), "<10s of about 50s"),
        (running(34), "30s of about 50s"),
        (running(34, "Queued"), "Queued · 30s of about 50s"),
        (running(79), "1m10s, usually 50s"),
        (running(98), "overdue: 95 % end within 1m40s"),
        (running(9_000), "overdue: 95 % end within 1m40s"),
        (replace(after(done()), contradiction="Asked again, Zuora says Processing."), "order completed"),
    ],
)
def test_each_state_has_its_reason(one: WatchedJob, text: str) -> None:
    assert why(one, TYPICAL, NOW) == text


@pytest.mark.parametrize(
    ("one", "figures"),
    [
        (running(34), "usual 50s"),
        (running(34, "Queued"), "usual 50s"),
        (running(79), "usual 50s"),
        (running(98), "over 1m40s"),
        (after(seen(Report(status="Processing"), NOW - 900), NOW - 1_000), "stale 15m"),
    ],
)
def test_usual_times_are_kept_if_there_is_room_for_few_words(one: WatchedJob, figures: str) -> None:
    texts = why_texts(one, TYPICAL, NOW)
    assert texts[0] == why(one, TYPICAL, NOW)
    assert texts[-1] == figures
    assert [len(text) for text in texts] == sorted({len(text) for text in texts}, reverse=True)


def test_without_typical_times_a_running_job_has_no_progress() -> None:
    for typical in (None, TypicalTimes(None, None)):
        assert why(running(34), typical, NOW) == ""
        assert why(running(34, "Queued"), typical, NOW) == "Queued"
        assert progress_eighths(running(34), typical, NOW) is None
        assert not is_overdue(running(9_000), typical, NOW)


def test_a_stale_row_shows_neither_progress_nor_overdue() -> None:
    one = running(34)
    assert why(one, TYPICAL, NOW + 430) == "no response for 7m"
    assert why(after(missed(ProblemKind.NOT_FOUND)), TYPICAL, NOW + 100) == "no response for 1m40s"
    assert why(watch(1), TYPICAL, NOW + 100) == "no response yet"
    assert progress_eighths(one, TYPICAL, NOW + 430) is None
    assert not is_overdue(one, TYPICAL, NOW + 430)
    assert why(after(failed()), TYPICAL, NOW + 1e6) == "lock contention"


def test_a_digest_of_a_version_without_reasons_shows_its_sentence() -> None:
    old = watch(
        1, digest=Digest("Failed", Verdict(VerdictKind.FAILED, "Job failed, lock contention: a very long sentence"))
    )
    assert why(old, None, NOW) == "Job failed, lock contention: a very lon…"


@pytest.mark.parametrize(
    ("cause", "short"),
    [
        ("order Pending: 1 of 4 Active", "Pending: 1/4 Active"),
        ("order Pending Activation: 12 of 300 Active", "Pending Activation: 12/300 Active"),
        ("order Pending", "order Pending"),
        ("payment declined", "payment declined"),
    ],
)
def test_the_figures_of_a_pending_order_are_kept_if_there_is_little_room(cause: str, short: str) -> None:
    digest = Digest("Completed", Verdict(VerdictKind.ATTENTION, "Job completed, but …"), why=cause)
    texts = why_texts(watch(1, digest=digest), None, NOW)
    assert (texts[0], texts[-1]) == (cause, short)


@pytest.mark.parametrize(
    ("report", "left"),
    [
        (order_report(), ""),
        (order_report(subscriptions=(Subscription(status="Active"),)), "1 subscription"),
        (order_report(order_number="", order_id="8ad0" * 8), ""),
        (order_report(order_status="Pending"), "order Pending"),
        (Report(status="Completed", result=PreviewResult()), "nothing to bill"),
        (Report(status="Completed"), "no result"),
    ],
)
def test_beside_the_column_of_orders_the_number_is_not_repeated(report: Report, left: str) -> None:
    one = after(seen(report))
    assert without_order(why(one, TYPICAL, NOW), one) == left


@pytest.mark.parametrize(("age", "eighths"), [(0, 0), (6, 0), (7, 1), (25, 4), (49, 7), (50, 8), (500, 8), (-5, 0)])
def test_progress_is_the_share_of_the_median(age: float, eighths: int) -> None:
    assert progress_eighths(running(age), TYPICAL, NOW) == eighths
    assert progress_eighths(after(done()), TYPICAL, NOW) is None


@given(st.floats(0, 1e7))
def test_times_change_every_ten_seconds_and_from_two_minutes_on_every_minute(seconds: float) -> None:
    step = 10 if seconds < 120 else 60
    assert stepped(seconds) == stepped(seconds // step * step)
    assert cell_len(why(running(seconds), TypicalTimes(1e8, 1e9), NOW)) <= WHY_CELLS


def test_ages_are_written_in_two_units() -> None:
    texts = {9: "<10s", 59: "50s", 61: "1m", 71: "1m10s", 119: "1m50s", 200: "3m", 7_500: "2h05m", 273_600: "3d04h"}
    assert {seconds: stepped(seconds) for seconds in texts} == texts


def ended(number: int, seconds: float, tenant: str = "env") -> WatchedJob:
    at = NOW + seconds
    return (
        after(done(at))
        if number < 0
        else replace(after(done(at)), job=watch(number, tenant=tenant).job, last_running_at=at, added_at=NOW)
    )


def test_typical_times_are_known_for_tenants_with_enough_ended_jobs() -> None:
    jobs = [*(ended(number, float(number)) for number in range(1, 101)), *(ended(n, 9.0, "few") for n in range(4))]
    assert typical_times(jobs) == {"env": TypicalTimes(50.0, 95.0)}
    assert typical_times([]) == {}


@pytest.mark.slow
def test_typical_times_of_five_thousand_jobs_cost_little() -> None:
    jobs = [ended(number, float(number % 97 + 1), f"t{number % 3}") for number in range(5_000)]
    start = time.process_time()
    assert len(typical_times(jobs)) == 3
    assert time.process_time() - start < 0.2
