"""The first start on a terminal: set up a tenant if none is configured."""

import os
from collections.abc import Mapping
from contextlib import ExitStack

from zjobtui.bootstrap.configuration import Configuration, Configured
from zjobtui.bootstrap.health import check_up_all
from zjobtui.bootstrap.monitor import appearance_of
from zjobtui.config.paths import config_path
from zjobtui.models.health import Checkup
from zjobtui.models.tenant import ClientCredentials, Tenant
from zjobtui.ui.onboarding import FirstStart, Next


def run_onboarding(configuration: Configuration) -> Mapping[str, str] | int:
    """Show the dialogs; return the environment for the new tenant, or the exit status if there is none."""
    app = FirstStart(config_path(), _sign_in, appearance_of(configuration)[0])
    with ExitStack() as ending:
        status = app.run_guarded(lambda: "", ending)
    if app.next is Next.DEMO:
        from zjobtui.cli.demo import show_demo  # noqa: PLC0415 - 300 ms (aiohttp), only for the demo

        return show_demo()
    return {**os.environ, **app.environ} if app.next is Next.MONITOR else status


def _sign_in(tenant: Tenant, credentials: ClientCredentials) -> Checkup:
    return check_up_all([Configured(tenant, lambda: credentials)])[0]
