"""Middleware: credentials, limits, outages and faults."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from aiohttp import web

from zjobtui.simulator import rng
from zjobtui.simulator.faults import Faults
from zjobtui.simulator.limits import Limits, calls, sign_ins
from zjobtui.simulator.responses import NOT_ALLOWED, Body, Refusal, RefusedError, answer, not_found, throttled

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, no secret
TRACK_ID_LIMIT = 64
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Requests:
    """Every call that came in, counted also when it was refused or dropped."""

    by_route: Counter[str] = field(default_factory=Counter)
    """Keys like `GET /v1/async-jobs/{id}`."""
    by_job: Counter[str] = field(default_factory=Counter)
    """Job ids as they were asked for."""

    @property
    def total(self) -> int:
        """All of them, sign-ins included."""
        return self.by_route.total()

    def count(self, request: web.Request) -> None:
        """Counts one call."""
        resource = request.match_info.route.resource
        route = request.path if resource is None else resource.canonical
        self.by_route[f"{request.method} {route}"] += 1
        if job_id := request.match_info.get("id"):
            self.by_job[job_id] += 1


class LimitMiddleware:
    """The outermost middleware; `elapsed` gives seconds since the world's start."""

    def __init__(self, seed: int, limits: Limits, elapsed: Callable[[], float]) -> None:
        self.requests = Requests()
        self._elapsed = elapsed
        self._concurrency = limits.concurrency
        self._calls = calls(limits)
        self._sign_ins = sign_ins(limits)
        self._throw: Random = rng.dice(seed, "request ids")
        self._inside = 0

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers one call; what a handler refuses becomes an answer here."""
        self.requests.count(request)
        is_call = request.path != TOKEN_PATH
        meter = self._calls if is_call else self._sign_ins
        reading = meter.take(self._elapsed())
        self._inside += is_call
        request_id = str(UUID(int=self._throw.getrandbits(128), version=4))
        try:
            wait = 1 if self._inside > self._concurrency else reading.retry_after
            response = await self._answer(request, handler, request_id, wait)
            response.headers.update(self._headers(request, request_id, reading.headers))
        finally:
            self._inside -= is_call
        return response

    async def _answer(
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

    def _headers(self, request: web.Request, request_id: str, rates: Mapping[str, str]) -> dict[str, str]:
        headers = {
            **rates,
            "Concurrency-Limit-Type": "Default",
            "Concurrency-Limit-Limit": str(self._concurrency),
            "Concurrency-Limit-Remaining": str(max(0, self._concurrency - self._inside)),
            "Zuora-Request-Id": request_id,
        }
        track_id = request.headers.get("Zuora-Track-Id", "")
        return {**headers, "Zuora-Track-Id": track_id} if 0 < len(track_id) <= TRACK_ID_LIMIT else headers


def _refuse(refusal: Refusal, request: web.Request, request_id: str) -> web.Response:
    status = refusal.status(request.headers.get("Zuora-Version", ""))
    response = answer(Body.of(refusal.body(request_id)), request, status)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


_SYSTEM_ERROR = Body.of({"reasons": [{"code": "SystemError", "message": "internal server error"}]})
_PAGE = "<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>Please sign in</h1></body></html>"
_SERVER_ERROR = 500
_RETRY_AFTER = 5


class FaultMiddleware:
    """Spoils calls, in an order that the seed decides; `elapsed` gives seconds since the world's start."""

    def __init__(self, faults: Faults, seed: int, elapsed: Callable[[], float]) -> None:
        self._faults = faults
        self._elapsed = elapsed
        self._throw = rng.dice(seed, "faults")

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
