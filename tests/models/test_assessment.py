from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.building import order, order_report
from zjobtui.models.assessment import judge
from zjobtui.models.reason import Reason
from zjobtui.models.report import (
    OrderLineItem,
    OrderResult,
    OtherResult,
    Payment,
    PreviewDocument,
    PreviewResult,
    Refund,
    Report,
    Result,
    Subscription,
    WriteOff,
)
from zjobtui.models.result_problems import count_by_status
from zjobtui.models.text import CELL_LIMIT
from zjobtui.models.verdict import VerdictKind

T = TypeVar("T")

LOCK = Reason("40000050", "Operation failed due to a lock competition.")
SUBSCRIPTIONS = tuple(
    Subscription(status=status)
    for status in ("Pending Activation", "Pending Acceptance", "Active", "Pending Acceptance")
)


def completed(result: Result | None, *reasons: Reason) -> Report:
    return Report(status="Completed", result=result, reasons=reasons)


TABLE: dict[str, tuple[Report, VerdictKind, str]] = {
    "processing": (Report(status="Processing"), VerdictKind.RUNNING, "Zuora is working on it."),
    "processing with a result": (
        Report(status="Processing", result=order(), reasons=(LOCK,)),
        VerdictKind.RUNNING,
        "Zuora is working on it.",
    ),
    "another word": (
        Report(status="Queued"),
        VerdictKind.RUNNING,
        "Zuora returned “Queued”, a status that is not documented; polling continues.",
    ),
    "a word that only looks final": (
        Report(status="completed", result=order()),
        VerdictKind.RUNNING,
        "Zuora returned “completed”, a status that is not documented; polling continues.",
    ),
    "failed": (
        Report(status="Failed", reasons=(LOCK,)),
        VerdictKind.FAILED,
        "Job failed, lock contention: Operation failed due to a lock competition.",
    ),
    "failed by a declined card, with the code of an internal error": (
        Report(status="Failed", reasons=(Reason("40000060", "Transaction declined.402 - do_not_honor"),)),
        VerdictKind.FAILED,
        "Job failed, payment declined: Transaction declined.402 - do_not_honor",
    ),
    "failed by a text that says more than its code": (
        Report(status="Failed", reasons=(Reason("40000020", "Rate plan is not effective on the date of 03/12/2025."),)),
        VerdictKind.FAILED,
        "Job failed, plan not effective: Rate plan is not effective on the date of 03/12/2025.",
    ),
    "failed for several reasons": (
        Report(status="Failed", reasons=(LOCK, LOCK, LOCK)),
        VerdictKind.FAILED,
        "Job failed, lock contention: Operation failed due to a lock competition. (and 2 more)",
    ),
    "failed without a code": (
        Report(status="Failed", reasons=(Reason("", "Nope"), LOCK)),
        VerdictKind.FAILED,
        "Job failed: Nope (and 1 more)",
    ),
    "failed without a reason": (Report(status="Failed"), VerdictKind.FAILED, "Job failed; Zuora gave no reason."),
    "failed with a result": (
        Report(status="Failed", result=order()),
        VerdictKind.FAILED,
        "Job failed; Zuora gave no reason.",
    ),
    "completed without a result": (
        completed(None),
        VerdictKind.ATTENTION,
        "Job completed, but the response contains no result.",
    ),
    "completed with an empty result": (
        completed(OtherResult()),
        VerdictKind.ATTENTION,
        "Job completed, but its result is empty or cannot be read.",
    ),
    "completed with a result that is no object": (
        completed(OtherResult(fields={"result": [1, 2]})),
        VerdictKind.ATTENTION,
        "Job completed, but its result is empty or cannot be read.",
    ),
    "completed, order completed": (order_report(), VerdictKind.DONE, "Order completed."),
    "completed, with what was made": (
        order_report(
            subscriptions=(Subscription(), Subscription()),
            order_line_items=(OrderLineItem(),),
            invoices=("I1", "I2", "I3"),
        ),
        VerdictKind.DONE,
        "Order completed: 2 subscriptions, 1 order line item, 3 invoices.",
    ),
    "completed, order failed": (
        order_report(order_status="Failed"),
        VerdictKind.FAILED,
        "Job completed, but the order Failed.",
    ),
    "completed, order failed and payment in error": (
        order_report(order_status="Failed", payment=Payment(error_code="X1")),
        VerdictKind.FAILED,
        "Job completed, but the order Failed; the payment is in error: X1.",
    ),
    "completed, order pending": (
        order_report(order_status="Pending"),
        VerdictKind.ATTENTION,
        "Job completed, but the order is Pending.",
    ),
    "completed, order pending with subscriptions": (
        order_report(order_status="Pending", subscriptions=SUBSCRIPTIONS),
        VerdictKind.ATTENTION,
        (
            "Job completed, but the order is Pending: 1 of 4 subscriptions Active, 1 Pending Activation, "
            "2 Pending Acceptance."
        ),
    ),
    "completed, order pending with one subscription": (
        order_report(order_status="Pending", subscriptions=(Subscription(status="有効"),)),
        VerdictKind.ATTENTION,
        "Job completed, but the order is Pending: 1 of 1 subscription 有効.",
    ),
    "completed, order pending with subscriptions that say nothing": (
        order_report(order_status="Pending", subscriptions=(Subscription(), Subscription())),
        VerdictKind.ATTENTION,
        "Job completed, but the order is Pending.",
    ),
    "completed, an unknown order status": (
        order_report(order_status="完了"),
        VerdictKind.ATTENTION,
        "Job completed, but the order is 完了.",
    ),
    "completed, order without a word": (
        order_report(order_status=""),
        VerdictKind.ATTENTION,
        "Job completed, but the response does not give the order's status.",
    ),
    "completed, payment in error": (
        order_report(payment=Payment(status="Error", error_code="X1", error_message="Card declined")),
        VerdictKind.ATTENTION,
        "Job completed, but the payment is in error: Card declined.",
    ),
    "completed, payment in error without a word": (
        order_report(payment=Payment(status="Failed")),
        VerdictKind.ATTENTION,
        "Job completed, but the payment is in error: no reason given.",
    ),
    "completed, payment undone": (
        order_report(payment=Payment(status="Voided")),
        VerdictKind.ATTENTION,
        "Job completed, but the payment is Voided: nothing was collected.",
    ),
    "completed, payment canceled with a word": (
        order_report(payment=Payment(status="Canceled", error_message="by the bank")),
        VerdictKind.ATTENTION,
        "Job completed, but the payment is Canceled: by the bank.",
    ),
    "completed, some subscriptions are not active": (
        order_report(subscriptions=(*SUBSCRIPTIONS, *[Subscription(status="Active")] * 296), invoices=("I1",)),
        VerdictKind.DONE,
        "Order completed: 300 subscriptions, 1 of them Pending Activation, 2 Pending Acceptance, 1 invoice.",
    ),
    "completed, the first subscription in another status, in the language of the tenant": (
        order_report(subscriptions=(Subscription(status="Entwurf"), *[Subscription(status="Aktiv")] * 3)),
        VerdictKind.DONE,
        "Order completed: 4 subscriptions, 1 of them Entwurf.",
    ),
    "pending, in the language of the tenant": (
        order_report(
            order_status="Pending",
            subscriptions=(Subscription(status="Entwurf"), *[Subscription(status="Aktiv")] * 3),
        ),
        VerdictKind.ATTENTION,
        "Job completed, but the order is Pending: 3 of 4 subscriptions Aktiv, 1 Entwurf.",
    ),
    "completed, its subscription is cancelled": (
        order_report(subscriptions=(Subscription(status="Cancelled"),)),
        VerdictKind.DONE,
        "Order completed: 1 subscription, which is Cancelled.",
    ),
    "completed, no subscription is active": (
        order_report(subscriptions=(Subscription(status="Suspended"),) * 2),
        VerdictKind.DONE,
        "Order completed: 2 subscriptions, all of them Suspended.",
    ),
    "completed, subscriptions in the language of the tenant": (
        order_report(subscriptions=(*[Subscription(status="有効")] * 3, Subscription(status="受入保留中"))),
        VerdictKind.DONE,
        "Order completed: 4 subscriptions, 1 of them 受入保留中.",
    ),
    "completed, payment made": (
        order_report(payment=Payment(status="Processed", amount=Decimal(1))),
        VerdictKind.DONE,
        "Order completed.",
    ),
    "completed, refund in error": (
        order_report(refunds=(Refund(status="Success"), Refund(number="R-1", status="Error"), Refund(status="Error"))),
        VerdictKind.ATTENTION,
        "Job completed, but refund R-1 is in status Error; refund without a number is in status Error.",
    ),
    "completed, write-off failed": (
        order_report(
            write_offs=(
                WriteOff(status="Success"),
                WriteOff(invoice_number="INV1", status="Failed", failed_reason="not posted"),
                WriteOff(status="Failed"),
            )
        ),
        VerdictKind.ATTENTION,
        (
            "Job completed, but the write-off of INV1 is in status Failed: not posted; "
            "the write-off of an invoice is in status Failed."
        ),
    ),
    "completed, refund and write-off without a word": (
        order_report(refunds=(Refund(),), write_offs=(WriteOff(),)),
        VerdictKind.DONE,
        "Order completed.",
    ),
    "completed, success false inside": (
        order_report(success=False),
        VerdictKind.ATTENTION,
        "Job completed, but its result says that it was not successful.",
    ),
    "completed, success false inside with reasons": (
        order_report(success=False, reasons=(LOCK,)),
        VerdictKind.ATTENTION,
        "Job completed, but with an error: [40000050] Operation failed due to a lock competition.",
    ),
    "completed, errors beside it": (
        completed(order(), LOCK),
        VerdictKind.ATTENTION,
        "Job completed, but with an error: [40000050] Operation failed due to a lock competition.",
    ),
    "completed, with fields in another form": (
        order_report(malformed=("refunds", "status", "refunds")),
        VerdictKind.ATTENTION,
        "Job completed, but some fields have an unexpected form: refunds, status.",
    ),
    "completed, preview": (
        completed(PreviewResult(invoices=(PreviewDocument(),), credit_memos=(PreviewDocument(), PreviewDocument()))),
        VerdictKind.DONE,
        "Preview completed: 1 invoice, 2 credit memos.",
    ),
    "completed, preview of nothing": (
        completed(PreviewResult()),
        VerdictKind.DONE,
        "Preview completed: nothing to bill.",
    ),
    "completed, preview that says it failed": (
        completed(PreviewResult(success=False)),
        VerdictKind.ATTENTION,
        "Job completed, but its result says that it was not successful.",
    ),
    "completed, an unknown job type": (
        completed(OtherResult(job_type="AsyncDeleteOrder")),
        VerdictKind.DONE,
        "Job completed; its type (AsyncDeleteOrder) is not documented.",
    ),
    "completed, no job type but fields": (
        completed(OtherResult(fields={"a": 1})),
        VerdictKind.DONE,
        "Job completed; its type (none given) is not documented.",
    ),
    "completed, an unknown job type in a status": (
        completed(OtherResult(job_type="X", fields={"status": "Pending"})),
        VerdictKind.ATTENTION,
        "Job completed, but its result is in status Pending.",
    ),
    "completed, an unknown job type in a status that is not a text": (
        completed(OtherResult(job_type="X", fields={"status": 3})),
        VerdictKind.ATTENTION,
        "Job completed, but its result is in status 3.",
    ),
    "completed, an unknown job type in a good status": (
        completed(OtherResult(job_type="X", fields={"status": "Success"})),
        VerdictKind.DONE,
        "Job completed; its type (X) is not documented.",
    ),
}


