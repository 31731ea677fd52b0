"""Every key of the manual's table, pressed in the monitor on a terminal, and what it does on the screen."""

import base64
import re
from functools import partial
from pathlib import Path

import pytest

from tests.contract.conftest import LABEL, Known
from tests.contract.manual import codes, table
from tests.contract.names import IN_FILTER, Exit, Field, Key, Manual, Screen, Term, Verdict, jobs, new_in_text
from tests.contract.program import User
from tests.contract.scripted import scripted
from tests.contract.window import (
    columns,
    detail_title,
    footer_is_drawn,
    is_marked,
    press,
    rows,
    title,
    type_into,
    unread,
)
from tests.support.escapes import uncontrolled
from tests.support.terminal import Terminal

COPIED = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
WRITTEN_IN_MANUAL = {"page up/down", "home/end", "arrows"}
"""Keys that the table names by words."""


def clipboard(window: Terminal) -> list[str]:
    return [base64.b64decode(one).decode() for one in COPIED.findall(window.raw)]


def press_keys_that_filter(window: Terminal) -> None:
    """Filter by verdict and by reason, and go back."""
    for verdict in IN_FILTER.values():
        press(window, Key.NEXT_COUNT, until=Screen.FILTER.format(f"status:{verdict}"))
    press(window, Key.NEXT_COUNT, until=lambda _: "of" not in title(window))
    press(window, Key.COUNT_BEFORE, until=Screen.FILTER.format(f"status:{verdict}"))
    press(window, Key.BACK, until=lambda _: "of" not in title(window))
    press(window, Key.SAVED_FILTERS, until=Screen.NO_SAVED_FILTERS)
    press(window, Key.FAILURES, until=Screen.FAILURES)
    press(window, Key.ENTER, until=Screen.FILTER.format(Term.ALIKE))
    press(window, Key.BACK, until=Screen.FAILURES)
    press(window, Key.BACK, until=lambda _: "of" not in title(window))


@pytest.mark.slow
def test_keys_that_search_and_move_work(user: User, known: Known) -> None:
    with user.window() as window:
        window.wait_for(Screen.POLLING)
        press(window, Key.ADD, until=Screen.ADD_DIALOG)
        press(window, Key.BACK, gone=Screen.ADD_DIALOG)

        press(window, Key.FILTER, until=Screen.FILTER_HINT)
        press(window, *"status:faild", until=Screen.BAD_FILTER)
        press(window, "backspace", *"ed,attention", until=Screen.FILTER.format("status:failed,attention"))
        assert "2 of 6" in title(window)
        press(window, Key.ENTER, Key.BACK, until=lambda _: "of" not in title(window))

        press_keys_that_filter(window)

        press(window, Key.NEXT_TENANT, until=Screen.ONE_TENANT)
        press(window, Key.SORT, until=Screen.SORT_DIALOG)
        press(window, "down", Key.ENTER, until=lambda _: Screen.BY_SECOND_ORDER in columns(window))

        press(window, Key.COLUMNS, until=Screen.COLUMNS_DIALOG)
        press(window, Key.BACK, gone=Screen.COLUMNS_DIALOG)

        window.bytes_within(0.2)  # the rows are drawn after the title
        names = [next(name for name in (*known.all, LABEL) if name[:8] in row) for row in rows(window)[:6]]
        first, second, third, *_, fifth, last = (partial(is_shown, window, name) for name in names)
        press(window, "end", until=last)
        press(window, "home", until=first)
        press(window, Key.DOWN, until=second)
        press(window, "down", until=third)
        press(window, Key.LAST, until=last)
        press(window, Key.UP, until=fifth)
        press(window, Key.FIRST, until=first)
        press(window, "pagedown", until=last)
        press(window, "up", until=fifth)
        press(window, "pageup", until=first)

        press(window, Key.ENTER, Key.JOB_BELOW, until=second)
        press(window, Key.FILTER, until=Screen.SUMMARY_HINT)
        press(window, Key.BACK, Key.JOB_ABOVE, until=first)
        press(window, Key.BACK, Key.FILTER, until=Screen.FILTER_HINT)
        press(window, Key.BACK, Key.OTHER_PANE, Key.FILTER, until=Screen.SUMMARY_HINT)
        press(window, Key.BACK, Key.OTHER_PANE, Key.FILTER, until=Screen.FILTER_HINT)
        press(window, Key.BACK)

        assert unread(window)
        before = detail_title(window)
        press(window, Key.NEXT_UNREAD, until=lambda _: detail_title(window) != before)
        press(window, Key.ALL_READ, until=Screen.READ)
        assert not unread(window)
        press(window, Key.UNDO, until=lambda _: bool(unread(window)))
        middle = divider(window)
        press(window, Key.LESS_ROOM, Key.LESS_ROOM, until=lambda _: divider(window) < middle)
        window.bytes_within(0.3)
        after = divider(window)
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK
    with user.window() as window:
        window.wait_for(lambda _: Screen.BY_SECOND_ORDER in columns(window) and divider(window) == after)


