from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.building import NOW, PROCESSING, arranged, done, failed, missed, order_report, seen, watch
from zjobtui.models.digest import Digest
from zjobtui.models.job_update import apply_observation
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.sorting import SortOrder
from zjobtui.models.verdict import Kind, Verdict
from zjobtui.models.watched_job import WatchedJob


def after(number: int, observation: Observation) -> WatchedJob:
    return apply_observation(watch(number), observation, 5.0).watch


def test_what_needs_a_person_comes_first_then_what_waits_then_what_is_done() -> None:
    watches = [
        after(1, done(NOW)),
        after(2, seen(PROCESSING)),
        after(3, missed(ProblemKind.NOT_FOUND)),
        after(4, failed(NOW)),
        after(5, seen(order_report(order_status="Pending"), NOW + 1)),
    ]
    assert [watch.job.id.key[7] for watch in arranged(watches)] == ["5", "4", "3", "2", "1"]


def test_what_ended_last_is_on_top_and_what_waits_longest_is_on_top() -> None:
    ended = [after(number, done(NOW + number)) for number in (1, 3, 2)]
    waiting = [watch(number, added_at=NOW - number) for number in (4, 6, 5)]
    ordered = arranged([*ended, *waiting])
    assert [int(one.job.id.key[:8]) for one in ordered] == [6, 5, 4, 3, 2, 1]


def test_a_failure_that_was_looked_at_stands_below_what_waits() -> None:
    failures = [replace(after(number, failed(NOW + number)), read_at=NOW + 9) for number in (1, 2)]
    attention = after(3, seen(order_report(order_status="Pending"), NOW - 9))
    watches = [after(4, done(NOW)), *failures, after(5, missed(ProblemKind.NOT_FOUND)), watch(6), attention]
    assert numbers(arranged(watches)) == [3, 5, 6, 2, 1, 4]


def test_a_failure_that_changed_after_it_was_looked_at_is_on_top_again() -> None:
    seen_once = replace(after(1, failed(NOW)), read_at=NOW + 1)
    changed = replace(seen_once, changed_at=NOW + 2)
    assert numbers(arranged([watch(2), seen_once])) == [2, 1]
    assert numbers(arranged([watch(2), changed])) == [1, 2]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (SortOrder.AGE, [2, 3, 1]),
        (SortOrder.ADDED, [1, 3, 2]),
        (SortOrder.CHANGE, [3, 1, 2]),
        (SortOrder.ACCOUNT, [3, 1, 2]),
        (SortOrder.LABEL, [1, 3, 2]),
    ],
)
def test_each_order_goes_by_what_its_title_says(order: SortOrder, expected: list[int]) -> None:
    watches = [
        watch(1, added_at=NOW + 3, label="alpha", digest=about(account="b")),
        watch(2, added_at=NOW + 1, ended_at=NOW + 2),
        watch(3, added_at=NOW + 2, changed_at=NOW + 4, label="Beta", digest=about(account="A")),
    ]
    assert numbers(arranged(watches, order)) == expected


def test_every_order_has_a_title_of_its_own() -> None:
    assert len({order.title for order in SortOrder}) == len(SortOrder) == 6


MOMENTS = st.integers(0, 3).map(lambda late: NOW + late)
WATCHES = st.lists(
    st.builds(
        lambda number, observation, added_at, label, looked: replace(
            after(number, observation), added_at=added_at, label=label, read_at=looked
        ),
        st.integers(0, 9_999),
        st.builds(
            lambda make, at: make(at),
            st.sampled_from([done, failed, lambda at: seen(PROCESSING, at), lambda at: missed(at=at)]),
            MOMENTS,
        ),
        MOMENTS,
        st.sampled_from(["", "a", "B", "b"]),
        st.none() | MOMENTS,
    ),
    unique_by=lambda one: one.job.id,
    max_size=12,
)
ORDERS = st.sampled_from(list(SortOrder))


@given(WATCHES, ORDERS)
def test_equal_watches_stay_in_the_order_of_adding(watches: list[WatchedJob], order: SortOrder) -> None:
    rows = arranged(watches, order)
    places = [(order.key(one), watches.index(one)) for one in rows]
    assert places == sorted(places)
    assert set(rows) == set(watches)
    assert arranged(rows, order) == rows


@given(WATCHES, ORDERS, st.randoms(use_true_random=False))
def test_how_watches_stood_decides_nothing_but_ties(
    watches: list[WatchedJob], order: SortOrder, chance: Random
) -> None:
    shuffled = chance.sample(watches, len(watches))
    ours, others = arranged(watches, order), arranged(shuffled, order)
    assert [order.key(one) for one in ours] == [order.key(one) for one in others]
    if len({order.key(one) for one in watches}) == len(watches):
        assert ours == others


def numbers(watches: Iterable[WatchedJob]) -> list[int]:
    return [int(watch.job.id.key[:8]) for watch in watches]


def about(account: str) -> Digest:
    return Digest("Completed", Verdict(Kind.DONE, ""), account_number=account)
