"""The body of an answer, indented for reading."""

import json

from zjobtui.domain.text import clean_lines

LIMIT = 256_000
"""Characters of a body that are shown; the whole of it stays in the store."""


def pretty(raw: str) -> list[str]:
    """The body in lines; JSON is indented, every number as it came, and what is cut is said."""
    try:
        text = json.dumps(json.loads(raw, parse_float=_Verbatim), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = raw
    lines = clean_lines(text[:LIMIT]).replace("\t", "  ").split("\n")
    return [*lines, f"… {len(text) - LIMIT:,} characters more"] if len(text) > LIMIT else lines


class _Verbatim(float):
    """A number that is written as it was read; `json` writes a float by its `repr`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text
