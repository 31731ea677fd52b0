"""A secret is read from its only source, and no error shows any part of it."""

import os
import shlex
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.pretty import pretty_repr

from zjobtui.config.loading import parse_settings
from zjobtui.config.programs import child_environment
from zjobtui.config.secrets import (
    Command,
    KeyringEntry,
    SecretError,
    SecretFile,
    SecretSource,
    Variable,
    describe_source,
    read_credentials,
)

SENTINEL = "s3ntinel/+=="
ENVIRON = {"PATH": os.environ["PATH"], "GOOD": SENTINEL}


def read(source: SecretSource, time_limit: float = 5.0) -> str:
    credentials = read_credentials("id", source, ENVIRON, time_limit=time_limit)
    assert SENTINEL not in repr(credentials)
    return credentials.client_secret.reveal()


def refused(source: SecretSource, time_limit: float = 5.0) -> str:
    """Return the error of a source; nothing of the secret may be in the traceback, including values of variables."""
    with pytest.raises(SecretError) as caught:
        read(source, time_limit)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    inner = [frame for frame in frames.stack if "/tests/" not in frame.filename]
    shown = [str(caught.value), repr(caught.value), repr(source)]
    shown += [text for frame in inner for name, text in (frame.locals or {}).items() if name != "environ"]
    assert inner
    assert caught.value.__context__ is None
    assert not any(SENTINEL in text for text in shown)
    return str(caught.value)


def shell(script: str) -> Command:
    return Command(("sh", "-c", script))


def kept(folder: Path, content: str | bytes = SENTINEL + "\n", mode: int = 0o600) -> SecretFile:
    path = folder / "secret"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return SecretFile(path)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], KeyringEntry]:
    def install(answer: object) -> KeyringEntry:
        def get_password(service: str, user: str) -> object:
            if isinstance(answer, Exception):
                raise answer
            return answer if (service, user) == ("zuora", "id") else None

        monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
        return KeyringEntry("zuora", "id")

    return install


def test_each_source_returns_the_secret(tmp_path: Path, keyring: Callable[[object], KeyringEntry]) -> None:
    sources = (Variable("GOOD"), Command(("printf", "%s\\r\\n", SENTINEL)), kept(tmp_path), keyring(SENTINEL))
    assert [read(source) for source in sources] == [SENTINEL] * 4


@pytest.mark.parametrize("quote", ['"{}"\n', "'{}'\r\n", " `{}` ", "\ufeff\u201c{}\u201d"])
def test_quotes_around_the_secret_of_any_source_are_not_sent(
    quote: str, tmp_path: Path, keyring: Callable[[object], KeyringEntry], caplog: pytest.LogCaptureFixture
) -> None:
    text = quote.format(SENTINEL)
    assert read_credentials("id", Variable("Q"), {"Q": text}).client_secret.reveal() == SENTINEL
    for source in (Command(("printf", "%s", text)), kept(tmp_path, text), keyring(text)):
        assert read(source) == SENTINEL
    assert SENTINEL not in caplog.text


