"""Reasons are found in every documented place and form, and shown instead of “gave no reason”."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.building import body, outline, read_body
from zjobtui.models.assessment import digest, judge
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.reason import Category, Reason
from zjobtui.models.report import Report
from zjobtui.models.verdict import VerdictKind
from zjobtui.zuora.auth import read_token
from zjobtui.zuora.parser import read_response

CODE, MESSAGE = "40000050", "Operation failed due to a lock competition, please retry later."
LOCKED = Reason(CODE, MESSAGE)
PAIR = {"code": int(CODE), "message": MESSAGE}

SHAPES: dict[str, Any] = {
    "reasons": {"reasons": [PAIR]},
    "one reason": {"reasons": PAIR},
    "errors as a text": {"errors": f"[{CODE}]: {MESSAGE}"},
    "errors as texts": {"errors": [f"[{CODE}] {MESSAGE}"]},
    "errors as objects": {"errors": [{"code": CODE, "message": MESSAGE}]},
    "capital errors": {"Errors": [{"Code": CODE, "Message": MESSAGE}]},
    "one capital error": {"Errors": {"Code": CODE, "Message": MESSAGE}},
    "fault": {"faultcode": CODE, "FaultMessage": MESSAGE},
    "capital fault": {"FaultCode": CODE, "FaultMessage": MESSAGE},
    "error": {"error": PAIR},
    "error within errors": {"errors": {"error": [PAIR]}},
    "plain": {"code": CODE, "message": MESSAGE},
    "error fields": {"errorCode": CODE, "errorMessage": MESSAGE},
    "object in a text": {"errors": json.dumps(PAIR)},
    "list in a text": {"errors": json.dumps([PAIR])},
    "reasons in a text": {"errors": json.dumps({"success": False, "reasons": [PAIR]})},
    "text in a text": {"errors": json.dumps([json.dumps({"errors": [PAIR]})])},
    "message with an object": {"code": CODE, "message": json.dumps({"message": MESSAGE})},
    "texts with objects": {"errors": [json.dumps(PAIR)]},
}
"""Forms of one reason, as fields of an object."""

PLACES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "root": lambda shape: shape,
    "result": lambda shape: {"result": shape},
    "result in a text": lambda shape: {"result": json.dumps(shape)},
    "deep in the result": lambda shape: {"result": {"orders": [{"orderNumber": "O-1"}, shape]}},
}


def failed(fields: dict[str, Any]) -> Report:
    report = read_response(200, body(status="Failed", **fields))
    assert isinstance(report, Report)
    return report


def has(reason: Reason) -> bool:
    return reason.code == CODE and MESSAGE in reason.message


def text_of(report: Report) -> str:
    return "\n".join(line.text for line in outline(report))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_failed_job_shows_its_reason_wherever_it_is(place: str, shape: str) -> None:
    report = failed({"errors": None, **PLACES[place](SHAPES[shape])})
    assert any(map(has, report.all_reasons))
    assert judge(report).sentence.startswith(f"Job failed, lock contention: {MESSAGE}")
    assert "no reason" not in judge(report).sentence
    assert f"{CODE} · lock contention" in text_of(report)
    assert MESSAGE in digest(report).words


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", ["root", "result"])
def test_a_refusal_shows_its_reason_wherever_it_is(place: str, shape: str) -> None:
    answer = json.dumps({"success": False, **PLACES[place](SHAPES[shape])}).encode()
    for http_status in (200, 409):
        problem = read_response(http_status, answer)
        assert isinstance(problem, Problem)
        assert (problem.kind, problem.code) == (ProblemKind.SERVER_ERROR, CODE)
        assert MESSAGE in problem.detail
    refused = read_token(200, answer)
    assert isinstance(refused, Problem)
    assert (refused.kind, refused.code) == (ProblemKind.SERVER_ERROR, CODE)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if "plain" not in shape and "message with" not in shape])
def test_an_error_beside_a_completed_order_needs_attention(shape: str) -> None:
    if shape == "error fields":
        return
    order = {"jobType": "AsyncCreateOrder", "status": "Completed", "orderNumber": "O-1"}
    for result, other in (({**order, **SHAPES[shape]}, {}), (order, SHAPES[shape])):
        report = read_response(200, body(status="Completed", result=result, **other))
        assert isinstance(report, Report)
        verdict = judge(report)
        assert verdict.kind is VerdictKind.ATTENTION
        assert MESSAGE in verdict.sentence


@pytest.mark.parametrize("other", [{"message": "ok"}, {"code": 0, "message": "done"}, {"error": False}, {"errors": []}])
def test_a_message_beside_a_good_result_is_not_an_error(other: dict[str, Any]) -> None:
    order = {"jobType": "AsyncCreateOrder", "status": "Completed", "orderNumber": "O-1"}
    report = read_response(200, body(status="Completed", result=order, **other))
    assert isinstance(report, Report)
    assert judge(report).kind is VerdictKind.DONE


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        ("[40000050]", Reason("40000050", "")),
        ("[a] b", Reason("", "[a] b")),
        ("{broken", Reason("", "{broken")),
        ('"quoted"', Reason("", '"quoted"')),
        ('{"a": NaN}', Reason("", '{"a": NaN}')),
        (json.dumps({"message": "\x1b[2J\u202e"}), Reason("", "␛[2J\N{REPLACEMENT CHARACTER}")),
    ],
)
def test_text_that_only_looks_like_json_is_unchanged_and_all_text_is_clean(errors: str, reason: Reason) -> None:
    assert read_body(status="Failed", errors=errors).reasons == (reason,)


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("fns:LOCK_COMPETITION", Category.LOCK),
        ("LOCK_COMPETITION", Category.LOCK),
        ("REQUEST_EXCEEDED_LIMIT", Category.LIMIT),
        ("SystemError", Category.INTERNAL),
        ("fns:UNHEARD_OF", Category.OTHER),
    ],
)
def test_codes_of_older_interfaces_have_a_category(code: str, category: Category) -> None:
    assert failed({"faultcode": code, "FaultMessage": "no"}).all_reasons[0].category is category


def test_the_failure_of_a_part_is_the_reason_if_there_is_no_other() -> None:
    report = failed(
        {"errors": None, "result": {"paymentErrorCode": "card_declined", "paymentErrorMessage": "declined"}}
    )
    assert judge(report).sentence == "Job failed, payment declined: declined"


NAMES = st.sampled_from(["orderNumber", "status", "id", "amount", "items", "subscriptions", "details", "notes"])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["", "O-1", "Active", "text"]))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
BODIES = st.dictionaries(NAMES.filter(lambda name: name != "status"), VALUES, max_size=5)


@settings(max_examples=150)
@given(BODIES, st.none() | BODIES, st.sampled_from([*SHAPES]), st.sampled_from([*PLACES]))
def test_a_reason_in_any_place_of_any_body_is_found(
    root: dict[str, Any], result: dict[str, Any] | None, shape: str, place: str
) -> None:
    placed = PLACES[place](SHAPES[shape])
    within = placed.get("result")
    merged = {**result, **within} if result and isinstance(within, dict) else placed.get("result", result)
    report = failed({"errors": None, **root, **placed, "result": merged})
    assert any(map(has, report.all_reasons))
    assert MESSAGE in judge(report).sentence
    assert MESSAGE in text_of(report)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["errors", "Errors", "error", "code", "message", "faultcode", "a"]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.slow
@settings(max_examples=150)
@given(JSON, JSON)
def test_no_form_of_errors_raises_an_exception(errors: Any, result: Any) -> None:  # noqa: ANN401 - any JSON
    report = failed({"errors": errors, "result": result, "Errors": json.dumps(errors)})
    assert judge(report).kind is VerdictKind.FAILED
    assert text_of(report) is not None