def test_keys_that_act_on_jobs_work(user: User, known: Known) -> None:
    with user.window() as window:
        window.wait_for(Screen.POLLING)
        press(window, "home", Key.MARK, until=Screen.MARKED.format(1))
        press(window, "down", Key.MARK_RANGE, until=lambda _: len(is_marked(window)) == 3)
        window.wait_for(Screen.MARKED.format(3))
        press(window, Key.MARK_ALL, until=Screen.MARKED.format(6))
        press(window, Key.REMOVE, until=Screen.NO_JOBS)
        press(window, Key.UNDO, until=lambda _: Screen.MARKED.format(6) in title(window))
        press(window, Key.ARCHIVE, until=Screen.ARCHIVED)
        press(window, Key.UNDO, until=lambda _: Screen.MARKED.format(6) in title(window))
        press(window, Key.MARK_ALL, until=lambda _: not is_marked(window))

        press(window, Key.FILTER, *known.more[:8], Key.ENTER, until=lambda _: "1 of 6" in title(window))
        for key, dialog, text, done in (
            (Key.LABEL, Screen.LABEL_DIALOG, "CS-5000", Screen.LABELLED),
            (Key.TAGS, Screen.TAGS_DIALOG, "one, two", Screen.TAGGED),
            (Key.NOTE, Screen.NOTE_DIALOG, "a note of mine", Screen.NOTED),
        ):
            press(window, key, until=dialog)
            type_into(window, text)
            window.wait_for(done)
            window.wait_for(text)
        press(window, Key.UNDO, gone="a note of mine")
        press(window, Key.REFRESH, until=Screen.REFRESHING)

        press(window, Key.COPY, until=Screen.COPY_DIALOG)
        assert clipboard(window) == []
        press(window, Key.ENTER, until=Screen.COPIED)
        assert clipboard(window) == [known.more]
        press(window, Key.EXPORT, until=Screen.EXPORT_DIALOG)
        press(window, Key.ENTER, until=Screen.SAVE_DIALOG)
        press(window, Key.ENTER, until=Screen.WRITTEN)
        (exported,) = (user.data / "exports").glob("*.json")
        assert known.more in exported.read_text(encoding="utf-8")
        press(window, Key.HANDOVER, until=Screen.HANDOVER_DIALOG)
        press(window, Key.ENTER, until=lambda _: len(clipboard(window)) == 2)
        assert clipboard(window)[-1].startswith(Screen.HANDOVER)
        assert known.more in clipboard(window)[-1]
        press(window, Key.CALL_LOG, until=Screen.CALL_LOG)
        press(window, Key.ENTER, until="Request id")
        press(window, Key.FILTER, *"nothing", Key.ENTER, until=Screen.NOTHING_CALLED)
        press(window, Key.BACK, Key.BACK, gone=Screen.CALL_LOG)
        press(window, Key.SCREENSHOT, until=Screen.SAVE_DIALOG)
        press(window, Key.ENTER)
        window.wait_for(lambda _: any((user.data / "exports").glob("*.svg")))

        press(window, Key.BACK, until=lambda _: "of" not in title(window))
        window.paste(f"see {'a' * 32}, thanks")
        window.wait_for(new_in_text(1))
        press(window, Key.ENTER, until=Screen.ADDED.format(jobs(1)))
        press(window, Key.UNDO, until=f"{Screen.LIST}6")
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK
        assert {one[0] for one in uncontrolled(window.raw, clipboard=True)} <= {"\a"}, "nothing but the bell"
        assert user.variables["ZUORA_CLIENT_SECRET"].encode() not in window.raw
    job = next(one for one in user.run("ls", "--json").jobs if one[Field.JOB_ID] == known.more)
    assert (job[Field.LABEL], job[Field.TAGS], job[Field.NOTE]) == ("CS-5000", ["one", "two"], "")


