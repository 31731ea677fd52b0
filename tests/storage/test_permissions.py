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
def test_what_others_may_at_most_read_is_passed_over(mode: int, folder: Path) -> None:
    (file := folder / "config.toml").touch()
    file.chmod(mode)
    assert found(file, folder) == []


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_group_or_others_may_write_is_found_with_its_remedy(mode: int, folder: Path) -> None:
    (file := folder / "config.toml").touch()
    file.chmod(mode)
    assert found(file) == [(file, f"chmod go-w '{file}'")]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_so_is_the_folder_around_it_once(mode: int, folder: Path) -> None:
    folder.chmod(mode)
    (folder / "config.toml").touch(0o600)
    assert found(folder / "config.toml", folder / "watchlist.sqlite3", folder / "data") == [
        (folder, f"chmod go-w '{folder}'")
    ]


def test_a_folder_with_the_sticky_bit_and_what_is_not_there_are_passed_over(folder: Path) -> None:
    folder.chmod(0o1777)
    assert found(folder / "nothing", folder / "nowhere" / "nothing") == []
