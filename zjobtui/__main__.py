"""The program: the monitor at once where no word follows its name, and otherwise a command.

Whoever starts the monitor waits for its first screen; click and the commands would be a tenth of that wait.
"""

import gc
import os
import sys

from zjobtui import logs
from zjobtui.cli.errors import exit_cleanly, start_log

COMPLETING = "_ZJOBTUI_COMPLETE"
"""The variable by which a shell asks for completions; the program's name is then without a word, too."""


def main() -> None:
    """Runs the monitor or a command; ends the process with its exit status."""
    with logs.ended_with_reason(), exit_cleanly():
        if COMPLETING in os.environ or len(sys.argv) > 1:
            from zjobtui.cli import main  # noqa: PLC0415 - 30 ms (click); the monitor needs none of it

            if COMPLETING in os.environ:
                sys.exit(main.load("shell_completion", "answer")(main.main, os.environ[COMPLETING]))
            main.main()
        if name := os.environ.get(logs.VARIABLE):
            start_log(name)
        gc.disable()  # a tenth of the start is spent on collecting what is not garbage; the screen turns it on again
        from zjobtui.cli.monitor import show_monitor  # noqa: PLC0415 - 350 ms (Textual); few commands need it

        sys.exit(show_monitor())


if __name__ == "__main__":
    main()
