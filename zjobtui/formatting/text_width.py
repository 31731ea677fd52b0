"""How many terminal cells a text takes, and how to make it take just so many.

One rule for the whole program: a text is as wide as its characters are one by one. So count xterm and the strips of
Textual (`rich.cells`, which `ui` uses for what it draws); `wcwidth` has the same tables. `clean()` has replaced the
joiners and variation selectors that some terminals draw in another way.
"""

from wcwidth import wcwidth


def cells(text: str) -> int:
    """Return the cells of a text: two for a wide East Asian character or an emoji, none for a combining mark."""
    return len(text) if text.isascii() else sum(map(wcwidth, text))


def fit(text: str, width: int) -> str:
    """The text in just `width` cells: padded, or cut with an ellipsis."""
    missing = width - cells(text)
    if missing >= 0:
        return text + " " * missing
    kept, room = "", width - 1
    for character in text:
        room -= wcwidth(character)
        if room < 0:
            break
        kept += character
    return f"{kept}…" + " " * (width - 1 - cells(kept))


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken between words, and within those that are too long."""
    lines, line = [], ""
    for word in text.split(" "):
        grown = f"{line} {word}" if line else word
        if cells(grown) <= width:
            line = grown
            continue
        if line:
            lines.append(line)
        line = word
        while (head := _head(line, max(width, 2))) != line:
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line]


def within_lines(text: str, width: int, count: int) -> str:
    """The text in at most `count` lines of at most `width` cells, with an ellipsis at the end of what is cut."""
    lines = wrap(text, width)
    if len(lines) > count:
        lines[count - 1 :] = [fit(f"{lines[count - 1]} {lines[count]}", width)]
    return "\n".join(lines)


def _head(text: str, width: int) -> str:
    room = width
    for position, character in enumerate(text):
        room -= wcwidth(character)
        if room < 0:
            return text[:position]
    return text
