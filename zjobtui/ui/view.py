"""Which watches are shown, and in which order: a filter, a sort order, and calm while a person moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import cast

from zjobtui.domain.arranging import Key, SortOrder
from zjobtui.domain.filtering import Filter, FilterProblem, parse
from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.wording.signs import WORDS

CALM = 8.0
"""Seconds after the last key in the list for which rows keep their places."""


@dataclass(slots=True)
class View:
    """What a person has chosen to see. `problem` says what of the filter is not understood; the rest of it holds."""

    order: SortOrder = SortOrder.URGENCY
    text: str = ""
    problem: str = ""
    _filter: Filter = field(default_factory=lambda: Filter(()))
    _keys: dict[int, tuple[Key, Watch]] = field(default_factory=dict)
    _keyed_for: SortOrder | None = None

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
        known, key = self._keys if self._keyed_for is self.order else {}, self.order.key
        # By identity, of which the kept watch itself makes sure; few watches differ from one drawing to the next.
        keys = {id(watch): known.get(id(watch)) or (key(watch), watch) for watch in shown}
        self._keys, self._keyed_for = keys, self.order
        return tuple([watch for _, watch in sorted(keys.values(), key=itemgetter(0))])

    def title(self, shown: int, watched: int, marked: int) -> str:
        """What is shown, in words; what may be cut off stands last."""
        parts = ["Jobs", f"{shown:,} of {watched:,}" if shown != watched else f"{watched:,}"]
        if marked:
            parts.append(f"{marked:,} marked")
        if self.text:
            parts.append(f"filter: {self.text}")
        return " · ".join((*parts, f"by {self.order.title}"))


def status_filter(kind: Kind) -> str:
    """The filter that shows the jobs of one verdict."""
    return f"status:{WORDS[kind]}"


def following(texts: Sequence[str], current: str) -> str:
    """The text after the current one, the first after the last, and the second where it is none of them."""
    at = texts.index(current) if current in texts else 0
    return texts[(at + 1) % len(texts)]


def calm(rows: tuple[Watch, ...], before: Sequence[Watch]) -> tuple[Watch, ...]:
    """The rows in the order in which they stood before; the order anew where other jobs are shown than before."""
    by_job = {id(watch.job): watch for watch in rows}
    kept = [by_job.get(id(watch.job)) for watch in before]
    if len(rows) == len(before) and None not in kept:
        return cast("tuple[Watch, ...]", tuple(kept))
    found = {watch.job: watch for watch in rows}  # a watch that another window wrote names its job anew
    if len(found) != len(before) or any(watch.job not in found for watch in before):
        return rows
    return tuple(found[watch.job] for watch in before)
