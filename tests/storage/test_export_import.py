"""Export and import: exact in both directions, nothing overwritten, and every error with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import asdict, replace

from tests.storage.opening import added, kept, observed, opened, quick_folder
from tests.storage.test_store import LISTS
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
from zjobtui.models.history import REMOVALS, Event, EventKind
from zjobtui.models.merge import ImportedJob, merge
from zjobtui.models.observation import Observation
from zjobtui.models.text import clean
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.models.watchlist import Watchlist
from zjobtui.storage.export_import import ImportFileError, from_json, to_json
from zjobtui.storage.store import Store
from zjobtui.zuora.parser import read_report


def let_in(value: Any) -> Any:  # noqa: ANN401 - a watch, and whatever it is made of
    """The value with its texts as the parser and the dialogs let them in."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(let_in(one) for one in value)
    if isinstance(value, Struct):
        return replace(value, **{name: let_in(inner) for name, inner in asdict(value).items()})
    return value


def exported(store: Store, watches: Watchlist) -> str:
    return to_json(
        (ImportedJob(watch, store.last_response(watch.job), store.history(watch.job)) for watch in watches), "now"
    )


def imported(store: Store, watches: Watchlist, text: str) -> Watchlist:
    carried = from_json(text, read_report)
    merged = merge(watches, carried, (), lambda one: (store.last_response(one), store.history(one)), NOW + 99)
    store.apply(merged.change)
    return merged.change.watchlist


@pytest.mark.slow
@settings(max_examples=25)
@given(LISTS.map(lambda several: list({one.job: one for one in map(let_in, several) if one.job.tenant}.values())))
def test_an_export_restores_the_watchlist_in_an_empty_store_and_a_second_import_adds_nothing(
    watches: list[WatchedJob],
) -> None:
    text = to_json((ImportedJob(one) for one in watches), "now")
    with quick_folder() as folder:
        with opened(folder / "store") as (store, empty):
            first = imported(store, empty, text)
            merged = merge(first, from_json(text, read_report), (), lambda one: (None, store.history(one)), NOW + 99)
        assert list(kept(folder / "store")) == watches
    assert (merged.new, merged.merged, merged.known) == (0, 0, len(watches))
    assert list(merged.change.watchlist) == watches
    assert not merged.change.must_commit_now


@settings(max_examples=10)
@given(st.lists(st.sampled_from([done, failed, lambda at: seen(PROCESSING, at)]), min_size=1, max_size=4))
def test_responses_and_timelines_are_imported_once(answers: list[Any]) -> None:
    with quick_folder() as folder, opened(folder / "a/s") as (here, _), opened(folder / "b/s") as (there, empty):
        ours = observed(
            here, added(here, watch(1, label="x"), watch(2)), *(one(NOW + n) for n, one in enumerate(answers))
        )
        text = exported(here, ours)
        theirs = empty
        for _ in range(2):
            theirs = imported(there, theirs, text)
            assert list(theirs) == list(kept(there.path)) == list(kept(here.path))
            for one in ours.watches:
                assert there.history(one) == here.history(one)
                mine, yours = here.last_response(one), there.last_response(one)
                assert mine == yours or (mine and mine.report.raw == "")
        assert exported(there, theirs) == text


def test_an_import_keeps_local_edits_and_newer_data() -> None:
    running = next(iter(apply_observations(watchlist(watch(1)), [(job(1), seen(PROCESSING, NOW + 9), 5.0)]).watchlist))
    ended = next(iter(apply_observations(watchlist(watch(1)), [(job(1), done(NOW + 1), 5.0)]).watchlist))
    ours = replace(running, label="mine", added_at=NOW - 5)
    theirs = replace(ended, label="theirs", tags=("t",), note="n", batch="b")
    merged = merge(watchlist(ours), [ImportedJob(theirs, done(NOW + 1))], (), lambda _: (None, ()), NOW + 99)
    assert list(merged.change.watchlist) == [replace(theirs, label="mine", added_at=NOW - 5)]
    back = merge(merged.change.watchlist, [ImportedJob(ours)], (), lambda _: (done(NOW + 1), ()), NOW + 99)
    assert (back.merged, back.known, back.change.must_commit_now) == (0, 1, False)


