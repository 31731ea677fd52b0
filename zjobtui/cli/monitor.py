"""The monitor, which runs if no command is given; without any configured tenant, onboarding comes first."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

from zjobtui.bootstrap.configuration import Configuration, Configured, configuration
from zjobtui.bootstrap.health import check_up_all
from zjobtui.bootstrap.monitor import appearance_of, run_monitor
from zjobtui.bootstrap.output import USAGE, print_error
from zjobtui.cli.common import report_errors, unknown_tenant
from zjobtui.cli.errors import exit_cleanly
from zjobtui.cli.terminal import need_terminal
from zjobtui.config.paths import config_path, store_path
from zjobtui.logs import get_logger
from zjobtui.models.health import Checkup
from zjobtui.models.tenant import ClientCredentials, Tenant

log = get_logger(__name__)

FIRST_STEPS = """\
No tenant is configured. Set these, from an OAuth client of your Zuora tenant:

  export ZUORA_BASE_URL=https://rest.eu.zuora.com   the REST host of the tenant
  export ZUORA_CLIENT_ID=…                          36 characters
  export ZUORA_CLIENT_SECRET=…                      or ZUORA_BEARER_TOKEN alone

and start zjobtui again. Or write a tenant to config.toml:

  zjobtui tenants add NAME --host "EU production" --client-id … --secret-env …

To try it without a tenant:

  zjobtui demo
"""


def show_monitor(tenant: str | None = None, *, is_wallboard: bool = False) -> int:
    """Run the monitor for all tenants, or for the one named, first its wallboard if wanted; return the exit status."""
    with exit_cleanly():
        log.info("command: monitor")
        need_terminal()
        environ: Mapping[str, str] = os.environ
        loaded = configuration(environ, config_path())
        if tenant is None and not loaded.tenants and len(loaded.problems) == _is_file_missing(environ):
            result = _run_onboarding(loaded)
            if isinstance(result, int):
                return result
            environ = result
            loaded = configuration(environ, config_path())
        chosen = [configured for configured in loaded.tenants if tenant in {None, configured.tenant.name}]
        if not chosen:
            return _report_no_tenant(loaded, tenant)
        with report_errors():
            load = partial(configuration, environ, config_path())
            return run_monitor(
                chosen,
                store_path(),
                configuration=loaded,
                load=load,
                is_all=tenant is None,
                is_wallboard=is_wallboard,
            )


def _is_file_missing(environ: Mapping[str, str]) -> bool:
    """Return whether the environment names a settings file that is not there, which is the problem that is reported."""
    try:
        config_path().stat()
    except FileNotFoundError:
        return bool(environ.get("ZJOBTUI_CONFIG"))
    except (OSError, ValueError):
        pass
    return False


def _run_onboarding(loaded: Configuration) -> Mapping[str, str] | int:
    """Set up a tenant in dialogs; return the environment for it, or the exit status if there is none."""
    from zjobtui.ui.onboarding import FirstStart, Next  # noqa: PLC0415 - 100 ms, only if nothing is configured

    app = FirstStart(config_path(), _sign_in, appearance_of(loaded)[0])
    with ExitStack() as ending:
        status = app.run_guarded(lambda: "", ending)
    if app.next is Next.DEMO:
        from zjobtui.cli.demo import show_demo  # noqa: PLC0415 - 300 ms (aiohttp), only for the demo

        return show_demo()
    return {**os.environ, **app.environ} if app.next is Next.MONITOR else status


def _sign_in(tenant: Tenant, credentials: ClientCredentials) -> Checkup:
    return check_up_all([Configured(tenant, lambda: credentials)])[0]


def _report_no_tenant(loaded: Configuration, tenant: str | None) -> int:
    for problem in loaded.problems:
        print_error(problem)
    names = [configured.tenant.name for configured in loaded.tenants]
    print_error(unknown_tenant(str(tenant), names) if names else FIRST_STEPS)
    return USAGE
