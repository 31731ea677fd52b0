"""Broad `except` clauses are only at boundaries, and log."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "zjobtui"
BROAD = {"Exception", "BaseException"}
LEVELS = {"debug", "info", "warning", "error", "exception"}

SILENT = {
    "bare": "try:\n    f()\nexcept:\n    pass",
    "broad": "try:\n    f()\nexcept Exception:\n    x = 1",
    "among others": "try:\n    f()\nexcept (OSError, BaseException):\n    pass",
    "suppressed": "with suppress(Exception):\n    f()",
    "suppressed by contextlib": "with contextlib.suppress(OSError, BaseException):\n    f()",
    "logged in a function never called": "try:\n    f()\nexcept Exception:\n    def g():\n        log.error('x')",
}
LOUD = {
    "logged": "try:\n    f()\nexcept Exception:\n    log.exception('x')",
    "raised again": "try:\n    f()\nexcept BaseException:\n    if a:\n        b()\n    raise",
    "narrow": "try:\n    f()\nexcept OSError:\n    pass",
}


def silent(tree: ast.AST) -> Iterator[int]:
    """Return the lines of broad `except` clauses that neither log nor raise."""
    for node in ast.walk(tree):
        match node:
            case ast.ExceptHandler() if is_broad(node.type) and not any(map(is_loud, within(node.body))):
                yield node.lineno
            case ast.Call(func=ast.Name("suppress") | ast.Attribute(attr="suppress")) if any(map(is_broad, node.args)):
                yield node.lineno


def is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(map(is_broad, caught.elts))
    return isinstance(caught, ast.Name) and caught.id in BROAD


def is_loud(node: ast.AST) -> bool:
    match node:
        case ast.Raise():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name("log"), attr=level)):
            return level in LEVELS
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="getLogger")), attr=level)):
            return level in LEVELS
    return False


def within(nodes: list[ast.stmt]) -> Iterator[ast.AST]:
    """Return what is executed there: everything except bodies of functions."""
    for node in nodes:
        yield from _run(node)


def _run(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _run(child)


@pytest.mark.parametrize("source", SILENT.values(), ids=SILENT)
def test_silent_handlers_are_found(source: str) -> None:
    assert list(silent(ast.parse(source)))


@pytest.mark.parametrize("source", LOUD.values(), ids=LOUD)
def test_handlers_that_log_raise_or_are_narrow_are_accepted(source: str) -> None:
    assert not list(silent(ast.parse(source)))


@pytest.mark.slow
def test_every_broad_except_logs_or_raises() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line in silent(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_logging_is_imported_only_where_the_log_is_switched_on() -> None:
    """Other modules use `zjobtui.logs`: without handlers the library writes warnings to stderr, over the screen."""
    importing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "logging" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "logging")
    }
    assert importing == {"log_file.py", "simulator/server.py"}
