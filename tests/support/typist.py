"""Types into the input filter in simulated time, and parses what passes with Textual's parser."""

from collections.abc import Iterable
from typing import Self

from textual._xterm_parser import XTermParser
from textual.events import Key
from textual.message import Message

from zjobtui.ui.input_filter import InputFilter
from zjobtui.ui.input_outlet import Output


class Typist:
    """Sends bytes of keys, terminals and pastes, and records what the program gets."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.heard: list[str] = []
        """Keys by Textual's names, pastes as `paste:` and their text, other messages by class."""
        self.last_call_at: list[float] = []
        self.passed = b""
        self._filter = InputFilter()
        self._parser = XTermParser()

    @property
    def pastes(self) -> list[str]:
        """Texts of all pastes so far."""
        return [one.removeprefix("paste:") for one in self.heard if one.startswith("paste:")]

    @property
    def keys(self) -> list[str]:
        """Everything but pastes."""
        return [one for one in self.heard if not one.startswith("paste:")]

    def send(self, *reads: bytes, gap: float = 0.001) -> Self:
        """Send reads in order, `gap` seconds apart."""
        for data in reads:
            self.wait(gap)
            self._hear(self._filter.feed(data, self.now))
        return self

    def wait(self, seconds: float) -> Self:
        """Let time pass."""
        end = self.now + seconds
        while (due := self._filter.due()) is not None and due <= end:
            self.now = max(self.now, due)
            self._hear(self._filter.tick(self.now))
        self.now = end
        return self

    def settle(self) -> Self:
        """Let time pass until nothing is pending."""
        return self.wait(100)

    def _hear(self, passed: Iterable[Output]) -> None:
        for one in passed:
            if isinstance(one, str):
                self._note("paste:" + one)
                continue
            self.passed += one
            for message in self._parser.feed(one.decode()):
                self._note(_name(message))
            assert self._parser._timeout_time is None, f"Textual waits for more after {one!r}"

    def _note(self, name: str) -> None:
        self.heard.append(name)
        self.last_call_at.append(self.now)


def _name(message: Message) -> str:
    return message.key if isinstance(message, Key) else type(message).__name__
