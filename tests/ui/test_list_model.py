"""Incremental filtering and sorting give the same rows as a new model."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, done, failed, seen, watch, watchlist
from zjobtui.models.assessment import apply_observation
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.filters import Filter
from zjobtui.models.sorting import SortKey, SortOrder
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.ui.list_model import JobListModel

FILTERS = ("", "status:running", "!status:failed", "label:a", "age>10m", "ended<1m", "is:stale", "!is:unread", "a b")
ANSWERS = (done(NOW), failed(NOW + 30), seen(PROCESSING, NOW + 60))

edits = st.one_of(
    st.tuples(st.just("answer"), st.integers(1, 8), st.integers(0, 2)),
    st.tuples(st.just("label"), st.integers(1, 8), st.sampled_from(["", "a", "b", "a b"])),
    st.tuples(st.just("forget"), st.integers(1, 8), st.just(0)),
    st.tuples(st.just("add"), st.integers(1, 12), st.just(0)),
    st.tuples(st.just("filter"), st.sampled_from(FILTERS), st.just(0)),
    st.tuples(st.just("order"), st.sampled_from(SortOrder), st.integers(0, 1)),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 100.0, 900.0]), st.just(0)),
)


@dataclass
class Rule:
    """A rule that records its calls."""

    key: object
    asked: list[WatchedJob] = field(default_factory=list)

    def __call__(self, one: WatchedJob, typical: TypicalByTenant) -> SortKey:
        self.asked.append(one)
        return self.key(one, typical)  # type: ignore[operator, no-any-return]  # the key of an order


@given(st.lists(edits, max_size=12))
def test_incremental_rows_equal_those_of_a_new_model(
    steps: Sequence[tuple[str, object, object]],
) -> None:
    view, now, current = JobListModel(), NOW, watchlist(*(watch(number) for number in range(1, 9)))
    for step in steps:
        current, now = apply_edit(view, current, now, *step)
        fresh = JobListModel()
        fresh.sorting = view.sorting
        fresh.set_filter(view.filter_text)
        assert view.rows(current, now) == fresh.rows(current, now)


@given(st.lists(edits, max_size=12))
def test_a_frozen_order_is_kept_while_the_jobs_are_the_same(
    steps: Sequence[tuple[str, object, object]],
) -> None:
    view, now, current = JobListModel(), NOW, watchlist(*(watch(number) for number in range(1, 9)))
    before = view.rows(current, now)
    for step in steps:
        current, now = apply_edit(view, current, now, *step)
        fresh = JobListModel()
        fresh.sorting = view.sorting
        fresh.set_filter(view.filter_text)
        wanted, rows = fresh.rows(current, now), view.rows(current, now, is_frozen=True)
        jobs = [one.job for one in before]
        if {one.job for one in wanted} == set(jobs):
            assert [one.job for one in rows] == jobs
            assert set(map(id, rows)) == set(map(id, wanted))
        else:
            assert rows == wanted
        before = rows


def apply_edit(
    view: JobListModel, current: Watchlist, now: float, what: str, one: object, other: object
) -> tuple[Watchlist, float]:
    known = {int(each.job.id.key[:8], 16): each for each in current}
    match what, one:
        case "answer", int() if one in known:
            folded = apply_observation(known[one], replace(ANSWERS[int(str(other))], at=now), 5.0).watch
            return Watchlist({**current.watches, folded.job: folded}), now
        case "label", int() if one in known:
            return current.label([known[one].job], str(other), now).watchlist, now
        case "forget", int() if one in known:
            return current.remove([known[one].job], now).watchlist, now
        case "add", int():
            return current.add([watch(one, added_at=now)]).watchlist, now
        case "filter", str():
            view.set_filter(one)
        case "order", SortOrder():
            view.sort_by(one, is_reversed=bool(other))
        case "wait", float():
            return current, now + one
    return current, now


@pytest.fixture
def sort_rule(monkeypatch: pytest.MonkeyPatch) -> Rule:
    rule = Rule(SortOrder.URGENCY.key)
    monkeypatch.setattr(SortOrder.URGENCY, "key", rule)
    return rule


@pytest.fixture
def matched(monkeypatch: pytest.MonkeyPatch) -> list[WatchedJob]:
    asked: list[WatchedJob] = []
    matches = Filter.matches

    def noted(self: Filter, one: WatchedJob, now: float, typical: TypicalByTenant) -> bool:
        asked.append(one)
        return matches(self, one, now, typical)

    monkeypatch.setattr(Filter, "matches", noted)
    return asked


def crowd() -> Watchlist:
    return watchlist(*(watch(number, added_at=NOW - number) for number in range(1, 301)))


@pytest.mark.parametrize("is_frozen", [False, True])
def test_five_replaced_jobs_cost_five_keys_and_five_matches(
    sort_rule: Rule, matched: list[WatchedJob], *, is_frozen: bool
) -> None:
    view, before = JobListModel(), crowd()
    view.set_filter("status:running")
    view.rows(before, NOW)
    sort_rule.asked.clear()
    matched.clear()
    after = before.label([one.job for one in before][7:12], "CS-4390", NOW).watchlist
    rows = view.rows(after, NOW + 1, is_frozen=is_frozen)
    assert sum(one.label == "CS-4390" for one in rows) == 5
    assert len(sort_rule.asked) == len(matched) == 5
    assert view.rows(after, NOW + 2, is_frozen=is_frozen) is rows


def test_typing_a_filter_computes_no_sort_keys(sort_rule: Rule, matched: list[WatchedJob]) -> None:
    view, current = JobListModel(), crowd()
    view.rows(current, NOW)
    sort_rule.asked.clear()
    matched.clear()
    for text in ("s", "st", "sta", "st", ""):
        view.set_filter(text)
        view.rows(current, NOW)
    assert not sort_rule.asked
    assert len(matched) == 4 * 300  # without a filter no job is compared


def test_a_filter_by_time_matches_all_jobs_again(matched: list[WatchedJob]) -> None:
    view, current = JobListModel(), crowd()
    for text in ("age>10m", "!ended<1h", "is:stale label:x"):
        view.set_filter(text)
        view.rows(current, NOW)
        matched.clear()
        view.rows(current, NOW + 1)
        assert len(matched) == 300
