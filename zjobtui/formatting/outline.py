"""The form in which anything is told at length: lines with a name, a text, a tone, and lines below them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from zjobtui.models.json_value import Json, Rest
from zjobtui.models.text import shorten


class Tone(Enum):
    """What a line means to the reader; the screen gives it a colour, print does not."""

    PLAIN = auto()
    MUTED = auto()
    GOOD = auto()
    RUNNING = auto()
    ATTENTION = auto()
    BAD = auto()


@dataclass(frozen=True, slots=True)
class OutlineNode:
    """One line. `key` names it for as long as it means the same thing, so that what was opened stays open."""

    key: str
    name: str
    text: str = ""
    tone: Tone = Tone.PLAIN
    below: tuple["OutlineNode", ...] = ()
    is_open: bool = False
    """Whether the lines below are shown until somebody decides otherwise."""


def group(
    key: str, name: str, text: str, below: Iterable[OutlineNode], *, is_open: bool = True
) -> tuple[OutlineNode, ...]:
    """A heading with its lines; nothing at all where there are none."""
    lines = tuple(below)
    return (OutlineNode(key, name, text, Tone.PLAIN, lines, is_open),) if lines else ()


def field(key: str, name: str, text: str, tone: Tone = Tone.PLAIN) -> tuple[OutlineNode, ...]:
    """A line that is there only when it has something to say."""
    return (OutlineNode(key, name, shorten(text), tone),) if text else ()


def extra_fields(key: str, rest: Rest) -> tuple[OutlineNode, ...]:
    """Fields that nobody documents, as they came; nothing of an answer is dropped."""
    return tuple(json_line(f"{key}/{name}", name, value) for name, value in rest.items())


def json_line(key: str, name: str, value: Json) -> OutlineNode:
    """A JSON value as a line, with its parts below it."""
    name = shorten(name)
    match value:
        case dict():
            below = tuple(json_line(f"{key}/{inner}", inner, one) for inner, one in value.items())
            return OutlineNode(key, name, "" if below else "{}", below=below)
        case list():
            below = tuple(json_line(f"{key}/{number}", f"{number}", one) for number, one in enumerate(value, 1))
            return OutlineNode(key, name, f"({len(value)})", below=below)
        case _:
            return OutlineNode(key, name, shorten(json_text(value)))


def json_text(value: Json) -> str:
    """A plain JSON value as a person reads it."""
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
    """The outline as plain text, everything open."""
    for line in lines:
        pad = "  " * indent
        yield f"{pad}{line.name:<{max(1, 22 - len(pad))}} {line.text}".rstrip()
        yield from to_text(line.below, indent + 1)
