"""Prints what the store holds and where its files are, and makes it small."""

from pathlib import Path

from zjobtui.headless.saying import OK
from zjobtui.storage.store import Store
from zjobtui.storage.upkeep import files_beside
from zjobtui.wording.signs import plural


def tell(store: Store, now: float, *, is_to_compact: bool) -> int:
    """Prints the figures of the store, after it was compacted where that is asked for."""
    before = store.path.stat().st_size
    if is_to_compact:
        store.compact(now)
    found = store.survey()
    print(store.path)
    print(f"{_size(found.size)}, of which {_size(found.unused)} hold nothing; format {found.version}")
    print(f"{plural(found.jobs, 'job')} watched, {found.archived:,} archived, {found.removed:,} removed")
    print(f"{plural(found.answers, 'answer')}, {found.entries:,} timeline entries")
    _print_files(store.path)
    if is_to_compact:
        print(f"Compacted from {_size(before)}.")
    return OK


def _print_files(path: Path) -> None:
    files = files_beside(path)
    named = [
        ("ids of the jobs, as text", [files.ids_log] if files.ids_log else []),
        ("daily copy", [files.copy] if files.copy else []),
        ("daily copy that was replaced", files.replaced_copies),
        ("copy before an upgrade", files.before_upgrades),
        ("damaged file that was kept", files.damaged),
    ]
    for what, paths in named:
        for one in paths:
            print(f"{what}: {one}")


def _size(size: int) -> str:
    if size < 1_000_000:
        return f"{size / 1000:,.0f} kB"
    return f"{size / 1_000_000:,.1f} MB"
