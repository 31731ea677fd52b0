"""Runs a command within the test's own process, and says what it printed."""

from click.testing import CliRunner, Result

from zjobtui.bootstrap.output import CRASHED
from zjobtui.cli import main


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """What came of a command; a traceback is a failed test."""
    result = CliRunner().invoke(main.main, arguments, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code != CRASHED, result.stderr
    return result


def said(result: Result) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    return result.exit_code, result.stdout, result.stderr
