import json
from decimal import Decimal

import pytest
from hypothesis import given, settings

from tests.support.building import body
from tests.support.leaves import count, leaves, typed, untyped
from tests.support.payloads import PAYLOADS, payload
from tests.support.results import RESULTS
from zjobtui.domain.json_value import Json
from zjobtui.domain.report import Report
from zjobtui.domain.text import clean
from zjobtui.zuora.wire import read_reply

REPORTS = [name for name in PAYLOADS if b'"reasons"' not in payload(name)]


def said(answer: bytes) -> list[Json]:
    """What an answer says, each text clean."""
    value = json.loads(answer, parse_float=Decimal)
    return [clean(leaf) if isinstance(leaf, str) else leaf for leaf in leaves(value)]


def kept(answer: bytes) -> Report:
    report = read_reply(200, answer)
    assert isinstance(report, Report)
    return report


@pytest.mark.parametrize("name", [name for name in REPORTS if "failed" not in name])
def test_every_value_of_a_recorded_answer_is_in_its_report(name: str) -> None:
    report = kept(payload(name))
    missing = count(said(payload(name))) - count(typed(report)) - count(untyped(report))
    assert missing == count([True])  # the root's own `success`, without which there would be no report


@settings(max_examples=200)
@given(RESULTS)
def test_every_value_of_any_result_is_in_its_report_as_often_as_it_came(result: Json) -> None:
    answer = body(status="Completed", result=result)
    report = kept(answer)
    assert count(said(answer)) - count(typed(report)) - count(untyped(report)) == count([True])
