"""The instruments of the benchmark of delays: what a recording shows, when, and the result."""

import json
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from math import inf
from random import Random

import pytest

from tests.benchmarks.comparison import Column, Comparison
from tests.benchmarks.film import Film
from tests.benchmarks.lives import Call, Plan, Serving, drawn, serving
from tests.benchmarks.populations import POPULATIONS
from tests.benchmarks.trials import Sample
from tests.benchmarks.watched import (
    Marks,
    OutOfView,
    Watched,
    all_asked,
    counted,
    first_final,
    first_shown,
    known,
    most_in_a_second,
)
from zjobtui.models.assessment import judge
from zjobtui.models.report import Report
from zjobtui.models.verdict import VerdictKind
from zjobtui.zuora.parser import read_response

IN_ROW, COUNTED, AS_IN_VIEW = (
    Marks("done", one) for one in (OutOfView.NOT_SHOWN, OutOfView.COUNTED, OutOfView.AS_IN_VIEW)
)
JOB, OTHER = "0123abcd" + "0" * 24, "89abcdef" + "0" * 24


def film(*frames: tuple[float, str]) -> Film:
    made = Film(60, 6)
    made.frames += [(at, text.encode(errors="surrogateescape")) for at, text in frames]
    return made


def row(number: int, text: str) -> str:
    return f"\x1b[{number};1H\x1b[2K{text}"


def call(at: float, job_id: str = JOB, *, is_final: bool = False) -> Call:
    return Call(at - 0.05, at, job_id, is_final)


SHOWN = {
    "at once": (film((1, row(1, f"◌ running   {JOB[:17]}…")), (2, row(1, f"✓ done      {JOB[:17]}…"))), 2),
    "in two pieces": (film((1, row(1, "running 0123abcd")), (2, row(1, "do")), (3, "ne   0123abcd")), 3),
    "cut within a character": (film((4, row(1, "\udce2\udc9c")), (5, "\udc93 done 0123abcd")), 5),
    "word alone drawn again": (film((1, row(2, "◌ running 0123abcd")), (2, "\x1b[2;3Hdone   ")), 2),
    "on the alternate screen": (film((1, "\x1b[?1049h" + row(1, "running 0123abcd")), (4, row(3, "done 0123abcd"))), 4),
    "scrolled": (film((1, row(6, "done 0123abcd")), (2, "\n")), 1),
    "first of several": (film((2, row(1, "done 0123abcd")), (3, row(2, "done 0123abcd"))), 2),
    "another job's": (film((1, row(1, "done 89abcdef")), (2, row(2, "running 0123abcd"))), None),
    "within a word": (film((1, row(1, "undone 0123abcd"))), None),
    "apart": (film((1, row(1, "done · job 0123abcd"))), None),
}


@pytest.mark.parametrize("case", SHOWN)
def test_a_film_shows_when_a_row_first_had_the_word(case: str) -> None:
    made, at = SHOWN[case]
    assert first_shown(made, IN_ROW, {JOB: 0.5}) == ({} if at is None else {JOB: at})


def test_a_half_drawn_row_is_not_taken_for_the_end_of_another_job() -> None:
    frames = film(
        (1, row(1, "running 0123abcd")), (2, "\x1b[1;1Hdone   "), (2.1, " 89abcdef"), (7, row(2, "done 0123abcd"))
    )
    assert first_shown(frames, IN_ROW, {JOB: 6, OTHER: 1.9}) == {JOB: 7, OTHER: 2.1}


def test_ends_out_of_view_are_matched_to_counts_in_the_order_of_responses() -> None:
    answered = {f"{number:08x}" + "0" * 24: float(number) for number in range(1, 5)}
    first, second, third, fourth = answered
    frames = film(
        (0.1, row(1, "◌ 1,200 waiting  ✓ 0 done")),
        (0.2, row(1, "◌ 1,200 waiting  ✓ 1,200 done")),  # before any response
        (1.3, row(1, "◌ 1,199 waiting  ✓ 1 done")),
        (3.4, row(5, "✓ done 00000003")),
        (3.5, row(1, "◌ 1,197 running  ✓ 3 done")),
        (3.6, row(4, "4 done, says another row")),
    )
    assert first_shown(frames, COUNTED, answered) == {first: 1.3, second: 3.5, third: 3.4}
    frames.frames.append((4.5, row(1, "◌ 0 running  ✓ 1,200 done").encode()))
    assert fourth in first_shown(film(*[(at, data.decode()) for at, data in frames.frames]), COUNTED, answered)


def test_without_a_count_rows_out_of_view_are_as_late_as_those_in_view() -> None:
    frames = film((1.2, row(1, "done 0123abcd")), (5, row(2, "done 00000000")))
    assert first_shown(frames, AS_IN_VIEW, {JOB: 1.0, OTHER: 2.0}) == {JOB: 1.2, OTHER: pytest.approx(2.2)}
    assert first_shown(film((1.2, row(1, "running 0123abcd"))), AS_IN_VIEW, {OTHER: 1.0}) == {OTHER: 1.0}
    assert first_shown(film((1.2, row(1, "running 0123abcd"))), IN_ROW, {JOB: 1.0}) == {}


