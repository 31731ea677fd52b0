"""Puts a tenant into config.toml, and its secret where a person wants it, which is never that file."""

import importlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from zjobtui.domain.tenant import ClientCredentials
from zjobtui.domain.text import clean
from zjobtui.logs import get_logger
from zjobtui.storage.config_writing import NotWrittenError, TomlValue, add_tenant

log = get_logger(__name__)


class Place(Enum):
    """Where a secret can be kept."""

    FILE = "file"
    KEYRING = "keyring"
    VARIABLE = "variable"


def places() -> tuple[Place, ...]:
    """Those that can be had here."""
    return tuple(place for place in Place if place is not Place.KEYRING or find_spec("keyring"))


def secret_file(config: Path, name: str) -> Path:
    """The file of a tenant's secret: beside the settings."""
    return config.absolute().parent / f"{name}.secret"


def variable(name: str) -> str:
    """The environment variable of a tenant's secret."""
    return f"ZUORA_SECRET_{re.sub('[^A-Z0-9]', '_', name.upper())}"


def keep(config: Path, name: str, at: Mapping[str, str], credentials: ClientCredentials, place: Place) -> None:
    """Adds the tenant at a host or url, its secret being kept in `place`.

    Of a variable only its name is written; setting it is left to the person. Raises `NotWrittenError`, and then nothing
    is kept.
    """
    values: dict[str, TomlValue] = {**at, "client_id": credentials.client_id}
    match place:
        case Place.FILE:
            path = secret_file(config, name)
            with _in_file(path, credentials.client_secret.reveal()):
                add_tenant(config, name, {**values, "secret_file": str(path)})
        case Place.KEYRING:
            with _in_keyring(f"zjobtui {name}", credentials):
                add_tenant(config, name, {**values, "secret_keyring": f"zjobtui {name}"})
        case Place.VARIABLE:
            add_tenant(config, name, {**values, "secret_env": variable(name)})


@contextmanager
def _in_file(path: Path, secret: str) -> Iterator[None]:
    """A new file that nobody else can read; it is taken away again where the block fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise NotWrittenError(f"There is a file {clean(str(path))} already; it is left as it is.") from None
    except OSError as fault:
        raise NotWrittenError(f"{clean(str(path))} cannot be written: {fault.strerror}.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())
        yield
    except OSError as fault:
        path.unlink(missing_ok=True)
        raise NotWrittenError(f"{clean(str(path))} cannot be written: {fault.strerror}.") from None
    except NotWrittenError:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _in_keyring(service: str, credentials: ClientCredentials) -> Iterator[None]:
    """An entry of the system's keyring; it is taken away again where the block fails."""
    try:
        keyring: Any = importlib.import_module("keyring")
        keyring.set_password(service, credentials.client_id, credentials.client_secret.reveal())
    except Exception as fault:  # noqa: BLE001 - backends raise what they like, and its text may hold anything
        log.warning("the keyring took no secret: %s", type(fault).__name__)
        raise NotWrittenError(f"The keyring took no secret ({type(fault).__name__}).") from None
    try:
        yield
    except NotWrittenError:
        try:
            keyring.delete_password(service, credentials.client_id)
        except Exception as fault:  # noqa: BLE001 - as above
            log.warning("the keyring still has the secret of a tenant that was not added: %s", type(fault).__name__)
        raise
