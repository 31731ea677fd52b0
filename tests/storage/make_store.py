"""Write the store of the newest format that tests of later versions open: `python -m tests.storage.make_store`.

Run it once for each migration, before the version that has it is released, and commit the result.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.storage.old_stores import DATA
from tests.storage.opening import opened
from tests.support.building import NOW, PROCESSING, apply_observations, done, failed, job, missed, seen, watch
from zjobtui.models.history import EventKind
from zjobtui.models.observation import Observation
from zjobtui.storage.migrations import SCHEMA_VERSION

JOBS = 16


def make(folder: Path) -> None:
    """Write a store with all kinds of content, archived and removed jobs too, and its list as JSON."""
    path = folder / f"schema-{SCHEMA_VERSION}.sqlite3"
    with tempfile.TemporaryDirectory() as data:
        written = Path(data) / "watchlist.sqlite3"
        with opened(written) as (store, watches):
            change = watches.add(
                watch(
                    number,
                    label=f"CS-{number} renewal",
                    tags=("acme", str(number % 3)),
                    note=f"called, {number}",
                    batch="renewals" * (number < 9),
                )
                for number in range(JOBS)
            )
            store.apply(change)
            answers: list[Observation] = [seen(PROCESSING, NOW + 1), done(NOW + 2), failed(NOW + 3), missed(at=NOW + 4)]
            for at, answer in enumerate(answers):
                jobs = [job(number) for number in range(JOBS) if number % len(answers) >= at]
                change = apply_observations(change.watchlist, [(one, answer, 5.0) for one in jobs])
                store.apply(change)
            change = change.watchlist.mark_read([job(1), job(2)], NOW + 5)
            store.apply(change)
            change = change.watchlist.remove([job(1)], NOW + 6, EventKind.ARCHIVED)
            store.apply(change)
            store.apply(change.watchlist.remove([job(4)], NOW + 7))
        listing = subprocess.run(
            [sys.executable, "-m", "zjobtui", "ls", "--json"],
            env={**os.environ, "ZJOBTUI_DATA_DIR": data, "ZJOBTUI_CONFIG": os.devnull},
            capture_output=True,
            check=True,
        )
        path.write_bytes(written.read_bytes())
        path.with_suffix(".ls.json").write_bytes(listing.stdout)


if __name__ == "__main__":
    make(DATA)