def test_delays_include_ends_that_were_not_noticed_before_the_run_ended() -> None:
    ends = {"a": 10.0, "b": 20.0, "c": 90.0, "late": 101.0, "stuck": inf}
    assert known(ends, {"a": 11.0, "b": 24.0, "late": 102.0}, until=100.0) == {
        "mean": 5.0,
        "median": 4.0,
        "p95": 10.0,
        "unknown": 1,
    }
    assert known(ends, {"a": 11.0, "b": 24.0, "c": 100.5}, until=100.0)["unknown"] == 1
    assert known({"stuck": inf}, {}, until=100.0) == {"mean": 0.0, "median": 0.0, "p95": 0.0, "unknown": 0}


def test_calls_are_counted_in_total_and_up_to_the_one_that_saw_the_end() -> None:
    calls = [call(1), call(2, OTHER), call(3, is_final=True), call(9, is_final=True), call(9.5, OTHER)]
    answered = first_final(reversed(calls))
    assert answered == {JOB: 3}
    counts = counted(calls, [JOB, OTHER], answered)
    assert counts == {"calls": 2.5, "calls to end": 2, "peak": 2}
    assert all_asked(calls, [JOB, OTHER]) == 2
    assert all_asked(calls, [JOB, "never"]) == inf


@pytest.mark.parametrize("seed", range(5))
def test_the_peak_call_rate_is_that_of_the_busiest_second(seed: int) -> None:
    chance = Random(seed)
    times = [chance.uniform(0, 10) for _ in range(60)]
    assert most_in_a_second(times) == max(sum(start <= at < start + 1 for at in times) for start in times)
    assert most_in_a_second([]) == 0
    assert most_in_a_second([0.0, 1.0, 2.0]) == 1


@pytest.mark.parametrize("name", POPULATIONS)
def test_the_same_seed_gives_the_same_jobs_and_ids_differ_in_their_first_digits(name: str) -> None:
    lives = drawn(POPULATIONS[name], 300, 1)
    assert lives == drawn(POPULATIONS[name], 300, 1) != drawn(POPULATIONS[name], 300, 2)
    assert len({job_id[:8] for job_id in lives}) == 300
    assert {len(job_id) for job_id in lives} == {32}
    assert 14 < sorted(lives.values())[150] < 26


def test_cpu_is_the_share_of_a_core_from_a_given_moment() -> None:
    run = Watched(0, 5, 25, [], film(), [(1, 0.5), (5, 1.0), (15, 1.5), (25, 5.0)], 60)
    assert run.cpu_share(5) == 20
    assert run.cpu_share(6) == 35


def test_a_comparison_has_medians_side_by_side_and_the_ratio_of_the_first_column() -> None:
    ours: list[Sample] = [{"mean": 1.0, "all": inf}, {"mean": 3.0, "all": 5.0}, {"mean": 2.0, "all": inf}]
    theirs: list[Sample] = [{"mean": 4.0}]
    columns = [Column("mean, s", "mean"), Column("all, s", "all", 0)]
    text = Comparison(title="T", columns=columns, rows={"10 jobs": {"zjobtui": ours, "rival": theirs}}).markdown()
    assert "| zjobtui / rival | mean, s | × rival | all, s |" in text
    assert "| 10 jobs | 2.0 / 4.0 | 0.50 | – / – |" in text
    assert "10 jobs: zjobtui 1.0 3.0 2.0, rival 4.0." in text


def test_job_durations_start_with_the_first_call_to_the_tenant() -> None:
    with serving(Plan({JOB: 0.3, OTHER: inf}, latency=0.01, headers={"ratelimit-limit": "5;w=60"})) as tenant:
        assert tenant.began() is None
        headers, body = ask(tenant, JOB)
        assert headers["Zuora-Track-Id"] == "track"
        assert headers["ratelimit-limit"] == "5;w=60"
        assert json.loads(body)["status"] == "Processing"
        time.sleep(0.3)
        answers = [read_response(200, ask(tenant, job_id)[1]) for job_id in (JOB, OTHER)]
        assert [isinstance(response, Report) and judge(response).kind for response in answers] == [
            VerdictKind.DONE,
            VerdictKind.RUNNING,
        ]
        assert [(call.job_id, call.is_final) for call in tenant.calls()] == [(JOB, False), (JOB, True), (OTHER, False)]
        assert tenant.calls()[0].asked_at == tenant.began()


def ask(tenant: Serving, job_id: str) -> tuple[HTTPMessage, bytes]:
    connection = HTTPConnection("127.0.0.1", tenant.port, timeout=5)
    with closing(connection):
        connection.request("GET", f"/v1/async-jobs/{job_id}", headers={"Zuora-Track-Id": "track"})
        response = connection.getresponse()
        return response.headers, response.read()
