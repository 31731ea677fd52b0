import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from tests.support.scripted import FixedClock
from zjobtui.models.observation import Call, Failure
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.tenant import BearerToken, ClientCredentials, Secret
from zjobtui.zuora.auth import (
    MAX_EARLY_REFUSALS,
    PAUSE,
    RENEW_AGAIN,
    RENEW_AT,
    SOONEST,
    Token,
    TokenProvider,
    read_token,
)

CLIENT = ClientCredentials("id", Secret("secret"))
SIGNED_OUT = Problem(ProblemKind.SIGNED_OUT, "sign in first")
DOWN = Problem(ProblemKind.UNREACHABLE, "connection refused")


class Script:
    """Returns the given results, one after the other, and after that tokens without end."""

    def __init__(self, *answers: Token | Problem | Failure) -> None:
        self._answers = iter(answers)
        self.requests = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> Token | Failure:
        self.requests += 1
        number = self.requests
        await self.gate.wait()
        await asyncio.sleep(0)
        answer = next(self._answers, Token(f"token {number}", 3_600))
        return Failure(answer, 0.0) if isinstance(answer, Problem) else answer


async def problem_of(sign_in: TokenProvider) -> Problem:
    missed = await sign_in.token()
    assert isinstance(missed, Failure)
    return missed.problem


def signed(script: Script, clock: FixedClock | None = None, bearer: str = "") -> TokenProvider:
    return TokenProvider(BearerToken(Secret(bearer)) if bearer else CLIENT, script, clock or FixedClock())


async def test_fifty_calls_at_once_make_one_token_request() -> None:
    script = Script()
    sign_in = signed(script)
    assert set(await asyncio.gather(*(sign_in.token() for _ in range(50)))) == {"token 1"}
    assert await sign_in.token() == "token 1"
    assert script.requests == 1


async def test_a_token_is_renewed_before_it_expires_by_one_request() -> None:
    script, clock = Script(), FixedClock()
    sign_in = signed(script, clock)
    await sign_in.token()
    clock.at += 3_600 * RENEW_AT - 0.001
    assert await sign_in.token() == "token 1"
    clock.at += 0.001
    assert await asyncio.gather(*(sign_in.token() for _ in range(50))) == ["token 2"] + ["token 1"] * 49
    assert await sign_in.token() == "token 2"
    assert script.requests == 2


async def test_while_a_renewal_hangs_other_calls_use_the_old_token_until_it_expires() -> None:
    script, clock = Script(Token("old", 100)), FixedClock()
    sign_in = signed(script, clock)
    await sign_in.token()
    script.gate.clear()
    clock.at += 85
    renewing = asyncio.create_task(sign_in.token())
    await asyncio.sleep(0)
    clock.at += 14.999
    async with asyncio.timeout(1):
        assert await asyncio.gather(*(sign_in.token() for _ in range(50))) == ["old"] * 50
    clock.at += 0.001
    late = [asyncio.create_task(sign_in.token()) for _ in range(50)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in late)
    script.gate.set()
    assert set(await asyncio.gather(renewing, *late)) == {"token 2"}
    assert script.requests == 2


async def test_a_token_refused_during_its_renewal_is_not_used_again() -> None:
    script, clock = Script(), FixedClock()
    sign_in = signed(script, clock)
    await sign_in.token()
    script.gate.clear()
    clock.at += 3_600 * RENEW_AT
    renewing = asyncio.create_task(sign_in.token())
    await asyncio.sleep(0)
    assert await sign_in.token() == "token 1"
    assert sign_in.invalidate("token 1", SIGNED_OUT)
    again = asyncio.create_task(sign_in.token())
    await asyncio.sleep(0)
    assert not again.done()
    script.gate.set()
    assert set(await asyncio.gather(renewing, again)) == {"token 2"}
    assert script.requests == 2


