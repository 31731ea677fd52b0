"""The tables of the manual, as its readers see them."""

import re
from pathlib import Path

from tests.contract.names import Manual

_ROOT = Path(__file__).parents[2]


def table(heading: str) -> list[list[str]]:
    """The rows of the table with this heading, as cells."""
    texts = [(_ROOT / name).read_text(encoding="utf-8") for name in Manual.FILES]
    lines = next(text[text.index(heading) :] for text in texts if heading in text).splitlines()[2:]
    end = next(number for number, line in enumerate(lines) if not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[:end]]


def codes(cell: str) -> list[str]:
    """What stands in backquotes."""
    return re.findall(r"`([^`]+)`", cell)
