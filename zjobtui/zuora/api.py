"""Zuora API of one tenant: status of jobs, and reads of what they created; a failure is a value, never an exception."""

import asyncio
import dataclasses
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from msgspec.structs import replace

from zjobtui.clock import Clock
from zjobtui.logs import add_mask, get_logger
from zjobtui.models.call_log import CallKind, LoggedCall, RecordCall
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Call, Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference, Related, read_problem
from zjobtui.models.related_details import status_of
from zjobtui.models.report import OperationResult, Report
from zjobtui.models.tenant import BearerToken, ClientCredentials, Credentials, Tenant
from zjobtui.models.text import clean, clean_lines, shorten
from zjobtui.zuora.auth import Token, TokenProvider, read_token
from zjobtui.zuora.headers import read_rate_limits
from zjobtui.zuora.parser import read_process_id, read_response
from zjobtui.zuora.related import LIMITS, read_related, related_path
from zjobtui.zuora.requests import JOBS_PATH, OPERATIONS_PATH, job_path, tenant_headers
from zjobtui.zuora.transport import TRACK_ID, USUAL, Proof, Response, SendLimits, Transport

log = get_logger(__name__)

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a secret

_LIMIT_HEADERS = ("ratelimit-", "concurrency-limit-", "retry-after")
EXCERPT_LIMIT = 4_096
"""Characters kept of a response without a report."""

PARSED_AT_ONCE = 256 << 10
"""Bytes of a read's body up to which it is parsed on the event loop; a longer one would delay the calls about jobs."""

RereadCredentials = Callable[[], Awaitable[Credentials | Problem]]
"""Reads the credentials again from where the user keeps them, or returns why that is not possible."""


