"""The pages for contributors name files, names and recipes that exist."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.ui.test_private_names import NEEDED

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
JUSTFILE = (ROOT / "justfile").read_text(encoding="utf-8")

ELSEWHERE = {"vX.Y.Z", "snapshot_report.html", "nohup"}
"""Placeholders, and names of other programs and of their files."""

PATHS = sorted(set(re.findall(r"`((?:zjobtui|tests|docs|screenshots)/[\w/]+(?:\.\w+)?)`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_name_in_a_recipe_is_in_one_of_the_files_beside_it() -> None:
    recipes = TEXT.partition("\n## Recipes\n")[2].partition("\n## ")[0]
    for step in re.split(r"\n(?=\d\. |### )", recipes):
        files = [ROOT / path for path in re.findall(r"`((?:zjobtui|tests)/[\w/]+\.py)`", step)]
        source = "\n".join(file.read_text(encoding="utf-8") for file in files)
        names = set(re.findall(r"`(_?[A-Za-z]\w+)(?:\(\))?`", step)) - {"action_NAME"}
        assert [name for name in names if files and not re.search(rf"\b{name}\b", source)] == [], step


def code_words(page: str) -> set[str]:
    """Return what a page has in backticks, outside of its fenced blocks."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^ *```.*?^ *```$", "", page)))


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def names_in_code() -> set[str]:
    """Return the words of the package and the tests without docstrings and comments, and those of two settings."""
    texts = [path.read_text(encoding="utf-8") for path in (*sources("zjobtui"), *sources("tests"))]
    code = [re.sub(r'(?s)""".*?"""|#[^\n"]*', "", text) for text in texts]
    return set(re.findall(r"\w+", "\n".join([*code, JUSTFILE, PYPROJECT])))


@pytest.mark.parametrize("page", [ARCHITECTURE, TEXT], ids=["architecture", "contributing"])
def test_every_name_in_code_type_exists(page: str) -> None:
    files = [*sources("zjobtui"), *sources("tests"), *ROOT.iterdir()]
    names = (
        names_in_code() | {part for path in files for part in (path.stem, *path.relative_to(ROOT).parts)} | ELSEWHERE
    )
    code = {word.removesuffix("()") for word in code_words(page)}
    dotted = {word for word in code if re.fullmatch(r"_?[A-Za-z]\w+(?:\.\w+)*", word)}
    assert {word for word in dotted - names if any(part not in names for part in word.split("."))} == set()


def test_every_path_of_the_architecture_exists() -> None:
    paths = {word for word in code_words(ARCHITECTURE) if re.fullmatch(r"\.?[\w./]+/[\w./]*|\w+\.(?:py|md)", word)}
    known = {path.name for path in (*sources("zjobtui"), *sources("tests/benchmarks"), *ROOT.iterdir())}
    assert paths
    assert [
        path for path in paths if not ((ROOT / path).exists() or (ROOT / "zjobtui" / path).exists() or path in known)
    ] == []


@pytest.mark.parametrize(("title", "most"), [("A response arrives", 12), ("x removes a job", 10)])
def test_a_path_through_the_code_names_few_files_and_every_function_in_its_file(title: str, most: int) -> None:
    steps = ARCHITECTURE.partition(f"\n## {title}")[2].partition("\n## ")[0]
    named = dict[str, str]()
    for path, functions in re.findall(r"`(\w+/\w+\.py)`(?:\s\(([^)]*)\))?", steps):
        named[path] = f"{named.get(path, '')} {functions}"
    assert 5 <= len(named) <= most
    for path, functions in named.items():
        assert set(re.findall(r"`(\w+)`", functions)) <= names_of((ROOT / "zjobtui" / path).read_text(encoding="utf-8"))


def names_of(code: str) -> set[str]:
    return set(re.findall(r"\b\w+\b", code))


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
