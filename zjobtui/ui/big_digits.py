"""Numbers in digits of five lines, of full blocks alone, so that they are the same in ASCII and in any font."""

HEIGHT = 5
"""Lines of a digit."""

_PIXELS = {
    "0": "111 101 101 101 111",
    "1": "010 110 010 010 111",
    "2": "111 001 111 100 111",
    "3": "111 001 111 001 111",
    "4": "101 101 111 001 001",
    "5": "111 100 111 001 111",
    "6": "111 100 111 101 111",
    "7": "111 001 001 010 010",
    "8": "111 101 111 101 111",
    "9": "111 101 111 001 111",
    ",": "0 0 0 1 1",
}
"""The pixels of each character, line by line; `,` separates thousands."""


def number_lines(number: int, scale: int = 1) -> tuple[str, ...]:
    """Return a number, not negative, in `HEIGHT` lines; a pixel is `scale` cells wide."""
    rows = [_PIXELS[character].split() for character in f"{number:,}"]
    gap = " " * scale
    return tuple(gap.join(_cells(row[line], scale) for row in rows) for line in range(HEIGHT))


def _cells(pixels: str, scale: int) -> str:
    return "".join(("█" if pixel == "1" else " ") * scale for pixel in pixels)
