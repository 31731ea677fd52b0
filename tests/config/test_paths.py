from pathlib import Path

import platformdirs
import pytest

from zjobtui.config.paths import config_path, data_folder, store_path


def test_the_environment_names_the_folder_and_the_file() -> None:
    environ = {"ZJOBTUI_DATA_DIR": " /srv/watch ", "ZJOBTUI_CONFIG": "/etc/zjobtui.toml"}
    assert data_folder(environ) == Path("/srv/watch")
    assert store_path(environ) == Path("/srv/watch/watchlist.sqlite3")
    assert config_path(environ) == Path("/etc/zjobtui.toml")


def test_a_tilde_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder({"ZJOBTUI_DATA_DIR": "~/watch"}) == tmp_path / "watch"
    assert config_path({"ZJOBTUI_CONFIG": "~/c.toml"}) == tmp_path / "c.toml"


@pytest.mark.parametrize("environ", [{}, {"ZJOBTUI_DATA_DIR": "", "ZJOBTUI_CONFIG": "  "}])
def test_without_variables_the_folders_of_the_platform_are_used(environ: dict[str, str]) -> None:
    assert data_folder(environ) == Path(platformdirs.user_data_dir("zjobtui"))
    assert config_path(environ).parent == Path(platformdirs.user_config_dir("zjobtui"))


def test_the_environment_of_the_process_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / "here"))
    assert store_path() == tmp_path / "here" / "watchlist.sqlite3"
