"""The whole program on a terminal that sends pastes in pieces, responds late, or sends noise."""

import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.storage.opening import kept
from tests.support.program import pointed_at, started, stored
from tests.support.terminal import Terminal
from zjobtui.config.paths import STORE_NAME
from zjobtui.simulator.server import Simulator, running

ID = "2c92c8f97c1d4e0a017c1d6a3b5f0001"
START, END = b"\x1b[200~", b"\x1b[201~"

PASTES = {
    "its end in two pieces": (START + ID.encode() + END[:3], END[3:]),
    "coloured, its end late": (
        START + f"\x1b[31mERR\x1b[0m quit {ID[:9]}\x1b[1m{ID[9:]}\x1b[m \x11\x03q".encode(),
        END,
    ),
    "coloured and without brackets": (f"\x1b[31mquit\x1b[0m dd {ID} dq\r".encode(),),
}
IGNORED = (
    b"\x1b[99999999999u",
    b"\x1b[55296u",
    b"\x1b[113:81:113;1:3u",
    b"\x1b[48;40;140;0;0t\x1b[<35;5;5M",
    b"\xff\xed\xa0\x80\xc3",
    END,
    b"\x1b[?64;1;2;4c",
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    b"\x1b]52;c;cXVpdCBxcXE=\x07",
    b"\x1bP>|quick(1)\x1b\\",
    b"\x1b_Gi=31;quit\x1b\\",
)


@pytest.fixture(scope="module")
def served() -> Iterator[Simulator]:
    with running(jobs=40, seed=7) as simulator:
        yield simulator


@contextmanager
def program(folder: Path, simulator: Simulator) -> Iterator[Terminal]:
    stored(folder, simulator, count=5)
    with started(pointed_at(simulator, folder)) as terminal:
        yield terminal


def quit_within(terminal: Terminal, key: str, seconds: float = 5.0) -> None:
    terminal.press(key)
    assert terminal.wait_exit(seconds) == 0
    assert terminal.modes() == frozenset()
    assert terminal.attributes() == terminal.attributes_before


def close_dialog(terminal: Terminal) -> None:
    terminal.press("esc")
    terminal.wait_until_gone("enter adds them")


@pytest.mark.slow
def test_a_paste_is_recognized_and_only_a_key_press_is_a_key(tmp_path: Path, served: Simulator) -> None:
    with program(tmp_path, served) as terminal:
        for reads in PASTES.values():
            for read in reads:
                terminal.send(read)
                terminal.bytes_within(0.2)
            terminal.wait_for("1 new job, 0 watched")
            close_dialog(terminal)
        for sent in IGNORED:
            terminal.send(sent[:2])
            terminal.bytes_within(0.01)
            terminal.send(sent[2:])
        terminal.press("ctrl+p")
        terminal.wait_for("Search for commands")
        terminal.send(b"\x1b[<0;1;1M\x1b[<0;1;1m" * 2)
        terminal.wait_until_gone("Search for commands")
        terminal.send(b"\x1b[106;1:2u" + b"j" * 20 + b"\x1b[B" * 20)
        terminal.send(b"/status:failed\r")
        terminal.wait_for("filter: status:failed")
        terminal.press("esc")
        terminal.wait_until_gone("filter: status")
        assert "Jobs · 5" in terminal.text(), terminal.text()
        quit_within(terminal, "q")


@pytest.mark.long
def test_after_a_paste_without_an_end_q_works(tmp_path: Path, served: Simulator) -> None:
    with program(tmp_path, served) as terminal:
        terminal.send(START + f"quit {ID}".encode())
        terminal.wait_for("1 new job", 8)
        close_dialog(terminal)
        terminal.send(b"dd quit" + END)
        terminal.wait_for("No job id yet")
        close_dialog(terminal)
        quit_within(terminal, "q")


def noise(size: int, seed: int) -> Iterator[bytes]:
    """Return random bytes and parts of what terminals send, without keys that quit, suspend or interrupt."""
    chance = random.Random(seed)
    pieces = [
        *(b"\x1b[A", b"\x1b[B", b"\x1bOC", START, END, b"\x1b[<0;10;10M", b"\x1b[<0;10;10m", b"\x1b[<35;50;20M"),
        *(
            b"\x1b[<64;9;9M",
            b"\x1b]11;rgb:ff",
            b"\x1bP",
            b"\x1b_",
            b"\x1b\\",
            b"\x07",
            b"\x1b",
            b"\x1b[27u",
            b"\r",
            b"\t",
        ),
        *(b"d", b"a", b"/", b"j" * 100, ID.encode(), b"hello world " * 30, b"\x1b[?2048;2$y", b"\x1b[I", b"\x1b[O"),
        *(read for read in IGNORED if b"q" not in read),
    ]
    unwanted = b"qQ\x11\x10\x1a\x03"
    while size > 0:
        read = b"".join(
            chance.choice((chance.choice(pieces), chance.randbytes(chance.randint(1, 60)).translate(None, unwanted)))
            for _ in range(60)
        )
        size -= len(read)
        yield read


