"""Which key does what when a person has chosen some: takes what can be, and tells of each other why it cannot."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from textual.binding import Binding
from textual.keys import Keys, format_key

from zjobtui.models.text import suggest
from zjobtui.ui.actions import CATALOGUE

Fault: TypeAlias = tuple[str, str]
"""The id of an action, and why it does not get its key."""

_SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+[": "escape", "return": "enter"}
"""Keys for which a terminal sends the very same as for another."""

_WITHOUT_SIGN = {",": "comma", " ": "space"}
"""Keys whose own signs part the keys of a binding."""

_MODIFIERS = {"ctrl", "alt", "shift"}


def chosen_keys(given: Iterable[tuple[str, str]], taken: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """The keys that can be as they were chosen, by the ids of the actions, and what is wrong with the others.

    `taken` are keys that no action can have, each with what it does. An action whose choice is refused keeps its keys.
    """
    wanted, faults = dict[str, str](), list[Fault]()
    for action, name in given:
        key = normal(name)
        if action not in _OWN:
            faults.append((action, f"there is no action {action}; {suggest(action, _OWN)}"))
        elif not is_key(key):
            faults.append((action, f"“{name}” is no key; such are f5, ctrl+r, R and ?"))
        elif key in taken and key not in _OWN[action]:
            faults.append((action, f"{format_key(key)} is the key for “{taken[key]}” already"))
        else:
            wanted[action] = key
    while clash := next(_clashes(wanted), None):
        action, other = clash
        key = wanted.pop(action)
        faults.append((action, f"{format_key(key)} is the key of {other} already; {action} keeps {_shown(action)}"))
    return wanted, faults


def normal(name: str) -> str:
    """A key as Textual names it: `?` is question_mark, `F5` is f5, `ctrl+i` is what every terminal sends for it."""
    key = _WITHOUT_SIGN.get(name, name)
    if len(key) > 1 or key.isspace():
        key = key.lower()
    else:
        (binding,) = Binding.make_bindings([(key, "")])
        key = binding.key
    return _SAME.get(key, key)


def is_key(key: str) -> bool:
    """Whether there is such a key."""
    *modifiers, last = key.split("+")
    is_known = last in set(Keys) - {Keys.Any, Keys.Ignore} or len(format_key(last)) == 1
    return is_known and set(modifiers) <= _MODIFIERS


def taken_keys(*nodes: type) -> dict[str, str]:
    """The keys that these widgets, screens and apps have of their own, each with what it does."""
    classes = [kind for node in nodes for kind in node.__mro__]
    given = [binding for kind in classes for binding in Binding.make_bindings(kind.__dict__.get("BINDINGS", ()))]
    return {binding.key: (binding.description or binding.action).replace("_", " ") for binding in reversed(given)}


_OWN = {action.id: action.keys.split(",") for action in CATALOGUE}


def _clashes(wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each action that has chosen a key which another one has, with that other."""
    for action, key in wanted.items():
        for other, own in _OWN.items():
            if other != action and key in ([wanted[other]] if other in wanted else own):
                yield action, other


def _shown(action: str) -> str:
    return format_key(_OWN[action][0])
