"""The command that looks whether all is well."""

import os
import sys
from collections.abc import Iterator

import click

from zjobtui.clock import SystemClock
from zjobtui.commands.faults import faults_told
from zjobtui.commands.shared import found_configuration
from zjobtui.config.paths import config_path, store_path
from zjobtui.headless import doctor as say
from zjobtui.headless.findings import Finding, report
from zjobtui.headless.saying import complain
from zjobtui.headless.terminal_findings import terminal_findings
from zjobtui.logs import log_path
from zjobtui.storage.examining import examine
from zjobtui.storage.recovery import recover
from zjobtui.storage.sharing import record_calls
from zjobtui.wiring.checkup import check_up_all
from zjobtui.wiring.monitor import look_of
from zjobtui.wiring.reader import read_report
from zjobtui.zuora.proxy import InvalidProxyError, Route, find_route


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
@click.option("--offline", is_flag=True, help="Ask no host and fetch no secret.")
@click.option(
    "--mend", is_flag=True, help="Where the store is damaged, take what is readable over into a new one first."
)
def doctor(*, as_json: bool, offline: bool, mend: bool) -> None:
    r"""Look at settings, tenants, hosts, store and terminal, and say what to do.

    Exits with 1 where something is wrong. Each tenant is sent one sign-in and one call; only --mend
    changes anything.

    \b
    Examples:
    zjobtui doctor
    zjobtui doctor --offline --json
    """
    if mend:
        _mend()
    sys.exit(report(list(_findings(offline=offline)), as_json=as_json))


def _mend() -> None:
    path = store_path()
    with faults_told():
        fault = examine(path).damage
        told = recover(path, fault, read_report, lambda: False) if fault else "There is no damage in the store."
        complain(told)


def _findings(*, offline: bool) -> Iterator[Finding]:
    found = found_configuration()
    problems = (*found.problems, *look_of(found)[1])
    yield from say.config_findings(str(config_path()), problems, found.notices, os.environ, len(found.tenants))
    store = examine(store_path())
    checkups = [] if offline else check_up_all(found.tenants)
    sent = {one.tenant.name: checkup.requests for one, checkup in zip(found.tenants, checkups, strict=False)}
    now = SystemClock().now()
    if sent and not store.damage:
        record_calls(store.path, int(now // 86_400), sent)
    for number, one in enumerate(found.tenants):
        tenant = one.tenant
        try:
            yield from say.tenant_findings(tenant, find_route(tenant.base_url, os.environ))
        except InvalidProxyError as fault:
            yield from say.tenant_findings(tenant, Route(), str(fault))
        if checkups:
            yield from say.checkup_findings(tenant.name, checkups[number])
        yield from say.budget_findings(tenant, store.calls.get(tenant.name, 0) + sent.get(tenant.name, 0))
    yield from say.store_findings(store, now)
    yield from say.permission_findings((config_path(), store_path().parent, store_path()))
    yield from say.log_findings(log_path())
    yield from terminal_findings(os.environ)
