"""Width of text in terminal cells, and padding, wrapping and cutting to a width.

The width of a text is the sum of the widths of its characters, as in xterm and in Textual's strips (`rich.cells`, used
in `ui`); `wcwidth` has the same tables. `clean()` has already replaced the joiners and variation selectors that some
terminals draw differently.
"""

from wcwidth import wcwidth


def cells(text: str) -> int:
    """Return the cells of a text: two for a wide East Asian character or an emoji, none for a combining mark."""
    return len(text) if text.isascii() else sum(map(wcwidth, text))


def fit(text: str, width: int) -> str:
    """Return the text padded or cut with an ellipsis to exactly `width` cells."""
    missing = width - cells(text)
    if missing >= 0:
        return text + " " * missing
    kept = head(text, width - 1)
    return f"{kept}…" + " " * (width - 1 - cells(kept))


def shorten_to_cells(text: str, width: int) -> str:
    """Return one line of text, cut with an ellipsis if it is wider than `width` cells."""
    text = " ".join(text[: 2 * width].split())
    return text if cells(text) <= width else f"{head(text, width - 1).rstrip()}…"


def head(text: str, width: int) -> str:
    """Return as much of the beginning of a text as fits into `width` cells."""
    room = width
    for position, character in enumerate(text):
        room -= wcwidth(character)
        if room < 0:
            return text[:position]
    return text


def wrap(text: str, width: int) -> list[str]:
    """Break the text into lines of at most `width` cells, between words if possible."""
    lines, line = [], ""
    for word in text.split(" "):
        grown = f"{line} {word}" if line else word
        if cells(grown) <= width:
            line = grown
            continue
        if line:
            lines.append(line)
        line = word
        while (beginning := head(line, max(width, 2))) != line:
            lines.append(beginning)
            line = line[len(beginning) :]
    return [*lines, line]


def within_lines(text: str, width: int, count: int) -> str:
    """Return the text in at most `count` lines of at most `width` cells, with an ellipsis if it is cut."""
    lines = wrap(text, width)
    if len(lines) > count:
        lines[count - 1 :] = [fit(f"{lines[count - 1]} {lines[count]}", width)]
    return "\n".join(lines)
