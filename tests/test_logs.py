"""The log: off by default, private, complete, and never blocking the program."""

import importlib.util
import logging
import os
import re
import resource
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.process import environment
from tests.support.program import PROGRAM
from tests.support.terminal import Terminal
from zjobtui import log_file, logs
from zjobtui.bootstrap.configuration import file_configuration
from zjobtui.log_file import LOG_FILES_KEPT, LogError, RotatingFile
from zjobtui.zuora.mask import Mask

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ (DEBUG|INFO|WARNING|ERROR) [\w.]+: \S.*")
SECRET = "sentinel-2f9c71"

TENANT = {"ZUORA_BASE_URL": "http://127.0.0.1:9", "ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": SECRET}

log = logs.get_logger("zjobtui.test")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "zjobtui.log"
    logs.stop("the test ends")


def lines(path: Path) -> list[str]:
    """Return the lines once all are written, without time and process."""
    assert logs.stop("read") == ""
    text = path.read_text(encoding="utf-8")
    assert all(LINE.fullmatch(line) for line in text.splitlines())
    return [line.split(" ", 2)[2] for line in text.splitlines()]


def run(*arguments: str, **env: str) -> tuple[int, str, str]:
    env = {**TENANT, **env}
    done = subprocess.run(
        [*PROGRAM, *arguments], env=environment(env), capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_while_the_log_is_off_nothing_is_written_and_logging_is_not_imported(capfd: pytest.CaptureFixture[str]) -> None:
    assert logs.log_path() is None
    log.error("to no file")
    try:
        raise ValueError  # noqa: TRY301 - it is what is logged
    except ValueError:
        log.exception("to no file")
    assert capfd.readouterr() == ("", "")
    code = (
        "import sys\nfrom zjobtui.cli.main import main\n"
        "try:\n main(['ls'])\nexcept SystemExit:\n print('logging' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).endswith("False\n")


def test_each_event_is_one_line_with_time_in_utc_level_and_logger(path: Path) -> None:
    logs.start(str(path))
    log.info("one %s", "two\nthree \x1b[31m\u202e")
    before = time.time()
    assert lines(path)[1] == "INFO zjobtui.test: one two␊three ␛[31m\ufffd"
    stamp = path.read_text(encoding="utf-8").splitlines()[1].split("Z ")[0]
    assert abs(time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone - before) < 5


def test_the_first_line_names_versions_and_the_last_one_the_reason(path: Path) -> None:
    logs.start(str(path))
    first, *_, last = lines(path)
    for name in ("zjobtui 0", "Python 3", "textual 8", "httpx 0", "aiohttp 3", "Linux"):
        assert name in first
    assert last == "INFO zjobtui.logs: end: read"


def test_records_of_libraries_are_logged_from_level_warning_on(path: Path) -> None:
    logs.start(str(path))
    logging.getLogger("asyncio").warning("slow %d", 7)
    logging.getLogger("asyncio").info("not this")
    logged = lines(path)
    assert "WARNING asyncio: slow 7" in logged
    assert "not this" not in "".join(logged)


def test_an_exception_is_one_line_with_its_traceback(path: Path) -> None:
    logs.start(str(path))
    try:
        raise ValueError("odd")  # noqa: TRY301 - it is what is logged
    except ValueError:
        log.exception("it failed")
    (line,) = [line for line in lines(path) if "it failed" in line]
    assert line.startswith("ERROR zjobtui.test: it failed␊Traceback")
    assert line.endswith("ValueError: odd")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_is_logged(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    logs.start(str(path))
    thread = threading.Thread(target=lambda: 1 // 0, name="worker")
    thread.start()
    thread.join()
    assert any("thread worker ended by an exception" in line and "ZeroDivisionError" in line for line in lines(path))


def test_secrets_are_masked_in_messages_tracebacks_and_records_of_libraries(path: Path) -> None:
    mask = Mask()
    mask.add(SECRET)
    logs.start(str(path))
    logs.add_mask(mask.mask_text)
    log.info("plain %s", SECRET)
    log.debug("encoded %s", "".join(f"%{ord(one):02x}" for one in SECRET))
    logging.getLogger("aiohttp.client").error("header %s", {"Authorization": f"Bearer {SECRET}"})
    try:
        raise ValueError(SECRET)  # noqa: TRY301 - as above
    except ValueError:
        log.exception("failed")
    logged = "\n".join(lines(path))
    assert SECRET not in logged
    assert logged.count("[masked]") == 4


def test_a_secret_that_is_read_repeatedly_is_added_to_the_mask_once(path: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[tenants.eu]\nhost = "EU production"\nclient_id = "1"\nsecret_env = "EU_SECRET"\n')
    (configured,) = file_configuration({"EU_SECRET": SECRET}, config).tenants
    logs.start(str(path))
    for _ in range(3):
        configured.credentials()
        log.info("plain %s", SECRET)
    assert logs._open_log is not None
    assert len(logs._open_log._masks) == 1
    assert SECRET not in "\n".join(lines(path))


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer abcdef0123456789", "Basic dXNlcjpwYXNzd29yZA==", "https://user:hunter2hunter2@host/"],
)
def test_unknown_credentials_are_masked_by_their_form(text: str, path: Path) -> None:
    logs.start(str(path))
    log.info("%s", text)
    (line,) = [line for line in lines(path) if "zjobtui.test" in line]
    assert "[masked]" in line
    assert not {"abcdef0123456789", "dXNlcjpwYXNzd29yZA", "hunter2hunter2"} & set(re.split(r"[\s:/@=]", line))


def test_a_secret_added_while_a_line_is_masked_drops_at_most_that_line(path: Path) -> None:
    def broken(_text: str) -> str:
        raise RuntimeError("dictionary changed size during iteration")

    logs.start(str(path))
    logs.add_mask(broken)
    log.info("with %s", SECRET)
    assert SECRET not in "".join(lines(path))


def test_a_record_that_cannot_be_formatted_is_counted_and_breaks_nothing(path: Path) -> None:
    code = (
        f"from zjobtui import logs\nlogs.start({str(path)!r})\n"
        "logs.get_logger('zjobtui.test').info('%d', 'no number')\nprint(logs.stop('end'), end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.endswith("1 line is missing (a record of zjobtui.test could not be formatted).")


@pytest.mark.parametrize("mask", [0o000, 0o077])
@pytest.mark.parametrize("is_there", [False, True])
def test_only_its_owner_can_read_the_file(mask: int, is_there: bool, path: Path) -> None:
    if is_there:
        path.touch(0o666)
        path.chmod(0o666)
    before = os.umask(mask)
    try:
        logs.start(str(path))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    (path.parent / "target").touch()
    path.symlink_to(path.parent / "target")


def dangling(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (fifo, "it is not a regular file"),
    "link": (link, "it is a symbolic link, which is not followed"),
    "dangling link": (dangling, "it is a symbolic link, which is not followed"),
    "folder": (Path.mkdir, "it is not a regular file"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_log_that_is_not_a_regular_file_is_refused(kind: str, path: Path) -> None:
    make, why = REFUSED[kind]
    make(path)
    with pytest.raises(LogError, match=re.escape(f"The log cannot be written to {path}: {why}.")):
        logs.start(str(path))
    assert logs.log_path() is None
    assert not (path.parent / "nowhere").exists()


KEPT_BY_PROGRAM = (
    "watchlist.sqlite3",
    "watchlist.sqlite3-journal",
    "watchlist.backup.sqlite3",
    "ids.log",
    "screen.json",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*KEPT_BY_PROGRAM, "new/../ids.log", "hard-link", "config.toml"])
@pytest.mark.parametrize("exists", [True, False])
def test_files_of_the_program_are_refused_as_a_log(name: str, exists: bool, tmp_path: Path) -> None:
    env = {"ZJOBTUI_DATA_DIR": str(tmp_path / "link"), "ZJOBTUI_CONFIG": str(tmp_path / "data" / "config.toml")}
    folder = tmp_path / "data"
    (folder / "new").mkdir(parents=True)
    (tmp_path / "link").symlink_to(folder)
    if name == "hard-link":
        (folder / "ids.log").write_text("kept")
        (folder / name).hardlink_to(folder / "ids.log")
    elif exists:
        (folder / name).write_text("kept")
    before = {file.name: file.stat().st_size for file in folder.iterdir()}
    for arguments, variable in (
        (["--log", str(folder / name), "ls"], {}),
        (["ls"], {logs.LOG_VARIABLE: str(folder / name)}),
    ):
        status, _, complaint = run(*arguments, **env, **variable)
        assert status == 2
        assert "zjobtui keeps its own data in that file. Choose another file with --log" in complaint
    assert {file.name: file.stat().st_size for file in folder.iterdir()} == before


def test_a_log_in_the_data_folder_has_any_other_name(path: Path) -> None:
    assert run("--log", str(path), "ls", ZJOBTUI_DATA_DIR=str(path.parent))[0] == 0
    assert path.exists()


@pytest.mark.parametrize("arguments", [["ls"], ["--log", "/dev/null", "ls"], ["ls", "--log", "/dev/null"], []])
def test_a_log_that_cannot_be_written_ends_every_command_with_status_2(arguments: list[str], tmp_path: Path) -> None:
    env = {} if "--log" in arguments else {logs.LOG_VARIABLE: str(tmp_path)}
    status, out, complaint = run(*arguments, **env)
    assert (status, out) == (2, "")
    assert complaint.count("\n") == 1
    assert complaint.endswith("it is not a regular file. Choose another file with --log or ZJOBTUI_LOG.\n")


@pytest.mark.parametrize("arguments", [["--log", "LOG", "ls"], ["ls", "--log", "LOG"], ["tenants", "--log=LOG"]])
def test_the_option_stands_before_or_after_the_command_and_wins(arguments: list[str], path: Path) -> None:
    given = [word.replace("LOG", str(path)) for word in arguments]
    other = path.with_name("other.log")
    assert run(*given, **{logs.LOG_VARIABLE: str(other)})[0] == 0
    logged = path.read_text(encoding="utf-8")
    assert "start: zjobtui" in logged
    assert f"command: {'tenants' if 'tenants' in arguments else 'ls'}" in logged
    assert logged.endswith("zjobtui.logs: end: exit status 0\n")


def test_completion_writes_no_log(path: Path) -> None:
    words = {"_ZJOBTUI_COMPLETE": "bash_complete", "COMP_WORDS": "zjobtui ls --", "COMP_CWORD": "2"}
    run(**words, **{logs.LOG_VARIABLE: str(path)})
    assert not path.exists()


def test_wrong_usage_is_logged_with_its_error(path: Path) -> None:
    assert run("show", "nothing", "--log", str(path))[0] == 2
    logged = path.read_text(encoding="utf-8")
    assert "printed: " in logged
    assert "end: exit status 2" in logged


def test_a_full_file_is_renamed_and_the_oldest_is_dropped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LOG_FILE_BYTES", 100)
    file = RotatingFile(path)
    for number in range(12):
        file.write(b"%02d %s\n" % (number, b"x" * 46))
    file.close()
    assert sorted(file.name for file in path.parent.glob("zjobtui.log*")) == [
        "zjobtui.log",
        *(f"zjobtui.log.{number}" for number in range(1, LOG_FILES_KEPT + 1)),
    ]
    kept = [path.with_name(f"zjobtui.log.{number}") for number in range(LOG_FILES_KEPT, 0, -1)] + [path]
    written = "".join(one.read_text(encoding="ascii") for one in kept)
    assert [line[:2] for line in written.splitlines()] == [f"{number:02d}" for number in range(4, 12)]
    assert {stat.S_IMODE(one.stat().st_mode) for one in kept} == {0o600}


def test_two_programs_share_a_file_over_its_renamings(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LOG_FILE_BYTES", 1_000)
    files = [RotatingFile(path), RotatingFile(path)]
    for number in range(75):
        files[number % 2].write(b"%02d %s\n" % (number, b"x" * 46))
    kept = [path.with_name(f"zjobtui.log.{number}") for number in range(LOG_FILES_KEPT, 0, -1)] + [path]
    written = "".join(one.read_text(encoding="ascii") for one in kept)
    assert [line[:2] for line in written.splitlines()] == [f"{number:02d}" for number in range(75)]
    for file in files:
        file.close()


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.rename(path.with_name("moved"))])
def test_a_deleted_file_is_created_again(lose: Callable[[Path], object], path: Path) -> None:
    logs.start(str(path))
    log.info("before")
    until(lambda: "before" in path.read_text(encoding="utf-8"))
    lose(path)
    log.info("after")
    assert "INFO zjobtui.test: after" in lines(path)


def test_a_deleted_folder_is_reported_at_the_end(tmp_path: Path) -> None:
    (folder := tmp_path / "logs").mkdir()
    logs.start(str(folder / "log"))
    until(lambda: (folder / "log").stat().st_size)
    (folder / "log").unlink()
    folder.rmdir()
    log.info("after")
    said = logs.stop("the test ends")
    assert said.startswith(f"The log {folder / 'log'} is incomplete: 2 lines are missing (")


def test_a_full_disk_is_reported_once_at_the_end(tmp_path: Path) -> None:
    (path := tmp_path / "full.log").touch()
    code = (
        f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, {resource.RLIM_INFINITY}))\n"
        "import sys\nsys.argv = ['zjobtui', 'tenants']\nfrom zjobtui.__main__ import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment({**TENANT, logs.LOG_VARIABLE: str(path)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert re.fullmatch(rf"The log {path} is incomplete: \d+ lines are missing \(.+\)\.\n", done.stderr)


def test_a_line_that_was_cut_off_does_not_affect_the_next_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = RotatingFile(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data, write=os.write: write(handle, data[:3]))
        with pytest.raises(OSError, match="cut off"):
            file.write(b"first\n")
    file.write(b"second\n")
    file.close()
    assert path.read_bytes() == b"fir\nsecond\n"


def test_a_disk_that_hangs_delays_neither_the_program_nor_its_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(RotatingFile, "write", lambda *_: goes_on.wait(20))
    monkeypatch.setattr(log_file, "PENDING_RECORDS", 100)
    logs.start(str(path))
    began = time.perf_counter()
    for number in range(1_000):
        log.info("%d", number)
    assert time.perf_counter() - began < 1
    said = logs.stop("the test ends")
    assert time.perf_counter() - began < 2
    goes_on.set()
    assert re.search(r"is incomplete: 1,00\d lines are missing \(the disk is too slow\)\.$", said)


@pytest.mark.slow
def test_the_developer_tools_of_textual_do_not_break_the_screen(tmp_path: Path) -> None:
    assert importlib.util.find_spec("textual_dev"), "without it Textual ignores the variable"
    env = {**TENANT, "ZJOBTUI_DATA_DIR": str(tmp_path), "TEXTUAL": "devtools,debug", "TEXTUAL_DEVTOOLS_PORT": "9"}
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for("Jobs", 20)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.modes() == frozenset()


def until(is_met: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for another thread."""
    end = time.monotonic() + seconds
    while not is_met():
        assert time.monotonic() < end
        time.sleep(0.005)
