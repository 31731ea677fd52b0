"""Filter, order, folded batches, columns and divider, kept between starts; written once they have stopped changing."""

import json
from collections.abc import Callable, Mapping
from math import isfinite

from zjobtui.models.filters import translate
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.sorting import sorting_of
from zjobtui.models.ui_values import PlainValue
from zjobtui.ui.columns import NAMES, restored_columns
from zjobtui.ui.list_model import JobListModel
from zjobtui.ui.monitor_context import UiStateStore
from zjobtui.ui.split_view import Divider, SplitView

_FORMER_DEFAULT = 0.5
"""The list's share of the width that earlier versions stored if nobody had moved the divider."""


class UiState:
    """Load and save order, filter, folded batches, columns and divider; the stored values may be anything."""

    def __init__(self, store: UiStateStore | None, model: JobListModel, panes: SplitView) -> None:
        self._store = store
        self._model = model
        self._panes = panes
        self._set_columns = panes.job_list.columns
        self._previous = self._saved = self._current()

    def load(self) -> None:
        """Apply the stored values, as far as they are valid."""
        if self._store is None:
            return
        stored = self._store.load()
        if sorting := sorting_of(stored.get("sort")):
            self._model.sort_by(sorting.order, is_reversed=sorting.is_reversed)
        if isinstance(text := stored.get("filter"), str):
            self._model.set_filter(translate(text)[0])  # without a notice: the user has not typed it now
        self._model.folded = _folded(stored.get("folded"))
        names, before = stored.get("columns"), stored.get("columns_before")
        if isinstance(names, str) and isinstance(before, str):
            self._panes.job_list.columns = restored_columns(
                names.split(","), before.split(","), self._set_columns, was_set=stored.get("columns_set") is True
            )
        beside, below = _share(stored, "divider_beside"), _share(stored, "divider_below")
        if beside == _FORMER_DEFAULT:
            beside = None
        self._panes.divider = Divider(beside, Divider().height_share if below is None else below)
        self._previous = self._saved = self._current()

    def save_if_settled(self, run: Callable[[Callable[[], None]], object]) -> None:
        """Save values that have not changed since the last call; `run` runs the function that writes them."""
        current, store = self._current(), self._store
        if store is not None and current == self._previous != self._saved:
            self._saved = current
            run(lambda: store.save(current))
        self._previous = current

    def save(self) -> None:
        """Save the current values; may block."""
        current = self._current()
        if self._store is not None and current != self._saved:
            self._saved = current
            self._store.save(current)

    def _current(self) -> dict[str, PlainValue]:
        divider = self._panes.divider
        return {
            "sort": self._model.sorting.name,
            "filter": mask_secrets(self._model.filter_text) if self._model.filter_text else "",
            "folded": mask_secrets(json.dumps(sorted(self._model.folded), ensure_ascii=False)),
            "columns": ",".join(self._panes.job_list.columns),
            "columns_before": ",".join(self._set_columns),
            "columns_set": self._set_columns != NAMES,
            "divider_beside": divider.width_share or 0,
            "divider_below": divider.height_share,
        }


def _folded(text: object) -> frozenset[str]:
    """Return the names of the folded batches; none if the text is something else, or was cut because it is too long."""
    try:
        names = json.loads(text) if isinstance(text, str) else []
    except (ValueError, RecursionError):
        names = []
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()


def _share(stored: Mapping[str, PlainValue], name: str) -> float | None:
    value = stored.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) and 0 < value < 1 else None
