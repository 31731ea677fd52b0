"""Paths of the files of the program: in the user's folders of the platform, or as the environment says."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import platformdirs

from zjobtui.models.text import clean

STORE_NAME = "watchlist.sqlite3"


class NoHomeError(OSError):
    """A path depends on a home folder that is not known; the message says what to set."""


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data folder: `ZJOBTUI_DATA_DIR`, or the user's data folder of this platform. Raises `NoHomeError`."""
    named = environ.get("ZJOBTUI_DATA_DIR", "").strip()
    return _named_path(named) if named else _default_path(platformdirs.user_data_path)


def store_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the file of the watchlist."""
    return data_folder(environ) / STORE_NAME


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the settings file: `ZJOBTUI_CONFIG`, or config.toml in the user's config folder. Raises `NoHomeError`."""
    named = environ.get("ZJOBTUI_CONFIG", "").strip()
    if named:
        return _named_path(named)
    return _default_path(platformdirs.user_config_path) / "config.toml"


def _named_path(named: str) -> Path:
    try:
        return Path(named).expanduser()
    except RuntimeError:  # `~` without a home folder, or the name of an unknown user
        raise NoHomeError(
            f"The path {clean(named)} starts with an unknown home folder. Use an absolute path."
        ) from None


def _default_path(folder: Callable[..., Path]) -> Path:
    """Return the folder of the platform if it is absolute; else the watchlist would depend on the current folder."""
    with suppress(RuntimeError):  # platformdirs without a home folder; earlier versions return a path with `~`
        if (path := folder("zjobtui", appauthor=False)).is_absolute():
            return path
    home = os.environ.get("HOME")
    user = f"HOME is not set, and user id {os.getuid()} has no entry in the password file"
    reason = user if home is None else f"HOME is “{clean(home)}”, which is not an absolute path"
    advice = "Set HOME, or set both ZJOBTUI_DATA_DIR and ZJOBTUI_CONFIG to absolute paths."
    raise NoHomeError(f"The home folder is unknown: {reason}. {advice}")


def is_kept_by_program(path: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether this is the settings file, the watchlist, a copy of it, `ids.log` or the state of the screen.

    Links and other names of the same file are followed.
    """
    try:
        real, folder = Path(os.path.realpath(os.path.expanduser(path))), data_folder(environ).resolve()  # noqa: PTH111 - an unknown ~user is part of the name
        if real == config_path(environ).resolve() or (real.parent == folder and _is_data_file(real.name)):
            return True
        own = [config_path(environ), *(file for file in folder.iterdir() if _is_data_file(file.name))]
        return any(file.exists() and real.samefile(file) for file in own)
    except (OSError, ValueError):  # it does not exist, or is not a valid path
        return False


def _is_data_file(name: str) -> bool:
    name, stem = name.casefold().removeprefix("."), STORE_NAME.partition(".")[0]
    is_copy = name.startswith(f"{stem}.") and name.endswith(".sqlite3")
    return is_copy or name.startswith((STORE_NAME, "ids.log", "screen.json"))
