import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.zuora.token_reply import read_token


def granted(**fields: object) -> tuple[str, float] | Problem:
    return read_token(200, json.dumps({"access_token": "t", "token_type": "bearer", **fields}).encode())


@pytest.mark.parametrize(
    ("expires_in", "life"),
    [
        *((3_599, 3_599), ("3599", 3_599), (1.5, 1.5), (0, 300), (-5, 300), (None, 300), ("soon", 300)),
        *((1e300, 300), (10**9, 86_400), (True, 300), ([1], 300)),
    ],
)
def test_a_token_lives_as_long_as_it_says_within_reason(expires_in: object, life: float) -> None:
    assert granted(expires_in=expires_in) == ("t", life)


@pytest.mark.parametrize("token", ["a b", "a\nb", "ü", "a\x1b", "", None, ["t"], "\u200b"])
def test_what_cannot_be_sent_in_a_header_is_no_token(token: object) -> None:
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
        (401, {}, ProblemKind.SIGNED_OUT, "HTTP 401, no token in the answer"),
        (400, {"message": "bad"}, ProblemKind.SIGNED_OUT, "bad"),
        (403, {"error_description": "blocked"}, ProblemKind.FORBIDDEN, "blocked"),
        (404, {}, ProblemKind.REFUSED, "HTTP 404, no token in the answer"),
        (429, {"reasons": [{"code": 50000070, "message": "limit"}]}, ProblemKind.THROTTLED, "limit"),
        (500, {}, ProblemKind.SERVER_ERROR, "HTTP 500, no token in the answer"),
        (302, {}, ProblemKind.REDIRECTED, "HTTP 302, no token in the answer"),
        (200, {}, ProblemKind.UNREADABLE, "HTTP 200, no token in the answer"),
        (500, {"access_token": "t"}, ProblemKind.SERVER_ERROR, "HTTP 500, no token in the answer"),
        (401, None, ProblemKind.SIGNED_OUT, "HTTP 401, JSON, but not an object"),
    ],
)
def test_why_there_is_no_token(http_status: int, body: object, kind: ProblemKind, detail: str) -> None:
    problem = read_token(http_status, json.dumps(body).encode())
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.detail) == (kind, detail)


@pytest.mark.parametrize(
    ("http_status", "kind"),
    [(200, ProblemKind.UNREADABLE), (401, ProblemKind.SIGNED_OUT), (503, ProblemKind.SERVER_ERROR)],
)
def test_a_page_instead_of_a_token_is_told_by_its_status(http_status: int, kind: ProblemKind) -> None:
    problem = read_token(http_status, b"<html>maintenance</html>")
    assert problem == Problem(kind, f"HTTP {http_status}, not JSON")


@given(st.integers(100, 599), st.binary(max_size=100) | st.just(b'{"access_token": "t", "expires_in": "NaN"}'))
def test_no_answer_raises(http_status: int, body: bytes) -> None:
    granted = read_token(http_status, body)
    assert isinstance(granted, Problem) or (granted[0] and 0 < granted[1] <= 86_400)
