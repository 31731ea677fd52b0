"""Every recorded or derived response, with all groups opened, as the user sees it."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.support.payloads import PAYLOADS, payload
from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.staging import staged
from zjobtui.formatting.symbols import WORDS
from zjobtui.models.watched_job import WatchedJob


async def open_all(view: ScreenView, lines: int) -> None:
    """Open all groups of the detail, one line after the other."""
    below_the_tabs = next(number for number, line in enumerate(view.detail) if "[1 Summary]" in line) + 1
    await view.press("tab", "home", *["down"] * below_the_tabs)
    view.terminal.receive("\x1b[C\x1b[B" * lines)
    await view.settled()


IN_OTHER_WORDS = frozenset({"Processing", "Completed", "Failed", "AsyncCreateOrder", "AsyncPreviewOrder"})
"""Values that only the verdict mentions."""


def leaves(value: object) -> Iterator[object]:
    match value:
        case dict():
            for name, one in value.items():
                if name not in {"status", "jobType"} or one not in IN_OTHER_WORDS:
                    yield from leaves(one)
        case list():
            for one in value:
                yield from leaves(one)
        case None | "" | bool():
            return
        case _:
            yield value


def is_shown(leaf: object, expected: str) -> bool:
    """Return whether a value is shown: unchanged, as an amount of money, or as an error's code and message."""
    if isinstance(leaf, Decimal | int):
        return str(leaf) in expected or f"{leaf:,.2f}" in expected
    parts = re.split(r"^\[(\d{8})\]:?", str(leaf).replace(" ", ""))
    return all(part in expected for part in parts)


def only(view: ScreenView) -> WatchedJob:
    (watch,) = view.engine.state.watchlist
    return watch


RICHEST = {"derived-completed-everything", "recorded-failed-lock"}
"""The responses that are tested by default."""

REPLIES = [name if name in RICHEST else pytest.param(name, marks=pytest.mark.slow) for name in PAYLOADS]


@pytest.mark.slow
@pytest.mark.parametrize("name", REPLIES)
async def test_verdict_and_every_value_are_shown(name: str) -> None:
    lines = 30 + 2 * payload(name).count(b"\n")
    async with run_monitor(staged(name), size=(140, 30 + lines)) as view:
        watch = only(view)
        assert view.jobs[0][2:].split()[1] == WORDS[watch.verdict.kind]
        assert view.detail[0].split(" · ")[0].split(" ", 2)[2] == watch.verdict.kind.value
        assert watch.verdict.sentence in view.words
        await open_all(view, lines)
        if watch.last_answer_at is None:
            return
        result = join_lines("\n".join(view.detail)).replace(" ", "")
        body = json.loads(payload(name), parse_float=Decimal)
        missing = [leaf for leaf in leaves(body) if not is_shown(leaf, result)]
        assert missing == []
        await view.press("3")
        raw = next(number for number, line in enumerate(view.detail) if " characters · " in line)
        shown = json.loads(join_lines("\n".join(view.detail[raw + 1 :])), parse_float=Decimal)
        assert shown == body
