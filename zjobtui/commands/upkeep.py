"""The command that says where the program's data lies."""

import sys

import click

from zjobtui.commands.shared import opened_store
from zjobtui.headless import upkeep


@click.command()
@click.option("--compact", is_flag=True, help="Make the file as small as it can be; not while another window polls.")
def store(compact: bool) -> None:
    r"""Print where the watchlist and the files beside it are, how large it is, and what is in it.

    \b
    Examples:
    zjobtui store
    zjobtui store --compact
    """
    with opened_store() as (opened, _, now):
        sys.exit(upkeep.tell(opened, now, is_to_compact=compact))
