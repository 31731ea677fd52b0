"""What is advised for the texts that Zuora is known to send."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.building import order_report
from zjobtui.models.advice import CODE_LIMIT, NO_ADVICE, TEXT_LIMIT, Advice, advise, advise_reason
from zjobtui.models.advice_rules import RULES
from zjobtui.models.assessment import digest
from zjobtui.models.reason import Category, Reason, read_reason
from zjobtui.models.report import OtherResult, Payment, PreviewResult, Refund, Report, WriteOff

DECLINE = "Transaction declined.402 - [card_error/card_declined/{}] Your card was declined."

KNOWN = [
    # Seen as errors of asynchronous jobs.
    ("[40000050]: Operation failed due to a lock competition, please retry later.", "lock contention", True),
    ("[40000050] Operation failed due to a lock competition", "lock contention", True),
    ("[40000050] subscription is locked", "lock contention", True),
    ("[40000060]: Oops, internal error occurred, please contact Zuora support.", "internal error", True),
    (
        '[40000020]: Rate plan "Home Delivery" is not effective on the contract effective date of 03/12/2025.',
        "plan not effective",
        False,
    ),
    ("invalid order", "error", None),
    ("[40000050] The order is locked.", "lock contention", True),
    # Locks, with a code that is a word, and without one.
    ("Operation failed due to a lock competition, please retry later.", "lock contention", True),
    ("BATCH_FAIL_ERROR: optimistic locking failed", "lock contention", True),
    # Payments.
    *(
        (f"[40000060]: {DECLINE.format(code)}", "payment declined", False)
        for code in (
            *("insufficient_funds", "do_not_honor", "generic_decline", "call_issuer", "invalid_account"),
            *("transaction_not_allowed", "pickup_card", "incorrect_cvc", "expired_card", "authentication_required"),
            *("fraudulent", "card_velocity_exceeded"),
        )
    ),
    (f"[40000060]: {DECLINE.format('try_again_later')}", "payment not processed", True),
    ("Transaction declined.402 - [card_error/processing_error] An error occurred.", "payment not processed", True),
    ("[53000060] Payment could not be made", "payment declined", False),
    ("[40000099] Your card was declined", "payment declined", False),
    ("Your card has expired.", "payment declined", False),
    ("Your card has insufficient funds.", "payment declined", False),
    ("do_not_honor", "payment declined", False),
    ("Transaction declined.10417 - The transaction cannot complete successfully.", "payment declined", False),
    ("Instruct the customer to use an alternative payment method.", "payment declined", False),
    ("INSTRUMENT_DECLINED", "payment declined", False),
    ("TRANSACTION_REFUSED", "payment declined", False),
    # Tax.
    (
        "[40000060]: The Zuora GetTax call to Avalara returned the following error(s): Company not found. Verify it.",
        "tax error",
        False,
    ),
    (
        "[40000099] The tax calculation call to Zuora Connect returned the following error: Status Code: 404",
        "tax error",
        False,
    ),
    (
        "[40000099] The tax calculation call to Zuora Connect returned the following error: Status Code: 503",
        "tax service error",
        True,
    ),
    ("No tax engine is populated, check your mapping formula in Tax Code 1.", "tax error", False),
    ("[40000060] There is an invoice pending tax in draft status.", "tax pending", False),
    ("Avalara: a document can have at most 1000 items", "too many items for tax", False),
    # Dates, rules and states.
    (
        "The Contract effective date should not be later than the term end date of the basic subscription",
        "after the term",
        False,
    ),
    ("[53000030] The Charge is not allowed to be updated on 03/12/2025", "later change exists", False),
    ("The order gives a negative term length", "term dates", False),
    ("[40000030] Owner Transfer must be the last order action", "business rule", False),
    ("[53200020] Only activated subscription can be cancelled.", "subscription not active", False),
    ("[58730020] A cancelled subscription can't be changed", "subscription not active", False),
    ("[40000030] The subscription has a pending order", "pending order exists", False),
    ("[40000030] An order cannot have more than 50 subscriptions", "order too large", False),
    # Input.
    ("[53100320] 'termType' value should be one of: TERMED, EVERGREEN", "bad input", False),
    ("[53100020] {com.zuora.constraints.either_or_both}", "bad input", False),
    ("Invalid parameter(s): 'runBilling'.", "bad input", False),
    ("'uri' may not be empty", "bad input", False),
    ("MISSING_REQUIRED_VALUE", "bad input", False),
    ("[50000090] malformed", "malformed request", False),
    # What is not there, or not allowed.
    ("[58490020] No account is found with accountId 2c92.", "not found", False),
    ("[50000040] Cannot find entity by key: 'A-1'.", "not found", False),
    ("Cannot find a Invoice instance with id test.", "not found", False),
    (
        "[50000040] The endpoint /v1/ramps does not exist. Please check the URL or refer to the API documentation.",
        "feature not enabled",
        False,
    ),
    ("no Route matched with those values", "feature not enabled", False),
    ("[53000010] Subscription api cannot be used when order is enabled.", "feature not enabled", False),
    ("[70770030] the Reverting Order API is not available", "feature not enabled", False),
    ("[50000010] Forbidden", "no permission", False),
    ("[90000011] this resource is protected, please sign in first", "not signed in", False),
    ("Failed to get user info", "not signed in", False),
    # Limits and errors of Zuora's own.
    (
        "[50000070] The total number of concurrent requests has exceeded the limit allowed by the system.",
        "limit reached",
        True,
    ),
    ("REQUEST_EXCEEDED_RATE", "limit reached", True),
    ("API_DISABLED", "API disabled", True),
    ("TEMPORARY_ERROR", "temporary error", True),
    ("TRANSACTION_TIMEOUT", "transaction timed out", True),
    ("TRANSACTION_TERMINATED", "transaction timed out", True),
    ("TRANSACTION_FAILED", "internal error", True),
    ("UNKNOWN_ERROR", "internal error", True),
    ("[40000061] Try again", "temporary error", True),
    ("504 Gateway Time-out", "gateway time-out", None),
    ("[40000099] The gateway is down", "integration error", None),
]


@pytest.mark.parametrize(("text", "title", "is_transient"), KNOWN)
def test_known_texts_have_a_title_and_are_transient_or_not(text: str, title: str, is_transient: bool | None) -> None:
    advice = advise_reason(read_reason(text))
    assert (advice.title, advice.is_transient) == (title, is_transient)
    assert advice.action


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("LOCK_COMPETITION", "lock contention"),
        ("SystemError", "internal error"),
        ("insufficient_funds", "payment declined"),
    ],
)
def test_a_code_can_be_a_word(code: str, title: str) -> None:
    assert advise_reason(Reason(code, "")).title == title


def test_every_category_has_one_rule_and_its_own_title() -> None:
    titles = {rule.category: rule.title for rule in RULES if rule.category is not None}
    assert set(titles) == set(Category)
    assert len(set(titles.values())) == len(Category)


def test_every_rule_says_what_to_do_in_sentences() -> None:
    for rule in RULES:
        for text in (rule.action or rule.completed, rule.completed, rule.meaning or "None."):
            assert re.fullmatch(r"[A-Z].*[.]", text), rule.title
        assert len(rule.title) <= 24


COMPLETED = {
    "order Pending": order_report(order_status="Pending"),
    "order Draft": order_report(order_status="Draft"),
    "order Scheduled": order_report(order_status="Scheduled"),
    "order Executing": order_report(order_status="Executing"),
    "order Cancelled": order_report(order_status="Cancelled"),
    "order Reverted": order_report(order_status="Reverted"),
    "order Failed": order_report(order_status="Failed"),
    "order status unknown": order_report(order_status="完了"),
    "no order status": order_report(order_status=""),
    "payment declined": order_report(payment=Payment(error_message="Card declined")),
    "payment failed": order_report(payment=Payment(status="Error")),
    "payment undone": order_report(payment=Payment(status="Voided")),
    "refund failed": order_report(refunds=(Refund(status="Error"),)),
    "write-off failed": order_report(write_offs=(WriteOff(status="Failed"),)),
    "no result": Report(status="Completed"),
    "unexpected form": order_report(malformed=("refunds",)),
    "not successful": order_report(success=False),
    "lock contention": order_report(reasons=(Reason("40000050", "locked"),)),
}


@pytest.mark.parametrize(("title", "report"), COMPLETED.items(), ids=COMPLETED)
def test_a_completed_job_is_never_to_be_submitted_again_without_a_check(title: str, report: Report) -> None:
    advice = advise(digest(report))
    assert advice.title == title
    assert advice.is_transient is not True
    assert re.search(r"Do not submit|do not submit|before (?:anything|you submit|another)", advice.text)
    assert not re.search(r"resubmit", advice.text)


def test_a_declined_card_of_a_failed_job_is_submitted_again_after_the_change() -> None:
    advice = advise(digest(Report(status="Failed", reasons=(read_reason(DECLINE.format("expired_card")),))))
    assert advice.text == (
        "The bank or the payment gateway refused the payment. The payment method of the account must be changed first; "
        "then resubmit the order from the system that posted it."
    )


@pytest.mark.parametrize(
    "report", [Report(status="Processing"), order_report(), Report(status="Completed", result=PreviewResult())]
)
def test_a_job_without_a_problem_needs_no_advice(report: Report) -> None:
    assert advise(digest(report)) is NO_ADVICE
    assert advise(None) is NO_ADVICE


TEXTS = st.text(max_size=40) | st.lists(
    st.sampled_from(
        [
            "the order is ",
            "tax ",
            "avalara ",
            "1000 ",
            "pending ",
            "orders ",
            "not ",
            "card",
            "no ",
            "exceed ",
            "\n",
            "'",
            '"',
            "[",
        ]
    ),
    max_size=30,
).map("".join)


@given(st.text(max_size=12) | st.sampled_from(["", "40000050", "40000099"]), TEXTS, st.booleans())
def test_any_text_gets_advice(code: str, message: str, is_completed: bool) -> None:
    advice = advise_reason(Reason(code, message), is_completed=is_completed)
    assert isinstance(advice, Advice)
    assert advice.title
    assert advice.action


@pytest.mark.parametrize(
    "piece",
    ["a", " ", "tax pending ", "no a", "exceed 100 ", "avalara 1000 ", "subscription cancelled ", "[", "feature "],
)
def test_hostile_text_takes_no_longer_than_any_other(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    advise_reason(Reason(text, text))
    assert time.process_time() - start < 0.05
    assert TEXT_LIMIT + CODE_LIMIT < 1_000


def test_an_unknown_type_in_a_bad_status_gets_advice() -> None:
    report = Report(status="Completed", result=OtherResult(job_type="X", fields={"status": "Pending"}))
    assert advise(digest(report)).title == "not successful"
