"""What a footer costs at the start: a list with none, with Textual's, or with the monitor's line of keys."""

import sys
from collections.abc import Iterator
from functools import partial

from textual.app import ComposeResult
from textual.widgets import Footer

from tests.benchmarks.film import Filmed
from tests.benchmarks.floor import Floor
from tests.benchmarks.subjects import FLOOR_TEXTS
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure
from zjobtui.ui.actions import CATALOGUE, KEY_BAR, bindings
from zjobtui.ui.key_bar import KeyBar

KINDS = ("none", "Textual's footer", "line of keys")
_AFTERWARDS = 0.3


def footers(trials: int) -> Iterator[Table]:
    """CPU and wall time until the list and the line below it are painted."""
    last = next(action.name for action in CATALOGUE if action.id in KEY_BAR)
    subjects = {kind: partial(_paint, kind, FLOOR_TEXTS[-1] if kind == KINDS[0] else f"{last} ") for kind in KINDS}
    in_turns(1, subjects)
    samples = in_turns(trials, subjects)
    title = "Footer · start to first paint with the keys of the monitor"
    for unit, name in (("wall, ms", "wall"), ("CPU, ms", "cpu")):
        yield Table(title=title, unit=unit, trials=measure(samples, name), base=KINDS[0], digits=0)


def _paint(kind: str, awaited: str) -> Sample:
    command = (sys.executable, "-m", "tests.benchmarks.footers", kind)
    with Filmed(command, {}) as terminal:
        terminal.until_sent(awaited)
        cpu = terminal.cpu()
        terminal.bytes_within(_AFTERWARDS)
    return {"wall": terminal.painted_after([*FLOOR_TEXTS[:2], awaited]) * 1000, "cpu": cpu * 1000}


class WithFooter(Floor):
    """The floor with Textual's footer."""

    BINDINGS = list(bindings())  # noqa: RUF012 - as Textual declares it

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Footer()


class WithKeyBar(Floor):
    """The floor with the monitor's line of keys."""

    CSS = "KeyBar { height: 1; }"

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield KeyBar(CATALOGUE)


if __name__ == "__main__":
    dict(zip(KINDS, (Floor, WithFooter, WithKeyBar), strict=True))[sys.argv[1]]().run()
