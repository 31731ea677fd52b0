"""The first start on a terminal: where nothing is configured the program leads, and then goes on."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zjobtui.domain.checkup import Checkup
    from zjobtui.domain.tenant import ClientCredentials, Tenant
    from zjobtui.wiring import Configuration


def led(found: "Configuration") -> Mapping[str, str] | int:
    """The environment in which there is a tenant now; the exit status where a person wants none."""
    from zjobtui.config.paths import config_path
    from zjobtui.ui.first_start import FirstStart, Next
    from zjobtui.wiring import look_of

    app = FirstStart(config_path(), _sign_in, look_of(found)[0])
    status = app.run_guarded(lambda: "")
    if app.next is Next.DEMO:
        from zjobtui.commands.simulation import show_demo

        return show_demo()
    return {**os.environ, **app.environ} if app.next is Next.MONITOR else status


def _sign_in(tenant: "Tenant", credentials: "ClientCredentials") -> "Checkup":
    from zjobtui.wiring import Configured, check_up_all

    return check_up_all([Configured(tenant, lambda: credentials)])[0]
