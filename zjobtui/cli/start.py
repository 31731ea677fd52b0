"""Start the monitor directly if there is no argument, else run a command.

The monitor imports neither click nor the commands: they would take a tenth of the time to its first screen.
"""

import gc
import os
import sys
from importlib import import_module

from zjobtui import logs
from zjobtui.bootstrap.output import USAGE, print_error
from zjobtui.cli.errors import exit_cleanly, start_log
from zjobtui.cli.terminal import forget_stale_size
from zjobtui.signals import exit_within

COMPLETING = "_ZJOBTUI_COMPLETE"
"""The variable by which a shell requests completions; there is no argument then, either."""

_END_LIMIT = 2.0
"""Maximum seconds for the end of the process, when everything has been printed."""

WINDOWS = "zjobtui does not run on Windows, which lacks fcntl and termios. Run it in WSL, or by SSH on a Linux machine."


def run_and_exit() -> None:
    """Run the monitor or a command, and end the process with its exit status."""
    if sys.platform == "win32":
        print_error(WINDOWS)
        sys.exit(USAGE)
    forget_stale_size(os.environ)
    try:
        with logs.stop_at_end(), exit_cleanly():
            _run()
    except SystemExit as end:  # a look-up of the host's name, on a thread of an executor, may take a minute
        exit_within(_END_LIMIT, end.code if isinstance(end.code, int) else int(end.code is not None))
        raise


def _run() -> None:
    is_command = COMPLETING in os.environ or len(sys.argv) > 1
    if not is_command:
        if name := os.environ.get(logs.LOG_VARIABLE):
            start_log(name)
        gc.disable()  # a tenth of the start would be spent on collections; the screen enables it again
    module = import_module(f"zjobtui.cli.{'main' if is_command else 'monitor'}")  # 30 ms (click), 350 ms (Textual)
    if COMPLETING in os.environ:
        sys.exit(module.load_object("completion", "print_completions")(module.main, os.environ[COMPLETING]))
    if is_command:
        module.main()
    sys.exit(module.show_monitor())
