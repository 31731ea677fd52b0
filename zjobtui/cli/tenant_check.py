"""`tenants test`: check one tenant as `doctor` does."""

import sys

import click

from zjobtui.bootstrap.output import OK, SOME_REFUSED, USAGE, print_error
from zjobtui.cli.common import load_configuration, unknown_tenant
from zjobtui.cli.doctor import check_tenants, is_wrong, print_checks
from zjobtui.cli.tenants import complete_configured
from zjobtui.clock import SystemClock
from zjobtui.config.paths import store_path
from zjobtui.storage.health import check_store


@click.command()
@click.argument("name", shell_complete=complete_configured)
def test(name: str) -> None:
    """Sign in to a tenant, and make one call about a job that does not exist.

    Prints what is wrong and what to do; exits with 1 if anything is wrong, with 2 if the tenant is not configured.
    """
    configuration = load_configuration()
    configured = [each for each in configuration.tenants if each.tenant.name == name]
    if not configured:
        for problem in configuration.problems:
            print_error(problem)
        print_error(unknown_tenant(name, [each.tenant.name for each in configuration.tenants]))
        sys.exit(USAGE)
    checks = list(check_tenants(configured, check_store(store_path()), SystemClock().now()))
    print_checks(checks)
    sys.exit(SOME_REFUSED if is_wrong(checks) else OK)
