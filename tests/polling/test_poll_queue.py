"""Which job is polled next, and when: by hand, the selected one, and then the one that has been due the longest."""

from collections.abc import Collection, Iterable
from math import inf

import pytest
from msgspec.structs import replace

from tests.support.polling import job, watches
from tests.support.virtual_time import START
from zjobtui.models.digest import Digest
from zjobtui.models.job import JobRef
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.polling.poll_queue import JUST_BEGUN, SELECTED_INTERVAL, SELECTED_LIFETIME, NextPoll, PollQueue
from zjobtui.polling.schedule import Schedule

RUNNING = Digest("Processing", Verdict(VerdictKind.RUNNING, "It runs."))
DONE = Digest("Completed", Verdict(VerdictKind.DONE, "It is done."))
FAST = 80.0
"""Calls per second at which the selected job gets every call that it can use."""


class Polled:
    """A queue of `count` running jobs of which the numbers in `due` are due since so many seconds."""

    def __init__(self, count: int = 10, due: Collection[int] = (), rate: float = FAST) -> None:
        self.jobs = {watch.job: replace(watch, digest=RUNNING, last_answer_at=START) for watch in watches(count)}
        self.schedule = Schedule()
        for watch in self.jobs.values():
            self.schedule.put(watch.job, START + 1_000)
        for number in due:
            self.schedule.put(job(number), START - number)
        self.queue = PollQueue(self.schedule, self.jobs.get, lambda _: rate)

    def change(self, number: int, **known: object) -> None:
        self.jobs[job(number)] = replace(self.jobs[job(number)], **known)

    def take(self, now: float, in_flight: Iterable[int] = (), *, may_plan: bool = True) -> NextPoll | None:
        return self.queue.take(START + now, set(map(job, in_flight)), may_plan=may_plan)

    def next_at(self, now: float, in_flight: Iterable[int] = (), *, may_plan: bool = True) -> float:
        return self.queue.next_at(START + now, set(map(job, in_flight)), may_plan=may_plan) - START

    def order(self, now: float) -> list[JobRef]:
        """The jobs that are taken at this time."""
        return [poll.watch.job for poll in iter(lambda: self.take(now), None)]

    def selected_polls(self, seconds: int, number: int = 0) -> int:
        """How often the selected job is polled if nothing else is due; each call ends at once."""
        polls = 0
        for tenth in range(10 * seconds):
            if (poll := self.take(tenth / 10)) is not None:
                assert poll.watch.job == job(number)
                self.change(number, last_answer_at=START + tenth / 10)
                self.schedule.put(job(number), START + 1_000)
                polls += 1
        return polls


def test_the_job_that_has_been_due_the_longest_comes_first() -> None:
    polled = Polled(due=[3, 1, 2])
    assert polled.next_at(0) == -3
    assert polled.order(0) == [job(3), job(2), job(1)]
    assert polled.next_at(0) == 1_000


def test_requests_of_the_user_come_first_and_every_other_call_is_planned() -> None:
    polled = Polled(due=[1, 2, 3])
    polled.queue.request([job(number) for number in (7, 8)], START)
    assert polled.next_at(0) == 0
    assert polled.order(0) == [job(number) for number in (7, 3, 8, 2, 1)]


def test_requested_jobs_follow_each_other_if_nothing_else_is_due() -> None:
    polled = Polled()
    polled.queue.request([job(7), job(8)], START)
    assert polled.order(2) == [job(7), job(8)]


def test_a_request_says_since_when_it_waits_and_that_it_is_by_hand() -> None:
    polled = Polled(due=[1])
    polled.queue.request([job(7)], START)
    polled.queue.request([job(7)], START + 1)
    by_hand, planned = polled.take(2), polled.take(2)
    assert by_hand is not None
    assert planned is not None
    assert (by_hand.due, by_hand.is_by_hand) == (START, True)
    assert (planned.due, planned.is_by_hand) == (START - 1, False)


def test_a_planned_call_about_a_job_fulfils_a_request_for_it() -> None:
    polled = Polled(due=[1])
    polled.queue.request([job(5), job(1)], START)
    assert polled.order(0) == [job(5), job(1)]


def test_a_request_about_a_call_that_has_just_begun_adds_none_and_a_later_one_follows_it() -> None:
    polled = Polled()
    polled.queue.request([job(7)], START)
    assert polled.order(0) == [job(7)]
    polled.queue.request([job(7)], START + JUST_BEGUN / 2)
    assert polled.next_at(1) == 1_000
    polled.queue.request([job(7)], START + 2 * JUST_BEGUN)
    assert polled.take(2, in_flight=[7]) is None
    assert polled.next_at(2, in_flight=[7]) == 1_000
    assert polled.order(3) == [job(7)]


