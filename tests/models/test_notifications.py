from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import (
    NOW,
    PROCESSING,
    apply_observations,
    done,
    failed,
    job,
    missed,
    seen,
    watch,
    watchlist,
)
from zjobtui.formatting.events import notification_line
from zjobtui.models.diff import changed_pairs
from zjobtui.models.duration_stats import TypicalTimes
from zjobtui.models.notifications import (
    COOLDOWN,
    Notification,
    NotificationQueue,
    Reported,
    Topic,
    notifications_of,
    timed_notifications,
)
from zjobtui.models.observation import Observation
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watchlist import Watchlist

ALL = frozenset(Topic)
ANSWERS: dict[str, Callable[[float], Observation]] = {
    "running": lambda at: seen(PROCESSING, at),
    "done": done,
    "failed": failed,
    "unknown": lambda at: missed(ProblemKind.NOT_FOUND, at),
    "no answer": lambda at: missed(at=at),
}


def answered(before: Watchlist, *answers: tuple[int, str], at: float = NOW) -> Watchlist:
    return apply_observations(before, ((job(number), ANSWERS[answer](at), 5.0) for number, answer in answers)).watchlist


def topics(before: Watchlist, after: Watchlist) -> list[str]:
    return [one.topic.value for one in notifications_of(before, after, ALL)]


def test_a_failed_job_is_notified_once() -> None:
    start = watchlist(watch(1), watch(2))
    after = answered(start, (1, "failed"))
    assert [(one.topic, one.watch) for one in notifications_of(start, after, ALL)] == [
        (Topic.FAILED, after.get(job(1)))
    ]
    assert notifications_of(after, answered(after, (1, "failed"), (2, "running"), at=NOW + 9), ALL) == ()


def test_only_the_configured_events_are_notified() -> None:
    start = watchlist(watch(1))
    assert notifications_of(start, answered(start, (1, "failed")), {Topic.ATTENTION}) == ()


def test_stored_restored_and_annotated_jobs_are_not_notified() -> None:
    start = watchlist(watch(1), watch(2))
    stored = answered(start, (1, "failed"))
    assert topics(stored, stored) == []
    removed = stored.remove([job(1)], NOW).watchlist
    assert topics(stored, removed) == []
    assert topics(removed, removed.restore([w for w in stored if w.job == job(1)], NOW).watchlist) == []
    assert topics(stored, stored.label([job(1)], "CS-4390", NOW).watchlist) == []


def test_the_end_of_all_jobs_is_notified_when_the_last_one_ends_but_not_when_removed() -> None:
    start = answered(watchlist(watch(1), watch(2)), (1, "running"), (2, "running"))
    one_left = answered(start, (1, "done"))
    assert topics(start, one_left) == []
    assert topics(one_left, answered(one_left, (2, "failed"))) == ["failed", "all done"]
    assert topics(one_left, one_left.remove([job(2)], NOW).watchlist) == []


def test_the_end_of_a_batch_is_notified_with_its_result_when_its_last_job_ends() -> None:
    batch = watchlist(*(watch(number, batch="renewals") for number in (1, 2, 3)), watch(4, batch="alone"), watch(5))
    start = answered(batch, *((number, "running") for number in range(1, 6)))
    two_left = answered(start, (1, "done"), (4, "done"))
    assert topics(start, two_left) == []
    last = answered(two_left, (2, "failed"), (3, "unknown"), at=NOW + 64)
    ended = notifications_of(two_left, last, {Topic.BATCH_ENDED})
    assert [notification_line([one], last) for one in ended] == ["renewals: 1 done, 1 failed, 1 unknown, 1m04s"]
    assert topics(two_left, two_left.remove([job(2), job(3)], NOW).watchlist) == []
    assert topics(last, answered(last, (5, "done"))) == ["all done"]


TYPICAL = {"env": TypicalTimes(median=20.0, nearly_all=60.0)}


def timed(watches: Watchlist, at: float, reported: Reported, *statuses: TenantStatus) -> tuple[list[str], Reported]:
    found, reported = timed_notifications(watches, statuses, TYPICAL, at, reported, down_after=300)
    return [notification_line([one], watches) for one in found], reported


