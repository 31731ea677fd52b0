"""The commands by name, as click knows them; the monitor of one tenant is one of them."""

import sys

import click

from zjobtui import __version__, logs
from zjobtui.commands.carrying import export, import_
from zjobtui.commands.monitor import show_monitor
from zjobtui.commands.printing import ls, show
from zjobtui.commands.shared import Program, add_log_option, tenant_option
from zjobtui.commands.simulation import demo, simulate
from zjobtui.commands.tenants import doctor, tenants
from zjobtui.commands.upkeep import completion, store
from zjobtui.commands.waiting import wait, watch
from zjobtui.commands.watchlist import add, archive, restore, rm

log = logs.get_logger(__name__)


@click.group(cls=Program, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zjobtui")
@tenant_option("Watch this tenant only.")
@click.pass_context
def main(context: click.Context, tenant: str | None) -> None:
    """Watch Zuora's asynchronous order jobs.

    Without a command: the monitor, a live list of your jobs beside what each one made.
    """
    log.info("command: %s", context.invoked_subcommand or "monitor")
    if context.invoked_subcommand is None:
        sys.exit(show_monitor(tenant))


add_log_option(main, logs.VARIABLE)
COMMANDS = (demo, simulate, add, wait, watch, ls, show, rm, archive, restore, export, import_, store, completion)
for command in (*COMMANDS, tenants, doctor):
    main.add_command(command)
