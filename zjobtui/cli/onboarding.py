"""The first start on a terminal: where nothing is configured the program leads, and then goes on."""

import os
from collections.abc import Mapping

from zjobtui.bootstrap.configuration import Configuration, Configured
from zjobtui.bootstrap.health import check_up_all
from zjobtui.bootstrap.monitor import appearance_of
from zjobtui.config.paths import config_path
from zjobtui.models.health import Checkup
from zjobtui.models.tenant import ClientCredentials, Tenant
from zjobtui.ui.onboarding import FirstStart, Next


def run_onboarding(found: Configuration) -> Mapping[str, str] | int:
    """The environment in which there is a tenant now; the exit status where a person wants none."""
    app = FirstStart(config_path(), _sign_in, appearance_of(found)[0])
    status = app.run_guarded(lambda: "")
    if app.next is Next.DEMO:
        from zjobtui.cli.demo import show_demo  # noqa: PLC0415 - 300 ms (aiohttp), only for the demo

        return show_demo()
    return {**os.environ, **app.environ} if app.next is Next.MONITOR else status


def _sign_in(tenant: Tenant, credentials: ClientCredentials) -> Checkup:
    return check_up_all([Configured(tenant, lambda: credentials)])[0]
