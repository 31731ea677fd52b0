import pytest

from tests.support.building import body, job
from tests.support.scripted import ScriptedEngine
from tests.support.seeing import Sight, flowing, looking_at
from tests.support.staging import staged, tell
from zjobtui.domain.observation import Missed
from zjobtui.domain.problem import Problem, ProblemKind

DONE = "recorded-completed-localised"
FAILED = "recorded-failed-lock"
WAITING = "recorded-processing"
SIZES = [(140, 40), (80, 24)]


def subscriptions(count: int, **odd: str) -> bytes:
    """A completed order of that many subscriptions, all Active but for those that are named as `s7="Suspended"`."""
    made = [
        {"subscriptionNumber": f"A-S{number:08}", "status": odd.get(f"s{number}", "Active")}
        for number in range(1, count + 1)
    ]
    result = {"jobType": "AsyncCreateOrder", "orderNumber": "O-1", "status": "Completed", "subscriptions": made}
    return body(status="Completed", errors=None, result=result)


def places(sight: Sight, holding: str) -> list[int]:
    return [number for number, line in enumerate(sight.detail) if holding in line]


async def to_line(sight: Sight, holding: str) -> None:
    """Moves the cursor of the detail down to a line."""
    await sight.press("tab", "home", *["down"] * cursor_steps(sight, holding))


def place_of_cursor(sight: Sight) -> int:
    """Which line of the detail looks unlike the others."""
    row = sight.rows.index(next(row for row in sight.rows if "╭─" in row))
    column = sight.rows[row].rindex("╭─") + 1
    buffer = sight.glass.display.screen.buffer
    looks = [buffer[row + 1 + y][column].bg for y in range(len(sight.detail))]
    usual = max(set(looks), key=looks.count)
    (place,) = [y for y, look in enumerate(looks) if look != usual]
    return place


def cursor_steps(sight: Sight, holding: str) -> int:
    (place,) = places(sight, holding)
    return place


@pytest.mark.parametrize("size", SIZES)
async def test_the_detail_opens_with_verdict_time_and_sentence(size: tuple[int, int]) -> None:
    engine = staged("recorded-completed-order-pending", labels=("CS-4390",))
    engine.clock.at += 240
    async with looking_at(engine, size) as sight:
        assert sight.detail_title == "CS-4390 · 00000001…e73bdceb"
        assert sight.detail[0] == " ! needs attention · ended 4m ago"
        assert "Job completed, but the order is Pending" in sight.words


async def test_without_a_label_the_border_says_the_whole_id() -> None:
    async with looking_at(staged(WAITING)) as sight:
        assert sight.detail_title == job(1).id.given


async def test_what_an_order_made_stands_in_groups_with_their_sums() -> None:
    async with looking_at(staged("derived-completed-everything"), size=(140, 60)) as sight:
        lines = [flowing(line) for line in sight.detail]
        for line in (
            "Order O-00000042 · Completed",
            "▾ Subscriptions (3) 1 Active, 1 Suspended, 1 Cancelled",
            "▾ Order line items (2)",
            "▾ Refunds (1)",
            "▾ Write-offs (1)",
            "▾ Ramps (1)",
            "▾ Commitments (1)",
        ):
            assert line in lines
        assert "Invoices INV00000042, INV00000043" in sight.words
        assert "Payment P-00000042 · 1,250.50 · Error" in sight.words
        assert "Payment error INSUFFICIENT_FUNDS Card declined by the gateway" in sight.words


async def test_of_three_hundred_subscriptions_first_the_sum_is_seen_and_the_odd_ones_come_first() -> None:
    engine = staged(subscriptions(300, s100="Pending Acceptance", s200="Pending Acceptance"))
    async with looking_at(engine) as sight:
        assert "▸ Subscriptions (300) 298 Active, 2 Pending Acceptance" in sight.words
        assert "A-S0" not in sight.text
        await to_line(sight, "Subscriptions (300)")
        await sight.press("enter")
        (heading,) = places(sight, "▾ Subscriptions (300)")
        assert [line.split() for line in sight.detail[heading + 1 : heading + 4]] == [
            ["A-S00000100", "Pending", "Acceptance"],
            ["A-S00000200", "Pending", "Acceptance"],
            ["A-S00000001", "Active"],
        ]
        await sight.press("end", "up", "up", "up")
        assert "A-S00000300" in sight.text


