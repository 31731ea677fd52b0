"""Input line to filter or search a pane; each change applies at once."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from textual.binding import Binding
from textual.content import Content
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from zjobtui.models.filter_completion import candidate_names
from zjobtui.models.text_width import cells, within_lines
from zjobtui.ui.key_bar import KeyBar
from zjobtui.ui.prompt import RedactingInput
from zjobtui.ui.toast import clear_toasts

Complete = Callable[[str], Sequence[str]]
"""Returns whole texts that complete a text, the best first."""

ROWS_FOR_CANDIDATES = 20
"""Rows of a terminal from which the candidates have a line of their own."""

_PROBLEM_LINES, _FEW_PROBLEM_LINES = 3, 2
"""Maximum lines for what is wrong with the text, and that in a terminal with fewer than `_ROWS_FOR_PROBLEMS` rows."""

_ROWS_FOR_PROBLEMS = 12

_HINTS, _COMPLETION_HINTS, _LAST_HINT = (("enter", "keep"),), (("tab", "accept"), ("↑ ↓", "earlier")), ("esc", "clear")

_KEYS = "tab accept · ↑ ↓ earlier filters"


class _Suggestions(Suggester):
    """The first candidate, which Textual draws behind the cursor."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        first = next(iter(self._complete(value)), "")
        return first if first.casefold().startswith(value.casefold()) else None  # no quotation mark within the text


class FilterInput(RedactingInput):
    """Call `on_change` with every change. Enter keeps the text and returns to the pane, escape clears it.

    With candidates, tab and right accept the first one. Up and down go through `history`, whose first text is the
    newest; down returns to the pane if there is none that is newer. `problem` returns what is wrong with the text after
    `on_change` was called with it.
    """

    BINDINGS = [
        Binding("enter", "accept", "accept", show=False, priority=True),
        Binding("escape", "clear", "clear", show=False, priority=True),
        Binding("up", "recall(1)", "earlier", show=False, priority=True),
        Binding("down", "recall(-1)", "later", show=False, priority=True),
        Binding("tab", "complete", "complete", show=False, priority=True),
    ]

    def __init__(
        self,
        pane: Widget,
        text: str,
        hint: str,
        on_change: Callable[[str], None],
        *,
        complete: Complete | None = None,
        history: Sequence[str] = (),
        on_accept: Callable[[str], None] | None = None,
        problem: Callable[[], str] | None = None,
    ) -> None:
        complete = lru_cache(maxsize=1)(complete) if complete is not None else None  # each key needs it several times
        suggester = _Suggestions(complete) if complete is not None else None
        super().__init__(text, placeholder=hint, max_length=500, suggester=suggester)
        self.compact = True
        self.pane = pane
        self._on_change = on_change
        self._on_accept = on_accept
        self._complete = complete
        self._problem = problem
        self._texts = ["", *history]
        self._recalled = 0

    @property
    def has_completion(self) -> bool:
        """Whether texts are completed."""
        return self._complete is not None

    def on_focus(self) -> None:
        """Show the keys of the input in the key bar."""
        more = _COMPLETION_HINTS if self.has_completion else ()
        self.screen.query_one(KeyBar).show_input((*_HINTS, *more, _LAST_HINT))

    def on_blur(self) -> None:
        """Show the keys of the screen again."""
        for bar in self.screen.query(KeyBar):
            bar.show_input(())

    def on_unmount(self) -> None:
        """Unsubscribe; the screen's signal would keep every input that was ever opened."""
        self.screen.text_selection_started_signal.unsubscribe(self)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply the text before the next key is processed."""
        event.stop()
        if event.value != self._texts[self._recalled]:
            self._recalled = 0
        self._on_change(event.value)
        self._show_candidates()

    def on_mount(self) -> None:
        """Show the candidates for the initial text."""
        self._show_candidates()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave tab to other bindings if there is nothing to complete."""
        if action == "complete":
            return bool(self._candidates)
        return super().check_action(action, parameters)

    def action_complete(self) -> None:
        """Accept the first candidate."""
        self.value = self._candidates[0]
        self.cursor_position = len(self.value)

    async def action_recall(self, step: int) -> None:
        """Show an earlier or later text of the history; the one that was being typed is kept as the last."""
        if step < 0 and self._recalled == 0:
            await self.action_accept()
            return
        if self._recalled == 0:
            self._texts = [self.value, *(text for text in self._texts[1:] if text != self.value)]
        place = self._recalled + step
        if place < len(self._texts):
            self._recalled = place
            self.value = self._texts[place]
            self.cursor_position = len(self.value)

    async def action_accept(self) -> None:
        """Close the input and keep the text."""
        if self._on_accept is not None:
            self._on_accept(self.value)
        with self.app.batch_update():
            # Set the focus first: Textual passes the keys of a removed widget to the next widget.
            self.screen.set_focus(self.pane)
            await self.screen.query(Candidates).remove()
            await self.remove()

    async def action_clear(self) -> None:
        """Close the input and clear the text."""
        self.value = ""
        self._on_change("")
        await self.action_accept()

    @property
    def _candidates(self) -> Sequence[str]:
        at_end = self.cursor_position == len(self.value)
        return self._complete(self.value) if self._complete is not None and at_end else ()

    def _show_candidates(self) -> None:
        for line in self.screen.query(Candidates):
            problem = self._problem() if self._problem is not None else ""
            line.show(self._candidates, problem, has_history=len(self._texts) > 1)


class Candidates(Static):
    """What is above the input: what is wrong with its text, or what could be typed next, as far as it fits.

    Without `is_steady` it takes no line unless something is wrong.
    """

    def __init__(self, *, is_steady: bool) -> None:
        super().__init__(Content(""))
        self._is_steady = is_steady

    def show(self, candidates: Sequence[str], problem: str, *, has_history: bool) -> None:
        """Show what is wrong; else candidates, or the keys if there are none."""
        self.display = self._is_steady or bool(problem)
        self.set_class(bool(problem), "-problem")
        if problem:
            width, rows = self.app.size
            lines = _PROBLEM_LINES if rows >= _ROWS_FOR_PROBLEMS else _FEW_PROBLEM_LINES
            self.update(Content(within_lines(problem, max(width - 2, 1), lines)))
            return
        room, shown = self.app.size.width - 4, list[str]()
        for name in candidate_names(candidates):
            room -= cells(name) + 2
            if room < 0:
                shown.append("…")
                break
            shown.append(name)
        self.update(Content("  ".join(shown) or (_KEYS if has_history else "")))


async def open_filter_input(bar: FilterInput) -> None:
    """Open the input above the key bar, or focus the one that its pane has; only one input is open at a time."""
    pane = bar.pane
    clear_toasts(pane.app)
    for other in pane.screen.query(FilterInput):
        if other.pane is pane:
            other.focus()
            return
        await pane.screen.query(Candidates).remove()
        await other.remove()
    above = Candidates(is_steady=bar.has_completion and pane.app.size.height >= ROWS_FOR_CANDIDATES)
    with pane.app.batch_update():
        await pane.screen.mount(above, bar, before="#keys-bar")
        pane.screen.set_focus(bar)
