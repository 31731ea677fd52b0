"""Regular expressions that are compiled when they are first used: those of `redaction` take 20 ms, of `filtering` 5."""

import re
from functools import cached_property
from typing import Any, cast


class _LatePattern:
    """Stands for a `re.Pattern`; its attributes are kept, so that only the first use of each costs more."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._text, self._flags)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a pattern has of that name
        value = getattr(self._compiled, name)
        setattr(self, name, value)
        return value


def lazy_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """Return what serves as the compiled pattern; faults in the text show when it is first used."""
    return cast("re.Pattern[str]", _LatePattern(text, flags))
