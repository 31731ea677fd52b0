"""`handover`: jobs as Markdown for the next shift or for Zuora support."""

import sys
from pathlib import Path

import click

from zjobtui.bootstrap.configuration import SecretMask
from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE
from zjobtui.cli.common import load_configuration, open_store_and_watchlist, read_stored_details
from zjobtui.cli.options import TENANT
from zjobtui.cli.selection import FILTER, complete_jobs, select_jobs
from zjobtui.formatting.handover import HandoverJob, handover_text
from zjobtui.models.text import clean
from zjobtui.storage.exports import write_new


@click.command()
@click.argument("jobs", metavar="ID…", nargs=-1, shell_complete=complete_jobs)
@FILTER
@TENANT
@click.option("--output", metavar="FILE", help="Write to this new file, readable by you only, instead of printing.")
@click.option("--with-notes", is_flag=True, help="Include labels, tags, batches and notes, which are your own text.")
def handover(jobs: tuple[str, ...], wanted: str, tenant: str | None, output: str | None, with_notes: bool) -> None:
    r"""Print jobs as Markdown for the next shift or Zuora support.

    It says what happened, since when, what to do, the ids that Zuora support needs, and what is left out: response
    bodies, credentials and, without --with-notes, your own text. Nothing is polled.

    \b
    Examples:
    zjobtui handover 1bc24f31
    zjobtui handover --filter status:failed --output friday.md
    """
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        watches, is_refused = select_jobs(watchlist, jobs, wanted, tenant, now)
        if not watches:
            sys.exit(USAGE)
        with_responses = [HandoverJob(watch, *read_stored_details(store, watch.job)) for watch in watches]
        configuration = load_configuration()
        tenants = {each.tenant.name: each.tenant for each in configuration.tenants}
        mask = configuration.add_secrets(SecretMask())
        text = handover_text(with_responses, tenants, now, mask, with_notes=with_notes)
        if output is None:
            sys.stdout.write(text)
        else:
            _write(Path(output), text)
    sys.exit(SOME_REFUSED if is_refused else OK)


def _write(path: Path, text: str) -> None:
    if not write_new(path, text):
        raise ValueError(f"{clean(str(path))} exists and was not overwritten; give another name.")
    print(f"Saved to {clean(str(path))}")
