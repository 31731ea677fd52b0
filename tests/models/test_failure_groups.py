"""Failures by reason: which jobs failed alike, by the keys of their messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import NOW, done, missed, order_report, read_body, seen, watch
from zjobtui.models.assessment import apply_observation
from zjobtui.models.digest import Digest
from zjobtui.models.failure_groups import MESSAGE_KEY_CHARACTERS, failure_groups, message_key
from zjobtui.models.filters import Filter, FilterProblem, parse
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.report import Payment, Report, Subscription
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob

LOCK = "[40000050]: Operation failed due to a lock competition, please retry later."


def job(number: int, observation: Observation) -> WatchedJob:
    return apply_observation(watch(number), observation, 5.0).watch


def failed(number: int, text: str, at: float = NOW) -> WatchedJob:
    return job(number, seen(read_body(status="Failed", errors=text, result=None), at))


def numbers(watches: tuple[WatchedJob, ...]) -> list[int]:
    return [int(one.job.id.key[:8]) for one in watches]


JOBS = (
    *(failed(number, LOCK, NOW + number) for number in (1, 2, 3)),
    failed(4, '[40000020]: Rate plan "Gold" is not effective on the contract effective date of 03/12/2025.', NOW + 60),
    failed(5, '[40000020]: Rate plan "Tin" is not effective on the contract effective date of 01/01/2026.', NOW + 30),
    job(6, seen(order_report(order_status="Pending", subscriptions=(Subscription(status="Active"),)), NOW + 7)),
    job(7, seen(order_report(order_status="Pending"), NOW + 8)),
    job(8, seen(order_report(payment=Payment(error_message="Your card was declined")), NOW + 9)),
    job(9, done(NOW)),
    job(10, missed(ProblemKind.NOT_FOUND)),
    watch(11),
    job(12, seen(Report(status="Processing"))),
)


def test_jobs_with_the_same_failure_are_one_group_the_biggest_first() -> None:
    groups = failure_groups(JOBS)
    assert [(group.title, group.code, numbers(group.jobs), group.is_transient) for group in groups] == [
        ("lock contention", "40000050", [1, 2, 3], True),
        ("plan not effective", "40000020", [4, 5], False),
        ("order Pending", "", [6, 7], False),
        ("payment declined", "", [8], False),
    ]


def test_a_group_has_share_times_message_and_advice() -> None:
    lock, plan, *_ = failure_groups(JOBS)
    assert (lock.count, lock.share, lock.first_at, lock.last_at) == (3, 3 / 8, NOW + 1, NOW + 3)
    assert lock.advice.text.startswith("Another call")
    assert "Gold" in plan.message, "the message of the job that ended last"


def test_failed_and_completed_jobs_with_the_same_message_get_different_advice() -> None:
    text = "Your card was declined"
    groups = failure_groups(
        [
            failed(1, text),
            job(
                2,
                seen(
                    read_body(
                        status="Completed", errors=text, result={"jobType": "AsyncCreateOrder", "status": "Completed"}
                    )
                ),
            ),
        ]
    )
    assert [group.title for group in groups] == ["payment declined", "payment declined"]
    assert {group.advice.text.count("do not submit") for group in groups} == {0, 1}


def test_unknown_messages_are_titled_by_themselves() -> None:
    (group,) = failure_groups([failed(1, "invalid order")])
    assert (group.title, group.message, group.is_transient) == ("invalid order", "invalid order", None)


def test_digests_of_a_version_without_reasons_are_grouped_by_their_sentence() -> None:
    old = Digest("Failed", Verdict(VerdictKind.FAILED, "Job failed: no"))
    groups = failure_groups([watch(1, digest=old), watch(2, digest=replace(old))])
    assert [(group.count, group.message) for group in groups] == [(2, "Job failed: no")]
    assert failure_groups([]) == ()


@given(st.lists(st.sampled_from(JOBS), unique_by=lambda one: one.job))
def test_each_failed_job_is_in_one_group(watches: list[WatchedJob]) -> None:
    groups = failure_groups(watches)
    grouped = [one.job for group in groups for one in group.jobs]
    bad = [one.job for one in watches if one.verdict.kind in {VerdictKind.FAILED, VerdictKind.ATTENTION}]
    assert sorted(grouped, key=str) == sorted(bad, key=str)
    assert [group.count for group in groups] == sorted((group.count for group in groups), reverse=True)
    assert not groups or abs(sum(group.share for group in groups) - 1) < 1e-9


def matched_by(expression: str) -> list[int]:
    parsed = parse(expression)
    assert isinstance(parsed, Filter), parsed
    return numbers(tuple(each for each in JOBS if parsed.matches(each, NOW)))


def test_the_term_of_a_group_matches_exactly_its_jobs_whatever_name_precedes_the_digits() -> None:
    groups = failure_groups(JOBS)
    for group in groups:
        assert matched_by(group.term) == numbers(group.jobs)
        assert matched_by(f"alike:{group.term[-8:]}") == numbers(group.jobs)
        assert str(parse(group.term)) == group.term
    assert matched_by(f"alike:{groups[1].term[-8:]},{groups[2].term[-8:]}") == [4, 5, 6, 7]
    assert failure_groups(JOBS[:1])[0].term == groups[0].term == "alike:lock-contention-2a8e3459"


def test_a_term_without_the_digits_is_not_finished() -> None:
    problem = parse("alike:lock")
    assert isinstance(problem, FilterProblem)
    assert problem.is_unfinished


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            'Rate plan "Gold" is not effective on the contract effective date of 03/12/2025.',
            'Rate plan "Silver 2" is not effective on the contract effective date of 01/01/2026',
        ),
        ("Cannot find entity by key: 'A-S00042'.", "Cannot find entity by key: 'x'."),
        (
            "No account is found with accountId 2c92c0f86a8dd422016a9e7a70116b0d",
            "no account is found with accountid 17",
        ),
        ("Amount 1,234.50 is too big", "Amount 7 is too big"),
        ("Locked since 2026-11-23T14:00:00Z by job 5e9f49a2-1b2c-4d3e-8f90-123456789abc", "Locked since 3 by job 4"),
        ("“A” and «B» are 「C」", "“d” and «e» are 「f」"),
        ('Bad "name that is cut', 'Bad "other'),
    ],
)
def test_messages_that_differ_only_in_names_and_numbers_are_grouped(one: str, other: str) -> None:
    assert message_key(one) == message_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A cancelled subscription can't be changed", "A cancelled subscription can't be renewed"),
        ("the customers' order", "the customers' invoice"),
        ("有効期限は2025年です", "無効期限は2025年です"),
        ("card_declined/insufficient_funds", "card_declined/expired_card"),
    ],
)
def test_messages_that_differ_in_words_are_not_grouped(one: str, other: str) -> None:
    assert message_key(one) != message_key(other)


@given(st.text(max_size=60) | st.lists(st.sampled_from(["'", '"', "1", "#", "a", " ", "-", "“"])).map("".join))
def test_a_key_is_short_and_idempotent(message: str) -> None:
    key = message_key(message)
    assert len(key) <= MESSAGE_KEY_CHARACTERS
    assert key == message_key(message.upper().lower()) or message.upper().lower().casefold() != message.casefold()