async def test_enter_right_and_left_open_and_close_a_group() -> None:
    async with looking_at(staged("derived-completed-everything"), size=(140, 60)) as sight:
        await to_line(sight, "Order line items (2)")
        for key, is_open in (("left", False), ("left", False), ("right", True), ("enter", False), ("space", True)):
            await sight.press(key)
            assert bool(places(sight, "bd78c0522adf42c2aa0fccacc997fa20")) == is_open, key
            assert bool(places(sight, "▾ Order line items (2)")) == is_open, key


async def test_left_within_a_group_goes_to_its_heading() -> None:
    async with looking_at(staged("derived-completed-everything"), size=(140, 60)) as sight:
        await to_line(sight, "Order line items (2)")
        await sight.press("down", "down", "left", "left")
        assert places(sight, "▸ Order line items (2)")


async def test_a_subscription_opens_to_its_own_fields() -> None:
    async with looking_at(staged("derived-completed-everything"), size=(140, 60)) as sight:
        assert "8ad08ccf7f3c1b6a017f3c2f1a2b0003" not in sight.text
        await to_line(sight, "A-S00000042  Active")
        await sight.press("right")
        assert "8ad08ccf7f3c1b6a017f3c2f1a2b0003" in sight.text


async def test_a_click_opens_and_closes_a_group_once_the_cursor_is_on_it() -> None:
    async with looking_at(staged("derived-completed-everything"), size=(140, 60)) as sight:
        await sight.click("▾ Order line items")
        if places(sight, "▾ Order line items"):
            await sight.click("▾ Order line items")
        assert places(sight, "▸ Order line items")
        await sight.click("▸ Order line items")
        assert places(sight, "▾ Order line items")


async def test_what_was_opened_or_closed_stays_so_when_new_data_comes() -> None:
    engine = staged("recorded-completed-order-pending", WAITING)
    tell(engine, 1, subscriptions(40))
    async with looking_at(engine) as sight:
        await sight.press("down")
        await to_line(sight, "▸ Subscriptions (40)")
        await sight.press("enter")
        assert places(sight, "▾ Subscriptions (40)")
        tell(engine, 1, subscriptions(40, s9="Suspended"))
        await sight.settled()
        assert places(sight, "▾ Subscriptions (40)  39 Active, 1 Suspended")
        assert "A-S00000009  Suspended" in sight.text


async def test_the_cursor_of_the_detail_stays_on_its_line_when_new_data_comes() -> None:
    engine = staged(subscriptions(5))
    async with looking_at(engine) as sight:
        await to_line(sight, "A-S00000002")
        tell(engine, 1, subscriptions(9, s7="Suspended"))
        await sight.settled()
        assert place_of_cursor(sight) == cursor_steps(sight, "A-S00000002")


async def test_another_job_is_read_from_its_top() -> None:
    engine = staged(subscriptions(90), subscriptions(90))
    async with looking_at(engine) as sight:
        await to_line(sight, "Subscriptions (90)")
        await sight.press("enter", "end", "escape", "down")
        assert sight.detail[0].startswith(" ✓ done")


async def test_a_preview_shows_documents_items_and_totals() -> None:
    async with looking_at(staged("derived-preview"), size=(200, 60)) as sight:
        assert "Preview completed: 1 invoice, 1 credit memo." in sight.words
        assert "▾ Invoices (1) 17.99 (14.99 + tax 3.00)" in sight.words
        assert "▾ Credit memos (1) -5.00" in sight.words
        assert "▸ Monthly Fee 17.99 (14.99 + tax 3.00) · Charge · 2026-07-01 to 2026-07-31" in sight.words
        assert "▸ Loyalty discount -5.00 · Discount" in sight.words
        assert "▸ Metrics" in sight.words


@pytest.mark.parametrize("size", [(140, 40), (80, 40)])
async def test_a_failure_shows_code_message_meaning_and_what_support_asks_for(size: tuple[int, int]) -> None:
    async with looking_at(staged(FAILED), size) as sight:
        await sight.press("tab")
        for words in (
            "✗ failed · ended just now",
            "Error 40000050 · lock contention",
            "Message Operation failed due to a lock competition, please retry later.",
            "Request id d7479cf6-b410-4630-b841-268ccd48f0d2",
            "Track id 5b0c3bd6d1a94c6c8a3f3f6a3d6b1d11",
            "Time 2026-11-23T14:00:00Z",
            "Answer HTTP 200 · 84 ms",
        ):
            assert words in sight.words or words in await whole(sight)
        assert "Means " in await whole(sight)


