"""The program: the monitor at once where no word follows its name, and otherwise a command.

Whoever starts the monitor waits for its first screen; click and the commands would be a tenth of that wait.
"""

import os
import sys

from zjobtui import logs
from zjobtui.commands.guards import ended_quietly, start_log

COMPLETING = "_ZJOBTUI_COMPLETE"
"""The variable by which a shell asks for completions; the program's name is then without a word, too."""


def main() -> None:
    """Runs the monitor or a command; ends the process with its exit status."""
    with logs.ended_with_reason(), ended_quietly():
        if COMPLETING in os.environ:
            from zjobtui.cli import main as program  # noqa: PLC0415 - the monitor needs none of it
            from zjobtui.commands.shell_completion import answer  # noqa: PLC0415 - as above

            sys.exit(answer(program, os.environ[COMPLETING]))
        if len(sys.argv) > 1:
            from zjobtui.cli import main as run_command  # noqa: PLC0415 - as above

            run_command()
        if name := os.environ.get(logs.VARIABLE):
            start_log(name)
        from zjobtui.commands.monitor import show_monitor  # noqa: PLC0415 - most commands need none of it

        sys.exit(show_monitor())


if __name__ == "__main__":
    main()