async def test_no_request_is_sent_before_retry_after_ends_and_each_call_gets_the_remaining_wait() -> None:
    busy = Failure(Problem(ProblemKind.THROTTLED), 0.0, Call(http_status=429, rate_limits=RateLimits(retry_after=60.0)))
    script, clock = Script(busy), FixedClock()
    sign_in = signed(script, clock)
    assert await sign_in.token() == busy
    clock.at += 59
    sign_in.reset()
    missed = await sign_in.token()
    assert missed == Failure(busy.problem, clock.now(), Call(http_status=429, rate_limits=RateLimits(retry_after=1.0)))
    assert script.requests == 1
    clock.at += 1
    assert await sign_in.token() == "token 2"


async def test_while_a_renewal_fails_the_old_token_is_used_until_it_expires() -> None:
    script, clock = Script(Token("old", 100), DOWN, DOWN, DOWN), FixedClock()
    sign_in = signed(script, clock)
    await sign_in.token()
    clock.at += 85
    assert await sign_in.token() == "old"
    clock.at += RENEW_AGAIN - 0.001
    assert await sign_in.token() == "old"
    assert script.requests == 2
    clock.at += 0.001
    assert await sign_in.token() == "old"
    assert script.requests == 3
    clock.at += 5
    assert await problem_of(sign_in) == DOWN
    assert await sign_in.token() == "token 5"


async def test_calls_that_waited_for_a_request_that_failed_share_its_failure() -> None:
    script = Script(DOWN)
    sign_in = signed(script)
    assert set(await asyncio.gather(*(problem_of(sign_in) for _ in range(50)))) == {DOWN}
    assert script.requests == 1
    assert await sign_in.token() == "token 2"


async def test_a_call_cancelled_during_sign_in_leaves_the_request_to_the_next() -> None:
    script = Script()
    script.gate.clear()
    sign_in = signed(script)
    first, second = asyncio.create_task(sign_in.token()), asyncio.create_task(sign_in.token())
    await asyncio.sleep(0)
    first.cancel()
    script.gate.set()
    assert await second == "token 2"
    assert first.cancelled()


async def test_refused_credentials_are_retried_after_a_pause_or_on_request() -> None:
    script, clock = Script(SIGNED_OUT, SIGNED_OUT, SIGNED_OUT), FixedClock()
    sign_in = signed(script, clock)
    for requests in (1, 2):
        for left in range(int(PAUSE), 0, -1):
            missed = await sign_in.token()
            assert isinstance(missed, Failure)
            assert (missed.problem, missed.call.rate_limits.retry_after) == (SIGNED_OUT, left)
            clock.at += 1
        assert script.requests == requests
    assert await problem_of(sign_in) == SIGNED_OUT
    sign_in.reset()
    assert await sign_in.token() == "token 4"


@pytest.mark.parametrize(
    "kind", [ProblemKind.UNREACHABLE, ProblemKind.TIMED_OUT, ProblemKind.THROTTLED, ProblemKind.SERVER_ERROR]
)
async def test_a_temporary_problem_is_not_a_refusal(kind: ProblemKind) -> None:
    script = Script(Problem(kind))
    sign_in = signed(script)
    assert await problem_of(sign_in) == Problem(kind)
    assert await sign_in.token() == "token 2"


async def test_a_token_that_is_refused_is_replaced_once_for_all_that_used_it() -> None:
    script = Script()
    sign_in = signed(script)
    await sign_in.token()
    assert [sign_in.invalidate("token 1", SIGNED_OUT) for _ in range(50)] == [True] * 50
    assert set(await asyncio.gather(*(sign_in.token() for _ in range(50)))) == {"token 2"}
    assert script.requests == 2


async def test_if_the_new_token_is_refused_too_no_token_is_requested_for_a_minute() -> None:
    script, clock = Script(), FixedClock()
    sign_in = signed(script, clock)
    await sign_in.token()
    sign_in.invalidate("token 1", SIGNED_OUT)
    await sign_in.token()
    assert [sign_in.invalidate("token 2", SIGNED_OUT) for _ in range(50)] == [False] * 50
    clock.at += PAUSE - 0.001
    assert await problem_of(sign_in) == SIGNED_OUT
    assert script.requests == 2
    clock.at += 0.001
    assert await sign_in.token() == "token 3"
    assert not sign_in.invalidate("token 3", SIGNED_OUT)
    assert await problem_of(sign_in) == SIGNED_OUT
    assert script.requests == 3


