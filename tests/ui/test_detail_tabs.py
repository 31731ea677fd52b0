import pytest

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
