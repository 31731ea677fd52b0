"""Zuora API of one tenant: job status requests, whose outcome is always an observation, never an exception."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

from zjobtui.clock import Clock
from zjobtui.logs import add_mask, get_logger
from zjobtui.models.job import JobId
from zjobtui.models.observation import Call, Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.report import Report
from zjobtui.models.tenant import BearerToken, ClientCredentials, Credentials, Tenant
from zjobtui.models.text import clean, shorten
from zjobtui.zuora.auth import Token, TokenProvider, read_token
from zjobtui.zuora.headers import read_rate_limits
from zjobtui.zuora.parser import read_process_id, read_response
from zjobtui.zuora.transport import TRACK_ID, Proof, Response, Transport

log = get_logger(__name__)

JOBS_PATH = "/v1/async-jobs/"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a secret

_LIMIT_HEADERS = ("ratelimit-", "concurrency-limit-", "retry-after")
_ALLOWED = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")


RereadCredentials = Callable[[], Awaitable[Credentials | Problem]]
"""Reads the credentials again from where the user keeps them, or returns why that is not possible."""


class ZuoraApi:
    """Requests the status of jobs of one tenant, and tokens when needed. Only these two requests are ever sent.

    `reread` is used before credentials that were refused are sent again: the user may have corrected them.
    """

    def __init__(
        self,
        tenant: Tenant,
        credentials: Credentials,
        clock: Clock,
        transport: Transport,
        reread: RereadCredentials | None = None,
    ) -> None:
        self._tenant = tenant
        self._credentials = credentials
        self._reread = reread
        self._was_refused = False
        self._clock = clock
        self._transport = transport
        if isinstance(credentials, BearerToken):
            self._transport.mask.add(credentials.token.reveal())
        self._tokens = TokenProvider(credentials, self._fetch_token, clock)
        self._headers = _tenant_headers(tenant)
        add_mask(self._transport.mask.mask_text)

    @property
    def requests(self) -> int:
        """Requests sent so far, including token requests and retries: what the tenant's budget is charged with."""
        return self._transport.requests

    async def observe(self, job_id: JobId) -> Observation:
        """Request the status of a job; retry once with a new token if the first one was refused."""
        observation, token = await self._call_logged(job_id)
        if self._should_retry(token, observation):
            log.info("tenant %s: retry of job %s with another token", self._tenant.name, job_id.given)
            observation, token = await self._call_logged(job_id)
            self._should_retry(token, observation)
        return observation

    def sign_in_again(self) -> None:
        """Allow refused credentials to be tried once more: the user asked for it."""
        self._tokens.reset()

    def renew_connections(self) -> None:
        """Replace every connection and repeat the calls in flight, after the machine was suspended."""
        self._transport.renew_connections()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    def _should_retry(self, token: str, observation: Observation) -> bool:
        """Report to the token provider whether Zuora accepted the token; return whether to retry with another one.

        Only information about the job proves that the token was accepted: a timeout or a page of a proxy does not.
        """
        if isinstance(observation, Success) or observation.problem.kind is ProblemKind.NOT_FOUND:
            self._tokens.confirm(token)
            return False
        # A 401 may be the page of a gateway, but another token shows whether it is.
        is_refusal = observation.problem.kind is ProblemKind.SIGNED_OUT or observation.call.http_status == 401
        is_rejected = token != "" and is_refusal
        if is_rejected:
            log.warning("tenant %s: token rejected: %s", self._tenant.name, observation.problem.for_log)
        return is_rejected and self._tokens.invalidate(token, observation.problem)

    async def _call_logged(self, job_id: JobId) -> tuple[Observation, str]:
        if not log.is_on:
            return await self._call(job_id)
        sent = self._clock.boot()
        observation, token = await self._call(job_id)
        call = observation.call
        log.info(
            "call tenant=%s job=%s status=%s latency=%.3fs request_id=%s track_id=%s: %s",
            self._tenant.name,
            job_id.given,
            call.http_status or "-",
            self._clock.boot() - sent,
            call.request_id or "-",
            call.track_id or "-",
            shorten(observation.report.status, 40) if isinstance(observation, Success) else observation.problem.for_log,
        )
        return observation, token

    async def _call(self, job_id: JobId) -> tuple[Observation, str]:
        path = job_path(job_id)
        url = self._tenant.base_url + path
        token = await self._tokens.token()
        if isinstance(token, Failure):
            return token, ""
        track_id = uuid.uuid4().hex
        headers = {**self._headers, "Authorization": f"Bearer {token}", TRACK_ID: track_id}
        response = await self._transport.send("GET", path, headers)
        if isinstance(response, Problem):
            return Failure(response, self._clock.now(), Call(url=url, track_id=track_id)), token
        return self._observation(response, self._came_at(response), url, track_id), token

    def _came_at(self, response: Response) -> float:
        # A machine that was suspended during the call reads the response hours after it came: it is as old as it is.
        return min(response.sent_at + response.latency, self._clock.now())

    def _observation(self, response: Response, at: float, url: str, track_id: str) -> Observation:
        body = self._transport.mask.mask(response.body)
        outcome = read_response(response.http_status, body, response.headers.get("location", ""))
        if response.proof is Proof.REFUTED:
            outcome = Problem(
                ProblemKind.UNREADABLE, "the response belongs to another request: it has another track id"
            )
        elif response.proof is Proof.MISSING and _needs_proof(outcome):
            outcome = Problem(ProblemKind.UNREADABLE, "the response belongs to another request: it has no track id")
        call = replace(_read_call(response, at, url), track_id=track_id)
        if isinstance(outcome, Problem):
            call = replace(call, process_id=read_process_id(body))
        return Success(outcome, at, call) if isinstance(outcome, Report) else Failure(outcome, at, call)

    async def _fetch_token(self) -> Token | Failure:
        sent = self._clock.boot()
        result = await self._request_token()
        took = self._clock.boot() - sent
        if isinstance(result, Token):
            log.info("tenant %s: token obtained in %.3fs, valid for %.0fs", self._tenant.name, took, result.life)
        else:
            log.warning("tenant %s: token not obtained in %.3fs: %s", self._tenant.name, took, result.problem.for_log)
        return result

    async def _request_token(self) -> Token | Failure:
        if self._was_refused and self._reread is not None:
            reread = await self._reread()
            if isinstance(reread, Problem):
                return Failure(reread, self._clock.now())
            self._credentials = reread
        if not isinstance(self._credentials, ClientCredentials):
            problem = Problem(ProblemKind.SIGNED_OUT, "the bearer token is not accepted, and it cannot be renewed")
            return Failure(problem, self._clock.now())
        result = await self._send_credentials(self._credentials)
        self._was_refused = isinstance(result, Failure) and result.problem.kind is ProblemKind.SIGNED_OUT
        return result

    async def _send_credentials(self, credentials: ClientCredentials) -> Token | Failure:
        secret, mask = credentials.client_secret.reveal(), self._transport.mask
        mask.add(secret)
        form = {
            "client_id": credentials.client_id,
            "client_secret": secret,
            "grant_type": "client_credentials",
        }
        url = self._tenant.base_url + TOKEN_PATH
        response = await self._transport.send("POST", TOKEN_PATH, {"Accept": "application/json"}, form)
        if isinstance(response, Problem):
            return Failure(response, self._clock.now(), Call(url=url))
        log.debug("tenant %s: token response status=%s", self._tenant.name, response.http_status)
        location = response.headers.get("location", "")
        result = read_token(response.http_status, response.body, location)
        if isinstance(result, Problem):
            masked = read_token(response.http_status, mask.mask(response.body), location)
            at = self._came_at(response)
            call = _read_call(response, at, url)
            # The token endpoint has quotas of its own, which do not apply to calls about jobs.
            call = replace(call, rate_limits=RateLimits(retry_after=call.rate_limits.retry_after))
            return Failure(masked if isinstance(masked, Problem) else result, at, call)
        mask.add(result.text)
        return result


