"""Add tenants to config.toml, and store their secrets elsewhere: in a file or the keyring."""

import importlib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from zjobtui.atomic_write import write_whole
from zjobtui.config.loading import NOT_TOML, parse_settings
from zjobtui.logs import get_logger
from zjobtui.models.tenant import ClientCredentials
from zjobtui.models.text import clean

log = get_logger(__name__)

TomlValue = str | int | float | list[str]


class NotWrittenError(Exception):
    """The tenant was not added, and nothing was changed; the message says why."""


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
            with _in_keyring(f"zjobtui {name}", credentials):
                add_tenant(config, name, {**values, "secret_keyring": f"zjobtui {name}"})
        case SecretLocation.VARIABLE:
            add_tenant(config, name, {**values, "secret_env": secret_variable(name)})


def add_tenant(path: Path, name: str, values: Mapping[str, TomlValue]) -> None:
    """Append `[tenants.NAME]` with these values if they are valid; raise `NotWrittenError`."""
    try:
        text = path.read_bytes().decode() if path.exists() else ""
    except (OSError, ValueError) as error:
        raise NotWrittenError(f"{clean(str(path))} cannot be read: {error}.") from None
    settings, problems = parse_settings(text.removeprefix("\ufeff"))
    if any(problem.text.startswith(NOT_TOML) for problem in problems):
        raise NotWrittenError(f"{clean(str(path))}: {problems[0]} Fix that first.")
    if name in {tenant.name for tenant in settings.tenants} or ("tenants", name) in settings.lines.lines:
        raise NotWrittenError(f"There is already a tenant “{clean(name)}” in {clean(str(path))}.")
    _, problems = parse_settings(table_text(name, values))
    if problems:
        raise NotWrittenError(" ".join(problem.text for problem in problems))
    _write(path, _with_tenant(text, name, values).encode())


def table_text(name: str, values: Mapping[str, TomlValue]) -> str:
    """Return the table of a tenant as TOML."""
    return tomlkit.dumps({"tenants": {name: values}})


def _with_tenant(text: str, name: str, values: Mapping[str, TomlValue]) -> str:
    """Return the text with the tenant added after the others; comments, order and all other lines are kept."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    before = tomllib.loads(text)
    if not isinstance(before.get("tenants", {}), dict):
        raise NotWrittenError("tenants must be a table: [tenants.NAME].")
    try:
        document = tomlkit.parse(text + "\n" * (not text.endswith("\n")) if text else "")
        tenants = document.setdefault("tenants", tomlkit.table(is_super_table=True))
        table = tomlkit.inline_table() if isinstance(tenants, InlineTable) else tomlkit.table()
        table.update(values)
        tenants[name] = table
        written = tomlkit.dumps(document)
        after = tomllib.loads(written)
    except (TOMLKitError, ValueError):
        after, written = {}, ""
    if after != {**before, "tenants": {**before.get("tenants", {}), name: dict(values)}}:
        raise NotWrittenError(f"[tenants.{name}] cannot be added to this file automatically; add it by hand.")
    return mark + written


@contextmanager
def _in_file(path: Path, secret: str) -> Iterator[None]:
    """Write the secret to a new file that only the user can read; delete it if the block fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise NotWrittenError(f"There is already a file {clean(str(path))}; it was not changed.") from None
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
