import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.building import body, read_body, read_payload, read_result
from tests.support.payloads import PAYLOADS
from zjobtui.models.assessment import judge
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.reason import Category, Reason
from zjobtui.models.report import OrderResult, OtherResult, PreviewResult, Report
from zjobtui.models.verdict import VerdictKind
from zjobtui.zuora.json_reader import DEPTH_LIMIT
from zjobtui.zuora.parser import read_process_id, read_report, read_response

VERDICTS = {
    "derived-completed-everything": VerdictKind.ATTENTION,
    "derived-not-found": ProblemKind.NOT_FOUND,
    "derived-preview": VerdictKind.DONE,
    "derived-preview-no-job-type": VerdictKind.DONE,
    "derived-throttled": ProblemKind.THROTTLED,
    "derived-unknown-job-type": VerdictKind.DONE,
    "derived-unknown-status": VerdictKind.RUNNING,
    "documented-completed-order-pending": VerdictKind.ATTENTION,
    "documented-system-error": ProblemKind.SERVER_ERROR,
    "recorded-completed-localised": VerdictKind.DONE,
    "recorded-completed-old-shape": VerdictKind.DONE,
    "recorded-completed-order-pending": VerdictKind.ATTENTION,
    "recorded-failed-input": VerdictKind.FAILED,
    "recorded-failed-internal": VerdictKind.FAILED,
    "recorded-failed-lock": VerdictKind.FAILED,
    "recorded-failed-no-colon": VerdictKind.FAILED,
    "recorded-processing": VerdictKind.RUNNING,
    "recorded-signed-out": ProblemKind.SIGNED_OUT,
    "recorded-unknown-to-zuora": ProblemKind.NOT_FOUND,
}

TRANSIENT = ProblemKind.SERVER_ERROR
CATEGORIES = {
    10: (403, ProblemKind.FORBIDDEN),
    11: (401, ProblemKind.SIGNED_OUT),
    20: (400, ProblemKind.REFUSED),
    21: (400, ProblemKind.REFUSED),
    22: (400, ProblemKind.REFUSED),
    23: (400, ProblemKind.REFUSED),
    27: (400, ProblemKind.REFUSED),
    30: (400, ProblemKind.REFUSED),
    40: (404, ProblemKind.NOT_FOUND),
    45: (405, ProblemKind.REFUSED),
    50: (409, TRANSIENT),
    60: (500, TRANSIENT),
    61: (500, TRANSIENT),
    70: (429, ProblemKind.THROTTLED),
    90: (400, ProblemKind.REFUSED),
    99: (500, TRANSIENT),
}
"""By the last two digits of a code: the HTTP status that newer versions of the API send with it, and what it means."""


def refusal(code: object, message: object = "no") -> bytes:
    return json.dumps({"success": False, "reasons": [{"code": code, "message": message}]}).encode()


def kind_of(http_status: int, answer: bytes) -> ProblemKind:
    problem = read_response(http_status, answer)
    assert isinstance(problem, Problem)
    return problem.kind


def test_every_recorded_response_has_an_expected_verdict() -> None:
    assert set(VERDICTS) == set(PAYLOADS)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_recorded_response_has_its_verdict(name: str) -> None:
    outcome = read_payload(name)
    assert (judge(outcome).kind if isinstance(outcome, Report) else outcome.kind) is VERDICTS[name]


@pytest.mark.parametrize("digits", CATEGORIES)
@pytest.mark.parametrize("as_text", [False, True], ids=["number", "text"])
def test_both_error_styles_are_read_alike(digits: int, as_text: bool) -> None:
    http_status, kind = CATEGORIES[digits]
    code = 50_000_000 + digits
    answer = refusal(str(code) if as_text else code)
    assert read_response(200, answer) == read_response(http_status, answer) == Problem(kind, "no", str(code))


def test_the_table_of_categories_is_complete() -> None:
    assert {Reason(str(50_000_000 + digits), "").category for digits in CATEGORIES} == set(Category) - {Category.OTHER}


