"""Job ids in a text that arrives in pieces: each once, whatever the pieces, and never a credential."""

import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.models import id_stream
from zjobtui.models.id_stream import CONTEXT, HELD_LINE_CHARACTERS, IdStream
from zjobtui.models.job import FoundIds

ONE, TWO, THREE = (f"{digit}22638b100b62fb49212a73044c4ac46" for digit in "678")
TOKEN = "6d151216ef504f65b8ff6e9e9e8356d3"
NAMES = (
    f'2026 POST\n{{\n  "jobId":\n    "{ONE}"\n}}\nrequestId={TWO}\n'
    f'"access_token":\n  "{TOKEN}"\nuse {TOKEN} jobId={THREE}'
)


def finds(pieces: Iterable[str], *, is_quiet: bool = True) -> Iterator[FoundIds]:
    """Feed pieces, with a pause after each if it is quiet; then end the text."""
    stream = IdStream()
    for piece in pieces:
        yield stream.feed(piece.encode())
        if is_quiet:
            yield stream.read_lines()
    yield stream.end()


def taken(*pieces: str, is_quiet: bool = True) -> list[str]:
    return [one.given for found in finds(pieces, is_quiet=is_quiet) for one in found.ids]


@given(st.lists(st.integers(0, len(NAMES)), max_size=12), st.booleans())
def test_the_ids_are_the_same_wherever_the_text_is_cut(cuts: list[int], is_quiet: bool) -> None:
    ends = [0, *sorted(cuts), len(NAMES)]
    pieces = [NAMES[start:end] for start, end in pairwise(ends)]
    assert taken(*pieces, is_quiet=is_quiet) == [ONE, THREE]
    others = [found for found in finds(pieces, is_quiet=is_quiet) if found.others or found.secrets]
    assert (sum(found.others for found in others), sum(found.secrets for found in others)) == (1, 1)


def test_a_line_is_read_when_it_ends_and_the_last_one_at_the_end() -> None:
    stream = IdStream()
    assert stream.feed(f"job {ONE[:20]}".encode()).ids == stream.read_lines().ids == ()
    assert stream.feed(f"{ONE[20:]}\njob {TWO}".encode()).ids == ()
    assert [one.given for one in stream.read_lines().ids] == [ONE]
    assert [one.given for one in stream.end().ids] == [TWO]


def test_each_id_and_each_refused_word_is_returned_once() -> None:
    found = list(finds([f"job {ONE} {TWO[1:]}\n"] * 3))
    assert [one.given for each in found for one in each.ids] == [ONE]
    assert [word for each in found for word in each.near_misses] == [TWO[1:]]


def test_bare_ids_are_not_used_once_ids_are_named() -> None:
    found = list(
        finds([f"{ONE}\n", f"jobId={TWO}\n", f"trace {THREE} {ONE}\n", f"trace {THREE}\n", f"jobId={THREE}\n"])
    )
    assert [one.given for each in found for one in each.ids] == [ONE, TWO, THREE]
    assert [one.given for each in found for one in each.not_added] == [THREE]


def test_the_word_job_names_an_id_once_ids_are_named() -> None:
    assert taken(f"jobId={ONE}\n", f"trace {TWO}\n", f"* job {THREE}, please check\n") == [ONE, THREE]


def test_a_credential_that_was_named_earlier_is_recognized_again() -> None:
    assert taken(f"access_token={TOKEN}\n", "filler\n" * 20_000, f"job {TOKEN}\nxyz {TOKEN}\n{ONE}") == [ONE]


def test_the_headings_of_a_table_apply_to_all_its_rows() -> None:
    rows = [f"{number:032x},{number + 10**6:032x}\n" for number in range(200)]
    assert taken("jobId,orderId\n", *rows, is_quiet=False) == taken(
        "jobId,orderId\n", "".join(rows[:100]), "".join(rows[100:])
    )
    assert len(taken("jobId,access_token\n", *rows, is_quiet=False)) == 200
    assert taken("jobId,orderId\n", *rows[:3], "\nend of table: done\n", f"{ONE}\n")[3:] == []


@pytest.mark.parametrize("filler", ["x", "0", "word ", '{"a": "b"}, ', "a="])
def test_a_line_without_end_is_read_in_parts_and_not_kept(filler: str) -> None:
    stream, found = IdStream(), list[str]()
    for number in range(8):
        text = filler * (HELD_LINE_CHARACTERS // len(filler) // 2) + f' "{number:032x}" '
        found += [one.given for one in stream.feed(text.encode()).ids]
        assert _size(stream) < 4 * HELD_LINE_CHARACTERS
    found += [one.given for one in stream.end().ids]
    assert found == [f"{number:032x}" for number in range(8)]


def test_a_line_that_is_cut_within_an_id_or_after_its_name_adds_nothing_else() -> None:
    for length in range(HELD_LINE_CHARACTERS - 2_200, HELD_LINE_CHARACTERS + 2_200, 371):
        text = "x" * length + f";requestId={TWO};{ONE};access_token={TOKEN};" + "y" * 6_000
        assert taken(text, "z" * HELD_LINE_CHARACTERS) == [ONE]


def test_memory_use_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_stream, "REMEMBERED", 30)
    stream = IdStream()
    for number in range(100):
        stream.feed(f"jobId={number:032x} token=a{number:031x} b{number:030x}\n".encode())
        stream.read_lines()
    assert _size(stream) < 10 * CONTEXT


def _size(stream: IdStream) -> int:
    """Return the characters and keys that a stream holds."""
    texts = [text for text in vars(stream).values() if isinstance(text, str)]
    recent = [part for part in vars(stream).values() if hasattr(part, "keys")]
    return sum(map(len, texts)) + sum(sum(map(sys.getsizeof, part.keys)) // 10 for part in recent)
