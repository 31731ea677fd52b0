"""What is wrong with a settings file, and on which line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from zjobtui.models.text import clean, shorten

KeyPath: TypeAlias = tuple[str, ...]
"""A key with the tables around it, outermost first."""

STATEMENT_LIMIT = 100
"""Lines of one TOML statement whose end is looked for; the lines of the keys after a longer one are not known."""

_BARE = re.compile("[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """Something wrong in the file; `line` and `column` count from 1, 0 if unknown.

    `is_used` is set if the value is used all the same: a setting under its old name.
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
    """The lines of the keys and tables in a text that `tomllib` accepts; found when the first problem asks.

    `renamed` maps the present path of a key to the one that is in the text.
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

        Lines are collected until they are TOML by themselves, and so a statement; `tomllib` gives its keys.
        """
        lines: dict[KeyPath, int] = {}
        table: KeyPath = ()
        statement: list[str] = []
        for number, line in enumerate(self.text.replace("\r\n", "\n").split("\n"), 1):
            statement.append(line)
            given = _parse(statement)
            if given is None and len(statement) < STATEMENT_LIMIT:
                continue
            if given is None:
                break
            is_header = statement[0].lstrip().startswith("[")
            paths = [path if is_header else (*table, *path) for path in _paths(given)]
            for path in paths:
                for length in range(1, len(path) + 1):
                    lines.setdefault(path[:length], number - len(statement) + 1)
            table = paths[-1] if is_header else table
            statement = []
        return lines


def dotted(path: KeyPath) -> str:
    """Return a key as messages name it."""
    return shorten(clean(".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in path)), 120)


def _parse(statement: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(statement))
    except tomllib.TOMLDecodeError:
        return None


def _paths(given: Mapping[str, Any], around: KeyPath = ()) -> Iterator[KeyPath]:
    """The keys of a statement, the innermost last; those inside an inline table included."""
    for key, value in given.items():
        path = (*around, key)
        yield path
        if isinstance(value, dict):
            yield from _paths(value, path)
