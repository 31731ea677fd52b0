"""The network code uses public interfaces of its libraries only, so that a new minor version breaks nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import zjobtui.zuora

FILES = sorted(Path(zjobtui.zuora.__file__).parent.glob("*.py"))


def private_names(tree: ast.AST) -> Iterator[str]:
    """Attributes and imported names with a leading underscore that do not belong to the module itself."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(attr=name) if name.startswith("_") and not name.startswith("__"):
                yield f"{name}, line {node.lineno}"
            case ast.ImportFrom(module=module, names=names):
                parts = [*(module or "").split("."), *(alias.name for alias in names)]
                yield from (f"{part}, line {node.lineno}" for part in parts if part.startswith("_"))


def test_no_private_name_of_a_library_is_used_in_the_network_code() -> None:
    assert len(FILES) > 10
    found = {file.name: list(private_names(ast.parse(file.read_text(encoding="utf-8")))) for file in FILES}
    assert {name: names for name, names in found.items() if names} == {}
