"""Sources of a tenant's secret: describe a source, and read the secret from it."""

import importlib
import os
import shlex
import stat
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct

from zjobtui.config.programs import NO_SECRET, SECRET_TIME_LIMIT, child_environment, run_command
from zjobtui.logs import get_logger
from zjobtui.models.tenant import ClientCredentials, Secret, strip_quotes
from zjobtui.models.text import clean, shorten

log = get_logger(__name__)

LENGTH_LIMIT = 8 * 1024
"""Bytes of a secret at most."""


class SecretError(Exception):
    """A secret could not be read; the message names the source and what to do, and contains nothing that was read."""


class Variable(Struct, frozen=True):
    """An environment variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """A program that prints the secret; only its name is shown, since its arguments may be secret, too."""

    words: tuple[str, ...] = field(repr=False)


class SecretFile(Struct, frozen=True):
    """A file that belongs to the user."""

    path: Path


class KeyringEntry(Struct, frozen=True):
    """An entry of the system's keyring."""

    service: str
    user: str


SecretSource: TypeAlias = Variable | Command | SecretFile | KeyringEntry
"""Each tenant has exactly one, and no other is tried if it fails."""


def describe_source(source: SecretSource) -> str:
    """Return the source as the screen and `doctor` show it, a file with its mode."""
    match source:
        case Variable(name):
            return f"environment variable {name}"
        case Command(words):
            return f"command {shorten(clean(words[0]), 80)}"
        case SecretFile(path):
            return f"file {_home_path(path)} (plain text, {_mode(path)})"
        case KeyringEntry(service):
            return f"keyring, service {shorten(clean(service), 80)}"


def _mode(path: Path) -> str:
    try:
        return f"{stat.S_IMODE(path.stat().st_mode):04o}"
    except (OSError, ValueError):
        return "not found"


def read_credentials(
    client_id: str,
    source: SecretSource,
    environ: Mapping[str, str],
    *,
    withheld: Collection[str] = (),
    time_limit: float = SECRET_TIME_LIMIT,
) -> ClientCredentials:
    """Return the OAuth client with its secret; raise `SecretError`.

    Blocks while a command or the keyring works. `withheld` names further variables that a command does not get, because
    they hold secrets.
    """
    message = ""
    match source:
        case Variable(name):
            secret, error = Secret(environ.get(name, "")), ""
        case Command():
            secret, error, message = run_command(source.words, child_environment(environ, withheld), time_limit)
        case SecretFile(path):
            secret, error = _read_file(path)
        case KeyringEntry():
            secret, error = _read_keyring(source)
    secret = _without_quotes(secret, source)
    error = error or _why_invalid(secret, source)
    if error:
        name = f"file {_home_path(source.path)}" if isinstance(source, SecretFile) else describe_source(source)
        reason = f"; its last message: “{message}”" if message and not secret.reveal() else ""
        raise SecretError(f"The {name} {error}{reason}.")
    return ClientCredentials(client_id, secret)


def _without_quotes(secret: Secret, source: SecretSource) -> Secret:
    stripped = Secret(strip_quotes(secret.reveal()))
    if stripped.reveal() != secret.reveal().strip().removeprefix("\ufeff").strip():
        log.warning("the %s has quotes around the secret; they are not sent", describe_source(source))
    return stripped


def _why_invalid(secret: Secret, source: SecretSource) -> str:
    text = secret.reveal()
    if not text:
        return _EMPTY[type(source)]
    if (count := len(text.splitlines())) > 1:
        return f"returned {count} lines, but the secret must be the only one; {_ONE_LINE[type(source)]}"
    if len(text) > LENGTH_LIMIT or not text.isprintable() or "\ufffd" in text:
        return "returned an invalid secret (too long, or not plain text)"
    return ""


_ONE_LINE: dict[type, str] = {
    Variable: "set the variable to the secret only",
    Command: (
        "print only the first line, such as with"
        """ secret_command = ["sh", "-c", "pass show NAME | head -n1"]"""
    ),
    SecretFile: "keep only that line in the file",
    KeyringEntry: "store only the secret",
}
"""What to do if a source holds more than the secret, as entries of `pass` often do."""

_EMPTY: dict[type, str] = {
    Variable: "is not set, or is empty",
    Command: "printed nothing",
    SecretFile: "is empty",
    KeyringEntry: "contains no secret for this client id",
}


def _read_file(path: Path) -> tuple[Secret, str]:
    """Read a file that only the user can read, or return why not; the open file is checked, so links are safe."""
    try:
        # Without O_NONBLOCK, opening a named pipe would block until somebody writes to it.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError:
        return NO_SECRET, f"cannot be opened; if it is yours, run: {_chmod(path)}"
    except (OSError, ValueError) as problem:
        return NO_SECRET, f"cannot be opened: {getattr(problem, 'strerror', None) or 'not a valid path'}"
    try:
        error = _why_refused(path, os.fstat(handle))
        content = b"" if error else os.read(handle, LENGTH_LIMIT + 1)
    except OSError as problem:
        return NO_SECRET, f"cannot be read: {problem.strerror}"
    finally:
        os.close(handle)
    return Secret(content.decode(errors="replace")), error


def _why_refused(path: Path, status: os.stat_result) -> str:
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_uid != os.geteuid():
        return f"belongs to another user; change its owner to your user, then run: {_chmod(path)}"
    if mode not in {0o600, 0o400}:
        return f"has mode {mode:04o}, but only you may have access; run: {_chmod(path)}"
    return ""


def _chmod(path: Path) -> str:
    return f"chmod 600 {clean(shlex.quote(str(path)))}"


def _home_path(path: Path) -> str:
    try:
        return clean(f"~/{path.relative_to(Path.home())}")
    except (ValueError, RuntimeError):
        return clean(str(path))


def _read_keyring(entry: KeyringEntry) -> tuple[Secret, str]:
    try:
        keyring: Any = importlib.import_module("keyring")
        password = keyring.get_password(entry.service, entry.user)
    except ImportError:
        return NO_SECRET, f"needs the package keyring, which is not installed; {_install_keyring()}"
    except Exception as problem:  # noqa: BLE001 - backends raise anything, and the text may contain a secret
        log.warning("the keyring could not be read: %s", type(problem).__name__)
        return NO_SECRET, f"could not be read ({type(problem).__name__})"
    return Secret(password if isinstance(password, str) else ""), ""


def _install_keyring() -> str:
    """Return how to add the package to the environment of the program, by the file that its installer leaves there."""
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").exists():
        return f"run: {_WITH_PIPX}"
    if (environment / "uv-receipt.toml").exists():
        return f"run: {_WITH_UV}"
    return f"run: pip install 'zjobtui[keyring]' (with pipx: {_WITH_PIPX}; with uv: {_WITH_UV})"


_WITH_PIPX, _WITH_UV = "pipx inject zjobtui keyring", "uv tool install zjobtui --with keyring"