@pytest.mark.parametrize("why", REMOVALS)
@pytest.mark.parametrize("has_timeline", [False, True])
def test_removed_and_archived_jobs_are_imported_as_such_and_logged(
    why: EventKind, has_timeline: bool, tmp_path: Path
) -> None:
    with opened(tmp_path / "a" / "store") as (here, _), opened(tmp_path / "b" / "store") as (there, empty):
        change = added(here, watch(1, label="one"), watch(2)).remove([job(1)], NOW + 60, why)
        here.apply(change)
        (gone,) = here.list_removed(why)
        removal = here.removals([job(1), job(2), job(3)])
        assert removal == {job(1): Event(job(1), NOW + 60, why, "")}
        timeline = here.history(job(1)) if has_timeline else ()
        text = to_json([ImportedJob(gone, None, timeline, removal[job(1)]), ImportedJob(watch(2))], "now")
        assert list(imported(there, empty, text)) == [watch(2)]
        assert there.history(job(1)) == here.history(job(1))
    for _ in range(2):
        with opened(tmp_path / "b" / "store") as (there, watches):
            assert set(watches.watches) == {job(2)}
            assert [one.job for one in there.list_removed(why)] == [job(1)]
            assert there.removals([job(1)]) == removal
        (tmp_path / "b" / "store").unlink()  # the next start has the log alone


def test_an_import_does_not_restore_jobs_removed_here() -> None:
    merged = merge(
        watchlist(watch(1)), [ImportedJob(watch(2)), ImportedJob(watch(3))], {job(2)}, lambda _: (None, ()), NOW + 99
    )
    assert list(merged.change.watchlist) == [watch(1), watch(3)]
    assert (merged.new, merged.skipped) == (1, 1)


def test_a_job_imported_without_its_response_stays_ended_when_digests_are_rebuilt(tmp_path: Path) -> None:
    running = seen(read_body(status="Processing"), NOW)
    ended = next(iter(apply_observations(watchlist(watch(1)), [(job(1), done(NOW + 5), 5.0)]).watchlist))
    with opened(tmp_path / "store") as (store, _):
        observed(store, added(store, watch(1)), running)
        imported(store, kept(store.path), to_json([ImportedJob(ended)], "now"))
        for expected in ({"env": frozenset({"Pending"})}, {}):
            renewed = store.renew_digests(kept(store.path), expected)
            assert list(renewed) == list(kept(store.path)) == [ended]


def broken(**changes: Any) -> str:  # noqa: ANN401 - whatever stands in a file
    export = json.loads(to_json([ImportedJob(watch(1)), ImportedJob(watch(2), done(NOW), ())], "now"))
    for path, value in changes.items():
        if path in {"schema", "format", "jobs"}:
            export[path] = value
        elif value is ...:
            del export["jobs"][1][path]
        else:
            export["jobs"][1][path] = value
    return json.dumps(export)


