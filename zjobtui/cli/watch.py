"""`watch`: poll, and print changes of jobs as they happen."""

import select
import sys
from contextlib import suppress

import click

from zjobtui.bootstrap.engine import ignored_exemptions, options_of, polling
from zjobtui.bootstrap.output import CLOSED, SOME_REFUSED, OutputError, print_error, print_json, write_error
from zjobtui.cli.common import NO_TENANT, load_valid_configuration, open_store_and_watchlist
from zjobtui.cli.options import AS_JSON, TENANT
from zjobtui.cli.progress import PollingEndedError, Problems, states
from zjobtui.cli.selection import FILTER, filter_jobs, parse_filter
from zjobtui.clock import Clock, SystemClock
from zjobtui.formatting.events import news_line, news_record
from zjobtui.formatting.symbols import plural
from zjobtui.models.diff import differences
from zjobtui.models.duration_stats import typical_times
from zjobtui.polling.engine import Engine
from zjobtui.signals import raise_on_signals


@click.command()
@AS_JSON
@FILTER
@TENANT
def watch(as_json: bool, wanted: str, tenant: str | None) -> None:
    r"""Poll Zuora and print changes of jobs until Ctrl+C.

    \b
    Examples:
    zjobtui watch --filter status:failed,attention
    zjobtui watch --json | jq -r 'select(.event == "status") | .job_id'
    """
    clock = SystemClock()
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, _):
        loaded = load_valid_configuration()
        tenants = loaded.tenants
        if not tenants:
            raise ValueError(NO_TENANT)
        for sentence in ignored_exemptions(tenants):
            print_error(sentence)
        with raise_on_signals(), polling(tenants, store, watchlist, clock, options_of(loaded)) as engine:
            print_changes(engine, clock, wanted, tenant, as_json=as_json)
            sys.exit(SOME_REFUSED)


def print_changes(engine: Engine, clock: Clock, wanted: str, tenant: str | None, *, as_json: bool) -> None:
    """Print changes of the jobs that match until polling ends; raise `ValueError` if the filter is not valid."""
    before = engine.state.watchlist
    wanted_filter = parse_filter(wanted, tuple(before))
    print_error(
        f"Watching {plural(len(filter_jobs(before, wanted, tenant, clock.now())), 'job')}; press Ctrl+C to stop."
    )
    problems = Problems()
    with suppress(PollingEndedError):
        for state in states(engine):
            if state is None:
                _require_reader()
                continue
            now = clock.now()
            for problem in problems.new_in(state, state.statuses if tenant is None else {tenant}):
                write_error(f"{problem}\n")  # words of responses are not logged
            events = list(differences(before, state.watchlist))
            is_wanted = wanted_filter.at(now, typical_times(state.watchlist) if wanted_filter.is_timed else {})
            matching = {w.job for _, w in events if tenant in {None, w.job.tenant} and is_wanted(w)}
            for event, watch in events:
                if watch.job in matching and as_json:
                    print_json(news_record(event, watch, now))
                elif watch.job in matching:
                    has_tenant = tenant is None and len(state.statuses) > 1
                    print(news_line(event, watch, now, has_tenant=has_tenant), flush=True)
            before = state.watchlist


def _require_reader() -> None:
    """Raise `OutputError` if the reader of standard output has gone, although there is nothing to print."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    if any(events & select.POLLERR for _, events in poll.poll(0)):
        raise OutputError(status=CLOSED)
