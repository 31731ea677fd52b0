"""Where things lie on disk: the platform's own folders, unless the environment names others."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

STORE_NAME = "watchlist.sqlite3"


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the watchlist: `ZJOBTUI_DATA_DIR`, or the user's data folder of this platform."""
    named = environ.get("ZJOBTUI_DATA_DIR", "").strip()
    return Path(named).expanduser() if named else platformdirs.user_data_path("zjobtui", appauthor=False)


def store_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The file of the watchlist."""
    return data_folder(environ) / STORE_NAME


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The file of settings: `ZJOBTUI_CONFIG`, or config.toml in the user's config folder of this platform."""
    named = environ.get("ZJOBTUI_CONFIG", "").strip()
    if named:
        return Path(named).expanduser()
    return platformdirs.user_config_path("zjobtui", appauthor=False) / "config.toml"


def is_kept_by_program(path: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the program keeps the watchlist, its copies, `ids.log`, the state of the screen or the settings there.

    Links and other names of the same file are followed.
    """
    try:
        place, kept = Path(os.path.realpath(os.path.expanduser(path))), data_folder(environ).resolve()  # noqa: PTH111 - `~nobody` is no error, but a name
        if place == config_path(environ).resolve() or (place.parent == kept and _is_kept_name(place.name)):
            return True
        files = [config_path(environ), *(one for one in kept.iterdir() if _is_kept_name(one.name))]
        return any(one.exists() and place.samefile(one) for one in files)
    except (OSError, ValueError):  # it does not exist, or its name is none
        return False


def _is_kept_name(name: str) -> bool:
    name, stem = name.casefold().removeprefix("."), STORE_NAME.partition(".")[0]
    is_copy = name.startswith(f"{stem}.") and name.endswith(".sqlite3")
    return is_copy or name.startswith((STORE_NAME, "ids.log", "screen.json"))
