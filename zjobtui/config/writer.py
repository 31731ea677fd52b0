"""Add, edit and remove tenants in config.toml, and store their secrets elsewhere: in a file or the keyring."""

import importlib
import os
import re
import shlex
import stat
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable, Table

from zjobtui.atomic_write import write_whole
from zjobtui.config.loading import NOT_TOML, parse_settings
from zjobtui.config.settings import SECRET_KEYS
from zjobtui.logs import get_logger
from zjobtui.models.tenant import ClientCredentials
from zjobtui.models.text import clean

log = get_logger(__name__)

TomlValue = str | int | float | list[str]

_ALTERNATIVES = (("host", "url"), SECRET_KEYS)
"""Keys of a tenant of which exactly one is set."""


class NotWrittenError(Exception):
    """The settings were not written, and nothing was changed; the message says why."""


class SecretLocation(Enum):
    """Where a secret can be stored."""

    FILE = "file"
    KEYRING = "keyring"
    VARIABLE = "variable"


def available_locations() -> tuple[SecretLocation, ...]:
    """Return the locations that are available on this machine."""
    return tuple(
        location for location in SecretLocation if location is not SecretLocation.KEYRING or find_spec("keyring")
    )


def secret_file(config: Path, name: str) -> Path:
    """Return the file for the secret of a tenant, in the folder of the settings."""
    return config.absolute().parent / f"{name}.secret"


def secret_variable(name: str) -> str:
    """Return the environment variable for the secret of a tenant."""
    return f"ZUORA_SECRET_{re.sub('[^A-Z0-9]', '_', name.upper())}"


def keyring_service(name: str) -> str:
    """Return the keyring service for the secret of a tenant."""
    return f"zjobtui {name}"


def written_secret(config: Path, name: str, table: Mapping[str, object]) -> str:
    """Return where the secret is that `save_tenant` stored for a tenant, and how to delete it; "" if it did not."""
    path = secret_file(config, name)
    if table.get("secret_file") == str(path) and path.exists():
        return f"{clean(str(path))}; delete it with: rm {clean(shlex.quote(str(path)))}"
    if table.get("secret_keyring") == keyring_service(name):
        words = ("keyring", "del", keyring_service(name), str(table.get("client_id", "")))
        return f"the keyring, service “{keyring_service(name)}”; delete it with: {clean(shlex.join(words))}"
    return ""


def save_tenant(
    config: Path, name: str, host: Mapping[str, str], credentials: ClientCredentials, location: SecretLocation
) -> None:
    """Add a tenant to the settings, and store its secret; `host` has the key `host` or `url`.

    A variable is not set, only its name is written. Raises `NotWrittenError`; then nothing is stored.
    """
    values: dict[str, TomlValue] = {**host, "client_id": credentials.client_id}
    match location:
        case SecretLocation.FILE:
            path = secret_file(config, name)
            with _in_file(path, credentials.client_secret.reveal()):
                add_tenant(config, name, {**values, "secret_file": str(path)})
        case SecretLocation.KEYRING:
            with _in_keyring(keyring_service(name), credentials):
                add_tenant(config, name, {**values, "secret_keyring": keyring_service(name)})
        case SecretLocation.VARIABLE:
            add_tenant(config, name, {**values, "secret_env": secret_variable(name)})


def add_tenant(path: Path, name: str, values: Mapping[str, TomlValue]) -> None:
    """Append `[tenants.NAME]` with these values if they are valid; raise `NotWrittenError`."""
    text = _read(path)
    settings, problems = parse_settings(text.removeprefix("\ufeff"))
    if any(problem.text.startswith(NOT_TOML) for problem in problems):
        raise NotWrittenError(f"{clean(str(path))}: {problems[0]} Correct that first.")
    if name in {tenant.name for tenant in settings.tenants} or ("tenants", name) in settings.lines.lines:
        raise NotWrittenError(f"There is already a tenant “{clean(name)}” in {clean(str(path))}.")
    _check_table(name, values)
    _write(path, _with_tenant(text, name, values).encode())


