"""The view of related objects: what is read and when, what is shown of it, and the ways between objects."""

import base64
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.building import NOW, body, missed
from tests.support.reading import places, subscriptions, whole
from tests.support.related import account, has, order, read, reference, refused, subscription
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import Known, bring_response, staged
from tests.ui.sizes import NARROW_FIRST, WIDE_FIRST
from zjobtui.models.problem import ProblemKind
from zjobtui.models.related import ReadProblemKind, ReadResult

PENDING, EVERYTHING, RUNNING = "recorded-completed-order-pending", "derived-completed-everything", "recorded-processing"
ORDER, SUBSCRIPTION = reference("order", "O-00005577"), reference("subscription", "A-S00012346")
ACCOUNT = reference("account", "A00000218")
ITEM = "bd78c0522adf42c2aa0fccacc997fa20"


def pending() -> ScriptedEngine:
    """Return an engine with a job whose order is pending."""
    return has(staged(PENDING, PENDING), order(), subscription(), account())


async def to(view: ScreenView, text: str) -> None:
    """Move the cursor of the detail to the first line with this text."""
    detail = view.app._monitor._detail
    view.app._monitor.panes.focus_pane(detail)
    lines = ["".join(part for part, _ in detail.line(index)) for index in range(detail.count)]
    detail.go_to(next(index for index, line in enumerate(lines) if text in line))
    await view.settled()


def cursor_line(view: ScreenView) -> str:
    detail = view.app._monitor._detail
    return "".join(part for part, _ in detail.line(detail.cursor)).strip()


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_key_reads_the_order_once_and_nothing_else(size: tuple[int, int]) -> None:
    engine = pending()
    async with run_monitor(engine, size) as view:
        await view.press("5", "tab")
        shown = await whole(view)
        assert "Order O-00005577 Pending · 2026-11-20 · NewSales · read 14:00:00 UTC" in shown
        assert "no customer acceptance date on action 1, CreateSubscription of A-S00012346" in shown
        assert "PUT /v1/orders/O-00005577/triggerDates" in shown
        assert "Do not submit the order again" in shown
        assert "Created 2026-11-20 09:30:00 (no time zone given)" in shown
        assert "Subscription A-S00012346 not read" in shown
        await view.press("1", "5")
        assert engine.read == [ORDER]


async def test_nothing_is_read_without_a_request() -> None:
    engine = pending()
    async with run_monitor(engine) as view:
        await view.press("tab", "[", "]", "[", "home", "end", "y", "escape", "tab", "J", "K")
        assert "[5 Related]" in view.text
        assert "Order O-00005577 not read" in view.words
        bring_response(engine, 1, "documented-completed-order-pending", after=90.0)
        bring_response(engine, 2, RUNNING)
        view.app._monitor._tick()
        await view.settled()
        assert "Order OM-00002 not read" in view.words
        assert engine.read == []


@pytest.mark.slow
async def test_the_key_reads_the_order_of_the_job_to_which_the_user_has_just_moved() -> None:
    other = body(
        status="Completed", result={"jobType": "AsyncCreateOrder", "orderNumber": "O-2", "status": "Completed"}
    )
    engine = has(staged(PENDING, other), order(), order("O-2", "Completed"))
    async with run_monitor(engine) as view:
        await view.press("G")
        view.terminal.receive("g")
        view.terminal.receive("5")
        await view.until(lambda _: "NewSales · read" in view.words)
        assert engine.read == [ORDER]


