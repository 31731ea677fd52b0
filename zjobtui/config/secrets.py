"""Where the secret of a tenant comes from, and how it is fetched from exactly there; knows nothing of what it opens."""

import importlib
import os
import shlex
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from zjobtui.config.programs import NOTHING, SECRET_TIME_LIMIT, child_environment, run_command
from zjobtui.logs import get_logger
from zjobtui.models.tenant import ClientCredentials, Secret
from zjobtui.models.text import clean, shorten

log = get_logger(__name__)

LENGTH_LIMIT = 8 * 1024
"""Bytes of a secret; what is longer is something else."""


class SecretError(Exception):
    """A secret could not be had: says from where and what to do, and holds nothing of what was found there."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """A program that prints the secret; only its name is ever shown, for its arguments may be secret too."""

    words: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file of the user's own."""

    path: Path


@dataclass(frozen=True, slots=True)
class KeyringEntry:
    """An entry of the system's keyring."""

    service: str
    user: str


SecretSource: TypeAlias = Variable | Command | SecretFile | KeyringEntry
"""In the order in which sources are named; each tenant has exactly one, and no other is tried in its place."""


def described(source: SecretSource) -> str:
    """The source as the screen and `doctor` name it, a file with its mode."""
    match source:
        case Variable(name):
            return f"environment variable {name}"
        case Command(words):
            return f"command {shorten(clean(words[0]), 80)}"
        case SecretFile(path):
            return f"file {_at_home(path)} (plain text, {_mode(path)})"
        case KeyringEntry(service):
            return f"keyring, service {shorten(clean(service), 80)}"


def _mode(path: Path) -> str:
    try:
        return f"{stat.S_IMODE(path.stat().st_mode):04o}"
    except (OSError, ValueError):
        return "not there"


def read_credentials(
    client_id: str,
    source: SecretSource,
    environ: Mapping[str, str],
    *,
    withheld: Collection[str] = (),
    time_limit: float = SECRET_TIME_LIMIT,
) -> ClientCredentials:
    """The OAuth client with its secret; raises `SecretError`. May wait for a command or a keyring, so on no event loop.

    `withheld` names further variables that hold secrets, which a command does not get.
    """
    match source:
        case Variable(name):
            found, fault = Secret(environ.get(name, "")), ""
        case Command():
            found, fault = run_command(source.words, child_environment(environ, withheld), time_limit)
        case SecretFile(path):
            found, fault = _read_file(path)
        case KeyringEntry():
            found, fault = _read_keyring(source)
    found = Secret(found.reveal().removeprefix("\ufeff").strip())
    fault = fault or _why_unusable(found, source)
    if fault:
        named = f"file {_at_home(source.path)}" if isinstance(source, SecretFile) else described(source)
        raise SecretError(f"The {named} {fault}.")
    return ClientCredentials(client_id, found)


def _why_unusable(found: Secret, source: SecretSource) -> str:
    text = found.reveal()
    if not text:
        return _EMPTY[type(source)]
    if len(text.splitlines()) > 1:
        return "gave more than one line; the secret must be the only one"
    if len(text) > LENGTH_LIMIT or not text.isprintable() or "\ufffd" in text:
        return "gave something that is no secret: it is too long, or not plain text"
    return ""


_EMPTY: dict[type, str] = {
    Variable: "is not set, or is empty",
    Command: "printed nothing",
    SecretFile: "is empty",
    KeyringEntry: "holds no secret for this client id",
}


def _read_file(path: Path) -> tuple[Secret, str]:
    """The text of a file that nobody else can read; what was opened is what is checked, whatever links led there."""
    try:
        # Without O_NONBLOCK a pipe in the file's place would hold the program until somebody writes.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError:
        return NOTHING, f"cannot be opened; if it is yours, run: {_chmod(path)}"
    except (OSError, ValueError) as problem:
        return NOTHING, f"cannot be opened: {getattr(problem, 'strerror', None) or 'that is no path'}"
    try:
        fault = _why_refused(path, os.fstat(handle))
        content = b"" if fault else os.read(handle, LENGTH_LIMIT + 1)
    except OSError as problem:
        return NOTHING, f"cannot be read: {problem.strerror}"
    finally:
        os.close(handle)
    return Secret(content.decode(errors="replace")), fault


def _why_refused(path: Path, status: os.stat_result) -> str:
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        return "is no ordinary file"
    if status.st_uid != os.geteuid():
        return f"belongs to another user; make it yours, then run: {_chmod(path)}"
    if mode not in {0o600, 0o400}:
        return f"has mode {mode:04o}, and a secret must be yours alone; run: {_chmod(path)}"
    return ""


def _chmod(path: Path) -> str:
    return f"chmod 600 {clean(shlex.quote(str(path)))}"


def _at_home(path: Path) -> str:
    try:
        return clean(f"~/{path.relative_to(Path.home())}")
    except (ValueError, RuntimeError):
        return clean(str(path))


def _read_keyring(entry: KeyringEntry) -> tuple[Secret, str]:
    try:
        keyring: Any = importlib.import_module("keyring")
        found = keyring.get_password(entry.service, entry.user)
    except ImportError:
        return NOTHING, "needs a package that is not installed; run: pip install 'zjobtui[keyring]'"
    except Exception as problem:  # noqa: BLE001 - backends raise what they like, and its text may hold anything
        log.warning("the keyring could not be asked: %s", type(problem).__name__)
        return NOTHING, f"could not be asked ({type(problem).__name__})"
    return Secret(found if isinstance(found, str) else ""), ""
