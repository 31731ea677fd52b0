"""The entry point. From the first line a signal ends the program quietly; everything else is imported afterwards."""

from importlib import import_module

from zjobtui.signals import exit_on_signals


def main() -> None:
    """Run the monitor or a command, and end the process with its exit status."""
    exit_on_signals()
    import_module("zjobtui.cli.start").run_and_exit()  # 60 ms in which Ctrl+C would print a traceback


if __name__ == "__main__":
    main()
