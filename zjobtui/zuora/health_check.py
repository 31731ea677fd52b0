"""Health check of a tenant for `doctor`: sign in and request a job that does not exist."""

from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime

from zjobtui.clock import Clock
from zjobtui.models.health import Checkup
from zjobtui.models.job import JobId
from zjobtui.models.observation import Failure
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import BearerToken, Credentials, Tenant
from zjobtui.models.text import shorten
from zjobtui.zuora.api import TOKEN_PATH, ZuoraApi
from zjobtui.zuora.auth import Token, read_token, read_token_owner
from zjobtui.zuora.proxy import Route
from zjobtui.zuora.transport import TOTAL_LIMIT, USUAL, Response, SendLimits, Transport

PROBE_JOB_ID = JobId("0" * 32)
"""A valid id that no job has: the response that it is not found proves that the credentials may read jobs."""


async def check_health(
    tenant: Tenant,
    credentials: Credentials,
    clock: Clock,
    route: Route | None = None,
    *,
    time_limit: float = TOTAL_LIMIT,
) -> Checkup:
    """Sign in and make one call; never raises for what a network or a server does."""
    transport = _RecordingTransport(tenant.base_url, clock, route, total_limit=time_limit)
    client = ZuoraApi(tenant, credentials, clock, transport)
    try:
        observation = await client.observe(PROBE_JOB_ID)
    finally:
        await client.aclose()
    problem = observation.problem if isinstance(observation, Failure) else None
    failed = None if problem is None or problem.kind is ProblemKind.NOT_FOUND else problem
    signed_in = transport.signed_in()
    has_token = signed_in is not None or isinstance(credentials, BearerToken)
    return Checkup(
        sign_in_problem=None if has_token else failed,
        call_problem=failed if has_token else None,
        life=signed_in[0] if signed_in else None,
        who=signed_in[1] if signed_in else "",
        skew=_skew(transport.headers, clock.now()),
        call=observation.call if has_token else None,
        requests=client.requests,
    )


class _RecordingTransport(Transport):
    """Keep the last response of each kind."""

    token: Response | None = None
    job_response: Response | None = None

    async def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        limits: SendLimits = USUAL,
    ) -> Response | Problem:
        response = await super().send(method, path, headers, form, limits)
        if isinstance(response, Response) and path == TOKEN_PATH:
            self.token = response
        elif isinstance(response, Response):
            self.job_response = response
        return response

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the last response of any kind."""
        last = self.job_response or self.token
        return last.headers if last else {}

    def signed_in(self) -> tuple[float, str] | None:
        """Return the lifetime of the token in seconds, and its owner; None without a token."""
        token = read_token(self.token.http_status, self.token.body) if self.token else None
        if self.token is None or not isinstance(token, Token):
            return None
        return token.life, shorten(read_token_owner(self.mask.mask(self.token.body)), 200)


def _skew(headers: Mapping[str, str], now: float) -> float | None:
    with suppress(ValueError, TypeError, OverflowError):
        return parsedate_to_datetime(headers.get("date", "")).timestamp() - now
    return None
