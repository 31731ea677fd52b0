"""Actions that filter and sort the list."""

from collections.abc import Callable
from typing import TypeVar

from textual.screen import ModalScreen, Screen

from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.verdict import Kind
from zjobtui.ui.choice import ChoiceDialog, ColumnDialog
from zjobtui.ui.columns import arrow
from zjobtui.ui.filter_input import open_filter_input
from zjobtui.ui.job_list import JobList
from zjobtui.ui.list_model import next_in_cycle, status_filter
from zjobtui.ui.list_presenter import ListPresenter
from zjobtui.ui.tenant_filter import choose_tenant

Result = TypeVar("Result")

HINT = "words, status:failed, order:O-1, age>10m, is:unread, !tag:acme"


class FilterController:
    """Change the filter and the order of the list."""

    def __init__(self, screen: Screen[None], rows: JobList, presenter: ListPresenter) -> None:
        self._screen = screen
        self._rows = rows
        self._presenter = presenter

    async def prompt_filter(self) -> None:
        """Open the filter input; if the filter is cleared, put the cursor back."""
        before = self._rows.selected

        def apply_filter(text: str) -> None:
            self._presenter.set_filter(text)
            if before and not text:
                self._rows.move_cursor_to(before.job)

        await open_filter_input(self._rows, self._presenter.model.filter_text, HINT, apply_filter)

    def toggle_verdict(self, kind: Kind) -> None:
        """Show only the jobs with a verdict, or all jobs if only those are shown; a chosen tenant stays chosen."""
        text, everything = self._in_tenant(status_filter(kind)), self._in_tenant("")
        self._presenter.set_filter(everything if self._presenter.model.filter_text == text else text)

    def show_next_verdict(self) -> None:
        """Show only the jobs of the next verdict, or all jobs after the last one; a chosen tenant stays chosen."""
        present = [status_filter(kind) for kind, number in self._presenter.shown_counts.items() if number]
        cycle = [self._in_tenant(text) for text in ("", *present)]
        self._presenter.set_filter(next_in_cycle(cycle, self._presenter.model.filter_text))

    def toggle_tenant(self, name: str) -> None:
        """Show only the jobs of a tenant, or of all tenants if only those are shown; "" stands for the next tenant."""
        if name:
            self._choose_tenant("" if self._presenter.chosen_tenant == name else name)
        else:
            self.show_next_tenant()

    def show_next_tenant(self) -> None:
        """Show only the jobs of the next tenant, or of all tenants after the last one."""
        self._choose_tenant(next_in_cycle(("", *self._presenter.tenant_names), self._presenter.chosen_tenant))

    def _choose_tenant(self, name: str) -> None:
        text = choose_tenant(self._presenter.model.filter_text, name, self._presenter.tenant_names)
        self._presenter.set_filter(text)

    def _in_tenant(self, text: str) -> str:
        """Return a filter for the chosen tenant, if any."""
        return choose_tenant(text, self._presenter.chosen_tenant, self._presenter.tenant_names)

    async def prompt_sort(self) -> None:
        """Ask for an order and sort the list; the present one is marked, and turns round if it is chosen again."""
        current = self._presenter.model.sorting
        choices = {(current if order is current.order else Sorting(order)).title: order for order in SortOrder}

        def sort(title: str | None) -> None:
            if title is not None:
                self.sort_by(choices[title])

        dialog = ChoiceDialog(
            "Sort by",
            tuple(choices),
            current.title,
            signs={current.title: arrow(current)},
            keys=f"enter sort, on {arrow(current)} the other way · esc cancel",
        )
        await self._open(dialog, sort)

    def sort_by(self, order: SortOrder) -> None:
        """Sort by a column, or in the other direction if the list is sorted by it."""
        current = self._presenter.model.sorting
        self._presenter.model.sort_by(order, is_reversed=order is current.order and not current.is_reversed)
        self._presenter.resort()

    async def prompt_columns(self) -> None:
        """Ask which columns the list has."""

        def show(names: tuple[str, ...] | None) -> None:
            if names is not None:
                self._rows.columns = names
                self._presenter.update_title()

        await self._open(ColumnDialog(self._rows.columns), show)

    async def _open(self, dialog: ModalScreen[Result], use: Callable[[Result | None], None]) -> None:
        app = self._screen.app
        with app.batch_update():
            await app.push_screen(dialog, use)
