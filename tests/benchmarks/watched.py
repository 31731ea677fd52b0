"""Run a program on a recording terminal against a tenant of `lives.py`; return when the end of each job was known."""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import inf
from statistics import fmean, median

from tests.benchmarks.film import COLUMNS, ROWS, Film, Filmed
from tests.benchmarks.lives import Call, Serving
from tests.benchmarks.subjects import SHOWN
from tests.benchmarks.trials import Sample, quantile


class OutOfView(Enum):
    """What is taken for the moment at which an end is shown whose row is out of view."""

    COUNTED = auto()
    """The first row counts the ends: they are shown in the order of their responses."""
    AS_IN_VIEW = auto()
    """As late after the answer as the rows in view are on average; where none is in view, no later at all."""
    NOT_SHOWN = auto()


@dataclass(frozen=True, slots=True)
class Marks:
    """How a program shows that a job ended: its row has `word` right before the id."""

    word: str
    out_of_view: OutOfView


MONITOR_MARKS, RIVAL_MARKS = Marks("done", OutOfView.COUNTED), Marks("Completed", OutOfView.AS_IN_VIEW)

Press = tuple[float, str]
"""Seconds after the first call about a job, and the key that is pressed then."""

_START_LIMIT = 30.0
_STEP = 1.0
_RECENT = 5.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A run of a program from its start to its end: the calls, the film, and CPU seconds spent at some moments.

    `began` is when the first call about a job came, and with it all lives began.
    """

    started: float
    began: float
    until: float
    calls: Sequence[Call]
    film: Film
    cpu: Sequence[tuple[float, float]]
    resident: float

    def cpu_share(self, since: float) -> float:
        """Per cent of a core from a moment on."""
        (start, before), *_, (end, after) = (each for each in self.cpu if each[0] >= since)
        return 100 * (after - before) / (end - start)

    def sample(self, lives: Mapping[str, float], marks: Marks) -> Sample:
        """What the run measures."""
        calls = [call for call in self.calls if call.answered_at <= self.until]
        ends = {job_id: self.began + life for job_id, life in lives.items()}
        answered = first_final(calls)
        shown = first_shown(self.film, marks, answered)
        long_ago = [job_id for job_id, at in answered.items() if at < self.until - _RECENT]
        assert not long_ago or any(job_id in shown for job_id in long_ago), f"no end is shown:\n{self.film.text()}"
        answer = known(ends, answered, self.until)
        return {
            **known(ends, shown, self.until),
            "answer mean": answer["mean"],
            "answer p95": answer["p95"],
            **counted(calls, lives, answered),
            "all asked": all_asked(calls, lives) - self.began,
            "cpu": (share := self.cpu_share(self.began)),
            "cpu a call": 10 * share * (self.until - self.began) / max(1, len(calls)),
            "MiB": self.resident,
        }


def watched(
    command: Sequence[str],
    env: Mapping[str, str],
    tenant: Serving,
    seconds: float,
    rows: int = ROWS,
    presses: Sequence[Press] = (),
) -> Watched:
    """Run the program for so many seconds from its first call about a job on, and press keys meanwhile."""
    with Filmed(command, env, (COLUMNS, rows)) as terminal:
        limit = time.perf_counter() + _START_LIMIT
        while (began := tenant.began()) is None:
            assert time.perf_counter() < limit, "the program never called"
            terminal.bytes_within(0.1)
        until, cpu = began + seconds, list[tuple[float, float]]()
        for at, key in [*((began + after, key) for after, key in presses), (until, "")]:
            while (left := at - time.perf_counter()) > 0:
                cpu.append((time.perf_counter(), terminal.cpu()))
                terminal.bytes_within(min(_STEP, left))
                assert terminal.is_running, f"the program ended:\n{terminal.text()}"
            if key:
                terminal.press(key)
        cpu.append((time.perf_counter(), terminal.cpu()))
        return Watched(terminal.started, began, until, tenant.calls(), terminal.display, cpu, terminal.memory())


def first_final(calls: Iterable[Call]) -> dict[str, float]:
    """When each job's end was first answered."""
    answered: dict[str, float] = {}
    for call in calls:
        if call.is_final:
            answered[call.job_id] = min(call.answered_at, answered.get(call.job_id, inf))
    return answered


def first_shown(film: Film, marks: Marks, answered: Mapping[str, float]) -> dict[str, float]:
    """When the screen first showed each job's end, not before it was answered.

    Until a row is fully drawn, it may hold the word of one job and the id of another.
    """
    in_row = re.compile(rf"\b{re.escape(marks.word)}\s+([0-9a-f]{{{SHOWN}}})")
    in_count = re.compile(rf"([\d,]+) {re.escape(marks.word)}\b")
    jobs = {job_id[:SHOWN]: job_id for job_id in answered}
    uncounted = sorted(answered, key=answered.__getitem__) if marks.out_of_view is OutOfView.COUNTED else []
    shown: dict[str, float] = {}
    for at in film.play():
        rows = film.changed_rows()
        for name in in_row.findall("\n".join(rows.values())):
            if (job_id := jobs.get(name)) is not None and at >= answered[job_id]:
                shown.setdefault(job_id, at)
        if counts := in_count.findall(rows.get(0, "")):
            count = int(counts[0].replace(",", ""))
            while uncounted and len(answered) - len(uncounted) < count and answered[uncounted[0]] <= at:
                shown.setdefault(uncounted.pop(0), at)
    if marks.out_of_view is OutOfView.AS_IN_VIEW:
        late = fmean([at - answered[job_id] for job_id, at in shown.items()] or [0.0])
        return {job_id: shown.get(job_id, at + late) for job_id, at in answered.items()}
    return shown


def known(ends: Mapping[str, float], at: Mapping[str, float], until: float) -> dict[str, float]:
    """Delays from the ends within the run until they were known, or until its end, and how many were not."""
    ended = {job_id: end for job_id, end in ends.items() if end <= until}
    delays = [min(at.get(job_id, inf), until) - end for job_id, end in ended.items()] or [0.0]
    unknown = sum(at.get(job_id, inf) > until for job_id in ended)
    return {"mean": fmean(delays), "median": median(delays), "p95": quantile(delays, 0.95), "unknown": unknown}


def counted(calls: Sequence[Call], jobs: Iterable[str], answered: Mapping[str, float]) -> dict[str, float]:
    """Calls for each job in the run, for each up to the one that saw its end, and the most in any one second."""
    needed = sum(call.answered_at <= answered.get(call.job_id, -inf) for call in calls)
    return {
        "calls": len(calls) / len(set(jobs)),
        "calls to end": needed / max(1, len(answered)),
        "peak": most_in_a_second([call.asked_at for call in calls]),
    }


def most_in_a_second(times: Iterable[float]) -> int:
    """The most of these times that lie within less than a second."""
    ordered, first, most = sorted(times), 0, 0
    for number, at in enumerate(ordered):
        while at - ordered[first] >= 1:
            first += 1
        most = max(most, number - first + 1)
    return most


def all_asked(calls: Iterable[Call], jobs: Iterable[str]) -> float:
    """When each of the jobs had been polled once; infinite if one never was."""
    first: dict[str, float] = {}
    for call in calls:
        first[call.job_id] = min(call.answered_at, first.get(call.job_id, inf))
    return max(first.get(job_id, inf) for job_id in jobs)
