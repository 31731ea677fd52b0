"""Why a job ended, in a few words, and the key by which failures are alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.building import order_report
from zjobtui.models.assessment import digest
from zjobtui.models.cause import KEY_LIMIT, MESSAGE_LIMIT, message_key
from zjobtui.models.digest import WHY_CELLS
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
        (order_report(payment=Payment(error_code="GetTax", error_message="GetTax: no company")), "tax error"),
        (order_report(write_offs=(WriteOff(status="Failed"),)), "write-off failed"),
        (order_report(malformed=("refunds", "status")), "unexpected form: refunds, status"),
        (Report(status="Completed"), "no result"),
        (Report(status="Completed", result=OtherResult()), "no result"),
        (Report(status="Completed", result=OtherResult(job_type="X", fields={"status": 3})), "result in status 3"),
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
        (order_report(subscriptions=subscriptions("Cancelled")), "O-00000001 · 1 subscription Cancelled"),
        (
            order_report(invoices=("I1",), order_line_items=(OrderLineItem(),)),
            "O-00000001 · 1 order line item · 1 invoice",
        ),
        (order_report(order_number="", order_id="8ad0" * 8, invoices=("I1",)), "8ad08ad0… · 1 invoice"),
        (Report(status="Completed", result=PreviewResult(invoices=(PreviewDocument(),))), "preview: 1 invoice"),
        (Report(status="Completed", result=PreviewResult()), "preview: nothing to bill"),
        (Report(status="Completed", result=OtherResult(job_type="AsyncDeleteOrder")), "AsyncDeleteOrder"),
    ],
)
def test_a_digest_says_why_in_a_few_words(report: Report, why: str) -> None:
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
    ("one", "other"),
    [
        (
            'Rate plan "Gold" is not effective on the contract effective date of 03/12/2025.',
            'Rate plan "Silver 2" is not effective on the contract effective date of 01/01/2026',
        ),
        ("Cannot find entity by key: 'A-S00042'.", "Cannot find entity by key: 'x'."),
        (
            "No account is found with accountId 2c92c0f86a8dd422016a9e7a70116b0d",
            "no account is found with accountid 17",
        ),
        ("Amount 1,234.50 is too big", "Amount 7 is too big"),
        ("Locked since 2026-11-23T14:00:00Z by job 5e9f49a2-1b2c-4d3e-8f90-123456789abc", "Locked since 3 by job 4"),
        ("“A” and «B» are 「C」", "“d” and «e» are 「f」"),
        ('Bad "name that is cut', 'Bad "other'),
    ],
)
def test_messages_that_differ_in_names_and_numbers_are_alike(one: str, other: str) -> None:
    assert message_key(one) == message_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A cancelled subscription can't be changed", "A cancelled subscription can't be renewed"),
        ("the customers' order", "the customers' invoice"),
        ("有効期限は2025年です", "無効期限は2025年です"),
        ("card_declined/insufficient_funds", "card_declined/expired_card"),
    ],
)
def test_messages_that_differ_in_words_are_not_alike(one: str, other: str) -> None:
    assert message_key(one) != message_key(other)


@given(st.text(max_size=60) | st.lists(st.sampled_from(["'", '"', "1", "#", "a", " ", "-", "“"])).map("".join))
def test_a_key_is_short_and_that_of_itself(message: str) -> None:
    key = message_key(message)
    assert len(key) <= KEY_LIMIT
    assert key == message_key(message.upper().lower()) or message.upper().lower().casefold() != message.casefold()


def test_a_digest_stays_small_whatever_the_order_holds() -> None:
    long = "x" * 1_000_000
    many = tuple(Subscription(number=f"A-S{number:08}") for number in range(2_000))
    reports = (
        failed(f"[40000050] {long}"),
        order_report(order_status=long, subscriptions=(Subscription(number=long, status=long),)),
        order_report(subscriptions=many, invoices=tuple(f"INV{number:08}" for number in range(500))),
        order_report(payment=Payment(error_code=long, error_message=long)),
    )
    for made in map(digest, reports):
        assert len(made.message) <= MESSAGE_LIMIT
        assert cell_len(made.why) <= WHY_CELLS
        assert sum(map(len, (*made.subscriptions, *made.invoices))) <= 4_000
    assert len(digest(order_report(subscriptions=many)).subscriptions) == 363


def test_the_numbers_of_an_order_with_300_subscriptions_fit() -> None:
    many = tuple(Subscription(number=f"A-S{number:08}") for number in range(300))
    made = digest(order_report(subscriptions=many, invoices=("INV1",)))
    assert (len(made.subscriptions), made.subscription_count, made.invoices) == (300, 300, ("INV1",))