class ZuoraApi:
    """Request the status of jobs of one tenant, what they created if asked for, and tokens; nothing else is ever sent.

    `reread` is used before credentials that were refused are sent again: the user may have corrected them. `record` is
    called with the requests that no observation shows: those for tokens, those whose token was refused, and reads.
    """

    def __init__(
        self,
        tenant: Tenant,
        credentials: Credentials,
        clock: Clock,
        transport: Transport,
        reread: RereadCredentials | None = None,
        record: RecordCall = lambda _: None,
    ) -> None:
        self._record = record
        self._tenant = tenant
        self._credentials = credentials
        self._reread = reread
        self._was_refused = False
        self._clock = clock
        self._transport = transport
        if isinstance(credentials, BearerToken):
            self._transport.mask.add(credentials.token.reveal())
        self._tokens = TokenProvider(credentials, self._fetch_token, clock)
        self._headers = tenant_headers(tenant)
        add_mask(self._transport.mask.mask_text)

    @property
    def requests(self) -> int:
        """Requests sent so far, including token requests and retries: what the tenant's budget is charged with."""
        return self._transport.requests

    async def observe(self, job_id: JobId, kind: CallKind = CallKind.POLL) -> Observation:
        """Request the status of a job; retry once with a new token if the first one was refused.

        The refused attempt is recorded as a call of this `kind`.
        """
        return await self._observe_with_retry(job_id, JOBS_PATH, kind)

    async def observe_operation(self, job_id: JobId, kind: CallKind = CallKind.POLL) -> Observation:
        """Request the status of an operation job, as `observe` does; a response about anything else is unreadable.

        Zuora does not promise the id in the response; without one the track id is the proof, as for any other job.
        """
        observation = await self._observe_with_retry(job_id, OPERATIONS_PATH, kind)
        if isinstance(observation, Failure):
            return observation
        result = observation.report.result
        if isinstance(result, OperationResult) and result.id.replace("-", "").lower() in {"", job_id.key}:
            return observation
        problem = Problem(ProblemKind.UNREADABLE, "the response is not about this operation job")
        return Failure(problem, observation.at, observation.call)

    async def _observe_with_retry(self, job_id: JobId, folder: str, kind: CallKind) -> Observation:
        sent = self._clock.boot()
        observation, token = await self._observe_once(job_id, folder)
        if self._should_retry(token, observation):
            if isinstance(observation, Failure):
                job, took = JobRef(self._tenant.name, job_id), self._clock.boot() - sent
                self._record(_logged_failure(observation, self._tenant, kind, took, job))
            log.info("tenant %s: retry of job %s with another token", self._tenant.name, job_id.given)
            observation, token = await self._observe_once(job_id, folder)
            self._should_retry(token, observation)
        return observation

    async def read_related(self, reference: Reference) -> ReadResult:
        """Read an object that a job's result names; retry once with a new token if the first one was refused."""
        try:
            path = related_path(reference)
        except ValueError as fault:
            return ReadProblem(reference, ReadProblemKind.NOT_VALID, str(fault), at=self._clock.now())
        outcome, token, raw = await self._read_logged(reference, path)
        if self._should_retry(token, outcome):
            outcome, token, raw = await self._read_logged(reference, path)
            self._should_retry(token, outcome)
        if isinstance(outcome, Failure):
            return read_problem(reference, outcome.problem, outcome.at, outcome.call, raw)
        return dataclasses.replace(outcome, raw=raw)

    def sign_in_again(self) -> None:
        """Allow refused credentials to be tried once more: the user asked for it."""
        self._tokens.reset()

    def renew_connections(self) -> None:
        """Replace every connection and repeat the calls in flight, after the machine was suspended."""
        self._transport.renew_connections()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    def _should_retry(self, token: str, observation: Observation | Related) -> bool:
        """Report to the token provider whether Zuora accepted the token; return whether to retry with another one.

        Only information about the job proves that the token was accepted: a timeout or a page of a proxy does not.
        """
        if not isinstance(observation, Failure) or observation.problem.kind is ProblemKind.NOT_FOUND:
            self._tokens.confirm(token)
            return False
        # A 401 may be the page of a gateway, but another token shows whether it is.
        is_refusal = observation.problem.kind is ProblemKind.SIGNED_OUT or observation.call.http_status == 401
        is_rejected = token != "" and is_refusal
        if is_rejected:
            log.warning("tenant %s: token rejected: %s", self._tenant.name, observation.problem.for_log)
        return is_rejected and self._tokens.invalidate(token, observation.problem)

    async def _observe_once(self, job_id: JobId, folder: str) -> tuple[Observation, str]:
        """Request the status of a job and log the result; return it with the token that was used."""
        sent = self._clock.boot()
        response, call, token = await self._get(job_path(job_id, folder))
        observation = response if isinstance(response, Failure) else self._observation(response, call)
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

    async def _read_logged(self, reference: Reference, path: str) -> tuple[Related | Failure, str, str]:
        sent = self._clock.boot()
        outcome, token, raw = await self._read(reference, path)
        call, took = outcome.call, self._clock.boot() - sent
        self._record(_logged_read(reference, outcome, self._tenant, took))
        log.info(
            "read tenant=%s %s=%s status=%s latency=%.3fs request_id=%s track_id=%s: %s",
            self._tenant.name,
            reference.kind.word,
            reference.key,
            call.http_status or "-",
            took,
            call.request_id or "-",
            call.track_id or "-",
            outcome.problem.for_log if isinstance(outcome, Failure) else "read",
        )
        return outcome, token, raw

    async def _read(self, reference: Reference, path: str) -> tuple[Related | Failure, str, str]:
        """Return the outcome of a read, the token that was used, and the body if it may be about the object."""
        response, call, token = await self._get(path, LIMITS)
        if isinstance(response, Failure):
            return response, token, ""
        body = self._transport.mask.mask(response.body)
        parse = partial(read_related, reference, response.http_status, body, response.headers.get("location", ""))
        details = parse() if len(body) <= PARSED_AT_ONCE else await asyncio.to_thread(parse)
        needs_proof = not isinstance(details, Problem) or details.kind is ProblemKind.NOT_FOUND
        details = _mismatch(response.proof, needs_proof=needs_proof) or details
        at = self._came_at(response)
        call = _read_call(response, at, call)
        is_about_it = not (isinstance(details, Problem) and details.kind is ProblemKind.UNREADABLE)
        raw = body.decode("utf-8", errors="replace") if is_about_it else ""
        if isinstance(details, Problem):
            process_id = read_process_id(body) if len(body) <= PARSED_AT_ONCE else ""
            call = replace(call, process_id=process_id)
            excerpt = "" if response.proof is Proof.REFUTED else _excerpt(body)
            return Failure(details, at, call, body=excerpt), token, raw
        return Related(reference, details, at, call), token, raw

    async def _get(self, path: str, limits: SendLimits = USUAL) -> tuple[Response | Failure, Call, str]:
        """Send one GET; return the response, its call as far as it was known before, and the token that was used."""
        token = await self._tokens.token()
        if isinstance(token, Failure):
            return token, token.call, ""
        call = Call(url=self._tenant.base_url + path, track_id=uuid.uuid4().hex)
        headers = {**self._headers, "Authorization": f"Bearer {token}", TRACK_ID: call.track_id}
        response = await self._transport.send("GET", path, headers, limits=limits)
        if isinstance(response, Problem):
            return Failure(response, self._clock.now(), call), call, token
        return response, call, token

    def _came_at(self, response: Response) -> float:
        # A machine that was suspended during the call reads the response hours after it came: it is as old as it is.
        return min(response.sent_at + response.latency, self._clock.now())

    def _observation(self, response: Response, call: Call) -> Observation:
        """Parse a response and check that it belongs to its request."""
        at, body = self._came_at(response), self._transport.mask.mask(response.body)
        outcome = read_response(response.http_status, body, response.headers.get("location", ""))
        outcome = _mismatch(response.proof, needs_proof=_needs_proof(outcome)) or outcome
        call = _read_call(response, at, call)
        if isinstance(outcome, Problem):
            call = replace(call, process_id=read_process_id(body))
        if isinstance(outcome, Report):
            return Success(outcome, at, call)
        return Failure(outcome, at, call, body="" if response.proof is Proof.REFUTED else _excerpt(body))

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
        url, sent = self._tenant.base_url + TOKEN_PATH, self._clock.boot()
        response = await self._transport.send("POST", TOKEN_PATH, {"Accept": "application/json"}, form)
        if isinstance(response, Problem):
            failure = Failure(response, self._clock.now(), Call(url=url))
            self._record(_logged_failure(failure, self._tenant, CallKind.TOKEN, self._clock.boot() - sent))
            return failure
        log.debug("tenant %s: token response status=%s", self._tenant.name, response.http_status)
        location = response.headers.get("location", "")
        result = read_token(response.http_status, response.body, location)
        at = self._came_at(response)
        call = _read_call(response, at, Call(url=url))
        if isinstance(result, Problem):
            body = mask.mask(response.body)
            masked = read_token(response.http_status, body, location)
            # The token endpoint has quotas of its own, which do not apply to calls about jobs.
            call = replace(call, rate_limits=RateLimits(retry_after=call.rate_limits.retry_after))
            failure = Failure(masked if isinstance(masked, Problem) else result, at, call, body=_excerpt(body))
            self._record(_logged_failure(failure, self._tenant, CallKind.TOKEN, response.latency))
            return failure
        mask.add(result.text)
        token_call = LoggedCall(
            at=at, tenant=self._tenant.name, kind=CallKind.TOKEN, call=call, took=response.latency, status="signed in"
        )
        self._record(token_call)
        return result


