"""The views of the detail and the line of tabs; pure functions."""

from collections.abc import Iterator
from enum import Enum

from zjobtui.ui.styled_line import Span, Spans, cell_length


class Tab(Enum):
    """A view of the detail."""

    SUMMARY = "Summary"
    TIMELINE = "Timeline"
    RAW = "Raw"
    REQUEST = "Request"
    RELATED = "Related"


TABS = tuple(Tab)


def tab_line(current: Tab, width: int) -> Spans:
    """Return the tabs, the current one in brackets: keys and names, also tightly, names only, or keys only."""
    return tuple(span for _, span in _fit_tabs(current, width))


def tab_at(current: Tab, width: int, x: int) -> Tab | None:
    """Return the tab at cell `x` of the line."""
    end = 0
    for tab, span in _fit_tabs(current, width):
        end += cell_length((span,))
        if x < end:
            return tab
    return None


def _fit_tabs(current: Tab, width: int) -> list[tuple[Tab | None, Span]]:
    forms = [
        list(_format_tabs(current, "{key} {name}")),
        list(_format_tightly(current)),
        *(list(_format_tabs(current, form)) for form in ("{name}", "{key}")),
    ]
    return next((form for form in forms if cell_length(span for _, span in form) <= width), forms[-1])


def _format_tightly(current: Tab) -> Iterator[tuple[Tab | None, Span]]:
    """Yield keys and names with one blank between two tabs, none beside the brackets."""
    for key, tab in enumerate(TABS, 1):
        name = f"{key} {tab.value}"
        is_before_blank = tab is not TABS[-1] and TABS[key] is not current
        yield (tab, (f"[{name}]", "strong")) if tab is current else (tab, (name + " " * is_before_blank, "muted"))


def _format_tabs(current: Tab, form: str) -> Iterator[tuple[Tab | None, Span]]:
    for key, tab in enumerate(TABS, 1):
        if tab is current:
            name = tab.value if form == "{key}" else form.format(key=key, name=tab.value)
            yield tab, (f"[{name}]", "strong")
        else:
            yield tab, (f" {form.format(key=key, name=tab.value)} ", "muted")
