"""What a person has chosen to see, kept from one start to the next; it is written when a choice has settled."""

from collections.abc import Callable, Mapping
from math import isfinite

from zjobtui.models.redaction import mask_secrets
from zjobtui.models.sorting import SortOrder
from zjobtui.ui.list_model import JobListModel
from zjobtui.ui.protocols import Plain, UiStateStore
from zjobtui.ui.split_view import Divider, SplitView


class UiState:
    """Carries order, filter and divider to the memory and back. What the memory gives may be anything."""

    def __init__(self, memory: UiStateStore | None, view: JobListModel, panes: SplitView) -> None:
        self._memory = memory
        self._view = view
        self._panes = panes
        self._before = self._kept = self._now()

    def recall(self) -> None:
        """Takes what was kept, as far as it makes sense."""
        if self._memory is None:
            return
        found = self._memory.load()
        order = next((one for one in SortOrder if one.name.lower() == found.get("sort")), None)
        if order is not None:
            self._view.order = order
        if isinstance(text := found.get("filter"), str):
            self._view.choose(text)
        usual = Divider()
        self._panes.divider = Divider(
            _share(found, "divider_beside", usual.beside), _share(found, "divider_below", usual.below)
        )
        self._before = self._kept = self._now()

    def settle(self, run: Callable[[Callable[[], None]], object]) -> None:
        """Keeps what stands since the last look; `run` is given what writes it."""
        now = self._now()
        memory = self._memory
        if memory is not None and now == self._before != self._kept:
            self._kept = now
            run(lambda: memory.save(now))
        self._before = now

    def leave(self) -> None:
        """Keeps what stands now; it may block."""
        now = self._now()
        if self._memory is not None and now != self._kept:
            self._kept = now
            self._memory.save(now)

    def _now(self) -> dict[str, Plain]:
        divider = self._panes.divider
        return {
            "sort": self._view.order.name.lower(),
            "filter": _masked(self._view.text),
            "divider_beside": divider.beside,
            "divider_below": divider.below,
        }


def _masked(text: str) -> str:
    if not text:
        return ""
    return mask_secrets(text)


def _share(found: Mapping[str, Plain], name: str, otherwise: float) -> float:
    given = found.get(name)
    is_share = isinstance(given, int | float) and not isinstance(given, bool) and isfinite(given) and 0 < given < 1
    return float(given) if is_share and given is not None else otherwise
