"""A later version: a copy of the package with a column more in each group of the store, and what it must do.

The user writes two of them, a text and a number.

`add_columns` writes the copy; each edit is a step of the recipes in CONTRIBUTING. Run as a script with the copy on its
path and a folder that a test has filled as the version before, it checks what becomes of old files.
"""

import re
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.support.building import apply_observations

PACKAGE = Path(__file__).parents[2] / "zjobtui"

COLUMNS = ("owner", "server", "region", "problem_hint")

EDITS = (
    (
        "models/watched_job.py",
        r"\n    @property",
        '\n    owner: str = ""\n    priority: int = 0\n    server: str = ""\n\n    @property',
    ),
    ("models/watchlist.py", r"\nANNOTATIONS = \(", r'\g<0>"owner", "priority", '),
    ("models/digest.py", r"\n    @property", '\n    region: str = ""\n\n    @property'),
    ("models/problem.py", r'\n    code: str = ""\n', r'\g<0>    hint: str = ""\n'),
    ("storage/rows.py", r"\nDIGEST = \(", r'\g<0>"region", '),
    ("storage/rows.py", r'\nPROBLEM = \(\s*"problem",', r'\g<0> "problem_hint",'),
    ("storage/rows.py", r"\nOBSERVATIONS = \(", r'\g<0>"server",'),
    (
        "storage/rows.py",
        r"\n_DECLARED: .*\{",
        rf"\g<0>**dict.fromkeys({COLUMNS}, _TEXT), 'priority': frozenset({{int}}),",
    ),
    (
        "storage/migrations.py",
        r'(\n\)\n)("""The statements)',
        '\n    ("""alter table watches\n    add column owner TEXT""",),'
        + "".join(f'\n    ("ALTER TABLE watches ADD COLUMN {name} TEXT",),' for name in COLUMNS[1:])
        + '\n    ("ALTER TABLE watches ADD COLUMN priority INTEGER",),'
        + r"\1\2",
    ),
    (
        "storage/export_import.py",
        r"\n    answer: _ExportedResponse",
        "".join(f"\n    {name}: str | None = None" for name in COLUMNS) + r"\n    priority: int | None = None\g<0>",
    ),
)
"""File, what is found in it first, and what replaces that."""


def add_columns(folder: Path) -> None:
    """Copy the package to a folder, and add a column to each group of its copy."""
    shutil.copytree(PACKAGE, folder / "zjobtui", ignore=shutil.ignore_patterns("__pycache__"))
    for name, pattern, replacement in EDITS:
        file = folder / "zjobtui" / name
        text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"), count=1)
        assert count == 1, (name, pattern)
        file.write_text(text, encoding="utf-8")


def check_old_files(folder: Path) -> None:
    """Open the files of the version before; what they lack has its default, and nothing else is lost."""
    for name in ("store", "lost"):
        with opened(folder / name / "store") as (store, watches):
            assert "recover" not in store.notice, store.notice
            check_jobs(watches)
    check_jobs(
        {watch.job: watch for watch in (job.watch for job in from_json(read(folder / "export.json"), read_report))}
    )


def check_jobs(jobs: Any) -> None:  # noqa: ANN401 - a watchlist or a mapping of the copy
    """Check the jobs that the version before wrote."""
    finished, running, refused = (jobs.get(job(number)) for number in (1, 2, 3))
    assert (finished.label, finished.tags, finished.digest.status) == ("label", ("a", "b"), "Completed")
    assert (finished.owner, finished.priority, finished.server, finished.digest.region) == ("", 0, "", "")
    assert (running.note, running.digest.status, running.digest.region) == ("note", "Processing", "")
    assert (refused.problem.detail, refused.problem.hint, refused.digest) == ("no answer", "", None)
    assert refused.label == "", "a row that is not damaged keeps its empty label"


def check_new_values(folder: Path) -> None:
    """Store, merge, export and restore jobs with values in all columns."""
    first = full(1)
    with opened(folder / "new") as (mine, _), opened(folder / "new") as (theirs, _):
        ours: Any = added(mine, first, full(2, owner=""))
        assert tuple(kept(folder / "new")) == tuple(ours)
        theirs.read_changes()
        written = replace(first, owner="theirs")
        theirs.apply(Change(watchlist(written), annotated=(written,), fields=("owner",)))
        later: Any = apply_observations(ours, [(job(1), failed(NOW + 99), 5.0)]).watchlist
        changes: Any = mine.read_changes()
        merged: Any = later.merged(changes.watches, changes.removed, NOW + 99)
        assert merged.get(job(1)) == replace(later.get(job(1)), owner="theirs")
        assert [event.value for event, _ in differences(later, merged)] == ["labelled"]
        mine.apply(merged.remove([job(1)], NOW + 100))
        (removed,) = mine.load_removed([job(1)])
        assert watchlist().add([watch(1)], recalled=[removed]).watchlist.get(job(1)).owner == "theirs"
        added(mine, watch(1, label="again"))
        stored: Any = kept(folder / "new").get(job(1))
        assert (stored.owner, stored.label, stored.server) == ("theirs", "again", "s")
        assert stored.priority == 7, "a number is not overwritten by its default"
        assert mask_annotations(stored, str.upper) == replace(stored, owner="THEIRS", label="AGAIN")
    imported = from_json(to_json([ImportedJob(stored)], "now"), read_report)
    assert [one.watch for one in imported] == [stored]
    joined: Any = merge(ours, [ImportedJob(full(2))], (), lambda _: (None, ()), NOW + 99).change
    assert [one.owner for one in joined.annotated] == ["o"]


def full(number: int, owner: str = "o") -> Any:  # noqa: ANN401 - a job of the copy
    """Return a job with a value in each column."""
    digest = Digest("Processing", Verdict(VerdictKind.RUNNING, "It runs."), region="r")
    problem = Problem(ProblemKind.TIMED_OUT, "d", "c", hint="h")
    fields = {"digest": digest, "problem": problem, "problem_at": NOW, "last_answer_at": NOW}
    return watch(number, owner=owner, priority=7, server="s", **fields)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    from tests.storage.opening import added, kept, opened
    from tests.support.building import NOW, failed, job
    from zjobtui.models.diff import differences
    from zjobtui.models.merge import ImportedJob, merge
    from zjobtui.models.problem import ProblemKind
    from zjobtui.models.verdict import Verdict, VerdictKind
    from zjobtui.models.watchlist import Change, mask_annotations
    from zjobtui.storage.export_import import from_json, to_json
    from zjobtui.zuora.parser import read_report

    building: Any = import_module("tests.support.building")  # values with the fields of the copy
    Digest: Any = import_module("zjobtui.models.digest").Digest
    Problem: Any = import_module("zjobtui.models.problem").Problem
    watch, watchlist = building.watch, building.watchlist
    check_old_files(Path(sys.argv[1]))
    check_new_values(Path(sys.argv[1]))
