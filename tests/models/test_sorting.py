from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, arranged, done, failed, missed, order_report, seen, watch
from zjobtui.models.assessment import apply_observation
from zjobtui.models.digest import Digest
from zjobtui.models.duration_stats import TypicalTimes
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.report import PreviewResult, Report
from zjobtui.models.sorting import Sorting, SortKey, SortOrder, sorting_of
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob

DONE = Verdict(VerdictKind.DONE, "")


def after(number: int, observation: Observation) -> WatchedJob:
    return apply_observation(watch(number), observation, 5.0).watch


def test_jobs_that_need_the_user_come_first_then_running_then_done_ones() -> None:
    watches = [
        after(1, done(NOW)),
        after(2, seen(PROCESSING)),
        after(3, missed(ProblemKind.NOT_FOUND)),
        after(4, failed(NOW)),
        after(5, seen(order_report(order_status="Pending"), NOW + 1)),
    ]
    assert [watch.job.id.key[7] for watch in arranged(watches)] == ["4", "5", "3", "2", "1"]


def test_the_last_ended_and_the_longest_running_jobs_are_on_top() -> None:
    ended = [after(number, done(NOW + number)) for number in (1, 3, 2)]
    waiting = [watch(number, added_at=NOW - number) for number in (4, 6, 5)]
    ordered = arranged([*ended, *waiting])
    assert [int(one.job.id.key[:8]) for one in ordered] == [6, 5, 4, 3, 2, 1]


def test_reading_a_job_does_not_move_it() -> None:
    failures = [after(number, failed(NOW + number)) for number in (1, 2)]
    others = [after(3, seen(order_report(order_status="Pending"), NOW - 9)), after(4, done(NOW)), watch(5)]
    read = [replace(one, read_at=NOW + 9) for one in failures]
    assert numbers(arranged([*others, *failures])) == numbers(arranged([*others, *read])) == [2, 1, 3, 5, 4]


def test_running_jobs_are_in_the_order_in_which_they_are_overdue() -> None:
    slow, fast = watch(1, tenant="slow", added_at=NOW - 100), watch(2, tenant="fast", added_at=NOW - 50)
    strange = watch(3, tenant="strange", added_at=NOW - 60)
    typical = {"slow": TypicalTimes(60.0, 120.0), "fast": TypicalTimes(10.0, 20.0), "few": TypicalTimes(None, None)}
    assert numbers(arranged([slow, fast, strange])) == [1, 3, 2]
    assert numbers(arranged([slow, fast, strange], Sorting(typical=typical))) == [2, 1, 3]


SAMPLE = (
    watch(
        1, added_at=NOW + 3, label="alpha", tags=("b",), digest=Digest("Completed", DONE, account_number="b", why="Y")
    ),
    watch(2, added_at=NOW + 1, ended_at=NOW + 2, tenant="EU"),
    watch(
        3,
        added_at=NOW + 2,
        changed_at=NOW + 4,
        label="Beta",
        tags=("A", "z"),
        digest=Digest("Completed", DONE, account_number="A", order_number="O-1", why="x"),
    ),
)