@pytest.mark.parametrize(("report", "kind", "sentence"), TABLE.values(), ids=TABLE)
def test_every_row_of_the_verdict_table_holds(report: Report, kind: VerdictKind, sentence: str) -> None:
    verdict = judge(report)
    assert (verdict.kind, verdict.sentence) == (kind, sentence)


def listed(of: Callable[..., T], statuses: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(statuses.map(lambda status: of(status=status)), max_size=3).map(tuple)


def built(of: Callable[..., T], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[T]:
    return st.fixed_dictionaries(fields).map(lambda given: of(**given))


WORDS = st.sampled_from(["", "Completed", "Pending", "Failed", "Error", "Success", "Active", "有効"]) | st.text(
    max_size=9
)
REASONS = st.lists(st.builds(Reason, st.sampled_from(["", "40000050"]), st.text(max_size=5)), max_size=2).map(tuple)
SUCCESS = st.sampled_from([None, True, False])
ORDERS = built(
    OrderResult,
    order_status=WORDS,
    subscriptions=listed(Subscription, WORDS),
    payment=built(Payment, status=WORDS, error_code=st.just("") | WORDS),
    refunds=listed(Refund, WORDS),
    write_offs=listed(WriteOff, WORDS),
    success=SUCCESS,
    reasons=st.just(()) | REASONS,
    malformed=st.sampled_from([(), ("refunds",)]),
)
OTHERS = built(
    OtherResult,
    job_type=WORDS,
    fields=st.dictionaries(st.sampled_from(["status", "result", "a"]), WORDS),
    success=SUCCESS,
    reasons=st.just(()) | REASONS,
)
PREVIEWS = built(PreviewResult, success=SUCCESS, reasons=st.just(()) | REASONS)
REPORTS = built(
    Report,
    status=st.just("Completed") | st.sampled_from(["Processing", "Failed", "Queued"]) | st.text(min_size=1),
    reasons=st.just(()) | REASONS,
    result=ORDERS | OTHERS | PREVIEWS | st.none(),
)


@given(REPORTS)
def test_done_requires_the_status_completed_and_a_proof(report: Report) -> None:
    verdict = judge(report)
    if verdict.kind is not VerdictKind.DONE:
        return
    result = report.result
    assert report.status == "Completed"
    assert result is not None
    assert (*report.reasons, *result.reasons) == ()
    assert result.success is not False
    assert result.malformed == ()
    if isinstance(result, OrderResult):
        assert result.order_status == "Completed"
        assert result.payment.status not in {"Error", "Failed"}
        assert not result.payment.error_code
        assert {one.status for one in result.refunds} <= {"Success", ""}
        assert {one.status for one in result.write_offs} <= {"Success", ""}


@given(REPORTS)
def test_only_final_statuses_are_final(report: Report) -> None:
    is_waiting = judge(report).kind is VerdictKind.RUNNING
    assert is_waiting == (report.status not in {"Completed", "Failed"})
    assert judge(report).kind is not VerdictKind.UNKNOWN


def test_a_sentence_fits_a_cell_for_any_response_length() -> None:
    for report in (
        Report(status="x" * 100_000),
        Report(status="Failed", reasons=(Reason("", "x" * 100_000),)),
        order_report(payment=Payment(error_message="x" * 100_000)),
    ):
        assert len(judge(report).sentence) == CELL_LIMIT


def test_subscriptions_are_counted_by_status_active_first() -> None:
    assert count_by_status(SUBSCRIPTIONS) == ((1, "Active"), (1, "Pending Activation"), (2, "Pending Acceptance"))
    assert count_by_status([Subscription(), Subscription(status="Active")]) == ((1, "Active"), (1, "no status given"))
    assert count_by_status([]) == ()


EXPECTED = frozenset({"Pending", "Scheduled"})


@pytest.mark.parametrize(
    ("report", "kind", "sentence"),
    [
        (order_report(order_status="Pending"), VerdictKind.DONE, "Order is Pending, as expected here."),
        (
            order_report(order_status="Pending", subscriptions=SUBSCRIPTIONS, invoices=("I1",)),
            VerdictKind.DONE,
            (
                "Order is Pending, as expected here: 4 subscriptions, 1 of them Pending Activation, "
                "2 Pending Acceptance, 1 invoice."
            ),
        ),
        (order_report(), VerdictKind.DONE, "Order completed."),
        (order_report(order_status="Draft"), VerdictKind.ATTENTION, "Job completed, but the order is Draft."),
        (order_report(order_status="Failed"), VerdictKind.FAILED, "Job completed, but the order Failed."),
        (
            order_report(order_status=""),
            VerdictKind.ATTENTION,
            "Job completed, but the response does not give the order's status.",
        ),
        (
            order_report(order_status="Pending", payment=Payment(status="Error")),
            VerdictKind.ATTENTION,
            "Job completed, but the payment is in error: no reason given.",
        ),
        (
            Report(status="Failed", result=order(order_status="Pending")),
            VerdictKind.FAILED,
            "Job failed; Zuora gave no reason.",
        ),
    ],
)
def test_an_order_in_an_expected_status_is_done_if_nothing_else_is_wrong(
    report: Report, kind: VerdictKind, sentence: str
) -> None:
    assert (judge(report, EXPECTED).kind, judge(report, EXPECTED).sentence) == (kind, sentence)
