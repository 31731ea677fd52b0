"""The views of the detail, and the line of tabs that names them; pure."""

from collections.abc import Iterator
from enum import Enum

from zjobtui.ui.styled_line import Span, Spans, cell_length


class Tab(Enum):
    """A view of the detail."""

    SUMMARY = "Summary"
    TIMELINE = "Timeline"
    RAW = "Raw"
    REQUEST = "Request"


TABS = tuple(Tab)


def tab_line(shown: Tab, width: int) -> Spans:
    """The tabs, the one that is shown in brackets: keys and names, names, or one name, as there is room."""
    return tuple(span for _, span in _fitting(shown, width))


def tab_at(shown: Tab, width: int, x: int) -> Tab | None:
    """The tab that takes the cell `x` of the line."""
    end = 0
    for tab, span in _fitting(shown, width):
        end += cell_length((span,))
        if x < end:
            return tab
    return None


def _fitting(shown: Tab, width: int) -> list[tuple[Tab | None, Span]]:
    forms = [list(_tabs(shown, form)) for form in ("{key} {name}", "{name}", "{key}")]
    return next((form for form in forms if cell_length(span for _, span in form) <= width), forms[-1])


def _tabs(shown: Tab, form: str) -> Iterator[tuple[Tab | None, Span]]:
    for key, tab in enumerate(TABS, 1):
        if tab is shown:
            name = tab.value if form == "{key}" else form.format(key=key, name=tab.value)
            yield tab, (f"[{name}]", "strong")
        else:
            yield tab, (f" {form.format(key=key, name=tab.value)} ", "muted")