EVERY: Sequence[tuple[ReadResult, str]] = [
    (
        read(
            "order",
            "O-00000042",
            {"order": {"orderNumber": "O-00000042", "status": "Completed", "orderDate": "2026-11-01"}},
        ),
        "Order O-00000042 Completed · 2026-11-01 · read 14:00:00 UTC",
    ),
    (
        subscription("A-S00000042"),
        "Subscription A-S00000042 Pending Acceptance · version 3 (not the latest) · TERMED · read 14:00:00 UTC",
    ),
    (
        read("order-line-item", ITEM, {"orderLineItem": {"id": ITEM, "itemState": "Booked", "amount": 250.0}}),
        f"Order line item {ITEM} Booked · 250.00 · read 14:00:00 UTC",
    ),
    (
        read(
            "invoice",
            "INV00000042",
            {
                "invoiceNumber": "INV00000042",
                "status": "Draft",
                "amount": 119,
                "balance": "119.00",
                "taxStatus": "TaxEngineError",
            },
        ),
        "Invoice INV00000042 Draft · balance 119.00 of 119.00 · tax TaxEngineError · read 14:00:00 UTC",
    ),
    (
        read(
            "credit-memo",
            "CM00000007",
            {"number": "CM00000007", "status": "Posted", "amount": 50, "unappliedAmount": 50},
        ),
        "Credit memo CM00000007 Posted · unapplied 50.00 of 50.00 · read 14:00:00 UTC",
    ),
    (
        read(
            "payment",
            "P-00000042",
            {
                "number": "P-00000042",
                "status": "Error",
                "amount": 9,
                "gatewayResponseCode": "51",
                "gatewayResponse": "declined",
            },
        ),
        "Payment P-00000042 Error · 9.00 · 51: declined · read 14:00:00 UTC",
    ),
    (account("A00000042"), "Account A00000042 Active · Acme Ltd · balance 12.50 · read 14:00:00 UTC"),
]


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_every_kind_of_object_is_read_with_enter_and_shown_with_its_time(size: tuple[int, int]) -> None:
    engine = has(staged(EVERYTHING), *(result for result, _ in EVERY))
    async with run_monitor(engine, size) as view:
        await view.press("]", "]", "]", "]")
        for result, _ in EVERY:
            key = result.reference.key
            await to(view, key[:20])
            await view.press("enter")
        assert engine.read == [result.reference for result, _ in EVERY]
        shown = await whole(view)
        assert [text for _, text in EVERY if text not in shown] == []
        assert "Erika" not in shown


PROBLEMS: Sequence[tuple[ReadResult, str]] = [
    (
        read(
            "order",
            "O-00005577",
            {"success": False, "reasons": [{"code": 50000040, "message": "Cannot find entity"}]},
            404,
        ),
        "Zuora did not find order O-00005577 in this tenant: Cannot find entity.",
    ),
    (
        read("order", "O-00005577", {"message": "no Route matched with those values"}, 404),
        "The gateway in front of this tenant has no route for reading any order: no Route matched with those values.",
    ),
    (refused("order", "O-00005577", ReadProblemKind.FEATURE_OFF), "This tenant cannot return any order: the feature"),
    (refused("order", "O-00005577", ReadProblemKind.FORBIDDEN), "Zuora does not show order O-00005577 to the user of"),
    (refused("order", "O-00005577", ReadProblemKind.SIGNED_OUT), "Signed out: order O-00005577 was not read"),
    (refused("order", "O-00005577", ReadProblemKind.THROTTLED), "The tenant accepts no calls now"),
    (
        refused("order", "O-00005577", ReadProblemKind.DAY_USED_UP),
        "The calls that zjobtui may send to this tenant in a day",
    ),
    (
        refused("order", "O-00005577", ReadProblemKind.UNREACHABLE),
        "The host could not be reached or did not respond in time",
    ),
    (
        refused("order", "O-00005577", ReadProblemKind.UNREADABLE),
        "The response is not about order O-00005577, so nothing of it",
    ),
    (
        refused("order", "O-00005577", ReadProblemKind.TOO_LARGE),
        "The response about order O-00005577 is too large, so nothing",
    ),
]


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_failed_read_shows_its_sentence_with_its_time(size: tuple[int, int]) -> None:
    engine = pending()
    async with run_monitor(engine, size) as view:
        await view.press("5")
        await to(view, "Order O-00005577")
        for after, (problem, sentence) in enumerate(PROBLEMS, 1):
            has(engine, problem)
            engine.clock.at = NOW + after
            await view.press("r")
            assert sentence.removesuffix(".") in view.words, sentence
            assert f" · tried 14:00:{after:02} UTC" in view.words
            assert ". · " not in view.words
            assert "NewSales" not in view.words
        assert engine.read == [ORDER] * (1 + len(PROBLEMS))
        assert engine.asked == []


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_while_an_object_is_read_the_view_says_so(size: tuple[int, int]) -> None:
    engine = staged(PENDING)
    async with run_monitor(engine, size) as view:
        await view.press("5")
        assert "Order O-00005577 reading… 0.0s" in view.words
        await view.press("5", "5")
        engine.clock.at += 3
        view.app._monitor._tick()
        await view.settled()
        assert "Order O-00005577 reading… 3.0s" in view.words
        assert engine.read == [ORDER]
        engine.pending[ORDER].set_result(order())
        await view.settled()
        assert "Order O-00005577 Pending · 2026-11-20 · NewSales · read 14:00:00 UTC" in view.words
        assert "reading…" not in view.text
        await to(view, "Order O-00005577")
        await view.press("r")
        assert "read 14:00:00 UTC · reading… 0.0s" in view.words


