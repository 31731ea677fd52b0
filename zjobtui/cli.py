"""The program: the monitor, and the commands by name."""

import sys
from typing import TYPE_CHECKING

import click

from zjobtui import __version__
from zjobtui.commands.carrying import export, import_
from zjobtui.commands.printing import ls, show
from zjobtui.commands.shared import Program, faults_told, need_terminal
from zjobtui.commands.simulation import demo, simulate
from zjobtui.commands.tenants import doctor, tenants
from zjobtui.commands.upkeep import completion, store
from zjobtui.commands.waiting import wait, watch
from zjobtui.commands.watchlist import add, archive, restore, rm
from zjobtui.headless.saying import USAGE

if TYPE_CHECKING:
    from zjobtui.wiring import Configuration

NO_TENANT = """\
No tenant is configured. Set these, from an OAuth client of your Zuora tenant:

  export ZUORA_BASE_URL=https://rest.eu.zuora.com     the host of your tenant's REST API
  export ZUORA_CLIENT_ID=…                            36 characters
  export ZUORA_CLIENT_SECRET=…                        or ZUORA_BEARER_TOKEN instead of both

and start zjobtui again. Or see it at work without a tenant:

  zjobtui demo
"""


@click.group(cls=Program, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zjobtui")
@click.option("--tenant", metavar="NAME", help="Watch this tenant only.")
@click.pass_context
def main(context: click.Context, tenant: str | None) -> None:
    """Watch Zuora's asynchronous order jobs.

    Without a command: the monitor, a live list of your jobs beside what each one made.
    """
    if context.invoked_subcommand is None:
        need_terminal()
        sys.exit(_monitor(tenant))


COMMANDS = (demo, simulate, add, wait, watch, ls, show, rm, archive, restore, export, import_, store, completion)
for command in (*COMMANDS, tenants, doctor):
    main.add_command(command)


def _monitor(wanted: str | None) -> int:
    import gc

    gc.disable()  # a tenth of the start is spent on collecting what is not garbage; the screen turns it on again
    import os

    from zjobtui.storage.places import config_path, store_path
    from zjobtui.wiring import configuration, run_monitor

    configured = configuration(os.environ, config_path())
    if wanted is None and not configured.tenants and not configured.problems:
        from zjobtui.commands.first_start import led

        environ = led(configured)
        if isinstance(environ, int):
            return environ
        configured = configuration(environ, config_path())
    chosen = [one for one in configured.tenants if wanted in (None, one.tenant.name)]
    if not chosen:
        return _told_of_no_tenant(configured, wanted)
    with faults_told():
        return run_monitor(chosen, store_path(), configuration=configured)


def _told_of_no_tenant(configured: "Configuration", wanted: str | None) -> int:
    from zjobtui.domain.text import clean

    for problem in configured.problems:
        click.echo(problem, err=True)
    names = ", ".join(one.tenant.name for one in configured.tenants)
    click.echo(f"There is no tenant “{clean(str(wanted))}”; there is: {names}." if names else NO_TENANT, err=True)
    return USAGE
