"""Text from outside never acts on the terminal, never breaks a column, and stays readable."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import job
from tests.support.escapes import uncontrolled
from tests.support.payloads import payload
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine, call
from tests.support.staging import bring_response, observation_of, staged
from tests.ui.sizes import WIDE_FIRST
from zjobtui.models.observation import Success
from zjobtui.models.text import clean
from zjobtui.ui.notifier import NotificationSettings

HOSTILE = {
    "colour": "\x1b[31mred\x1b[0m",
    "cursor": "\x1b[2J\x1b[H\x1b[5A",
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;b3duZWQ=\x1b\\",
    "link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "device control": "\x1bP1$r0m\x1b\\",
    "C1": "\x9b31m\x9d52;c;eA==\x9c\x90q\x9c",
    "bidirectional": "\u202eevil\u202c\u2066x\u2069\u200f",
    "zero width": "a\u200b\u200c\u200d\u2060\ufeffb",
    "carriage": "good\r\x08\x08bad\x0b\x0c",
    "null and delete": "a\x00b\x7f",
    "separators": "a\u2028b\u2029c\x85",
    "markup": "[bold red]x[/] [/ [[ [@click=app.quit]q[/] $primary \\[",
    "alternate screen": "\x1b[?1049l\x1b[?1000h\x1bc",
    "keyboard": "\x1b[>1u\x1b[c\x1b[6n",
}
BODIES = ("derived-completed-everything", "derived-preview", "derived-unknown-job-type", "recorded-failed-lock")


def fill_response(name: str, text: str) -> bytes:
    """Return a response with the text in every free-text field, and in an unknown field."""

    def fill(value: object) -> object:
        match value:
            case dict():
                return {key: one if key in {"jobType", "success"} else fill(one) for key, one in value.items()}
            case list():
                return [fill(one) for one in value]
            case str():
                return text
            case _:
                return value

    body = json.loads(payload(name))
    result = {"status": body["status"], "result": fill(body["result"]), "success": True, f"field {text}": text}
    if body["errors"]:
        result["errors"] = f"[40000050]: {text}"
    return json.dumps(result).encode()


def with_headers(expected: bytes, text: str) -> Success:
    """Return an observation whose headers contain the text; `text` is as the client passes it on."""
    answer = observation_of(expected)
    assert isinstance(answer, Success)
    limits = ((text, text), ("ratelimit-limit", text), ("retry-after", text), ("concurrency-limit-limit", text))
    return replace(answer, call=call(request_id=text, process_id=text, limits=limits))


def crowd(text: str) -> ScriptedEngine:
    """Return jobs of every kind that contain the text in all fields."""
    engine = staged(*(fill_response(name, text) for name in BODIES), "recorded-processing")
    engine.label([job(number) for number in (1, 3, 5)], clean(text))
    return engine


async def read_all(screen_view: ScreenView, jobs: int) -> None:
    """Open all groups and scroll through every view of every job."""
    for _ in range(jobs):
        await screen_view.press("1", "tab", "home", *["down"] * 5)
        screen_view.terminal.receive("\x1b[C\x1b[B" * 60)
        for view in "234":
            await screen_view.press(view, "end", *["d"] * (view == "3"))
            assert screen_view.crooked() == []
        await screen_view.press("escape", "down")


async def search(screen_view: ScreenView, text: str) -> None:
    """Search for the text in the summary and in the raw response."""
    for view in "13":
        await screen_view.press(view, "tab", "/")
        await screen_view.paste(text)
        assert screen_view.crooked() == []
        await screen_view.press("enter", "n", "escape", "escape")


def sent(screen_view: ScreenView) -> bytes:
    """Return the bytes as a terminal device passes them on, on the alternate screen."""
    return b"\x1b[?1049h" + screen_view.sent.replace("\n", "\r\n").encode(errors="surrogatepass")


THIRDS = [" ".join([*HOSTILE.values()][start::3]) for start in range(3)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param(THIRDS[0], (140, 40), id="first third"),
        pytest.param(THIRDS[1], (80, 24), id="second third", marks=pytest.mark.slow),
        pytest.param(THIRDS[2], (50, 15), id="third third", marks=pytest.mark.slow),
    ],
)
async def test_nothing_hostile_reaches_the_terminal_from_any_field_on_any_screen(
    text: str, size: tuple[int, int]
) -> None:
    engine = crowd(text)
    bring_response(engine, 2, with_headers(fill_response(BODIES[0], text), clean(text)))
    async with run_monitor(engine, size, notice=clean(text)) as screen_view:
        await read_all(screen_view, jobs=5)
        await search(screen_view, text)
        assert screen_view.crooked() == []
        await screen_view.paste(text)
        await screen_view.press("escape")
        await screen_view.press("home", "l")
        await screen_view.paste(text)
        await screen_view.press("enter", "r", "x", "u", "ctrl+p")
        await screen_view.press("escape")
        assert uncontrolled(sent(screen_view)) == []


@pytest.mark.slow
async def test_folder_names_and_error_messages_are_cleaned_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_job: object) -> None:
        raise OSError(f"no {HOSTILE['colour']}")

    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / HOSTILE["colour"]))
    engine = staged("recorded-processing")
    async with run_monitor(engine, notice=HOSTILE["title"], ways=NotificationSettings(on=frozenset())) as screen_view:
        await screen_view.press("e", "enter", "enter")
        assert clean(HOSTILE["colour"]) in screen_view.toast
        monkeypatch.setattr(engine.archive, "last_response", broken)
        engine.why_unsaved = HOSTILE["cursor"]
        bring_response(engine, 1, "recorded-failed-lock")
        await screen_view.until(f"no {clean(HOSTILE['colour'])}")
        assert uncontrolled(sent(screen_view)) == []


@pytest.mark.parametrize("text", [HOSTILE["colour"], HOSTILE["bidirectional"], HOSTILE["markup"]])
async def test_replaced_characters_are_visible(text: str) -> None:
    async with run_monitor(crowd(text)) as screen_view:
        shown = clean(text)
        assert shown[:12] in screen_view.text
        await screen_view.press("s", "down", "enter")  # those with a label first
        assert shown in screen_view.detail_title or shown[:12] in screen_view.detail_title


MARKUP = st.text("[]/\\$@=a", min_size=1, max_size=12)


async def read_markup(texts: list[str]) -> None:
    bodies = [fill_response(BODIES[number % len(BODIES)], text) for number, text in enumerate(texts)]
    engine = staged(*bodies, labels=texts)
    async with run_monitor(engine) as screen_view:
        labels = {watch.label.strip() for watch in engine.state.watchlist}
        for number, _ in enumerate(texts):
            assert screen_view.detail_title.rpartition("·")[0].strip() in labels
            await screen_view.press("down", "1234"[number % 4])
        await screen_view.press("x", "u", "l")
        await screen_view.press("escape", "r", "/", *texts[0])


@pytest.mark.slow
@settings(max_examples=2, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(MARKUP, min_size=8, max_size=8))
async def test_markup_is_text(texts: list[str]) -> None:
    await read_markup(texts)


@pytest.mark.long
@settings(max_examples=170)
@given(st.lists(MARKUP, min_size=30, max_size=30))
async def test_five_thousand_texts_of_markup_are_text(texts: list[str]) -> None:
    await read_markup(texts)


WIDE = (
    "漢字かな交じり文",
    "한국어",
    "ไทยนี้",
    "हिन्दी",
    "👍🎉🚀✅",
    "e\u0301a\u0308o\u0302",
    "ﬁ①Ⅷ㍿",
    "عربي",
    "️☺️",
    "\u1100\u1161\u11a8",
    "☰䷀𝌆",
)


def wide_texts(count: int) -> Iterator[str]:
    chance = random.Random(11)
    for _ in range(count):
        yield clean("".join(chance.choice(WIDE)[: chance.randint(1, 6)] for _ in range(chance.randint(1, 9))))


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_columns_are_aligned_with_any_text(size: tuple[int, int]) -> None:
    texts = list(wide_texts(200))
    engine = staged(*(fill_response(BODIES[number % 2], text) for number, text in enumerate(texts)), labels=texts[:100])
    async with run_monitor(engine, size) as screen_view:
        for number in range(12):
            assert screen_view.crooked() == []
            await screen_view.press("pagedown", "1234"[number % 4])
        for _ in range(3):
            await screen_view.press("up")
            assert screen_view.crooked() == []


async def test_a_row_that_becomes_narrower_leaves_no_stale_cells() -> None:
    engine = staged("recorded-processing", labels=("漢字漢字漢字",))
    async with run_monitor(engine) as screen_view:
        for label in ("a漢b字", "👍👍", "", "é漢"):
            engine.label([job(1)], label)
            bring_response(engine, 1, observation_of("recorded-processing"))
            await screen_view.settled()
            assert screen_view.crooked() == []
            shown = screen_view.jobs[0].split("running", 1)[1]
            assert shown.strip().startswith(label or "00000001…")