@pytest.mark.slow
async def test_an_engine_that_ends_during_a_read_is_reported() -> None:
    engine = staged(PENDING)
    async with run_monitor(engine) as view:
        await view.press("5")
        engine.pending[ORDER].cancel()
        await view.settled()
        assert "The tenant cannot be read: the read was interrupted · tried" in view.words


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_enter_on_a_number_in_the_summary_opens_its_record_and_backspace_returns(size: tuple[int, int]) -> None:
    engine = pending()
    async with run_monitor(engine, size) as view:
        await to(view, "A-S00012346")
        before = view.detail
        await view.press("enter")
        assert cursor_line(view).startswith("▾ Subscription A-S00012346")
        assert "Customer acceptance date not given" in view.words
        assert engine.read == [SUBSCRIPTION]
        await view.press("backspace")
        assert view.detail == before


@pytest.mark.slow
async def test_a_record_leads_to_others_and_back() -> None:
    engine = has(staged(PENDING), order(), subscription(), account())
    invoice = {"invoiceNumber": "INV1", "status": "Posted", "accountId": "8ad08ccf7f3c1b6a017f3c2f1a2b0001"}
    has(
        engine,
        read("invoice", "INV1", invoice),
        read("account", "A9", {"basicInfo": {"accountNumber": "A9", "name": "B"}}),
    )
    async with run_monitor(engine, (140, 60)) as view:
        await view.press("5")
        await to(view, "▸ A-S00012346")
        await view.press("enter")
        assert cursor_line(view).startswith("▾ Subscription A-S00012346")
        await to(view, "Account number")
        place = cursor_line(view)
        await view.press("enter")
        assert cursor_line(view).startswith("▾ Account A00000218")
        assert engine.read == [ORDER, SUBSCRIPTION, ACCOUNT]
        await view.press("backspace")
        assert cursor_line(view) == place
        await view.press("backspace")
        assert cursor_line(view).startswith("▸ A-S00012346")
        await view.press("backspace")
        assert "[1 Summary]" in view.text
        assert engine.read == [ORDER, SUBSCRIPTION, ACCOUNT]


