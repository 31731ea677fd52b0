"""Completion: the completions of a line, and that a real shell reads each of them as one literal word."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.storage.opening import added, opened
from tests.support.building import job, job_id, watch
from tests.support.running import run
from tests.support.terminal import Terminal
from zjobtui.cli import main, selection
from zjobtui.cli.completion import ParsedLine, escape, parse_line, print_completions
from zjobtui.config.paths import STORE_NAME, store_path

HOSTILE = (
    *("ticket $(touch x)", "`touch x`", "a!b !! !$ c", "*", "?", "[a-z]", ";touch x", "&", "a|touch x", "~", "# c"),
    *("\\", "\\n", "it's", 'say "hi"', "a,b, c", "{a,b}", "a:b c", "a=b:c=d", "<x>", "ünï 漢字 🎉", "%s %d"),
    *("$HOME ${x}", "x" * 180 + " y", "--x -y", "(a)", "^a^b", "a\u3000b", "'\"'\"", "end \\", "$'x'", '"', "'", "!"),
)
LABELS = [f"L{number:02}{text}" for number, text in enumerate(HOSTILE)]


@pytest.mark.parametrize("quote", ["", "'", '"', "$'"])
@pytest.mark.skipif(shutil.which("bash") is None, reason="runs bash to parse a word")
def test_an_escaped_word_is_read_back_by_bash_and_by_parse_line(quote: str) -> None:
    words = [f"{quote}{escape(text, quote)}{quote[-1:]}" for text in HOSTILE]
    script = "set -H; cd /; printf '%s\\0' " + " ".join(words)
    printed = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    assert printed.decode().split("\0")[:-1] == list(HOSTILE)
    assert parse_line(" ".join(words)).words == HOSTILE[:-1]
    assert [parse_line(f"a {quote}{escape(text, quote)}") for text in HOSTILE] == [
        ParsedLine(("a",), text, quote) for text in HOSTILE
    ]


@pytest.fixture
def filled() -> None:
    """Add jobs of two tenants, and remove two of them."""
    labels = ("plain", "two words", "-dash", "a:b", "\x1b[2J", "y" * 300, "=gone", "=put aside")
    with opened(store_path()) as (store, _):
        here = [watch(number, label=label) for number, label in enumerate(labels, 1)]
        watches = added(store, *here, *(watch(number, tenant="eu", label="plain in eu") for number in (9, 10)))
        store.apply(watches.remove([job(7), job(8)], 5.0))


@dataclass
class Completer:
    """Requests completions like the script for bash, with the cursor at `|`; `word` is what readline completes."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, line: str, word: str) -> list[str]:
        self.monkeypatch.setenv("COMP_LINE", line.replace("|", ""))
        self.monkeypatch.setenv("COMP_POINT", str(line.index("|")))
        self.monkeypatch.setenv("COMP_WORD", word)
        assert print_completions(main.main, "bash_complete") == 0
        printed, complained = self.capsys.readouterr()
        assert complained == ""
        return [line.removeprefix("=") for line in printed.splitlines() if line]


@pytest.fixture
def complete(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Completer:
    return Completer(capsys, monkeypatch)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("zjobtui sh|", "sh", ["show"]),
        ("zjobtui show tw|", "tw", ["two\\ words"]),
        ('zjobtui show "tw|', "tw", ["two words"]),
        ("zjobtui show two\\ w|", "two\\ w", ["two\\ words"]),
        ("zjobtui show a:|", "", ["b"]),
        ('zjobtui rm x "a:|', "a:", ["a:b"]),
        ("zjobtui wait 00000003|", "00000003", [job_id(3).given]),
        ("zjobtui show pl|", "pl", ["plain\\ in\\ eu", "plain"]),
        ("zjobtui show --tenant eu pl|", "pl", ["plain\\ in\\ eu"]),
        ("zjobtui show --tenant=env pl|", "pl", ["plain"]),
        ("zjobtui show pl| --tenant env", "pl", ["plain"]),
        ("zjobtui show | --tenant='env' --json", "", None),
        ("zjobtui show --tenant eu pl| --tenant=env", "pl", ["plain"]),
        ("zjobtui --tenant eu show pl|", "pl", ["plain\\ in\\ eu"]),
        ("zjobtui --tenant e|", "e", ["env", "eu"]),
        ("zjobtui ls --tenant=e|", "e", ["env", "eu"]),
        ("zjobtui ls --tenant=e|", "--tenant=e", ["--tenant=env", "--tenant=eu"]),
        ("zjobtui ls --ten|", "--ten", ["--tenant"]),
        ("zjobtui restore =|", "", ["put\\ aside", "gone"]),
        ("zjobtui restore pl|", "pl", []),
        ("zjobtui show =|", "", []),
        ("zjobtui show -d|", "-d", []),
        ("zjobtui show -- -d|", "-d", ["-dash"]),
        ("zjobtui show \udcff|", "\udcff", []),
        ("zjobtui show nothing|", "other", []),
    ],
)
def test_completions_are_words_that_are_valid_there(
    line: str, word: str, offered: list[str] | None, complete: Completer
) -> None:
    completions = complete(line, word)
    if offered is None:  # all of one tenant, less what a terminal could act on, is too long, or is read as an option
        assert set(completions) == {*(job_id(number).given for number in range(1, 7)), "plain", "two\\ words", "a:b"}
    else:
        assert completions == offered


