"""Validation of the `[keys]` settings."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from textual.binding import Binding
from textual.keys import Keys

from zjobtui.models.text import suggest
from zjobtui.ui.actions import CATALOGUE, key_name

KeyProblem: TypeAlias = tuple[str, str]
"""An action id, and why it does not get the configured key."""

_ALIASES = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+[": "escape", "return": "enter"}
"""Keys for which a terminal sends the same bytes as for another key."""

_SEPARATORS = {",": "comma", " ": "space"}
"""Keys whose characters separate the keys of a binding."""

_MODIFIERS = {"ctrl", "alt", "shift"}


def chosen_keys(
    settings: Iterable[tuple[str, str]], taken: Mapping[str, str]
) -> tuple[dict[str, str], list[KeyProblem]]:
    """Return the valid key settings by action id, and the problems of the others.

    `taken` are keys that no action can have, each with its purpose. An action whose setting is invalid keeps its
    default keys.
    """
    chosen, problems = dict[str, str](), list[KeyProblem]()
    for action, name in settings:
        key = normalize_key(name)
        if action not in _DEFAULT_KEYS:
            problems.append((action, f"unknown action {action}; {suggest(action, _DEFAULT_KEYS)}"))
        elif not is_key(key):
            problems.append((action, f"“{name}” is not a valid key; try f5, ctrl+r, R or ?"))
        elif key in taken and key not in _DEFAULT_KEYS[action]:
            problems.append((action, f"{key_name(key)} is already used for “{taken[key]}”"))
        else:
            chosen[action] = key
    while clash := next(_clashes(chosen), None):
        action, other = clash
        key = chosen.pop(action)
        problems.append(
            (action, f"{key_name(key)} is already the key of {other}; {action} keeps {_display_key(action)}")
        )
    return chosen, problems


def normalize_key(name: str) -> str:
    """Return a key as Textual names it: `question_mark` for `?`, `f5` for `F5`, `tab` for `ctrl+i`."""
    key = _SEPARATORS.get(name, name)
    if len(key) > 1 or key.isspace():
        key = key.lower()
    else:
        (binding,) = Binding.make_bindings([(key, "")])
        key = binding.key
    return _ALIASES.get(key, key)


def is_key(key: str) -> bool:
    """Return whether there is such a key."""
    *modifiers, last = key.split("+")
    is_known = last in set(Keys) - {Keys.Any, Keys.Ignore} or len(key_name(last)) == 1
    return is_known and set(modifiers) <= _MODIFIERS


def taken_keys(*nodes: type) -> dict[str, str]:
    """Return the keys that these widgets, screens and apps bind themselves, each with its purpose."""
    classes = [kind for node in nodes for kind in node.__mro__]
    bindings = [binding for kind in classes for binding in Binding.make_bindings(kind.__dict__.get("BINDINGS", ()))]
    return {binding.key: (binding.description or binding.action).replace("_", " ") for binding in reversed(bindings)}


_DEFAULT_KEYS = {action.id: action.keys.split(",") for action in CATALOGUE}


def _clashes(chosen: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each configured action whose key another action has, with that other action."""
    for action, key in chosen.items():
        for other, defaults in _DEFAULT_KEYS.items():
            if other != action and key in ([chosen[other]] if other in chosen else defaults):
                yield action, other


def _display_key(action: str) -> str:
    return key_name(_DEFAULT_KEYS[action][0])
