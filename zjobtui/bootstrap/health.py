"""Check the health of tenants without an engine."""

import asyncio
import os
from collections.abc import Callable, Sequence

from zjobtui.bootstrap.configuration import Configured
from zjobtui.clock import SystemClock
from zjobtui.daemon_thread import run_on_daemon_thread
from zjobtui.models.health import Checkup
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import Credentials, Tenant
from zjobtui.polling.protocols import SourceError
from zjobtui.zuora.proxy import InvalidRouteError, find_route


def check_up_all(configured: Sequence[Configured]) -> list[Checkup]:
    """Sign in to all tenants at the same time, and send each one call about a made-up job."""

    async def check(tenant: Tenant, get_credentials: Callable[[], Credentials]) -> Checkup:
        try:
            credentials = await run_on_daemon_thread(get_credentials)
        except SourceError as error:
            return Checkup(no_secret=str(error))
        try:
            route = find_route(tenant.base_url, os.environ)
        except InvalidRouteError as error:
            return Checkup(sign_in_problem=Problem(ProblemKind.MISCONFIGURED, str(error)))
        from zjobtui.zuora.health_check import check_health  # noqa: PLC0415 - 340 ms (httpx), not for --offline

        return await check_health(tenant, credentials, SystemClock(), route)

    async def check_all() -> list[Checkup]:
        return await asyncio.gather(*(check(each.tenant, each.credentials) for each in configured))

    return asyncio.run(check_all())
