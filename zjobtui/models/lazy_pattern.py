"""Regular expressions that are compiled on first use, since that takes 20 ms for `redaction` alone."""

import re
from functools import cached_property
from typing import Any, cast


class _LazyPattern:
    """Behave like a `re.Pattern`; its attributes are cached, so that only the first use of each costs more."""

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
    """Return an object that behaves like the compiled pattern; errors in the text appear on first use."""
    return cast("re.Pattern[str]", _LazyPattern(text, flags))
