import pytest
from rich.cells import cell_len

from tests.support.building import order_report
from zjobtui.models.assessment import digest, judge
from zjobtui.models.digest import WHY_CELLS
from zjobtui.models.failure_groups import MESSAGE_CHARACTERS
from zjobtui.models.reason import Reason, read_reason
from zjobtui.models.report import (
    OrderLineItem,
    OtherResult,
    Payment,
    PreviewDocument,
    PreviewResult,
    Report,
    Subscription,
    WriteOff,
)


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
def test_a_row_names_the_subject_of_the_job(report: Report, kind: str, order: str, account: str) -> None:
    made = digest(report)
    assert (made.kind, made.order_number, made.account_number) == (kind, order, account)
    assert (made.status, made.verdict) == (report.status, judge(report))


@pytest.mark.parametrize(
    ("status", "is_final"), [("Completed", True), ("Failed", True), ("Processing", False), ("Queued", False)]
)
def test_only_completed_and_failed_end_a_job(status: str, is_final: bool) -> None:
    assert digest(Report(status=status)).is_final is is_final


def test_a_job_is_found_by_its_objects_and_its_failure() -> None:
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


def test_a_row_stays_small_for_any_response() -> None:
    long = "x" * 1_000_000
    for report in (
        Report(status=long),
        order_report(order_number=long, account_number=long, invoices=(long,)),
        Report(status="Completed", result=OtherResult(job_type=long, fields={"orderNumber": long})),
    ):
        made = digest(report)
        parts = (made.status, made.kind, made.order_number, made.account_number, made.words, made.verdict.sentence)
        assert sum(map(len, parts)) < 12_000


def failed(text: str) -> Report:
    return Report(status="Failed", reasons=(read_reason(text),))


def subscriptions(*statuses: str) -> tuple[Subscription, ...]:
    return tuple(Subscription(number=f"S{number}", status=status) for number, status in enumerate(statuses))


PENDING = ("Active", "Pending Activation", "Pending Acceptance", "Pending Acceptance")


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (Report(status="Processing"), ""),
        (Report(status="Queued", result=PreviewResult()), ""),
        (failed("[40000050]: Operation failed due to a lock competition, please retry later."), "lock contention"),
        (failed("[40000060] Transaction declined.402 - [card_error/expired_card]"), "payment declined"),
        (failed("invalid order"), "invalid order"),
        (failed("an order that is wrong in a way that nobody has seen"), "an order that is wrong in a way that no…"),
        (Report(status="Failed"), "no reason given"),
        (order_report(order_status="Pending"), "order Pending"),
        (order_report(order_status="Pending", subscriptions=subscriptions(*PENDING)), "order Pending: 1 of 4 Active"),
        (order_report(order_status="完了", subscriptions=subscriptions("有効")), "order 完了: 1 of 1 有効"),
        (order_report(order_status=""), "no order status"),
        (order_report(order_status="Failed"), "order Failed"),
        (order_report(payment=Payment(status="Error", error_message="Card declined")), "payment declined"),
        (order_report(payment=Payment(status="Failed")), "payment failed"),
        (order_report(payment=Payment(status="Canceled")), "payment undone"),
        (order_report(payment=Payment(error_code="GetTax", error_message="GetTax: no company")), "tax error"),
        (order_report(write_offs=(WriteOff(status="Failed"),)), "write-off failed"),
        (order_report(malformed=("refunds", "status")), "unexpected form: refunds, status"),
        (Report(status="Completed"), "no result"),
        (Report(status="Completed", result=OtherResult()), "no result"),
        (Report(status="Completed", result=OtherResult(job_type="X", fields={"status": 3})), "not successful: 3"),
        (order_report(success=False), "not successful"),
        (order_report(reasons=(Reason("40000050", "locked"),)), "lock contention"),
        (order_report(), "O-00000001"),
        (order_report(subscriptions=subscriptions(*["Active"] * 4)), "O-00000001 · 4 subscriptions"),
        (order_report(subscriptions=subscriptions("", "")), "O-00000001 · 2 subscriptions"),
        (
            order_report(subscriptions=subscriptions(*["Active"] * 298, *["Pending Acceptance"] * 2)),
            "O-00000001 · 2 of 300 Pending Acceptance",
        ),
        (order_report(subscriptions=subscriptions(*PENDING)), "O-00000001 · 3 of 4 not Active"),
        (order_report(subscriptions=subscriptions(*["Aktiv"] * 4)), "O-00000001 · 4 subscriptions"),
        (order_report(subscriptions=subscriptions("Entwurf", *["Aktiv"] * 3, "")), "O-00000001 · 1 of 5 Entwurf"),
        (
            order_report(subscriptions=subscriptions("受入保留中", "停止", "有効", "有効")),
            "O-00000001 · 2 of 4 not Active",
        ),
        (order_report(subscriptions=subscriptions("Aktiv", "Draft")), "O-00000001 · 2 of 2 not Active"),
        (
            order_report(order_status="Pending", subscriptions=subscriptions("Entwurf", *["Aktiv"] * 3)),
            "order Pending: 3 of 4 Aktiv",
        ),
        (order_report(subscriptions=subscriptions("Cancelled")), "O-00000001 · 1 subscription Cancelled"),
        (
            order_report(invoices=("I1",), order_line_items=(OrderLineItem(),)),
            "O-00000001 · 1 order line item · 1 invoice",
        ),
        (order_report(order_number="", order_id="8ad0" * 8, invoices=("I1",)), "8ad08ad0… · 1 invoice"),
        (Report(status="Completed", result=PreviewResult(invoices=(PreviewDocument(),))), "preview: 1 invoice"),
        (Report(status="Completed", result=PreviewResult()), "preview: nothing to bill"),
        (Report(status="Completed", result=OtherResult(job_type="AsyncDeleteOrder")), "delete order"),
    ],
)
def test_a_digest_has_a_short_reason(report: Report, why: str) -> None:
    made = digest(report)
    expected = why if cell_len(why) <= WHY_CELLS else f"{why[: WHY_CELLS - 1].rstrip()}…"
    assert made.why == expected
    assert cell_len(made.why) <= WHY_CELLS


