"""Columns of CSV, TSV, Markdown, Jira and aligned tables whose heading says what their cells are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zjobtui.domain.key_names import NameKind, kind_of_name
from zjobtui.domain.late_pattern import late_pattern
from zjobtui.domain.source_text import SourceText

_LINE_LIMIT = 1_000
"""Characters of a line that can be a heading; no real heading is longer."""

_HEADING = late_pattern(r"job|token|secret|passw|client|authorization|apikey|api_key|jti")
_DELIMITERS = (late_pattern(r"\t"), late_pattern(r"\|"), late_pattern(";"), late_pattern(","), late_pattern(r" {2,}"))
_NAME = late_pattern(r"[^\W_][\w .#/()-]{0,39}")
_DIGITS = late_pattern(r"[0-9a-fA-F-]{28}")
_QUOTED = late_pattern(r'"(?:[^"\n]|"")*"')
_AROUND = " \t\r\"'`*{}[]"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, by its position in the text, below a heading that is known; the heading itself has no kind."""

    start: int
    end: int
    kind: NameKind | None
    name: str


def find_cells(source: SourceText) -> list[Cell]:
    """The headings, and the cells below headings that are known, in the order of the text."""
    low = source.low
    cells: list[Cell] = []
    position = 0
    while (hit := _HEADING.search(low, position)) is not None:
        start = low.rfind("\n", max(0, hit.start() - _LINE_LIMIT), hit.start()) + 1
        end = _end_of_line(low, hit.start())
        is_line = start > 0 or hit.start() < _LINE_LIMIT
        heading = _heading(source.plain, max(start, position), end) if is_line else None
        position = end + 1
        if heading is not None:
            cells.append(Cell(start, end, None, ""))
            position = _read_rows(source, end + 1, heading, cells)
    return cells


@dataclass(frozen=True, slots=True)
class _Heading:
    delimiter: re.Pattern[str]
    names: tuple[tuple[NameKind | None, str], ...]


def _end_of_line(low: str, position: int) -> int:
    end = low.find("\n", position)
    return len(low) if end < 0 else end


def _heading(plain: str, start: int, end: int) -> _Heading | None:
    if end - start > _LINE_LIMIT:
        return None
    line = plain[start:end].strip(" \r")
    if ":" in line or "=" in line or _DIGITS.search(line):  # a time, an assignment, an id: no line of names
        return None
    if line.startswith("||"):
        line = line.replace("||", "|")
    for delimiter in _DELIMITERS:
        if not delimiter.search(line):
            continue
        texts = [text.strip(_AROUND) for text in delimiter.split(line)]
        if not all(_NAME.fullmatch(text) for text in texts if text):
            continue
        names = tuple((_kind_of_heading(text.lower()), text) for text in texts)
        if any(kind in {NameKind.JOB, NameKind.SECRET} for kind, _ in names):
            return _Heading(delimiter, names)
    return None


def _kind_of_heading(text: str) -> NameKind | None:
    return NameKind.JOB if text in {"job", "jobs"} else kind_of_name(text)


def _read_rows(source: SourceText, position: int, heading: _Heading, cells: list[Cell]) -> int:
    """Add the cells of the rows below a heading; return where the table ends."""
    low = source.low
    while position < len(low):
        end = _end_of_line(low, position)
        line = low[position:end]
        if line.isspace() or line.strip("-+=|: \t\r"):  # a rule parts a heading from its rows
            found = list(_split(line, heading.delimiter))
            if len(found) < 2 or (_HEADING.search(line) and _heading(source.plain, position, end)):
                break
            for (start, stop), (kind, name) in zip(found, heading.names, strict=False):
                if kind is not None:
                    cells.append(Cell(position + start, position + stop, kind, name))
        position = end + 1
    return position


def _split(line: str, delimiter: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where the cells of a row begin and end; a delimiter within double quotes is text."""
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted.group()), line) if '"' in line else line
    start = len(masked) - len(masked.lstrip(" \r"))
    stop = len(masked.rstrip(" \r"))
    for found in delimiter.finditer(masked, start, stop):
        yield start, found.start()
        start = found.end()
    yield start, stop