def job_path(job_id: JobId) -> str:
    """Return the path of a job's status; raises `ValueError` for an id that would change the request."""
    if not job_id.given or not _ALLOWED.issuperset(job_id.given):
        raise ValueError("The job id contains characters that could change the request.")
    return JOBS_PATH + quote(job_id.given, safe="")


def _needs_proof(outcome: Report | Problem) -> bool:
    """Return whether the outcome is about the job; other failures may come from a gateway, which sends no id."""
    return isinstance(outcome, Report) or outcome.kind is ProblemKind.NOT_FOUND


def _tenant_headers(tenant: Tenant) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "Zuora-Version": tenant.version,
        "Zuora-Org-Ids": tenant.org_ids,
        "Zuora-Entity-Ids": tenant.entity_ids,
    }
    return {name: value for name, value in headers.items() if value}


def _read_call(response: Response, at: float, url: str) -> Call:
    """Return the call of a response that came `at` (seconds since the epoch, UTC)."""
    return Call(
        url=url,
        request_id=_header(response, "zuora-request-id"),
        http_status=response.http_status,
        latency=response.latency,
        limits=_limits(response.headers),
        rate_limits=read_rate_limits(response.headers.items(), at),
    )


def _header(response: Response, name: str) -> str:
    return shorten(clean(response.headers.get(name, "")), 100)


def _limits(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    limits = [(name, value) for name, value in headers.items() if name.startswith(_LIMIT_HEADERS)]
    return tuple((clean(name), shorten(clean(value), 200)) for name, value in limits[:20])
