"""Keys that a person chooses: what can be is taken, and all else is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding

from zjobtui.ui.actions import CATALOGUE, bindings
from zjobtui.ui.app import taken_by_monitor
from zjobtui.ui.keymap import chosen_keys, is_key, normal, taken_keys

OWN = {action.id: action.keys.split(",") for action in CATALOGUE}
PREFIXES = {"tmux": "ctrl+b", "screen": "ctrl+a"}
TAKEN = taken_by_monitor()


def test_no_key_is_a_prefix_of_tmux_or_screen() -> None:
    used = {key for keys in OWN.values() for key in keys} | TAKEN.keys()
    assert not used & set(PREFIXES.values())


def test_every_action_has_an_id_and_keys_of_its_own() -> None:
    assert len(OWN) == len(CATALOGUE)
    assert all(name.replace("_", "").isalpha() and name.islower() for name in OWN)
    keys = [normal(key) for own in OWN.values() for key in own]
    assert len(keys) == len(set(keys))
    assert not (set(keys) - {"tab", "ctrl+q", "slash", "space", "n"}) & TAKEN.keys()
    assert [binding.id for binding in bindings()] == list(OWN)


@pytest.mark.parametrize(
    ("action", "key", "told"),
    [
        ("remov", "f5", "there is no action remov; did you mean remove?"),
        ("zzz", "f5", "there is no action zzz; there are: add, filter, next_count,"),
        ("remove", "crtl+r", "“crtl+r” is no key; such are f5, ctrl+r, R and ?"),
        ("remove", "<any>", "“<any>” is no key"),
        ("remove", "a", "a is the key of add already; remove keeps x"),
        ("remove", "?", "? is the key of help already; remove keeps x"),
        ("remove", "j", "j is the key for “down” already"),
        ("remove", "space", "space is the key for “open or close” already"),
        ("remove", "ctrl+m", "⏎ is the key for “read” already"),
        ("remove", "ctrl+p", "ctrl+p is the key for “the palette” already"),
        ("remove", "escape", "esc is the key for “back to the list” already"),
        ("remove", "ctrl+z", "ctrl+z is the key for “suspend” already"),
    ],
)
def test_what_cannot_be_is_told(action: str, key: str, told: str) -> None:
    keys, faults = chosen_keys([(action, key)], TAKEN)
    assert keys == {}
    assert [(name, why.startswith(told)) for name, why in faults] == [(action, True)], faults


def test_keys_can_be_changed_round_and_be_written_as_they_look() -> None:
    given = [
        ("add", "x"),
        ("remove", "a"),
        ("undo", "F8"),
        ("filter", "?"),
        ("help", "F9"),
        ("sort", "+"),
        ("label", "Z"),
    ]
    keys, faults = chosen_keys([*given, ("utc", "alt+z"), ("detail", "tab")], TAKEN)
    assert faults == []
    assert keys == {
        "add": "x",
        "remove": "a",
        "undo": "f8",
        "filter": "question_mark",
        "help": "f9",
        "sort": "plus",
        "label": "Z",
        "utc": "alt+z",
        "detail": "tab",
    }


def test_two_actions_on_one_key_are_both_named_and_one_has_it() -> None:
    keys, faults = chosen_keys([("undo", "f5"), ("pause", "f5")], TAKEN)
    assert keys == {"pause": "f5"}
    assert faults == [("undo", "f5 is the key of pause already; undo keeps u")]


@given(
    st.dictionaries(st.sampled_from([*OWN, "zzz"]), st.sampled_from(["a", "x", "u", "f5", "j", "?", "S", "q", "bad"]))
)
def test_whatever_is_chosen_no_key_does_two_things_and_nothing_is_lost(wanted: dict[str, str]) -> None:
    keys, faults = chosen_keys(wanted.items(), TAKEN)
    assert keys.keys() | {action for action, _ in faults} == wanted.keys()
    final = [key for action, own in OWN.items() for key in ([keys[action]] if action in keys else own)]
    assert len(final) == len(set(final))
    assert not set(keys.values()) & TAKEN.keys()
    assert all(map(is_key, keys.values()))


def test_the_keys_of_a_widget_are_its_own_before_those_of_its_bases() -> None:
    base = type("Base", (), {"BINDINGS": [Binding("f7,f8", "one", "the one")]})
    derived = type("Derived", (base,), {"BINDINGS": [("f8", "other", "the other"), Binding("f9", "some_more")]})
    assert taken_keys(derived) == {"f7": "the one", "f8": "the other", "f9": "some more"}
