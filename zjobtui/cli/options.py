"""The options that commands share, and the program that they belong to."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Never

import click

from zjobtui.bootstrap.output import OK
from zjobtui.cli.errors import exit_cleanly, start_log
from zjobtui.logs import get_logger

if TYPE_CHECKING:
    from click.decorators import FC

log = get_logger(__name__)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
FILTER = click.option(
    "--filter", "wanted", default="", metavar="FILTER", help="Only jobs that match, such as 'status:failed age<1d'."
)


def complete_tenants(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The tenants that jobs are watched of and whose names begin so, for the shell."""
    from zjobtui.cli.common import stored_tenants  # noqa: PLC0415 - 60 ms (the store); --help needs none of it

    return stored_tenants(incomplete)


def tenant_option(text: str) -> "Callable[[FC], FC]":
    """`--tenant`, which does what the text says."""
    return click.option("--tenant", metavar="NAME", help=text, shell_complete=complete_tenants)


TENANT = tenant_option("Only jobs of this tenant.")


def add_log_option(command: click.Command, envvar: str | None = None) -> None:
    """Give a command, and those below it, the option `--log`, which switches the log on before the command runs."""
    text = "Write a log of calls, retries and faults to this file; see also ZJOBTUI_LOG."
    given = click.Option(["--log"], metavar="PATH", help=text, envvar=envvar, expose_value=False, callback=_start_log)
    command.params.append(given)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        add_log_option(below)


def _start_log(context: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    if name and not context.resilient_parsing:
        start_log(name)
        if context.parent is not None:
            log.info("command: %s", context.info_name)


class Program(click.Group):
    """The commands; each ends as `ended_quietly` says."""

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - as click says it
    ) -> Never:
        """Run a command and end the process with its exit status.

        Click's own method exits with 1 on a closed pipe, on Ctrl+C and after a crash, which here is a failed job's.
        """
        with exit_cleanly():
            words = list(sys.argv[1:] if args is None else args)
            try:
                with self.make_context(prog_name or "zjobtui", words, **extra) as context:
                    self.invoke(context)
            except click.exceptions.Exit as end:
                sys.exit(end.exit_code)
            except click.ClickException as fault:
                log.warning("usage: %s", fault.format_message())
                with suppress(OSError, ValueError):
                    fault.show()
                sys.exit(fault.exit_code)
        sys.exit(OK)