def test_without_a_readable_store_nothing_is_completed_created_or_repaired(complete: Completer) -> None:
    assert complete("zjobtui show a|", "a") == []
    assert not store_path().parent.exists()
    store_path().parent.mkdir()
    store_path().write_bytes(b"broken")
    assert complete("zjobtui show --tenant |", "") == []
    assert store_path().read_bytes() == b"broken"


def test_an_error_is_not_printed_into_the_prompt(complete: Completer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> list[str]:
        raise TypeError("it broke")

    monkeypatch.setattr(selection, "known_words", fail)
    assert complete("zjobtui show a|", "a") == []


@pytest.mark.parametrize(
    "shell", ["bash_complete", *(pytest.param(f"{one}_complete", marks=pytest.mark.slow) for one in ("zsh", "fish"))]
)
def test_the_program_completes_without_arguments_and_ignores_an_outdated_script(shell: str) -> None:
    known = {"COMP_LINE": "zjobtui sho", "COMP_POINT": "11", "COMP_WORD": "sho"}
    more = {"COMP_BEFORE": "zjobtui", "COMP_WORDS": "zjobtui\x1fsho", "COMP_AFTER": ""}
    outdated = {"COMP_WORDS": "zjobtui sho", "COMP_CWORD": "1"}

    def ask(variables: dict[str, str]) -> tuple[str, str]:
        command = [sys.executable, "-m", "zjobtui"]
        env = {**os.environ, **variables, "_ZJOBTUI_COMPLETE": shell}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        return done.stdout.replace("\t", ":").replace("=", ":").partition(" ")[0].strip(), done.stderr

    completions, complained = ask({**known, **more})
    assert (completions.startswith(":show"), complained) == (True, "")
    assert ask(outdated) == ("", "")


SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source {}"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D; source {}"),
    "fish": (["fish", "--no-config", "-i"], "source {}"),
}
shells = pytest.mark.parametrize(
    "shell",
    [
        pytest.param(one, marks=pytest.mark.skipif(shutil.which(one) is None, reason=f"{one} is not installed"))
        for one in SHELLS
    ],
)

PROGRAM = """#!/bin/sh
[ "$_ZJOBTUI_COMPLETE$1" = show ] && printf '%s\\0' "$@" >>"$HOME/words"
exec {} -m zjobtui "$@"
"""
"""Replaces the installed program, and records the words that it gets from the shell."""


@contextmanager
def shell_with(shell: str, labels: list[str], folder: Path) -> "Iterator[Terminal]":
    """Start an interactive shell in an almost empty folder, with completion over a store of jobs with these labels."""
    command, setup = SHELLS[shell]
    here = folder / "here"
    here.mkdir()
    (here / "L03file").touch()
    program = folder / "zjobtui"
    program.write_text(PROGRAM.format(sys.executable))
    program.chmod(0o755)
    (folder / "script").write_text(run("completion", shell).stdout)
    with opened(folder / STORE_NAME) as (store, _):
        added(store, *(watch(number, label=label) for number, label in enumerate(labels, 1)))
    env = {"HOME": str(folder), "ZJOBTUI_DATA_DIR": str(folder), "PATH": f"{folder}:{os.environ['PATH']}"}
    env |= {"PYTHONPATH": str(Path(main.__file__).parents[1]), "LC_ALL": "C.UTF-8", "HISTFILE": ""}
    with Terminal(command, 200, 50, env=env, cwd=here) as terminal:
        type_line(terminal, setup.format(folder / "script") + "; echo rea''dy")
        terminal.wait_for("\nready", 20)
        yield terminal
    assert [one.name for one in here.iterdir()] == ["L03file"]


def type_line(terminal: Terminal, keys: str) -> None:
    terminal.send(f"{keys}\r".encode())


def words_after(terminal: Terminal, keys: str, folder: Path) -> list[str]:
    """Press keys and Enter, and return the words that the program got."""
    kept = folder / "words"
    kept.unlink(missing_ok=True)
    type_line(terminal, keys)
    end = time.monotonic() + 10
    while not kept.exists():
        assert time.monotonic() < end, terminal.text()
        terminal.bytes_within(0.02)
    terminal.bytes_within(0.05)
    return kept.read_text(encoding="utf-8").split("\0")[:-1]


@pytest.mark.slow
@shells
def test_a_label_that_looks_like_a_command_is_completed_and_not_run(shell: str, tmp_path: Path) -> None:
    labels = ["ticket $(touch x)", "back `touch x`", 'colon:it\'s "!!"; touch x']
    with shell_with(shell, labels, tmp_path) as terminal:
        type_line(terminal, "zjobtui show tick\t")
        terminal.wait_for(job_id(1).given, 20)
        assert words_after(terminal, 'zjobtui show "back\t', tmp_path) == ["show", labels[1]]
        assert words_after(terminal, "zjobtui show colon:\t", tmp_path) == ["show", labels[2]]


@pytest.mark.long
@shells
def test_every_label_is_completed_to_one_literal_word(shell: str, tmp_path: Path) -> None:
    begun = ['"L{}', "'L{}", "\\L{}", 'L"{}'] + (["$'L{}"] if shell != "fish" else [])
    with shell_with(shell, LABELS, tmp_path) as terminal:
        for number, label in enumerate(LABELS):
            for beginning in ("L{}", *begun):
                keys = f"zjobtui show {beginning.format(f'{number:02}')}\t"
                assert words_after(terminal, keys, tmp_path) == ["show", label]
