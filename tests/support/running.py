"""Run a command in the process of the test."""

from click.testing import CliRunner, Result

from zjobtui.bootstrap.output import CRASHED
from zjobtui.cli import main


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """Run a command and return its result; raise its exception."""
    result = CliRunner().invoke(main.main, arguments, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code != CRASHED, result.stderr
    return result


def said(result: Result) -> tuple[int, str, str]:
    """Return exit status, standard output and standard error."""
    return result.exit_code, result.stdout, result.stderr
