"""The simulated Zuora by itself."""

import sys

import click

from zjobtui.cli.errors import report_errors
from zjobtui.simulator.server import Simulator, serve_forever


@click.command()
@click.option("--port", default=0, help="The port on 127.0.0.1; any free one by default.")
@click.option(
    "--jobs", default=40, show_default=True, type=click.IntRange(1, 10_000), help="How many jobs to simulate."
)
@click.option("--seed", default=7, show_default=True, help="Another number, other jobs.")
@click.option("--faults", default="", metavar="SWITCHES", help="Trouble to simulate, such as latency=0.3,error=0.1")
def simulate(port: int, jobs: int, seed: int, faults: str) -> None:
    r"""Run a simulated Zuora on loopback until ctrl+c.

    Prints base URL and credentials as `export` lines, then the ids of its jobs as comments, so that
    `eval "$(…)"` works on a file of it and `zjobtui add -` finds the ids.

    \b
    Switches of --faults, separated by commas:
    latency=S     seconds added to every answer
    error=P       share of calls answered with HTTP 500
    drop=P        share of calls whose connection is cut
    html=P        share of calls answered with a web page
    throttle=P    share of calls answered with HTTP 429
    rate=N        calls a second that are let through
    token=S       seconds that a token lives
    outage=L@S    every connection is cut for L seconds, from S seconds after the start
    """
    with report_errors():
        serve_forever(_print_exports, port=port, jobs=jobs, seed=seed, faults=faults)


def _print_exports(served: Simulator) -> None:
    click.echo(f"export ZUORA_BASE_URL={served.base_url}")
    click.echo(f"export ZUORA_CLIENT_ID={served.client_id}")
    click.echo(f"export ZUORA_CLIENT_SECRET={served.client_secret}")
    for job_id in served.job_ids:
        click.echo(f"# {job_id}")
    sys.stdout.flush()