@pytest.mark.slow
def test_keys_for_batches_work(user: User, known: Known) -> None:
    with user.window() as window:
        window.wait_for(known.more[:8])
        press(window, Key.MARK_ALL, until=Screen.MARKED.format(6))
        press(window, Key.BATCH, until=Screen.BATCH_DIALOG)
        type_into(window, "six jobs")
        window.wait_for(Screen.BATCHED)
        press(window, Key.FOLD, until=Screen.FOLDED)
        press(window, Key.WALLBOARD, until=Screen.WALLBOARD)
        press(window, Key.QUIT, until=Screen.FOLDED)
        press(window, Key.FOLD, gone=Screen.FOLDED)
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK
    assert {one[Field.BATCH] for one in user.run("ls", "--json").jobs} == {"six jobs"}


def test_keys_that_open_views_work(user: User, known: Known) -> None:
    with user.window() as window:
        press(window, Key.FILTER, *known.ids[Verdict.ATTENTION][:8], Key.ENTER, until=Screen.OPENED)
        for key, view in (
            (Key.TIMELINE, Screen.TIMELINE),
            (Key.RAW, Screen.RAW),
            (Key.REQUEST, Screen.REQUEST),
            (Key.SUMMARY, Screen.SUMMARY),
            (Key.VIEW_BEFORE, Screen.RELATED),
            (Key.VIEW_AFTER, Screen.SUMMARY),
            (Key.RELATED, Screen.ORDER_READ),
            (Key.SUMMARY, Screen.SUMMARY),
        ):
            press(window, key, until=view)
        click(window, "3 Raw")
        window.wait_for(Screen.RAW)
        press(window, Key.REQUEST, until=Screen.CURL)
        press(window, Key.SUMMARY, Key.ENTER, "home", until=Screen.OPENED)
        lines = window.text().splitlines()
        group = next(number for number, line in enumerate(lines) if Screen.OPENED in line)
        press(window, *["down"] * (group - 2), "left", until=Screen.CLOSED)
        press(window, "right", until=Screen.OPENED)
        press(window, Key.ENTER, until=Screen.CLOSED)
        press(window, Key.ENTER, until=Screen.OPENED)
        press(window, Key.FILTER, until=Screen.SUMMARY_HINT)
        press(window, *"acceptance", Key.ENTER, until="(1 of 3)")
        press(window, Key.BACK, gone="(1 of 3)")
        press(window, Key.RAW, Key.FILTER, until=Screen.RAW_HINT)
        press(window, *"status", until="1 of ")
        press(window, Key.ENTER, Key.NEXT_MATCH, until="2 of ")
        press(window, Key.MATCH_BEFORE, until="1 of ")
        press(window, Key.BACK, gone="1 of 5")
        press(window, Key.SUMMARY, Key.OPEN_IN_ZUORA, until=Screen.ORDER_PATH)
        before = divider(window)
        press(window, Key.LESS_ROOM, until=lambda _: divider(window) < before)
        press(window, Key.MORE_ROOM, until=lambda _: divider(window) == before)
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK


