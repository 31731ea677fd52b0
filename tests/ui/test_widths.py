"""Rows, Textual's strips and a terminal agree on the width of a text in cells."""

import sys
import unicodedata

import pytest
from rich.cells import cell_len
from rich.style import Style

from tests.support.building import NOW, watch
from tests.support.display import Display
from zjobtui.models.text import clean
from zjobtui.models.text_width import cells, fit, wrap
from zjobtui.ui.columns import MEASURED, NAMES, fit_columns, job_row, measure
from zjobtui.ui.job_cells import RowContext
from zjobtui.ui.styled_line import cell_length, fit_exact, to_strip

TEXTS = {
    "Chinese": "有効です有効です有効です",
    "half width": "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿ",
    "Korean": "한국어 주문 작업 한국어",
    "Korean in parts": "\u1112\u1161\u11ab\u1100\u116e\u11a8 order",
    "emoji": "🎉🎉 done 🚀 and 🔥",
    "family": "👨\u200d👩\u200d👧\u200d👦 family account",
    "skin tone": "👍🏽 approved 👍🏿 by all",
    "flag": "🇩🇪 Germany 🇫🇷 France",
    "variation selector": "❤\ufe0f and ☎\ufe0e and 1\ufe0f\u20e3",
    "combining": "e\u0301a\u0308o\u0302 cafe\u0301 \u00e9t\u00e9",
    "stacked": "z\u0335\u0321\u0327a\u0310\u0311l\u0312go and more",
    "Thai": "กำลังทำงาน คำสั่ง",
    "Devanagari": "क्षत्रिय हिन्दी नमस्ते",
    "Arabic": "السلام عليكم ﷺ",
    "signs": "✓ ✗ ● ○ ─ │ ⏎ … –",
    "wide signs": "☰☰ ䷀䷁ ⚡⚡ ✅",
}


def on_terminal(text: str) -> int:
    """Return the column of the cursor after a text."""
    display = Display(400, 1)
    display.feed(text.encode())
    return int(display.screen.cursor.x)


def test_every_character_has_the_same_width_as_in_textual() -> None:
    codes = {*range(0x3400), *range(0xA000, 0xAC00), *range(0x1F000, 0x20000), *range(0, sys.maxunicode, 61)}
    characters = [one for one in map(chr, codes) if clean(one) == one]
    differing = [one for one in characters if cells(one) != cell_len(one)]
    assert {unicodedata.category(one) for one in differing} <= {"Cf"}, "only Arabic and Syriac signs before numbers"
    assert len(differing) < 20
    assert all(cells(one) in {0, 1, 2} for one in characters)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_fitted_text_has_its_width_on_the_terminal(text: str) -> None:
    text = clean(text)
    assert cells(text) == cell_len(text) == on_terminal(text)
    for width in range(1, 40):
        for one in (fit(text, width), fit_exact(text, width)):
            assert on_terminal(one) == cells(one) == width
        assert to_strip(((text, ""),), width, lambda _: Style()).cell_length == width
        assert all(on_terminal(line) <= max(width, 2) for line in wrap(text, width))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("width", [30, 47, 80, 120])
def test_columns_are_at_the_same_place_in_every_row(text: str, width: int) -> None:
    one, other = watch(1, label=clean(text)), watch(1, label="plain")
    most = dict(zip(MEASURED, map(max, measure(one), measure(other)), strict=True))
    placed = fit_columns(NAMES, most, width)
    row, plain = (job_row(each, placed, RowContext(NOW + 10)) for each in (one, other))
    assert cell_length(row) == cell_length(plain) == width
    for count in range(1, len(plain) + 1):
        before, wanted = ("".join(part for part, _ in spans[:count]) for spans in (row, plain))
        assert on_terminal(before) == on_terminal(wanted)
