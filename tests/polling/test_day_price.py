"""The price of a call that the rest of the day can afford."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.polling.day_price import LEAST_NEW, PLANNED_SHARE, Calls, Demand, Supply, plan_day
from zjobtui.polling.survival import CHEAPEST, PRIOR, Curve, Intervals, Lifetime, fit_curve

HOUR, DAY = 3_600.0, 86_400.0
LASTING = fit_curve([Lifetime(DAY, since=0.0)] * 1_000)
NORMAL = fit_curve(Lifetime(18 + number % 4, 19 + number % 4) for number in range(200))


def evenly(calls: float) -> list[Supply]:
    return [Supply(hours * HOUR, calls) for hours in (1, 8, 23)]


def demand(running: int = 0, new: int = 0, steady: int = 0) -> Demand:
    """Jobs that were just added, and `new` jobs a day over the last two days."""
    return Demand.of([(0.0, 0.0)] * running, steady, [number / new * DAY for number in range(1, 2 * new + 1)])


def price_of_day(curve: Curve, jobs: Demand, supply: list[Supply], longest: float) -> float:
    """The price of the day with one longest interval, in seconds."""
    return plan_day(curve, jobs, supply, lambda _rate, _jobs: longest).price


def walked(curve: Curve, price: float, until: float, ceiling: float = DAY) -> float:
    """Expected calls about a job up to an age, one after the other."""
    intervals, age, calls = Intervals(curve, price, ceiling), 0.0, 0.0
    while age + (gap := intervals.after(age)) <= until:
        calls += curve.at(age)[0]
        age += gap
    return calls


@pytest.mark.parametrize("curve", [PRIOR, LASTING, NORMAL], ids=["prior", "lasting", "normal"])
@pytest.mark.parametrize("price", [0.5, 5.0, 60.0])
def test_expected_calls_equal_the_sum_over_the_intervals(curve: Curve, price: float) -> None:
    found = Calls(curve, price, DAY).between(0, 8 * HOUR)
    assert found == pytest.approx(walked(curve, price, 8 * HOUR), rel=0.1, abs=1)


def test_the_longest_interval_bounds_what_a_lasting_job_takes() -> None:
    assert Calls(LASTING, 1e6, 60).between(HOUR, 2 * HOUR) == pytest.approx(60, rel=0.05)


def test_a_new_job_gets_a_first_call_at_any_price() -> None:
    assert 1 <= Calls(PRIOR, 1e4, DAY).about_new(0, HOUR) <= 2.1


def test_with_plenty_of_calls_the_price_is_lowest() -> None:
    assert price_of_day(PRIOR, demand(100, 1_000), evenly(1e6), 60) == CHEAPEST
    assert price_of_day(PRIOR, demand(100, 1_000), [], 60) == CHEAPEST
    assert price_of_day(PRIOR, demand(), evenly(0), 60) == CHEAPEST


@pytest.mark.slow
@given(
    running=st.integers(1, 200),
    new=st.integers(1, 200),
    calls=st.floats(400, 5_000),
    fewer=st.floats(0.1, 1),
)
def test_the_expected_calls_fit_and_fewer_calls_raise_the_price(
    running: int, new: int, calls: float, fewer: float
) -> None:
    jobs = demand(running, new)
    price = price_of_day(PRIOR, jobs, evenly(calls), DAY)
    most = PRIOR.quantile(0.5)
    assert CHEAPEST <= price <= most
    if price < most:
        at_price = Calls(PRIOR, price, DAY)
        added = ((each.jobs, each.ages_at(23 * HOUR)) for each in jobs.arrivals())
        used = running * at_price.between(0, 23 * HOUR)
        used += sum(count * at_price.about_new(*ages) for count, ages in added if ages)
        assert used <= PLANNED_SHARE * calls
        assert price == CHEAPEST or used >= 0.9 * PLANNED_SHARE * calls
    assert price_of_day(PRIOR, jobs, evenly(fewer * calls), DAY) >= price


def test_jobs_at_the_longest_interval_take_their_calls_from_the_others() -> None:
    alone = price_of_day(PRIOR, demand(10, 50), evenly(400), 600)
    assert price_of_day(PRIOR, demand(10, 50, steady=2), evenly(400), 600) > alone


def test_even_if_no_price_fits_a_new_job_gets_a_second_call_soon() -> None:
    price = price_of_day(NORMAL, demand(100, 100), evenly(5), DAY)
    assert price == NORMAL.quantile(0.5)
    assert Intervals(NORMAL, price, DAY).after(0) <= 3 * NORMAL.quantile(0.5)


def test_as_many_new_jobs_are_expected_as_in_the_same_hours_of_earlier_days() -> None:
    mornings = [*[DAY - HOUR] * 100, *[2 * DAY - HOUR] * 50]
    assert Demand.of([], 0, mornings).new_within(2 * HOUR) == 75
    assert Demand.of([], 0, mornings).new_within(0.5 * HOUR) == LEAST_NEW * 100 / 48


def test_new_jobs_are_expected_in_the_hours_in_which_they_came() -> None:
    mornings = [*[DAY - 2.5 * HOUR] * 100, *[2 * DAY - 2.5 * HOUR] * 100]
    arrivals = Demand.of([], 0, mornings).arrivals()
    (busiest,) = (added for added in arrivals if added.jobs > 50)
    assert (busiest.start, busiest.end) == (2 * HOUR, 3 * HOUR)
    assert busiest.ages_at(8 * HOUR) == (5 * HOUR, 6 * HOUR)
    assert busiest.ages_at(2 * HOUR) is None
    assert sum(added.jobs for added in arrivals) == pytest.approx(100, abs=5)


def test_jobs_that_come_late_leave_their_calls_to_those_that_run_now() -> None:
    supply = [Supply(hours * HOUR, 400) for hours in (1, 8, 24)]
    early = Demand.of([(0.0, 0.0)] * 20, 0, [*[DAY - HOUR / 2] * 50, *[2 * DAY - HOUR / 2] * 50])
    late = Demand.of([(0.0, 0.0)] * 20, 0, [*[HOUR / 2] * 50, *[DAY + HOUR / 2] * 50])
    assert price_of_day(PRIOR, late, supply, DAY) < price_of_day(PRIOR, early, supply, DAY)


def test_jobs_at_the_longest_interval_do_not_use_up_the_calls_of_the_next_hours() -> None:
    supply = [Supply(HOUR, 50), Supply(12 * HOUR, 50), Supply(DAY, 1_000)]
    old = Demand.of([(20 * HOUR, 20 * HOUR)] * 2, 0, [20 * HOUR] * 2)
    plan = plan_day(LASTING, old, supply, lambda rate, jobs: 2.5 * jobs / rate)
    assert not plan.is_even
    assert plan.rate(supply) == 50 / (12 * HOUR)
    plenty = [Supply(seconds, 1_000) for seconds, _ in supply]
    assert plan_day(LASTING, old, plenty, lambda rate, jobs: 2.5 * jobs / rate).rate(plenty) == 1_000 / DAY


def test_days_with_hardly_any_new_jobs_do_not_count() -> None:
    usual = [*[DAY - HOUR] * 100, *[2 * DAY - HOUR] * 100]
    assert Demand.of([], 0, [*usual, 5 * DAY - HOUR]).new_within(2 * HOUR) == 100


def test_on_the_first_day_and_on_busier_days_more_jobs_are_expected() -> None:
    assert Demand.of([], 0, [HOUR] * 48).new_within(12 * HOUR) == 24
    assert Demand.of([], 0, [*[HOUR] * 400, 3 * DAY]).new_within(12 * HOUR) == LEAST_NEW * 200


def test_jobs_older_than_a_week_do_not_count() -> None:
    assert Demand.of([], 0, [8 * DAY] * 1_000).new_within(HOUR) == 0