def stand_noise(folder: Path, simulator: Simulator, size: int) -> None:
    with program(folder, simulator) as terminal:
        peak = 0.0
        for number, read in enumerate(noise(size, seed=1)):
            terminal.send(read, 60)
            assert terminal.is_running, terminal.text()
            if number % 50 == 0:
                peak = max(peak, terminal.memory())
                terminal.bytes_within(0.1)
        peak = max(peak, terminal.memory())
        start = time.perf_counter()
        quit_within(terminal, "ctrl+q", 2 if size > 1e6 else 5)
        print(f"{size} bytes: {peak:.0f} MB, gone after {time.perf_counter() - start:.1f} s")  # noqa: T201
        assert peak < 150


@pytest.mark.slow
def test_noise_neither_ends_the_program_nor_blocks_its_keys(tmp_path: Path, served: Simulator) -> None:
    stand_noise(tmp_path, served, 300_000)


@pytest.mark.long
def test_ten_megabytes_of_noise_neither_end_nor_block_the_program(tmp_path: Path, served: Simulator) -> None:
    stand_noise(tmp_path, served, 10_000_000)


@pytest.mark.slow
def test_a_paste_continues_after_a_suspension(tmp_path: Path, served: Simulator) -> None:
    first, rest = f"Hi team, job {ID[:10]}".encode(), f"{ID[10:]}\nit failed again, x x x\n".encode()
    with program(tmp_path, served) as terminal:
        terminal.send(START + first)
        terminal.bytes_within(0.2)
        terminal.signal(signal.SIGTSTP)
        time.sleep(0.3)
        terminal.signal(signal.SIGCONT)
        terminal.bytes_within(0.5)
        terminal.send(rest + END)
        terminal.wait_for("1 new job", 8)
        close_dialog(terminal)
        quit_within(terminal, "q")


@pytest.mark.slow
def test_a_text_that_is_too_long_is_truncated(tmp_path: Path, served: Simulator) -> None:
    with program(tmp_path, served) as terminal:
        terminal.press("o")
        terminal.wait_for("Note for")
        terminal.paste("a" * 150 + "b" * 250)
        terminal.wait_for("aaa")
        terminal.press("enter")
        terminal.wait_for("annotated", 5)
        quit_within(terminal, "q")
    assert [watch.note for watch in kept(tmp_path / STORE_NAME) if watch.note] == ["a" * 150 + "b" * 49 + "…"]


@pytest.mark.slow
def test_a_credential_is_stored_neither_in_a_note_nor_in_a_filter(tmp_path: Path, served: Simulator) -> None:
    token = "6d151216ef504f65b8ff6e9e9e8356d3"
    with program(tmp_path, served) as terminal:
        terminal.press("o")
        terminal.wait_for("Note for")
        terminal.paste(f"Authorization: Bearer {token} was refused")
        terminal.press("enter")
        terminal.wait_for("annotated", 5)
        terminal.press("/")
        terminal.paste(f"Bearer {token}")
        terminal.press("enter")
        terminal.bytes_within(0.5)
        quit_within(terminal, "q")
        assert token.encode() not in terminal.raw
    assert [path for path in tmp_path.rglob("*") if path.is_file() and token.encode() in path.read_bytes()] == []


SLOW_TO_END = """
import sys
import time
from textual.drivers.linux_driver import LinuxDriver
from zjobtui.cli.main import main

ends = LinuxDriver.disable_input

def end_late(self):
    time.sleep(0.5)
    ends(self)

LinuxDriver.disable_input = end_late
sys.argv = ["zjobtui"]
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["ctrl+q", "SIGTERM"])
def test_a_terminal_that_responds_while_the_program_ends_is_restored(
    tmp_path: Path, served: Simulator, way: str
) -> None:
    stored(tmp_path, served, count=5)
    with Terminal([sys.executable, "-c", SLOW_TO_END], env=pointed_at(served, tmp_path)) as terminal:
        terminal.wait_for("Jobs · 5", 20)
        if way == "SIGTERM":
            terminal.signal(signal.SIGTERM)
        else:
            terminal.press(way)
        while terminal.is_running:
            terminal.send(b"\x1b[?2048;2$y")
            terminal.bytes_within(0.05)
        assert terminal.wait_exit() == (143 if way == "SIGTERM" else 0)
        assert b"\x1b[?2048h" in terminal.raw
        assert terminal.modes() == frozenset()
