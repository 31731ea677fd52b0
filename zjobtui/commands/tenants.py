"""The commands about tenants: which are configured, how another is, and whether all is well with them."""

import os
import sys
from typing import TYPE_CHECKING

import click

from zjobtui.clock import SystemClock
from zjobtui.commands.shared import found_configuration
from zjobtui.logs import log_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zjobtui.headless.findings import Finding


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
    from zjobtui.headless.findings import report

    if mend:
        _mend()
    sys.exit(report(list(_findings(offline=offline)), as_json=as_json))


def _mend() -> None:
    from zjobtui.commands.guards import faults_told
    from zjobtui.config.paths import store_path
    from zjobtui.headless.saying import complain
    from zjobtui.storage.examining import examine
    from zjobtui.storage.recovery import recover
    from zjobtui.wiring import read_report

    path = store_path()
    with faults_told():
        fault = examine(path).damage
        told = recover(path, fault, read_report, lambda: False) if fault else "There is no damage in the store."
        complain(told)


def _findings(*, offline: bool) -> "Iterator[Finding]":
    from zjobtui.config.paths import config_path, store_path
    from zjobtui.headless import doctor as say
    from zjobtui.headless.terminal_findings import terminal_findings
    from zjobtui.storage.examining import examine
    from zjobtui.storage.sharing import record_calls
    from zjobtui.wiring import check_up_all, look_of
    from zjobtui.zuora.proxy import InvalidProxyError, Route, find_route

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


@click.group(invoke_without_command=True)
@click.pass_context
def tenants(context: click.Context) -> None:
    r"""List the tenants that are configured.

    \b
    Examples:
    zjobtui tenants
    zjobtui tenants add eu --host "EU production" --client-id 5a1b… --secret-env EU_SECRET
    """
    if context.invoked_subcommand is None:
        from zjobtui.headless.tenants import list_tenants

        found = found_configuration()
        sys.exit(list_tenants([one.tenant for one in found.tenants], found.problems, found.notices))


@tenants.command("add")
@click.argument("name")
@click.option("--host", help='One of Zuora\'s hosts by its name, such as "EU production".')
@click.option("--url", help="The base URL, for any other host.")
@click.option("--client-id", required=True, help="The id of the OAuth client.")
@click.option("--secret-env", metavar="NAME", help="The environment variable that holds the secret.")
@click.option("--secret-command", metavar="COMMAND", help='What prints the secret, such as "op read op://ops/zuora".')
@click.option("--secret-file", metavar="PATH", help="The file that holds the secret; yours, with mode 0600.")
@click.option("--secret-keyring", metavar="SERVICE", help="The service under which the keyring keeps it.")
@click.option("--kind", help="production, central sandbox, developer sandbox, API sandbox, …; by default the host's.")
@click.option("--colour", help="Its colour on the screen: a name or #rrggbb.")
@click.option("--daily-calls", type=int, help="The calls of a day.")
@click.option("--calls-per-second", type=float, help="The calls of a second, such as 0.5.")
def add_tenant(name: str, **given: str | float | None) -> None:
    """Add a tenant to config.toml; the secret itself is never given here.

    Give --host or --url, and one of the four --secret-… options.
    """
    import shlex

    from zjobtui.config.paths import config_path
    from zjobtui.headless.tenants import add

    values: dict[str, str | int | float | list[str]] = {key: value for key, value in given.items() if value is not None}
    if isinstance(command := values.get("secret_command"), str):
        try:
            values["secret_command"] = shlex.split(command)
        except ValueError as fault:
            raise click.UsageError(f"--secret-command cannot be taken apart: {fault}.") from None
    sys.exit(add(config_path(), name, values))
