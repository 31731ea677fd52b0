"""The page for contributors names files, names and recipes that exist."""

import re
from pathlib import Path

import pytest

from tests.ui.test_private_names import NEEDED

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
JUSTFILE = (ROOT / "justfile").read_text(encoding="utf-8")

PATHS = sorted(set(re.findall(r"`((?:zjobtui|tests|docs|screenshots)/[\w/]+(?:\.\w+)?)`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_name_in_a_recipe_is_in_one_of_the_files_beside_it() -> None:
    recipes = TEXT.partition("\n## Recipes\n")[2].partition("\n## ")[0]
    for step in re.split(r"\n(?=\d\. |### )", recipes):
        files = [ROOT / path for path in re.findall(r"`((?:zjobtui|tests)/[\w/]+\.py)`", step)]
        source = "\n".join(file.read_text(encoding="utf-8") for file in files)
        names = re.findall(r"`(_?[A-Z][A-Za-z_]+|_[a-z_]+|\w+_of|digest(?=\(\)))(?:\(\))?`", step)
        assert [name for name in names if files and not re.search(rf"\b{name}\b", source)] == [], step


def test_every_private_name_of_textual_is_listed() -> None:
    listed = set(re.findall(r"\n\| `App\.(_\w+)` \|", TEXT))
    assert listed == NEEDED.keys()


def test_every_recipe_that_is_named_is_in_the_justfile() -> None:
    named = set(re.findall(r"`just ([a-z]+)`", TEXT))
    assert named
    assert [name for name in named if not re.search(rf"^{name}\b.*:", JUSTFILE, re.MULTILINE)] == []


def test_every_module_that_is_run_exists() -> None:
    modules = set(re.findall(r"python -m ([\w.]+)", TEXT))
    assert modules
    assert [name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []


def test_the_tests_that_the_justfile_names_exist() -> None:
    named = set(re.findall(r"tests/[\w/]+\.py", JUSTFILE))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_package_has_tests_that_the_justfile_finds() -> None:
    packages = {path.parent.name for path in (ROOT / "zjobtui").glob("*/*.py")}
    assert {name for name in packages if not (ROOT / "tests" / name).is_dir()} == {"bootstrap"}


def test_the_set_up_is_that_of_ci() -> None:
    command = re.findall(r"```sh\n(python3 -m venv .*)\n```", TEXT)
    assert command
    assert f"\n{command[0]}\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_hooks_run_what_ci_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    for tool in ("ruff format", "ruff check", "mypy", "lint-imports"):
        assert f"entry: .venv/bin/{tool}" in hooks
        assert f".venv/bin/{tool}" in (ROOT / ".ci/run").read_text(encoding="utf-8")
