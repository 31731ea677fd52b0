"""Key settings: valid ones apply, the problems of the others are reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding

from zjobtui.config.loading import parse_settings
from zjobtui.config.settings import RENAMED
from zjobtui.ui.actions import CATALOGUE, bindings
from zjobtui.ui.app import taken_by_monitor
from zjobtui.ui.keymap import chosen_keys, is_key, normalize_key, taken_keys

OWN = {action.id: action.keys.split(",") for action in CATALOGUE}
PREFIXES = {"tmux": "ctrl+b", "screen": "ctrl+a"}
TAKEN = taken_by_monitor()


def test_no_key_is_a_prefix_of_tmux_or_screen() -> None:
    used = {key for keys in OWN.values() for key in keys} | TAKEN.keys()
    assert not used & set(PREFIXES.values())


def test_every_action_has_its_own_id_and_keys() -> None:
    assert len(OWN) == len(CATALOGUE)
    assert all(name.replace("_", "").isalpha() and name.islower() for name in OWN)
    keys = [normalize_key(key) for own in OWN.values() for key in own]
    assert len(keys) == len(set(keys))
    assert not (set(keys) - {"tab", "ctrl+q", "slash", "space", "n", "backspace"}) & TAKEN.keys()
    assert [binding.id for binding in bindings()] == list(OWN)


def test_the_former_id_of_a_renamed_action_still_works_and_is_reported() -> None:
    renamed = {old[1]: new[1] for old, new in RENAMED.items() if old[0] == "keys"}
    assert renamed
    assert set(renamed.values()) <= OWN.keys()
    assert not renamed.keys() & OWN.keys()
    for former, present in renamed.items():
        loaded, problems = parse_settings(f'[keys]\n{former} = "f12"\n')
        assert chosen_keys(loaded.keys, TAKEN) == ({present: "f12"}, [])
        assert f"keys.{former} was renamed to {present}; the value is used" in str(problems[0])


@pytest.mark.parametrize(
    ("action", "key", "expected"),
    [
        ("remov", "f5", "unknown action remov; did you mean remove?"),
        ("zzz", "f5", "unknown action zzz; valid names: add, remove, archive,"),
        ("remove", "crtl+r", "“crtl+r” is not a valid key; try f5, ctrl+r, R or ?"),
        ("remove", "<any>", "“<any>” is not a valid key"),
        ("remove", "a", "a is already the key of add; remove keeps x"),
        ("remove", "?", "? is already the key of help; remove keeps x"),
        ("remove", "j", "j is already used for “down”"),
        ("remove", "space", "space is already used for “open or close”"),
        ("remove", "ctrl+m", "⏎ is already used for “open”"),
        ("remove", "ctrl+p", "ctrl+p is already used for “command palette”"),
        ("remove", "escape", "esc is already used for “go back to the list”"),
        ("remove", "ctrl+z", "ctrl+z is already used for “suspend”"),
    ],
)
def test_an_invalid_key_setting_is_reported(action: str, key: str, expected: str) -> None:
    keys, faults = chosen_keys([(action, key)], TAKEN)
    assert keys == {}
    assert [(name, why.startswith(expected)) for name, why in faults] == [(action, True)], faults


def test_keys_can_be_swapped_and_written_as_characters() -> None:
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


def test_two_actions_on_one_key_are_reported_and_one_gets_it() -> None:
    keys, faults = chosen_keys([("undo", "f5"), ("pause", "f5")], TAKEN)
    assert keys == {"pause": "f5"}
    assert faults == [("undo", "f5 is already the key of pause; undo keeps u")]


@given(
    st.dictionaries(st.sampled_from([*OWN, "zzz"]), st.sampled_from(["a", "x", "u", "f5", "j", "?", "S", "q", "bad"]))
)
def test_no_settings_give_a_key_two_actions_or_lose_an_action(wanted: dict[str, str]) -> None:
    keys, faults = chosen_keys(wanted.items(), TAKEN)
    assert keys.keys() | {action for action, _ in faults} == wanted.keys()
    final = [key for action, own in OWN.items() for key in ([keys[action]] if action in keys else own)]
    assert len(final) == len(set(final))
    assert not set(keys.values()) & TAKEN.keys()
    assert all(map(is_key, keys.values()))


def test_keys_of_a_widget_override_those_of_its_bases() -> None:
    base = type("Base", (), {"BINDINGS": [Binding("f7,f8", "one", "the one")]})
    derived = type("Derived", (base,), {"BINDINGS": [("f8", "other", "the other"), Binding("f9", "some_more")]})
    assert taken_keys(derived) == {"f7": "the one", "f8": "the other", "f9": "some more"}