@pytest.mark.parametrize(
    ("http_status", "kind"),
    [
        (400, ProblemKind.REFUSED),
        (401, ProblemKind.SIGNED_OUT),
        (403, ProblemKind.FORBIDDEN),
        (404, ProblemKind.REFUSED),
        (429, ProblemKind.THROTTLED),
        (500, TRANSIENT),
        (407, ProblemKind.UNREADABLE),
        (502, ProblemKind.UNAVAILABLE),
        (503, ProblemKind.UNAVAILABLE),
        (504, ProblemKind.UNAVAILABLE),
        (511, ProblemKind.UNREADABLE),
    ],
)
@pytest.mark.parametrize("answer", [b"{}", refusal("", "no"), refusal("Odd"), b'{"status":"Completed","success":true}'])
def test_without_a_code_the_http_status_decides(http_status: int, kind: ProblemKind, answer: bytes) -> None:
    assert kind_of(http_status, answer) is kind


@pytest.mark.parametrize("digits", CATEGORIES)
@pytest.mark.parametrize(
    ("http_status", "kind"),
    [
        (407, ProblemKind.UNREADABLE),
        (429, ProblemKind.THROTTLED),
        (500, TRANSIENT),
        (501, TRANSIENT),
        (502, ProblemKind.UNAVAILABLE),
        (503, ProblemKind.UNAVAILABLE),
        (504, ProblemKind.UNAVAILABLE),
        (511, ProblemKind.UNREADABLE),
    ],
)
def test_only_the_code_of_a_limit_changes_the_problem_of_a_failed_server_and_none_that_of_a_proxy(
    http_status: int, kind: ProblemKind, digits: int
) -> None:
    is_limit = http_status >= 500 and CATEGORIES[digits][1] is ProblemKind.THROTTLED
    assert kind_of(http_status, refusal(50_000_000 + digits)) is (ProblemKind.THROTTLED if is_limit else kind)


@pytest.mark.parametrize("digits", CATEGORIES)
@pytest.mark.parametrize(
    ("http_status", "kind"),
    [(401, ProblemKind.SIGNED_OUT), (403, ProblemKind.FORBIDDEN), *((n, ProblemKind.REFUSED) for n in (400, 404, 409))],
)
def test_the_code_of_a_refusal_decides_but_without_access_no_job_is_unknown(
    http_status: int, kind: ProblemKind, digits: int
) -> None:
    by_code = CATEGORIES[digits][1]
    has_no_access = http_status in {401, 403} and by_code is ProblemKind.NOT_FOUND
    expected = kind if by_code is ProblemKind.REFUSED or has_no_access else by_code
    assert kind_of(http_status, refusal(50_000_000 + digits)) is expected


@pytest.mark.parametrize(
    ("http_status", "kind"),
    [
        *((200, ProblemKind.UNREADABLE), (400, ProblemKind.UNREADABLE), (401, ProblemKind.UNREADABLE)),
        *((403, ProblemKind.UNREADABLE), (429, ProblemKind.THROTTLED), (500, ProblemKind.UNAVAILABLE)),
        *((502, ProblemKind.UNAVAILABLE), (511, ProblemKind.UNREADABLE)),
    ],
)
@pytest.mark.parametrize("answer", [b"", b"<html>", b"null", b"[]", b'"Completed"', b"{"])
def test_a_page_of_an_intermediary_is_not_a_response_of_zuora(
    http_status: int, kind: ProblemKind, answer: bytes
) -> None:
    assert kind_of(http_status, answer) is kind


