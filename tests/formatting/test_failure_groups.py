"""Failures by reason, as lines for the terminal."""

import pytest
from rich.cells import cell_len

from tests.support.building import NOW, read_body, seen, watch
from zjobtui.formatting.failure_groups import group_lines
from zjobtui.models.assessment import apply_observation
from zjobtui.models.failure_groups import FailureGroup, failure_groups

PLAN = '[40000020]: Rate plan "Gold - monthly" is not effective on the contract effective date of 03/12/2025.'


def group() -> FailureGroup:
    failed = seen(read_body(status="Failed", errors=PLAN, result=None))
    return failure_groups([apply_observation(watch(1), failed, 5.0).watch])[0]


@pytest.mark.parametrize("width", [20, 30, 47, 80, 120])
def test_on_a_terminal_lines_end_between_words(width: int) -> None:
    whole = " ".join("\n".join(group_lines(group(), NOW)).split())
    lines = list(group_lines(group(), NOW, width=width))
    assert " ".join("\n".join(lines).split()) == whole
    assert max(map(cell_len, lines)) <= max(width, 34)


def test_elsewhere_each_text_is_in_one_line() -> None:
    first, *_, advice = group_lines(group(), NOW)
    assert first.endswith(PLAN.replace("]:", "]"))
    assert advice.strip() == group().advice.text
