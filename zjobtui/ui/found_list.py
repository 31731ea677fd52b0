"""List of the ids that were found in a text, each with a tick, its state and the words around it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from textual.binding import Binding
from textual.message import Message

from zjobtui.formatting.symbols import short_id
from zjobtui.models.job import FoundIds, JobId
from zjobtui.models.text import shorten
from zjobtui.models.text_width import cells
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.styled_line import Spans

_WIDE = 48
"""Cells of a line from which ids are shown with their end."""

_STATE_WIDTH = 24
"""Maximum cells of the state; the name of a field may be longer."""


class FoundItem(Struct, frozen=True):
    """One id, or a word that is nearly one: then `job_id` is None, and it cannot be ticked."""

    word: str
    state: str
    tone: str
    job_id: JobId | None = None
    is_sure: bool = False
    """Whether it is ticked unless the user decides otherwise."""
    context: str = ""


def found_items(
    found: FoundIds,
    watched_in: Callable[[JobId], Sequence[str]],
    tenant: str,
    contexts: Mapping[str, str],
    *,
    is_tenant_sure: bool,
) -> Iterator[FoundItem]:
    """Yield everything in a text that could be a job id: doubtful ids first, then the others in their order.

    `watched_in` returns the tenants in which an id is watched. One that is watched, but not in `tenant`, is ticked only
    if the user is sure of the tenant.
    """
    for word in found.near_misses:
        yield FoundItem(word, "not valid", "attention", context=contexts.get(word, ""))
    in_doubt = (
        *((job_id, "split by a line break") for job_id in found.broken),
        *((job_id, "not named as a job") for job_id in found.not_added),
        *((job_id, shorten(f"not a job: {name}", _STATE_WIDTH)) for job_id, name in found.other_ids),
    )
    for job_id, state in in_doubt:
        yield FoundItem(job_id.given, state, "attention", job_id, context=contexts.get(job_id.key, ""))
    for job_id in found.ids:
        state, tone, is_sure, homes = "new", "good", True, watched_in(job_id)
        if tenant in homes:
            state, tone = "watched", "muted"
        elif homes:
            state, tone = shorten(f"watched in {', '.join(homes)}", _STATE_WIDTH), "attention"
            is_sure = is_tenant_sure
        yield FoundItem(job_id.given, state, tone, job_id, is_sure=is_sure, context=contexts.get(job_id.key, ""))


class FoundList(LineListView):
    """Show the found ids; space ticks or unticks the one under the cursor."""

    BINDINGS = [
        Binding("space", "tick", "tick", show=False),
        Binding("asterisk", "tick_all", "tick all", show=False),
    ]

    class TicksChanged(Message):
        """The user has ticked or unticked ids."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id)
        self._items: tuple[FoundItem, ...] = ()
        self._chosen: dict[str, bool] = {}
        """The ids that the user has ticked or unticked."""
        self._state_width = 0

    def set_items(self, items: Iterable[FoundItem]) -> None:
        """Show these ids; those that the user has ticked or unticked stay so."""
        self._items = tuple(items)
        self._state_width = max((cells(item.state) for item in self._items), default=0)
        self.display = bool(self._items)
        self.set_lines(len(self._items), self.cursor, self.scroll_offset.y)
        self.refresh_all()

    def chosen_ids(self) -> tuple[JobId, ...]:
        """Return the ids that are ticked, in their order."""
        return tuple(item.job_id for item in self._items if item.job_id is not None and self._is_ticked(item))

    def line(self, index: int) -> Spans:
        """Return tick, id, state and context."""
        item = self._items[index]
        tick = "    " if item.job_id is None else "[x] " if self._is_ticked(item) else "[ ] "
        state = item.state + " " * (self._state_width - cells(item.state))
        word = short_id(item.word, 17 if self.line_width >= _WIDE else 9)
        return ((f"{tick}{word}  ", "plain"), (f"{state}  ", item.tone), (item.context, "muted"))

    def activate_line(self) -> None:
        """Tick or untick the clicked id."""
        self.action_tick()

    def action_tick(self) -> None:
        """Tick or untick the id under the cursor, and go to the next."""
        if self.count:
            self._choose([self._items[self.cursor]], ticked=not self._is_ticked(self._items[self.cursor]))
            self.action_move(1)

    def action_tick_all(self) -> None:
        """Tick all ids; untick all if they are ticked."""
        ids = [item for item in self._items if item.job_id is not None]
        self._choose(ids, ticked=not all(map(self._is_ticked, ids)))

    def _choose(self, items: Iterable[FoundItem], *, ticked: bool) -> None:
        self._chosen |= {item.job_id.key: ticked for item in items if item.job_id is not None}
        self.refresh_all()
        self.post_message(self.TicksChanged())

    def _is_ticked(self, item: FoundItem) -> bool:
        return item.job_id is not None and self._chosen.get(item.job_id.key, item.is_sure)
