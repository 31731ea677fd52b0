from pathlib import Path

import pytest

from zjobtui.storage.health import writable_by_others


def found(*paths: Path) -> list[tuple[Path, str]]:
    return list(writable_by_others(paths))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (made := tmp_path / "a folder").mkdir(0o700)
    return made


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o444])
def test_files_that_others_can_only_read_are_accepted(mode: int, folder: Path) -> None:
    (file := folder / "config.toml").touch()
    file.chmod(mode)
    assert found(file, folder) == []


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_writable_by_group_or_others_is_reported_with_the_remedy(mode: int, folder: Path) -> None:
    (file := folder / "config.toml").touch()
    file.chmod(mode)
    assert found(file) == [(file, f"chmod go-w '{file}'")]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_writable_by_group_or_others_is_reported_once(mode: int, folder: Path) -> None:
    folder.chmod(mode)
    (folder / "config.toml").touch(0o600)
    assert found(folder / "config.toml", folder / "watchlist.sqlite3", folder / "data") == [
        (folder, f"chmod go-w '{folder}'")
    ]


def test_a_folder_with_the_sticky_bit_and_missing_files_are_accepted(folder: Path) -> None:
    folder.chmod(0o1777)
    assert found(folder / "nothing", folder / "nowhere" / "nothing") == []
