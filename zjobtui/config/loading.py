"""Load config.toml: use what is valid, and report the rest by key and line, with the nearest valid name."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

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
from zjobtui.config.tenants import name_problem
from zjobtui.models.text import clean, nearest, shorten, suggest

SETTINGS_FILE_BYTES = 256 * 1024
"""Bytes of a settings file at most."""

NOT_TOML = "not valid TOML"
"""The beginning of the problem of a file that cannot be parsed; nothing of such a file is used."""

_SECRET_NAMES = ("client_secret", "secret", "password", "token", "bearer_token", "access_token")
_SECRET_IN_FILE = (
    "is refused: this file must not contain a secret. Delete the line, create a new secret in Zuora, "
    f"and set its source: {', '.join(SECRET_KEYS[:-1])} or {SECRET_KEYS[-1]}"
)

T = TypeVar("T", bound=msgspec.Struct)


def read_settings(path: Path, *, must_exist: bool = False) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """Return the settings of a file, and its problems by line; a missing file is a problem only if `must_exist`."""
    try:
        with path.open("rb") as file:
            content = file.read(SETTINGS_FILE_BYTES + 1)
    except FileNotFoundError:
        missing = SettingsProblem("", 0, "the file was not found.")
        return Settings(), (missing,) if must_exist else ()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid path"
        return Settings(), (SettingsProblem("", 0, f"the file cannot be read: {reason}."),)
    if len(content) > SETTINGS_FILE_BYTES:
        return Settings(), (SettingsProblem("", 0, "the file is too large for a settings file."),)
    return parse_settings(content.decode("utf-8-sig", errors="surrogateescape"), RENAMED)


def parse_settings(
    text: str, renamed: Mapping[KeyPath, KeyPath] = RENAMED
) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """Return the settings in a text, and its problems; nothing is used if it is not valid TOML."""
    try:
        text.encode()
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return Settings(), (_syntax_error(text, error),)
    moved = _former_paths(document, renamed)
    loader = _Loader(KeyLines(text, {new: old for old, new in moved.items()}))
    loader.apply_renames(moved, document)
    settings = loader.load(document)
    return settings, tuple(sorted(loader.problems, key=lambda problem: problem.line))


def _syntax_error(text: str, error: Exception) -> SettingsProblem:
    if isinstance(error, UnicodeEncodeError):
        before = text[: error.start]
        line, column, reason = before.count("\n") + 1, error.start - before.rfind("\n"), "the encoding is not UTF-8"
    elif isinstance(error, tomllib.TOMLDecodeError):
        reason, _, position = str(error).rpartition(" (at ")
        numbers = re.findall(r"\d+", position) or (text.count("\n") + 1, len(text) - text.rfind("\n"))
        line, column = int(numbers[0]), int(numbers[1])
    else:
        line, column, reason = 0, 0, "a number is too long, or the nesting is too deep"
    return SettingsProblem("", line, f"{NOT_TOML}: {shorten(clean(reason), 200)}. The file is ignored.", column)


def _former_paths(document: Mapping[str, Any], renamed: Mapping[KeyPath, KeyPath]) -> dict[KeyPath, KeyPath]:
    """Return the former paths in a file, each with its current path."""
    moved = {}
    for old, new in renamed.items():
        names = _table_at(document, old[:1]) if "*" in old else {"": {}}
        for name in names:
            path = tuple(name if part == "*" else part for part in old)
            if path[-1] in _table_at(document, path[:-1]):
                moved[path] = tuple(name if part == "*" else part for part in new)
    return moved


def _table_at(document: Mapping[str, Any], path: KeyPath) -> dict[str, Any]:
    table: Any = document
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


class _Setting(Struct, frozen=True):
    """How to decode one key: its type, the description of valid values, and the names to choose from."""

    type: Any
    must_be: str
    is_text: bool
    names: tuple[str, ...] = ()
    read: Callable[[object], object] | None = None

    def decode(self, value: object) -> Any:  # noqa: ANN401 - a value of `type`
        """Return the value as the program uses it; raise `msgspec.ValidationError`."""
        if isinstance(value, str):
            value = value.strip()
            if clean(value) != value:
                raise msgspec.ValidationError("control characters")
        if self.names:
            value = [*map(self._canonical, value)] if isinstance(value, list) else self._canonical(value)
        return msgspec.convert(self.read(value) if self.read else value, self.type)

    def _canonical(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        word = re.sub(r"[\s_-]+", " ", value.strip().casefold())
        return {name.casefold(): name for name in self.names}.get(word, word)

    def refusal(self, value: object) -> str:
        """Describe what is valid; name the value only if it cannot be a secret in the wrong place."""
        words = [word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str)]
        for word in words:
            if self._canonical(word) not in self.names and (near := nearest(word, self.names)):
                return f"must be {self.must_be}, not “{shorten(clean(word), 40)}”; did you mean “{near}”?"
        if not isinstance(value, bool | int | float):
            return f"must be {self.must_be}"
        return f"must be {self.must_be}, {'in quotes' if self.is_text else f'not {shorten(str(value).lower(), 20)}'}"


@cache
def settings_of(schema: type[msgspec.Struct]) -> dict[str, _Setting]:
    """Return the settings of a table by key, from the annotations of its schema."""
    kinds = {
        field.name: [kind for kind in (field.type, *get_args(field.type)) if hasattr(kind, "__metadata__")]
        for field in msgspec.structs.fields(schema)
    }
    return {key: _setting(annotated[0]) for key, annotated in kinds.items() if annotated}


def _setting(annotated: Any) -> _Setting:  # noqa: ANN401 - an `Annotated` type
    meta: msgspec.Meta = annotated.__metadata__[0]
    extra = meta.extra or {}
    return _Setting(annotated, meta.description or "", is_text=bool(meta.pattern or extra.get("names")), **extra)


_MISPLACED_TENANT_KEY = "belongs to a tenant: move it below a line such as [tenants.NAME]"
_TABLES = ("tenants", "polling", "list", "screen", "notify", "files", "keys")


class _Loader:
    """Load the tables of a file, and collect their problems."""

    def __init__(self, lines: KeyLines) -> None:
        self.lines = lines
        self.problems: list[SettingsProblem] = []

    def apply_renames(self, moved: Mapping[KeyPath, KeyPath], document: dict[str, Any]) -> None:
        """Move the values of renamed settings to their current names, unless these are in the file, too."""
        for old, new in moved.items():
            table = _table_at(document, old[:-1])
            value = table.pop(old[-1])
            if new[-1] in table:
                self._report(old, f"was renamed to {new[-1]}, which is in the file as well: delete this line")
            else:
                table[new[-1]] = value
                self._report(old, f"was renamed to {new[-1]}; the value is used, but rename the key", is_used=True)

    def load(self, document: dict[str, Any]) -> Settings:
        """Return the valid settings of a document."""
        for key in document:
            if key not in _TABLES:
                is_of_tenant = key in settings_of(TenantSettings)
                self._report((key,), _MISPLACED_TENANT_KEY if is_of_tenant else _unknown(key, _TABLES))
        return Settings(
            tenants=self._tenants(self._table(("tenants",), document)),
            polling=self._read(("polling",), document, PollingSettings),
            list=self._read(("list",), document, ListSettings),
            screen=self._read(("screen",), document, ScreenSettings),
            notify=self._read(("notify",), document, NotifySettings),
            files=self._read(("files",), document, FilesSettings),
            keys=tuple(self._keys(self._table(("keys",), document))),
            lines=self.lines,
        )

    def _read(self, path: KeyPath, document: dict[str, Any], schema: type[T]) -> T:
        return schema(**self._values(path, self._table(path, document), schema))

    def _report(self, path: KeyPath, text: str, *, is_used: bool = False) -> None:
        end = "" if text.endswith("?") else "."
        key = dotted(path)
        self.problems.append(SettingsProblem(key, self.lines.of(path), f"{key} {text}{end}", is_used=is_used))

    def _table(self, path: KeyPath, parent: dict[str, Any]) -> dict[str, Any]:
        table = parent.get(path[-1], {})
        if isinstance(table, dict):
            return table
        example = "[tenants.NAME]" if path == ("tenants",) else f"[{dotted(path)}]"
        self._report(path, f"must be a table: {example}")
        return {}

    def _values(self, path: KeyPath, table: dict[str, Any], schema: type[msgspec.Struct]) -> dict[str, Any]:
        """Return the valid values of a table by key."""
        known = settings_of(schema)
        values = {}
        for key, value in table.items():
            if key not in known:
                self._report((*path, key), _unknown(key, known))
                continue
            try:
                values[key] = known[key].decode(value)
            except msgspec.ValidationError:
                self._report((*path, key), known[key].refusal(value))
        return values

    def _tenants(self, tables: dict[str, Any]) -> tuple[TenantSettings, ...]:
        by_name = {name: self._table(("tenants", name), tables) for name in tables}
        tenants = [self._tenant(name, table) for name, table in by_name.items() if isinstance(tables[name], dict)]
        return tuple(tenant for tenant in tenants if tenant)

    def _tenant(self, name: str, table: dict[str, Any]) -> TenantSettings | None:
        path = ("tenants", name)
        values = self._values(path, table, TenantSettings)
        is_named = self._has_valid_name(name)
        has_host = self._has_one(path, table, ("host", "url"))
        has_client = self._has_one(path, table, ("client_id",))
        is_reported = not table.keys() & set(SECRET_KEYS) and any(_is_secret(key, _TENANT_KEYS) for key in table)
        has_source = not is_reported and self._has_one(path, table, SECRET_KEYS)
        is_complete = is_named and has_host and has_client and has_source
        required = table.keys() & {"host", "url", "client_id", *SECRET_KEYS}
        return TenantSettings(name=name, **values) if is_complete and required <= values.keys() else None

    def _has_valid_name(self, name: str) -> bool:
        if problem := name_problem(name):
            self._report(("tenants", name), problem)
        return not problem

    def _has_one(self, path: KeyPath, table: dict[str, Any], keys: tuple[str, ...]) -> bool:
        """Return whether exactly one of these keys is set; report it otherwise."""
        present = [key for key in keys if key in table]
        if len(present) > 1:
            self._report((*path, present[1]), f"cannot be combined with {present[0]}: delete one of them")
        elif not present:
            self._report(path, f"needs {' or '.join(keys)}")
        return len(present) == 1

    def _keys(self, table: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for action, key in table.items():
            if not re.fullmatch("[a-z][a-z_]{0,40}", action):
                self._report(("keys", action), "is not an action: names of actions are in lower case")
                continue
            try:
                yield action, _KEY_NAME.decode(key)
            except msgspec.ValidationError:
                self._report(("keys", action), _KEY_NAME.refusal(key))


_TENANT_KEYS = tuple(settings_of(TenantSettings))
_KEY_NAME = _setting(KeyName)


def _unknown(key: str, known: Collection[str]) -> str:
    return _SECRET_IN_FILE if _is_secret(key, known) else f"is not a known setting; {suggest(key, known)}"


def _is_secret(key: str, known: Collection[str]) -> bool:
    """Return whether a key is unknown, and more similar to the name of a secret than to any setting."""
    return key not in known and nearest(key, (*_SECRET_NAMES, *SECRET_KEYS, *known)) in _SECRET_NAMES
