"""What commands print if a home folder, a writable folder or the time zones of the machine are missing."""

import errno
import os
import pwd
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Never

import pytest

from tests.support.building import job_id
from tests.support.running import run, said
from zjobtui.config.paths import store_path
from zjobtui.storage import health

JOB = job_id().given
COMMANDS = {
    "add": (JOB,),
    "rm": (JOB,),
    "archive": (),
    "restore": (JOB,),
    "ls": (),
    "show": (JOB,),
    "export": (),
    "import": ("/dev/null",),
    "store": (),
    "tenants": (),
    "watch": (),
    "wait": (JOB,),
}


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Act for a user without HOME and without an entry in the password file."""

    def refuse(number: int) -> Never:
        raise KeyError(number)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pwd, "getpwuid", refuse)
    for name in ("HOME", "ZJOBTUI_DATA_DIR"):
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("no_home")
@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_home_folder_every_command_says_what_to_set(command: str, tmp_path: Path) -> None:
    status, printed, complained = said(run(command, *COMMANDS[command]))
    assert (status, printed) == (2, "")
    first, *others = complained.splitlines()
    assert first.startswith("The home folder is unknown: HOME is not set, and user id ")
    assert first.endswith("Set HOME, or set both ZJOBTUI_DATA_DIR and ZJOBTUI_CONFIG to absolute paths.")
    assert set(others) <= {"Not added:", JOB}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_home")
def test_doctor_reports_that_there_is_no_home_folder() -> None:
    result = run("doctor")
    assert result.exit_code == 1
    assert "✗ home         The home folder is unknown: HOME is not set" in result.stdout


@pytest.mark.usefixtures("no_home")
def test_no_home_folder_is_needed_if_both_paths_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(tmp_path / "config.toml"))
    assert run("add", JOB).exit_code == 0
    assert JOB in run("ls", "--json").stdout
    assert "home folder" not in run("doctor", "--offline").output


@pytest.mark.usefixtures("no_home")
@pytest.mark.parametrize("home", ["", "folder", "./folder"])
def test_a_relative_home_folder_is_refused_because_the_watchlist_would_depend_on_the_current_folder(
    home: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", home)
    result = run("ls")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []
    assert f"HOME is “{home}”, which is not an absolute path. Set HOME" in result.stderr


@pytest.mark.parametrize("variable", ["ZJOBTUI_DATA_DIR", "ZJOBTUI_CONFIG"])
def test_a_path_below_the_home_of_an_unknown_user_is_refused(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "~nobody-here/watch")
    result = run("wait", JOB)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "The path ~nobody-here/watch starts with an unknown home folder. Use an absolute path." in result.stderr


@pytest.mark.parametrize("command", ["add", "ls", "watch"])
def test_a_home_that_is_not_a_folder_is_reported_with_what_to_do(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZJOBTUI_DATA_DIR")
    monkeypatch.setenv("HOME", os.devnull)
    status, printed, complained = said(run(command, *COMMANDS[command]))
    assert (status, printed) == (2, "")
    first, *others = complained.splitlines()
    assert first.startswith(
        "The watchlist /dev/null/.local/share/zjobtui/watchlist.sqlite3 cannot be opened: a part of "
    )
    assert first.endswith("Give your user write access to its folder, or set ZJOBTUI_DATA_DIR to another folder.")
    assert set(others) <= {"Not added:", JOB}


def refuse_to_write(*_: object, **__: object) -> Never:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_doctor_writes_to_the_folder_and_says_why_it_cannot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "✓ writing      writable" in run("doctor", "--offline").stdout
    assert not store_path().parent.exists()
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", os.devnull)
    result = run("doctor", "--offline")
    assert "✗ writing      not writable: /dev/null: Not a directory" in result.stdout
    assert "→ give your user write access to the folder, or set ZJOBTUI_DATA_DIR to another" in result.stdout
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(health, "TemporaryFile", refuse_to_write)
    assert f"✗ writing      not writable: {tmp_path}: Read-only file system" in run("doctor", "--offline").stdout


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Set the time zone with `setenv`; the one before is restored."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def test_with_an_unknown_time_zone_times_are_in_utc_and_doctor_says_so(zone: pytest.MonkeyPatch) -> None:
    zone.setenv("TZ", "Mars/Phobos")
    time.tzset()
    run("add", JOB)
    shown = run("show", JOB).stdout
    assert " UTC · command line" in shown
    assert "Mars" not in shown
    checked = run("doctor", "--offline").stdout
    assert "! time zone    TZ is “Mars/Phobos”, which is not a known time zone: times are in UTC\n" in checked
    assert "→ set TZ to a zone such as Europe/Berlin" in checked


def test_a_time_zone_that_is_known_is_named(zone: pytest.MonkeyPatch) -> None:
    zone.setenv("TZ", "JST-9")
    time.tzset()
    run("add", JOB)
    assert " JST · command line" in run("show", JOB).stdout
    assert "✓ time zone    JST\n" in run("doctor", "--offline").stdout


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_does_not_exist_is_wrong_usage(port: str) -> None:
    result = run("simulate", "--port", port)
    assert result.exit_code == 2
    assert "is not in the range 0<=x<=65535" in result.stderr
