"""Only two private names of Textual are used, each listed here with its purpose."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import pytest
from textual.app import App

import zjobtui.ui

LIBRARIES = ("textual", "rich")

NEEDED = {
    "_driver": "bell, clipboard, desktop notification, mouse and ctrl+l cannot write to the terminal",
    "_fatal_error": "a crash report prints the values of local variables, which may be secrets",
}
"""What breaks if Textual renames one of them."""

MODULES = sorted(one.name for one in pkgutil.iter_modules(zjobtui.ui.__path__, "zjobtui.ui."))


@pytest.mark.parametrize("name", NEEDED)
def test_textual_still_has_the_private_names_that_the_screen_needs(name: str) -> None:
    assert hasattr(App[int](), name), f"Textual has no App.{name} any more: {NEEDED[name]}"


@pytest.mark.parametrize("name", MODULES)
def test_no_other_private_name_of_a_library_is_used(name: str) -> None:
    module = importlib.import_module(name)
    assert set(private_names(module)) <= NEEDED.keys()


def private_names(module: ModuleType) -> Iterator[str]:
    """Return imported private modules and names, and private attributes that belong to a class of a library."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(LIBRARIES):
            parts = [*(node.module or "").split("."), *(one.name for one in node.names)]
            yield from (part for part in parts if part.startswith("_"))
        elif isinstance(node, ast.Import):
            parts = [part for one in node.names if one.name.startswith(LIBRARIES) for part in one.name.split(".")]
            yield from (part for part in parts if part.startswith("_"))
        elif isinstance(node, ast.Attribute) and is_private(node.attr) and not is_own(node.value):
            yield node.attr
    for kind in vars(module).values():
        if inspect.isclass(kind) and kind.__module__ == module.__name__:
            yield from inherited_names(kind)


def inherited_names(kind: type) -> Iterator[str]:
    """Return private names of a class or its instances that a base class of a library has, too."""
    bases = [base for base in kind.__mro__ if base.__module__.startswith(LIBRARIES)]
    theirs = {
        name for base in bases for name in re.findall(r"(?:self\.|def |^    )(_[a-z]\w*)", source(base), re.MULTILINE)
    }
    tree = ast.parse(inspect.getsource(kind))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_own(node.value)}
    used |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    yield from (name for name in used if is_private(name) and name in theirs)


source = cache(inspect.getsource)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_exit"  # of the module os


def is_own(value: ast.expr) -> bool:
    """Return whether it is the object itself, its class, or its bases."""
    is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
    return is_super or (isinstance(value, ast.Name) and value.id in {"self", "cls"})
