"""The routes of Zuora's API for asynchronous orders, on aiohttp; knows no socket."""

from collections.abc import Callable, Mapping

from aiohttp import web

from zjobtui.simulator.answers import Body, answer
from zjobtui.simulator.gate import TOKEN_PATH
from zjobtui.simulator.jobs import Jobs
from zjobtui.simulator.outcomes import POSTED_DELETION, POSTED_ORDER, POSTED_PREVIEW, Outcome
from zjobtui.simulator.postings import asked_by
from zjobtui.simulator.refusals import SIGNED_OUT, RefusedError, not_found
from zjobtui.simulator.signing import Credentials, Tokens
from zjobtui.simulator.world import Asked

ACCEPTED = 202
UNAUTHORIZED = 401


class Service:
    """Answers the five calls; `elapsed` gives seconds since the world's start."""

    def __init__(self, jobs: Jobs, credentials: Credentials, tokens: Tokens, elapsed: Callable[[], float]) -> None:
        self._jobs = jobs
        self._credentials = credentials
        self._tokens = tokens
        self._elapsed = elapsed

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to an application."""
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
            refused = {"error": "invalid_client", "error_description": "Bad client credentials"}
            return answer(Body.of(refused), request, UNAUTHORIZED)
        return answer(Body.of(self._tokens.give(self._elapsed())), request)

    async def _job(self, request: web.Request) -> web.Response:
        self._check_token(request)
        given = request.match_info["id"]
        body = self._jobs.body(given, self._elapsed())
        if body is None:
            raise RefusedError(not_found(given))
        return answer(body, request)

    async def _post_order(self, request: web.Request) -> web.Response:
        return answer(Body.of({"jobId": await self._posted(request, POSTED_ORDER), "success": True}), request)

    async def _post_preview(self, request: web.Request) -> web.Response:
        return answer(Body.of({"jobId": await self._posted(request, POSTED_PREVIEW)}), request, ACCEPTED)

    async def _delete_order(self, request: web.Request) -> web.Response:
        self._check_token(request)
        job_id = self._jobs.post(self._elapsed(), Asked(order=request.match_info["number"]), POSTED_DELETION)
        return answer(Body.of({"jobId": job_id, "success": True}), request)

    async def _posted(self, request: web.Request, shares: Mapping[Outcome, int]) -> str:
        self._check_token(request)
        asked = asked_by(await request.read(), by_id=request.query.get("returnIds") == "true")
        return self._jobs.post(self._elapsed(), asked, shares)

    def _check_token(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.accepts(token, self._elapsed()):
            raise RefusedError(SIGNED_OUT)
