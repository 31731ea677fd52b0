"""Tells on which line of a TOML file a key stands, which the standard library does not; knows no key's meaning."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from zjobtui.domain.text import clean, shorten

KeyPath: TypeAlias = tuple[str, ...]
"""A key with the tables it lies in, outermost first."""

_BARE = re.compile("[A-Za-z0-9_-]+")
_BASIC, _LITERAL = r'"(?:\\.|[^"\\\n])*"', r"'[^'\n]*'"
_PART = rf"(?:[A-Za-z0-9_-]+|{_BASIC}|{_LITERAL})"
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEAD = re.compile(rf"[ \t]*(?:\[\[?[ \t]*(?P<table>{_KEY})[ \t]*\]|(?P<key>{_KEY})[ \t]*=)")
_TOKEN = re.compile(
    r'"""(?:\\.|"{1,2}(?!")|[^"\\])*"{3,5}' + r"|'''(?:'{1,2}(?!')|[^'])*'{3,5}" + rf"|{_BASIC}|{_LITERAL}|#[^\n]*|.",
    re.DOTALL,
)
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class KeyLines:
    """The lines of the keys and tables of one file, counted from 1."""

    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def of(self, path: KeyPath) -> int:
        """The line of a key, or of the innermost table around it that has one; 0 where nothing of it is known."""
        known = (self.lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in self.lines)
        return next(known, 0)


def dotted(path: KeyPath) -> str:
    """A key as a message names it."""
    return shorten(clean(".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in path)), 120)


def find_key_lines(text: str) -> KeyLines:
    """Where the keys of a text that `tomllib` has accepted stand; those inside an inline table have its line."""
    text = text.replace("\r\n", "\n")
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    start, line = 0, 1
    while start < len(text):
        head = _HEAD.match(text, start)
        if head:
            path = _parts(head["table"]) if head["table"] else (*table, *_parts(head["key"]))
            table = path if head["table"] else table
            for length in range(1, len(path) + 1):
                lines.setdefault(path[:length], line)
        end = _statement_end(text, head.end() if head and head["key"] else start)
        line += text.count("\n", start, end)
        start = end
    return KeyLines(lines)


def _parts(key: str) -> KeyPath:
    """The names of a dotted key, its quoted parts read by the one parser that knows the escapes."""
    found: Any = tomllib.loads(f"{key} = 0")
    parts = []
    while isinstance(found, dict):
        ((name, found),) = found.items()
        parts.append(name)
    return tuple(parts)


def _statement_end(text: str, start: int) -> int:
    """Past the line feed that ends a statement: the first outside strings, comments, arrays and inline tables."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += _DEPTH.get(token.group(), 0)
        if token.group() == "\n" and depth <= 0:
            return token.end()
    return len(text)
