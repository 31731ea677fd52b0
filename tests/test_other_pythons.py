"""Newer Pythons, if installed: every module compiles there without a warning, and commands run."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

import zjobtui

COMPILING = """
import pathlib, sys, warnings
warnings.simplefilter("error")
for one in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    compile(one.read_bytes(), str(one), "exec")
from click.testing import CliRunner
from zjobtui.cli.main import main
for words in (["--help"], ["ls"], ["tenants"], ["doctor", "--offline"]):
    result = CliRunner().invoke(main, words)
    assert not result.exception or isinstance(result.exception, SystemExit), (words, result.exception)
    print(words[0], result.exit_code)
"""


@pytest.mark.parametrize("name", ["python3.12", "python3.13"])
def test_a_newer_python_runs_the_commands_that_print(name: str, tmp_path: Path) -> None:
    python = shutil.which(name)
    if python is None:
        pytest.skip(f"there is no {name} here")
    env = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": sysconfig.get_paths()["purelib"]}
    if subprocess.run([python, "-c", ""], env=env, capture_output=True, check=False).returncode:
        pytest.skip(f"{name} does not start here")
    folder = Path(zjobtui.__file__).parent
    done = subprocess.run(
        [python, "-c", COMPILING, str(folder)], env=env, cwd=folder.parent, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["--help 0", "ls 0", "tenants 2", "doctor 1"], done.stderr
