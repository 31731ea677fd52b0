import pytest

from tests.support.building import missed, watch
from zjobtui.models.problem import Problem, ProblemKind


def test_a_job_is_named_by_its_label_or_else_its_id() -> None:
    assert watch(label="CS-4390").name == "CS-4390"
    assert watch().name == watch().job.id.given


def test_a_problem_is_printed_as_a_title_and_its_detail() -> None:
    assert str(missed(ProblemKind.TIMED_OUT, detail="no whole answer").problem) == "timed out: no whole answer"
    assert str(Problem(ProblemKind.FORBIDDEN)) == "forbidden"


@pytest.mark.parametrize("kind", ProblemKind)
def test_every_problem_has_an_explanation_in_a_sentence(kind: ProblemKind) -> None:
    assert kind.meaning.endswith(".")
