"""The commands around the program itself: where its data lies, and completion for shells."""

import sys

import click

from zjobtui.commands.shared import opened_store

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.option("--compact", is_flag=True, help="Make the file as small as it can be; not while another window polls.")
def store(compact: bool) -> None:
    r"""Print where the watchlist and the files beside it are, how large it is, and what is in it.

    \b
    Examples:
    zjobtui store
    zjobtui store --compact
    """
    from zjobtui.headless import upkeep

    with opened_store() as (opened, _, now):
        sys.exit(upkeep.tell(opened, now, is_to_compact=compact))


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print what makes a shell complete commands, job ids, labels and tenants.

    \b
    Examples:
    zjobtui completion bash > ~/.local/share/bash-completion/completions/zjobtui
    zjobtui completion zsh > ~/.zfunc/_zjobtui
    zjobtui completion fish > ~/.config/fish/completions/zjobtui.fish
    """
    from zjobtui.commands.shell_completion import script

    click.echo(script(context.find_root().command, shell), nl=False)
