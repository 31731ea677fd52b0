"""Terminal input becomes keys, pastes, reports or nothing; simulated time, Textual's own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.typist import Typist
from zjobtui.ui.input_filter import InputFilter
from zjobtui.ui.input_outlet import KEPT_OF_REST, KEPT_WHOLE, KEY_BURST

ID = "2c92c8f97c1d4e0a017c1d6a3b5f0001"
DASHED = "2C92C8F9-7C1D-4E0A-017C-1D6A3B5F0001"
START, END = b"\x1b[200~", b"\x1b[201~"

ANSWERS = [
    b"\x1b[?64;1;2;6;9;15;22c",  # DA1
    b"\x1b[>41;354;0c",  # DA2
    b"\x1bP!|00000000\x1b\\",  # DA3
    b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    b"\x1b]10;rgb:ffff/ffff/ffff\x07",
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    b"\x1b]52;c;cXVpdCBxcXE=\x07",
    b"\x1bP>|XTerm(354)\x1b\\",  # XTVERSION
    b"\x1bP1+r544e=787465726d\x1b\\",  # XTGETTCAP
    b"\x1bP1$r0m\x1b\\",  # DECRQSS
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b^quiet q\x1b\\",
    b"\x1bXquiet q\x1b\\",
    b"\x1b[?1u",  # kitty flags
    b"\x1b[?25;1$y",
    b"\x1b[4;2$y",
    b"\x1b[0n",
    b"\x1b[12;40R",
    b"\x1b[8;40;140t",
    b"\x1b[M q!",  # X10 mouse
    b"\x1b[0;10;10M",  # urxvt mouse
]

UNPARSEABLE = [
    b"\x1b[99999999999u",
    b"\x1b[55296u",
    b"\x1b[57343u",
    b"\x1b[1114112u",
    b"\x1b[97;1;99999999999u",
    b"\x1b[97;1;55296u",
    b"\x1b[97;1;1:2:u",
    b"\x1b[97;999u",
    b"\x1b[97;0u",
    b"\x1b[:u",
    b"\x1b[;;;u",
    b"\x1b[97;:u",
    b"\x1b[1;2;3;4;5~",
    b"\x1b[106;1:3u",
    b"\x1b[1;1:3A",
    b"\x1b[3;1:3~",
    b"\x1b[25~",
    b"\x1b[62~",
    b"\x1b[5A",
    b"\x1b[<;;M",
    b"\x1b[<0;-5;7M",
    b"\x1b[<0;99999999999999999999;1M",
    b"\x1b[<999;1;1M",
    b"\x1b[<0;1M",
    b"\x1b[48;0;0;0;0t",
    b"\x1b[48;99999;99999;1;1t",
    b"\x1b[48;;;;t",
    b"\x1b[?2026;9$y",
    b"\x1b[" + b"1;" * 100 + b"u",
    b"\x1b[" + b"9" * 200 + b"u",
    b"\x1b[1$2q",
    b"\x1bO5A",
]

KEYS = {
    b"\x1b[A": "up",
    b"\x1bOB": "down",
    b"\x1b[1;5C": "ctrl+right",
    b"\x1b[1;2:1D": "shift+left",
    b"\x1b[1;129A": "up",
    b"\x1b[Z": "shift+tab",
    b"\x1b[1;2Z": "shift+tab",
    b"\x1b[3~": "delete",
    b"\x1b[6;5:2~": "ctrl+pagedown",
    b"\x1bOP": "f1",
    b"\x1b[[A": "f1",
    b"\x1b[15~": "f5",
    b"\x1b[24;2~": "shift+f12",
    b"\x1b[7$": "shift+home",
    b"\x1b[11^": "ctrl+f1",
    b"\x1bOM": "enter",
    b"\x1b[106;1:2u": "j",
    b"\x1b[106u": "j",
    b"\x1b[97:65;2;65u": "A",
    b"\x1b[113;5u": "ctrl+q",
    b"\x1b[113;133u": "ctrl+q",
    b"\x1b[99;5:1u": "ctrl+c",
    b"\x1b[27u": "escape",
    b"\x1b[27;129u": "escape",
    b"\x1b[13u": "enter",
    b"\x1b[9;2u": "shift+tab",
    b"\x1b[57417u": "left",
    b"\x1b[27;5;113~": "ctrl+q",
    b"\x1b[27;2;65~": "A",
    b"\x1b[120;3u": "alt+x",
    b"\x1bx": "alt+x",
    b"\x1bX": "alt+shift+x",
    "\x1bé".encode(): "alt+é",
    b"\x1b\t": "shift+tab",
    b"\x1bf": "ctrl+right",
    b"\x7f": "backspace",
    b"\x11": "ctrl+q",
    b"\r": "enter",
    "é".encode(): "é",
    b"\x1b[I": "AppFocus",
    b"\x1b[O": "AppBlur",
    b"\x1b[<0;10;20M": "MouseDown",
    b"\x1b[<64;10;20M": "MouseScrollUp",
    b"\x1b[48;40;140;800;1400t": "Resize",
    b"\x1b[?2026;2$y": "TerminalSupportsSynchronizedOutput",
    b"\x1b[?2048;2$y": "InBandWindowResize",
}


@pytest.mark.parametrize(("sent", "key"), KEYS.items())
def test_keys_and_terminal_reports_reach_textual(sent: bytes, key: str) -> None:
    assert Typist().send(sent).settle().heard == [key]


@pytest.mark.parametrize(
    "sent", [*UNPARSEABLE, *ANSWERS, END, b"\x1b]0;t\x18", b"\x1b]0;t\x1a", b"\xff\xfe", b"\xc0\x80"]
)
def test_input_that_is_not_a_key_is_ignored_however_it_is_split(sent: bytes) -> None:
    for at in range(1, len(sent)):
        for gap in (0.001, 0.08):
            assert Typist().send(sent[:at], sent[at:], gap=gap).settle().heard == [], (at, gap)
    assert Typist().send(*(sent[at : at + 1] for at in range(len(sent)))).settle().heard == []
    assert Typist().send(b"j", sent + b"k").settle().heard == ["j", "k"]


@pytest.mark.parametrize("sent", ANSWERS[:-2])
def test_a_delayed_terminal_response_does_not_run_as_keys(sent: bytes) -> None:
    for at in range(2, len(sent) - 1):
        heard = Typist().send(sent[:at]).send(sent[at:], gap=0.6).settle().heard
        assert set(heard) <= {"alt+right_square_bracket", "alt+left_square_bracket", "alt+shift+p", "alt+shift+x"} | {
            "alt+circumflex_accent",
            "alt+underscore",
        }, at


@pytest.mark.slow
@pytest.mark.parametrize(
    "begun", [b"\x1b]52;c;", b"\x1bP>|", b"\x1b_G", b"\x1b[", b"\x1b[1;", b"\x1b[M", b"\x1bO", b"\xc3"]
)
def test_a_sequence_without_end_swallows_no_key(begun: bytes) -> None:
    assert Typist().send(begun).send(b"q", gap=0.4).settle().heard[-1] == "q"
    assert Typist().send(begun + b"\x11").settle().heard[-1] == "ctrl+q"
    assert Typist().send(begun).send(b"\x1b", gap=0.2).wait(0.25).heard[-1] == "escape"
    assert "down" in Typist().send(begun, b"\x1b[B").settle().heard
    endless = Typist().send(*[begun + b"a" * 50_000] * 30)
    assert endless.send(b"\x11").wait(0.5).heard[-1] == "ctrl+q"


def test_an_escape_is_always_recognised() -> None:
    for pause in (0.0, 0.02, 0.09, 0.5, 20.0):
        typist = Typist().send(b"a").send(b"\x1b", gap=pause)
        pressed = typist.now
        typist.wait(0.2)
        assert typist.heard == ["a", "escape"]
        assert typist.last_call_at[-1] - pressed <= 0.11


@pytest.mark.parametrize("after", [b"j", b"\x1b", b"q", b"\r", b"\x11", b"[", b"O", b"P", b"]", b"\x1b[B"])
@pytest.mark.parametrize("gap", [0.04, 0.09, 0.15])
def test_no_escape_is_lost_when_another_key_follows(after: bytes, gap: float) -> None:
    typist = Typist().send(b"\x1b").send(after, gap=gap)
    pressed = typist.now - gap
    typist.settle()
    assert typist.heard[0] == "escape"
    assert typist.last_call_at[0] - pressed <= 0.25
    assert len(typist.heard) == 2


def test_escapes_in_one_read_are_as_many_keys() -> None:
    assert Typist().send(b"\x1b\x1b\x1b").settle().heard == ["escape"] * 3


@pytest.mark.parametrize("gap", [0.0, 0.02, 0.2, 1.0, 4.9])
def test_the_end_of_a_paste_is_recognised_in_pieces(gap: float) -> None:
    whole = START + ID.encode() + END
    for at in range(len(whole) - len(END) + 1, len(whole)):
        typist = Typist().send(whole[:at]).send(whole[at:], gap=gap).send(b"q", gap=0.1).settle()
        assert typist.heard == [f"paste:{ID}", "q"], at


def test_a_paste_without_an_end_is_delivered_and_keys_work_again() -> None:
    typist = Typist().send(START + ID.encode()).wait(5.1)
    assert typist.pastes == [ID]
    assert typist.send(b"q").settle().keys == ["q"]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (b"\x1b", "escape"),
        (b"\x03", "ctrl+c"),
        (b"\x11", "ctrl+q"),
        (b"\x1b[27;129u", "escape"),
        (b"\x1b[113;5:1u", "ctrl+q"),
    ],
)
def test_a_key_alone_ends_a_paste(key: bytes, name: str) -> None:
    typist = Typist().send(START + ID.encode()).send(key, gap=0.5).wait(0.35)
    assert typist.heard == [f"paste:{ID}", name]
    assert typist.send(b"q", gap=0.4).heard[-1] == "q"


def test_a_key_alone_ends_a_paste_whose_end_marker_broke_off() -> None:
    typist = Typist().send(START + ID.encode() + END[:3]).send(b"\x1b", gap=0.5).wait(0.35)
    assert typist.heard == [f"paste:{ID}", "escape"]


@pytest.mark.parametrize("key", [b"\x1b", b"\x03", b"\x11"])
def test_a_key_followed_by_bytes_is_pasted(key: bytes) -> None:
    typist = Typist().send(START + b"a").send(key, gap=0.5).send(b"b q" + END, gap=0.04).settle()
    assert typist.heard == ["paste:ab q"]


@pytest.mark.parametrize("late", [b"[201~", END])
def test_the_rest_of_an_abandoned_paste_is_not_a_key(late: bytes) -> None:
    typist = Typist().send(START + ID.encode()).wait(6)
    typist.send(b" quit dd", b" qq" + late, gap=2).wait(1)
    assert typist.keys == []
    assert "quit dd" in typist.pastes[1]
    assert typist.send(b"jj").settle().keys == ["j", "j"]


@pytest.mark.parametrize("at", range(1, 6))
def test_the_rest_of_an_abandoned_end_marker_is_ignored(at: int) -> None:
    typist = Typist().send(START + ID.encode() + END[:at]).wait(20).send(END[at:])
    assert typist.settle().heard == [f"paste:{ID}"]
    assert typist.send(b"jj").settle().keys == ["j", "j"]


def test_after_a_minute_input_is_not_the_rest_of_a_paste() -> None:
    typist = Typist().send(START + ID.encode()).wait(66)
    assert typist.send(b"jj").settle().keys == ["j", "j"]


@pytest.mark.parametrize(
    "text",
    [
        f"\x1b[31mERROR\x1b[0m {ID} q",
        f"{ID[:8]}\x1b[1;31m{ID[8:]}\x1b[m",
        f"\x1b]8;;https://x/q\x1b\\{ID}\x1b]8;;\x07",
        f"\x1b(B{ID}\x1b(0",
        f"\x1bP1$r0m\x1b\\{ID}",
        f"\x9b31m{ID}\x9b0m",
        f"\x00\x08{ID[:5]}\x07{ID[5:]}\x7f",
    ],
)
def test_a_coloured_text_is_pasted_without_its_colours(text: str) -> None:
    whole = START + text.encode() + END
    for at in range(1, len(whole)):
        typist = Typist().send(whole[:at], whole[at:]).settle()
        assert typist.keys == []
        assert ID in typist.pastes[0].split()[-1 if "q" not in text[-3:] else -2]
        assert not any(character < " " or "\x7f" <= character < "\xa0" for character in typist.pastes[0])


def test_line_breaks_and_tabs_of_a_paste_are_kept() -> None:
    assert Typist().send(START + b"a\tb\r\nc\n" + END).settle().heard == ["paste:a\tb\r\nc\n"]


def test_an_empty_paste_is_ignored() -> None:
    assert Typist().send(START + END + b"j").settle().heard == ["j"]


@pytest.mark.parametrize(
    "text",
    [
        ID,
        DASHED,
        f"quit {ID} dd",
        f"quit {ID[1:]} dd",
        f"job {ID}\rdelete q\r",
        f"Authorization: Bearer {ID}\rq\r",
        f"zuora-request-id: {DASHED}\rq\r",
        f"\x1b[31mERROR\x1b[0m {ID} \x1b[1mq\x1b[0m",
        "All is well that ends; quick brown foxes jump over lazy dogs. " * 5,
    ],
)
def test_a_paste_without_brackets_is_a_paste(text: str) -> None:
    whole = text.encode()
    for at in range(2, len(whole) - 1, 5):
        typist = Typist().send(whole[:at], whole[at:]).settle()
        assert typist.keys == [], at
        assert len(typist.pastes) == 1


def test_the_rest_of_a_paste_without_brackets_is_a_paste() -> None:
    typist = Typist().send(f"job {ID} and ".encode()).send(b"a quick quit", gap=0.1).settle()
    assert typist.keys == []


@pytest.mark.parametrize(
    "typed", [b"/status:failed\r", b"j" * 60, b"jk" * 60, b"abc" * 42, b"dd", b"\x1b[B" * 90, b"/" + b"\x7f" * 40]
)
def test_type_ahead_is_keys(typed: bytes) -> None:
    typist = Typist().send(typed).wait(0.2)
    assert typist.pastes == []
    assert len(typist.keys) == (typed.count(b"\x1b") or len(typed))


def test_a_single_key_is_not_delayed() -> None:
    typist = Typist().send(b"j", "é".encode(), b"\x1b[B", gap=0.04)
    assert typist.heard == ["j", "é", "down"]


def test_keys_held_down_on_a_slow_connection_are_delivered_soon() -> None:
    typist = Typist()
    for _ in range(30):
        typist.send(b"jj", gap=0.04)
    assert len(typist.wait(0.15).keys) == 60


@pytest.mark.slow
@pytest.mark.parametrize("key", [b"j", b"\x1b[B", b"jk\x1b[A", b"\x7f"])
def test_a_flood_of_keys_is_bounded_and_quitting_still_works(key: bytes) -> None:
    typist = Typist().send(*[key * (4_000 // len(key))] * 20, gap=0.0001)
    assert len(typist.keys) <= KEY_BURST + 1
    assert typist.send(b"\x11").heard[-1] == "ctrl+q"


@pytest.mark.parametrize("held", [b"j", b"\x1b[B"])
def test_a_key_after_one_that_was_held_down_is_delivered(held: bytes) -> None:
    assert Typist().send(held * 500 + b"q").settle().heard[-1] == "q"


def test_only_the_last_of_many_mouse_moves_is_delivered() -> None:
    typist = Typist().send(*[b"\x1b[<35;5;5M" * 400] * 50, gap=0.0001)
    assert len(typist.heard) <= 20
    typist.send(b"\x1b[<35;9;9M").wait(0.1)
    assert typist.passed.endswith(b"\x1b[<35;9;9M")


def test_several_pastes_at_once_keep_their_order() -> None:
    typist = Typist().send(b"".join(START + text + END + b"\r" for text in (b"url", b"id", b"secret")))
    assert typist.heard == ["paste:url", "enter", "paste:id", "enter", "paste:secret", "enter"]


def test_many_pastes_are_all_delivered() -> None:
    typist = Typist().send(*[START + b"x" + END] * 500, gap=0.0001).settle()
    assert len(typist.heard) < 12
    assert sum(text.count("x") for text in typist.pastes) == 500


def test_only_the_last_of_many_reports_is_delivered() -> None:
    typist = Typist().send(*[b"\x1b[I\x1b[O"] * 500, gap=0.0001).settle()
    assert len(typist.heard) < 50
    assert typist.heard[-1] == "AppBlur"


def test_ids_in_a_huge_paste_are_kept() -> None:
    line = "nothing to see here\n"
    text = line * (KEPT_WHOLE // len(line)) + (line * 50_000 + ID + "\n") * 3
    sent = START + text.encode() + END
    (kept,) = Typist().send(*(sent[at : at + 4_000] for at in range(0, len(sent), 4_000)), gap=0.0001).settle().pastes
    assert kept.count(ID) == 3
    assert len(kept) <= KEPT_WHOLE + 1_000


def test_a_huge_paste_is_bounded() -> None:
    sent = START + (ID + " ").encode() * 300_000
    typist = Typist().send(*(sent[at : at + 65_536] for at in range(0, len(sent), 65_536)), END, gap=0.0001).settle()
    (kept,) = typist.pastes
    assert KEPT_WHOLE + KEPT_OF_REST - 200_000 < len(kept) <= KEPT_WHOLE + KEPT_OF_REST
    assert set(kept.split()) == {ID}


PIECES = st.sampled_from([*KEYS, *UNPARSEABLE, *ANSWERS, START, END, START + ID.encode() + END, b"j", b"\x1b", b"\xc3"])
NOISE = st.lists(PIECES | st.binary(max_size=20), max_size=30).map(b"".join)


def cut(data: bytes, lengths: list[int]) -> list[bytes]:
    """Split into reads of these lengths; the last length repeats."""
    reads = []
    while data:
        length = lengths.pop(0) if len(lengths) > 1 else lengths[0]
        reads.append(data[:length])
        data = data[length:]
    return reads


@given(NOISE, st.lists(st.integers(1, 40), min_size=1), st.sampled_from([0.0001, 0.02, 0.04, 0.12, 0.4, 6.0]))
def test_textual_parses_all_output_and_ctrl_q_is_always_delivered(data: bytes, lengths: list[int], gap: float) -> None:
    typist = Typist().send(*cut(data, lengths), gap=gap)
    before = typist.heard.count("ctrl+q")
    typist.send(b"\x11", gap=gap).wait(0.35)
    assert typist.heard.count("ctrl+q") > before
    assert typist.send(b"j", gap=1).heard[-1] == "j"


SAFE = st.sampled_from(
    [*(key for key in KEYS if key != b"\x1b\t"), *UNPARSEABLE, *ANSWERS, START + ID.encode() + b"\x1b[31m q" + END]
)


def keys_of(typist: Typist) -> list[str]:
    """Return the keys without reports, which do not wait for earlier keys."""
    return [key for key in typist.keys if key[0].islower() or len(key) == 1]


@given(st.lists(SAFE, max_size=20).map(b"".join), st.lists(st.integers(1, 40), min_size=1))
def test_how_the_input_is_split_makes_no_difference(data: bytes, lengths: list[int]) -> None:
    whole = Typist().send(data).settle()
    split = Typist().send(*cut(data, lengths), gap=0.0001).settle()
    assert keys_of(split) == keys_of(whole)
    assert "\n".join(split.pastes) == "\n".join(whole.pastes)


def test_nothing_is_pending_without_input() -> None:
    assert InputFilter().due() is None