async def test_an_accepted_token_can_be_replaced_again_later() -> None:
    script = Script()
    clock = FixedClock()
    sign_in = signed(script, clock)
    for number in range(1, 10):
        token = f"token {number}"
        assert await sign_in.token() == token
        sign_in.confirm(token)
        assert sign_in.invalidate(token, SIGNED_OUT)
        clock.at += PAUSE / MAX_EARLY_REFUSALS


async def test_confirming_an_older_token_changes_nothing() -> None:
    script = Script()
    sign_in = signed(script)
    await sign_in.token()
    sign_in.invalidate("token 1", SIGNED_OUT)
    await sign_in.token()
    sign_in.confirm("token 1")
    assert sign_in.invalidate("token 1", SIGNED_OUT)
    assert await sign_in.token() == "token 2"
    assert not sign_in.invalidate("token 2", SIGNED_OUT)


async def test_the_user_can_end_the_pause_after_a_refused_new_token() -> None:
    script = Script()
    sign_in = signed(script)
    for _ in range(2):
        token = await sign_in.token()
        assert isinstance(token, str)
        sign_in.invalidate(token, SIGNED_OUT)
    sign_in.reset()
    assert await sign_in.token() == "token 3"
    assert sign_in.invalidate("token 3", SIGNED_OUT)


async def test_a_given_token_is_never_renewed_and_retried_after_a_pause() -> None:
    script, clock = Script(), FixedClock()
    sign_in = signed(script, clock, bearer="mine")
    clock.at += 1e9
    for _ in range(3):
        assert await sign_in.token() == "mine"
        assert not sign_in.invalidate("mine", SIGNED_OUT)
        clock.at += PAUSE - 0.001
        assert await problem_of(sign_in) == SIGNED_OUT
        clock.at += 0.001
    sign_in.invalidate("mine", SIGNED_OUT)
    sign_in.reset()
    assert await sign_in.token() == "mine"
    assert script.requests == 0


def test_a_token_is_in_no_repr() -> None:
    token = Token("sentinel", 100)
    assert "sentinel" not in repr(token) + str(token) + pretty_repr(token)


async def test_short_lived_tokens_are_not_requested_endlessly() -> None:
    script, clock = Script(), FixedClock()
    sign_in = signed(script, clock)
    worth_another = []
    for number in range(1, 6):
        token = await sign_in.token()
        if isinstance(token, str):
            sign_in.confirm(token)
            worth_another.append(sign_in.invalidate(token, SIGNED_OUT))
        clock.at += number
    assert worth_another == [True, True, True, False]
    clock.at += PAUSE
    assert await sign_in.token() == "token 5"


async def test_tokens_without_a_lifetime_are_renewed_once_a_second_at_most() -> None:
    script, clock = Script(*(Token(f"short {number}", 0.1) for number in range(100))), FixedClock()
    sign_in = signed(script, clock)
    for _ in range(100):
        await sign_in.token()
        clock.at += 0.1
    assert script.requests <= 10 / SOONEST + 1


async def test_a_token_that_expired_during_a_suspend_is_not_used_again() -> None:
    script, clock = Script(), FixedClock()
    sign_in = signed(script, clock)
    assert await sign_in.token() == "token 1"
    clock.at += 8 * 3_600
    assert await sign_in.token() == "token 2"


def granted(**fields: object) -> Token | Problem:
    return read_token(200, json.dumps({"access_token": "t", "token_type": "bearer", **fields}).encode())


@pytest.mark.parametrize(
    ("expires_in", "life"),
    [
        *((3_599, 3_599), ("3599", 3_599), (1.5, 1.5), (0, 300), (-5, 300), (None, 300), ("soon", 300)),
        *((1e300, 300), (10**9, 86_400), (True, 300), ([1], 300)),
    ],
)
def test_the_stated_lifetime_of_a_token_is_used_within_limits(expires_in: object, life: float) -> None:
    assert granted(expires_in=expires_in) == Token("t", life)


@pytest.mark.parametrize("token", ["a b", "a\nb", "ü", "a\x1b", "", None, ["t"], "\u200b"])
def test_text_that_cannot_be_sent_in_a_header_is_not_a_token(token: object) -> None:
    problem = granted(access_token=token)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.UNREADABLE


