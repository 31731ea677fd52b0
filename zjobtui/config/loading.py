"""Reads config.toml: uses what is valid, and reports the rest by key and line, with the nearest valid name."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from zjobtui.config.problems import KeyLines, KeyPath, SettingsProblem, dotted
from zjobtui.config.settings import (
    RENAMED,
    SECRET_KEYS,
    FilesSettings,
    KeyName,
    ListSettings,
    NotifySettings,
    PollingSettings,
    ScreenSettings,
    Settings,
    TenantSettings,
)
from zjobtui.models.text import clean, nearest, shorten, suggest

SIZE_LIMIT = 256 * 1024
"""Bytes of a settings file; a longer one is something else."""

NOT_TOML = "This is not TOML"
"""How the problem of a file that is not TOML begins; nothing of such a file is used."""

_NOT_HERE = ("client_secret", "secret", "password", "token", "bearer_token", "access_token")
_NEVER_HERE = (
    "is refused: a secret is never kept in this file. Delete the line, let Zuora make a new secret, "
    f"and say where that one comes from: {', '.join(SECRET_KEYS[:-1])} or {SECRET_KEYS[-1]}"
)

T = TypeVar("T", bound=msgspec.Struct)


def read_settings(path: Path, *, must_exist: bool = False) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """Return the settings of a file and its problems, in the order of its lines; a missing file is no problem."""
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
    return parse_settings(content.decode("utf-8-sig", errors="surrogateescape"), RENAMED)


def parse_settings(
    text: str, renamed: Mapping[KeyPath, KeyPath] = RENAMED
) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """Return the settings that a text holds and its problems; of a text that is not TOML nothing is used."""
    try:
        text.encode()
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        return Settings(), (_not_toml(text, fault),)
    moved = _moves(given, renamed)
    reading = _Reading(KeyLines(text, {new: old for old, new in moved.items()}))
    reading.follow(moved, given)
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
    return SettingsProblem("", line, f"{NOT_TOML}: {shorten(clean(reason), 200)}. Nothing is used.", column)


def _moves(given: Mapping[str, Any], renamed: Mapping[KeyPath, KeyPath]) -> dict[KeyPath, KeyPath]:
    """The former paths in a file, each with its present one."""
    moves = {}
    for old, new in renamed.items():
        names = _table_at(given, old[:1]) if "*" in old else {"": {}}
        for name in names:
            here = tuple(name if part == "*" else part for part in old)
            if here[-1] in _table_at(given, here[:-1]):
                moves[here] = tuple(name if part == "*" else part for part in new)
    return moves


def _table_at(given: Mapping[str, Any], path: KeyPath) -> dict[str, Any]:
    table: Any = given
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


@dataclass(frozen=True, slots=True)
class _Setting:
    """How one key is decoded: its type, the sentence for what is valid, the names to choose from."""

    type: Any
    must_be: str
    is_text: bool
    names: tuple[str, ...] = ()
    read: Callable[[object], object] | None = None

    def decode(self, given: object) -> Any:  # noqa: ANN401 - a value of `type`
        """Return the value as the program uses it; raises `msgspec.ValidationError`."""
        if isinstance(given, str):
            given = given.strip()
            if clean(given) != given:
                raise msgspec.ValidationError("control characters")
        if self.names:
            given = [*map(self._canonical, given)] if isinstance(given, list) else self._canonical(given)
        return msgspec.convert(self.read(given) if self.read else given, self.type)

    def _canonical(self, given: object) -> object:
        if not isinstance(given, str):
            return given
        word = re.sub(r"[\s_-]+", " ", given.strip().casefold())
        return {name.casefold(): name for name in self.names}.get(word, word)

    def refusal(self, given: object) -> str:
        """Say what is valid; and what was given, if that cannot be a secret in the wrong place."""
        words = [word for word in (given if isinstance(given, list) else [given]) if isinstance(word, str)]
        for word in words:
            if self._canonical(word) not in self.names and (near := nearest(word, self.names)):
                return f"must be {self.must_be}, not “{shorten(clean(word), 40)}”; did you mean “{near}”?"
        if isinstance(given, bool | int | float) and not self.is_text:
            return f"must be {self.must_be}, not {shorten(str(given).lower(), 20)}"
        return f"must be {self.must_be}"


@cache
def settings_of(table: type[msgspec.Struct]) -> dict[str, _Setting]:
    """Return the settings of a table by key, from the annotations of its class."""
    kinds = {
        one.name: [kind for kind in (one.type, *get_args(one.type)) if hasattr(kind, "__metadata__")]
        for one in msgspec.structs.fields(table)
    }
    return {key: _setting(kind[0]) for key, kind in kinds.items() if kind}


def _setting(kind: Any) -> _Setting:  # noqa: ANN401 - an `Annotated` type
    meta: msgspec.Meta = kind.__metadata__[0]
    return _Setting(kind, meta.description or "", is_text=meta.pattern is not None, **(meta.extra or {}))


_BELONGS = "belongs to a tenant: it must stand below a line such as [tenants.NAME]"
_TABLES = ("tenants", "polling", "list", "screen", "notify", "files", "keys")


class _Reading:
    """One pass over the tables, which collects the problems on the way."""

    def __init__(self, lines: KeyLines) -> None:
        self.lines = lines
        self.problems: list[SettingsProblem] = []

    def follow(self, moves: Mapping[KeyPath, KeyPath], given: dict[str, Any]) -> None:
        """Put the values of renamed settings under their present names, unless these are in the file, too."""
        for old, new in moves.items():
            table = _table_at(given, old[:-1])
            value = table.pop(old[-1])
            if new[-1] in table:
                self._report(old, f"is now named {new[-1]}, which is in the file as well: delete this line")
            else:
                table[new[-1]] = value
                self._report(old, f"is now named {new[-1]}; it is used, but rename it", is_used=True)

    def settings(self, given: dict[str, Any]) -> Settings:
        for key in given:
            if key not in _TABLES:
                self._report((key,), _BELONGS if key in settings_of(TenantSettings) else _unknown(key, _TABLES))
        return Settings(
            tenants=self._tenants(self._table(("tenants",), given)),
            polling=self._read(("polling",), given, PollingSettings),
            list=self._read(("list",), given, ListSettings),
            screen=self._read(("screen",), given, ScreenSettings),
            notify=self._read(("notify",), given, NotifySettings),
            files=self._read(("files",), given, FilesSettings),
            keys=tuple(self._keys(self._table(("keys",), given))),
            lines=self.lines,
        )

    def _read(self, path: KeyPath, given: dict[str, Any], table: type[T]) -> T:
        return table(**self._values(path, self._table(path, given), table))

    def _report(self, path: KeyPath, text: str, *, is_used: bool = False) -> None:
        end = "" if text.endswith("?") else "."
        key = dotted(path)
        self.problems.append(SettingsProblem(key, self.lines.of(path), f"{key} {text}{end}", is_used=is_used))

    def _table(self, path: KeyPath, around: dict[str, Any]) -> dict[str, Any]:
        table = around.get(path[-1], {})
        if isinstance(table, dict):
            return table
        example = "[tenants.NAME]" if path == ("tenants",) else f"[{dotted(path)}]"
        self._report(path, f"must be a table: {example}")
        return {}

    def _values(self, path: KeyPath, given: dict[str, Any], table: type[msgspec.Struct]) -> dict[str, Any]:
        """The valid values of a table, by their keys."""
        known = settings_of(table)
        values = {}
        for key, value in given.items():
            if key not in known:
                self._report((*path, key), _unknown(key, known))
                continue
            try:
                values[key] = known[key].decode(value)
            except msgspec.ValidationError:
                self._report((*path, key), known[key].refusal(value))
        return values

    def _tenants(self, tables: dict[str, Any]) -> tuple[TenantSettings, ...]:
        given = {name: self._table(("tenants", name), tables) for name in tables}
        tenants = [self._tenant(name, table) for name, table in given.items() if isinstance(tables[name], dict)]
        return tuple(tenant for tenant in tenants if tenant)

    def _tenant(self, name: str, table: dict[str, Any]) -> TenantSettings | None:
        path = ("tenants", name)
        values = self._values(path, table, TenantSettings)
        is_named = self._has_good_name(name)
        has_host = self._has_one(path, table, ("host", "url"))
        has_client = self._has_one(path, table, ("client_id",))
        is_reported = not table.keys() & set(SECRET_KEYS) and any(_is_secret(key, _TENANT_KEYS) for key in table)
        has_source = not is_reported and self._has_one(path, table, SECRET_KEYS)
        is_whole = is_named and has_host and has_client and has_source
        needed = table.keys() & {"host", "url", "client_id", *SECRET_KEYS}
        return TenantSettings(name=name, **values) if is_whole and needed <= values.keys() else None

    def _has_good_name(self, name: str) -> bool:
        if name == "env":
            self._report(("tenants", name), "is the name of the tenant in ZUORA_BASE_URL; give this one another")
        elif not re.fullmatch(r"\w[\w .-]{0,39}", name) or clean(name) != name:
            self._report(("tenants", name), "must have a name of at most 40 letters, digits, dashes and dots")
        else:
            return True
        return False

    def _has_one(self, path: KeyPath, table: dict[str, Any], keys: tuple[str, ...]) -> bool:
        """Whether exactly one of these keys is there; none, and two, are reported."""
        found = [key for key in keys if key in table]
        if len(found) > 1:
            self._report((*path, found[1]), f"is one too many beside {found[0]}: keep one of them")
        elif not found:
            self._report(path, f"needs {' or '.join(keys)}")
        return len(found) == 1

    def _keys(self, table: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for action, given in table.items():
            if not re.fullmatch("[a-z][a-z_]{0,40}", action):
                self._report(("keys", action), "is no action: its id has small letters only")
                continue
            try:
                yield action, _KEY_NAME.decode(given)
            except msgspec.ValidationError:
                self._report(("keys", action), _KEY_NAME.refusal(given))


_TENANT_KEYS = tuple(settings_of(TenantSettings))
_KEY_NAME = _setting(KeyName)


def _unknown(key: str, known: Collection[str]) -> str:
    return _NEVER_HERE if _is_secret(key, known) else f"is no setting; {suggest(key, known)}"


def _is_secret(key: str, known: Collection[str]) -> bool:
    """Whether a key is no setting, and more like the name of a secret than like any setting."""
    return key not in known and nearest(key, (*_NOT_HERE, *SECRET_KEYS, *known)) in _NOT_HERE
