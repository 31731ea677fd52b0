"""The commands by name, as click knows them; the monitor of one tenant is one of them.

A command's module imports at its top all that the command needs, and is itself imported when the command is called:
one that prints pays for no screen, and `--help` for no command.
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


def load(module: str, name: str) -> Any:  # noqa: ANN401 - a command, or the function of the monitor
    """Import a module of `zjobtui.cli` and return what it defines under that name."""
    imported = import_module(f"zjobtui.cli.{module}")  # 30 to 700 ms: a command pays for no other
    return getattr(imported, name)


class LazyCommand(click.Command):
    """A command's name and the first sentence of its help; calling it imports and calls the command itself."""

    def __init__(self, name: str, module: str, sentence: str) -> None:
        super().__init__(name, help=sentence)
        self._place = module, f"{name}_" if iskeyword(name) else name

    @cached_property
    def loaded(self) -> click.Command:
        """The command itself, with `--log`."""
        command: click.Command = load(*self._place)
        # Docstrings of commands are raw: click's sign of one character stands there as two.
        command.help = (command.help or "").replace("\\b\n", "\b\n")
        add_log_option(command)
        return command

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - as click says it
    ) -> click.Context:
        """Return the context of the command itself."""
        return self.loaded.make_context(info_name, args, parent, **extra)


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
        sys.exit(load("monitor", "show_monitor")(tenant))


add_log_option(main, logs.VARIABLE)
COMMANDS = {
    "demo": {
        "demo": "Show the monitor against a simulated Zuora on this machine; nothing is kept.",
    },
    "simulate": {
        "simulate": "Run a simulated Zuora on loopback until ctrl+c.",
    },
    "watchlist": {
        "add": "Watch jobs: ids, or with - or --file every id in a text: a ticket, a log, CSV, the JSON of a posted"
        " order.",
        "rm": "Take jobs off the watchlist: ids, beginnings of ids, or labels.",
        "archive": "Put finished jobs aside: the named ones, those of a filter, or those whose time has come.",
        "restore": "Bring back jobs that were archived or removed: ids, beginnings of ids, or labels.",
    },
    "wait": {
        "wait": "Wait until jobs have come out; the exit status says how.",
        "watch": "Ask Zuora, and print what happens to jobs as it happens, until ctrl+c.",
    },
    "ls": {
        "ls": "Print the watchlist as it is stored.",
    },
    "show": {
        "show": "Print all that is known of one job: an id, its beginning, or a label; archived and removed ones too.",
    },
    "export_import": {
        "export": "Write the watchlist to standard output, for `zjobtui import`; times are seconds since the epoch,"
        " UTC.",
        "import": "Merge what `zjobtui export` wrote into the watchlist.",
    },
    "store": {
        "store": "Print where the watchlist and the files beside it are, how large it is, and what is in it.",
    },
    "completion": {
        "completion": "Print what makes a shell complete commands, job ids, labels and tenants.",
    },
    "tenants": {
        "tenants": "List the tenants that are configured.",
    },
    "doctor": {
        "doctor": "Look at settings, tenants, hosts, store and terminal, and say what to do.",
    },
}
"""By module: each command, and the first sentence of its help."""
for module, sentences in COMMANDS.items():
    for name, sentence in sentences.items():
        main.add_command(LazyCommand(name, module, sentence))