def test_while_no_planned_calls_are_allowed_only_requests_are_polled() -> None:
    polled = Polled(due=[1, 2])
    polled.queue.select(job(2), START)
    assert polled.take(5, may_plan=False) is None
    assert polled.next_at(5, may_plan=False) == inf
    polled.queue.request([job(7), job(8)], START + 5)
    assert polled.next_at(5, may_plan=False) == 5
    taken = [polled.take(5, may_plan=False) for _ in range(3)]
    assert [poll and poll.watch.job for poll in taken] == [job(7), job(8), None]


def test_finished_jobs_are_polled_only_by_hand_and_removed_ones_never() -> None:
    polled = Polled(due=[1, 2, 3])
    polled.change(3, digest=DONE)
    polled.change(7, digest=DONE)
    del polled.jobs[job(2)]
    polled.queue.request([job(2), job(7)], START)
    assert polled.order(0) == [job(7), job(1)]


def test_the_selected_job_is_polled_every_one_and_a_half_seconds() -> None:
    polled = Polled()
    polled.queue.select(job(0), START)
    assert polled.next_at(0) == SELECTED_INTERVAL
    assert polled.selected_polls(60) == pytest.approx(60 / SELECTED_INTERVAL, abs=2)


def test_the_selected_job_gets_one_call_in_ten_if_calls_are_scarce() -> None:
    polled = Polled(rate=0.5)
    polled.queue.select(job(0), START)
    assert polled.selected_polls(200) == pytest.approx(200 * 0.5 / 10, abs=1)


def test_a_selection_that_changes_gets_no_more_calls_than_one_that_stays() -> None:
    polled, polls = Polled(), 0
    for tenth in range(600):
        polled.queue.select(job(tenth % 10), START + tenth / 10)
        polls += polled.take(tenth / 10) is not None
    assert polls <= 60 / SELECTED_INTERVAL + 1


def test_the_selected_job_loses_its_preference_five_minutes_after_the_last_key() -> None:
    polled = Polled()
    polled.queue.select(job(0), START)
    assert polled.next_at(SELECTED_LIFETIME - 1) < SELECTED_LIFETIME
    assert polled.next_at(SELECTED_LIFETIME) == 1_000
    polled.queue.select(job(0), START + SELECTED_LIFETIME)
    assert polled.take(SELECTED_LIFETIME) is not None


@pytest.mark.parametrize(
    "known",
    [{"digest": DONE}, {"problem": Problem(ProblemKind.TIMED_OUT), "problem_at": START + 1}],
    ids=["finished", "failing"],
)
def test_a_selected_job_that_has_ended_or_fails_has_only_its_turns(known: dict[str, object]) -> None:
    polled = Polled()
    polled.queue.select(job(0), START)
    polled.change(0, **known)
    assert polled.next_at(100) == 1_000


def test_a_selected_job_whose_call_is_in_flight_waits_until_it_is_planned_again() -> None:
    polled = Polled()
    polled.queue.select(job(0), START)
    polled.schedule.drop(job(0))
    assert polled.next_at(100) == 1_000


def test_jobs_that_become_visible_are_due_unless_polled_unknown_or_ended() -> None:
    polled = Polled(due=[9])
    polled.change(1, last_answer_at=START + 20)
    polled.change(2, digest=DONE)
    polled.change(3, problem=Problem(ProblemKind.NOT_FOUND), problem_at=START)
    polled.queue.select(job(5), START - SELECTED_LIFETIME)
    polled.queue.show(map(job, [0, 1, 2, 3, 4, 5, 9]), START + 30, since=START + 10)
    assert polled.order(30) == [job(number) for number in (9, 5, 0, 4)]


def test_a_sweep_starts_with_visible_jobs_and_then_takes_those_that_waited_longest() -> None:
    polled = Polled(8)
    polled.change(6, last_answer_at=START - 50)
    polled.change(5, last_answer_at=None)
    polled.change(4, digest=Digest("?", Verdict(VerdictKind.FAILED, "?")), changed_at=START)
    polled.queue.show([job(7), job(2)], START, since=-inf)
    polled.queue.select(job(2), START - SELECTED_LIFETIME)
    polled.queue.sweep(polled.jobs.values(), START, rate=2)
    order = sorted(polled.jobs, key=lambda one: polled.schedule.due(one) or inf)
    assert order == [job(number) for number in (2, 7, 4, 5, 6, 0, 1, 3)]
    assert [(polled.schedule.due(one) or 0) - START for one in order] == [number / 2 for number in range(8)]
