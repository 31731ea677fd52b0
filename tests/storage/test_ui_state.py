import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.storage.ui_state import UiStateFile

PLAIN = st.dictionaries(
    st.text("abc_", min_size=1),
    st.one_of(
        st.text("ab ü:,<", max_size=50),
        st.integers(-(10**14), 10**14),
        st.booleans(),
        st.just(["a", "b"]),
        st.just({"a": "b"}),
    ),
)


@given(values=PLAIN)
def test_saved_values_are_loaded_and_other_values_are_kept(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str | int]
) -> None:
    memory = UiStateFile(tmp_path_factory.mktemp("memory") / "screen.json")
    memory.save({"old": 1})
    memory.save(values)
    assert memory.load() == {"old": 1, **values}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1]",
        b'"a"',
        b"null",
        b"[" * 9_000,
        b'{"a": "' + b"x" * 299_999 + b'"}',
        b'{"a": [1], "b": null}',
        b'{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999}',
        b'{"a": 1' + b"0" * 400 + b"}",
    ],
)
def test_invalid_values_are_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "screen.json").write_bytes(content)
    assert UiStateFile(tmp_path / "screen.json").load() == {}


def test_control_characters_are_cleaned(tmp_path: Path) -> None:
    (tmp_path / "screen.json").write_text(json.dumps({"filter": "\x1b[2J\x9b", "a\x07": 1}))
    assert UiStateFile(tmp_path / "screen.json").load() == {"filter": "␛[2J\ufffd", "a␇": 1}


def test_a_missing_folder_or_a_file_that_cannot_be_replaced_raises_nothing(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "screen.json", tmp_path / "folder"):
        (tmp_path / "folder" / "full").mkdir(parents=True, exist_ok=True)
        memory = UiStateFile(path)
        memory.save({"sort": "age"})
        assert memory.load() == {}
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]
