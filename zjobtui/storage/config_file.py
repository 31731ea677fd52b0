"""Reads config.toml: takes whatever is sound, and tells of the rest by key, line and the nearest right key."""

import re
import tomllib
from collections.abc import Collection
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from zjobtui.domain.text import clean, shorten
from zjobtui.storage.key_lines import KeyLines, KeyPath, dotted, find_key_lines
from zjobtui.storage.setting_values import RefusedValueError, nearest, text_like
from zjobtui.storage.settings import (
    SECRET_KEYS,
    FilesSettings,
    ListSettings,
    NotifySettings,
    PollingSettings,
    ScreenSettings,
    Settings,
    SettingsProblem,
    TenantSettings,
)

SIZE_LIMIT = 256 * 1024
"""Bytes of a file of settings; a longer one is something else."""

_NOT_HERE = ("client_secret", "secret", "password", "token", "bearer_token", "access_token")
_NEVER_HERE = (
    "is refused: a secret is never kept in this file. Delete the line, let Zuora make a new secret, "
    f"and say where that one comes from: {', '.join(SECRET_KEYS[:-1])} or {SECRET_KEYS[-1]}"
)


def read_settings(path: Path, *, must_exist: bool = False) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """The settings of a file and what is wrong with it, in the order of its lines; no file is no problem."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        missing = SettingsProblem("", 0, f"There is no file {clean(str(path))}.")
        return Settings(), (missing,) if must_exist else ()
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "that is no path"
        return Settings(), (SettingsProblem("", 0, f"{clean(str(path))} cannot be read: {reason}."),)
    if len(content) > SIZE_LIMIT:
        return Settings(), (SettingsProblem("", 0, f"{clean(str(path))} is too large for a file of settings."),)
    return parse_settings(content.decode("utf-8-sig", errors="surrogateescape"))


def parse_settings(text: str) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """The settings that a text holds and what is wrong with it; of a text that is not TOML nothing is used."""
    try:
        text.encode()
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        return Settings(), (_not_toml(text, fault),)
    reading = _Reading(find_key_lines(text))
    settings = reading.settings(given)
    return settings, tuple(sorted(reading.problems, key=lambda problem: problem.line))


def _not_toml(text: str, fault: Exception) -> SettingsProblem:
    if isinstance(fault, UnicodeEncodeError):
        before = text[: fault.start]
        line, column, reason = before.count("\n") + 1, fault.start - before.rfind("\n"), "it is not written in UTF-8"
    elif isinstance(fault, tomllib.TOMLDecodeError):
        reason, _, place = str(fault).rpartition(" (at ")
        found = re.findall(r"\d+", place) or (text.count("\n") + 1, len(text) - text.rfind("\n"))
        line, column = int(found[0]), int(found[1])
    else:
        line, column, reason = 0, 0, "a number in it is too long, or it is nested too deeply"
    return SettingsProblem("", line, f"This is not TOML: {shorten(clean(reason), 200)}. Nothing is used.", column)


T = TypeVar("T")

_BELONGS = "belongs to a tenant: it must stand below a line such as [tenants.NAME]"
_TENANT_KEYS = tuple(field.name for field in fields(TenantSettings) if field.metadata)


class _Reading:
    """One pass over the tables, which collects the problems on the way."""

    def __init__(self, lines: KeyLines) -> None:
        self.lines = lines
        self.problems: list[SettingsProblem] = []

    def settings(self, given: dict[str, Any]) -> Settings:
        known = ("tenants", "polling", "list", "screen", "notify", "files", "keys")
        for key in given:
            if key not in known:
                self._refuse((key,), _BELONGS if key in _TENANT_KEYS else _unknown(key, known))
        return Settings(
            tenants=self._tenants(self._table(("tenants",), given)),
            polling=self._read(("polling",), given, PollingSettings),
            list=self._read(("list",), given, ListSettings),
            screen=self._read(("screen",), given, ScreenSettings),
            notify=self._read(("notify",), given, NotifySettings),
            files=self._read(("files",), given, FilesSettings),
            keys=self._keys(self._table(("keys",), given)),
            lines=self.lines,
        )

    def _read(self, path: KeyPath, given: dict[str, Any], kind: type[T]) -> T:
        return kind(**self._values(path, self._table(path, given), kind))

    def _refuse(self, path: KeyPath, text: str) -> None:
        end = "" if text.endswith("?") else "."
        self.problems.append(SettingsProblem(dotted(path), self.lines.of(path), f"{dotted(path)} {text}{end}"))

    def _table(self, path: KeyPath, around: dict[str, Any]) -> dict[str, Any]:
        table = around.get(path[-1], {})
        if isinstance(table, dict):
            return table
        example = "[tenants.NAME]" if path == ("tenants",) else f"[{dotted(path)}]"
        self._refuse(path, f"must be a table: {example}")
        return {}

    def _values(self, path: KeyPath, table: dict[str, Any], kind: type[Any]) -> dict[str, Any]:
        """The sound values of a table, by the names of the fields that take them."""
        checks = {field.name: field.metadata["check"] for field in fields(kind) if field.metadata}
        values = {}
        for key, given in table.items():
            if key not in checks:
                self._refuse((*path, key), _unknown(key, checks))
                continue
            try:
                values[key] = checks[key](given)
            except RefusedValueError as refusal:
                self._refuse((*path, key), f"must be {refusal}")
        return values

    def _tenants(self, tables: dict[str, Any]) -> tuple[TenantSettings, ...]:
        sound = {name: self._table(("tenants", name), tables) for name in tables}
        made = [self._tenant(name, table) for name, table in sound.items() if isinstance(tables[name], dict)]
        return tuple(tenant for tenant in made if tenant)

    def _tenant(self, name: str, table: dict[str, Any]) -> TenantSettings | None:
        path = ("tenants", name)
        values = self._values(path, table, TenantSettings)
        is_named = self._has_good_name(name)
        has_host = self._has_one(path, table, ("host", "url"))
        has_client = self._has_one(path, table, ("client_id",))
        is_told = not table.keys() & set(SECRET_KEYS) and any(_is_secret(key, _TENANT_KEYS) for key in table)
        has_source = not is_told and self._has_one(path, table, SECRET_KEYS)
        is_whole = is_named and has_host and has_client and has_source
        needed = table.keys() & {"host", "url", "client_id", *SECRET_KEYS}
        return TenantSettings(name=name, **values) if is_whole and needed <= values.keys() else None

    def _has_good_name(self, name: str) -> bool:
        if name == "env":
            self._refuse(("tenants", name), "is the name of the tenant in ZUORA_BASE_URL; give this one another")
        elif not re.fullmatch(r"\w[\w .-]{0,39}", name) or clean(name) != name:
            self._refuse(("tenants", name), "must have a name of at most 40 letters, digits, dashes and dots")
        else:
            return True
        return False

    def _has_one(self, path: KeyPath, table: dict[str, Any], keys: tuple[str, ...]) -> bool:
        """Whether exactly one of these keys is there; none, and two, are told."""
        found = [key for key in keys if key in table]
        if len(found) > 1:
            self._refuse((*path, found[1]), f"is one too many beside {found[0]}: keep one of them")
        elif not found:
            self._refuse(path, f"needs {' or '.join(keys)}")
        return len(found) == 1

    def _keys(self, table: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        check = text_like(r"[!-~]{1,60}", 'the name of a key, such as "f5" or "ctrl+r"')
        kept = []
        for action, given in table.items():
            try:
                kept.append((text_like(r"[a-z][a-z_]{0,40}", "")(action), check(given)))
            except RefusedValueError as refusal:
                why = f"must be {refusal}" if str(refusal) else "is no action: its id has small letters only"
                self._refuse(("keys", action), why)
        return tuple(kept)


def _unknown(key: str, known: Collection[str]) -> str:
    if _is_secret(key, known):
        return _NEVER_HERE
    near = nearest(key, known)
    return f"is no setting; did you mean {near}?" if near else f"is no setting; there are: {', '.join(known)}"


def _is_secret(key: str, known: Collection[str]) -> bool:
    """Whether a key is no setting, and more like the name of a secret than like any setting."""
    return key not in known and nearest(key, (*_NOT_HERE, *SECRET_KEYS, *known)) in _NOT_HERE
