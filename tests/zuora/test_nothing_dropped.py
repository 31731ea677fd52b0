import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from tests.support.building import body
from tests.support.leaves import count, leaves, typed, untyped
from tests.support.payloads import PAYLOADS, payload
from tests.support.results import FULL_RESULTS, RESULTS
from zjobtui.models.json_value import Json
from zjobtui.models.report import Report
from zjobtui.models.text import clean
from zjobtui.zuora.parser import read_response

REPORTS = [name for name in PAYLOADS if b'"reasons"' not in payload(name)]


def said(answer: bytes) -> list[Json]:
    """The content of a response, each text cleaned."""
    value = json.loads(answer, parse_float=Decimal)
    return [clean(leaf) if isinstance(leaf, str) else leaf for leaf in leaves(value)]


def kept(answer: bytes) -> Report:
    report = read_response(200, answer)
    assert isinstance(report, Report)
    return report


@pytest.mark.parametrize("name", [name for name in REPORTS if "failed" not in name])
def test_every_value_of_a_recorded_response_is_in_its_report(name: str) -> None:
    assert dropped(payload(name)) == count([True])


@pytest.mark.parametrize("result", FULL_RESULTS.values(), ids=FULL_RESULTS)
def test_every_documented_field_and_any_other_beside_it_is_in_the_report(result: dict[str, Any]) -> None:
    assert dropped(body(status="Completed", result=result)) == count([True])
    report = kept(body(status="Completed", result=result))
    assert report.result is not None
    assert report.result.malformed == ()


@settings(max_examples=150)
@given(RESULTS)
def test_every_value_of_any_result_is_in_its_report_as_often_as_in_the_result(result: Json) -> None:
    assert dropped(body(status="Completed", result=result)) == count([True])


def dropped(answer: bytes) -> Counter[Json]:
    """What a response says and its report does not: only the root's own `success` has no place."""
    report = kept(answer)
    return count(said(answer)) - count(typed(report)) - count(untyped(report))
