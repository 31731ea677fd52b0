from zjobtui.formatting.outline import OutlineNode
from zjobtui.ui.outline_lines import render_outline
from zjobtui.ui.styled_line import cell_length

WIDTHS = (20, 34, 68, 138)


def draw(*lines: OutlineNode, width: int = 68, **opened: bool) -> list[str]:
    return ["".join(text for text, _ in line.spans).rstrip() for line in render_outline(lines, opened, width)]


def test_names_are_in_a_column_beside_their_texts() -> None:
    assert draw(OutlineNode("a", "Order", "O-1"), OutlineNode("b", "Account", "A-1")) == [
        "   Order    O-1",
        "   Account  A-1",
    ]


def test_a_group_is_a_heading_with_its_lines_below() -> None:
    group = OutlineNode("g", "Refunds", "(1)", children=(OutlineNode("g/1", "R-1", "Success"),))
    assert draw(group) == [" ▸ Refunds  (1)"]
    assert draw(group, g=True) == [" ▾ Refunds  (1)", "     R-1  Success"]


def test_a_long_text_is_wrapped_under_itself() -> None:
    assert draw(OutlineNode("a", "Error", "one two three four five six"), width=27) == [
        "   Error  one two three",
        "          four five six",
    ]


def test_a_long_name_has_its_own_row_and_is_not_cut() -> None:
    long = "a-subscription-number-of-the-customers-own-making-0001"
    assert draw(OutlineNode("a", "A-1", "Active"), OutlineNode("b", long, "Suspended")) == [
        f"   {'A-1':<24}  Active",
        f"   {long}",
        "     Suspended",
    ]


def test_an_id_that_would_break_beside_its_name_is_below_it() -> None:
    lines = OutlineNode("a", "Request id", "c66ab2a2-a39f-4364-8ebe-2f69c75cb87d"), OutlineNode("b", "Time", "14:00")
    assert draw(*lines, width=46) == [
        "   Request id",
        "     c66ab2a2-a39f-4364-8ebe-2f69c75cb87d",
        "   Time        14:00",
    ]
    assert draw(*lines, width=60)[0] == "   Request id  c66ab2a2-a39f-4364-8ebe-2f69c75cb87d"


def test_a_name_without_text_is_whole_and_needs_no_column() -> None:
    assert draw(OutlineNode("a", "a name that is rather longer than any column"), OutlineNode("b", "b", "1")) == [
        "   a name that is rather longer than any column",
        "   b  1",
    ]


def test_lines_of_text_alone_keep_their_indentation() -> None:
    lines = [
        OutlineNode(str(number), "", text) for number, text in enumerate(["{", '  "a": {', '    "b": 1', "  }", "}"])
    ]
    assert draw(*lines) == ["   {", '     "a": {', '       "b": 1', "     }", "   }"]


def test_no_line_is_wider_than_the_pane_and_nothing_is_lost() -> None:
    leaf = OutlineNode("leaf", "name" * 9, "text" * 30)
    nested = leaf
    for depth in range(40):
        nested = OutlineNode(f"{depth}", f"level{depth}", children=(nested,), is_open=True)
    for width in WIDTHS:
        rows = list(render_outline([nested, leaf], {}, width))
        assert max(cell_length(row.spans) for row in rows) <= max(width, 34)
        result = "".join("".join(text for text, _ in row.spans) for row in rows).replace(" ", "")
        assert result.count("name" * 9) == 2 if width > 60 else "level39" in result


def test_a_megabyte_is_truncated_with_a_mark_before_layout() -> None:
    rows = draw(OutlineNode("a", "Message", "x" * 1_000_000))
    assert sum(map(len, rows)) < 4_000
    assert rows[-1].endswith("…")
