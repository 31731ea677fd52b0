import pytest

from tests.support.building import body
from tests.support.reading import places, subscriptions, to_line, whole
from tests.support.seeing import Sight, flowing, looking_at
from tests.support.staging import staged, tell
from tests.ui.sizes import NARROW_FIRST

pytestmark = pytest.mark.slow

DONE = "recorded-completed-localised"
FAILED = "recorded-failed-lock"


@pytest.mark.parametrize("size", [(140, 60), (80, 100)])
async def test_the_results_of_an_order_are_grouped_with_sums(size: tuple[int, int]) -> None:
    async with looking_at(staged("derived-completed-everything"), size) as sight:
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


@pytest.mark.parametrize("size", [(140, 40), (80, 40)])
async def test_unusual_subscriptions_of_three_hundred_come_first(
    size: tuple[int, int],
) -> None:
    engine = staged(subscriptions(300, s100="Pending Acceptance", s200="Pending Acceptance"))
    async with looking_at(engine, size) as sight:
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


async def test_a_preview_shows_documents_items_and_totals() -> None:
    async with looking_at(staged("derived-preview"), size=(200, 60)) as sight:
        assert "Preview completed: 1 invoice, 1 credit memo." in sight.words
        assert "▾ Invoices (1) 17.99 (14.99 + tax 3.00)" in sight.words
        assert "▾ Credit memos (1) -5.00" in sight.words
        assert "▸ Monthly Fee 17.99 (14.99 + tax 3.00) · Charge · 2026-07-01 to 2026-07-31" in sight.words
        assert "▸ Loyalty discount -5.00 · Discount" in sight.words
        assert "▸ Metrics" in sight.words


@pytest.mark.parametrize("size", [(140, 40), (80, 40)])
async def test_a_failure_shows_error_meaning_next_step_and_support_details(
    size: tuple[int, int],
) -> None:
    async with looking_at(staged(FAILED), size) as sight:
        await sight.press("tab")
        assert (
            "Error 40000050 · lock contention "
            "Message Operation failed due to a lock competition, please retry later. "
            "Meaning Another call or a bill run held the account at that moment. "
            "Next step Zuora asks to retry later; zjobtui only reads, so submit it again where it came from. "
            "For support request id d7479cf6-b410-4630-b841-268ccd48f0d2 · track id 5b0c3bd6d1a94c6c8a3f3f6a3d6b1d11 "
            "· 2026-11-23T14:00:00Z · press y to copy"
        ) in await whole(sight)


async def test_a_long_message_is_wrapped_and_nothing_of_it_is_lost() -> None:
    words = [f"word{number}" for number in range(120)]
    text_shown = body(status="Failed", errors=f"[40000060]: {' '.join(words)}", result=None)
    async with looking_at(staged(text_shown), size=(100, 60)) as sight:
        shown = await whole(sight)
        assert all(word in shown for word in words)


async def test_times_of_another_day_have_a_date() -> None:
    engine = staged(DONE)
    engine.clock.at += 86_400
    async with looking_at(engine) as sight:
        assert "Ended Nov 23 14:00:00" in sight.words


def filtered_rows(sight: Sight) -> list[str]:
    """Return the rows below the heading of the subscriptions."""
    heading = next(place for place, line in enumerate(sight.detail) if "Subscriptions (" in line)
    return [flowing(line) for line in sight.detail[heading:] if "Subscriptions (" in line or "A-S" in line]


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_slash_filters_the_subscriptions_with_every_key(size: tuple[int, int]) -> None:
    engine = staged(subscriptions(300, s120="Suspended"))
    async with looking_at(engine, size) as sight:
        await sight.press("tab", "/")
        assert "filter subscriptions and order line items" in sight.rows[-2]
        await sight.press(*"s0000012")
        heading, *rows = filtered_rows(sight)
        assert heading.startswith("▾ Subscriptions (10 of 300)")
        assert rows[0] == "A-S00000120 Suspended"
        assert len(rows) == 10 or size == (80, 24)
        assert "10 of 300 · “s0000012”" in sight.text
        await sight.press(*" susp", "enter")
        assert filtered_rows(sight)[1:] == ["A-S00000120 Suspended"]
        assert "1 of 300 · “s0000012 susp”" in sight.text
        tell(engine, 1, subscriptions(301, s129="Suspended"))
        await sight.settled()
        assert filtered_rows(sight)[1:] == ["A-S00000129 Suspended"]
        await sight.press("escape", "home")
        assert "▸ Subscriptions (301)" in await whole(sight)
        assert "susp”" not in sight.text


async def test_escape_clears_the_search_and_a_second_one_leaves_the_detail() -> None:
    async with looking_at(staged(subscriptions(20), "recorded-processing")) as sight:
        await sight.press("down", "tab", "/")
        await sight.press(*"00012", "escape")
        assert "▸ Subscriptions (20)" in sight.words
        title = sight.detail_title
        await sight.press("escape", "up")
        assert sight.detail_title != title


async def test_a_filter_without_matches_says_so() -> None:
    async with looking_at(staged("derived-completed-everything"), size=(140, 60)) as sight:
        await sight.press("tab", "/")
        await sight.press(*"nowhere")
        assert "Subscriptions (0 of 3)" in sight.words
        assert "Order line items (0 of 2)" in sight.words
        assert "0 of 5 · “nowhere”" in sight.text
        assert "Order O-00000042 · Completed" in sight.words


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_another_job_is_filtered_by_the_same_words(size: tuple[int, int]) -> None:
    async with looking_at(staged(subscriptions(8), subscriptions(9), labels=("eight", "nine")), size) as sight:
        await sight.press("home", "/", *"eight", "enter", "tab", "/")
        await sight.press(*"00008", "enter")
        assert "(1 of 8)" in sight.row("Subscriptions (")
        await sight.press("tab", "/", "ctrl+u", *"nine", "enter")
        assert sight.detail_title.startswith("nine")
        assert sight.words.startswith("✓ done")
        assert "(1 of 9)" in sight.row("Subscriptions (")
        assert "1 of 9 · “00008”" in sight.text
        await sight.press("tab", "escape")
        assert "00008”" not in sight.text
        assert " of " not in sight.row("Subscriptions (")


async def test_slash_in_the_list_filters_the_list_even_if_the_detail_is_filtered() -> None:
    async with looking_at(staged(subscriptions(8), "recorded-processing", labels=("alpha", "beta"))) as sight:
        await sight.press("end", "tab", "/")
        await sight.press("8", "enter", "tab", "/")
        await sight.press(*"beta")
        assert "filter: beta" in sight.rows[1]
        assert sight.detail_title.startswith("beta")
