"""The result of a sign-in check in words."""

import pytest

from zjobtui.formatting.health import checkup_sentence
from zjobtui.models.health import Checkup
from zjobtui.models.problem import Problem, ProblemKind


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem(ProblemKind.SIGNED_OUT, "invalid client"), "Sign-in failed: invalid client. Check client id"),
        (Problem(ProblemKind.SIGNED_OUT), "Sign-in failed: signed out. Check client id"),
        (Problem(ProblemKind.TIMED_OUT, "no complete response in time"), "Sign-in failed: timed out: no complete"),
    ],
)
def test_a_refused_sign_in_is_named_once(problem: Problem, text: str) -> None:
    assert checkup_sentence(Checkup(sign_in_problem=problem)).startswith(text)


def test_the_message_of_a_timeout_does_not_repeat_itself() -> None:
    sentences = Problem(ProblemKind.TIMED_OUT, "no complete response in time").sentences
    assert sentences == "timed out: no complete response in time. The host was too slow; zjobtui retries automatically."
