"""`wait`: poll jobs until they finish, and exit with a status for the result."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from itertools import chain
from math import inf

import click

from zjobtui.bootstrap.configuration import Configured
from zjobtui.bootstrap.engine import ignored_exemptions, options_of, polling
from zjobtui.bootstrap.output import exit_status_of, print_error, print_json
from zjobtui.cli.common import (
    NO_TENANT,
    check_tenant,
    load_valid_configuration,
    open_store_and_watchlist,
    report_errors,
    tenant_for_new_jobs,
    unknown_tenant,
)
from zjobtui.cli.job_ids import NO_ID, collect_ids, read_stdin
from zjobtui.cli.ls import REASON_LIMIT, is_terminal, terminal_width
from zjobtui.cli.options import AS_JSON, tenant_option
from zjobtui.cli.progress import PollingEndedError, Progress, states
from zjobtui.cli.selection import (
    FILTER,
    NOT_WATCHED,
    complete_batches,
    complete_jobs,
    filter_jobs,
    names_in,
    resolve_jobs,
    resolve_one,
)
from zjobtui.clock import Clock, SystemClock
from zjobtui.formatting.records import RECORD_SCHEMA, record
from zjobtui.formatting.table import job_table
from zjobtui.models.batches import SMALLEST, closing_line, default_batch_name, progress_of, unique_batch_name
from zjobtui.models.durations import parse_duration
from zjobtui.models.job import InvalidJobIdError, JobId, JobRef
from zjobtui.models.outcome import Outcome, is_over, outcome, worst
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.text import clean, nearest, shorten
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.engine import Engine
from zjobtui.signals import raise_on_signals


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID…|-]", shell_complete=complete_jobs)
@click.option("--batch", metavar="NAME", help="Wait for the jobs of this batch.", shell_complete=complete_batches)
@FILTER
@click.option(
    "--all/--any", "for_all", default=True, help="Wait until all jobs finish (the default), or the first one."
)
@click.option("--timeout", metavar="DURATION", help="Give up after this time, such as 90s, 15m or 1h30m.")
@tenant_option("Tenant of the jobs.")
@AS_JSON
def wait(
    ids: tuple[str, ...],
    batch: str | None,
    wanted: str,
    for_all: bool,
    timeout: str | None,
    tenant: str | None,
    as_json: bool,
) -> None:
    r"""Wait until jobs finish; the exit status is the result.

    New ids are added to the watchlist; with - ids are taken from the text on standard input. Or wait for the jobs
    of a batch, or for those that match a filter now. Progress is printed to standard error, and at the end one line for
    each job to standard output, on a terminal below a heading; for a batch or a filter, their totals follow.

    \b
    The exit status is that of the worst job; the worst first:
    1    failed
    3    needs attention: completed, but its order is not, or a payment is in error
    4    unknown to Zuora
    5    cannot be polled: signed out, no permission, no secret, a wrong setting, or polling stopped with an error
    6    not ended in time
    0    done
    2 is wrong usage or configuration, 7 output that cannot be written, 70 an internal error,
    130 and 143 an interruption by Ctrl+C and SIGTERM, 141 a closed pipe.

    \b
    Examples:
    zjobtui wait 1bc24f315d7b48d3a20245bfe73bdceb --timeout 15m
    curl … /v1/async/orders | zjobtui wait - && echo done
    zjobtui wait --batch 'renewals Q4'
    """
    if sum(map(bool, (ids, batch, wanted))) != 1:
        raise click.UsageError("Give job ids, - for standard input, --batch NAME, or --filter FILTER.")
    clock = SystemClock()
    with report_errors():
        limit = parse_timeout(timeout)
        stdin = read_stdin() if "-" in ids else ""
        texts = list(chain.from_iterable(_ids_in(stdin) if text == "-" else [text] for text in dict.fromkeys(ids)))
    ends_at = inf if limit is None else clock.boot() + limit
    entered = [job_id.given for job_id in collect_ids(texts).ids]
    with open_store_and_watchlist(entered, limit) as (store, watchlist, now):
        loaded = load_valid_configuration()
        tenants = loaded.tenants
        if not ids:
            check_tenant(tenant)
        of_tenant = filter_jobs(watchlist, "", tenant, now)
        names = chain.from_iterable(names_in(of_tenant, text) for text in texts)
        jobs = list(dict.fromkeys(_resolve_or_new(of_tenant, name, tenants, tenant) for name in names))
        title = batch or wanted
        if title:
            jobs = [watch.job for watch in _select(of_tenant, batch, wanted, now)]
        _require_tenants(watchlist, jobs, tenants)
        for sentence in ignored_exemptions(tenants):
            print_error(sentence)
        with raise_on_signals(), polling(tenants, store, watchlist, clock, options_of(loaded)) as engine:
            entered.clear()  # the end of polling prints what it could not save
            new = _new_jobs([job for job in jobs if watchlist.get(job) is None], stdin, clock.now(), watchlist)
            with suppress(RuntimeError, CancelledError):  # the engine has ended; `wait_for` reports why
                engine.watch(new).result()
            watched = watchlist.add(new).watchlist
            for_any = not for_all
            status = wait_for(
                engine, jobs, watched, clock, for_any=for_any, ends_at=ends_at, as_json=as_json, title=title
            )
            sys.exit(status)


def parse_timeout(text: str | None) -> float | None:
    """Return the seconds of `--timeout`; raise `ValueError` if it is not a valid duration."""
    limit = None if text is None else parse_duration(text)
    if text is not None and limit is None:
        raise ValueError(f"--timeout: “{clean(text)}” is not a valid duration; try 90s, 15m or 1h30m.")
    return limit


def _select(watches: Sequence[WatchedJob], batch: str | None, wanted: str, now: float) -> list[WatchedJob]:
    """Return the jobs of a batch, or those that match a filter; raise `ValueError` if there are none."""
    if batch is None:
        if not (selected := filter_jobs(watches, wanted, None, now)):
            raise ValueError("No jobs match.")
        return selected
    if not (selected := [watch for watch in watches if watch.batch == batch]):
        near = nearest(batch, {watch.batch for watch in watches if watch.batch})
        raise ValueError(f"There is no batch “{clean(batch)}”." + (f" Did you mean “{near}”?" if near else ""))
    return selected


def _new_jobs(jobs: Sequence[JobRef], stdin: str, now: float, watchlist: Watchlist) -> list[WatchedJob]:
    """Return jobs to add, in a batch if they are several; it is named after the text that they came from."""
    name = ""
    if len(jobs) >= SMALLEST:
        before = stdin.partition(jobs[0].id.given)[0]
        name = unique_batch_name(default_batch_name(before, now, source="wait"), watchlist)
    return [WatchedJob(job=job, added_at=now, added_by="wait", batch=name) for job in jobs]


def _ids_in(stdin: str) -> list[str]:
    """Return the ids in the text on standard input, and print what is left out; raise `ValueError` if any is broken."""
    parsed = collect_ids((), [("", stdin)])
    for sentence in parsed.left_out:
        print_error(sentence)
    if parsed.refused or not parsed.ids:
        raise ValueError("\n".join(parsed.refused) or NO_ID)
    return [job_id.given for job_id in parsed.ids]


def _resolve_or_new(
    watches: Sequence[WatchedJob], text: str, tenants: tuple[Configured, ...], tenant: str | None
) -> JobRef:
    """Return the watched job that a text names, or a new one of the tenant for new jobs; raise `ValueError`."""
    if not resolve_jobs(watches, text):
        with suppress(InvalidJobIdError):
            job_id = JobId.parse(text)
            return JobRef(tenant_for_new_jobs(tenants, tenant), job_id)
    return resolve_one(watches, text, f"{NOT_WATCHED}; give the whole id of a job that is not watched yet").job


def _require_tenants(watchlist: Watchlist, jobs: Iterable[JobRef], tenants: Sequence[Configured]) -> None:
    """Raise `ValueError` if an unfinished job belongs to a tenant that is not configured."""
    names = [configured.tenant.name for configured in tenants]
    watches = {job: watchlist.get(job) for job in jobs}
    missing = {job.tenant for job, watch in watches.items() if not (watch and watch.is_final)} - set(names)
    if missing and not names:
        raise ValueError(NO_TENANT)
    if missing:
        raise ValueError("\n".join(unknown_tenant(name, names) for name in sorted(missing)))


def wait_for(
    engine: Engine,
    jobs: Sequence[JobRef],
    watchlist: Watchlist,
    clock: Clock,
    *,
    for_any: bool,
    ends_at: float = inf,
    as_json: bool,
    title: str = "",
) -> int:
    """Wait for jobs of the watchlist, print them, and return the exit status.

    `ends_at` is in seconds of the boot clock. If there is a `title`, a last line has the numbers of all under it.
    """
    targets = WaitTargets(jobs, watchlist, clock.now(), for_any=for_any)
    status = None
    if not targets.is_over:
        progress = Progress(jobs, clock.now())
        try:
            _poll_until_over(engine, targets, clock, ends_at, progress)
        except PollingEndedError:
            outcomes = (
                Outcome.CANNOT_BE_POLLED if result is Outcome.OPEN else result for result in targets.outcomes.values()
            )
            status = worst(outcomes, for_any=for_any).status
        except KeyboardInterrupt as interruption:
            status = exit_status_of(interruption)
        finally:
            progress.close()
    status = worst(targets.outcomes.values(), for_any=for_any).status if status is None else status
    for problem in targets.problems:
        print_error(problem)
    _print_result(targets, status, clock.now(), as_json=as_json)
    if title and not as_json:
        print(closing_line(progress_of(title, targets.watches.values())))
    return status


class WaitTargets:
    """The jobs that are waited for, with the newest state of each; a job that was removed keeps its last state."""

    def __init__(self, jobs: Iterable[JobRef], watchlist: Watchlist, since: float, *, for_any: bool) -> None:
        self.watches = {job: watchlist.watches[job] for job in jobs}
        self.for_any = for_any
        self._since = since
        self._statuses: Mapping[str, TenantStatus] = {}
        self._listed: set[JobRef] = set()
        self._removed: set[JobRef] = set()

    def update(self, watchlist: Watchlist, statuses: Mapping[str, TenantStatus]) -> None:
        """Take the jobs and the tenants' statuses of a newer state."""
        self._statuses = statuses
        self._listed.update(job for job in self.watches if job in watchlist.watches)
        self._removed = {job for job in self._listed if job not in watchlist.watches}
        self.watches = {job: watchlist.get(job) or watch for job, watch in self.watches.items()}

    @property
    def outcomes(self) -> dict[JobRef, Outcome]:
        """The outcome of each job."""
        problems = {name: status.problem for name, status in self._statuses.items()}
        return {job: outcome(watch, problems.get(job.tenant), self._since) for job, watch in self.watches.items()}

    @property
    def reasons(self) -> dict[JobRef, str]:
        """Why each job without a verdict has none: the problem of its tenant, or of its last call; "" if unknown."""
        statuses = {job: self._statuses.get(job.tenant) for job in self.watches}
        problems = {job: (status and status.problem) or self.watches[job].problem for job, status in statuses.items()}
        outcomes = self.outcomes
        return {job: "" if outcomes[job].is_verdict else str(problem or "") for job, problem in problems.items()}

    @property
    def problems(self) -> list[str]:
        """Why the last calls about open jobs failed, if that has not been shown as a problem of the tenant."""
        shown = {name for name, status in self._statuses.items() if status.problem is not None}
        outcomes = self.outcomes
        failed = [
            (job.tenant, watch.problem)
            for job, watch in self.watches.items()
            if watch.problem is not None and outcomes[job] is Outcome.OPEN and job.tenant not in shown
        ]
        return [f"{tenant}: {problem.sentences}" for tenant, problem in dict.fromkeys(failed)]

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to wait for; a removed job is not waited for."""
        return is_over(
            (result for job, result in self.outcomes.items() if job not in self._removed), for_any=self.for_any
        )


def _poll_until_over(engine: Engine, targets: WaitTargets, clock: Clock, ends_at: float, progress: Progress) -> None:
    first = [job for job, result in targets.outcomes.items() if result is Outcome.OPEN]
    for state in states(engine, first, lambda: ends_at - clock.boot()):
        if state is not None:
            targets.update(state.watchlist, state.statuses)
        progress.update(targets.watches.values(), state or engine.state, clock.now())
        if targets.is_over or clock.boot() >= ends_at:
            return


def _print_result(targets: WaitTargets, status: int, now: float, *, as_json: bool) -> None:
    outcomes, reasons = targets.outcomes, targets.reasons
    if as_json:
        jobs = [
            {**record(watch, now), "outcome": outcomes[job].title, "reason": reasons[job] or None}
            for job, watch in targets.watches.items()
        ]
        print_json({"schema": RECORD_SCHEMA, "exit_status": status, "jobs": jobs})
        return
    remarks = dict[JobRef, str]()
    for job in targets.watches:
        title, reason = "" if outcomes[job].is_verdict else outcomes[job].title, reasons[job]
        words = reason if reason.startswith(title) else " · ".join(part for part in (title, reason) if part)
        remarks[job] = shorten(words, REASON_LIMIT)
    heading, *rows = job_table(tuple(targets.watches.values()), now, terminal_width(), remarks, is_why_whole=True)
    print("\n".join([heading, *rows] if is_terminal() else rows))
