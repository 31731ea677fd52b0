"""Dialogs to choose one of a few names, and the columns of the list."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from zjobtui.models.text_width import fit, wrap
from zjobtui.ui.columns import ALWAYS, BY_NAME, NAMES

Chosen = TypeVar("Chosen")

_NAME_WIDTH = max(map(len, NAMES)) + 1

LEAST_NAMES = 3
"""Minimum number of visible choices below a long text."""


class _OptionDialog(ModalScreen[Chosen]):
    """A dialog with a list of options that scrolls if it does not fit, and says how much is below it."""

    def on_resize(self) -> None:
        """Keep the keys on the screen: if there are too many options for it, the list scrolls."""
        self.remove_class("-tight")
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        dialog = self.query_one("#dialog")
        self.set_class(dialog.children[-1].region.bottom > dialog.content_region.bottom, "-tight")

    def _show_hidden(self) -> None:
        """Show in the border how many lines are below the last visible one."""
        options = self.query_one(OptionList)
        below = options.max_scroll_y - round(options.scroll_y)
        self.query_one("#dialog").border_subtitle = Content(f"↓ {below} more" if below > 0 else "")

    def highlight(self, index: int) -> None:
        """Focus the options with the cursor on one of them."""
        options = self.query_one(OptionList)
        options.highlighted = index
        options.focus()
        self.watch(options, "scroll_y", self._show_hidden, init=False)
        self.screen_layout_refresh_signal.subscribe(options, lambda _: self._show_hidden())

    def action_step(self, step: int) -> None:
        """Move the cursor by one option."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if step > 0 else options.action_cursor_up()

    def action_cancel(self) -> None:
        """Close the dialog without a result."""
        self.dismiss(None)


class ChoiceDialog(_OptionDialog[str | None]):
    """Ask for one of several names; return it, or None if cancelled.

    With the text `about` above the names, the keys are shown below them; `escape` is what the escape key does. With
    `signs`, names have a sign before them, and `keys` are shown below them.
    """

    BINDINGS = [
        Binding("escape", "cancel", "cancel", priority=True),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]

    def __init__(
        self,
        title: str,
        names: Sequence[str],
        current: str = "",
        *,
        about: str = "",
        escape: str = "cancel",
        signs: Mapping[str, str] | None = None,
        keys: str = "",
    ) -> None:
        super().__init__()
        self._signs = signs
        self._keys = keys or (f"↑ ↓ move · enter select · esc {escape}" if about else "")
        self._about = about
        self._title = title
        self._names = tuple(names)
        self._current = current

    def compose(self) -> ComposeResult:
        """Compose title, text, names and key hints."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            if self._about:
                self.add_class("-asking")
                yield Static(Content(self._about), id="about")
            signs = self._signs
            prompts = self._names if signs is None else [f"{signs.get(name, ' ')} {name}" for name in self._names]
            yield OptionList(*map(Content, prompts))
            if self._keys:
                yield Static(Content(self._keys), id="keys")

    def on_mount(self) -> None:
        """Highlight the current name."""
        self.highlight(self._names.index(self._current) if self._current in self._names else 0)

    def on_resize(self) -> None:
        """Measure with the whole text; Textual calls the handler of the base class next."""
        for about in self.query("#about").results(Static):
            about.update(Content(self._about))

    def _fit(self) -> None:
        """Cut the text above the names as far as it would leave no room for them."""
        super()._fit()
        if self._about:
            about, keys = self.query_one("#about", Static), self.query_one("#keys", Static)
            width, height = self.query_one("#dialog").content_region.size
            lines = max(1, height - keys.region.height - min(len(self._names), LEAST_NAMES))
            if self.has_class("-tight") and width > 0:
                about.update(Content(_shorten(self._about, width, lines)))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close the dialog with the selected name."""
        self.dismiss(self._names[event.option_index])

    def on_key(self, event: Key) -> None:
        """Go to the next name that starts with the typed letter."""
        options = self.query_one(OptionList)
        after = (options.highlighted or 0) + 1
        order = (*range(after, len(self._names)), *range(after))
        letter = (event.character or "").casefold()
        match = next((index for index in order if letter and self._names[index].casefold().startswith(letter)), None)
        if match is not None and event.is_printable:
            options.highlighted = match


class ColumnDialog(_OptionDialog[tuple[str, ...] | None]):
    """Ask which columns the list has, in which order; return their names, or None if cancelled.

    Hidden columns are shown at the place that they have among all columns.
    """

    BINDINGS = [
        Binding("escape", "cancel", "cancel", priority=True),
        Binding("space,x", "tick", show=False, priority=True),
        Binding("enter", "save", show=False, priority=True),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
        Binding("J,shift+down", "move(1)", show=False),
        Binding("K,shift+up", "move(-1)", show=False),
    ]

    def __init__(self, chosen: Sequence[str]) -> None:
        super().__init__()
        self._chosen = set(chosen)
        self._order = list(chosen)
        for place, name in enumerate(NAMES):
            if name not in self._chosen:
                before = [other for other in NAMES[:place] if other in self._order]
                self._order.insert(self._order.index(before[-1]) + 1 if before else 0, name)

    def compose(self) -> ComposeResult:
        """Compose the columns with their ticks, and key hints."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content("Columns")
            yield OptionList(*map(self._prompt, self._order))
            yield Static(Content("space tick · J K move · enter save · esc cancel"), id="keys")

    def on_mount(self) -> None:
        """Focus the columns."""
        self.highlight(0)

    def on_option_list_option_selected(self) -> None:
        """Show or hide a column that was clicked."""
        self.action_tick()

    def action_tick(self) -> None:
        """Show or hide the highlighted column."""
        index = self.query_one(OptionList).highlighted or 0
        name = self._order[index]
        if name not in ALWAYS:
            self._chosen ^= {name}
            self._draw(index)

    def action_move(self, step: int) -> None:
        """Move the highlighted column by one place."""
        options = self.query_one(OptionList)
        index = options.highlighted or 0
        other = index + step
        if 0 <= other < len(self._order):
            self._order[index], self._order[other] = self._order[other], self._order[index]
            self._draw(index, other)
            options.highlighted = other

    def action_save(self) -> None:
        """Close the dialog with the columns."""
        self.dismiss(tuple(name for name in self._order if name in self._chosen))

    def _draw(self, *indexes: int) -> None:
        for index in indexes:
            prompt = self._prompt(self._order[index])
            self.query_one(OptionList).replace_option_prompt_at_index(index, prompt)

    def _prompt(self, name: str) -> Content:
        column = BY_NAME[name]
        tick = "[x]" if name in self._chosen else "[ ]"
        always = " (always shown)" if name in ALWAYS else ""
        return Content(f"{tick} {name:<{_NAME_WIDTH}} {column.about}{always}")


def _shorten(text: str, width: int, count: int) -> str:
    """Return a text with line ends in at most `count` lines of `width` cells, with an ellipsis if it is cut."""
    lines = [part for line in text.split("\n") for part in wrap(line, width)]
    if len(lines) > count:
        lines[count - 1 :] = [fit(f"{lines[count - 1]} {' '.join(lines[count:])}", width)]
    return "\n".join(lines)
