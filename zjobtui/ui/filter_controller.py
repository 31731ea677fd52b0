"""Actions that filter and sort the list, and the filters that the user has used and saved."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from zjobtui.formatting.symbols import plural
from zjobtui.models.filter_completion import complete, expand_saved
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.ui_values import SAVED_FILTERS, PlainValue
from zjobtui.models.verdict import VerdictKind
from zjobtui.ui.choice import ChoiceDialog, ColumnDialog
from zjobtui.ui.columns import arrow
from zjobtui.ui.filter_input import FilterInput, open_filter_input
from zjobtui.ui.filter_terms import choose_tenant, join_terms, split_verdict, verdict_term
from zjobtui.ui.job_list import JobList
from zjobtui.ui.list_presenter import ListPresenter
from zjobtui.ui.monitor_context import UiStateStore
from zjobtui.ui.prompt import PromptDialog
from zjobtui.ui.toast import toast

Chosen = TypeVar("Chosen")

FILTER_HINT = "words, status:failed, order:O-1, age>10m, is:unread, !tag:acme"

SAVE_CURRENT, DELETE_ONE = "Save this filter…", "Delete a filter…"

_HISTORY = "filter_history"
"""The name of the last filters in the UI state."""

_HISTORY_LIMIT = 50
"""Filters that are remembered."""


class FilterController:
    """Change the filter and the order of the list."""

    def __init__(
        self, screen: Screen[None], rows: JobList, presenter: ListPresenter, ui_state: UiStateStore | None
    ) -> None:
        self._screen = screen
        self._memory = _FilterMemory(
            ui_state, partial(screen.run_worker, thread=True, group="filters", exit_on_error=False)
        )
        self._rows = rows
        self._presenter = presenter
        self._narrowed = self._before = self._term = self._with_verdict = ""

    async def filter(self) -> None:
        """Open the filter input; if the filter is cleared, put the cursor back."""
        before = self._rows.selected

        def apply_filter(text: str) -> None:
            self._presenter.set_filter(expand_saved(text, self._memory.saved)[0])
            if before and not text:
                self._rows.move_cursor_to(before.job)

        await asyncio.to_thread(self._memory.load)
        await open_filter_input(
            FilterInput(
                self._rows,
                self._presenter.model.filter_text,
                FILTER_HINT,
                apply_filter,
                complete=self._complete,
                history=self._memory.history,
                on_accept=self._memory.remember,
                problem=lambda: self._presenter.model.filter_problem,
            )
        )

    def _complete(self, text: str) -> Sequence[str]:
        watches, words = tuple(self._presenter.state.watchlist), self._presenter.known_words()
        return complete(text, watches, words, self._memory.saved)

    async def search(self, pane: Widget, text: str, hint: str, on_change: Callable[[str], None]) -> None:
        """Open the input line to search a pane."""
        await open_filter_input(FilterInput(pane, text, hint, on_change))

    async def saved_filters(self) -> None:
        """Offer the saved filters, to save the current one, and to delete one."""
        await asyncio.to_thread(self._memory.load)
        text, saved = self._presenter.model.filter_text, self._memory.saved
        shown = {f"{name}  {filter_text}": name for name, filter_text in sorted(saved.items())}
        choices = (*shown, *((SAVE_CURRENT,) if text else ()), *((DELETE_ONE,) if saved else ()))
        if not choices:
            toast(self._screen.app, "No saved filters. Filter the list first, then save the filter here.")
            return

        def choose(choice: str | None) -> None:
            if choice == SAVE_CURRENT:
                self._screen.app.push_screen(PromptDialog("Save filter as", hint="a name without spaces"), save)
            elif choice == DELETE_ONE:
                self._screen.app.push_screen(ChoiceDialog("Delete which filter?", tuple(shown)), delete)
            elif choice is not None:
                self._presenter.set_filter(saved[shown[choice]])

        def save(entered: str | None) -> None:
            if name := "-".join((entered or "").removeprefix("@").split()):
                self._memory.save(name, text)
                toast(self._screen.app, f"Saved as @{name}, also for --filter @{name}.")

        def delete(choice: str | None) -> None:
            if choice is not None:
                self._memory.delete(shown[choice])
                toast(self._screen.app, f"Deleted the filter @{shown[choice]}.")

        current = next((each for each, name in shown.items() if saved[name] == text), "")
        self._screen.app.push_screen(ChoiceDialog("Filters", choices, current), choose)

    def add_term(self, term: str) -> None:
        """Show only the jobs that match a term, too."""
        before = self._presenter.model.filter_text
        if term in before.split():
            return
        self._presenter.set_filter(join_terms(before, term))
        self._narrowed, self._before, self._term = self._presenter.model.filter_text, before, term

    def step_back(self) -> str:
        """Go back one step: undo `add_term` or the choice of a verdict, else clear the filter.

        A step is undone only if the filter has not changed since. Return the term if `add_term` was undone, else "".
        """
        text = self._presenter.model.filter_text
        term = self._term if text == self._narrowed else ""
        rest = self._before if term else split_verdict(text)[0] if text == self._with_verdict else ""
        self._presenter.set_filter(rest)
        if term:
            self._narrowed = self._before = self._term = ""
        return term

    def toggle_verdict(self, kind: VerdictKind) -> None:
        """Add the filter for a verdict, or remove it if it is set; the rest of the filter stays."""
        rest, term = split_verdict(self._presenter.model.filter_text)
        self._choose_verdict(rest, "" if term == verdict_term(kind) else verdict_term(kind))

    def next_verdict(self) -> None:
        """Show only the jobs of the next verdict, or all jobs after the last one; the rest of the filter stays."""
        self._step_verdict(1)

    def previous_verdict(self) -> None:
        """Show only the jobs of the verdict before, or all jobs before the first one; the rest of the filter stays."""
        self._step_verdict(-1)

    def _step_verdict(self, step: int) -> None:
        rest, term = split_verdict(self._presenter.model.filter_text)
        present = [verdict_term(kind) for kind, number in self._presenter.counts_of(rest).items() if number]
        self._choose_verdict(rest, _next_in_cycle(("", *present), term, step))

    def _choose_verdict(self, rest: str, term: str) -> None:
        """Set the filter to `rest` and `term`, so that `step_back` can remove the term alone."""
        self._presenter.set_filter(join_terms(rest, term))
        self._with_verdict = self._presenter.model.filter_text if term else ""

    def toggle_tenant(self, name: str) -> None:
        """Show only the jobs of a tenant, or of all tenants if only those are shown; "" stands for the next tenant."""
        if name:
            self._choose_tenant("" if self._presenter.chosen_tenant == name else name)
        else:
            self.next_tenant()

    def next_tenant(self) -> None:
        """Show only the jobs of the next tenant, or of all tenants after the last one."""
        if len(self._presenter.tenant_names) < 2:
            toast(self._screen.app, "Only one tenant is configured.")
            return
        self._choose_tenant(_next_in_cycle(("", *self._presenter.tenant_names), self._presenter.chosen_tenant))

    def _choose_tenant(self, name: str) -> None:
        text = choose_tenant(self._presenter.model.filter_text, name, self._presenter.tenant_names)
        self._presenter.set_filter(text)

    async def sort(self) -> None:
        """Ask for a sort order; the current one is marked, and is reversed if it is chosen again."""
        current = self._presenter.model.sorting
        choices = {(current if order is current.order else Sorting(order)).title: order for order in SortOrder}

        def apply(title: str | None) -> None:
            if title is not None:
                self.sort_by(choices[title])

        dialog = ChoiceDialog(
            "Sort by",
            tuple(choices),
            current.title,
            signs={current.title: arrow(current)},
            keys=f"enter sort (on {arrow(current)}: reverse) · esc cancel",
        )
        await self._open(dialog, apply)

    def sort_by(self, order: SortOrder) -> None:
        """Sort by a column, or in the other direction if the list is sorted by it.

        The selected job keeps its place on the screen; a message says so if the first row is then not in view.
        """
        current = self._presenter.model.sorting
        self._presenter.model.sort_by(order, is_reversed=order is current.order and not current.is_reversed)
        self._presenter.resort()
        if (top := self._rows.top) > 0:
            toast(self._screen.app, f"{plural(top, 'row')} above; home goes to the first.")

    async def columns(self) -> None:
        """Ask which columns the list has."""

        def show(names: tuple[str, ...] | None) -> None:
            if names is not None:
                self._rows.columns = names
                self._presenter.update_title()

        await self._open(ColumnDialog(self._rows.columns), show)

    async def _open(self, dialog: ModalScreen[Chosen], use: Callable[[Chosen | None], None]) -> None:
        app = self._screen.app
        with app.batch_update():
            await app.push_screen(dialog, use)


def _next_in_cycle(texts: Sequence[str], current: str, step: int = 1) -> str:
    """Return the text after or before the current one, the first after the last; a text not listed is the first."""
    index = texts.index(current) if current in texts else 0
    return texts[(index + step) % len(texts)]


class _FilterMemory:
    """The last filters, newest first, and those that are saved by name; other windows write to the same store."""

    def __init__(self, store: UiStateStore | None, run: Callable[[Callable[[], None]], object]) -> None:
        """`run` runs a function that may block."""
        self._store = store
        self._run = run
        self.history: tuple[str, ...] = ()
        self.saved: dict[str, str] = {}

    def load(self) -> None:
        """Read the stored filters; may block."""
        if self._store is not None:
            stored = self._store.load()
            self.history, self.saved = _texts(stored.get(_HISTORY)), _named(stored.get(SAVED_FILTERS))

    def remember(self, text: str) -> None:
        """Make a filter the newest one."""
        text = mask_secrets(text)
        if text and self.history[:1] != (text,):
            self.history = _joined((text,), self.history)
            self._run(self._write_history)

    def save(self, name: str, text: str) -> None:
        """Save a filter under a name, in place of one of this name."""
        text = mask_secrets(text)
        self.saved = {**self.saved, name: text}
        self._run(lambda: self._write_saved({name: text}, ""))

    def delete(self, name: str) -> None:
        """Delete the saved filter of this name."""
        self.saved = {other: text for other, text in self.saved.items() if other != name}
        self._run(lambda: self._write_saved({}, name))

    def _write_history(self) -> None:
        if self._store is not None:
            stored = _texts(self._store.load().get(_HISTORY))
            self._store.save({_HISTORY: list(_joined(self.history, stored))})

    def _write_saved(self, added: dict[str, str], removed: str) -> None:
        if self._store is not None:
            stored = {**_named(self._store.load().get(SAVED_FILTERS)), **added}
            self._store.save({SAVED_FILTERS: {name: text for name, text in stored.items() if name != removed}})


def _joined(newer: tuple[str, ...], older: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*newer, *older)))[:_HISTORY_LIMIT]


def _texts(value: PlainValue | None) -> tuple[str, ...]:
    return tuple(value)[:_HISTORY_LIMIT] if isinstance(value, list) else ()


def _named(value: PlainValue | None) -> dict[str, str]:
    return dict(value) if isinstance(value, dict) else {}
