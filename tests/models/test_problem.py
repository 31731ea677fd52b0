"""Problems of calls in words."""

import pytest

from zjobtui.models.problem import Problem, ProblemKind


@pytest.mark.parametrize("detail", ["The file /x is empty.", "The file /x is empty"])
def test_a_detail_that_is_a_sentence_ends_with_one_full_stop(detail: str) -> None:
    problem = Problem(ProblemKind.MISCONFIGURED, detail)
    assert problem.sentences == "cannot be polled: The file /x is empty. Correct the configuration on this machine."
