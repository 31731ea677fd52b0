"""A look at tenants without an engine."""

import asyncio
import os
from collections.abc import Sequence

from zjobtui.bootstrap.configuration import Configured
from zjobtui.clock import SystemClock
from zjobtui.models.health import Checkup
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.polling.protocols import SourceError
from zjobtui.zuora.proxy import InvalidProxyError, find_route


def check_up_all(configured: Sequence[Configured]) -> list[Checkup]:
    """Signs in to tenants, all at once, and asks each about a job that nobody has."""
    from zjobtui.zuora.health_check import check_health  # noqa: PLC0415 - 340 ms (httpx), not for --offline

    async def one_by_one(one: Configured) -> Checkup:
        try:
            credentials = await asyncio.to_thread(one.credentials)
        except SourceError as fault:
            return Checkup(no_secret=str(fault))
        try:
            route = find_route(one.tenant.base_url, os.environ)
        except InvalidProxyError as fault:
            return Checkup(sign_in_problem=Problem(ProblemKind.UNREACHABLE, str(fault)))
        return await check_health(one.tenant, credentials, SystemClock(), route)

    async def all_of_them() -> list[Checkup]:
        return await asyncio.gather(*map(one_by_one, configured))

    return asyncio.run(all_of_them())