@pytest.mark.slow
async def test_an_account_is_the_same_by_its_id_and_by_its_number() -> None:
    result = {"jobType": "AsyncCreateOrder", "orderNumber": "O-1", "status": "Completed", "accountNumber": "A00000218"}
    engine = staged(body(status="Completed", result={**result, "invoiceNumbers": ["INV1"]}))
    invoice = {"invoiceNumber": "INV1", "status": "Posted", "accountId": "8ad08ccf7f3c1b6a017f3c2f1a2b0001"}
    has(engine, order("O-1"), account(), read("invoice", "INV1", invoice))
    async with run_monitor(engine, (140, 60)) as view:
        await view.press("]", "]", "]", "]")
        for line in ("Account A00000218", "Invoice INV1", "▸ More"):
            await to(view, line)
            await view.press("enter")
        await to(view, "▾ Invoice INV1")
        await view.press("down")
        detail = view.app._monitor._detail
        while "More" not in cursor_line(view):
            detail.go_to(detail.cursor + 1)
        await view.settled()
        await view.press("right")
        await to(view, "Account id")
        await view.press("enter")
        assert cursor_line(view).startswith("▾ Account A00000218")
        assert engine.read == [ACCOUNT, reference("invoice", "INV1")]


@pytest.mark.slow
async def test_several_numbers_on_a_line_are_shown_but_not_read() -> None:
    engine = staged(EVERYTHING)
    async with run_monitor(engine, (140, 60)) as view:
        await to(view, "INV00000042, INV00000043")
        await view.press("enter")
        assert "▾ Invoices (2) none read" in view.words
        assert cursor_line(view).startswith("Invoice INV00000042")
        assert engine.read == []


@pytest.mark.parametrize("size", NARROW_FIRST)
@pytest.mark.slow
async def test_the_response_of_an_object_is_shown_searched_and_dropped(size: tuple[int, int]) -> None:
    engine = has(staged(PENDING), account(), order())
    async with run_monitor(engine, size) as view:
        await view.press("5")
        await to(view, "Account A00000218")
        await view.press("enter")
        await to(view, "▾ Account")
        detail = view.app._monitor._detail
        while "Raw response" not in cursor_line(view):
            detail.go_to(detail.cursor + 1)
        await view.press("enter")
        assert '"firstName": "Erika"' in await whole(view)
        await view.press("/", *"balance", "enter")
        assert "1 of 1" in view.text
        await view.press("escape", "escape")
        assert cursor_line(view).startswith("Raw response")
        await view.press("1", "5")
        shown = await whole(view)
        assert "Raw response not kept" in shown
        assert "Account A00000218 Active" in shown


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_result_of_a_read_is_a_remark_in_the_summary(size: tuple[int, int]) -> None:
    engine = pending()
    async with run_monitor(engine, size) as view:
        assert "Order as read" not in view.words
        await view.press("5", "1")
        remark = (
            "▸ Order as read Pending · no customer acceptance date on action 1, CreateSubscription of A-S00012346 · "
            "read 14:00:00 UTC"
        )
        assert remark in view.words
        assert "! needs attention" in view.words


@pytest.mark.parametrize(
    ("fields", "remark"),
    [
        ({"status": "Completed"}, "Completed · read 14:00:00 UTC"),
        ({"status": "Draft"}, "Draft · The order is a draft: no part of it is in force until it is activated. · read"),
        (
            {"status": "Scheduled", "schedulingOptions": {"scheduledDate": "2026-12-24"}},
            "Scheduled · The order is scheduled: it runs after 00:00, in the tenant's time zone, on 2026-12-24. · read",
        ),
        (
            {
                "status": "Failed",
                "schedulingOptions": {"scheduledDate": "2026-12-24"},
                "scheduledOrderActivationResponse": {"success": False, "reasons": [{"code": 1, "message": "too late"}]},
            },
            "Failed · Zuora's reason: [1] too late · read",
        ),
    ],
)
@pytest.mark.slow
async def test_the_remark_says_when_a_scheduled_order_runs_and_why_it_failed(
    fields: dict[str, Any], remark: str
) -> None:
    engine = has(staged(PENDING), order(**fields))
    async with run_monitor(engine, (200, 40)) as view:
        await view.press("5", "1")
        assert f"Order as read {remark}" in view.words


