"""The pages for contributors name files, names and recipes that exist."""

import ast
import re
import tomllib
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

NOT_IN_PYTHON = {
    *("undo", "bell", "wait", "is", "type", "jobType", "entries", "reports", "problem_"),
    *("models", "formatting", "msgspec"),
}
"""Words of recipes that are an action, a setting, a command, a field of filters or JSON, a table, or a package."""

PATHS = sorted(set(re.findall(r"`((?:zjobtui|tests|docs|screenshots)/[\w/]+(?:\.\w+)?)`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_name_in_a_recipe_is_defined_in_a_file_named_beside_it() -> None:
    recipes = TEXT.partition("\n## Recipes\n")[2].partition("\n## ")[0]
    for step in re.split(r"\n(?=\d\. |### )", recipes):
        files = re.findall(r"`((?:zjobtui|tests)/[\w/]+\.py)`", step)
        names = set(re.findall(r"`(_?[A-Za-z]\w+)(?:\(\))?`", step)) - NOT_IN_PYTHON
        assert not files or names <= set().union(*map(defined_in, files)), step


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


@pytest.mark.parametrize("title", ["A response arrives", "x removes a job"])
def test_a_path_through_the_code_counts_its_files_and_names_each_with_what_it_defines(title: str) -> None:
    section = ARCHITECTURE.partition(f"\n## {title}")[2].partition("\n## ")[0]
    paths = re.findall(r"`(\w+/\w+\.py)`(?:\s\(([^)]*)\))?", section)
    named = {path for path, _ in paths}
    assert files_named_in(section) == named, "named, but not by its path"
    parts = [set(re.findall(r"`(\w+/\w+\.py)`", part)) for part in re.split(r"\n### ", section)]
    assert re.findall(r"\b(\d+)(?: further)? files", section) == [str(len(part)) for part in parts]
    assert sum(map(len, parts)) == len(named), "named as one that decides and as one that is passed"
    for path, functions in paths:
        assert set(re.findall(r"`(\w+)`", functions)) <= defined_in(f"zjobtui/{path}"), path
    words = {word for word in code_words(section) if re.fullmatch(r"_?[A-Za-z]\w+", word)}
    assert words <= set().union(*(defined_in(f"zjobtui/{path}") for path in named))


def test_a_file_is_named_by_its_path_or_by_its_name_alone_or_by_a_class_in_it() -> None:
    text = (
        "`polling/poller.py` (`run`), its `Poller`, `TenantGate`, `WatchedJob.verdict`, `parser.py`, `ids.log`, `NaN`"
    )
    assert files_named_in(text) == {"polling/poller.py", "polling/tenant_gate.py", "models/watched_job.py", "parser.py"}


def test_imported_or_mentioned_names_are_not_definitions_of_a_file() -> None:
    defined = defined_in("zjobtui/models/watchlist.py")
    assert {"Change", "must_commit_now", "annotated", "ANNOTATIONS", "apply_observation"} <= defined
    assert defined.isdisjoint({"JobRef", "observation_order", "watches_of", "observations", "merged_at"})


def files_named_in(text: str) -> set[str]:
    """Return the files of the package that a text names: by path, by name alone, or by a class that they define."""
    words = code_words(text)
    paths = {word for word in words if re.fullmatch(r"\w+/\w+\.py", word)}
    alone = {word for word in words if re.fullmatch(r"\w+\.py", word)} - {Path(path).name for path in paths}
    places = [places_of_classes().get(name, set()) for word in words for name in re.findall(r"\b[A-Z]\w+", word)]
    return paths.union(alone, *(files for files in places if files.isdisjoint(paths)))


@cache
def places_of_classes() -> dict[str, set[str]]:
    """Return the files that define each class of the package, by its name."""
    places = dict[str, set[str]]()
    for path in sources("zjobtui"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, set()).add(path.relative_to(ROOT / "zjobtui").as_posix())
    return places


@cache
def defined_in(path: str) -> frozenset[str]:
    """Return the names that a file defines: functions, classes and constants, and what its classes define."""
    names = set[str]()
    scopes: list[ast.Module | ast.ClassDef] = [ast.parse((ROOT / path).read_text(encoding="utf-8"))]
    for scope in scopes:
        for node in scope.body:
            match node:
                case ast.ClassDef():
                    names.add(node.name)
                    scopes.append(node)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    names |= {node.name, *(_attributes_set_in(node) if isinstance(scope, ast.ClassDef) else ())}
                case ast.Assign(targets=targets):
                    names |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
                case ast.AnnAssign(target=ast.Name(id=name)):
                    names.add(name)
    return frozenset(names)


def _attributes_set_in(method: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the attributes of `self` that a method assigns."""
    targets = (each for each in ast.walk(method) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store))
    return {each.attr for each in targets if isinstance(each.value, ast.Name) and each.value.id == "self"}


def test_every_private_name_of_textual_is_listed() -> None:
    listed = set(re.findall(r"\n\| `App\.(_\w+)` \|", TEXT))
    assert listed == NEEDED.keys()


def test_every_named_recipe_is_in_the_justfile() -> None:
    named = set(re.findall(r"`just ([a-z]+)`", TEXT))
    assert named
    assert [name for name in named if not re.search(rf"^{name}\b.*:", JUSTFILE, re.MULTILINE)] == []


def test_the_source_distribution_has_what_the_pages_name() -> None:
    included = set(tomllib.loads(PYPROJECT)["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    pages = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*.md"))
    named = {word.partition("/")[0] for word in re.findall(r"[`(\"]([\w.-]+(?:/[\w./-]+)?)[`)\"]", pages)}
    there = {path.name for path in ROOT.iterdir()} & named - {"pyproject.toml"}
    assert {"screenshots", ".ci", "justfile"} <= there
    assert {f"/{name}" for name in there if not name.startswith(".venv")} <= included


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


def test_a_dataclass_does_what_a_struct_cannot() -> None:
    classes = [
        (f"{path.name}: {node.name}", ast.unparse(node))
        for path in sources("zjobtui")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and "(Message)" not in ast.unparse(node).partition(":")[0]
    ]
    dataclasses = {name: text for name, text in classes if text.startswith("@dataclass")}
    assert dataclasses
    assert [
        name for name, text in dataclasses.items() if not re.search(r"(?:repr|compare|init)=False|__post_init__", text)
    ] == []
