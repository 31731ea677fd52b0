from math import inf

import pytest

from tests.support.building import (
    NOW,
    PROCESSING,
    apply_observations,
    done,
    failed,
    job,
    read_body,
    seen,
    watch,
    watchlist,
)
from zjobtui.formatting.batches import batch_line, batch_overview, batch_record, range_text, time_left_text
from zjobtui.models.batches import batches
from zjobtui.models.observation import Observation

LISTED = watchlist(*(watch(number, batch="renewals Q4 14:02") for number in range(3)))
RUNNING = apply_observations(LISTED, [(job(0), done(NOW + 9), 5.0), (job(1), failed(NOW + 9), 5.0)]).watchlist


def failure(errors: str) -> Observation:
    return seen(read_body(status="Failed", errors=errors, result=None))


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (22.0, 41.0, "20–45s"),
        (0.0, 3.0, "up to 5s"),
        (0.0, 91.0, "up to 1m35s"),
        (4.0, 170.0, "up to 3m"),
        (0.0, 0.0, "about 0s"),
        (32.0, 71.0, "30s–1m15s"),
        (61.0, 99.9, "1m–1m40s"),
        (119.0, 230.0, "1–4m"),
        (3_000.0, 5_900.0, "50m–1h39m"),
        (80_000.0, 170_000.0, "22h–2d"),
        (180.0, 180.0, "about 3m"),
        (3_600.0, 9_000.0, "1–3h"),
        (100_000.0, 300_000.0, "1–4d"),
    ],
)
def test_a_range_is_short_and_written_like_other_times(low: float, high: float, text: str) -> None:
    assert range_text(low, high) == text
    assert time_left_text((low, high)) == f"{text} left"


def test_an_unknown_time_is_left_out() -> None:
    assert time_left_text(None) == ""


def test_a_line_has_name_progress_time_and_counts() -> None:
    (progress,) = batches(RUNNING)
    line = batch_line(progress, (61.0, 99.9), NOW + 64, 120)
    assert " ".join(line.split()) == "renewals Q4 14:02 2/3 1m04s 1 failed, 1 running, 1 done · 1m–1m40s left"
    assert len(batch_line(progress, (61.0, 99.9), NOW + 64, 60)) <= 60


def test_a_record_has_numbers_and_times() -> None:
    (progress,) = batches(RUNNING)
    assert batch_record(progress, (61.04, 99.96), NOW + 64) == {
        "batch": "renewals Q4 14:02",
        "total": 3,
        "ended": 2,
        "jobs": {"failed": 1, "attention": 0, "unknown": 0, "running": 1, "done": 1},
        "started_at": "2026-11-23T14:00:00Z",
        "ended_at": None,
        "duration_s": 64.0,
        "time_left_s": [61.0, 100.0],
    }
    (ended,) = batches(
        apply_observations(
            RUNNING, [(job(2), seen(PROCESSING, NOW + 70), 5.0), (job(2), done(NOW + 80), 5.0)]
        ).watchlist
    )
    assert batch_record(ended, None, inf)["ended_at"] == "2026-11-23T14:01:20Z"
    assert batch_record(ended, None, inf)["duration_s"] == 80.0


def test_groups_with_the_same_title_are_distinguished_by_their_messages() -> None:
    locks = ("[40000050]: Operation failed due to a lock competition.", "Lock contention on the account, please retry")
    bodies = [failure(errors) for errors in (*locks, locks[0], "invalid order")]
    listed = watchlist(*(watch(number, batch="renewals") for number in range(5)))
    jobs = [(job(number), body, 5.0) for number, body in enumerate(bodies)]
    (progress,) = batches(apply_observations(listed, jobs).watchlist)
    text = batch_overview(progress, None, NOW + 1)
    assert "2 × lock contention: [40000050] Operation failed due to a lock competition. · transient" in text
    assert "1 × lock contention: Lock contention on the account, please retry · transient" in text
    assert "1 × invalid order · may be transient" in text
