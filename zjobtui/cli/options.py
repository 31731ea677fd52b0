"""Options that several commands share, and the click group that all commands belong to."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Never

import click

from zjobtui.bootstrap.output import OK
from zjobtui.cli.errors import exit_cleanly, start_log
from zjobtui.logs import get_logger
from zjobtui.models.text import clean

if TYPE_CHECKING:
    from click.decorators import FC

log = get_logger(__name__)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")


def complete_tenants(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the names of tenants that jobs are stored for."""
    from zjobtui.cli.selection import tenants_with_jobs  # noqa: PLC0415 - 60 ms (the store); --help needs none of it

    return tenants_with_jobs(incomplete)


def _read_tenant(context: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """Return the name as it is stored; refuse one without a visible character, as of a variable that is not set."""
    if name is not None and not name.strip() and not context.resilient_parsing:
        raise click.BadParameter("it is empty; give the name of a tenant.", context, parameter)
    return name if name is None else clean(name)


def tenant_option(text: str) -> "Callable[[FC], FC]":
    """Return the option `--tenant` with this help text."""
    return click.option("--tenant", metavar="NAME", callback=_read_tenant, help=text, shell_complete=complete_tenants)


TENANT = tenant_option("Only jobs of this tenant.")


def add_log_option(command: click.Command, envvar: str | None = None) -> None:
    """Add the option `--log`, which starts the log before the command runs, to a command and its subcommands."""
    text = "Write a log of calls, retries and errors to this file; see also ZJOBTUI_LOG."
    option = click.Option(["--log"], metavar="PATH", help=text, envvar=envvar, expose_value=False, callback=_start_log)
    command.params.append(option)
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        add_log_option(subcommand)


def _start_log(context: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    if name and not context.resilient_parsing:
        start_log(name)
        if context.parent is not None:
            log.info("command: %s", context.info_name)


class Program(click.Group):
    """The group of all commands; each ends as `exit_cleanly` describes."""

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - as click declares it
    ) -> Never:
        """Run a command and end the process with its exit status.

        Click's own method exits with 1 on a closed pipe, on Ctrl+C and after a crash; 1 means here that a job failed.
        """
        with exit_cleanly():
            words = list(sys.argv[1:] if args is None else args)
            try:
                with self.make_context(prog_name or "zjobtui", words, **extra) as context:
                    self.invoke(context)
            except click.exceptions.Exit as end:
                sys.exit(end.exit_code)
            except click.ClickException as error:
                log.warning("usage: %s", error.format_message())
                with suppress(OSError, ValueError):
                    error.show()
                sys.exit(error.exit_code)
        sys.exit(OK)
