"""What several commands do alike."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Never

import click

from zjobtui.clock import SystemClock
from zjobtui.commands.guards import ended_quietly, faults_told, start_log
from zjobtui.headless.saying import OK, complain
from zjobtui.logs import get_logger

if TYPE_CHECKING:
    from click.decorators import FC

    from zjobtui.domain.watchlist import Watchlist
    from zjobtui.storage.store import Store
    from zjobtui.wiring import Configuration, Configured

log = get_logger(__name__)

NO_TENANT = (
    "No tenant is configured: set ZUORA_BASE_URL, ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET, or write a config.toml."
)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
FILTER = click.option(
    "--filter", "wanted", default="", metavar="FILTER", help="Only jobs that match, such as 'status:failed age<1d'."
)


def complete_jobs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids and labels on the watchlist that begin so, for the shell; of the chosen tenant if one is."""
    return _known_words(context, incomplete, are_gone=False)


def complete_gone_jobs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids and labels of archived and removed jobs that begin so, for the shell; of the chosen tenant if one is."""
    return _known_words(context, incomplete, are_gone=True)


def complete_tenants(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The tenants that jobs are watched of and whose names begin so, for the shell."""
    from zjobtui.config.paths import store_path
    from zjobtui.storage.upkeep import known_tenants

    return [name for name in known_tenants(store_path()) if name.startswith(incomplete)]


def _known_words(context: click.Context, beginning: str, *, are_gone: bool) -> list[str]:
    from zjobtui.config.paths import store_path
    from zjobtui.storage.upkeep import known_words

    return known_words(store_path(), beginning, _chosen_tenant(context), are_gone=are_gone)


def _chosen_tenant(context: click.Context) -> str | None:
    """The last `--tenant` on the line; `context.obj` are the words after the cursor, which click has not read."""
    words = [*(context.obj or ()), ""]
    for word, following in reversed(list(pairwise(words))):
        if word == "--tenant" or word.startswith("--tenant="):
            return str(word.partition("=")[2] or following)
    return context.params.get("tenant") or context.find_root().params.get("tenant")


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
    """The commands; each ends as `ended_quietly` says, and takes `--log`."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Takes a command, whose docstring is raw: what click is told in it by one character stands there as two."""
        cmd.help = (cmd.help or "").replace("\\b\n", "\b\n")
        add_log_option(cmd)
        super().add_command(cmd, name)

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - as click says it
    ) -> Never:
        """Run a command and end the process with its exit status.

        Click's own method exits with 1 on a closed pipe, on Ctrl+C and after a crash, which here is a failed job's.
        """
        with ended_quietly():
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


def end_on_sigterm() -> None:
    """From now on SIGTERM ends the command as ctrl+c does, so that it lets go what it holds; so does SIGHUP.

    A SIGHUP that is ignored, as under `nohup`, stays ignored.
    """

    def interrupt(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(128 + number)

    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, interrupt)


def read_stdin() -> str:
    """All of standard input, whatever its bytes are."""
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")


def found_configuration() -> "Configuration":
    """What is configured, with all that is wrong with it."""
    from zjobtui.config.paths import config_path
    from zjobtui.wiring import configuration

    return configuration(os.environ, config_path())


def sound_configuration() -> "Configuration":
    """What is configured; raises `ValueError` with all that is wrong, which without a screen nobody would see."""
    found = found_configuration()
    if found.problems:
        raise ValueError("\n".join(found.problems))
    for notice in found.notices:
        complain(notice)
    return found


def home_of_new(tenants: "tuple[Configured, ...]", named: str | None) -> str:
    """The tenant that new jobs belong to: the named one, else the environment's, else the only one there is."""
    from zjobtui.domain.text import clean

    names = [one.tenant.name for one in tenants]
    if named is not None and names and named not in names:
        raise ValueError(f"There is no tenant “{clean(named)}”; there is: {', '.join(names)}.")
    if named is not None:
        return clean(named)
    if len(names) > 1 and "env" not in names:
        raise ValueError(f"Name the tenant with --tenant; there is: {', '.join(names)}.")
    return names[0] if len(names) == 1 else "env"


@contextmanager
def opened_store(
    entered: Sequence[str] = (), lock_wait: float | None = None
) -> "Iterator[tuple[Store, Watchlist, float]]":
    """The store, which is closed afterwards, the watchlist in it, and the time.

    If the command fails, the ids that the user entered are printed: a text on standard input exists nowhere else.
    Locks of other programs are waited for `lock_wait` seconds, and at most as long as the store does by itself.
    """
    from zjobtui.config.paths import store_path
    from zjobtui.storage.backup import back_up
    from zjobtui.storage.database import BUSY_LIMIT
    from zjobtui.storage.store import open_store
    from zjobtui.wiring import read_report

    with faults_told("\n".join(("Not added:", *entered)) if entered else ""):
        store, watchlist = open_store(store_path(), read_report, min(BUSY_LIMIT, lock_wait or BUSY_LIMIT))
        try:
            with store:
                log.info("store %s opened, %d jobs", store.path, len(watchlist))
                if store.notice:
                    complain(store.notice)
                yield store, watchlist, SystemClock().now()
        finally:
            back_up(store.path)