def test_code_and_message_are_those_of_the_first_reason() -> None:
    report = Report(status="Failed", reasons=(Reason("40000050", "Locked by 12"), Reason("40000020", "No")))
    made = digest(report)
    assert (made.code, made.message, made.message_key) == ("40000050", "Locked by 12", "locked by #")
    paid = digest(order_report(payment=Payment(error_code="X1", error_message="Refused")))
    assert (paid.code, paid.message) == ("X1", "The payment is in error: Refused")
    assert digest(order_report()).code == ""


@pytest.mark.parametrize(
    "payment",
    [
        Payment(status="Voided"),
        Payment(status="Canceled", error_message="by the bank"),
        Payment(status="Processing", error_message="no money"),
        Payment(status="Voided", error_code="X1"),
        Payment(status="Error"),
    ],
)
def test_sentence_and_message_agree_about_a_payment(payment: Payment) -> None:
    made = digest(order_report(payment=payment))
    assert made.verdict.sentence == f"Job completed, but {made.message[0].lower()}{made.message[1:]}."


def test_a_digest_stays_small_for_any_order() -> None:
    long = "x" * 1_000_000
    many = tuple(Subscription(number=f"A-S{number:08}") for number in range(2_000))
    reports = (
        failed(f"[40000050] {long}"),
        order_report(order_status=long, subscriptions=(Subscription(number=long, status=long),)),
        order_report(subscriptions=many, invoices=tuple(f"INV{number:08}" for number in range(500))),
        order_report(payment=Payment(error_code=long, error_message=long)),
    )
    for made in map(digest, reports):
        assert len(made.message) <= MESSAGE_CHARACTERS
        assert cell_len(made.why) <= WHY_CELLS
        assert sum(map(len, (*made.subscriptions, *made.invoices))) <= 4_000
    assert len(digest(order_report(subscriptions=many)).subscriptions) == 363


def test_the_numbers_of_an_order_with_300_subscriptions_fit() -> None:
    many = tuple(Subscription(number=f"A-S{number:08}") for number in range(300))
    made = digest(order_report(subscriptions=many, invoices=("INV1",)))
    assert (len(made.subscriptions), made.subscription_count, made.invoices) == (300, 300, ("INV1",))


def test_statuses_of_subscriptions_are_keyed_by_number_or_else_by_id() -> None:
    made = (Subscription(number="S1", id="s1", status="Active"), Subscription(id="s2", status="Suspended"))
    report = order_report(subscriptions=(*made, Subscription(status="Cancelled")))
    assert report.subscription_statuses == {"S1": "Active", "s2": "Suspended"}
    assert Report(status="Completed", result=PreviewResult()).subscription_statuses == {}
