"""`wait` and `watch`: poll without a screen."""

import json
import select
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from math import inf

import click

from zjobtui.bootstrap.engine import ignored_exemptions, polling
from zjobtui.bootstrap.output import CLOSED, SOME_REFUSED, OutputError, print_error, status_of, write_error
from zjobtui.cli import watchlist
from zjobtui.cli.common import (
    ABSENT,
    NO_TENANT,
    complete_jobs,
    end_on_sigterm,
    filter_jobs,
    open_store_and_watchlist,
    read_stdin,
    resolve_jobs,
    resolve_one,
    sound_configuration,
    tenant_for_new_jobs,
)
from zjobtui.cli.errors import report_errors
from zjobtui.cli.ls import table_row
from zjobtui.cli.options import AS_JSON, FILTER, TENANT, tenant_option
from zjobtui.cli.progress import PolledEngine, PollingEndedError, Progress, Troubles, states
from zjobtui.cli.watchlist import NO_ID, collect_ids
from zjobtui.clock import Clock, SystemClock
from zjobtui.formatting.events import news_line, news_record
from zjobtui.formatting.records import SCHEMA, record
from zjobtui.formatting.symbols import plural
from zjobtui.models.diff import differences
from zjobtui.models.durations import parse_duration
from zjobtui.models.job import InvalidJobIdError, JobId, JobRef
from zjobtui.models.outcome import Outcome, is_over, outcome, worst
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.text import clean
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist


def ids_in(text: str) -> list[str]:
    """The ids in a text; raises `ValueError` with what is wrong where one is broken or none is there.

    What is left out of the text is printed to standard error.
    """
    given = collect_ids((), [("", text)])
    for sentence in given.left_out:
        print_error(sentence)
    if given.refused or not given.ids:
        raise ValueError("\n".join(given.refused) or NO_ID)
    return [one.given for one in given.ids]


def meant_jobs(known: Iterable[WatchedJob], texts: Iterable[str], tenant: str) -> list[JobRef]:
    """The job that each text means, once each, the new ones in `tenant`; raises `ValueError`."""
    watches = list(known)
    return list(dict.fromkeys(_meant(watches, text, tenant) for text in texts))


def _meant(known: Sequence[WatchedJob], text: str, tenant: str) -> JobRef:
    if not resolve_jobs(known, text):
        with suppress(InvalidJobIdError):
            return JobRef(tenant, JobId.parse(text))
    return resolve_one(known, text, f"{ABSENT}; a job that is not watched yet is named by its whole id").job


def need_tenants(watchlist: Watchlist, jobs: Iterable[JobRef], names: Collection[str], none: str) -> None:
    """Raises `ValueError` where an unfinished job is of a tenant that cannot be asked; `none` where there is none."""
    known = {job: watchlist.get(job) for job in jobs}
    lost = {job.tenant for job, watch in known.items() if job.tenant not in names and not (watch and watch.is_final)}
    if lost and not names:
        raise ValueError(none)
    if lost:
        told = " and ".join(f"“{clean(name)}”" for name in sorted(lost))
        raise ValueError(f"There is no tenant {told}; there is: {', '.join(names)}.")


def new_watches(watchlist: Watchlist, jobs: Sequence[JobRef], now: float) -> list[WatchedJob]:
    """What must come to the watchlist, so that all these jobs are on it."""
    return [WatchedJob(job=job, added_at=now, added_by="wait") for job in jobs if watchlist.get(job) is None]


def read_limit(text: str | None) -> float | None:
    """The seconds of `--timeout`; raises `ValueError` for what is no span."""
    limit = None if text is None else parse_duration(text)
    if text is not None and limit is None:
        raise ValueError(f"--timeout: “{clean(text)}” is no span of time; try 90s, 15m or 1h30m.")
    return limit


class WaitTargets:
    """The jobs that somebody waits for, as they are known; one that leaves the watchlist stays as it last was."""

    def __init__(self, jobs: Iterable[JobRef], watchlist: Watchlist, since: float, *, for_any: bool) -> None:
        self.watches = {job: watchlist.watches[job] for job in jobs}
        self.for_any = for_any
        self._since = since
        self._lines: Mapping[str, TenantStatus] = {}
        self._listed: set[JobRef] = set()
        self._gone: set[JobRef] = set()

    def take(self, watchlist: Watchlist, pulses: Mapping[str, TenantStatus]) -> None:
        """What is known now."""
        self._lines = pulses
        self._listed.update(job for job in self.watches if job in watchlist.watches)
        self._gone = {job for job in self._listed if job not in watchlist.watches}
        self.watches = {job: watchlist.get(job) or watch for job, watch in self.watches.items()}

    @property
    def outcomes(self) -> dict[JobRef, Outcome]:
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


