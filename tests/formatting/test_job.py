from datetime import UTC

import pytest
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
from zjobtui.formatting.job import (
    TIME_WIDTH,
    VERDICT_TONES,
    about_lines,
    problem_text,
    row_time,
    time_text,
    unknown_text,
)
from zjobtui.formatting.outline import to_text
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob

NOT_FOUND = ProblemKind.NOT_FOUND
HOUR = 3_600.0


def after(*observations: Observation) -> WatchedJob:
    return apply_observations(watchlist(watch(1)), [(job(1), one, 5.0) for one in observations]).observed[-1].watch


@pytest.mark.parametrize(
    ("one", "now", "text", "short", "is_stale"),
    [
        (watch(), NOW + 5, "just added", "new", False),
        (watch(planned=60.0), NOW + 120, "running for 2m", "2m", False),
        (watch(), NOW + 120, "no data yet", "no data", True),
        (after(seen(PROCESSING, NOW + HOUR)), NOW + HOUR + 5, "running for 1h", "1h", False),
        (after(seen(PROCESSING, NOW + HOUR)), NOW + HOUR + 60, "last response 1m ago", "stale 1m", True),
        (after(seen(PROCESSING, NOW + HOUR)), NOW + 5, "no data yet", "no data", True),
        (after(done(NOW + 5)), NOW + 10, "had ended", "had ended", False),
        (after(seen(PROCESSING, NOW + 2), done(NOW + 5)), NOW + 10, "ended just now", "just now", False),
        (after(seen(PROCESSING, NOW), done(NOW + 5)), NOW + 2 * HOUR, "ended 1h ago", "1h ago", False),
        (
            after(seen(PROCESSING, NOW), done(NOW + 5), missed(at=NOW + HOUR)),
            NOW + 2 * HOUR,
            "ended 1h ago",
            "1h ago",
            False,
        ),
        (after(missed(NOT_FOUND, NOW)), NOW + 5, "polled just now", "just now", False),
        (after(missed(NOT_FOUND, NOW)), NOW + 12, "polled 10s ago", "polled 10s", False),
        (after(missed(NOT_FOUND, NOW)), NOW + 60, "last response 1m ago", "stale 1m", True),
    ],
)
def test_the_time_of_a_row_never_looks_fresher_than_it_is(
    one: WatchedJob, now: float, text: str, short: str, is_stale: bool
) -> None:
    result = time_text(one, now)
    assert (result.text, result.short, result.is_stale) == (text, short, is_stale)
    assert len(result.short) <= 10


def test_while_paused_the_age_of_a_running_job_does_not_grow() -> None:
    one = after(seen(PROCESSING, NOW + 60))
    assert time_text(one, NOW + 65, paused_at=NOW + 62).text == "running for 1m"
    assert time_text(one, NOW + 65, paused_at=NOW + 30).text == "running for 30s"


def test_in_a_row_the_age_of_a_running_job_changes_in_steps() -> None:
    at = [NOW + second for second in (9, 19, 20, 119, 121, 185, 7_500)]
    assert [row_time(after(seen(PROCESSING, one)), one) for one in at] == [
        "<10s",
        "10s",
        "20s",
        "1m50s",
        "2m",
        "3m",
        "2h05m",
    ]
    assert row_time(after(seen(PROCESSING, NOW + 60)), NOW + 65, paused_at=NOW + 30) == "30s"


@pytest.mark.parametrize(
    ("one", "now", "expected"),
    [
        (after(seen(PROCESSING, NOW), done(NOW + 5)), NOW + 9, "just now"),
        (after(seen(PROCESSING, NOW), done(NOW + 5)), NOW + 2 * HOUR + 5, "2h ago"),
        (after(done(NOW + 5)), NOW + 2 * HOUR + 5, "had ended"),
        (after(missed(NOT_FOUND, NOW)), NOW + 14, "10s ago"),
        (after(seen(PROCESSING, NOW)), NOW + 700, "stale 11m"),
        (after(missed(NOT_FOUND, NOW)), NOW + 60, "stale 1m"),
        (watch(), NOW + 700, "stale"),
    ],
)
def test_in_a_row_other_jobs_show_since_when_they_have_their_verdict(
    one: WatchedJob, now: float, expected: str
) -> None:
    assert row_time(one, now) == expected
    assert len(expected) <= TIME_WIDTH


def test_the_last_problem_is_shown_as_a_sentence() -> None:
    assert problem_text(after(seen(PROCESSING))) == ""
    assert problem_text(after(missed(ProblemKind.FORBIDDEN, detail="no"))) == (
        "The last call failed: forbidden: no. "
        "The user of these credentials is not allowed to read orders; grant the Orders permissions in Zuora."
    )


def test_a_contradiction_is_shown_and_the_verdict_is_not_repeated() -> None:
    assert problem_text(after(done(), seen(PROCESSING))) == (
        "When the job was polled again, Zuora returned Processing; the final response is kept."
    )
    assert problem_text(after(missed(NOT_FOUND))) == ""


def test_the_details_of_a_watched_job_are_listed() -> None:
    ended = after(seen(PROCESSING, NOW + 10), failed(NOW + 15))
    one = watch(
        1,
        label="CS-1",
        tags=("a", "b"),
        note="call back",
        batch="renewals",
        digest=ended.digest,
        last_answer_at=NOW + 15,
    )
    assert list(to_text(about_lines(one, NOW, UTC))) == [
        "Label                  CS-1",
        f"Job id                 {one.job.id}",
        "Tenant                 env",
        "Tags                   a, b",
        "Batch                  renewals",
        "Note                   call back",
        "Added                  14:00:00 UTC · test",
        "Last response          14:00:15",
    ]
    assert "Ended                  14:00:15 (took at most 15s)" in list(to_text(about_lines(ended, NOW, UTC)))
    assert "Last response          none yet" in list(to_text(about_lines(watch(added_by=""), NOW, UTC)))
    unknown = after(missed(NOT_FOUND, NOW + 60))
    assert "Last response          14:01" in list(to_text(about_lines(unknown, NOW + 60, UTC))), "it is an answer"
    assert "Added                  14:00:00 UTC" in list(to_text(about_lines(watch(added_by=""), NOW, UTC)))


def test_every_verdict_has_a_tone() -> None:
    assert set(VERDICT_TONES) == set(VerdictKind)


def test_interval_and_how_to_remove_it_are_shown_for_a_job_unknown_to_zuora() -> None:
    unknown = replace(after(missed(NOT_FOUND)), planned=7_300.0)
    assert unknown_text(unknown) == (
        "It is polled less and less often, now every 2h, finally once a day; r refreshes it now. "
        "If the id is not that of a job, remove it: x, or zjobtui rm."
    )
    assert unknown_text(after(seen(PROCESSING))) == ""


def test_a_job_that_had_ended_already_is_said_to_have_ended_before_the_first_poll() -> None:
    had_ended, ended = (after(done()), after(seen(PROCESSING), done()))
    texts = ["\n".join(to_text(about_lines(one, NOW + 60, UTC))) for one in (had_ended, ended)]
    assert ["before the first poll at 14:00:00" in text for text in texts] == [True, False]
