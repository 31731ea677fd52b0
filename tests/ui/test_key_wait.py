"""The reader of keys sleeps while there are none, and wakes for a key and for the end; a real pipe, no terminal."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from select import select
from typing import Any

import pytest
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from zjobtui.ui import key_wait
from zjobtui.ui.key_wait import Ending, read_keys, sleeping


class Reader:
    """Reads from a pipe on a thread, and counts how often it looked for keys."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fileno, self.keys = os.pipe()
        self.ending = Ending()
        self.looks = 0
        self.heard: list[str] = []

        def counted(*files: Any) -> Any:  # noqa: ANN401 - as `select` takes and gives them
            self.looks += 1
            return select(*files)

        monkeypatch.setattr(key_wait, "select", counted)
        self.begin()

    def begin(self) -> None:
        self._thread = threading.Thread(
            target=read_keys, args=(self.fileno, self.ending, XTermParser(), self._hear), daemon=True
        )
        self._thread.start()

    def send(self, data: bytes, heard: list[str]) -> None:
        """Sends bytes, and waits until all is heard that shall be."""
        os.write(self.keys, data)
        wait_until(lambda: self.heard == heard)

    def end(self) -> None:
        """Ends as Textual does."""
        self.ending.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        self.ending.clear()

    def _hear(self, message: Message) -> None:
        assert isinstance(message, Key)
        self.heard.append(message.key)


def wait_until(is_met: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_met():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    reader = Reader(monkeypatch)
    yield reader
    reader.end()


def test_it_looks_once_for_each_key(reader: Reader) -> None:
    reader.send(b"a", ["a"])
    reader.send(b"\xc3", ["a"])
    wait_until(lambda: reader.looks == 3)
    reader.send(b"\xa9", ["a", "é"])
    wait_until(lambda: reader.looks == 4)
    time.sleep(0.3)
    assert reader.looks == 4


def test_an_escape_alone_is_told_though_nothing_follows_whenever_it_comes(reader: Reader) -> None:
    reader.send(b"a", ["a"])
    for number, pause in enumerate((0.0, 0.05, 0.11), 1):
        time.sleep(pause)
        reader.send(b"\x1b", ["a", *["escape"] * number])
    looks = reader.looks
    time.sleep(0.3)
    assert reader.looks <= looks + 1


def test_the_beginning_of_a_sequence_is_no_escape(reader: Reader) -> None:
    reader.send(b"\x1b", [])
    reader.send(b"[A", ["up"])


def test_it_ends_at_once_while_it_sleeps_and_a_next_one_reads_on(reader: Reader) -> None:
    wait_until(lambda: reader.looks == 1)
    reader.end()
    assert not reader.ending.is_set()
    reader.begin()
    reader.send(b"b", ["b"])


def test_it_ends_where_the_terminal_is_gone(reader: Reader) -> None:
    os.close(reader.keys)
    reader._thread.join(10)
    assert not reader._thread.is_alive()


@pytest.mark.parametrize(("base", "is_changed"), [(HeadlessDriver, False), (LinuxDriver, True)])
def test_a_driver_without_a_reader_is_left_alone(base: type[Driver], is_changed: bool) -> None:
    assert (sleeping(base) is not base) is is_changed
