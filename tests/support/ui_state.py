"""A store of the screen's state in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zjobtui.ui.protocols import Plain


@dataclass
class StateInMemory:
    """What was saved, and how often."""

    values: dict[str, Plain] = field(default_factory=dict)
    writes: int = 0

    def load(self) -> dict[str, Plain]:
        return self.values

    def save(self, values: Mapping[str, Plain], /) -> None:
        self.values = {**self.values, **values}
        self.writes += 1
