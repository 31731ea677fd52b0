from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Unpack

import pytest

from tests.simulator.caller import Caller
from zjobtui.simulator.server import Options, Simulator, running

Start = Callable[..., Simulator]
Call = Callable[..., Caller]


class HandClock:
    """A clock that only tests advance."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def start(clock: HandClock) -> Iterator[Start]:
    with ExitStack() as stack:

        def enter(**options: Unpack[Options]) -> Simulator:
            options.setdefault("seed", 7)
            options.setdefault("clock", clock)
            return stack.enter_context(running(**options))

        yield enter


@pytest.fixture
def call() -> Iterator[Call]:
    with ExitStack() as stack:

        def connect(server: Simulator, version: str = "2025-08-12") -> Caller:
            return stack.enter_context(Caller(server, version))

        yield connect
