import pytest

from tests.support.building import body
from tests.support.reading import places, subscriptions, to_line, whole
from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.staging import bring_response, staged
from tests.ui.sizes import NARROW_FIRST

pytestmark = pytest.mark.slow

DONE = "recorded-completed-localised"
FAILED = "recorded-failed-lock"


@pytest.mark.parametrize("size", [(140, 60), (80, 100)])
async def test_the_results_of_an_order_are_grouped_with_sums(size: tuple[int, int]) -> None:
    async with run_monitor(staged("derived-completed-everything"), size) as view:
        lines = [join_lines(line) for line in view.detail]
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
        assert "Invoices INV00000042, INV00000043" in view.words
        assert "Payment P-00000042 · 1,250.50 · Error" in view.words
        assert "Payment error INSUFFICIENT_FUNDS Card declined by the gateway" in view.words


@pytest.mark.parametrize("size", [(140, 40), (80, 40)])
async def test_unusual_subscriptions_of_three_hundred_come_first(
    size: tuple[int, int],
) -> None:
    engine = staged(subscriptions(300, s100="Pending Acceptance", s200="Pending Acceptance"))
    async with run_monitor(engine, size) as view:
        assert "▸ Subscriptions (300) 298 Active, 2 Pending Acceptance" in view.words
        assert "A-S0" not in view.text
        await to_line(view, "Subscriptions (300)")
        await view.press("enter")
        (heading,) = places(view, "▾ Subscriptions (300)")
        assert [line.split() for line in view.detail[heading + 1 : heading + 4]] == [
            ["A-S00000100", "Pending", "Acceptance"],
            ["A-S00000200", "Pending", "Acceptance"],
            ["A-S00000001", "Active"],
        ]
        await view.press("end", "up", "up", "up")
        assert "A-S00000300" in view.text


async def test_enter_right_and_left_open_and_close_a_group() -> None:
    async with run_monitor(staged("derived-completed-everything"), size=(140, 60)) as view:
        await to_line(view, "Order line items (2)")
        for key, is_open in (("left", False), ("left", False), ("right", True), ("enter", False), ("space", True)):
            await view.press(key)
            assert bool(places(view, "bd78c0522adf42c2aa0fccacc997fa20")) == is_open, key
            assert bool(places(view, "▾ Order line items (2)")) == is_open, key


async def test_left_within_a_group_goes_to_its_heading() -> None:
    async with run_monitor(staged("derived-completed-everything"), size=(140, 60)) as view:
        await to_line(view, "Order line items (2)")
        await view.press("down", "down", "left", "left")
        assert places(view, "▸ Order line items (2)")


async def test_a_subscription_opens_to_its_own_fields() -> None:
    async with run_monitor(staged("derived-completed-everything"), size=(140, 60)) as view:
        assert "8ad08ccf7f3c1b6a017f3c2f1a2b0003" not in view.text
        await to_line(view, "A-S00000042  Active")
        await view.press("right")
        assert "8ad08ccf7f3c1b6a017f3c2f1a2b0003" in view.text


async def test_a_click_opens_and_closes_a_group_once_the_cursor_is_on_it() -> None:
    async with run_monitor(staged("derived-completed-everything"), size=(140, 60)) as view:
        await view.click("▾ Order line items")
        if places(view, "▾ Order line items"):
            await view.click("▾ Order line items")
        assert places(view, "▸ Order line items")
        await view.click("▸ Order line items")
        assert places(view, "▾ Order line items")


async def test_a_preview_shows_documents_items_and_totals() -> None:
    async with run_monitor(staged("derived-preview"), size=(200, 60)) as view:
        assert "Preview completed: 1 invoice, 1 credit memo." in view.words
        assert "▾ Invoices (1) 17.99 (14.99 + tax 3.00)" in view.words
        assert "▾ Credit memos (1) -5.00" in view.words
        assert "▸ Monthly Fee 17.99 (14.99 + tax 3.00) · Charge · 2026-07-01 to 2026-07-31" in view.words
        assert "▸ Loyalty discount -5.00 · Discount" in view.words
        assert "▸ Metrics" in view.words


@pytest.mark.parametrize("size", [(140, 40), (80, 40)])
async def test_a_failure_shows_error_meaning_next_step_and_support_details(
    size: tuple[int, int],
) -> None:
    async with run_monitor(staged(FAILED), size) as view:
        await view.press("tab")
        assert (
            "Error 40000050 · lock contention "
            "Message Operation failed due to a lock competition, please retry later. "
            "Meaning Another call, a user or a bill run had locked the account at that moment; "
            "the job created nothing. "
            "Next step Wait about a minute, or until the bill run has ended, then resubmit the order from the system "
            "that posted it; try that twice at most. "
            "For support request id d7479cf6-b410-4630-b841-268ccd48f0d2 · track id 5b0c3bd6d1a94c6c8a3f3f6a3d6b1d11 "
            "· 2026-11-23T14:00:00Z · press y to copy"
        ) in await whole(view)


