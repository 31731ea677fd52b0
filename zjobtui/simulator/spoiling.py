"""The middleware that spoils calls as the faults say; knows nothing of jobs."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from zjobtui.simulator import chance
from zjobtui.simulator.answers import Body, answer
from zjobtui.simulator.faults import Faults
from zjobtui.simulator.gate import Handler
from zjobtui.simulator.refusals import RefusedError, throttled

_SYSTEM_ERROR = Body.of({"reasons": [{"code": "SystemError", "message": "internal server error"}]})
_PAGE = "<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>Please sign in</h1></body></html>"
_SERVER_ERROR = 500
_RETRY_AFTER = 5


class Spoiling:
    """Spoils calls, in an order that the seed decides; `elapsed` gives seconds since the world's start."""

    def __init__(self, faults: Faults, seed: int, elapsed: Callable[[], float]) -> None:
        self._faults = faults
        self._elapsed = elapsed
        self._throw = chance.dice(seed, "faults")

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Lets the call through late, or not at all."""
        taken_by = self._faults.taken_by(self._throw.random())
        if self._faults.latency:
            await asyncio.sleep(self._faults.latency)
        if taken_by == "drop" or self._faults.is_out(self._elapsed()):
            return _cut(request)
        if taken_by == "throttle":
            raise RefusedError(throttled(_RETRY_AFTER))
        if taken_by == "error":
            return answer(_SYSTEM_ERROR, request, _SERVER_ERROR)
        if taken_by == "html":
            return web.Response(text=_PAGE, content_type="text/html")
        return await handler(request)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
