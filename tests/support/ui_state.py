"""A store of the screen's state in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zjobtui.models.ui_values import PlainValue


@dataclass
class StateInMemory:
    """What was saved, and how often."""

    values: dict[str, PlainValue] = field(default_factory=dict)
    writes: int = 0

    def load(self) -> dict[str, PlainValue]:
        return self.values

    def save(self, values: Mapping[str, PlainValue], /) -> None:
        self.values = {**self.values, **values}
        self.writes += 1
