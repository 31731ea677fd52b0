"""Middleware: request limits and faults."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from uuid import UUID

from aiohttp import web
from msgspec import Struct, field

from zjobtui.simulator import rng
from zjobtui.simulator.faults import Faults
from zjobtui.simulator.limits import Limits, call_meter, sign_in_meter
from zjobtui.simulator.responses import NOT_ALLOWED, Body, Refusal, RefusedError, json_response, not_found, throttled

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a secret
TRACK_ID_LIMIT = 64
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Requests(Struct, frozen=True):
    """Counts of all calls, including refused and dropped ones."""

    by_route: Counter[str] = field(default_factory=Counter)
    """Keys like `GET /v1/async-jobs/{id}`."""
    by_job: Counter[str] = field(default_factory=Counter)
    """Keys are job ids as they were requested."""

    @property
    def total(self) -> int:
        """All calls, sign-ins included."""
        return self.by_route.total()

    def count(self, request: web.Request) -> None:
        """Count one call."""
        resource = request.match_info.route.resource
        route = request.path if resource is None else resource.canonical
        self.by_route[f"{request.method} {route}"] += 1
        if job_id := request.match_info.get("id"):
            self.by_job[job_id] += 1


class LimitMiddleware:
    """The outermost middleware: counts and limits calls; `elapsed` returns seconds since the start of the world."""

    def __init__(self, seed: int, limits: Limits, elapsed: Callable[[], float]) -> None:
        self.requests = Requests()
        self._elapsed = elapsed
        self._concurrency = limits.concurrency
        self._calls = call_meter(limits)
        self._sign_ins = sign_in_meter(limits)
        self._random: Random = rng.seeded(seed, "request ids")
        self._running = 0

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Respond to one call; a `RefusedError` of the handler becomes a response here."""
        self.requests.count(request)
        is_call = request.path != TOKEN_PATH
        meter = self._calls if is_call else self._sign_ins
        reading = meter.count(self._elapsed())
        self._running += is_call
        request_id = str(UUID(int=self._random.getrandbits(128), version=4))
        try:
            wait = 1 if self._running > self._concurrency else reading.retry_after
            response = await self._respond(request, handler, request_id, wait)
            response.headers.update(self._headers(request, request_id, reading.headers, is_call=is_call))
        finally:
            self._running -= is_call
        return response

    async def _respond(
        self, request: web.Request, handler: Handler, request_id: str, wait: int | None
    ) -> web.StreamResponse:
        try:
            if wait is not None:
                return _refuse(throttled(wait), request, request_id)
            return await handler(request)
        except RefusedError as refused:
            return _refuse(refused.refusal, request, request_id)
        except web.HTTPNotFound:
            return _refuse(not_found(request.path), request, request_id)
        except web.HTTPMethodNotAllowed:
            return _refuse(NOT_ALLOWED, request, request_id)

    def _headers(
        self, request: web.Request, request_id: str, rates: Mapping[str, str], *, is_call: bool
    ) -> dict[str, str]:
        """Return the headers that Zuora adds to a response; the concurrency limit does not apply to sign-ins."""
        concurrency = {
            "Concurrency-Limit-Type": "Default",
            "Concurrency-Limit-Limit": str(self._concurrency),
            "Concurrency-Limit-Remaining": str(max(0, self._concurrency - self._running)),
        }
        headers = {**rates, **(concurrency if is_call else {}), "Zuora-Request-Id": request_id}
        track_id = request.headers.get("Zuora-Track-Id", "")
        return {**headers, "Zuora-Track-Id": track_id} if 0 < len(track_id) <= TRACK_ID_LIMIT else headers


def _refuse(refusal: Refusal, request: web.Request, request_id: str) -> web.Response:
    status = refusal.status(request.headers.get("Zuora-Version", ""))
    response = json_response(Body.of(refusal.body(request_id)), request, status)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


_SYSTEM_ERROR = Body.of({"reasons": [{"code": "SystemError", "message": "internal server error"}]})
_PAGE = "<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>Please sign in</h1></body></html>"
_SERVER_ERROR = 500
_RETRY_AFTER = 5


class FaultMiddleware:
    """Apply faults to calls, chosen by the seed; `elapsed` returns seconds since the start of the world."""

    def __init__(self, faults: Faults, seed: int, elapsed: Callable[[], float]) -> None:
        self._faults = faults
        self._elapsed = elapsed
        self._random = rng.seeded(seed, "faults")

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Delay the call, or respond to it with a fault."""
        fault = self._faults.pick_fault(self._random.random())
        if self._faults.latency:
            await asyncio.sleep(self._faults.latency)
        if fault == "drop" or self._faults.in_outage(self._elapsed()):
            return _close_connection(request)
        if fault == "throttle":
            raise RefusedError(throttled(_RETRY_AFTER))
        if fault == "error":
            return json_response(_SYSTEM_ERROR, request, _SERVER_ERROR)
        if fault == "html":
            return web.Response(text=_PAGE, content_type="text/html")
        return await handler(request)


def _close_connection(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
