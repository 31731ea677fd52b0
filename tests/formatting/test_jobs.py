from datetime import UTC

import pytest

from tests.support.building import NOW, PROCESSING, done, failed, job, missed, seen, watch, watchlist
from zjobtui.formatting.job import TONES, about_lines, problem_text, time_text
from zjobtui.formatting.outline import to_text
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob

NOT_FOUND = ProblemKind.NOT_FOUND
HOUR = 3_600.0


def after(*observations: Observation) -> WatchedJob:
    return watchlist(watch(1)).fold([(job(1), one, 5.0) for one in observations]).observed[-1].watch


@pytest.mark.parametrize(
    ("one", "now", "text", "short", "is_stale"),
    [
        (watch(), NOW + 5, "just added", "new", False),
        (watch(planned=60.0), NOW + 120, "waiting for 2m", "for 2m", False),
        (watch(), NOW + 120, "no answer yet", "no answer", True),
        (after(seen(PROCESSING, NOW + HOUR)), NOW + HOUR + 5, "waiting for 1h", "for 1h", False),
        (after(seen(PROCESSING, NOW + HOUR)), NOW + HOUR + 60, "last answer 1m ago", "stale 1m", True),
        (after(seen(PROCESSING, NOW + HOUR)), NOW + 5, "no answer yet", "no answer", True),
        (after(done(NOW + 5)), NOW + 10, "ended just now", "just now", False),
        (after(done(NOW + 5)), NOW + 2 * HOUR, "ended 1h ago", "1h ago", False),
        (after(done(NOW + 5), missed(at=NOW + HOUR)), NOW + 2 * HOUR, "ended 1h ago", "1h ago", False),
        (after(missed(NOT_FOUND, NOW)), NOW + 5, "asked just now", "just now", False),
        (after(missed(NOT_FOUND, NOW)), NOW + 12, "asked 10s ago", "asked 10s", False),
        (after(missed(NOT_FOUND, NOW)), NOW + 60, "last answer 1m ago", "stale 1m", True),
    ],
)
def test_the_time_of_a_row_never_looks_fresher_than_it_is(
    one: WatchedJob, now: float, text: str, short: str, is_stale: bool
) -> None:
    told = time_text(one, now)
    assert (told.text, told.short, told.is_stale) == (text, short, is_stale)
    assert len(told.short) <= 10


def test_a_wait_that_nobody_watches_does_not_grow() -> None:
    one = after(seen(PROCESSING, NOW + 60))
    assert time_text(one, NOW + 65, held_at=NOW + 62).text == "waiting for 1m"
    assert time_text(one, NOW + 65, held_at=NOW + 30).text == "waiting for 30s"


def test_in_a_list_a_wait_is_told_by_the_minute() -> None:
    one = after(seen(PROCESSING, NOW + 60))
    assert [time_text(one, NOW + second, by_minute=True).short for second in (9, 59, 61, 65)] == [
        "under 1m",
        "under 1m",
        "for 1m",
        "for 1m",
    ]
    assert time_text(one, NOW + 90, by_minute=True).short == "stale 30s"


def test_what_the_last_call_met_is_told_in_a_sentence() -> None:
    assert problem_text(after(seen(PROCESSING))) == ""
    assert problem_text(after(missed(ProblemKind.FORBIDDEN, detail="no"))) == (
        "The last call failed: forbidden: no. "
        "The user behind the credentials may not read this; it needs the Orders permissions."
    )


def test_a_contradiction_is_told_and_what_the_verdict_says_already_is_not_told_twice() -> None:
    assert problem_text(after(done(), seen(PROCESSING))) == (
        "Asked again, Zuora says Processing; the final answer is kept."
    )
    assert problem_text(after(missed(NOT_FOUND))) == ""


def test_all_that_the_watchlist_knows_of_a_job_is_listed() -> None:
    ended = after(seen(PROCESSING, NOW + 10), failed(NOW + 15))
    one = watch(1, label="CS-1", tags=("a", "b"), note="call back", digest=ended.digest, last_answer_at=NOW + 15)
    assert list(to_text(about_lines(one, NOW, UTC))) == [
        "Label                  CS-1",
        f"Job id                 {one.job.id}",
        "Tenant                 env",
        "Tags                   a, b",
        "Note                   call back",
        "Added                  14:00:00 UTC · test",
        "Answered               14:00:15",
    ]
    assert "Ended                  14:00:15 · within 15s of being added" in list(to_text(about_lines(ended, NOW, UTC)))
    assert "Answered               not yet" in list(to_text(about_lines(watch(added_by=""), NOW, UTC)))
    unknown = after(missed(NOT_FOUND, NOW + 60))
    assert "Answered               14:01" in list(to_text(about_lines(unknown, NOW + 60, UTC))), "it is an answer"
    assert "Added                  14:00:00 UTC" in list(to_text(about_lines(watch(added_by=""), NOW, UTC)))


def test_every_verdict_has_a_tone() -> None:
    assert set(TONES) == set(Kind)
