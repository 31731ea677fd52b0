import pytest

from tests.support.building import body
from tests.support.reading import place_of_cursor, places, subscriptions
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.staging import bring_response, staged
from tests.ui.sizes import WIDE_FIRST

pytestmark = pytest.mark.slow

RUNNING = "recorded-processing"
NUMBERS = b'{"success":true,"status":"Completed","result":{"amount":1.10,"id":12345678901234567890123,"x":null}}'


def marked(view: ScreenView) -> list[str]:
    """Return the text shown in reverse within the detail, row by row."""
    buffer, cells = view.terminal.display.screen.buffer, view.cells
    rows = ("".join(cells[y][x] for x in range(len(cells[y])) if buffer[y][x].reverse) for y in range(len(cells)))
    return [row.strip() for row in rows if row.strip("▁▂▃▄▅▆▇█▔▕ ")]


@pytest.mark.parametrize("size", [(140, 60), (80, 40)])
async def test_the_body_is_unchanged_and_coloured(size: tuple[int, int]) -> None:
    async with run_monitor(staged(NUMBERS), size) as view:
        await view.press("3", "tab", "end", "up")
        assert '"amount": 1.10,' in view.text
        assert '"id": 12345678901234567890123' in view.text
        buffer = view.terminal.display.screen.buffer
        looks = set()
        for text, inner in (('"status"', 2), ('"Completed"', 2), ("null", 1)):
            y = next(number for number, row in enumerate(view.rows) if text in row)
            cell = buffer[y][view.rows[y].index(text) + inner]
            looks.add((cell.fg, cell.bold))
        assert len(looks) == 3


async def test_without_a_response_the_view_says_so() -> None:
    async with run_monitor(staged(None)) as view:
        await view.press("3")
        assert "No response yet." in view.words


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_a_search_is_kept_for_the_next_job(size: tuple[int, int]) -> None:
    answers = (subscriptions(60, s50="Suspended"), subscriptions(60, s40="Suspended"), subscriptions(3))
    async with run_monitor(staged(*answers, labels=("fifty", "forty", "three")), size) as view:
        await view.press("s", "end", "enter", "home", "3", "tab", "/")
        await view.press(*"suspended", "enter", "tab")
        for key, label, expected in (
            ("home", "fifty", "1 of 1"),
            ("down", "forty", "1 of 1"),
            ("down", "three", "no matches"),
        ):
            await view.press(key)
            assert view.detail_title.startswith(label)
            assert f"{expected} · “suspended”" in view.text
            assert ("Suspended" in marked(view)) == (label != "three")


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_slash_searches_and_n_wraps_around(size: tuple[int, int]) -> None:
    async with run_monitor(staged(subscriptions(60, s7="Suspended", s9="Suspended", s50="Suspended")), size) as view:
        await view.press("3", "tab", "/")
        await view.press(*"suspended")
        assert "1 of 3 · “suspended”" in view.text
        assert "Suspended" in marked(view)
        await view.press("enter")
        places_seen = []
        for key, number in (("n", 2), ("n", 3), ("n", 1), ("N", 3), ("N", 2)):
            await view.press(key)
            assert f"{number} of 3 · “suspended”" in view.text
            line = view.detail[place_of_cursor(view)]
            assert '"status": "Suspended"' in line
            places_seen.append(view.detail[place_of_cursor(view) - 1])
        assert "A-S00000009" in places_seen[0]
        assert "A-S00000050" in places_seen[1]
        await view.press("escape")
        assert "suspended”" not in view.text
        assert "Suspended" not in marked(view)


async def test_n_continues_from_the_cursor() -> None:
    async with run_monitor(staged(subscriptions(60, s7="Suspended", s9="Suspended", s50="Suspended"))) as view:
        await view.press("3", "tab", "/")
        await view.press(*"suspended", "enter", "end", "N")
        assert "3 of 3" in view.text
        await view.press("home", "n")
        assert "1 of 3" in view.text


async def test_a_match_across_two_rows_is_found_and_highlighted() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    async with run_monitor(staged(body(status="Failed", errors=words, result=None)), (100, 40)) as view:
        await view.press("3", "tab", "/")
        await view.press(*"word2 word3 word4 word5 word6 word7 word8 word9", "enter")
        assert "1 of 1" in view.text
        assert len(marked(view)) >= 2


async def test_a_search_without_matches_says_so() -> None:
    async with run_monitor(staged(RUNNING)) as view:
        await view.press("3", "tab", "/")
        await view.press(*"xyz", "enter", "n", "N")
        assert "no matches · “xyz”" in view.text


@pytest.mark.parametrize("size", [(140, 40), (100, 30)])
async def test_d_compares_with_the_previous_response_and_back(size: tuple[int, int]) -> None:
    engine = staged(RUNNING)
    bring_response(engine, 1, subscriptions(3), after=20)
    async with run_monitor(engine, size) as view:
        await view.press("3", "tab")
        assert "14:00:20 UTC · d: compare with 14:00:00" in view.words
        await view.press("d")
        assert "- 14:00:00 + 14:00:20 UTC · d: whole response" in view.words
        assert '-   "status": "Processing",' in view.text
        assert '+   "status": "Completed",' in view.text
        await view.press("d")
        assert not places(view, '-   "status"')


async def test_without_a_previous_response_there_is_no_difference() -> None:
    async with run_monitor(staged(RUNNING)) as view:
        await view.press("3", "tab", "d")
        assert "no previous response" in view.words
        assert '"status": "Processing"' in view.text


async def test_the_difference_can_be_searched_too() -> None:
    engine = staged(RUNNING)
    bring_response(engine, 1, subscriptions(3), after=20)
    async with run_monitor(engine) as view:
        await view.press("3", "tab", "d", "/")
        await view.press(*"processing")
        assert "1 of 1" in view.text
