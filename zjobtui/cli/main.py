"""All commands by name, with lazily imported modules.

The module of a command is imported when the command is called, so that a printing command does not import the screen,
and `--help` imports no command.
"""

import sys
from functools import cached_property
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from zjobtui import __version__, logs
from zjobtui.cli.options import Program, add_log_option, tenant_option

log = logs.get_logger(__name__)


def load_object(module: str, name: str) -> Any:  # noqa: ANN401 - a command, or the function of the monitor
    """Import a module of `zjobtui.cli` and return what it defines under that name."""
    imported = import_module(f"zjobtui.cli.{module}")  # 30 to 700 ms: only what the command needs
    return getattr(imported, name)


class LazyCommand(click.Command):
    """A command with the first sentence of its help; calling it imports and calls the real command."""

    def __init__(self, name: str, module: str, sentence: str) -> None:
        super().__init__(name, help=sentence)
        self._place = module, f"{name}_" if iskeyword(name) else name

    @cached_property
    def loaded(self) -> click.Command:
        """The real command, with `--log`."""
        command: click.Command = load_object(*self._place)
        # The docstrings are raw strings, in which click's control character \b is two characters.
        command.help = (command.help or "").replace("\\b\n", "\b\n")
        add_log_option(command)
        return command

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - as click declares it
    ) -> click.Context:
        """Return the context of the real command."""
        return self.loaded.make_context(info_name, args, parent, **extra)


@click.group(cls=Program, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zjobtui")
@tenant_option("Show only this tenant.")
@click.option(
    "--wallboard", is_flag=True, help="Show the wallboard: batches and failures on the whole screen; q quits."
)
@click.pass_context
def main(context: click.Context, tenant: str | None, wallboard: bool) -> None:
    """Watch Zuora's asynchronous order jobs.

    Without a command, shows the monitor: a live list of your jobs, and the details of the selected one.
    """
    log.info("command: %s", context.invoked_subcommand or "monitor")
    if context.invoked_subcommand is None:
        sys.exit(load_object("monitor", "show_monitor")(tenant, is_wallboard=wallboard))


add_log_option(main, logs.LOG_VARIABLE)
COMMANDS = {
    "demo": {
        "demo": "Show the monitor with a simulated Zuora; nothing is saved.",
    },
    "simulate": {
        "simulate": "Run a simulated Zuora on loopback until Ctrl+C.",
    },
    "watchlist": {
        "add": "Add jobs to the watchlist.",
        "rm": "Remove jobs from the watchlist.",
        "archive": "Archive finished jobs.",
        "restore": "Restore archived or removed jobs.",
    },
    "annotations": {
        "label": "Set the label of jobs; an empty text removes it.",
        "tag": "Add tags, separated by commas, to jobs.",
        "note": "Set the note of jobs; an empty text removes it.",
        "batch": "Put jobs into a batch; an empty name takes them out of it.",
    },
    "wait": {
        "wait": "Wait until jobs finish; the exit status is the result.",
    },
    "watch": {
        "watch": "Poll Zuora and print changes of jobs until Ctrl+C.",
    },
    "ls": {
        "ls": "Print the stored watchlist, without polling.",
    },
    "show": {
        "show": "Print everything known about one job.",
    },
    "handover": {
        "handover": "Print jobs as Markdown for the next shift or Zuora support.",
    },
    "lookup": {
        "lookup": "Read an order, a subscription or another object from Zuora.",
    },
    "export_import": {
        "export": "Print the watchlist as JSON, for `zjobtui import`.",
        "import": "Merge a file of `zjobtui export` into the watchlist.",
    },
    "store": {
        "store": "Print location, size and content of the data files.",
    },
    "completion": {
        "completion": "Print a completion script for a shell.",
    },
    "tenants": {
        "tenants": "List the configured tenants.",
    },
    "doctor": {
        "doctor": "Check settings, tenants, hosts, store and terminal.",
    },
}
"""By module: each command, and the first sentence of its help."""


def _add_commands() -> None:
    for module, sentences in COMMANDS.items():
        for name, sentence in sentences.items():
            main.add_command(LazyCommand(name, module, sentence))


_add_commands()
