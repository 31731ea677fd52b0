"""The entry point: start the monitor directly if there is no argument, else run a command.

The monitor imports neither click nor the commands: they would take a tenth of the time to its first screen.
"""

import gc
import os
import sys

from zjobtui import logs
from zjobtui.bootstrap.output import USAGE, print_error
from zjobtui.cli.errors import exit_cleanly, start_log

COMPLETING = "_ZJOBTUI_COMPLETE"
"""The variable by which a shell requests completions; there is no argument then, either."""


WINDOWS = "zjobtui does not run on Windows, which lacks fcntl and termios. Run it in WSL, or by SSH on a Linux machine."


def main() -> None:
    """Run the monitor or a command, and end the process with its exit status."""
    if sys.platform == "win32":
        print_error(WINDOWS)
        sys.exit(USAGE)
    with logs.ended_with_reason(), exit_cleanly():
        if COMPLETING in os.environ or len(sys.argv) > 1:
            from zjobtui.cli import main  # noqa: PLC0415 - 30 ms (click); the monitor needs none of it

            if COMPLETING in os.environ:
                sys.exit(main.load("completion", "print_completions")(main.main, os.environ[COMPLETING]))
            main.main()
        if name := os.environ.get(logs.VARIABLE):
            start_log(name)
        gc.disable()  # a tenth of the start would be spent on collections; the screen enables it again
        from zjobtui.cli.monitor import show_monitor  # noqa: PLC0415 - 350 ms (Textual); few commands need it

        sys.exit(show_monitor())


if __name__ == "__main__":
    main()
