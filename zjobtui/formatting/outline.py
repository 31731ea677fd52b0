"""Structured text as a tree: nodes with a name, a text, a tone, and child nodes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from zjobtui.models.json_value import Json, Rest
from zjobtui.models.text import shorten


class Tone(Enum):
    """The meaning of a line; the screen shows it as a colour, printed text does not."""

    PLAIN = auto()
    MUTED = auto()
    GOOD = auto()
    RUNNING = auto()
    ATTENTION = auto()
    BAD = auto()


@dataclass(frozen=True, slots=True)
class OutlineNode:
    """One line. `key` identifies it across updates, so that an open group stays open."""

    key: str
    name: str
    text: str = ""
    tone: Tone = Tone.PLAIN
    children: tuple["OutlineNode", ...] = ()
    is_open: bool = False
    """Whether the children are shown unless the user decides otherwise."""


def group(
    key: str, name: str, text: str, children: Iterable[OutlineNode], *, is_open: bool = True
) -> tuple[OutlineNode, ...]:
    """Return a heading with its lines; an empty tuple if there are no lines."""
    lines = tuple(children)
    return (OutlineNode(key, name, text, Tone.PLAIN, lines, is_open),) if lines else ()


def field(key: str, name: str, text: str, tone: Tone = Tone.PLAIN) -> tuple[OutlineNode, ...]:
    """Return a line; an empty tuple if it has no text."""
    return (OutlineNode(key, name, shorten(text), tone),) if text else ()


def extra_fields(key: str, rest: Rest) -> tuple[OutlineNode, ...]:
    """Return undocumented fields unchanged, so that nothing of a response is lost."""
    return tuple(json_line(f"{key}/{name}", name, value) for name, value in rest.items())


def json_line(key: str, name: str, value: Json) -> OutlineNode:
    """Return a JSON value as a node, its parts as children."""
    name = shorten(name)
    match value:
        case dict():
            children = tuple(json_line(f"{key}/{inner}", inner, item) for inner, item in value.items())
            return OutlineNode(key, name, "" if children else "{}", children=children)
        case list():
            children = tuple(json_line(f"{key}/{number}", f"{number}", item) for number, item in enumerate(value, 1))
            return OutlineNode(key, name, f"({len(value)})", children=children)
        case _:
            return OutlineNode(key, name, shorten(json_text(value)))


def json_text(value: Json) -> str:
    """Return a scalar JSON value as text."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal() | int():
            return str(value)
        case _:
            return str(value)


def to_text(lines: Iterable[OutlineNode], indent: int = 0) -> Iterator[str]:
    """Yield the outline as plain text, with all groups open."""
    for line in lines:
        pad = "  " * indent
        yield f"{pad}{line.name:<{max(1, 22 - len(pad))}} {line.text}".rstrip()
        yield from to_text(line.children, indent + 1)
