"""Actions that filter and sort the list."""

from textual.screen import Screen

from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.verdict import Kind
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.filter_input import open_filter_input
from zjobtui.ui.job_list import JobList
from zjobtui.ui.list_model import ListPresenter, next_in_cycle, status_filter

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
        """Show only the jobs with a verdict, or all jobs if only those are shown."""
        text = status_filter(kind)
        self._presenter.set_filter("" if self._presenter.model.filter_text == text else text)

    def show_next_verdict(self) -> None:
        """Show only the jobs of the next verdict, or all jobs after the last verdict."""
        present = [status_filter(kind) for kind, number in self._presenter.counts.items() if number]
        self._presenter.set_filter(next_in_cycle(("", *present), self._presenter.model.filter_text))

    async def prompt_sort(self) -> None:
        """Ask for an order and sort the list; the present order is offered in the other direction."""
        model = self._presenter.model
        current = model.sorting
        offered = [Sorting(order) for order in SortOrder]
        place = list(SortOrder).index(current.order)
        offered[place : place + 1] = [current, Sorting(current.order, is_reversed=not current.is_reversed)]
        choices = {sorting.title: sorting for sorting in offered}

        def sort(title: str | None) -> None:
            if title is not None:
                model.sort_by(choices[title].order, is_reversed=choices[title].is_reversed)
                self._presenter.resort()

        app = self._screen.app
        with app.batch_update():
            await app.push_screen(ChoiceDialog("Sort by", tuple(choices), current.title), sort)
