"""Routes of the simulated API."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping

from aiohttp import web

from zjobtui.simulator.auth import Credentials, Tokens
from zjobtui.simulator.middleware import TOKEN_PATH
from zjobtui.simulator.payloads import UNKNOWN, reply
from zjobtui.simulator.responses import MALFORMED, NO_ACCOUNT, SIGNED_OUT, Body, RefusedError, json_response, not_found
from zjobtui.simulator.scenarios import POSTED_DELETION, POSTED_ORDER, POSTED_PREVIEW, Outcome
from zjobtui.simulator.world import OrderRequest, Phase, SimulatedJob, World

ACCOUNT_FIELDS = ("existingAccountNumber", "existingAccountId", "newAccount")
"""Fields of an order, of which one must name the account (Zuora's reference page of the operation)."""


def parse_request(body: bytes, *, by_id: bool) -> OrderRequest:
    """Parse a posted order; raise `RefusedError` if it is not a JSON object, or names no account."""
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(MALFORMED) from None
    if not isinstance(order, dict):
        raise RefusedError(MALFORMED)
    if not any(order.get(name) for name in ACCOUNT_FIELDS):
        raise RefusedError(NO_ACCOUNT)
    account = order.get("existingAccountNumber")
    return OrderRequest(
        account=account if isinstance(account, str) else "",
        subscriptions=_length(order.get("subscriptions")),
        order_line_items=_length(order.get("orderLineItems")),
        by_id=by_id,
    )


def _length(value: object) -> int | None:
    return len(value) if isinstance(value, list) else None


_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Jobs:
    """All jobs by id, with their encoded responses."""

    def __init__(self, world: World, operation_ids: Collection[str] = ()) -> None:
        self._world = world
        self._operation_ids = operation_ids
        self._posted: dict[str, SimulatedJob] = {}
        self._bodies: dict[tuple[str, Phase], Body] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the first jobs, then those of posted jobs in order."""
        return (*self._world.job_ids, *self._posted)

    def post(self, at: float, request: OrderRequest, shares: Mapping[Outcome, int]) -> str:
        """Start a job, `at` seconds after the start of the world; return its id."""
        job = self._world.posted_job(len(self._posted), at, request, shares)
        self._posted[job.id] = job
        return job.id

    def body(self, text: str, elapsed: float) -> Body | None:
        """Return the response for a job id, with or without dashes; None if the tenant never had this id.

        An id of an operation job is unknown here, in the words of a real tenant.
        """
        if not _ID.fullmatch(text):
            return None
        job_id = text.replace("-", "").lower()
        if job_id in self._operation_ids:
            return Body.of(UNKNOWN)
        job = self._world.job(job_id) or self._posted.get(job_id)
        return None if job is None else self._encoded(job, job.phase(elapsed))

    def ended(self, elapsed: float) -> Iterator[SimulatedJob]:
        """Yield the jobs that have ended."""
        first = (self._world.job(job_id) for job_id in self._world.job_ids)
        for job in (*(job for job in first if job is not None), *self._posted.values()):
            if job.phase(elapsed) is Phase.ENDED:
                yield job

    def _encoded(self, job: SimulatedJob, phase: Phase) -> Body:
        key = (job.id, phase)
        if key not in self._bodies:
            self._bodies[key] = Body.of(reply(job, phase))
        return self._bodies[key]


ACCEPTED = 202
UNAUTHORIZED = 401


class Service:
    """Handle the calls about jobs; `elapsed` returns seconds since the start of the world."""

    def __init__(self, jobs: Jobs, credentials: Credentials, tokens: Tokens, elapsed: Callable[[], float]) -> None:
        self._jobs = jobs
        self._credentials = credentials
        self._tokens = tokens
        self._elapsed = elapsed

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for the application."""
        return [
            web.post(TOKEN_PATH, self._sign_in),
            web.get("/v1/async-jobs/{id}", self._job, allow_head=False),
            web.post("/v1/async/orders", self._post_order),
            web.post("/v1/async/orders/preview", self._post_preview),
            web.delete("/v1/async/orders/{number}", self._delete_order),
        ]

    async def _sign_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        known = (self._credentials.client_id, self._credentials.client_secret)
        if (form.get("client_id"), form.get("client_secret")) != known:
            refusal = {"error": "invalid_client", "error_description": "Bad client credentials"}
            return json_response(Body.of(refusal), request, UNAUTHORIZED)
        return json_response(Body.of(self._tokens.issue(self._elapsed())), request)

    async def _job(self, request: web.Request) -> web.Response:
        self.check_token(request)
        job_id = request.match_info["id"]
        body = self._jobs.body(job_id, self._elapsed())
        if body is None:
            raise RefusedError(not_found(job_id))
        return json_response(body, request)

    async def _post_order(self, request: web.Request) -> web.Response:
        return _posted({"jobId": await self._post(request, POSTED_ORDER), "success": True}, request)

    async def _post_preview(self, request: web.Request) -> web.Response:
        return _posted({"jobId": await self._post(request, POSTED_PREVIEW)}, request, ACCEPTED)

    async def _delete_order(self, request: web.Request) -> web.Response:
        self.check_token(request)
        job_id = self._jobs.post(self._elapsed(), OrderRequest(order=request.match_info["number"]), POSTED_DELETION)
        return _posted({"jobId": job_id, "success": True}, request)

    async def _post(self, request: web.Request, shares: Mapping[Outcome, int]) -> str:
        self.check_token(request)
        order_request = parse_request(await request.read(), by_id=request.query.get("returnIds") == "true")
        return self._jobs.post(self._elapsed(), order_request, shares)

    def check_token(self, request: web.Request) -> None:
        """Raise `RefusedError` for a call without a valid token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.accepts(token, self._elapsed()):
            raise RefusedError(SIGNED_OUT)


def _posted(fields: dict[str, object], request: web.Request, status: int = 200) -> web.Response:
    """Return the response to a call that starts a job; `Location` is the address of its status."""
    response = json_response(Body.of(fields), request, status)
    response.headers["Location"] = f"/v1/async-jobs/{fields['jobId']}"
    return response
