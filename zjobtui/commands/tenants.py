"""The commands about tenants: which are configured, and how another is."""

import shlex
import sys

import click

from zjobtui.commands.shared import found_configuration
from zjobtui.config.paths import config_path
from zjobtui.headless.tenants import add, list_tenants


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
def add_tenant(name: str, **given: str | float | None) -> None:
    """Add a tenant to config.toml; the secret itself is never given here.

    Give --host or --url, and one of the four --secret-… options.
    """
    values: dict[str, str | int | float | list[str]] = {key: value for key, value in given.items() if value is not None}
    if isinstance(command := values.get("secret_command"), str):
        try:
            values["secret_command"] = shlex.split(command)
        except ValueError as fault:
            raise click.UsageError(f"--secret-command cannot be taken apart: {fault}.") from None
    sys.exit(add(config_path(), name, values))
