"""What may import what, and what a command pays for when it starts."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import zjobtui

ROOT = Path(__file__).parents[1]

HEADLESS = sorted(
    one.name
    for one in pkgutil.walk_packages(zjobtui.__path__, "zjobtui.")
    if one.name.split(".")[1] not in {"ui", "simulator", "__main__"} and not one.ispkg
)
NEED_THE_NETWORK = {f"zjobtui.zuora.{name}" for name in ("api", "failures", "health_check", "transport")}
"""These import httpx, which itself imports rich where that is installed, for a command of its own."""

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
"""Imports each module in a process of its own, and tells which top-level packages are then loaded."""

LISTING = """
import sys
from zjobtui.cli import main

try:
    main(["ls"])
except SystemExit:
    print(*{name.partition(".")[0] for name in sys.modules})
"""


STARTING = """
import sys
sys.argv = ["zjobtui"]
from zjobtui.__main__ import main

try:
    main()
except SystemExit as end:
    import zjobtui.ui.app, zjobtui.wiring, zjobtui.storage.store
    print(end.code, *{name.partition(".")[0] for name in sys.modules})
"""


def output_of(program: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()


def test_the_import_contracts_hold() -> None:
    """In a process of its own, since the linter disables the loggers of this one."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    linted = subprocess.run([*command, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.slow
def test_no_headless_module_needs_a_screen_and_only_four_the_network() -> None:
    loaded = {module: set(packages) for module, packages in map(json.loads, output_of(IMPORTING, *HEADLESS))}
    assert set(loaded) == set(HEADLESS)
    assert {"zjobtui.cli", "zjobtui.zuora.parser", "zjobtui.polling.poller", "zjobtui.domain.judging"} <= set(loaded)
    assert [module for module, packages in loaded.items() if "textual" in packages] == []
    assert {module for module, packages in loaded.items() if not packages.isdisjoint(NETWORK)} == NEED_THE_NETWORK


def test_a_command_that_prints_pays_for_neither_screen_nor_network_nor_event_loop() -> None:
    packages = set(output_of(LISTING)[-1].split())
    assert "sqlite3" in packages
    assert packages.isdisjoint({*NETWORK, "textual", "asyncio", "msgspec", "tomlkit"})


def test_the_monitor_pays_for_neither_commands_nor_network_before_its_first_screen() -> None:
    status, *packages = output_of(STARTING)[-1].split()
    assert status == "2"
    assert "textual" in packages
    assert {"click", "httpx", "aiohttp", "httpx_aiohttp", "msgspec", "tomlkit"}.isdisjoint(packages)