def test_each_source_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    sources = (Variable("EU"), Command(("op", SENTINEL)), kept(tmp_path, mode=0o400), KeyringEntry("zuora", "id"))
    assert [describe_source(source) for source in sources] == [
        "environment variable EU",
        "command op",
        "file ~/secret (plain text, 0400)",
        "keyring, service zuora",
    ]


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_the_user_is_read(tmp_path: Path, mode: int) -> None:
    assert read(kept(tmp_path, mode=mode)) == SENTINEL


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o700, 0o4600])
def test_a_file_with_another_mode_is_refused_with_a_chmod_command(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    source = kept(folder, mode=mode)
    error = refused(source)
    assert f"has mode {mode:04o}, but only you may have access; run: " in error
    line = error.partition("run: ")[2].removesuffix(".")
    words = shlex.split(line)
    assert words == ["chmod", "600", str(source.path)]
    source.path.chmod(int(words[1], 8))
    assert read(source) == SENTINEL


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = kept(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    assert "belongs to another user; change its owner to your user, then run: chmod 600 " in refused(source)


def test_a_link_is_followed_and_its_target_is_checked(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    source = kept(tmp_path / "real")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "link").symlink_to(source.path)
    for path in (tmp_path / "folder" / "secret", tmp_path / "link"):
        source.path.chmod(0o600)
        assert read(SecretFile(path)) == SENTINEL
        source.path.chmod(0o644)
        assert f"run: chmod 600 {path}" in refused(SecretFile(path))


def test_a_pipe_or_folder_instead_of_a_file_is_refused_immediately(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "is not a regular file" in refused(SecretFile(tmp_path / "pipe"))
    assert "is not a regular file" in refused(SecretFile(tmp_path))
    assert "cannot be opened: No such file" in refused(SecretFile(tmp_path / "none"))
    assert "cannot be opened: not a valid path" in refused(SecretFile(tmp_path / "a\0b"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (
            f"{SENTINEL}\n{SENTINEL}\n".encode(),
            "returned 2 lines, but the secret must be the only one; keep only that line",
        ),
        (f"{SENTINEL}\x1b[2J".encode(), "returned an invalid secret"),
        (SENTINEL.encode() + b"\xff", "returned an invalid secret"),
        (SENTINEL.encode() * 1000, "returned an invalid secret"),
    ],
)
def test_a_file_without_a_valid_secret_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    assert expected in refused(kept(tmp_path, content))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (f"echo {SENTINEL}; exit 3", "The command sh failed with exit status 3."),
        (f"echo {SENTINEL} >&2; exit 1", "The command sh failed with exit status 1."),
        (f"echo {SENTINEL}; kill -9 $$", "The command sh was killed by signal 9."),
        ("exit 0", "The command sh printed nothing."),
        ("echo", "The command sh printed nothing."),
        (f"echo {SENTINEL}; echo url: x; echo user: y", "The command sh returned 3 lines, but the secret must be the"),
        (f"echo {SENTINEL}; echo url: x", '["sh", "-c", "pass show NAME | head -n1"].'),
        (f"printf '{SENTINEL}\\033[2J'", "The command sh returned an invalid secret"),
    ],
)
def test_a_command_that_prints_no_secret_is_reported_with_its_end(script: str, expected: str) -> None:
    assert expected in refused(shell(script))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            "echo first >&2; echo 'gpg: decryption failed: No secret key' >&2; exit 2",
            "gpg: decryption failed: No secret key",
        ),
        (
            "printf '\\033[31mError:\\033[0m zuora/eu is not in the store.\\n\\n' >&2; exit 1",
            "Error: zuora/eu is not in the store.",
        ),
        ("printf 'a\\033]0;b\\007c\\r' >&2; exit 1", "a␛]0;b␇c"),
        ("printf 'not \\377 UTF-8' >&2; exit 1", "not � UTF-8"),
        (f"echo 'no {SENTINEL} here' >&2; exit 1", "no [masked] here"),
        (f"echo {SENTINEL}; echo '<{SENTINEL}>' >&2; exit 1", "<[masked]>"),
        ("echo 'wrong: hunter2' >&2; exit 1", "wrong: [masked]"),
        ("echo swordfish; echo 'got swordfish' >&2; exit 1", "got [masked]"),
        ("echo 'password: hunter two' >&2; exit 1", "password: [masked] two"),
        ("echo 'token eyJhbGciOiJIUzI1NiJ9.e30 refused' >&2; exit 1", "token [masked] refused"),
        ("yes warning | head -c 80000 >&2; echo 'the end' >&2; exit 1", "the end"),
        ("echo 'Touch your key' >&2; sleep 60", "Touch your key"),
        ("echo 'Enter the PIN' >&2", "Enter the PIN"),
    ],
)
def test_the_last_message_of_a_command_is_shown_without_secrets(script: str, expected: str) -> None:
    assert refused(shell(script), time_limit=0.5).endswith(f"; its last message: “{expected}”.")


def test_the_message_of_a_command_that_prints_a_secret_is_not_shown() -> None:
    assert read(shell(f"echo careful >&2; echo {SENTINEL}")) == SENTINEL
    assert "careful" not in refused(shell(f"echo careful >&2; echo {SENTINEL}; echo url: x"))


@pytest.mark.parametrize("words", [("no-such-program-1",), ("/",), ("a\0b",)])
def test_a_command_that_cannot_be_started_is_reported(words: tuple[str, ...]) -> None:
    assert "could not be started: " in refused(Command((*words, SENTINEL)))


@pytest.mark.parametrize(
    "script",
    [
        "sleep 60",
        f"echo {SENTINEL}; sleep 60 & sleep 60",
        f"echo {SENTINEL}; exec >&-; sleep 60",
        "trap '' TERM; sleep 60",
    ],
)
def test_a_command_that_hangs_is_stopped_with_its_children(script: str, tmp_path: Path) -> None:
    began = time.monotonic()
    error = refused(shell(f"echo $$ > {tmp_path}/pid; {script}"), time_limit=0.3)
    assert "did not exit within 0.3s and was stopped" in error
    assert time.monotonic() - began < 3
    group = int((tmp_path / "pid").read_text())
    assert wait_until(lambda: not is_running(group))


