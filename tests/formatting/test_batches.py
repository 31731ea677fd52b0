from math import inf

import pytest

from tests.support.building import NOW, done, failed, job, watch, watchlist
from zjobtui.formatting.batches import batch_line, batch_record, range_text, time_left_text
from zjobtui.models.batches import batches

LISTED = watchlist(*(watch(number, batch="renewals Q4 14:02") for number in range(3)))
RUNNING = LISTED.apply_observations([(job(0), done(NOW + 9), 5.0), (job(1), failed(NOW + 9), 5.0)]).watchlist


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (22.0, 41.0, "20–45s"),
        (0.0, 3.0, "0–5s"),
        (61.0, 99.9, "60–100s"),
        (119.0, 230.0, "1–4m"),
        (180.0, 180.0, "about 3m"),
        (3_600.0, 9_000.0, "1–3h"),
        (100_000.0, 300_000.0, "1–4d"),
    ],
)
def test_a_range_has_one_unit(low: float, high: float, text: str) -> None:
    assert range_text(low, high) == text
    assert time_left_text((low, high)) == f"95 % in {text}"


def test_of_an_unknown_time_nothing_is_said() -> None:
    assert time_left_text(None) == ""


def test_a_line_has_name_progress_time_and_counts() -> None:
    (progress,) = batches(RUNNING)
    line = batch_line(progress, (61.0, 99.9), NOW + 64, 120)
    assert " ".join(line.split()) == "renewals Q4 14:02 2/3 1m04s 1 failed, 1 running, 1 done · 95 % in 60–100s"
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
    (ended,) = batches(RUNNING.apply_observations([(job(2), done(NOW + 80), 5.0)]).watchlist)
    assert batch_record(ended, None, inf)["ended_at"] == "2026-11-23T14:01:20Z"
    assert batch_record(ended, None, inf)["duration_s"] == 80.0
