"""The contract knows the program only from outside: nothing in it imports the package, directly or through tests."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]


def imported(path: Path) -> set[str]:
    """The names of all modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {node.module or ""} | {f"{node.module}.{one.name}" for one in node.names}
    return names


def reached() -> dict[Path, set[str]]:
    """The files of the contract and the files of tests that they import, with what each imports."""
    waiting, found = [*Path(__file__).parent.rglob("*.py"), TESTS / "conftest.py", TESTS / "__init__.py"], {}
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = imported(path)
            places = [TESTS.parent.joinpath(*name.split(".")) for name in found[path] if name.startswith("tests.")]
            waiting += [one.with_suffix(".py") for one in places if one.with_suffix(".py").exists()]
            waiting += [one / "__init__.py" for one in places if (one / "__init__.py").exists()]
    return found


def test_nothing_of_the_package_is_imported() -> None:
    files = reached()
    assert len(files) > len(list(Path(__file__).parent.glob("*.py")))
    for path, names in files.items():
        assert [name for name in names if name.split(".")[0] == "zjobtui"] == [], path
