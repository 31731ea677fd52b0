"""`store`: where the files are, and what is in them."""

import sys
from pathlib import Path

import click

from zjobtui.bootstrap.output import OK
from zjobtui.cli.common import open_store_and_watchlist
from zjobtui.formatting.symbols import plural
from zjobtui.storage.maintenance import files_beside
from zjobtui.storage.store import Store


def print_store(store: Store, now: float, *, is_to_compact: bool) -> int:
    """Prints the figures of the store, after it was compacted where that is asked for."""
    before = store.path.stat().st_size
    if is_to_compact:
        store.compact(now)
    found = store.stats()
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


@click.command()
@click.option("--compact", is_flag=True, help="Make the file as small as it can be; not while another window polls.")
def store(compact: bool) -> None:
    r"""Print where the watchlist and the files beside it are, how large it is, and what is in it.

    \b
    Examples:
    zjobtui store
    zjobtui store --compact
    """
    with open_store_and_watchlist() as (opened, _, now):
        sys.exit(print_store(opened, now, is_to_compact=compact))