def wait_for(
    engine: PolledEngine,
    jobs: Sequence[JobRef],
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
    waiting = WaitTargets(jobs, watchlist, clock.now(), for_any=for_any)
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
        print_error(problem)
    _print(waiting, status, clock.now(), as_json=as_json)
    return status


def _follow(engine: PolledEngine, waiting: WaitTargets, clock: Clock, ends_at: float, progress: Progress) -> None:
    first = [job for job, one in waiting.outcomes.items() if one is Outcome.OPEN]
    for state in states(engine, first, lambda: ends_at - clock.boot()):
        if state is not None:
            waiting.take(state.watchlist, state.statuses)
        progress.tell(waiting.watches.values(), state or engine.state, clock.now())
        if waiting.is_over or clock.boot() >= ends_at:
            return


def _print(waiting: WaitTargets, status: int, now: float, *, as_json: bool) -> None:
    outcomes = waiting.outcomes
    if as_json:
        jobs = [{**record(watch, now), "outcome": outcomes[job].title} for job, watch in waiting.watches.items()]
        print(json.dumps({"schema": SCHEMA, "exit_status": status, "jobs": jobs}, ensure_ascii=False))
        return
    for job, watch in waiting.watches.items():
        print(table_row(watch, now, "" if outcomes[job].is_verdict else outcomes[job].title))


def stream(engine: PolledEngine, clock: Clock, wanted: str, tenant: str | None, *, as_json: bool) -> int:
    """Prints changes of the jobs that match until polling ends, with that exit status; raises `ValueError`."""
    before = engine.state.watchlist
    print_error(f"Watching {plural(len(filter_jobs(before, wanted, tenant, clock.now())), 'job')}; ctrl+c ends it.")
    troubles = Troubles()
    with suppress(PollingEndedError):
        for state in states(engine):
            if state is None:
                _need_reader()
                continue
            now = clock.now()
            for trouble in troubles.news(state, state.statuses if tenant is None else {tenant}):
                write_error(f"{trouble}\n")  # words of responses are not logged
            events = list(differences(before, state.watchlist))
            meant = {watch.job for watch in filter_jobs((watch for _, watch in events), wanted, tenant, now)}
            for event, watch in events:
                if watch.job in meant:
                    told = json.dumps(news_record(event, watch, now), ensure_ascii=False) if as_json else None
                    print(told or news_line(event, watch, now), flush=True)
            before = state.watchlist
    return SOME_REFUSED


def _need_reader() -> None:
    """Raises `OutputError` where the one who read has gone, although there is nothing to print."""
    looking = select.poll()
    looking.register(sys.stdout, 0)
    if any(events & select.POLLERR for _, events in looking.poll(0)):
        raise OutputError(status=CLOSED)


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID…|-", shell_complete=complete_jobs)
@click.option("--all/--any", "for_all", default=True, help="Until all have come out (the default), or the first one.")
@click.option("--timeout", metavar="SPAN", help="At most so long: 90s, 15m, 1h30m.")
@tenant_option("The tenant of the jobs.")
@AS_JSON
def wait(ids: tuple[str, ...], for_all: bool, timeout: str | None, tenant: str | None, as_json: bool) -> None:
    r"""Wait until jobs have come out; the exit status says how.

    New ids go onto the watchlist; with - the ids are taken from the text on standard input. Progress is told on
    standard error, and at the end one line a job on standard output.

    \b
    Exit status, the worst of all jobs; the worst first:
    1    failed
    3    needs attention: completed, but its order is not, or a payment is in error
    4    unknown to Zuora
    5    cannot be polled: Zuora refused the credentials, they may not read this, or polling has ended by a fault
    6    not ended in time
    0    done
    2 is wrong usage or configuration, 7 the output cannot be written, 70 an internal error,
    130 and 143 an interruption by ctrl+c and SIGTERM, 141 a closed pipe.

    \b
    Examples:
    zjobtui wait 1bc24f315d7b48d3a20245bfe73bdceb --timeout 15m
    curl … /v1/async/orders | zjobtui wait - && echo done
    """
    clock = SystemClock()
    with report_errors():
        limit = read_limit(timeout)
        texts = ids_in(read_stdin()) if ids == ("-",) else ids
    ends_at = inf if limit is None else clock.boot() + limit
    with open_store_and_watchlist([one.given for one in watchlist.collect_ids(texts).ids], limit) as (store, known, _):
        tenants = sound_configuration().tenants
        mine = [one for one in known if tenant in {None, one.job.tenant}]
        jobs = meant_jobs(mine, texts, tenant_for_new_jobs(tenants, tenant))
        need_tenants(known, jobs, [one.tenant.name for one in tenants], NO_TENANT)
        end_on_sigterm()
        for sentence in ignored_exemptions(tenants):
            print_error(sentence)
        with polling(tenants, store, known, clock) as engine:
            new = new_watches(known, jobs, clock.now())
            with suppress(RuntimeError, CancelledError):  # the engine has ended, and says why while it is followed
                engine.watch(new).result()
            watches = known.add(new).watchlist
            sys.exit(wait_for(engine, jobs, watches, clock, for_any=not for_all, ends_at=ends_at, as_json=as_json))


@click.command()
@AS_JSON
@FILTER
@TENANT
def watch(as_json: bool, wanted: str, tenant: str | None) -> None:
    r"""Ask Zuora, and print what happens to jobs as it happens, until ctrl+c.

    \b
    Examples:
    zjobtui watch --filter status:failed,attention
    zjobtui watch --json | jq -r 'select(.event == "status") | .job_id'
    """
    clock = SystemClock()
    with open_store_and_watchlist() as (store, watchlist, _):
        tenants = sound_configuration().tenants
        if not tenants:
            raise ValueError(NO_TENANT)
        end_on_sigterm()
        for sentence in ignored_exemptions(tenants):
            print_error(sentence)
        with polling(tenants, store, watchlist, clock) as engine:
            sys.exit(stream(engine, clock, wanted, tenant, as_json=as_json))
