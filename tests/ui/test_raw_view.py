import pytest

from tests.support.building import body
from tests.support.reading import place_of_cursor, places, subscriptions
from tests.support.seeing import Sight, looking_at
from tests.support.staging import staged, tell
from tests.ui.sizes import WIDE_FIRST

pytestmark = pytest.mark.slow

RUNNING = "recorded-processing"
NUMBERS = b'{"success":true,"status":"Completed","result":{"amount":1.10,"id":12345678901234567890123,"x":null}}'


def marked(sight: Sight) -> list[str]:
    """Return the text shown in reverse within the detail, row by row."""
    buffer, cells = sight.glass.display.screen.buffer, sight.cells
    rows = ("".join(cells[y][x] for x in range(len(cells[y])) if buffer[y][x].reverse) for y in range(len(cells)))
    return [row.strip() for row in rows if row.strip("▁▂▃▄▅▆▇█▔▕ ")]


@pytest.mark.parametrize("size", [(140, 60), (80, 40)])
async def test_the_body_is_unchanged_and_coloured(size: tuple[int, int]) -> None:
    async with looking_at(staged(NUMBERS), size) as sight:
        await sight.press("3", "tab", "end", "up")
        assert '"amount": 1.10,' in sight.text
        assert '"id": 12345678901234567890123' in sight.text
        buffer = sight.glass.display.screen.buffer
        looks = set()
        for text, inner in (('"status"', 2), ('"Completed"', 2), ("null", 1)):
            y = next(number for number, row in enumerate(sight.rows) if text in row)
            cell = buffer[y][sight.rows[y].index(text) + inner]
            looks.add((cell.fg, cell.bold))
        assert len(looks) == 3


async def test_without_a_response_the_view_says_so() -> None:
    async with looking_at(staged(None)) as sight:
        await sight.press("3")
        assert "No response yet." in sight.words


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_a_search_is_kept_for_the_next_job(size: tuple[int, int]) -> None:
    answers = (subscriptions(60, s50="Suspended"), subscriptions(60, s40="Suspended"), subscriptions(3))
    async with looking_at(staged(*answers, labels=("fifty", "forty", "three")), size) as sight:
        await sight.press("s", "end", "enter", "home", "3", "tab", "/")
        await sight.press(*"suspended", "enter", "tab")
        for key, label, expected in (
            ("home", "fifty", "1 of 1"),
            ("down", "forty", "1 of 1"),
            ("down", "three", "no matches"),
        ):
            await sight.press(key)
            assert sight.detail_title.startswith(label)
            assert f"{expected} · “suspended”" in sight.text
            assert ("Suspended" in marked(sight)) == (label != "three")


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_slash_searches_and_n_wraps_around(size: tuple[int, int]) -> None:
    async with looking_at(staged(subscriptions(60, s7="Suspended", s9="Suspended", s50="Suspended")), size) as sight:
        await sight.press("3", "tab", "/")
        await sight.press(*"suspended")
        assert "1 of 3 · “suspended”" in sight.text
        assert "Suspended" in marked(sight)
        await sight.press("enter")
        places_seen = []
        for key, number in (("n", 2), ("n", 3), ("n", 1), ("N", 3), ("N", 2)):
            await sight.press(key)
            assert f"{number} of 3 · “suspended”" in sight.text
            line = sight.detail[place_of_cursor(sight)]
            assert '"status": "Suspended"' in line
            places_seen.append(sight.detail[place_of_cursor(sight) - 1])
        assert "A-S00000009" in places_seen[0]
        assert "A-S00000050" in places_seen[1]
        await sight.press("escape")
        assert "suspended”" not in sight.text
        assert "Suspended" not in marked(sight)


async def test_n_continues_from_the_cursor() -> None:
    async with looking_at(staged(subscriptions(60, s7="Suspended", s9="Suspended", s50="Suspended"))) as sight:
        await sight.press("3", "tab", "/")
        await sight.press(*"suspended", "enter", "end", "N")
        assert "3 of 3" in sight.text
        await sight.press("home", "n")
        assert "1 of 3" in sight.text


async def test_a_match_across_two_rows_is_found_and_highlighted() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    async with looking_at(staged(body(status="Failed", errors=words, result=None)), (100, 40)) as sight:
        await sight.press("3", "tab", "/")
        await sight.press(*"word2 word3 word4 word5 word6 word7 word8 word9", "enter")
        assert "1 of 1" in sight.text
        assert len(marked(sight)) >= 2


async def test_a_search_without_matches_says_so() -> None:
    async with looking_at(staged(RUNNING)) as sight:
        await sight.press("3", "tab", "/")
        await sight.press(*"xyz", "enter", "n", "N")
        assert "no matches · “xyz”" in sight.text


@pytest.mark.parametrize("size", [(140, 40), (100, 30)])
async def test_d_compares_with_the_previous_response_and_back(size: tuple[int, int]) -> None:
    engine = staged(RUNNING)
    tell(engine, 1, subscriptions(3), after=20)
    async with looking_at(engine, size) as sight:
        await sight.press("3", "tab")
        assert "14:00:20 UTC · d: compare with 14:00:00" in sight.words
        await sight.press("d")
        assert "- 14:00:00 + 14:00:20 UTC · d: whole response" in sight.words
        assert '-   "status": "Processing",' in sight.text
        assert '+   "status": "Completed",' in sight.text
        await sight.press("d")
        assert not places(sight, '-   "status"')


async def test_without_a_previous_response_there_is_no_difference() -> None:
    async with looking_at(staged(RUNNING)) as sight:
        await sight.press("3", "tab", "d")
        assert "no previous response" in sight.words
        assert '"status": "Processing"' in sight.text


async def test_the_difference_can_be_searched_too() -> None:
    engine = staged(RUNNING)
    tell(engine, 1, subscriptions(3), after=20)
    async with looking_at(engine) as sight:
        await sight.press("3", "tab", "d", "/")
        await sight.press(*"processing")
        assert "1 of 1" in sight.text
