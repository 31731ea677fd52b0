"""`tenants`: list the configured tenants; `add`, `edit` and `rm` change config.toml, `test` signs in."""

import shlex
import sys
import tomllib
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error
from zjobtui.cli.common import load_configuration, open_store_and_watchlist
from zjobtui.cli.main import LazyCommand
from zjobtui.config.paths import config_path, store_path
from zjobtui.config.tenants import InvalidTenantError, check_base_url, find_host
from zjobtui.config.writer import (
    NotWrittenError,
    TomlValue,
    add_tenant,
    edit_tenant,
    remove_tenant,
    tenant_table,
    written_secret,
)
from zjobtui.formatting.symbols import plural
from zjobtui.models.tenant import Tenant
from zjobtui.models.text import clean
from zjobtui.models.text_width import fit
from zjobtui.polling.rate_limiter import limits_for

if TYPE_CHECKING:
    from click.decorators import FC


@click.group(invoke_without_command=True)
@click.pass_context
def tenants(context: click.Context) -> None:
    r"""List the configured tenants.

    \b
    Examples:
    zjobtui tenants
    zjobtui tenants add eu --host "EU production" --client-id 5a1b… --secret-env EU_SECRET
    zjobtui tenants edit eu --daily-calls 20000
    zjobtui tenants test eu
    zjobtui tenants rm eu
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


def complete_configured(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the names of the tenants in config.toml, valid or not."""
    with suppress(OSError, ValueError):
        names = tomllib.loads(config_path().read_text(encoding="utf-8-sig")).get("tenants", {})
        return [name for name in names if name.startswith(incomplete)]
    return []


_OPTIONS = (
    click.option("--host", help='Name of a Zuora host, such as "EU production".'),
    click.option("--url", "--base-url", help="Base URL, for any other host."),
    click.option("--title", help="Name in the bar; by default the tenant's name."),
    click.option("--client-id", help="Id of the OAuth client."),
    click.option("--secret-env", metavar="NAME", help="Environment variable that contains the secret."),
    click.option(
        "--secret-command", metavar="COMMAND", help='Command that prints the secret, such as "op read op://ops/zuora".'
    ),
    click.option(
        "--secret-file", metavar="PATH", help="File that contains the secret; it must be yours, with mode 0600."
    ),
    click.option("--secret-keyring", metavar="SERVICE", help="Keyring service that contains the secret."),
    click.option(
        "--kind", help="production, central sandbox, developer sandbox, API sandbox, …; by default the host's."
    ),
    click.option("--colour", help="Colour on the screen: a name or #rrggbb."),
    click.option("--daily-calls", type=int, help="Maximum calls per day."),
    click.option("--calls-per-second", type=float, help="Maximum calls per second, such as 0.5."),
    click.option(
        "--expected-order-statuses",
        metavar="WORDS",
        help="Order statuses that need no attention, such as Pending,Scheduled.",
    ),
)


def _tenant_options(command: "FC") -> "FC":
    """Add the options for the settings of a tenant."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class _Setting(click.Choice[str]):
    """The name of a setting, spelled as an option or as in config.toml."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name as it is in an option; raise `click.BadParameter`."""
        return super().convert(value.replace("_", "-"), param, ctx)


_NAME = click.argument("name", shell_complete=complete_configured)


@tenants.command("add")
@click.argument("name")
@_tenant_options
def tenants_add(name: str, **options: str | float | None) -> None:
    """Add a tenant to config.toml.

    Give --host or --url, --client-id, and one of the four --secret-… options; the secret itself is never given on the
    command line.
    """
    if options["client_id"] is None:
        raise click.UsageError("Missing option '--client-id'.")
    _change(lambda: add_tenant(config_path(), name, _values(options)))
    print(f"{name} was added to {config_path()}. Check it with: zjobtui tenants test {shlex.quote(name)}")


