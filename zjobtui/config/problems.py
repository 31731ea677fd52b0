"""Problems in a settings file, and the lines of its keys."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from msgspec import Struct

from zjobtui.models.text import clean, shorten

KeyPath: TypeAlias = tuple[str, ...]
"""A key preceded by its tables, outermost first."""

STATEMENT_LIMIT = 100
"""Lines of one TOML statement at most; after a longer one, the lines of keys are not known."""

_BARE = re.compile("[A-Za-z0-9_-]+")


class SettingsProblem(Struct, frozen=True):
    """A problem in the file; `line` and `column` count from 1, 0 if unknown.

    `is_used` is set if the value is used anyway: a setting under its old name.
    """

    key: str
    line: int
    text: str
    column: int = 0
    is_used: bool = False

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"line {self.line}{column}: {self.text}" if self.line else self.text


@dataclass(frozen=True)
class KeyLines:
    """The line of each key and table in a text that `tomllib` accepts; computed for the first problem.

    `renamed` maps the current path of a key to the old one in the text.
    """

    text: str = field(default="", repr=False)
    renamed: Mapping[KeyPath, KeyPath] = field(default_factory=dict)

    def of(self, path: KeyPath) -> int:
        """Return the line of a key, or of the innermost table around it that has one; 0 if none is known."""
        path = self.renamed.get(path, path)
        known = (self.lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in self.lines)
        return next(known, 0)

    @cached_property
    def lines(self) -> Mapping[KeyPath, int]:
        """The first line of every key and table, from 1.

        Lines are collected until they are valid TOML and so a whole statement, whose keys `tomllib` returns.
        """
        lines: dict[KeyPath, int] = {}
        table: KeyPath = ()
        statement: list[str] = []
        for number, line in enumerate(self.text.replace("\r\n", "\n").split("\n"), 1):
            statement.append(line)
            parsed = _parse(statement)
            if parsed is None and len(statement) < STATEMENT_LIMIT:
                continue
            if parsed is None:
                break
            is_header = statement[0].lstrip().startswith("[")
            paths = [path if is_header else (*table, *path) for path in _paths(parsed)]
            for path in paths:
                for length in range(1, len(path) + 1):
                    lines.setdefault(path[:length], number - len(statement) + 1)
            table = paths[-1] if is_header else table
            statement = []
        return lines


def dotted(path: KeyPath) -> str:
    """Return a key as it is written in messages."""
    return shorten(clean(".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in path)), 120)


def _parse(statement: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(statement))
    except tomllib.TOMLDecodeError:
        return None


def _paths(table: Mapping[str, Any], parent: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the keys of a statement, the innermost last; those inside an inline table included."""
    for key, value in table.items():
        path = (*parent, key)
        yield path
        if isinstance(value, dict):
            yield from _paths(value, path)
