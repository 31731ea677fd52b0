from decimal import Decimal

import pytest

from zjobtui.formatting.outline import OutlineNode, extra_fields, field, group, json_line, json_text, to_text
from zjobtui.models.text import CELL_LIMIT


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (Decimal("14.990"), "14.990"),
        ("", ""),
        ("[bold]x[/]", "[bold]x[/]"),
    ],
)
def test_a_scalar_value_is_unchanged(value: str | int | Decimal | bool | None, text: str) -> None:
    assert json_text(value) == text


def test_an_unknown_field_is_shown_completely() -> None:
    lines = extra_fields("other", {"new": {"a": [1, {"b": None}], "c": {}, "d": []}})
    assert list(to_text(lines)) == [
        "new",
        "  a                    (2)",
        "    1                  1",
        "    2",
        "      b                null",
        "  c                    {}",
        "  d                    (0)",
    ]


def test_a_field_without_text_is_left_out() -> None:
    assert field("k", "Label", "") == ()
    assert group("k", "Ramps", "(0)", ()) == ()
    assert group("k", "Ramps", "(1)", field("k", "A", "b"))[0].children == (OutlineNode("k", "A", "b"),)


def test_no_text_of_a_line_is_longer_than_a_cell_may_be() -> None:
    long = "x" * 1_000_000
    line = json_line("k", long, long)
    assert len(line.name) == len(line.text) == len(field("k", "A", long)[0].text) == CELL_LIMIT


def test_print_shows_everything_open_and_a_long_name_beside_its_text() -> None:
    lines = (OutlineNode("a", "A" * 30, "text", children=(OutlineNode("b", "B", "inner"),)), OutlineNode("c", "C"))
    assert list(to_text(lines)) == [f"{'A' * 30} text", "  B                    inner", "C"]