@pytest.mark.parametrize(
    ("http_status", "body", "kind", "detail"),
    [
        (
            401,
            {"error": "invalid_client", "error_description": "Bad client credentials"},
            ProblemKind.SIGNED_OUT,
            "invalid client",
        ),
        (400, {"error": "invalid_request"}, ProblemKind.SIGNED_OUT, "invalid request"),
        (200, {"error": "invalid_client"}, ProblemKind.SIGNED_OUT, "invalid client"),
        (403, {"error": "unauthorized_client"}, ProblemKind.SIGNED_OUT, "unauthorized client"),
        (200, {"reasons": [{"code": 90000011, "message": "no"}]}, ProblemKind.SIGNED_OUT, "no"),
        (401, {}, ProblemKind.SIGNED_OUT, "HTTP 401, no token in the response"),
        (200, {"success": False}, ProblemKind.SIGNED_OUT, "HTTP 200, no token in the response"),
        (200, {"error": "access_denied"}, ProblemKind.SIGNED_OUT, "access denied"),
        (400, {"message": "bad"}, ProblemKind.SIGNED_OUT, "bad"),
        (400, {}, ProblemKind.UNREADABLE, "HTTP 400, no token in the response"),
        (400, {"reasons": [{"code": 50000099, "message": "later"}]}, ProblemKind.SERVER_ERROR, "later"),
        (403, {"error_description": "blocked"}, ProblemKind.SIGNED_OUT, "blocked"),
        (403, {"reasons": [{"code": 50000010, "message": "no"}]}, ProblemKind.SIGNED_OUT, "no"),
        (403, {"reasons": [{"code": 50000070, "message": "limit"}]}, ProblemKind.THROTTLED, "limit"),
        (404, {"message": "no tenant"}, ProblemKind.SIGNED_OUT, "no tenant"),
        (404, {}, ProblemKind.UNREADABLE, "HTTP 404, no token in the response"),
        (408, {"message": "slow"}, ProblemKind.UNREADABLE, "slow"),
        (407, {"message": "sign in"}, ProblemKind.UNREADABLE, "sign in"),
        (429, {"reasons": [{"code": 50000070, "message": "limit"}]}, ProblemKind.THROTTLED, "limit"),
        (500, {}, ProblemKind.SERVER_ERROR, "HTTP 500, no token in the response"),
        (302, {}, ProblemKind.REDIRECTED, "HTTP 302 to an unknown address"),
        (200, {}, ProblemKind.UNREADABLE, "HTTP 200, no token in the response"),
        (500, {"access_token": "t"}, ProblemKind.SERVER_ERROR, "HTTP 500, no token in the response"),
        (503, {}, ProblemKind.UNAVAILABLE, "HTTP 503, no token in the response"),
        (401, None, ProblemKind.UNREADABLE, "HTTP 401, JSON, but not an object"),
    ],
)
def test_the_problem_states_why_there_is_no_token(
    http_status: int, body: object, kind: ProblemKind, detail: str
) -> None:
    problem = read_token(http_status, json.dumps(body).encode())
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.detail) == (kind, detail)


@pytest.mark.parametrize(
    ("http_status", "kind"),
    [
        *((200, ProblemKind.UNREADABLE), (400, ProblemKind.UNREADABLE), (401, ProblemKind.UNREADABLE)),
        *((403, ProblemKind.UNREADABLE), (404, ProblemKind.UNREADABLE), (503, ProblemKind.UNAVAILABLE)),
    ],
)
def test_a_web_page_instead_of_a_token_is_classified_by_its_status(http_status: int, kind: ProblemKind) -> None:
    problem = read_token(http_status, b"<html>maintenance</html>")
    assert problem == Problem(kind, f"HTTP {http_status}, not JSON, a web page")


@given(st.integers(100, 599), st.binary(max_size=100) | st.just(b'{"access_token": "t", "expires_in": "NaN"}'))
def test_no_response_to_a_sign_in_raises_an_exception(http_status: int, body: bytes) -> None:
    granted = read_token(http_status, body)
    assert isinstance(granted, Problem) or (granted.text and 0 < granted.life <= 86_400)