@pytest.mark.parametrize("http_status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_reported_and_never_parsed(http_status: int) -> None:
    answer = body(status="Completed", result={"status": "Completed", "orderNumber": "O-1"})
    problem = read_response(http_status, answer, "https://evil.example/\x1b[2J")
    assert problem == Problem(ProblemKind.REDIRECTED, f"HTTP {http_status} to https://evil.example/␛[2J")
    assert read_response(http_status, b"") == Problem(
        ProblemKind.REDIRECTED, f"HTTP {http_status} to an unknown address"
    )


@pytest.mark.parametrize("address", ["https://u:pw@sso.example/saml", "//u:pw@sso.example/saml", "/login"])
@pytest.mark.parametrize("rest", ["?SAMLRequest=s3cret", "#access_token=s3cret", ";jsessionid=s3cret"])
def test_possible_secrets_in_a_redirect_are_not_shown(address: str, rest: str) -> None:
    problem = read_response(302, b"", address + rest)
    assert isinstance(problem, Problem)
    detail = problem.detail
    assert detail.startswith("HTTP 302 to ")
    assert detail.endswith(f"{address.rpartition('/')[2]}?…")
    assert "s3cret" not in detail
    assert "pw" not in detail


@pytest.mark.parametrize(
    "answer",
    [
        b"{}",
        b'{"success": true}',
        b'{"success": true, "status": null}',
        b'{"success": true, "status": ""}',
        b'{"success": true, "status": "  "}',
        b'{"success": true, "status": 1}',
        b'{"success": true, "status": ["Completed"]}',
        b'{"success": "false", "status": "Completed"}',
        b'{"success": "true", "status": "Completed"}',
        b'{"success": 0, "status": "Completed"}',
        b'{"success": {}, "status": "Completed"}',
    ],
)
def test_json_that_is_not_a_response_about_a_job_is_unreadable(answer: bytes) -> None:
    assert read_response(200, answer) == Problem(
        ProblemKind.UNREADABLE, "HTTP 200, JSON, but not a response about a job"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"status": "Processing", "a": NaN}', "JSON with NaN"),
        ('{"status": "Processing", "a": -Infinity}', "JSON with -Infinity"),
        ('{"status": "Processing", "status": "Completed"}', "JSON with a duplicate field"),
        ('{"status": "Processing", "a": {"b": 1, "b": 1}}', "JSON with a duplicate field"),
        ('{"status": "Processing", "a\u200b": 1, "a\u200c": 2}', "JSON with a duplicate field"),
        ('{"status": "Processing", "a": ' + "9" * 5_000 + "}", "not JSON"),
        ('{"status": "Processing", "a": 1e99999999999999999999}', "not JSON"),
        ('{"status": "Processing", "a": ' + "[" * 100_000 + "]" * 100_000 + "}", "not JSON"),
        ('{"status": "Processing", "a": ' + '{"a":' * 100_000 + "1" + "}" * 100_001, "not JSON"),
        ('{"status": "Processing", "a": ' + "[" * 150 + "]" * 150 + "}", "JSON nested too deeply"),
        ('{"status": "Processing"', "not JSON"),
        ('{"status": "Processing"}{"status": "Completed"}', "not JSON"),
        ("\ufeff\ufeff{}", "not JSON"),
        ('{"status": "Proc\nessing"}', "not JSON"),
    ],
    ids=lambda value: None if len(value) < 100 else "long",
)
def test_invalid_json_values_make_a_response_unreadable(text: str, why: str) -> None:
    assert read_response(200, text.encode()) == Problem(ProblemKind.UNREADABLE, f"HTTP 200, {why}")


@pytest.mark.parametrize(
    "answer",
    [
        b'\xef\xbb\xbf{"status": "Processing"}',
        b'\r\n{"status": "Processing"}\r\n',
        b'\r{"status":\r"Processing"}',
        b'{"status": "Processing", "success": null}',
        b'{"status": "Processing", "a": "\\ud800", "b": "\xff\xfe"}',
        b'{"status": "Processing", "a": ' + b"9" * 4_000 + b"}",
        b'{"status": "Processing", "a": ' + b"[" * (DEPTH_LIMIT - 1) + b"]" * (DEPTH_LIMIT - 1) + b"}",
        b'{"status": "Processing", "a": 1e999999, "b": 1E-9}',
    ],
    ids=["bom", "line ends", "old line ends", "success null", "broken text", "huge number", "deep", "huge exponent"],
)
def test_an_unusual_response_that_is_json_is_read(answer: bytes) -> None:
    report = read_response(200, answer)
    assert isinstance(report, Report)
    assert report.status == "Processing"
    assert read_report(report.raw) == report


@pytest.mark.parametrize("category", [10, 11, 40, 50, 60, 61, 70, 99])
def test_a_429_is_throttling_whatever_its_code_is(category: int) -> None:
    problem = read_response(429, refusal(50000000 + category, "try again later"))
    assert problem == Problem(ProblemKind.THROTTLED, "try again later", str(50000000 + category))


def test_every_text_of_a_response_is_clean() -> None:
    hostile = "\x1b[31m\x9b\u202e\u200b\x00\x7f"
    result = {"jobType": hostile, "a": [hostile, {hostile: hostile}]}
    report = read_body(status=hostile, errors=hostile, result=result, other={hostile: hostile})
    said = repr(report) + repr(read_response(404, refusal(hostile, hostile)))
    assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u202e]", said + report.raw)
    assert "\\x1b" not in said
    assert "␛[31m" in said


