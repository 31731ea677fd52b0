"""Which watches are shown, and in which order: a filter, a sort order, and calm while a person moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from zjobtui.domain.arranging import SortOrder, arrange
from zjobtui.domain.filtering import Filter, FilterProblem, parse
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist

CALM = 8.0
"""Seconds after the last key in the list for which rows keep their places."""


@dataclass(slots=True)
class View:
    """What a person has chosen to see. `problem` says what of the filter is not understood; the rest of it holds."""

    order: SortOrder = SortOrder.URGENCY
    text: str = ""
    problem: str = ""
    _filter: Filter = field(default_factory=lambda: Filter(()))

    def choose(self, text: str) -> None:
        """Takes a filter as it is typed."""
        self.text = text.strip()
        parsed = parse(self.text)
        if isinstance(parsed, FilterProblem):
            self._filter, self.problem = parsed.rest, "" if parsed.is_unfinished else str(parsed)
        else:
            self._filter, self.problem = parsed, ""

    def rows(self, watchlist: Watchlist, now: float) -> tuple[Watch, ...]:
        """The watches to show, in order."""
        matches = self._filter.matches
        shown = [watch for watch in watchlist if matches(watch, now)] if self._filter else watchlist
        return arrange(shown, self.order)

    def title(self, shown: int, watched: int, marked: int) -> str:
        """What is shown, in words."""
        parts = ["Jobs", f"{shown:,} of {watched:,}" if shown != watched else f"{watched:,}", f"by {self.order.title}"]
        if self.text:
            parts.append(f"filter: {self.text}")
        if marked:
            parts.append(f"{marked:,} marked")
        return " · ".join(parts)


def calm(rows: tuple[Watch, ...], before: Sequence[Watch]) -> tuple[Watch, ...]:
    """The rows in the order in which they stood before; the order anew where other jobs are shown than before."""
    by_job = {watch.job: watch for watch in rows}
    if len(by_job) != len(before) or any(watch.job not in by_job for watch in before):
        return rows
    return tuple(by_job[watch.job] for watch in before)
