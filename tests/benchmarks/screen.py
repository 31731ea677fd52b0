"""Measures the monitor in a pseudo-terminal beside the floor and the rival: first paint, key echo, bytes and memory."""

from tests.benchmarks.batches import batches
from tests.benchmarks.crowd import crowd
from tests.benchmarks.echo import echo
from tests.benchmarks.footers import footers
from tests.benchmarks.memory import memory
from tests.benchmarks.output import changing, quiet
from tests.benchmarks.painting import painting
from tests.benchmarks.remote import remote
from tests.benchmarks.report import run

if __name__ == "__main__":
    figures = {"P1": painting, "P4": echo, "P5": quiet, "P5-row": changing, "P5-ssh": remote, "P6": memory}
    figures |= {"batches": batches, "5000": crowd, "footer": footers}
    run(__doc__ or "", figures, trials=5)
