"""Values of the screen that are kept from one start to the next: their type, and the names that several modules use."""

from typing import TypeAlias

PlainValue: TypeAlias = str | float | bool | list[str] | dict[str, str]

SAVED_FILTERS = "saved_filters"
"""The value that has the saved filters by name."""
