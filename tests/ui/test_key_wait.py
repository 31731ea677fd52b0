"""The reader of keys sleeps while there are none, and wakes for a key and for the end; a real pipe, no terminal."""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from zjobtui.ui.key_wait import LOOKS, sleep_between_keys


class Reader:
    """Reads as Textual's driver does: it looks for keys, and asks before each look whether it shall end."""

    def __init__(self) -> None:
        self.fileno, self.keys = os.pipe()
        self.exit_event = threading.Event()
        self.looks = 0
        self.heard = b""
        sleep_between_keys(self)  # type: ignore[arg-type]  # all of a driver that matters here
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait_until(self, is_met: Any) -> None:  # noqa: ANN401 - any condition
        """Waits for what the thread is to do."""
        end = time.monotonic() + 10
        while not is_met():
            assert time.monotonic() < end
            time.sleep(0.001)

    def end(self) -> None:
        """Ends as Textual does."""
        assert not self.exit_event.is_set()
        self.exit_event.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        self.exit_event.clear()

    def _read(self) -> None:
        os.set_blocking(self.fileno, False)
        while not self.exit_event.is_set():
            self.looks += 1
            try:
                self.heard += os.read(self.fileno, 100)
            except BlockingIOError:
                time.sleep(0.001)


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    if not reader.exit_event.is_set():
        reader.exit_event.set()


def test_it_sleeps_after_a_few_looks_and_wakes_for_a_key(reader: Reader) -> None:
    reader.wait_until(lambda: reader.looks == LOOKS)
    time.sleep(0.1)
    assert reader.looks == LOOKS
    os.write(reader.keys, b"\x1b")
    reader.wait_until(lambda: reader.heard == b"\x1b")
    reader.wait_until(lambda: reader.looks == 2 * LOOKS + 1)


def test_it_ends_at_once_while_it_sleeps(reader: Reader) -> None:
    reader.wait_until(lambda: reader.looks == LOOKS)
    reader.end()


def test_a_next_reader_sleeps_as_well(reader: Reader) -> None:
    reader.end()
    assert not reader.exit_event.is_set()
    looks = reader.looks
    again = threading.Thread(target=reader._read, daemon=True)
    again.start()
    reader.wait_until(lambda: reader.looks >= looks + 1)
    reader.exit_event.set()
    again.join(10)
    assert not again.is_alive()


def test_a_driver_without_a_reader_is_left_alone() -> None:
    sleep_between_keys(None)
