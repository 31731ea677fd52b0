"""Themes, and the appearance settings."""

from collections.abc import Mapping

from msgspec import Struct, field
from textual.theme import BUILTIN_THEMES, Theme

from zjobtui.models.text import suggest

DEFAULT_THEME = "dark"

FEW_COLOURS = "-few-colours"
"""The class of an application on a terminal of sixteen or eight colours."""

THEME, THEME_BEFORE = "theme", "theme_before"
"""The values of the UI state that have the chosen theme, and the one that was configured at that time."""


class Appearance(Struct, frozen=True, kw_only=True):
    """Appearance settings; `keys` maps action ids to configured keys, `columns` are those of the list, if set."""

    theme: str = DEFAULT_THEME
    is_ascii: bool = False
    is_utc: bool = False
    columns: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


DEFAULT = Appearance()


_MEANINGS = (
    *("background", "surface", "panel", "cursor", "resting", "border", "frame"),
    *("plain", "muted", "stale", "key", "good", "running", "attention", "bad", "badge", "alarm"),
)
"""The purposes of the colours, in order.

Backgrounds of panes, dialogs, bars, and of the cursor with and without focus. Frames of panes with and without focus.
Text colours by tone; `badge` and `alarm` are the backgrounds of tenant names.
"""

_COLOURS = {
    "dark": "121212 1c1c1c 262626 0d304c 303030 5fafff 4e4e4e"
    " e4e4e4 b2b2b2 9e9e9e ffaf5f 5fd787 5fafff ffd75f ff8787 5fafff ff8787",
    "light": "ffffff eeeeee e4e4e4 bcd4ee d4d4d4 005f87 bcbcbc"
    " 1c1c1c 3a3a3a 4e4e4e 5f00af 005f00 005f87 6b4400 af0000 005f87 af0000",
    "high-contrast": "000000 080808 121212 00265c 303030 ffff00 c6c6c6"
    " ffffff e4e4e4 c6c6c6 ffff5f 5fff87 87d7ff ffd75f ffafaf 87d7ff ffafaf",
    "colour-blind": "0c0c0c 161616 1e2226 10304a 2d2d2d 56b4e9 4a4a4a"
    " e8e8e8 b8b8b8 9c9c9c e6a3cb 2fbf92 56b4e9 f0e442 f0824a 56b4e9 f0824a",
}
"""Nearly all colours are in the 256-colour palette, where they take half the bytes.

The last theme has the colours of Okabe and Ito (2008): bluish green, sky blue, yellow, vermilion and reddish purple,
lightened for the dark background.
"""


def _build_theme(name: str) -> Theme:
    colours = {meaning: f"#{code}" for meaning, code in zip(_MEANINGS, _COLOURS[name].split(), strict=True)}
    return Theme(
        name,
        primary=colours["badge"],
        secondary=colours["border"],
        accent=colours["key"],
        success=colours["good"],
        warning=colours["attention"],
        error=colours["alarm"],
        foreground=colours["plain"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        boost=colours["panel"],
        dark=name != "light",
        variables=_variables(colours),
    )


def chosen_theme(name: str) -> tuple[str, str]:
    """Return the theme with this name, or the default one if there is none, and what is wrong with the name."""
    names = (*OWN_THEMES, *BUILTIN_THEMES)
    if not name or name in names:
        return name or DEFAULT_THEME, ""
    suggestion = suggest(name, names, f"{', '.join(OWN_THEMES)}, and those in the palette")
    return DEFAULT_THEME, f"unknown theme {name}; {suggestion}"


def stored_theme(configured: str, stored: Mapping[str, object]) -> str:
    """Return the theme that was chosen in the palette; the configured one if the settings were changed since then."""
    name = stored.get(THEME)
    is_known = isinstance(name, str) and name in (*OWN_THEMES, *BUILTIN_THEMES)
    return str(name) if is_known and stored.get(THEME_BEFORE) == configured else configured


def _variables(colours: dict[str, str]) -> dict[str, str]:
    """Return Textual's variables for the other colours of the widgets."""
    return {
        "text": colours["plain"],
        "text-muted": colours["muted"],
        "text-disabled": colours["stale"],
        "text-accent": colours["key"],
        "text-success": colours["good"],
        "text-primary": colours["running"],
        "text-warning": colours["attention"],
        "text-error": colours["bad"],
        "foreground-muted": colours["muted"],
        "border": colours["border"],
        "border-blurred": colours["frame"],
        "surface-lighten-3": colours["frame"],
        "primary-muted": colours["cursor"],
        "surface-lighten-1": colours["resting"],
        "warning-muted": colours["panel"],
        "block-cursor-background": colours["cursor"],
        "block-cursor-foreground": colours["plain"],
        "block-cursor-blurred-background": colours["resting"],
        "input-selection-background": colours["cursor"],
        "scrollbar": colours["frame"],
        "scrollbar-hover": colours["border"],
        "scrollbar-active": colours["border"],
        "scrollbar-background": colours["background"],
        "scrollbar-background-hover": colours["background"],
        "scrollbar-background-active": colours["background"],
        "scrollbar-corner-color": colours["background"],
    }


def _ansi() -> Theme:
    """Return a theme with the terminal's own sixteen colours and background, dark or light."""
    return Theme(
        "ansi",
        ansi=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_magenta",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "text-muted": "ansi_default",
            "text-disabled": "ansi_default",
            "border": "ansi_blue",
            "border-blurred": "ansi_default",
            "surface-lighten-3": "ansi_default",
            "primary-muted": "ansi_default",
            "surface-lighten-1": "ansi_default",
            "warning-muted": "ansi_default",
            "block-cursor-background": "ansi_default",
            "block-cursor-text-style": "reverse",
            "scrollbar": "ansi_blue",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
        },
    )


OWN_THEMES = {theme.name: theme for theme in (*map(_build_theme, _COLOURS), _ansi())}
"""Our own themes, by name."""
