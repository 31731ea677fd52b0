"""How a person finds jobs: by a filter that is typed, by one verdict after the other, in another order."""

from textual.screen import Screen

from zjobtui.models.sorting import SortOrder
from zjobtui.models.verdict import Kind
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.filter_input import open_filter_input
from zjobtui.ui.job_list import JobList
from zjobtui.ui.list_model import ListPresenter, following, status_filter

HINT = "words, status:failed, order:O-1, age>10m, is:unseen, !tag:acme"


class FilterController:
    """Changes what the list shows."""

    def __init__(self, screen: Screen[None], rows: JobList, shown: ListPresenter) -> None:
        self._screen = screen
        self._rows = rows
        self._shown = shown

    async def filter(self) -> None:
        """Opens the line in which a filter is typed; when it is dropped, the cursor is where it was."""
        before = self._rows.selected

        def typed(text: str) -> None:
            self._shown.filter(text)
            if before and not text:
                self._rows.return_to(before.job)

        await open_filter_input(self._rows, self._shown.view.text, HINT, typed)

    def toggle(self, kind: Kind) -> None:
        """Shows just the jobs of one verdict, or all again where just those are shown."""
        text = status_filter(kind)
        self._shown.filter("" if self._shown.view.text == text else text)

    async def next_count(self) -> None:
        """Shows the jobs of one verdict after the other, and then all."""
        present = [status_filter(kind) for kind, number in self._shown.counts.items() if number]
        self._shown.filter(following(("", *present), self._shown.view.text))

    async def sort(self) -> None:
        """Asks for an order."""
        orders = {order.title: order for order in SortOrder}

        def sort(title: str | None) -> None:
            if title is not None:
                self._shown.view.order = orders[title]
                self._shown.rearrange()

        app = self._screen.app
        with app.batch_update():
            await app.push_screen(ChoiceDialog("Sort by", tuple(orders), self._shown.view.order.title), sort)
