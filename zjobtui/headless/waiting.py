"""Waits until jobs have come out, and prints how."""

import json
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from zjobtui.clock import Clock
from zjobtui.domain.job import Job
from zjobtui.domain.outcome import Outcome, is_over, outcome, worst
from zjobtui.domain.pulse import Pulse
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.following import Polled, PollingEndedError, states
from zjobtui.headless.listing import row
from zjobtui.headless.progress import Progress
from zjobtui.headless.saying import complain, status_of
from zjobtui.wording.records import SCHEMA, record


class Waiting:
    """The jobs that somebody waits for, as they are known; one that leaves the watchlist stays as it last was."""

    def __init__(self, jobs: Iterable[Job], watchlist: Watchlist, since: float, *, for_any: bool) -> None:
        self.watches = {job: watchlist.watches[job] for job in jobs}
        self.for_any = for_any
        self._since = since
        self._lines: Mapping[str, Pulse] = {}
        self._listed: set[Job] = set()
        self._gone: set[Job] = set()

    def take(self, watchlist: Watchlist, pulses: Mapping[str, Pulse]) -> None:
        """What is known now."""
        self._lines = pulses
        self._listed.update(job for job in self.watches if job in watchlist.watches)
        self._gone = {job for job in self._listed if job not in watchlist.watches}
        self.watches = {job: watchlist.get(job) or watch for job, watch in self.watches.items()}

    @property
    def outcomes(self) -> dict[Job, Outcome]:
        """How each of them stands."""
        lines = {name: pulse.problem for name, pulse in self._lines.items()}
        return {job: outcome(watch, lines.get(job.tenant), self._since) for job, watch in self.watches.items()}

    @property
    def problems(self) -> list[str]:
        """Why the last calls about open jobs failed, if that has not been shown as a problem of the tenant."""
        shown = {name for name, pulse in self._lines.items() if pulse.problem is not None}
        outcomes = self.outcomes
        failed = [
            (job.tenant, watch.problem)
            for job, watch in self.watches.items()
            if watch.problem is not None and outcomes[job] is Outcome.OPEN and job.tenant not in shown
        ]
        return [f"{tenant}: {problem}. {problem.kind.meaning}" for tenant, problem in dict.fromkeys(failed)]

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to wait for; what nobody watches any more will not come out."""
        return is_over((one for job, one in self.outcomes.items() if job not in self._gone), for_any=self.for_any)


def wait(
    engine: Polled,
    jobs: Sequence[Job],
    watchlist: Watchlist,
    clock: Clock,
    *,
    for_any: bool,
    ends_at: float = inf,
    as_json: bool,
) -> int:
    """Waits for jobs of the watchlist, prints one line a job, and gives the exit status.

    `ends_at` is by the boot clock, in seconds.
    """
    waiting = Waiting(jobs, watchlist, clock.now(), for_any=for_any)
    status = None
    if not waiting.is_over:
        progress = Progress(jobs, clock.now())
        try:
            _follow(engine, waiting, clock, ends_at, progress)
        except PollingEndedError:
            unasked = (Outcome.SIGNED_OUT if one is Outcome.OPEN else one for one in waiting.outcomes.values())
            status = worst(unasked, for_any=for_any).status
        except KeyboardInterrupt as interruption:
            status = status_of(interruption)
        finally:
            progress.close()
    status = worst(waiting.outcomes.values(), for_any=for_any).status if status is None else status
    for problem in waiting.problems:
        complain(problem)
    _print(waiting, status, clock.now(), as_json=as_json)
    return status


def _follow(engine: Polled, waiting: Waiting, clock: Clock, ends_at: float, progress: Progress) -> None:
    first = [job for job, one in waiting.outcomes.items() if one is Outcome.OPEN]
    for state in states(engine, first, lambda: ends_at - clock.boot()):
        if state is not None:
            waiting.take(state.watchlist, state.pulses)
        progress.tell(waiting.watches.values(), state or engine.state, clock.now())
        if waiting.is_over or clock.boot() >= ends_at:
            return


def _print(waiting: Waiting, status: int, now: float, *, as_json: bool) -> None:
    outcomes = waiting.outcomes
    if as_json:
        jobs = [{**record(watch, now), "outcome": outcomes[job].title} for job, watch in waiting.watches.items()]
        print(json.dumps({"schema": SCHEMA, "exit_status": status, "jobs": jobs}, ensure_ascii=False))
        return
    for job, watch in waiting.watches.items():
        print(row(watch, now, "" if outcomes[job].is_verdict else outcomes[job].title))
