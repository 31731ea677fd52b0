"""Adds a tenant to config.toml: what stands there stays byte for byte; what the reader would refuse is not written."""

import re
import stat
from collections.abc import Mapping
from pathlib import Path

from zjobtui.domain.text import clean
from zjobtui.storage.beside import write_whole
from zjobtui.storage.config_file import parse_settings

TomlValue = str | int | float | list[str]

_BARE = re.compile("[A-Za-z0-9_-]+")


class NotWrittenError(Exception):
    """The tenant was not added, and nothing was changed; the message says why."""


def add_tenant(path: Path, name: str, values: Mapping[str, TomlValue]) -> None:
    """Appends `[tenants.NAME]` with these values; raises `NotWrittenError`."""
    try:
        before = path.read_bytes() if path.exists() else b""
        text = before.decode()
    except (OSError, ValueError) as fault:
        raise NotWrittenError(f"{clean(str(path))} cannot be read: {fault}.") from None
    settings, problems = parse_settings(text.removeprefix("\ufeff"))
    if any(problem.text.startswith("This is not TOML") for problem in problems):
        raise NotWrittenError(f"{clean(str(path))}, {problems[0]} Mend that first.")
    if name in {tenant.name for tenant in settings.tenants} or settings.lines.lines.get(("tenants", name)):
        raise NotWrittenError(f"There is a tenant “{clean(name)}” in {clean(str(path))} already.")
    table = table_text(name, values)
    _check(name, table, text)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    _write(path, before + gap.encode() + table.encode())


def table_text(name: str, values: Mapping[str, TomlValue]) -> str:
    """The table as TOML."""
    key = name if _BARE.fullmatch(name) else _quoted(name)
    return "".join([f"[tenants.{key}]\n", *(f"{key} = {_written(value)}\n" for key, value in values.items())])


def _check(name: str, table: str, text: str) -> None:
    """Raises `NotWrittenError` with what the reader says of the table, alone and beside what is there."""
    _, problems = parse_settings(table)
    if problems:
        raise NotWrittenError(" ".join(one.text for one in problems))
    settings, problems = parse_settings(f"{text}\n{table}".removeprefix("\ufeff"))
    if name not in {tenant.name for tenant in settings.tenants}:
        raise NotWrittenError(" ".join(map(str, problems)) or "The file would not hold the tenant.")


def _written(value: TomlValue) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda one: f"\\u{ord(one.group()):04x}", escaped) + '"'


def _write(path: Path, content: bytes) -> None:
    """Replaces the file in one step; a link stays one, and a file that is there keeps its mode."""
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600
        write_whole(target, content, mode)
    except OSError as fault:
        raise NotWrittenError(f"{clean(str(path))} cannot be written: {fault.strerror}.") from None