def _logged_failure(
    failure: Failure, tenant: Tenant, kind: CallKind, took: float, job: JobRef | None = None
) -> LoggedCall:
    return LoggedCall(
        at=failure.at,
        tenant=tenant.name,
        kind=kind,
        call=failure.call,
        job=job,
        problem=failure.problem,
        took=took,
        body=failure.body,
    )


def _logged_read(reference: Reference, outcome: Related | Failure, tenant: Tenant, took: float) -> LoggedCall:
    if isinstance(outcome, Failure):
        return replace(_logged_failure(outcome, tenant, CallKind.READ, took), reference=reference)
    return LoggedCall(
        at=outcome.read_at,
        tenant=tenant.name,
        kind=CallKind.READ,
        call=outcome.call,
        reference=reference,
        status=shorten(status_of(outcome.details), 40) or "read",
        took=took,
    )


def _excerpt(body: bytes) -> str:
    """Return the beginning of a masked body as clean text, without what looks like a secret, too."""
    text = clean_lines(body[: EXCERPT_LIMIT + 512].decode("utf-8", "replace"))
    return shorten(mask_secrets(text.strip()), EXCERPT_LIMIT)


def _needs_proof(outcome: Report | Problem) -> bool:
    """Return whether the outcome is about the job; other failures may come from a gateway, which sends no id."""
    return isinstance(outcome, Report) or outcome.kind is ProblemKind.NOT_FOUND


def _mismatch(proof: Proof, *, needs_proof: bool) -> Problem | None:
    """Return the problem of a response that is not known to belong to its request, or None."""
    if proof is Proof.REFUTED:
        return Problem(ProblemKind.UNREADABLE, "the response belongs to another request: it has another track id")
    if proof is Proof.MISSING and needs_proof:
        return Problem(ProblemKind.UNREADABLE, "the response belongs to another request: it has no track id")
    return None


def _read_call(response: Response, at: float, call: Call) -> Call:
    """Return the call of a response that came `at` (seconds since the epoch, UTC)."""
    return replace(
        call,
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
