"""What an order that is not in force lacks, in words that claim no more than the response says."""

from zjobtui.models.pending import explain, missing_dates
from zjobtui.models.reason import Reason
from zjobtui.models.related import Reference, References, RelatedKind
from zjobtui.models.related_details import OrderAction, OrderDetails, OrderSubscription, TriggerDate
from zjobtui.models.report import OrderLineItem, OrderResult, Payment, Report, Subscription

EFFECTIVE = TriggerDate(name="ContractEffective", date="2026-01-01")
ALL = (
    EFFECTIVE,
    TriggerDate(name="ServiceActivation", date="2026-01-01"),
    TriggerDate(name="CustomerAcceptance", date="2026-01-01"),
)


def order(*actions: OrderAction, status: str = "Pending") -> OrderDetails:
    subscription = OrderSubscription(number="A-S1", actions=actions)
    return OrderDetails(number="O-1", status=status, subscriptions=(subscription,))


def texts(*actions: OrderAction) -> list[str]:
    return [str(each) for each in missing_dates(order(*actions))]


def test_each_missing_date_is_named_with_its_action_and_subscription() -> None:
    empty = TriggerDate(name="CustomerAcceptance")
    action = OrderAction(type="CreateSubscription", dates=(EFFECTIVE, empty), undated_charges=("C-1",))
    assert texts(action, OrderAction(type="AddProduct", dates=ALL)) == [
        "no service activation date on action 1, CreateSubscription of A-S1",
        "no customer acceptance date on action 1, CreateSubscription of A-S1",
        "no trigger date of charge C-1 on action 1, CreateSubscription of A-S1",
    ]


def test_actions_that_cannot_be_pending_lack_no_date() -> None:
    assert texts(OrderAction(type="CancelSubscription"), OrderAction(type="Suspend")) == []
    assert len(texts(OrderAction(type="SomethingNew"))) == 3


def test_a_pending_order_states_what_is_missing_but_not_why() -> None:
    state = explain(
        order(OrderAction(type="RenewSubscription", dates=ALL[:2])),
        {"A-S1": "Pending Acceptance", "A-S2": "Pending Activation"},
    )
    assert state is not None
    assert state.headline == "The order exists but is not in force: dates are missing."
    assert [each.what for each in state.missing] == ["customer acceptance date"]
    assert state.facts[0] == "Subscription A-S1 is Pending Acceptance."
    assert not any("A-S2" in fact for fact in state.facts)
    text = " ".join((state.headline, *state.facts, *state.remedies))
    assert "the reason" not in text
    assert "Customers › Orders › the order › Complete" in text
    assert "PUT /v1/orders/O-1/triggerDates" in text
    assert "Do not submit the order again" in text


def test_missing_information_is_not_guessed() -> None:
    dated, unreadable = explain(order(OrderAction(dates=ALL))), explain(order(OrderAction(has_dates=False)))
    assert dated is not None
    assert unreadable is not None
    assert (dated.headline, dated.missing) == ("The order exists but is not in force.", ())
    assert "No date is missing" in dated.facts[0]
    assert not any("missing" in remedy for remedy in dated.remedies)
    assert any("Do not submit the order again" in remedy for remedy in dated.remedies)
    assert (unreadable.missing, "no readable trigger dates" in unreadable.facts[0]) == ((), True)


def test_a_list_that_zuora_may_have_truncated_is_not_taken_as_complete() -> None:
    cut = explain(order(*[OrderAction(dates=ALL)] * 300))
    assert cut is not None
    assert cut.facts == (
        "No date is missing in the part of the order that the response contains.",
        "Zuora cuts lists off at 300 rows, and one list has that many, so more may be missing.",
    )
    assert "Fill in the missing dates" in cut.remedies[0]


def test_a_scheduled_order_says_when_and_why_it_failed() -> None:
    scheduled = explain(OrderDetails(status="Scheduled", scheduled_date="2026-12-01"))
    reasons = (Reason("53100020", "no plan"),)
    failed = explain(OrderDetails(status="Failed", scheduled_date="2026-12-01", activation_reasons=reasons))
    assert scheduled is not None
    assert failed is not None
    assert "after 00:00, in the tenant's time zone, on 2026-12-01" in scheduled.headline
    assert failed.headline == "The order was scheduled and failed on 2026-12-01."
    assert failed.facts == ("Zuora's reason: [53100020] no plan",)


def test_a_draft_says_how_to_activate_it_and_a_completed_order_needs_nothing() -> None:
    draft = explain(OrderDetails(number="O-1", status="Draft"))
    assert draft is not None
    assert "PUT /v1/orders/O-1/activate" in draft.remedies[0]
    assert explain(OrderDetails(status="Completed")) is None


def test_the_objects_of_a_result_are_read_by_number_the_urgent_first() -> None:
    id_ = "8ad0a8e4be35a2c00ec7f559789208f7"
    result = OrderResult(
        order_number="O-1",
        account_number="A1",
        subscriptions=(Subscription(number="A-S1", status="Active"), Subscription(number="A-S2", status="Pending")),
        order_line_items=(OrderLineItem(id=id_, number="1"), OrderLineItem(number="2")),
        invoices=("INV1", id_),
        payment=Payment(number="P-1"),
    )
    assert Report(status="Completed", result=result).references == References(
        (
            Reference(RelatedKind.ORDER, "O-1"),
            Reference(RelatedKind.SUBSCRIPTION, "A-S2"),
            Reference(RelatedKind.SUBSCRIPTION, "A-S1"),
            Reference(RelatedKind.ORDER_LINE_ITEM, id_),
            Reference(RelatedKind.INVOICE, "INV1"),
            Reference(RelatedKind.PAYMENT, "P-1"),
            Reference(RelatedKind.ACCOUNT, "A1"),
        ),
        ("1 order line items without an id: Zuora returns them only by their id",),
    )
    assert Report(status="Completed", result=OrderResult(order_id=id_)).references.unreadable
    assert Report(status="Processing").references == References()
