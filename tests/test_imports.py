"""Import rules, and what a command imports when it starts."""

import ast
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import zjobtui
from zjobtui.cli import main

ROOT = Path(__file__).parents[1]

HEADLESS = sorted(
    one.name
    for one in pkgutil.walk_packages(zjobtui.__path__, "zjobtui.")
    if one.name.split(".")[1] not in {"ui", "simulator", "__main__"} and not one.ispkg
)
NEED_THE_SCREEN = {
    "zjobtui.bootstrap.monitor",
    *(f"zjobtui.cli.{name}" for name in ("demo", "doctor", "monitor", "tenant_check")),
}
NEED_THE_NETWORK = {f"zjobtui.zuora.{name}" for name in ("api", "failures", "health_check", "related", "transport")}
"""These import httpx, which itself imports rich if it is installed, for its own command."""
SERVE = {"zjobtui.cli.demo", "zjobtui.cli.simulate"}
"""These run the simulator, and so import aiohttp."""

NETWORK = {"httpx", "aiohttp", "httpx_aiohttp", "rich"}

IMPORTING = """
import asyncio, decimal, importlib, json, os, sqlite3, sys
import click, platformdirs

for module in sys.argv[1:]:
    sys.stdout.flush()
    if os.fork() == 0:
        importlib.import_module(module)
        print(json.dumps([module, sorted({name.partition(".")[0] for name in sys.modules})]), flush=True)
        os._exit(0)
    os.wait()
"""
"""Import each module in its own process, and return the top-level packages that are then loaded."""

LISTING = """
import sys
from zjobtui.cli.main import main

try:
    main(["ls"])
except SystemExit:
    print(*{name.partition(".")[0] for name in sys.modules})
"""

HELPING = """
import sys
from zjobtui.cli.main import main

try:
    main(["--help"])
except SystemExit:
    print(*sys.modules)
"""

STARTING = """
import sys
sys.argv = ["zjobtui"]
from zjobtui.__main__ import main

try:
    main()
except SystemExit as end:
    import zjobtui.cli.monitor, zjobtui.ui.app, zjobtui.bootstrap.monitor, zjobtui.storage.store
    print(end.code, *{name.partition(".")[0] for name in sys.modules})
"""


def output_of(program: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()


def test_the_import_contracts_hold() -> None:
    """Run the linter in its own process, since it disables the loggers of the process."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    linted = subprocess.run([*command, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.slow
def test_few_modules_outside_ui_need_the_screen_and_few_the_network() -> None:
    loaded = {module: set(packages) for module, packages in map(json.loads, output_of(IMPORTING, *HEADLESS))}
    assert set(loaded) == set(HEADLESS)
    assert {"zjobtui.cli.main", "zjobtui.zuora.parser", "zjobtui.polling.poller", "zjobtui.models.verdict"} <= set(
        loaded
    )
    assert {module for module, packages in loaded.items() if "textual" in packages} == NEED_THE_SCREEN
    assert {module for module, packages in loaded.items() if "httpx" in packages} == NEED_THE_NETWORK
    assert {module for module, packages in loaded.items() if "aiohttp" in packages} == NEED_THE_NETWORK | SERVE
    assert {module for module, packages in loaded.items() if "rich" in packages} == NEED_THE_NETWORK | NEED_THE_SCREEN


def test_a_printing_command_imports_neither_screen_nor_network_nor_event_loop() -> None:
    packages = set(output_of(LISTING)[-1].split())
    assert "sqlite3" in packages
    assert packages.isdisjoint({*NETWORK, "textual", "asyncio", "tomlkit"})


def test_the_monitor_imports_neither_commands_nor_network_before_its_first_screen() -> None:
    status, *packages = output_of(STARTING)[-1].split()
    assert status == "2"
    assert "textual" in packages
    assert {"click", "httpx", "aiohttp", "httpx_aiohttp", "tomlkit"}.isdisjoint(packages)


LATE_LIMIT = 20
"""Imports inside functions in the whole package; each names the milliseconds that it saves at start."""

OPTIONAL = {"importlib.import_module('keyring')"}
"""Optional packages, imported when needed."""


def late_imports(node: ast.AST, *, is_late: bool = False) -> Iterator[ast.stmt | ast.Call]:
    """Return every import inside a function, calls of `import_module` included, except those for type checkers."""
    for below in ast.iter_child_nodes(node):
        if isinstance(below, ast.If) and "TYPE_CHECKING" in ast.unparse(below.test):
            continue
        is_import = isinstance(below, ast.Import | ast.ImportFrom)
        name = ast.unparse(below.func).rpartition(".")[2] if isinstance(below, ast.Call) else ""
        is_call = name in {"import_module", "__import__"}
        if is_late and (is_import or is_call):
            assert isinstance(below, ast.stmt | ast.Call)
            yield below
        is_function = isinstance(below, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from late_imports(below, is_late=is_late or is_function)


def test_few_imports_are_inside_functions_and_each_states_its_cost() -> None:
    places, silent = [], []
    for path in sorted((ROOT / "zjobtui").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for found in (one for one in late_imports(ast.parse(text)) if ast.unparse(one) not in OPTIONAL):
            place = f"{path.relative_to(ROOT)}:{found.lineno}: {ast.unparse(found)}"
            places.append(place)
            if not re.search(r"# .*\d ms\b", text.splitlines()[found.lineno - 1]):
                silent.append(place)
    assert len(places) <= LATE_LIMIT, "\n".join(places)
    assert silent == []


def test_imports_inside_functions_are_found_in_any_notation() -> None:
    text = """
import a
if TYPE_CHECKING:
    import b
class C:
    import d
    def e(self):
        if TYPE_CHECKING:
            import f
        try:
            import g
        except ImportError:
            from h import i
    async def j(self):
        importlib.import_module("k")
l = lambda: __import__("m")
"""
    found = [ast.unparse(one) for one in late_imports(ast.parse(text))]
    assert found == ["import g", "from h import i", "importlib.import_module('k')", "__import__('m')"]


@pytest.mark.parametrize("name", sorted(main.main.commands))
def test_a_command_is_listed_with_the_first_sentence_of_its_own_help(name: str) -> None:
    listed = main.main.commands[name]
    assert isinstance(listed, main.LazyCommand)
    assert listed.loaded.name == name
    for width in (40, 60, 200):
        assert listed.get_short_help_str(width) == listed.loaded.get_short_help_str(width)


def test_help_lists_all_commands_without_importing_one() -> None:
    packages = set(output_of(HELPING)[-1].split())
    commands = {name for name in packages if name.startswith("zjobtui.cli.")}
    assert commands == {"zjobtui.cli.errors", "zjobtui.cli.main", "zjobtui.cli.options"}
    assert {"sqlite3", "platformdirs"}.isdisjoint(packages)
