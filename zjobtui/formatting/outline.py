"""Structured text as a tree: nodes with a name, a text, a tone, and child nodes."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import Enum, auto

from msgspec import Struct
from msgspec.structs import replace

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


class OutlineNode(Struct, frozen=True):
    """One line. `key` identifies it across updates, so that an open group stays open."""

    key: str
    name: str
    text: str = ""
    tone: Tone = Tone.PLAIN
    children: tuple["OutlineNode", ...] = ()
    is_open: bool = False
    """Whether the children are shown unless the user decides otherwise."""
    values: tuple[tuple[str, str], ...] = ()
    """The numbers and ids in the line, each after what it is, to be copied or read."""


def group(
    key: str, name: str, text: str, children: Iterable[OutlineNode], *, is_open: bool = True
) -> tuple[OutlineNode, ...]:
    """Return a heading with its lines; an empty tuple if there are no lines."""
    lines = tuple(children)
    return (OutlineNode(key, name, text, Tone.PLAIN, lines, is_open),) if lines else ()


def field(
    key: str, name: str, text: str, tone: Tone = Tone.PLAIN, values: tuple[tuple[str, str], ...] = ()
) -> tuple[OutlineNode, ...]:
    """Return a line; an empty tuple if it has no text."""
    return (OutlineNode(key, name, shorten(text), tone, values=values),) if text else ()


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


def keep_matching(lines: Iterable[OutlineNode], words: Sequence[str]) -> tuple[OutlineNode, ...]:
    """Return the lines that contain all the words, and open above them the groups that they are in.

    The words are in lower case. A line that matches keeps everything beneath it.
    """
    kept = []
    for line in lines:
        if is_match(line, words):
            kept.append(line)
        elif children := keep_matching(line.children, words):
            kept.append(replace(line, children=children, is_open=True))
    return tuple(kept)


def is_match(line: OutlineNode, words: Iterable[str]) -> bool:
    """Return whether a line contains all the words, which are in lower case."""
    text = f"{line.name} {line.text}".casefold()
    return all(word in text for word in words)


def to_text(lines: Iterable[OutlineNode], indent: int = 0) -> Iterator[str]:
    """Yield the outline as plain text, with all groups open."""
    for line in lines:
        pad = "  " * indent
        yield f"{pad}{line.name:<{max(1, 22 - len(pad))}} {line.text}".rstrip()
        yield from to_text(line.children, indent + 1)


_SHOWN_VALUE = 40
"""Characters of a value that are shown in a menu."""


def line_texts(node: OutlineNode) -> dict[str, str]:
    """Return what can be copied of a line, by name: its numbers and ids, those of the lines below it, and the line."""
    values = node.values
    if not values and node.name and node.text and not node.children:
        values = ((node.name.lower(), node.text),)
    texts = {what if "\n" in value else shorten(f"{what} {value}", _SHOWN_VALUE): value for what, value in values}
    below = [child.values[0] for child in node.children if child.values]
    if len(below) == 1:
        texts[shorten(" ".join(below[0]), _SHOWN_VALUE)] = below[0][1]
    elif below:
        texts[f"{len(below):,} {below[0][0]}s"] = "\n".join(dict.fromkeys(value for _, value in below))
    line = ": ".join(part for part in (node.name, node.text) if part)
    return {**texts, "this line": line} if line.strip() else texts