async def whole(sight: Sight) -> str:
    """Everything in the detail, scrolled from top to bottom."""
    await sight.press("home")
    parts = [sight.words]
    for _ in range(40):
        await sight.press("pagedown")
        parts.append(sight.words)
        if len(parts) > 2 and parts[-1] == parts[-2]:
            break
    return " ".join(parts)


async def test_the_raw_answer_opens_to_the_body_as_it_came() -> None:
    told = b'{"success":true,"status":"Completed","result":{"amount":1.10,"id":12345678901234567890123}}'
    async with looking_at(staged(told), size=(140, 60)) as sight:
        assert '"amount"' not in sight.text
        await to_line(sight, "▸ Raw answer")
        await sight.press("enter")
        assert '"amount": 1.10,' in sight.text
        assert '"id": 12345678901234567890123' in sight.text


async def test_the_timeline_tells_every_change_with_the_time_between() -> None:
    engine = staged(WAITING)
    tell(engine, 1, WAITING, after=5)
    tell(engine, 1, FAILED, after=264)
    engine.label([job(1)], "CS-7")
    async with looking_at(engine) as sight:
        (heading,) = places(sight, "Timeline  (4)")
        told = flowing("\n".join(sight.detail[heading:]))
        assert told.startswith(
            "▾ Timeline (4) 14:00:00 UTC added test 14:00:00 UTC Zuora is working on it. "
            "14:04:29 UTC Job failed, lock contention: Operation failed due to a lock competition, please retry later."
            " · after 4m 29s 14:04:29 UTC labelled CS-7"
        )


async def test_the_detail_follows_its_job_without_a_key() -> None:
    engine = staged(WAITING)
    async with looking_at(engine) as sight:
        assert sight.detail[0] == " ◌ waiting · just added"
        tell(engine, 1, FAILED, after=20)
        await sight.settled()
        assert sight.detail[0] == " ✗ failed · ended just now"
        assert "40000050" in sight.words


async def test_a_failed_call_is_told_and_the_last_good_answer_kept() -> None:
    engine = staged(WAITING)
    async with looking_at(engine) as sight:
        tell(engine, 1, Missed(Problem(ProblemKind.TIMED_OUT, "no answer within 20 s"), 0.0), after=30)
        await sight.settled()
        assert sight.detail[0] == " ◌ waiting · last answer 30s ago"
        assert "The last call failed: timed out: no answer within 20 s." in sight.words
        assert "Zuora is working on it." in sight.words


async def test_a_later_contradiction_is_shown_beside_the_final_answer() -> None:
    engine = staged(DONE)
    tell(engine, 1, WAITING)
    async with looking_at(engine) as sight:
        assert "Asked again, Zuora says Processing; the final answer is kept." in sight.words
        assert sight.detail[0].startswith(" ✓ done")


async def test_an_archive_that_fails_leaves_the_watch_and_says_why() -> None:
    class Broken:
        def seen(self, _job: object) -> None:
            raise OSError("the disk is gone")

        timeline = seen

    engine: ScriptedEngine = staged(DONE)
    engine.archive = Broken()  # type: ignore[assignment]  # it is broken on purpose
    async with looking_at(engine) as sight:
        assert "Order completed: 1 subscription." in sight.words
        engine.publish()
        await sight.until("the disk is gone")


async def test_a_long_message_is_wrapped_and_nothing_of_it_is_lost() -> None:
    words = [f"word{number}" for number in range(120)]
    told = body(status="Failed", errors=f"[40000060]: {' '.join(words)}", result=None)
    async with looking_at(staged(told), size=(100, 60)) as sight:
        shown = await whole(sight)
        assert all(word in shown for word in words)


async def test_times_of_another_day_have_a_date() -> None:
    engine = staged(DONE)
    engine.clock.at += 86_400
    async with looking_at(engine) as sight:
        assert "Ended Nov 23 14:00:00 UTC" in sight.words
