import pytest

from tests.support.building import order_report
from zjobtui.models.assessment import digest, judge
from zjobtui.models.reason import Reason
from zjobtui.models.report import OrderLineItem, OtherResult, Payment, PreviewResult, Report, Subscription


@pytest.mark.parametrize(
    ("report", "kind", "order", "account"),
    [
        (Report(status="Processing"), "", "", ""),
        (Report(status="Failed", reasons=(Reason("", "no"),)), "", "", ""),
        (order_report(), "order", "O-00000001", "A00000001"),
        (order_report(order_number="", order_id="id1", account_number="", account_id="id2"), "order", "id1", "id2"),
        (Report(status="Completed", result=PreviewResult()), "preview", "", ""),
        (Report(status="Completed", result=OtherResult(job_type="AsyncX")), "AsyncX", "", ""),
        (Report(status="Completed", result=OtherResult(fields={"orderNumber": "O-5"})), "", "O-5", ""),
        (Report(status="Completed", result=OtherResult(fields={"accountNumber": None})), "", "", ""),
    ],
)
def test_a_row_says_what_the_job_is_about(report: Report, kind: str, order: str, account: str) -> None:
    made = digest(report)
    assert (made.kind, made.order_number, made.account_number) == (kind, order, account)
    assert (made.status, made.verdict) == (report.status, judge(report))


@pytest.mark.parametrize(
    ("status", "is_final"), [("Completed", True), ("Failed", True), ("Processing", False), ("Queued", False)]
)
def test_only_completed_and_failed_end_a_job(status: str, is_final: bool) -> None:
    assert digest(Report(status=status)).is_final is is_final


def test_a_job_is_found_by_everything_it_made_and_by_why_it_failed() -> None:
    report = Report(
        status="Completed",
        reasons=(Reason("40000050", "locked"),),
        result=order_report(
            subscriptions=(Subscription(number="S1"), Subscription(id="s2")),
            invoices=("INV1",),
            credit_memos=("CM1",),
            payment=Payment(number="P1", id="p2"),
            order_line_items=(OrderLineItem(number="7"), OrderLineItem(id="i8")),
        ).result,
    )
    made = digest(report)
    assert made.words == "[40000050] locked CM1 P1 p2 7 i8"
    assert (made.subscriptions, made.invoices) == (("S1", "s2"), ("INV1",))
    assert (made.subscription_count, made.invoice_count) == (2, 1)


def test_a_row_stays_small_whatever_the_answer_holds() -> None:
    long = "x" * 1_000_000
    for report in (
        Report(status=long),
        order_report(order_number=long, account_number=long, invoices=(long,)),
        Report(status="Completed", result=OtherResult(job_type=long, fields={"orderNumber": long})),
    ):
        made = digest(report)
        parts = (made.status, made.kind, made.order_number, made.account_number, made.words, made.verdict.sentence)
        assert sum(map(len, parts)) < 12_000