FAULTS: list[tuple[str | bytes, str]] = [
    ("{", "line 1, column 2: input data was truncated"),
    ('{"format":\n "x" "y"}', "line 2, column 6: expected ',' or '}'"),
    (b'{"format": "\xe9"}', "byte 13: it is not written in UTF-8"),
    ("[1]", "format: this is not an export"),
    ('{"schema": 1, "jobs": []}', "format: this is not an export"),
    ('{"format": "zjobtui watchlist", "x": ' + "[" * 100_000, "nested too deeply"),
    ("[" * 100_000, "format: this is not an export"),
    (json.dumps({"format": "zjobtui watchlist", "jobs": []}), "schema: is missing"),
    (broken(schema=2), "schema: 2 was written by a newer zjobtui"),
    (broken(jobs={}), "jobs: expected `array`, got `object`"),
    (broken(jobs=[1]), "jobs[0]: expected `object`, got `int`"),
    (broken(given="../x"), "jobs[1].given: “../x” is not a valid job id"),
    (broken(tenant=5), "jobs[1].tenant: expected `str`, got `int`"),
    (broken(tenant=""), "jobs[1].tenant: is empty"),
    (broken(tenant=" "), "jobs[1].tenant: is empty"),
    (broken(label=...), "jobs[1].label: is missing"),
    (broken(added_at="today"), "jobs[1].added_at: expected `float`, got `str`"),
    (broken(added_at=1e15), "jobs[1].added_at: expected `float` < 100000000000.0"),
    (broken(planned=10**400), "jobs[1].planned: number out of range"),
    (broken(planned=-1), "jobs[1].planned: expected `float` >= 0"),
    (broken(planned=float("nan")), "invalid character"),
    (broken(seen_at=float("inf")), "invalid character"),
    (broken(seen_at=-1), "jobs[1].seen_at: expected `float` >= 0"),
    (broken(acknowledged_at=1e300), "jobs[1].acknowledged_at: expected `float` < 100000000000.0"),
    (broken(subscription_count=10**30), "jobs[1].subscription_count: expected `int`"),
    (broken(subscription_count=2**62), "jobs[1].subscription_count: expected `int` <"),
    (broken(invoice_count=-1), "jobs[1].invoice_count: expected `int` >= 0"),
    (broken(answer={"at": 1, "call": {"latency": 1e300}, "body": ""}), "jobs[1].answer.call.latency: expected `float`"),
    (broken(answer={"at": 1, "call": {"http_status": -1}, "body": ""}), "jobs[1].answer.call.http_status: expected"),
    (broken(tags="a"), "jobs[1].tags: expected `array`, got `str`"),
    (broken(tags=[1]), "jobs[1].tags[0]: expected `str`, got `int`"),
    (broken(status="Completed"), "jobs[1].verdict: is missing, but status is given"),
    (broken(timeline=[{"at": 1}]), "jobs[1].timeline[0].event: is missing"),
    (broken(answer={"at": 1, "call": {}, "body": "x"}), "jobs[1].answer.body: it is not a response"),
    (
        broken(answer={"at": 1, "call": {"limits": [], "rate_limits": 3}, "body": '{"status": "Completed"}'}),
        "jobs[1].answer.call",
    ),
    (broken(answer={"at": 1, "call": {"limits": 3}, "body": '{"status": "Completed"}'}), "jobs[1].answer.call"),
]


def test_control_characters_in_the_limits_of_a_call_are_cleaned() -> None:
    answer = {"at": 1, "call": {"limits": [["x-limit", "5\x1b]0;title\x07"]]}, "body": '{"status": "Completed"}'}
    (imported,) = [each for each in from_json(broken(answer=answer), read_report) if each.response is not None]
    assert imported.response is not None
    assert imported.response.call.limits == (("x-limit", "5␛]0;title␇"),)


@pytest.mark.parametrize(("text", "why"), FAULTS, ids=[why for _, why in FAULTS])
def test_an_error_is_reported_with_its_position(text: str | bytes, why: str) -> None:
    with pytest.raises(ImportFileError) as raised:
        from_json(text, read_report)
    assert why in str(raised.value)


@pytest.mark.parametrize("name", ["x` - at `$.jobs[7]", "two\nlines"])
def test_an_error_is_reported_with_its_position_for_any_field_name(name: str) -> None:
    with pytest.raises(ImportFileError) as reported:
        from_json(broken(answer={"at": NOW, "body": "", "call": {name: 1}}), read_report)
    assert str(reported.value) == f"jobs[1].answer.call: object contains unknown field `{name}`"