@tenants.command("edit")
@_NAME
@_tenant_options
@click.option(
    "--unset",
    multiple=True,
    type=_Setting(("title", "kind", "colour", "daily-calls", "calls-per-second", "expected-order-statuses")),
    help="Remove this setting, so that its default applies; can be repeated.",
)
def tenants_edit(name: str, unset: tuple[str, ...], **options: str | float | None) -> None:
    r"""Change settings of a tenant in config.toml.

    The other settings and all comments are kept. --url replaces --host, and a new --secret-… option the old one.

    \b
    Examples:
    zjobtui tenants edit eu --kind production --title "EU live"
    zjobtui tenants edit eu --unset daily-calls
    """
    gone = tuple(key.replace("-", "_") for key in unset)
    if not gone and all(value is None for value in options.values()):
        raise click.UsageError("Nothing to change: give at least one option; see: zjobtui tenants edit --help")
    if both := [key for key in gone if options.get(key) is not None]:
        raise click.UsageError(f"--{both[0].replace('_', '-')} cannot be set and unset at the same time.")
    _change(lambda: edit_tenant(config_path(), name, _values(options), gone))
    print(f"{name} was changed in {config_path()}. Check it with: zjobtui tenants test {shlex.quote(name)}")


@tenants.command("rm")
@_NAME
@click.option("--yes", is_flag=True, help="Remove the tenant without a confirmation.")
@click.option("--force", is_flag=True, help="Remove the tenant even if its jobs are on the watchlist.")
def tenants_rm(name: str, *, yes: bool, force: bool) -> None:
    """Remove a tenant from config.toml.

    Its jobs stay on the watchlist, and its secret stays where it is. Without a terminal for the confirmation, it needs
    --yes.
    """
    path = config_path()
    secret = ""

    def check() -> None:
        nonlocal secret
        secret = written_secret(path, name, tenant_table(path, name))

    _change(check)
    jobs = _watched_jobs(name)
    if jobs and not force:
        print_error(
            f"{plural(jobs, 'job')} of “{clean(name)}” on the watchlist would no longer be polled. Remove or archive"
            " them first, or use --force to keep them there."
        )
        sys.exit(USAGE)
    if not yes:
        _confirm(f"Remove tenant “{clean(name)}” from {clean(str(path))}?")
    _change(lambda: remove_tenant(path, name))
    print(f"{name} was removed from {path}.")
    if jobs:
        stay = "stays" if jobs == 1 else "stay"
        print(f"{plural(jobs, 'job')} of this tenant {stay} on the watchlist without being polled.")
    if secret:
        print(f"Its secret is kept in {secret}")


tenants.add_command(LazyCommand("test", "tenant_check", "Sign in to a tenant, and make one call."))


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        print_error(f"{question} Confirm with --yes.")
        sys.exit(USAGE)
    if not click.confirm(question, err=True):
        print_error("Nothing was changed.")
        sys.exit(SOME_REFUSED)


def _watched_jobs(tenant: str) -> int:
    """Return the number of jobs of a tenant on the watchlist; a store that does not exist is not created."""
    if not store_path().exists():
        return 0
    with open_store_and_watchlist() as (_, watchlist, _now):
        return sum(watch.job.tenant == tenant for watch in watchlist)


def _change(change: Callable[[], None]) -> None:
    """Change the settings file; print why that is not possible, and exit."""
    try:
        change()
    except (InvalidTenantError, NotWrittenError) as error:
        print_error(str(error))
        sys.exit(USAGE)


def _values(options: dict[str, str | float | None]) -> dict[str, TomlValue]:
    """Return the given options as settings; raise `InvalidTenantError`."""
    values: dict[str, TomlValue] = {key: value for key, value in options.items() if value is not None}
    if isinstance(command := values.get("secret_command"), str):
        values["secret_command"] = _split_command(command)
    if host := values.get("host"):
        find_host(str(host))
    if url := values.get("url"):
        values["url"] = check_base_url(str(url))
    if isinstance(statuses := values.get("expected_order_statuses"), str):
        values["expected_order_statuses"] = [status.strip() for status in statuses.split(",") if status.strip()]
    return values


def _split_command(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise click.UsageError(f"--secret-command is not a valid command line: {error}.") from None
