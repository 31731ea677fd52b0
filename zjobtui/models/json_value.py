"""Types of JSON values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

Json: TypeAlias = "str | int | bool | Decimal | list[Json] | dict[str, Json] | None"
"""A JSON value; numbers with a fraction are `Decimal`, since they are money."""

Rest: TypeAlias = Mapping[str, Json]
"""The fields of an object that no attribute names: kept, so that nothing of a response is lost."""
