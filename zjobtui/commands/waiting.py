"""The commands that ask Zuora without a screen: wait for jobs, and watch what happens to them."""

import sys
from concurrent.futures import CancelledError
from contextlib import suppress
from math import inf

import click

from zjobtui.clock import SystemClock
from zjobtui.commands.faults import faults_told
from zjobtui.commands.options import AS_JSON, FILTER, TENANT, tenant_option
from zjobtui.commands.shared import (
    NO_TENANT,
    complete_jobs,
    end_on_sigterm,
    home_of_new,
    opened_store,
    read_stdin,
    sound_configuration,
)
from zjobtui.headless import adding, asking, streaming, waiting
from zjobtui.headless.saying import complain
from zjobtui.wiring.engine import ignored_exemptions, polling


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
    with faults_told():
        limit = asking.read_limit(timeout)
        texts = asking.ids_in(read_stdin()) if ids == ("-",) else ids
    ends_at = inf if limit is None else clock.boot() + limit
    with opened_store([one.given for one in adding.gather(texts).ids], limit) as (store, known, _):
        tenants = sound_configuration().tenants
        mine = [one for one in known if tenant in {None, one.job.tenant}]
        jobs = asking.meant_jobs(mine, texts, home_of_new(tenants, tenant))
        asking.need_tenants(known, jobs, [one.tenant.name for one in tenants], NO_TENANT)
        end_on_sigterm()
        for sentence in ignored_exemptions(tenants):
            complain(sentence)
        with polling(tenants, store, known, clock) as engine:
            new = asking.new_watches(known, jobs, clock.now())
            with suppress(RuntimeError, CancelledError):  # the engine has ended, and says why while it is followed
                engine.watch(new).result()
            watches = known.add(new).watchlist
            sys.exit(waiting.wait(engine, jobs, watches, clock, for_any=not for_all, ends_at=ends_at, as_json=as_json))


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
    with opened_store() as (store, watchlist, _):
        tenants = sound_configuration().tenants
        if not tenants:
            raise ValueError(NO_TENANT)
        end_on_sigterm()
        for sentence in ignored_exemptions(tenants):
            complain(sentence)
        with polling(tenants, store, watchlist, clock) as engine:
            sys.exit(streaming.stream(engine, clock, wanted, tenant, as_json=as_json))
