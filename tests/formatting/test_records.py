import json

from tests.support.building import NOW, PROCESSING, done, job, missed, seen, watch, watchlist
from zjobtui.formatting.records import full_record, record
from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Call, Observation

FIELDS = [
    *("tenant", "job_id", "label", "tags", "note", "verdict", "sentence", "status", "type", "order_number"),
    *("account_number", "is_final", "is_stale", "problem", "added_at", "last_answer_at", "ended_at"),
]


def test_a_record_has_the_documented_fields() -> None:
    result = record(watch(1, label="CS-1", tags=("a",), note="n"), NOW)
    assert [name for name in FIELDS if name not in result] == []
    assert result["job_id"] == job(1).id.given
    assert (result["label"], result["tags"], result["note"]) == ("CS-1", ["a"], "n")
    assert (result["verdict"], result["sentence"]) == ("running", "No response yet.")
    assert [
        result[name] for name in ("status", "type", "order_number", "account_number", "problem", "last_answer_at")
    ] == [None] * 6
    assert (result["is_final"], result["is_stale"], result["added_at"]) == (False, False, "2026-11-23T14:00:00Z")


def test_a_record_of_an_ended_job_has_verdict_and_time() -> None:
    brought: list[tuple[JobRef, Observation, float]] = [
        (job(1), seen(PROCESSING, NOW + 1), 5.0),
        (job(1), done(NOW + 2), 5.0),
        (job(1), missed(at=NOW + 3), 5.0),
    ]
    result = record(watchlist(watch(1)).fold(brought).observed[-1].watch, NOW + 1e6)
    assert (result["verdict"], result["status"], result["type"]) == ("done", "Completed", "order")
    assert (result["is_final"], result["is_stale"]) == (True, False)
    assert (result["last_answer_at"], result["ended_at"]) == ("2026-11-23T14:00:02Z", "2026-11-23T14:00:02Z")
    assert result["problem"] == "timed out: no answer"


def test_a_full_record_has_the_last_response_and_the_timeline() -> None:
    answer = seen(done().report, NOW + 2, Call("u", "track", "request", "process", 200, 0.1))
    result = full_record(watch(1), answer, (Event(job(1), NOW, EventKind.ADDED, "paste"),), NOW)
    assert result["answer"] == {
        "at": "2026-11-23T14:00:02Z",
        "http_status": 200,
        "request_id": "request",
        "track_id": "track",
        "body": done().report.raw,
    }
    assert result["timeline"] == [{"at": "2026-11-23T14:00:00Z", "event": "added", "text": "paste", "verdict": ""}]
    assert result["schema"] == 2
    assert json.loads(json.dumps(result)) == result


def test_a_full_record_without_a_response_has_null() -> None:
    assert full_record(watch(1), None, (), NOW)["answer"] is None