@pytest.mark.parametrize(
    ("errors", "reasons"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        ({}, ()),
        ([None, "", {}], ()),
        ("[40000050]: locked", (Reason("40000050", "locked"),)),
        ("locked", (Reason("", "locked"),)),
        (["[40000050] a", "b"], (Reason("40000050", "a"), Reason("", "b"))),
        ({"code": 40000050, "message": "locked"}, (Reason("40000050", "locked"),)),
        ([{"code": "40000050", "message": "locked"}], (Reason("40000050", "locked"),)),
        ([{"code": None, "message": None}], (Reason("", ""),)),
        ([{"message": "locked", "hint": "later", "n": 1.5}], (Reason("", 'locked {"hint": "later", "n": "1.5"}'),)),
        ([{"odd": True}], (Reason("", '{"odd": true}'),)),
        ([5, True, ["a"]], (Reason("", "5"), Reason("", "true"), Reason("", '["a"]'))),
    ],
)
def test_errors_are_read_completely_in_every_observed_form(errors: object, reasons: tuple[Reason, ...]) -> None:
    assert read_body(status="Failed", errors=errors).reasons == reasons


@pytest.mark.parametrize(
    "answer",
    [
        b'{"success": false, "errors": "[40000070]: too many"}',
        b'{"success": false, "code": 40000070, "message": "too many"}',
        b'{"success": false, "reasons": [{"code": 40000070, "message": "too many"}, {"code": 1, "message": "x"}]}',
        b'{"success": false, "reasons": {"code": 40000070, "message": "too many"}}',
        b'{"success": false, "status": "Completed", "reasons": ["[40000070]: too many"]}',
    ],
)
def test_a_refusal_is_read_wherever_it_is(answer: bytes) -> None:
    assert read_response(200, answer) == Problem(ProblemKind.THROTTLED, "too many", "40000070")


def test_a_refusal_without_a_message_says_so() -> None:
    assert read_response(200, b'{"success": false}') == Problem(ProblemKind.REFUSED, "HTTP 200 without a reason")


def test_a_long_refusal_is_cut() -> None:
    problem = read_response(400, refusal(1, "x" * 100_000))
    assert isinstance(problem, Problem)
    assert len(problem.detail) == 500


@pytest.mark.parametrize(
    ("result", "of"),
    [
        ({"jobType": "AsyncCreateOrder"}, OrderResult),
        ({"jobType": "AsyncPreviewOrder"}, PreviewResult),
        ({"jobType": "AsyncSomething", "orderNumber": "O-1"}, OtherResult),
        ({"jobType": "", "orderNumber": "O-1"}, OrderResult),
        ({"jobType": " ", "orderNumber": "O-1"}, OrderResult),
        ({"subscriptionNumbers": ["S"]}, OrderResult),
        ({"previewResult": {}}, PreviewResult),
        ({"invoices": []}, PreviewResult),
        ({"chargeMetrics": []}, PreviewResult),
        ({"jobType": ["AsyncCreateOrder"]}, OtherResult),
        ({"somethingElse": 1}, OtherResult),
        ({}, OtherResult),
        ([1], OtherResult),
        ("text", OtherResult),
        (0, OtherResult),
        (False, OtherResult),
    ],
)
def test_a_result_is_read_by_its_type_or_by_its_content(result: object, of: type) -> None:
    assert type(read_result(result).result) is of


def test_a_stored_body_is_read_again_and_any_other_text_is_none() -> None:
    report = read_body(status="Completed", result={"status": "Completed", "orderNumber": "O-1"})
    assert read_report(report.raw) == report
    assert read_report("<html>") is None
    assert read_report("\ud800") is None


def test_the_process_id_of_a_refusal_is_found_for_support() -> None:
    assert read_process_id(b'{"success": false, "processId": "0123456789ABCDEF"}') == "0123456789ABCDEF"
    assert read_process_id(b'{"success": false}') == ""
    assert read_process_id(b"<html>") == ""


@given(st.sampled_from([200, 200, 200, 201, 302, 400, 401, 404, 429, 500, 503]), st.binary(max_size=200))
def test_no_bytes_make_the_parser_raise(http_status: int, answer: bytes) -> None:
    assert isinstance(read_response(http_status, answer), Report | Problem)
