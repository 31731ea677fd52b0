"""The view of related objects with any documented response: nothing fails, lies, or is lost from the response."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.building import NOW, body, seen, watch
from tests.support.openapi import PATHS, valid_responses
from tests.support.related import KINDS, NUMBERS
from zjobtui.formatting.raw_json import pretty
from zjobtui.formatting.references import reference_text, related_key
from zjobtui.models.observation import Call
from zjobtui.models.problem import Problem
from zjobtui.models.related import ReadResult, Reference, Related, read_problem
from zjobtui.models.report import Report
from zjobtui.models.text import clean
from zjobtui.ui.detail_header import JobDetails, Page, RawLook, RelatedLook, Viewing
from zjobtui.ui.detail_tabs import Tab
from zjobtui.ui.job_detail import build_page
from zjobtui.ui.styled_line import cell_length
from zjobtui.zuora.parser import read_response
from zjobtui.zuora.related import read_related

KEY = "8ad08ccf7f3c1b6a017f3c2f1a2b0003"
WRAPPERS = {"order": "order", "order-line-item": "orderLineItem"}
NAMES = {
    "order": "orderNumber",
    "subscription": "subscriptionNumbers",
    "order-line-item": "orderLineItems",
    "invoice": "invoiceNumbers",
    "payment": "paymentNumber",
    "credit-memo": "creditMemoNumbers",
    "account": "accountNumber",
}
STATES = {"order-line-item": "itemState"}


def named(word: str) -> JobDetails:
    """Return a job whose result names the object."""
    value: Any = {"order-line-item": [{"id": KEY}]}.get(word, [KEY] if NAMES[word].endswith("s") else KEY)
    result = {"jobType": "AsyncCreateOrder", "status": "Completed", NAMES[word]: value}
    report = read_response(200, body(status="Completed", result=result))
    assert isinstance(report, Report)
    return JobDetails(watch(), seen(report))


def identified(word: str, response: dict[str, Any]) -> dict[str, Any]:
    """Return the response as it would be about this object."""
    if word == "account":
        return {**response, "basicInfo": {**response.get("basicInfo", {}), "accountNumber": KEY}, "success": True}
    if word in WRAPPERS:
        inner = {**response.get(WRAPPERS[word], {}), NUMBERS[word]: KEY}
        return {**response, WRAPPERS[word]: inner, "success": True}
    return {**response, NUMBERS[word]: KEY, "success": True}


def result_of(word: str, response: dict[str, Any]) -> tuple[Reference, ReadResult]:
    reference, raw = Reference(KINDS[word], KEY), json.dumps(response)
    details = read_related(reference, 200, raw.encode())
    if isinstance(details, Problem):
        return reference, read_problem(reference, details, NOW, Call(), raw)
    return reference, Related(reference, details, NOW, Call(), raw)


def page(details: JobDetails, width: int, **viewing: Any) -> Page:  # noqa: ANN401 - the fields of `Viewing`
    return build_page(details, Viewing(Tab.RELATED, **viewing), NOW, width)


def texts(shown: Page) -> list[str]:
    return ["".join(text for text, _ in line.spans).strip() for line in shown.lines]


def leaves(value: object) -> Iterator[str]:
    """Yield the names and the values of a response, as JSON writes them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield json.dumps(name, ensure_ascii=False)
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, str):
        yield json.dumps(value, ensure_ascii=False)


def run(word: str, data: st.DataObject) -> None:
    response, width = data.draw(valid_responses(word)), data.draw(st.integers(12, 120))
    given_response = identified(word, response) if isinstance(response, dict) else response
    reference, result = result_of(word, given_response)
    details, look = named(word), RelatedLook({reference: result})
    key = related_key(reference)
    opened = {
        f"{key}/{name}": True for name in ("more", "subscriptions", "items", "plans", "removed", "history", "missing")
    }
    shown = page(details, width, related=look, opened=opened)
    heading = next(line.node for line in shown.lines if line.key == key)
    assert heading is not None
    assert heading.name == reference_text(reference)
    assert "read 14:00:00" in heading.text
    if isinstance(result, Related):
        inner = given_response.get(WRAPPERS.get(word, ""), given_response)
        section = inner.get("basicInfo", {}) if word == "account" else inner
        status = section.get(STATES.get(word, "status"))
        stated = (clean(status).strip() if isinstance(status, str) else "") or "no status"
        assert heading.text.lstrip().startswith(stated[:1_000]), heading.text
    assert all(cell_length(line.spans) <= width for line in shown.lines if line.key.startswith("related"))
    for word_searched in ("read", "zzz"):
        page(details, width, related=look, search=word_searched)
    lines = pretty(result.raw)
    raw = "\n".join(texts(page(details, 4_000, related=look, raw=RawLook(reference, NOW, len(result.raw), lines))))
    missing = [leaf for leaf in leaves(json.loads(result.raw)) if clean(leaf).strip() not in clean(raw)]
    assert missing == []


@pytest.mark.parametrize("word", ["invoice", "payment"])
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_documented_response_is_shown_as_what_it_is(word: str, data: st.DataObject) -> None:
    run(word, data)


@pytest.mark.slow
@pytest.mark.parametrize("word", PATHS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_documented_response_of_every_kind_is_shown_as_what_it_is(word: str, data: st.DataObject) -> None:
    run(word, data)
