"""What is read from the screen of the monitor, and how it is given keys."""

import re

from tests.contract.names import Screen
from tests.support.terminal import Expected, Terminal


def press(window: Terminal, *keys: str, until: Expected | None = None, gone: Expected | None = None) -> None:
    """Press keys, then wait for the screen to be as expected."""
    window.press(*keys)
    if until is not None:
        window.wait_for(until)
    if gone is not None:
        window.wait_until_gone(gone)


def type_into(window: Terminal, text: str) -> None:
    """Type into a dialog and leave it by enter."""
    for character in text:
        window.press("space" if character == " " else character)
    window.press("enter")


def title(window: Terminal) -> str:
    """The title of the list."""
    found = re.search(rf"{Screen.LIST}[^─╮]*", window.text())
    return found[0] if found else ""


def rows(window: Terminal) -> list[str]:
    """The rows of the list, without the line of its columns."""
    return [row for row in _lines(window) if not row.startswith(Screen.COLUMNS_BEGIN)]


def columns(window: Terminal) -> str:
    """The titles of the list's columns; "" if they are not shown."""
    return next((row for row in _lines(window) if row.startswith(Screen.COLUMNS_BEGIN)), "")


def _lines(window: Terminal) -> list[str]:
    lines = window.text().splitlines()
    start = next(number for number, line in enumerate(lines) if Screen.LIST in line)
    return [line[1:] for line in lines[start + 1 :] if line.startswith("│")]


def unread(window: Terminal) -> list[str]:
    """The rows of jobs that changed and were not looked at."""
    return [row for row in rows(window) if row.startswith(Screen.UNREAD)]


def is_marked(window: Terminal) -> list[str]:
    """The rows of marked jobs."""
    return [row for row in rows(window) if row.startswith("◆")]


def detail_title(window: Terminal) -> str:
    """The title of the detail beside the list."""
    line = next(line for line in window.text().splitlines() if Screen.LIST in line)
    return line.partition("╮╭─ ")[2].rstrip("─╮ ")


def footer_is_drawn(window: Terminal) -> bool:
    """Whether the last line shows the keys."""
    return window.text().rstrip().endswith(Screen.FOOTER_END)
