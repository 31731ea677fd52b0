import csv
import io
import json
from typing import Any

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
    order_report,
    seen,
    watch,
    watchlist,
)
from zjobtui.formatting.export import as_csv
from zjobtui.formatting.records import full_record, record
from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Call, Observation
from zjobtui.models.report import Subscription

FIELDS = [
    *("tenant", "job_id", "label", "tags", "note", "verdict", "sentence", "status", "type", "order_number"),
    *("account_number", "is_final", "is_stale", "problem", "added_at", "last_answer_at", "ended_at"),
    *("error_code", "error_category", "is_transient", "why", "subscriptions", "invoices"),
    *("batch", "duration_s"),
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
    result = record(apply_observations(watchlist(watch(1)), brought).observed[-1].watch, NOW + 1e6)
    assert (result["verdict"], result["status"], result["type"]) == ("done", "Completed", "order")
    assert (result["is_final"], result["is_stale"]) == (True, False)
    assert (result["last_answer_at"], result["ended_at"]) == ("2026-11-23T14:00:02Z", "2026-11-23T14:00:02Z")
    assert result["problem"] == "timed out: no answer"


def ended(observation: Observation) -> dict[str, Any]:
    return record(apply_observations(watchlist(watch(1)), [(job(1), observation, 5.0)]).observed[-1].watch, NOW)


def test_a_record_of_a_failed_job_has_its_reason() -> None:
    names = ("error_code", "error_category", "is_transient", "why", "subscriptions", "invoices")
    assert [ended(failed())[name] for name in names] == [
        *("40000050", "lock contention", True, "lock contention", [], [])
    ]
    order = order_report(subscriptions=(Subscription(number="S1"), Subscription(number="S2")), invoices=("I1",))
    assert [ended(seen(order))[name] for name in names] == [
        *(None, None, None, "O-00000001 · 2 subscriptions", ["S1", "S2"], ["I1"])
    ]
    pending = ended(seen(order_report(order_status="Pending")))
    assert [pending[name] for name in names[:4]] == [None, "order Pending", False, "order Pending"]
    assert [ended(seen())[name] for name in names] == [None, None, None, None, [], []]


def test_csv_has_lists_separated_by_spaces() -> None:
    order = order_report(subscriptions=(Subscription(number="S1"), Subscription(number="S2")))
    text = as_csv(apply_observations(watchlist(watch(1)), [(job(1), seen(order), 5.0)]).watchlist, NOW)
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["subscriptions"], row["invoices"], row["is_transient"]) == ("S1 S2", "", "")


def test_a_full_record_has_the_last_response_and_the_timeline() -> None:
    answer = seen(done().report, NOW + 2, Call("u", "track", "request", "process", 200, 0.1))
    result = full_record(watch(1), answer, (Event(job(1), NOW, EventKind.ADDED, "paste"),), NOW)
    assert result["answer"] == {
        "at": "2026-11-23T14:00:02Z",
        "http_status": 200,
        "request_id": "request",
        "track_id": "track",
        "body": json.loads(done().report.raw),
    }
    assert result["timeline"] == [{"at": "2026-11-23T14:00:00Z", "event": "added", "text": "paste", "verdict": ""}]
    assert result["schema"] == 2
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize("raw", ['{"status": "Fail', '{"amount": NaN}', "[" * 100_000])
def test_a_body_that_is_not_json_is_a_text(raw: str) -> None:
    result = full_record(watch(1), seen(replace(PROCESSING, raw=raw)), (), NOW)
    assert result["answer"]["body"] == raw


def test_the_duration_of_a_job_is_from_adding_to_its_end() -> None:
    running = apply_observations(watchlist(watch(1, batch="b")), [(job(1), seen(PROCESSING, NOW + 9), 5.0)]).watchlist
    ended = apply_observations(running, [(job(1), done(NOW + 64.25), 5.0)]).watchlist
    records = [record(one, NOW) for listed in (running, ended) for one in listed]
    assert [(one["batch"], one["duration_s"]) for one in records] == [("b", None), ("b", 64.2)]
    assert (
        record(apply_observations(watchlist(watch(1)), [(job(1), done(), 5.0)]).observed[-1].watch, NOW)["duration_s"]
        is None
    )


def test_a_full_record_without_a_response_has_null() -> None:
    assert full_record(watch(1), None, (), NOW)["answer"] is None
