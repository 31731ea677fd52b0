"""A terminal that records a program: its output is kept with its time, and drawn only on request."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from tests.support.display import Display
from tests.support.terminal import Terminal

COLUMNS, ROWS = 140, 40
_STEP = 0.002


class Film(Display):
    """Everything that was fed, with its time on the clock of `time.perf_counter`."""

    def __init__(self, columns: int = COLUMNS, rows: int = ROWS) -> None:
        super().__init__(columns, rows)
        self.frames: list[tuple[float, bytes]] = []
        self._drawn = 0

    def feed(self, data: bytes) -> None:
        """Keep what came; a drawing now would steal time from the program that is measured."""
        self.frames.append((time.perf_counter(), data))

    def play(self) -> Iterator[float]:
        """Draw what has not been drawn yet, piece by piece, and return the time of each piece once it is drawn."""
        while self._drawn < len(self.frames):
            at, data = self.frames[self._drawn]
            self._drawn += 1
            super().feed(data)
            yield at

    def play_all(self) -> None:
        """Draw all that has come so far."""
        for _ in self.play():
            pass

    def changed_rows(self) -> dict[int, str]:
        """The rows that were drawn on since the last call, by their numbers; the first is 0."""
        rows = {row: "".join(self.cells(row)) for row in sorted(self.screen.dirty)}
        self.screen.dirty.clear()
        return rows

    def bytes_between(self, start: float, end: float) -> int:
        """How many bytes came from `start` on, before `end`."""
        return sum(len(data) for at, data in self.frames if start <= at < end)

    def background(self, row: int, column: int) -> str:
        """The colour behind a cell, as drawn so far."""
        return str(self.screen.buffer[row][column].bg)


class Filmed(Terminal):
    """A program on a filming terminal."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str] | None = None, size: tuple[int, int] = (COLUMNS, ROWS)
    ) -> None:
        super().__init__(command, *size, env)
        self.display: Film = Film(*size)

    def __enter__(self) -> Self:
        return self

    def until_sent(self, text: str, seconds: float = 30.0) -> None:
        """Read until the bytes of `text` have come."""
        end = time.perf_counter() + seconds
        while text.encode() not in self.raw:
            assert time.perf_counter() < end, f"{text!r} never came; the screen:\n{self._look()}"
            self.bytes_within(_STEP)

    def painted_after(self, texts: Sequence[str]) -> float:
        """Seconds from the start until as many of the texts stood on the screen as ever did; draws the film."""
        best, best_at = 0, self.started
        for at in self.display.play():
            screen = self.text()
            if (count := sum(text in screen for text in texts)) > best:
                best, best_at = count, at
        return best_at - self.started

    def _look(self) -> str:
        self.display.play_all()
        return self.text()