def test_no_imported_row_looks_fresh_for_longer_than_three_days() -> None:
    (_, imported) = from_json(broken(planned=1e300, seen_at=NOW, status=None, ended_at=None), read_report)
    assert not is_stale(imported.watch, NOW)
    assert is_stale(imported.watch, NOW + 3 * 86_400 + 1)


def test_a_job_that_was_read_by_a_clock_that_was_ahead_becomes_unread_when_it_changes() -> None:
    (_, imported) = from_json(broken(acknowledged_at=NOW + 1e9), read_report, now=NOW)
    assert not imported.watch.is_unread
    change = apply_observations(watchlist(imported.watch), [(job(2), failed(NOW + 1), 5.0)])
    assert change.watchlist.watches[job(2)].is_unread


def test_an_imported_observation_from_the_future_is_not_later() -> None:
    ours = observed_alone(failed(NOW))
    theirs = observed_alone(done(NOW + 1e6))
    merged = merge(watchlist(ours), [ImportedJob(theirs)], (), lambda _: (None, ()), NOW)
    assert merged.change.observed == ()
    assert merged.known == 1


def observed_alone(observation: Observation) -> WatchedJob:
    return apply_observations(watchlist(watch(1)), [(job(1), observation, 5.0)]).watchlist.watches[job(1)]


def test_hostile_text_is_cleaned_on_import(tmp_path: Path) -> None:
    (_, one) = from_json(broken(note="\x1b[2J\u202e", tenant="e\x07u"), read_report)
    assert (one.watch.note, one.watch.job.tenant) == ("␛[2J\ufffd", "e␇u")


def test_an_export_of_an_earlier_version_is_imported_completely() -> None:
    text = (Path(__file__).parent / "data/export-schema-1.json").read_bytes()
    given = json.loads(text)["jobs"]
    carried = from_json(text, read_report)
    assert len(carried) == len(given) == 14
    for one, columns in zip(carried, given, strict=True):
        mine = {name: getattr(one.watch, name) for name in ("added_at", "label", "note")}
        mine |= {"tenant": one.watch.job.tenant, "given": one.watch.job.id.given, "tags": list(one.watch.tags)}
        mine["status"] = one.watch.digest.status if one.watch.digest else None
        assert mine == {name: columns[name] for name in mine}
        assert len(one.timeline) == len(columns.get("timeline", ()))
        assert (one.response is None) == ("answer" not in columns)
        assert one.response is None or one.response.report.raw == columns["answer"]["body"]
    assert any(imported.watch.note for imported in carried)
    assert any(imported.response for imported in carried)


def test_an_export_uses_names_that_earlier_versions_know_and_both_are_read(tmp_path: Path) -> None:
    with opened(tmp_path / "store") as (store, _):
        text = exported(store, observed(store, added(store, watch(1)), seen(PROCESSING, NOW + 1)))
    assert text.count('"verdict": "waiting"') == 2
    (was,), (now,) = (from_json(one, read_report) for one in (text, text.replace('"waiting"', '"running"')))
    assert was == now
    assert was.watch.verdict.kind is VerdictKind.RUNNING
    assert [entry.verdict for entry in was.timeline] == ["", VerdictKind.RUNNING.value]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_export_with_windows_encoding_and_line_ends_is_imported(encoding: str) -> None:
    one = replace(watch(1), label="é 有効")
    assert [back.watch for back in from_json(to_json([ImportedJob(one)], "now").encode(encoding), read_report)] == [one]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
COLUMNS = st.sampled_from([*json.loads(to_json([ImportedJob(watch(1), done(NOW), ())], "now"))["jobs"][0], "answer"])


@given(st.dictionaries(COLUMNS, JSON, min_size=1, max_size=2))
def test_any_column_value_is_imported_or_reported_with_its_position(changes: dict[str, Any]) -> None:
    try:
        (_, one) = from_json(broken(**changes), read_report)
    except ImportFileError as fault:
        assert str(fault).startswith(("jobs[1].", "line "))  # noqa: PT017 - any other exception fails the test
    else:
        assert clean(one.watch.label) == one.watch.label
