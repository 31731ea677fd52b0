"""`tenants`: list and add tenants."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error
from zjobtui.cli.common import found_configuration
from zjobtui.config.paths import config_path
from zjobtui.config.tenants import InvalidTenantError, check_base_url, find_host
from zjobtui.config.writer import NotWrittenError, TomlValue, add_tenant
from zjobtui.formatting.text_width import fit
from zjobtui.models.tenant import Tenant
from zjobtui.polling.rate_limiter import limits_for


def list_tenants(tenants: Sequence[Tenant], problems: Sequence[str], notices: Sequence[str] = ()) -> int:
    """Prints a line for each: name, host, kind, calls of a day, where the secret comes from."""
    for problem in (*problems, *notices):
        print_error(problem)
    for tenant in tenants:
        calls = f"{limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second).per_day:,.0f} calls/day"
        cells = (fit(tenant.name, 16), fit(tenant.base_url, 34), fit(tenant.kind.value, 18), fit(calls, 20))
        print("  ".join((*cells, tenant.credentials_from)))
    if not tenants:
        print_error("No tenant is configured. Add one with: zjobtui tenants add NAME --host … --client-id … --secret-…")
    return USAGE if not tenants else SOME_REFUSED if problems else OK


def save_tenant(path: Path, name: str, values: dict[str, TomlValue]) -> int:
    """Adds a tenant to the settings; what its reader, or the table of hosts, would refuse is told and not written."""
    try:
        if host := values.get("host"):
            find_host(str(host))
        if url := values.get("url"):
            values["url"] = check_base_url(str(url))
        add_tenant(path, name, values)
    except (InvalidTenantError, NotWrittenError) as fault:
        print_error(str(fault))
        return USAGE
    print(f"{name} was added to {path}. Look whether it works with: zjobtui doctor")
    return OK


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
def add(name: str, **given: str | float | None) -> None:
    """Add a tenant to config.toml; the secret itself is never given here.

    Give --host or --url, and one of the four --secret-… options.
    """
    values: dict[str, str | int | float | list[str]] = {key: value for key, value in given.items() if value is not None}
    if isinstance(command := values.get("secret_command"), str):
        try:
            values["secret_command"] = shlex.split(command)
        except ValueError as fault:
            raise click.UsageError(f"--secret-command cannot be taken apart: {fault}.") from None
    sys.exit(save_tenant(config_path(), name, values))
