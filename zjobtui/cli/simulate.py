"""`simulate`: a simulated Zuora on loopback."""

import sys

import click

from zjobtui.cli.common import report_errors
from zjobtui.simulator.server import Simulator, serve_forever


@click.command()
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Port on 127.0.0.1; by default any free one.")
@click.option("--jobs", default=40, show_default=True, type=click.IntRange(1, 10_000), help="Number of jobs.")
@click.option("--seed", default=7, show_default=True, help="Random seed.")
@click.option("--faults", default="", metavar="SWITCHES", help="Faults to simulate, such as latency=0.3,error=0.1")
def simulate(port: int, jobs: int, seed: int, faults: str) -> None:
    r"""Run a simulated Zuora on loopback until Ctrl+C.

    Prints base URL and credentials as `export` lines, then the ids of its jobs as comments, so that a shell can read
    its output and `zjobtui add -` finds the ids in it.

    \b
    SWITCHES of --faults, separated by commas:
    latency=S     seconds added to every response
    error=P       share of calls that get HTTP 500
    drop=P        share of calls whose connection is closed
    html=P        share of calls that get a web page
    throttle=P    share of calls that get HTTP 429
    rate=N        calls a second that are accepted
    token=S       seconds that a token is valid
    outage=L@S    every connection is closed for L seconds, from S seconds after the start
    off=KIND      objects whose feature is off, such as credit-memos+payments
    forbidden=KIND    objects that the user is not allowed to read, such as invoices
    """
    with report_errors():
        serve_forever(_print_exports, port=port, jobs=jobs, seed=seed, faults=faults)


def _print_exports(simulator: Simulator) -> None:
    click.echo(f"export ZUORA_BASE_URL={simulator.base_url}")
    click.echo(f"export ZUORA_CLIENT_ID={simulator.client_id}")
    click.echo(f"export ZUORA_CLIENT_SECRET={simulator.client_secret}")
    for job_id in simulator.job_ids:
        click.echo(f"# {job_id}")
    sys.stdout.flush()