@pytest.mark.slow
def test_the_key_that_compares_with_the_previous_response_works(new_user: User) -> None:
    job_id = "b" * 32
    failed = {"status": "Failed", "errors": "[40000050]: locked", "result": None, "success": True}
    with scripted({}) as tenant:
        user = User(new_user.home, tenant.environment)
        user.run("add", job_id)
        with user.window() as window:
            window.wait_for(f"{Screen.POLLING}")
            press(window, Key.RAW, until='"Processing"')
            tenant.answers[job_id] = failed
            press(window, Key.REFRESH, until='"Failed"')
            press(window, Key.DIFFERENCE, until=lambda screen: '"Processing"' in screen and '"Failed"' in screen)
            press(window, Key.DIFFERENCE, gone='"Processing"')


@pytest.mark.slow
def test_keys_for_the_program_work(user: User) -> None:
    with user.window() as window:
        window.wait_for(Screen.POLLING)
        press(window, Key.PAUSE, until=Screen.PAUSED)
        press(window, Key.PAUSE, until=Screen.POLLING)
        press(window, Key.UTC, until=Screen.IN_UTC)
        press(window, Key.UTC, until=Screen.IN_LOCAL_TIME)
        press(window, Key.MUTE, until=Screen.MUTED)
        press(window, Key.MUTE, gone=Screen.MUTED)
        assert "mouse clicks" in window.modes()
        press(window, Key.MOUSE, until=Screen.MOUSE_RELEASED)
        assert "mouse clicks" not in window.modes()
        press(window, Key.MOUSE, until=lambda _: "mouse clicks" in window.modes())
        press(window, Key.HELP, until=Screen.HELP)
        press(window, *"clipb", gone="Polling")
        press(window, Key.BACK, gone=Screen.HELP)
        press(window, Key.PALETTE, until=Screen.PALETTE)
        press(window, Key.BACK, gone=Screen.PALETTE)
        press(window, Key.PALETTE_TOO, until=Screen.PALETTE)
        press(window, Key.BACK, gone=Screen.PALETTE)
        window.display.feed(b"\x1b[H\x1b[41mWritten by another program")
        press(window, Key.REDRAW, gone="by another program")
        window.wait_for("1 failed")
        click(window, "1 failed")
        window.wait_for(Screen.FILTER.format("status:failed"))
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK
        assert window.modes() == frozenset()
        assert window.attributes() == window.attributes_before


def is_shown(window: Terminal, name: str, _: str) -> bool:
    """Whether the detail is that of the job."""
    return name[:8] in detail_title(window)


def click(window: Terminal, text: str) -> None:
    """Click on a word of the screen, with the left button."""
    row, line = next((row, line) for row, line in enumerate(window.text().splitlines()) if text in line)
    place = f"{line.index(text) + 2};{row + 1}"
    window.send(f"\x1b[<0;{place}M\x1b[<0;{place}m".encode())


def divider(window: Terminal) -> int:
    """The column in which the detail begins."""
    return window.row(1).find("╭─", 1)


def test_every_key_of_the_manual_is_pressed_here() -> None:
    pressed = {getattr(Key, name) for name in re.findall(r"Key\.([A-Z_]+)", Path(__file__).read_text(encoding="utf-8"))}
    named = {code for row in table(Manual.KEYS) for code in codes(row[0])}
    assert len(named) > 40
    assert named - pressed <= {Key.OPEN, Key.CLOSE}, "pressed as left and right"


@pytest.mark.slow
@pytest.mark.parametrize("size", [pytest.param((80, 24), marks=pytest.mark.slow), (50, 15)])
def test_keys_work_on_a_small_screen(user: User, known: Known, size: tuple[int, int]) -> None:
    with user.window(size=size) as window:
        press(window, Key.FILTER, *LABEL[:7], Key.ENTER, until=lambda _: "1 of 6" in title(window))
        press(window, Key.ENTER, until=Screen.SUMMARY)
        window.wait_for("40000020")
        press(window, Key.BACK, Key.BACK, until=f"{Screen.LIST}6")
        assert footer_is_drawn(window)