def test_a_job_is_reported_as_overdue_once_and_only_while_it_is_known_to_run() -> None:
    def running(at: float) -> Watchlist:
        start = watchlist(watch(1, label="CS-1"), watch(2, tenant="other"))
        return answered(start, (1, "running"), at=at)

    assert timed(running(NOW + 59), NOW + 59, Reported())[0] == []
    assert timed(running(NOW + 1), NOW + 61, Reported())[0] == [], "it may have ended since"
    lines, reported = timed(running(NOW + 61), NOW + 61, Reported())
    assert lines == ["CS-1 · 00000001 is overdue: 95 % of the tenant's jobs end sooner"]
    assert timed(running(NOW + 70), NOW + 70, reported)[0] == []


def test_an_outage_is_reported_once_after_its_time_and_the_next_one_again() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "no route to host")
    down = TenantStatus(tenant="eu", problem=problem, down_since=NOW)
    reported = Reported()
    for at, expected in (
        (NOW + 299, []),
        (NOW + 300, ["tenant eu unreachable since 2026-11-23T14:00:00Z"]),
        (NOW + 900, []),
    ):
        lines, reported = timed(watchlist(), at, reported, down)
        assert lines == expected
    assert timed(watchlist(), NOW + 900, Reported(), replace(down, is_following=True))[0] == []
    assert timed(watchlist(), NOW + 900, Reported(), replace(down, is_paused=True))[0] == []
    again, _ = timed(watchlist(), NOW + 900, reported, replace(down, down_since=NOW + 500))
    assert again == ["tenant eu unreachable since 2026-11-23T14:08:20Z"]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.integers(1, 4), st.sampled_from(sorted(ANSWERS))),
        st.tuples(st.just("add"), st.integers(1, 4), st.just("")),
        st.tuples(st.just("remove"), st.integers(1, 4), st.just("")),
    ),
    max_size=30,
)


@given(steps=steps, on=st.frozensets(st.sampled_from(list(Topic))))
def test_a_verdict_is_notified_once(steps: list[tuple[str, int, str]], on: frozenset[Topic]) -> None:
    before = watchlist(watch(1), watch(2))
    for number, (deed, which, answer) in enumerate(steps):
        at = NOW + number
        match deed:
            case "answer":
                after = answered(before, (which, answer), at=at)
            case "add":
                after = before.add([watch(which)]).watchlist
            case _:
                after = before.remove([job(which)], at).watchlist
        notifications = notifications_of(before, after, on)
        assert set(notifications) <= set(notifications_of(before, after, ALL))
        assert all(one.topic in on for one in notifications)
        assert notifications_of(after, after, ALL) == ()
        for one in after:
            was = before.get(one.job)
            comes = was is not None and was.verdict.kind is not one.verdict.kind
            is_notified = any(notification.watch is one for notification in notifications_of(before, after, ALL))
            assert is_notified == (comes and one.verdict.kind in {VerdictKind.FAILED, VerdictKind.ATTENTION})
        before = after


@given(
    have=st.permutations(range(1, 6)),
    count=st.integers(0, 5),
    changed=st.sets(st.integers(1, 5)),
)
def test_changed_jobs_are_found_in_any_order(have: list[int], count: int, changed: set[int]) -> None:
    before = watchlist(*(watch(number) for number in range(1, 6)))
    known = {number: before.get(job(number)) for number in range(1, 6)}
    after = Watchlist(
        {
            job(number): replace(one, label="new") if number in changed else one
            for number in have[:count]
            if (one := known[number]) is not None
        }
    )
    found = {(old.job if old else None, new.job) for old, new in changed_pairs(before, after)}
    assert found == {(job(number), job(number)) for number in have[:count] if number in changed}


@given(events=st.lists(st.tuples(st.floats(0, 30), st.integers(0, 3)), max_size=30))
def test_notifications_are_spaced_and_nothing_is_lost_or_repeated(events: list[tuple[float, int]]) -> None:
    queue, now, queued, taken, times = NotificationQueue(), 0.0, 0, 0, []
    for pause, count in [*events, (COOLDOWN + 0.001, 0)]:
        now += pause
        queue, out = queue.add((Notification(Topic.FAILED),) * count).take_due(now)
        queued += count
        taken += len(out)
        times += [now] * bool(out)
    assert taken == queued
    assert all(later - earlier >= COOLDOWN for earlier, later in pairwise(times))
