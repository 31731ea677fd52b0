"""The monitor over the tenants that are configured; where there is none, the first start leads to one."""

import os

from zjobtui.bootstrap.configuration import Configuration, configuration
from zjobtui.bootstrap.monitor import run_monitor
from zjobtui.bootstrap.output import USAGE, print_error
from zjobtui.cli.errors import exit_cleanly, need_terminal, report_errors
from zjobtui.config.paths import config_path, store_path
from zjobtui.logs import get_logger
from zjobtui.models.text import clean

log = get_logger(__name__)

NO_TENANT = """\
No tenant is configured. Set these, from an OAuth client of your Zuora tenant:

  export ZUORA_BASE_URL=https://rest.eu.zuora.com     the host of your tenant's REST API
  export ZUORA_CLIENT_ID=…                            36 characters
  export ZUORA_CLIENT_SECRET=…                        or ZUORA_BEARER_TOKEN instead of both

and start zjobtui again. Or see it at work without a tenant:

  zjobtui demo
"""


def show_monitor(wanted: str | None = None) -> int:
    """The monitor over all tenants, or the one that is wanted; gives the exit status."""
    with exit_cleanly():
        log.info("command: monitor")
        need_terminal()
        return _led_to_monitor(wanted)


def _led_to_monitor(wanted: str | None) -> int:
    configured = configuration(os.environ, config_path())
    if wanted is None and not configured.tenants and not configured.problems:
        from zjobtui.cli.onboarding import run_onboarding  # noqa: PLC0415 - 100 ms, only if nothing is configured

        environ = run_onboarding(configured)
        if isinstance(environ, int):
            return environ
        configured = configuration(environ, config_path())
    chosen = [one for one in configured.tenants if wanted in (None, one.tenant.name)]
    if not chosen:
        return _told_of_no_tenant(configured, wanted)
    with report_errors():
        return run_monitor(chosen, store_path(), configuration=configured, is_all=wanted is None)


def _told_of_no_tenant(configured: Configuration, wanted: str | None) -> int:
    for problem in configured.problems:
        print_error(problem)
    names = ", ".join(one.tenant.name for one in configured.tenants)
    print_error(f"There is no tenant “{clean(str(wanted))}”; there is: {names}." if names else NO_TENANT)
    return USAGE
