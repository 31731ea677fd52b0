"""`tenants` and `tenants add`: list the configured tenants, and add one to config.toml."""

import shlex
import sys

import click

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error
from zjobtui.cli.common import load_configuration
from zjobtui.config.paths import config_path
from zjobtui.config.tenants import InvalidTenantError, check_base_url, find_host
from zjobtui.config.writer import NotWrittenError, TomlValue, add_tenant
from zjobtui.formatting.text_width import fit
from zjobtui.models.tenant import Tenant
from zjobtui.polling.rate_limiter import limits_for


@click.group(invoke_without_command=True)
@click.pass_context
def tenants(context: click.Context) -> None:
    r"""List the configured tenants.

    \b
    Examples:
    zjobtui tenants
    zjobtui tenants add eu --host "EU production" --client-id 5a1b… --secret-env EU_SECRET
    """
    if context.invoked_subcommand is not None:
        return
    configuration = load_configuration()
    for problem in (*configuration.problems, *configuration.notices, *configuration.remarks):
        print_error(problem)
    for configured in configuration.tenants:
        print(_table_row(configured.tenant))
    if not configuration.tenants:
        print_error("No tenant is configured. Add one with: zjobtui tenants add NAME --host … --client-id … --secret-…")
        sys.exit(USAGE)
    sys.exit(SOME_REFUSED if configuration.problems else OK)


def _table_row(tenant: Tenant) -> str:
    """Return one line: name, host, kind, daily calls, and where the secret comes from."""
    calls = f"{limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second).per_day:,.0f} calls/day"
    cells = (fit(tenant.name, 16), fit(tenant.base_url, 34), fit(tenant.kind.value, 18), fit(calls, 20))
    return "  ".join((*cells, tenant.credentials_from))


@tenants.command("add")
@click.argument("name")
@click.option("--host", help='Name of a Zuora host, such as "EU production".')
@click.option("--url", help="Base URL, for any other host.")
@click.option("--client-id", required=True, help="Id of the OAuth client.")
@click.option("--secret-env", metavar="NAME", help="Environment variable that contains the secret.")
@click.option(
    "--secret-command", metavar="COMMAND", help='Command that prints the secret, such as "op read op://ops/zuora".'
)
@click.option("--secret-file", metavar="PATH", help="File that contains the secret; it must be yours, with mode 0600.")
@click.option("--secret-keyring", metavar="SERVICE", help="Keyring service that contains the secret.")
@click.option("--kind", help="production, central sandbox, developer sandbox, API sandbox, …; by default the host's.")
@click.option("--colour", help="Colour on the screen: a name or #rrggbb.")
@click.option("--daily-calls", type=int, help="Maximum calls per day.")
@click.option("--calls-per-second", type=float, help="Maximum calls per second, such as 0.5.")
@click.option(
    "--expected-order-statuses",
    metavar="WORDS",
    help="Order statuses that need no attention, such as Pending,Scheduled.",
)
def add(name: str, **options: str | float | None) -> None:
    """Add a tenant to config.toml; the secret itself is never an option.

    Give --host or --url, and one of the four --secret-… options.
    """
    values: dict[str, TomlValue] = {key: value for key, value in options.items() if value is not None}
    try:
        if isinstance(command := values.get("secret_command"), str):
            values["secret_command"] = _split_command(command)
        if host := values.get("host"):
            find_host(str(host))
        if url := values.get("url"):
            values["url"] = check_base_url(str(url))
        if isinstance(statuses := values.get("expected_order_statuses"), str):
            values["expected_order_statuses"] = [status.strip() for status in statuses.split(",") if status.strip()]
        add_tenant(config_path(), name, values)
    except (InvalidTenantError, NotWrittenError) as error:
        print_error(str(error))
        sys.exit(USAGE)
    print(f"{name} was added to {config_path()}. Check it with: zjobtui doctor")


def _split_command(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise click.UsageError(f"--secret-command is not a valid command line: {error}.") from None