def edit_tenant(path: Path, name: str, values: Mapping[str, TomlValue], unset: Collection[str] = ()) -> None:
    """Set values of `[tenants.NAME]`, and remove the keys `unset`; raise `NotWrittenError`.

    A value replaces its alternative: `url` replaces `host`, and one source of the secret another.
    """
    text = _read(path)
    table = tenant_table(path, name)
    replaced = {key for keys in _ALTERNATIVES for key in keys if key not in values and values.keys() & set(keys)}
    gone = (replaced | set(unset)) & table.keys()
    edited = {**{key: value for key, value in table.items() if key not in gone}, **values}
    _check_table(name, edited)

    def edit(tenants: Any) -> None:  # noqa: ANN401 - tomlkit has several classes of tables
        _edit_table(tenants[name], values, gone)

    _write(path, _rewrite(text, edit, {name: edited}, f"[tenants.{name}] cannot be edited automatically").encode())


def remove_tenant(path: Path, name: str) -> None:
    """Remove `[tenants.NAME]`; comments and all other lines are kept. Raise `NotWrittenError`."""
    text = _read(path)
    tenant_table(path, name)
    error = f"[tenants.{name}] cannot be removed automatically"
    written = _without_table(text, name) or _rewrite(text, lambda tenants: tenants.pop(name), {}, error, name)
    _write(path, written.encode())


def tenant_table(path: Path, name: str) -> dict[str, Any]:
    """Return the table of a tenant as it is written in the file, valid or not; raise `NotWrittenError`."""
    text = _read(path).removeprefix("\ufeff")
    try:
        tenants = tomllib.loads(text).get("tenants", {})
    except (ValueError, RecursionError):
        raise NotWrittenError(f"{clean(str(path))}: {parse_settings(text)[1][0]} Correct that first.") from None
    if not isinstance(tenants, dict) or not isinstance(tenants.get(name), dict):
        names = ", ".join(map(clean, tenants)) if isinstance(tenants, dict) else ""
        there = f"Its tenants: {names}." if names else "It has no tenants."
        raise NotWrittenError(f"There is no tenant “{clean(name)}” in {clean(str(path))}. {there}")
    table: dict[str, Any] = tenants[name]
    return table


def table_text(name: str, values: Mapping[str, object]) -> str:
    """Return the table of a tenant as TOML."""
    return tomlkit.dumps({"tenants": {name: values}})


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode() if path.exists() else ""
    except (OSError, ValueError) as error:
        raise NotWrittenError(f"{clean(str(path))} cannot be read: {error}.") from None


def _check_table(name: str, values: Mapping[str, object]) -> None:
    _, problems = parse_settings(table_text(name, values))
    if problems := tuple(problem for problem in problems if not problem.is_used):
        raise NotWrittenError(" ".join(problem.text for problem in problems))


def _with_tenant(text: str, name: str, values: Mapping[str, TomlValue]) -> str:
    """Return the text with the tenant added after the others."""

    def add(tenants: Any) -> None:  # noqa: ANN401 - tomlkit has several classes of tables
        table = tomlkit.inline_table() if isinstance(tenants, InlineTable) else tomlkit.table()
        table.update(values)
        tenants[name] = table

    return _rewrite(text, add, {name: dict(values)}, f"[tenants.{name}] cannot be added to this file automatically")


