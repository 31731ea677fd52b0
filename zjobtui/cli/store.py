"""`store`: where the data files are, and what is in them."""

import click

from zjobtui.cli.common import open_store_and_watchlist
from zjobtui.formatting.symbols import plural
from zjobtui.storage.maintenance import files_beside
from zjobtui.storage.store import Store


@click.command()
@click.option(
    "--compact", is_flag=True, help="Make the file as small as possible; not possible while a window is polling."
)
def store(compact: bool) -> None:
    r"""Print location, size and content of the data files.

    \b
    Examples:
    zjobtui store
    zjobtui store --compact
    """
    with open_store_and_watchlist() as (opened, _, now):
        before = opened.path.stat().st_size
        if compact:
            opened.compact(now)
        _print_figures(opened)
        _print_files(opened)
        if compact:
            print(f"Compacted from {_size(before)}.")


def _print_figures(opened: Store) -> None:
    figures = opened.stats()
    print(opened.path)
    print(f"{_size(figures.size)} ({_size(figures.unused)} reclaimable), format {figures.version}")
    print(f"{plural(figures.jobs, 'job')} watched, {figures.archived:,} archived, {figures.removed:,} removed")
    print(f"{plural(figures.answers, 'response')}, {figures.entries:,} timeline entries")


def _print_files(opened: Store) -> None:
    files = files_beside(opened.path)
    listed = [
        ("job ids, as text", [files.ids_log] if files.ids_log else []),
        ("daily copy", [files.copy] if files.copy else []),
        ("replaced daily copy", files.replaced_copies),
        ("copy made before an upgrade", files.before_upgrades),
        ("damaged file", files.damaged),
    ]
    for title, paths in listed:
        for path in paths:
            print(f"{title}: {path}")


def _size(size: int) -> str:
    if size < 1_000_000:
        return f"{size / 1000:,.0f} kB"
    return f"{size / 1_000_000:,.1f} MB"
