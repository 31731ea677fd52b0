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