async def test_a_long_message_is_wrapped_and_nothing_of_it_is_lost() -> None:
    words = [f"word{number}" for number in range(120)]
    text_shown = body(status="Failed", errors=f"[40000060]: {' '.join(words)}", result=None)
    async with run_monitor(staged(text_shown), size=(100, 60)) as view:
        shown = await whole(view)
        assert all(word in shown for word in words)


async def test_times_of_another_day_have_a_date() -> None:
    engine = staged(DONE)
    engine.clock.at += 86_400
    async with run_monitor(engine) as view:
        assert "Ended before the first poll at Nov 23 14:00:00" in view.words


def filtered_rows(view: ScreenView) -> list[str]:
    """Return the rows below the heading of the subscriptions."""
    heading = next(place for place, line in enumerate(view.detail) if "Subscriptions (" in line)
    return [join_lines(line) for line in view.detail[heading:] if "Subscriptions (" in line or "A-S" in line]


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_slash_filters_the_subscriptions_with_every_key(size: tuple[int, int]) -> None:
    engine = staged(subscriptions(300, s120="Suspended"))
    async with run_monitor(engine, size) as view:
        await view.press("tab", "/")
        assert "filter subscriptions and order line items" in view.rows[-2]
        await view.press(*"s0000012")
        heading, *rows = filtered_rows(view)
        assert heading.startswith("▾ Subscriptions (10 of 300)")
        assert rows[0] == "A-S00000120 Suspended"
        assert len(rows) == 10 or size == (80, 24)
        assert "10 of 300 · “s0000012”" in view.text
        await view.press(*" susp", "enter")
        assert filtered_rows(view)[1:] == ["A-S00000120 Suspended"]
        assert "1 of 300 · “s0000012 susp”" in view.text
        bring_response(engine, 1, subscriptions(301, s129="Suspended"))
        await view.settled()
        assert filtered_rows(view)[1:] == ["A-S00000129 Suspended"]
        await view.press("escape", "home")
        assert "▸ Subscriptions (301)" in await whole(view)
        assert "susp”" not in view.text


async def test_escape_clears_the_search_and_a_second_one_leaves_the_detail() -> None:
    async with run_monitor(staged(subscriptions(20), "recorded-processing")) as view:
        await view.press("down", "tab", "/")
        await view.press(*"00012", "escape")
        assert "▸ Subscriptions (20)" in view.words
        title = view.detail_title
        await view.press("escape", "up")
        assert view.detail_title != title


async def test_a_filter_without_matches_says_so() -> None:
    async with run_monitor(staged("derived-completed-everything"), size=(140, 60)) as view:
        await view.press("tab", "/")
        await view.press(*"nowhere")
        assert "Subscriptions (0 of 3)" in view.words
        assert "Order line items (0 of 2)" in view.words
        assert "0 of 5 · “nowhere”" in view.text
        assert "Order O-00000042 · Completed" in view.words


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_another_job_is_filtered_by_the_same_words(size: tuple[int, int]) -> None:
    async with run_monitor(staged(subscriptions(8), subscriptions(9), labels=("eight", "nine")), size) as view:
        await view.press("home", "/", *"eight", "enter", "tab", "/")
        await view.press(*"00008", "enter")
        assert "(1 of 8)" in view.row("Subscriptions (")
        await view.press("tab", "/", "ctrl+u", *"nine", "enter")
        assert view.detail_title.startswith("nine")
        assert view.words.startswith("✓ done")
        assert "(1 of 9)" in view.row("Subscriptions (")
        assert "1 of 9 · “00008”" in view.text
        await view.press("tab", "escape")
        assert "00008”" not in view.text
        assert " of " not in view.row("Subscriptions (")


async def test_slash_in_the_list_filters_the_list_even_if_the_detail_is_filtered() -> None:
    async with run_monitor(staged(subscriptions(8), "recorded-processing", labels=("alpha", "beta"))) as view:
        await view.press("end", "tab", "/")
        await view.press("8", "enter", "tab", "/")
        await view.press(*"beta")
        assert "filter: beta" in view.rows[1]
        assert view.detail_title.startswith("beta")