def _rewrite(
    text: str, change: Callable[[Any], object], changed: Mapping[str, object], error: str, removed: str = ""
) -> str:
    """Return the text after `change` of its tenants; comments, order and all other lines are kept.

    Raises `NotWrittenError` unless the tenants of the result are those of before with `changed`, without `removed`.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    before = tomllib.loads(text)
    if not isinstance(before.get("tenants", {}), dict):
        raise NotWrittenError("tenants must be a table: [tenants.NAME].")
    try:
        document = tomlkit.parse(text + "\n" * (not text.endswith("\n")) if text else "")
        change(document.setdefault("tenants", tomlkit.table(is_super_table=True)))
        written = tomlkit.dumps(document)
        after = _tables(written)
    except (TOMLKitError, ValueError, KeyError, TypeError):
        after, written = {}, ""
    kept = {name: table for name, table in before.get("tenants", {}).items() if name != removed}
    if after != {**before, "tenants": {**kept, **changed}}:
        raise NotWrittenError(f"{error}; edit the file by hand.")
    return mark + written


def _tables(text: str) -> dict[str, Any]:
    """Return the tables of a valid text, with a table of tenants even if it has none."""
    return {"tenants": {}, **tomllib.loads(text)}


def _edit_table(table: Any, values: Mapping[str, TomlValue], gone: Collection[str]) -> None:  # noqa: ANN401 - see above
    """Set values and remove keys; comments after the last key, which may be about the next table, stay last."""
    body = table.value.body if isinstance(table, Table) else []
    after = []
    while body and body[-1][0] is None:
        after.append(body.pop())
    for key, value in values.items():
        table[key] = value
    for key in gone:
        table.pop(key)
    body.extend(reversed(after))


def _without_table(text: str, name: str) -> str:
    """Return the text without the lines of `[tenants.NAME]`; "" if that would change more, or if there is no header.

    Comments after the last blank line of the table are about the next one, and stay.
    """
    lines = text.splitlines(keepends=True)
    headers = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    start = next((number for number in headers if _is_header(lines[number], name)), None)
    if start is None:
        return ""
    end = next((number for number in headers if number > start), len(lines))
    first = end
    while first > start + 1 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    keeps_comments = first < end and not lines[first - 1].strip()
    rest = "".join((*lines[:start], *lines[first if keeps_comments else end :]))
    before = tomllib.loads(text.removeprefix("\ufeff"))
    others = {other: table for other, table in before["tenants"].items() if other != name}
    with suppress(ValueError):  # the text of a string may look like a header
        if _tables(rest.removeprefix("\ufeff")) == {**before, "tenants": others}:
            return rest
    return ""


def _is_header(line: str, name: str) -> bool:
    try:
        return tomllib.loads(line) == {"tenants": {name: {}}}
    except ValueError:
        return False


@contextmanager
def _in_file(path: Path, secret: str) -> Iterator[None]:
    """Write the secret to a new file that only the user can read; delete it if the block fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise NotWrittenError(
            f"The file {clean(str(path))} already exists and was not changed. Move it, or use another name."
        ) from None
    except OSError as error:
        raise NotWrittenError(f"{clean(str(path))} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())
        yield
    except OSError as error:
        path.unlink(missing_ok=True)
        raise NotWrittenError(f"{clean(str(path))} cannot be written: {error.strerror}.") from None
    except NotWrittenError:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _in_keyring(service: str, credentials: ClientCredentials) -> Iterator[None]:
    """Write the secret to the keyring of the system; delete it if the block fails."""
    try:
        keyring: Any = importlib.import_module("keyring")
        keyring.set_password(service, credentials.client_id, credentials.client_secret.reveal())
    except Exception as error:  # noqa: BLE001 - backends raise anything, and the text may contain a secret
        log.warning("the keyring did not store the secret: %s", type(error).__name__)
        raise NotWrittenError(f"The keyring did not store the secret ({type(error).__name__}).") from None
    try:
        yield
    except NotWrittenError:
        try:
            keyring.delete_password(service, credentials.client_id)
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("the keyring still has the secret of a tenant that was not added: %s", type(error).__name__)
        raise


def _write(path: Path, content: bytes) -> None:
    """Replace the file atomically; a link is followed, and an existing file keeps its mode."""
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600
        write_whole(target, content, mode)
    except OSError as error:
        raise NotWrittenError(f"{clean(str(path))} cannot be written: {error.strerror}.") from None
