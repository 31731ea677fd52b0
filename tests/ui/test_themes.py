"""Themes: text is readable, and different meanings have different colours."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from rich.color import Color, ColorSystem
from textual.geometry import Region

from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.staging import staged
from tests.support.world import watched_world
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.ui.themes import OWN_THEMES, Appearance, chosen_theme

pytestmark = pytest.mark.slow

LEAST = {"dark": 4.5, "light": 4.5, "high-contrast": 7.0, "colour-blind": 4.5}
"""Minimum contrast of text: level AA of WCAG 2, or AAA."""

BACKGROUNDS = ("background", "surface", "panel", "primary-muted", "surface-lighten-1")
VERDICTS = ("text-success", "text-primary", "text-warning", "text-error", "foreground")
TONES = (*VERDICTS, "text", "text-muted", "text-disabled", "text-accent")


def colours(name: str) -> dict[str, str]:
    theme = OWN_THEMES[name]
    return theme.to_color_system().generate() | theme.variables


def channels(code: str) -> tuple[float, ...]:
    """Return red, green and blue as light, from 0 to 1."""
    parts = [int(code.strip("#")[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return tuple(part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def contrast(one: str, other: str) -> float:
    """Return the contrast as defined by WCAG 2."""
    light = [sum(part * share for part, share in zip(channels(c), WEIGHTS, strict=True)) for c in (one, other)]
    return (max(light) + 0.05) / (min(light) + 0.05)


WEIGHTS = (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize("name", LEAST)
def test_every_tone_can_be_read_on_every_background(name: str) -> None:
    found = colours(name)
    for tone in TONES:
        for background in BACKGROUNDS:
            assert contrast(found[tone], found[background]) >= LEAST[name], (tone, background)
    for badge in ("primary", "error"):
        assert contrast(found["background"], found[badge]) >= LEAST[name], badge


@pytest.mark.parametrize("name", LEAST)
def test_with_sixteen_colours_the_cursor_is_seen_and_verdicts_differ(name: str) -> None:
    found = colours(name)

    def number(colour: str) -> int | None:
        return Color.parse(found[colour]).downgrade(ColorSystem.STANDARD).number

    assert number("background") not in {number("primary-muted"), number("surface-lighten-1")}
    assert len({number(tone) for tone in VERDICTS}) == len(VERDICTS)


# Viénot, Brettel and Mollon (1999): what is left of red, green and blue light, and the same for the eye without red.
WITHOUT_GREEN = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
WITHOUT_RED = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))


@pytest.mark.parametrize("eye", [WITHOUT_GREEN, WITHOUT_RED])
def test_verdicts_differ_for_red_green_colour_blindness(eye: tuple[tuple[float, ...], ...]) -> None:
    def distance(name: str) -> float:
        """Return the smallest difference between two verdicts, in light or in the share of blue."""
        light = [channels(colours(name)[tone]) for tone in VERDICTS]
        seen = [[sum(a * b for a, b in zip(row, one, strict=True)) for row in eye] for one in light]
        return min(max(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in combinations(seen, 2))

    assert distance("colour-blind") > 0.1
    assert distance("colour-blind") > distance("dark")


def texts(view: ScreenView, region: Region) -> Iterator[tuple[str, str, str]]:
    """Yield each letter and digit of a part of the screen with its colour and background."""
    buffer = view.terminal.display.screen.buffer
    for y in range(region.y, region.bottom):
        for x in range(region.x, region.right):
            cell = buffer[y][x]
            if cell.data.isalnum():
                yield (cell.data, cell.bg, cell.fg) if cell.reverse else (cell.data, cell.fg, cell.bg)


def region_of(view: ScreenView, part: str) -> Region:
    """Return the region of a dialog, the palette or the whole screen."""
    if part == "palette":
        first, last = (next(y for y, row in enumerate(view.rows) if row.startswith(edge)) for edge in ("▔▔", "▁▁"))
        return Region(0, first, 100, last - first)
    return view.app.screen.region if part == "Monitor" else view.app.screen.query_one(part).region


@pytest.mark.parametrize("name", [one if one == "dark" else pytest.param(one, marks=pytest.mark.slow) for one in LEAST])
async def test_every_letter_on_the_screen_can_be_read(name: str) -> None:
    engine = watched_world(jobs=40, elapsed=64.0)
    engine.clock.at += 40
    tenant = Tenant(name="env", base_url="http://127.0.0.1", title="EU", kind=TenantKind.PRODUCTION)
    async with run_monitor(
        engine, (100, 40), tenant=tenant, notice="Something is reported.", look=Appearance(theme=name)
    ) as view:
        for keys, part in (
            (("down", "space"), "Monitor"),
            (("tab", "down"), "Monitor"),
            (("/", "x"), "Monitor"),
            (("escape", "?"), "#dialog"),
            (("escape", "a"), "#dialog"),
            (("escape", "l"), "#dialog"),
            (("escape", "s"), "#dialog"),
            (("escape", "ctrl+p"), "palette"),
        ):
            await view.press(*keys)
            await view.until("Add jobs from any" if part == "palette" else "zjobtui", seconds=20)
            found = set(texts(view, region_of(view, part)))
            assert len(found) > 20
            for letter, colour, background in found:
                assert contrast(colour, background) >= LEAST[name], (keys, letter, colour, background)


@pytest.mark.parametrize("no_color", [False, True])
async def test_ansi_uses_only_the_colours_of_the_terminal(no_color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    async with run_monitor(staged("recorded-failed-lock"), look=Appearance(theme="ansi")) as view:
        await view.press("tab", "r", "?", "down")
        await view.press("escape", "ctrl+p")
        assert "38;2;" not in view.sent
        assert "48;2;" not in view.sent
        await view.press("escape")
        cells = [cell for row in view.terminal.display.screen.buffer.values() for cell in row.values()]
        assert {cell.bg for cell in cells} <= {"default", *(() if no_color else ("red", "blue"))}
        assert ("red" in {cell.fg for cell in cells}) is not no_color


async def test_the_palette_lists_our_themes_and_applies_one_at_once() -> None:
    async with run_monitor(staged("recorded-processing"), (100, 60)) as view:
        await view.press("ctrl+p")
        await view.press(*"theme")
        await view.until("Change the colour theme")
        await view.press("enter")
        await view.until(lambda text: all(name in text for name in OWN_THEMES))
        await view.press(*"high-c", "enter")
        await view.until(lambda _: view.app.theme == "high-contrast")
        assert "Jobs · 1" in view.text


def test_an_unknown_theme_is_reported_with_the_nearest_name() -> None:
    assert chosen_theme("") == ("dark", "")
    assert chosen_theme("nord") == ("nord", "")
    assert chosen_theme("hi-contrast") == ("dark", "unknown theme hi-contrast; did you mean high-contrast?")
    assert "valid names: dark, light, high-contrast, colour-blind, ansi," in chosen_theme("zzz")[1]