@pytest.mark.slow
async def test_r_reads_again_only_in_the_view() -> None:
    engine = pending()
    async with run_monitor(engine) as view:
        await view.press("5", "r")
        assert (len(engine.asked), engine.read) == (1, [ORDER])
        await to(view, "Order date")
        engine.clock.at += 60
        await view.press("r")
        assert (len(engine.asked), engine.read) == (1, [ORDER, ORDER])
        assert "read 14:01:00 UTC" in view.words


@pytest.mark.slow
async def test_the_number_of_a_record_can_be_copied() -> None:
    async with run_monitor(pending()) as view:
        await view.press("5")
        await to(view, "Account number")
        await view.press("y", "enter")
        copied = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", view.sent)
        assert [base64.b64decode(text).decode() for text in copied] == ["A00000218"]


@pytest.mark.parametrize("size", WIDE_FIRST)
@pytest.mark.slow
async def test_a_filter_shows_only_matching_lines(size: tuple[int, int]) -> None:
    async with run_monitor(pending(), size) as view:
        await view.press("5", "tab", "/", *"acceptance date", "enter")
        shown = await whole(view)
        assert "▾ Order O-00005577" in shown
        assert "no customer acceptance date" in shown
        assert "NewSales category" not in shown
        assert "Description" not in shown
        assert "“acceptance date”" in view.text
        await view.press("escape")
        assert "Order date" in await whole(view)


@pytest.mark.slow
async def test_three_hundred_subscriptions_are_folded_and_cut_lists_are_marked() -> None:
    plans = [{"ratePlanName": f"plan {number}", "productName": "p"} for number in range(300)]
    engine = has(staged(subscriptions(300)), subscription("A-S00000001", ratePlans=plans))
    async with run_monitor(engine, (140, 60)) as view:
        await view.press("]", "]", "]", "]")
        assert "▸ Subscriptions (300) none read" in view.words
        await to(view, "Subscriptions (300)")
        await view.press("enter", "down", "enter")
        assert "Rate plans (300) the response has 300 or more" in view.words
        assert engine.read == [reference("subscription", "A-S00000001")]


async def test_left_leads_to_the_group_around_a_line_also_if_one_number_begins_as_another() -> None:
    numbers = ["INV1", "INV10"]
    result = {"jobType": "AsyncCreateOrder", "orderNumber": "O-2", "status": "Completed", "invoiceNumbers": numbers}
    read_invoice = read("invoice", "INV1", {"success": True, "invoiceNumber": "INV1", "status": "Posted"})
    engine = has(staged(body(status="Completed", result=result)), read_invoice)
    async with run_monitor(engine, (140, 60)) as view:
        await view.press("]", "]", "]", "]")
        await to(view, "Invoice INV1 ")
        await view.press("enter", "right")
        assert "▾ Invoice INV1 Posted" in view.words
        await to(view, "Invoice INV10")
        await view.press("left")
        assert "Invoices (2)" in cursor_line(view)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (RUNNING, "The job has no result yet."),
        (missed(ProblemKind.NOT_FOUND), "Zuora does not know this job, so there is no result."),
        ("recorded-failed-lock", "The result of the job names no object that can be read."),
        ("derived-preview", "The result of the job names no object that can be read."),
    ],
)
async def test_a_job_that_names_nothing_reads_nothing_and_names_no_keys(result: Known, text: str) -> None:
    engine = staged(result)
    async with run_monitor(engine) as view:
        await view.press("5")
        assert text in view.words
        assert "Enter reads" not in view.words
        assert engine.read == []


@pytest.mark.slow
async def test_the_view_fits_a_tiny_terminal() -> None:
    engine = pending()
    async with run_monitor(engine, (30, 8)) as view:
        await view.press("enter", "5")
        shown = await whole(view)
        assert "Order O-00005577 Pending" in shown
        assert "no customer acceptance" in shown
        assert view.crooked() == []


@pytest.mark.slow
async def test_a_click_on_the_tab_reads_the_order() -> None:
    engine = pending()
    async with run_monitor(engine) as view:
        await view.click("5 Related")
        assert engine.read == [ORDER]
        assert places(view, "Order O-00005577")
