from datetime import UTC

import pytest

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
from zjobtui.formatting.outline import Tone
from zjobtui.formatting.timeline import phases, timeline_lines, typical_text
from zjobtui.models.duration_stats import DurationStats, TypicalTimes
from zjobtui.models.history import Event, EventKind, History
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.watched_job import WatchedJob


def test_a_timeline_shows_events_with_the_time_between() -> None:
    events = (
        Event(job(), NOW, EventKind.ADDED, "paste"),
        Event(job(), NOW + 0.5, EventKind.STATUS, "Zuora is working on it.", "running"),
        Event(job(), NOW + 34.5, EventKind.STATUS, "Job failed.", "failed"),
        Event(job(), NOW + 40, EventKind.LABELLED, "CS-1"),
        Event(job(), NOW + 50, EventKind.CONTRADICTED, "Zuora says Processing."),
        Event(job(), NOW + 60, EventKind.REMOVED, ""),
        Event(job(), NOW + 120, EventKind.RESTORED, ""),
    )
    lines = timeline_lines(events, NOW, UTC)
    assert [(line.name, line.text) for line in lines] == [
        ("14:00:00 UTC", "added by paste"),
        ("14:00:00", "Zuora is working on it."),
        ("14:00:34", "Job failed · after 34s"),
        ("14:00:40", "labelled CS-1 · after 5.5s"),
        ("14:00:50", "contradicted: Zuora says Processing · after 10s"),
        ("14:01:00", "removed from the watchlist · after 10s"),
        ("14:02:00", "restored to the watchlist · after 1m00s"),
    ]
    assert [line.tone for line in lines[:3]] == [Tone.MUTED, Tone.RUNNING, Tone.BAD]


def observe(*observations: Observation) -> tuple[WatchedJob, History]:
    change = apply_observations(watchlist(watch(1)), [(job(1), one, 5.0) for one in observations])
    return change.observed[-1].watch, change.events


def phase_texts(*observations: Observation, now: float, seen_by_you: float | None = None) -> list[str]:
    one, events = observe(*observations)
    if seen_by_you is not None:
        one = watchlist(one).mark_read([one.job], seen_by_you).annotated[0]
    result = phases(one, events, now, UTC)
    return [part.text if part.seconds is None else f"{part.text} {part.seconds:g}" for part in result]


def test_phases_are_added_running_ended_and_read() -> None:
    result = phase_texts(seen(PROCESSING, NOW + 5), failed(NOW + 269), now=NOW + 500, seen_by_you=NOW + 420)
    assert result == ["added 14:00:00 UTC", "running 269", "✗ failed 14:04:29", "read 14:07:00"]


def test_a_job_that_had_ended_at_the_first_poll_has_no_running_phase() -> None:
    assert phase_texts(done(NOW + 5), now=NOW + 9) == ["added 14:00:00 UTC", "✓ done at the first poll 14:00:05"]


def test_running_time_grows_until_responses_are_missing() -> None:
    assert phase_texts(seen(PROCESSING, NOW + 5), now=NOW + 12) == ["added 14:00:00 UTC", "running 12"]
    assert phase_texts(seen(PROCESSING, NOW + 5), now=NOW + 65) == ["added 14:00:00 UTC", "running 5", "no response 60"]
    assert phase_texts(missed(at=NOW + 600), now=NOW + 600) == ["added 14:00:00 UTC", "no response 600"]


def test_repeated_states_are_summed() -> None:
    unknown = [missed(ProblemKind.NOT_FOUND, NOW + at) for at in (10, 30)]
    running = [seen(PROCESSING, NOW + at) for at in (5, 20)]
    assert phase_texts(running[0], unknown[0], running[1], unknown[1], done(NOW + 45), now=NOW + 45)[1:3] == [
        "running 20",
        "unknown to Zuora 25",
    ]


@pytest.mark.parametrize(
    ("longer_than", "is_over", "standing"),
    [
        (97, True, " · this one was slower than 97 % of them"),
        (100, True, " · this one was slower than all of them"),
        (0, True, " · this one was among the fastest"),
        (60, False, " · already slower than 60 % of them"),
        (100, False, " · already slower than all of them"),
        (0, False, ""),
        (None, True, ""),
        (None, False, ""),
    ],
)
def test_the_typical_duration_is_shown_with_a_comparison(longer_than: int | None, is_over: bool, standing: str) -> None:
    result = typical_text(DurationStats(1_212, 0, 20.0, 100.0, 100.0, longer_than, is_over), None)
    assert result == f"Usually 20s, 95 % end within 1m40s (1,212 jobs){standing}"


@pytest.mark.parametrize(
    ("median", "nearly_all", "expected"),
    [
        (20.0, 100.0, "20s, 95 % end within 1m40s (30 ended, 1,070 running)"),
        (20.0, None, "20s (30 ended, 1,070 running)"),
        (None, None, "over 40s (30 ended, 1,070 running)"),
    ],
)
def test_while_most_jobs_run_only_known_figures_are_shown(
    median: float | None, nearly_all: float | None, expected: str
) -> None:
    text = typical_text(DurationStats(30, 1_070, median, nearly_all, 40.0, None, is_over=False), None)
    assert text == f"Usually {expected}"


def test_the_usual_times_are_those_of_the_list() -> None:
    stats = DurationStats(1_212, 0, 78.0, 335.0, 335.0, None, is_over=False)
    text = typical_text(stats, TypicalTimes(75.0, 341.0))
    assert text == "Usually 1m15s, 95 % end within 6m (1,212 jobs)"
