"""Paths of the files of the program: in the user's folders of the platform, or as the environment says."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

STORE_NAME = "watchlist.sqlite3"


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the data folder: `ZJOBTUI_DATA_DIR`, or the user's data folder of this platform."""
    named = environ.get("ZJOBTUI_DATA_DIR", "").strip()
    return Path(named).expanduser() if named else platformdirs.user_data_path("zjobtui", appauthor=False)


def store_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the file of the watchlist."""
    return data_folder(environ) / STORE_NAME


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the settings file: `ZJOBTUI_CONFIG`, or config.toml in the user's config folder of this platform."""
    named = environ.get("ZJOBTUI_CONFIG", "").strip()
    if named:
        return Path(named).expanduser()
    return platformdirs.user_config_path("zjobtui", appauthor=False) / "config.toml"


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