def test_a_command_that_hangs_is_killed_when_the_program_exits(tmp_path: Path) -> None:
    program = f"""
import os, threading, pathlib, time
from zjobtui.config.programs import run_command
words = ["sh", "-c", "echo $$ > {tmp_path}/pid; sleep 60"]
threading.Thread(target=run_command, args=(words, dict(os.environ), 30.0), daemon=True).start()
while not pathlib.Path("{tmp_path}/pid").exists() or not pathlib.Path("{tmp_path}/pid").read_text():
    time.sleep(0.01)
time.sleep(0.5)  # the file is there a moment before the thread knows the process that it started
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)
    group = int((tmp_path / "pid").read_text())
    assert wait_until(lambda: not is_running(group))


def is_running(group: int) -> bool:
    """Return whether any process of a group is running; zombies are not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


def wait_until(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 2
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()


def test_a_daemon_started_by_a_command_is_not_waited_for() -> None:
    began = time.monotonic()
    assert read(shell(f"sleep 3 & echo {SENTINEL}")) == SENTINEL
    assert time.monotonic() - began < 2


def test_a_command_that_prints_endlessly_is_stopped_immediately() -> None:
    began = time.monotonic()
    assert refused(shell(f"yes {SENTINEL}")) == "The command sh printed too much text for a secret."
    assert time.monotonic() - began < 2


@pytest.fixture
def _typed_ahead() -> Iterator[None]:
    """Replace standard input by a pipe with something to read."""
    kept, (reading, writing) = os.dup(0), os.pipe()
    os.write(writing, b"keys")
    os.dup2(reading, 0)
    yield
    os.dup2(kept, 0)
    for handle in (kept, reading, writing):
        os.close(handle)


@pytest.mark.usefixtures("_typed_ahead")
def test_a_command_has_no_input_no_terminal_and_no_shell() -> None:
    assert read(shell("timeout 1 cat; (: </dev/tty) 2>/dev/null && echo terminal || echo none")) == "none"
    assert read(Command(("echo", "$GOOD;id"))) == "$GOOD;id"


def test_a_command_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"ZUORA_CLIENT_SECRET": SENTINEL, "ZUORA_BEARER_TOKEN": SENTINEL, "EU_SECRET": SENTINEL}
    for name, text in secrets.items():
        monkeypatch.setenv(name, text)
    environ = {**ENVIRON, **secrets, "GOOD": "kept"}
    script = shell("""env | grep -c 's3nt\\|SECRET\\|TOKEN' | tr '\\n' ' '; echo $GOOD""")
    credentials = read_credentials("id", script, environ, withheld={"EU_SECRET"})
    assert credentials.client_secret.reveal() == "0 kept"
    assert child_environment(environ, {"EU_SECRET"}).keys() == {"PATH", "GOOD"}


def test_an_unset_variable_is_reported() -> None:
    assert refused(Variable("EU_SECRET")) == "The environment variable EU_SECRET is not set, or is empty."


def test_no_other_source_is_tried_when_one_fails(keyring: Callable[[object], KeyringEntry]) -> None:
    keyring(SENTINEL)
    for source in (Variable("NONE"), shell("exit 1"), SecretFile(Path("/no/where"))):
        refused(source)


def test_a_missing_keyring_package_is_reported_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    needs = "The keyring, service zuora needs the package keyring, which is not installed; run: "
    pipx, uv = "pipx inject zjobtui keyring", "uv tool install zjobtui --with keyring"
    assert refused(KeyringEntry("zuora", "id")) == (
        f"{needs}pip install 'zjobtui[keyring]' (with pipx: {pipx}; with uv: {uv})."
    )
    for name, command in (("uv-receipt.toml", uv), ("pipx_metadata.json", pipx)):
        (tmp_path / name).touch()
        assert refused(KeyringEntry("zuora", "id")) == f"{needs}{command}."


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "contains no secret for this client id"),
        ("", "contains no secret for this client id"),
        (RuntimeError(SENTINEL), "could not be read (RuntimeError)"),
        (f"{SENTINEL}\n{SENTINEL}", "returned 2 lines, but the secret must be the only one; store"),
    ],
)
def test_a_keyring_without_the_secret_is_reported(
    keyring: Callable[[object], KeyringEntry], answer: object, expected: str
) -> None:
    source = keyring(answer)
    if isinstance(answer, RuntimeError):
        with pytest.raises(SecretError, match="could not be read") as caught:
            read(source)
        assert SENTINEL not in str(caught.value)
    else:
        assert expected in refused(source)


def test_the_keyring_is_imported_only_when_configured(keyring: Callable[[object], KeyringEntry]) -> None:
    sys.modules.pop("keyring", None)
    read(Variable("GOOD"))
    assert "keyring" not in sys.modules


def test_arguments_of_a_command_are_in_no_repr() -> None:
    text = f'[tenants.eu]\nhost = "x"\nclient_id = "1"\nsecret_command = ["echo", "{SENTINEL}"]'
    loaded, problems = parse_settings(text)
    assert loaded.tenants[0].secret_source == Command(("echo", SENTINEL))
    described = (loaded, problems, loaded.tenants[0].secret_source)
    assert SENTINEL not in repr(described) + pretty_repr(described)
