"""A terminal that supports only ASCII gets nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import zjobtui
from tests.support.screen_harness import run_monitor
from tests.support.staging import staged
from tests.ui.sizes import NARROW_FIRST
from zjobtui.formatting.ascii_text import TABLE
from zjobtui.ui.themes import Appearance

PACKAGE = Path(zjobtui.__file__).parent
ROOMS = ("formatting", "polling", "storage", "ui", "zuora")


def strings_in(path: Path) -> Iterator[str]:
    """Yield every string in a file of the package that is not a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


@pytest.mark.slow
def test_every_glyph_has_an_ascii_replacement() -> None:
    for path in sorted(path for room in ROOMS for path in (PACKAGE / room).glob("*.py")):
        for text in strings_in(path):
            left = {one for one in text.translate(TABLE) if one.isprintable() and not (one.isascii() or one.isalpha())}
            assert not left or path.name in {"plain.py", "text.py", "redaction.py"}, (path.name, text, left)


def test_a_replacement_is_as_wide_as_its_glyph() -> None:
    assert {len(plain) for glyph, plain in TABLE.items() if glyph != ord("🔎")} == {1}
    assert "".join(TABLE.values()).isascii()


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_every_screen_is_ascii(size: tuple[int, int]) -> None:
    engine = staged("recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing", None)
    engine.clock.at += 100
    async with run_monitor(engine, size, look=Appearance(is_ascii=True), notice="The mark “x” is shown.") as view:
        for keys, held in (
            ((), "x failed "),
            (("space", "space", "tab", "end", "home", "enter"), "v "),
            (("escape", "a", "f"), "Add jobs"),
            (("escape", "l"), "Label for"),
            (("escape", "s"), "Sort by"),
            (("escape", "?"), "Help - esc close"),
            (("escape", "/", "x", ":"), "x:"),
            (("escape", "r", "p"), "= polling paused"),
            (("ctrl+p",), "Search for commands~"),
        ):
            await view.press(*keys)
            await view.until(held)
            assert view.text.isascii(), [row for row in view.rows if not row.isascii()]
        assert {sign for sign in view.sent if not sign.isascii()} <= {"\ue000"}


async def test_frames_are_aligned_in_ascii() -> None:
    async with run_monitor(staged("recorded-processing"), (100, 30), look=Appearance(is_ascii=True)) as view:
        assert view.rows[1].startswith("+- Jobs - 1 ---")
        assert {row[0] for row in view.rows[2:28]} == {"|"}
        assert view.rows[28][0] == "+"


async def test_letters_of_texts_from_outside_are_not_changed() -> None:
    async with run_monitor(
        staged("recorded-processing", labels=("Müller 请 №",)), look=Appearance(is_ascii=True)
    ) as view:
        assert "Müller 请 №" in view.text
