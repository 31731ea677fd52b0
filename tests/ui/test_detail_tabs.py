import pytest

from tests.support.screen_harness import run_monitor
from tests.support.staging import staged
from zjobtui.ui.detail_tabs import TABS, Tab, tab_at, tab_line


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, " 1 Summary  2 Timeline [3 Raw] 4 Request  5 Related "),
        (52, " 1 Summary  2 Timeline [3 Raw] 4 Request  5 Related "),
        (51, "1 Summary 2 Timeline[3 Raw]4 Request 5 Related"),
        (46, "1 Summary 2 Timeline[3 Raw]4 Request 5 Related"),
        (45, " Summary  Timeline [Raw] Request  Related "),
        (41, " 1  2 [Raw] 4  5 "),
        (1, " 1  2 [Raw] 4  5 "),
    ],
)
def test_tabs_fit_the_width_and_the_current_one_keeps_its_name(width: int, line: str) -> None:
    assert "".join(text for text, _ in tab_line(Tab.RAW, width)) == line


@pytest.mark.parametrize("width", [80, 36, 20])
@pytest.mark.parametrize("shown", TABS)
def test_each_cell_of_a_tab_is_that_tab(shown: Tab, width: int) -> None:
    start = 0
    for tab, (text, _) in zip(TABS, tab_line(shown, width), strict=True):
        assert {tab_at(shown, width, x) for x in range(start, start + len(text))} == {tab}
        start += len(text)
    assert tab_at(shown, width, start) is None


@pytest.mark.parametrize("size", [(30, 8), (47, 12)])
async def test_in_a_low_pane_a_view_that_is_chosen_shows_its_tab_and_its_first_lines(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-failed-lock"), size) as view:
        await view.press("enter")
        assert "more ─" in view.rows[-2]
        seen = set()
        for key, tab in zip("2341", ("Timeline", "Raw", "Request", "Summary"), strict=True):
            await view.press(key)
            assert f"[{tab}]" in view.text.replace(f"{key} ", "")
            seen.add(view.detail[-1])
        assert len(seen) == 4
        await view.press("end")
        assert "more ─" not in view.rows[-2]
