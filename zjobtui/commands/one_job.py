"""The command that prints one job."""

import sys

import click

from zjobtui.commands.options import AS_JSON, TENANT
from zjobtui.commands.shared import complete_jobs, opened_store
from zjobtui.headless import choosing, one_job


@click.command()
@click.argument("job", metavar="ID", shell_complete=complete_jobs)
@AS_JSON
@TENANT
def show(job: str, as_json: bool, tenant: str | None) -> None:
    r"""Print all that is known of one job: an id, its beginning, or a label; archived and removed ones too.

    \b
    Examples:
    zjobtui show 1bc24f31
    zjobtui show CS-4390 --json | jq .answer.body
    """
    with opened_store() as (store, watchlist, now):
        watch = choosing.one(store, watchlist, job, tenant)
        sys.exit(one_job.show(store, watch, now, as_json=as_json))
