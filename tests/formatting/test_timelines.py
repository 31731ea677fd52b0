from datetime import UTC

import pytest

from tests.support.building import NOW, PROCESSING, done, failed, job, missed, seen, watch, watchlist
from zjobtui.formatting.outline import Tone
from zjobtui.formatting.timeline import phases, timeline_lines, usual_text
from zjobtui.models.duration_stats import DurationStats
from zjobtui.models.history import Event, EventKind, History
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.watched_job import WatchedJob


def test_a_timeline_tells_each_change_and_the_time_since_the_one_before() -> None:
    entries = (
        Event(job(), NOW, EventKind.ADDED, "paste"),
        Event(job(), NOW + 0.5, EventKind.STATUS, "Zuora is working on it.", "waiting"),
        Event(job(), NOW + 34.5, EventKind.STATUS, "Job failed.", "failed"),
        Event(job(), NOW + 40, EventKind.LABELLED, "CS-1"),
        Event(job(), NOW + 50, EventKind.CONTRADICTED, "Zuora says Processing."),
        Event(job(), NOW + 60, EventKind.REMOVED, ""),
        Event(job(), NOW + 120, EventKind.RESTORED, ""),
    )
    lines = timeline_lines(entries, NOW, UTC)
    assert [(line.name, line.text) for line in lines] == [
        ("14:00:00 UTC", "added by paste"),
        ("14:00:00", "Zuora is working on it."),
        ("14:00:34", "Job failed · after 34s"),
        ("14:00:40", "labelled CS-1 · after 5.5s"),
        ("14:00:50", "contradicted Zuora says Processing · after 10s"),
        ("14:01:00", "removed from the watchlist · after 10s"),
        ("14:02:00", "back on the watchlist · after 1m 00s"),
    ]
    assert [line.tone for line in lines[:3]] == [Tone.MUTED, Tone.RUNNING, Tone.BAD]


def lived(*observations: Observation) -> tuple[WatchedJob, History]:
    change = watchlist(watch(1)).fold([(job(1), one, 5.0) for one in observations])
    return change.observed[-1].watch, change.entries


def way(*observations: Observation, now: float, seen_by_you: float | None = None) -> list[str]:
    one, entries = lived(*observations)
    if seen_by_you is not None:
        one = watchlist(one).mark_read([one.job], seen_by_you).annotated[0]
    told = phases(one, entries, now, UTC)
    return [part.words if part.seconds is None else f"{part.words} {part.seconds:g}" for part in told]


def test_the_way_of_a_job_goes_from_its_adding_over_the_wait_to_its_end_and_to_whoever_saw_it() -> None:
    told = way(seen(PROCESSING, NOW + 5), failed(NOW + 269), now=NOW + 500, seen_by_you=NOW + 420)
    assert told == ["added 14:00:00 UTC", "waiting 269", "✗ failed 14:04:29", "seen by you 14:07:00"]


def test_a_job_that_had_ended_when_it_was_first_asked_about_has_no_wait() -> None:
    assert way(done(NOW + 5), now=NOW + 9) == ["added 14:00:00 UTC", "✓ done when first asked 14:00:05"]


def test_a_wait_grows_until_nothing_is_heard_for_too_long() -> None:
    assert way(seen(PROCESSING, NOW + 5), now=NOW + 12) == ["added 14:00:00 UTC", "waiting 12"]
    assert way(seen(PROCESSING, NOW + 5), now=NOW + 65) == ["added 14:00:00 UTC", "waiting 5", "no answer 60"]
    assert way(missed(at=NOW + 600), now=NOW + 600) == ["added 14:00:00 UTC", "no answer 600"]


def test_states_that_come_and_go_are_added_up() -> None:
    unknown = [missed(ProblemKind.NOT_FOUND, NOW + at) for at in (10, 30)]
    running = [seen(PROCESSING, NOW + at) for at in (5, 20)]
    assert way(running[0], unknown[0], running[1], unknown[1], done(NOW + 45), now=NOW + 45)[1:3] == [
        "waiting 20",
        "unknown to Zuora 25",
    ]


@pytest.mark.parametrize(
    ("longer_than", "is_over", "standing"),
    [
        (97, True, " · this one took longer than 97 %"),
        (100, True, " · this one took longer than all of them"),
        (0, True, " · this one was among the fastest"),
        (60, False, " · so far longer than 60 %"),
        (100, False, " · so far longer than all of them"),
        (0, False, ""),
        (None, True, ""),
        (None, False, ""),
    ],
)
def test_what_is_usual_is_told_with_how_this_job_stands_to_it(
    longer_than: int | None, is_over: bool, standing: str
) -> None:
    told = usual_text(DurationStats(1_212, 0, 20.0, 100.0, 100.0, longer_than, is_over))
    assert told == f"usual for jobs of this tenant: 20s (median of 1,212), 95 % within 1m 40s{standing}"


@pytest.mark.parametrize(
    ("median", "nearly_all", "told"),
    [
        (20.0, 100.0, "20s (30 ended, 1,070 run), 95 % within 1m 40s"),
        (20.0, None, "20s (30 ended, 1,070 run)"),
        (None, None, "more than 40s (30 ended, 1,070 run)"),
    ],
)
def test_while_most_jobs_run_only_what_is_known_is_told(
    median: float | None, nearly_all: float | None, told: str
) -> None:
    text = usual_text(DurationStats(30, 1_070, median, nearly_all, 40.0, None, is_over=False))
    assert text == f"usual for jobs of this tenant: {told}"