@pytest.mark.parametrize(
    ("order", "expected", "backwards"),
    [
        (SortOrder.URGENCY, [2, 3, 1], [1, 3, 2]),
        (SortOrder.JOB, [1, 3, 2], [3, 1, 2]),
        (SortOrder.WHY, [3, 1, 2], [1, 3, 2]),
        (SortOrder.TENANT, [1, 3, 2], [2, 1, 3]),
        (SortOrder.ACCOUNT, [3, 1, 2], [1, 3, 2]),
        (SortOrder.ORDER, [3, 1, 2], [3, 1, 2]),
        (SortOrder.TAGS, [3, 1, 2], [1, 3, 2]),
        (SortOrder.ADDED, [1, 3, 2], [2, 3, 1]),
        (SortOrder.TIME, [3, 1, 2], [2, 1, 3]),
    ],
)
def test_each_column_sorts_in_both_directions_with_empty_ones_last(
    order: SortOrder, expected: list[int], backwards: list[int]
) -> None:
    assert numbers(arranged(SAMPLE, order)) == expected
    assert numbers(arranged(SAMPLE, Sorting(order, is_reversed=True))) == backwards


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_column_sorts_by_what_it_shows(*, is_reversed: bool) -> None:
    unknown, running = after(1, missed(ProblemKind.NOT_FOUND)), watch(2)
    order = after(3, seen(order_report(order_number="O-1")))
    preview = after(4, seen(Report(status="Completed", result=PreviewResult())))
    sample = [running, preview, unknown, order]
    by_order = arranged(sample, Sorting(SortOrder.ORDER, is_reversed))
    assert numbers(by_order) == ([4, 3, 2, 1] if is_reversed else [3, 4, 2, 1])
    by_why = arranged(sample, Sorting(SortOrder.WHY, is_reversed))
    assert numbers(by_why) == ([4, 3, 1, 2] if is_reversed else [1, 3, 4, 2])


def test_every_order_has_its_own_titles() -> None:
    titles = {sorting.title for order in SortOrder for sorting in (Sorting(order), Sorting(order, is_reversed=True))}
    assert len(titles) == 2 * len(SortOrder)


@pytest.mark.parametrize("order", SortOrder)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_an_order_is_found_by_the_name_under_which_it_was_stored(order: SortOrder, is_reversed: bool) -> None:
    assert sorting_of(Sorting(order, is_reversed).name) == Sorting(order, is_reversed)


@pytest.mark.parametrize(
    ("former", "order", "is_reversed"),
    [
        ("urgency", SortOrder.URGENCY, False),
        ("age", SortOrder.ADDED, True),
        ("added", SortOrder.ADDED, False),
        ("change", SortOrder.TIME, False),
        ("account", SortOrder.ACCOUNT, False),
        ("label", SortOrder.JOB, False),
    ],
)
def test_orders_of_earlier_versions_still_load(former: str, order: SortOrder, is_reversed: bool) -> None:
    assert sorting_of(former) == Sorting(order, is_reversed)


@pytest.mark.parametrize("name", ["", "none", "Urgency", None, 3, [], "-reversed"])
def test_an_invalid_order_is_none(name: object) -> None:
    assert sorting_of(name) is None


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
SORTINGS = st.builds(Sorting, st.sampled_from(list(SortOrder)), st.booleans())


@given(WATCHES, SORTINGS)
def test_equal_jobs_stay_in_the_order_of_adding(watches: list[WatchedJob], sorting: Sorting) -> None:
    rows = arranged(watches, sorting)
    places: dict[SortKey, list[int]] = {}
    for one in rows:
        places.setdefault(sorting.key(one), []).append(watches.index(one))
    assert all(found == sorted(found) for found in places.values())
    assert [found[1:] for found in map(sorting.key, rows) if not found[0]] == sorted(
        (found[1:] for found in map(sorting.key, watches) if not found[0]), reverse=sorting.is_reversed
    )
    assert [sorting.key(one)[0] for one in rows] == sorted(sorting.key(one)[0] for one in watches)
    assert set(rows) == set(watches)
    assert arranged(rows, sorting) == rows


@given(WATCHES, SORTINGS, st.randoms(use_true_random=False))
def test_the_previous_order_decides_only_ties(watches: list[WatchedJob], sorting: Sorting, chance: Random) -> None:
    shuffled = chance.sample(watches, len(watches))
    ours, others = arranged(watches, sorting), arranged(shuffled, sorting)
    assert [sorting.key(one) for one in ours] == [sorting.key(one) for one in others]


def numbers(watches: Iterable[WatchedJob]) -> list[int]:
    return [int(watch.job.id.key[:8]) for watch in watches]
