"""What a person has chosen of how the screen looks and which keys do what, as values; knows no file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_THEME = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`keys` holds, by the id of an action, the key that does it instead of its own."""

    theme: str = DEFAULT_THEME
    is_ascii: bool = False
    is_utc: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)


USUAL = Look()
