"""A day at the screen: the whole program on a terminal of its own, from the first paste to the next morning."""

import base64
import re
import time
from functools import partial
from pathlib import Path

from tests.support.escapes import uncontrolled
from tests.support.program import pointed_at, started
from tests.support.terminal import Terminal
from zjobtui.simulator.running import running
from zjobtui.simulator.server import Simulator

COUNTS = "✗ 2 failed  ! 2 attention  ? 1 unknown  ◌ 1 waiting  ✓ 4 done"
"""How the first ten jobs of the world stand fifty minutes after its start."""

LOCKED, PENDING, STUCK = 1, 2, 6
"""Places of some of them: one that failed, one whose order is pending, one that never ends."""

SUBSCRIPTIONS = 9
"""The row of the screen in which those of the pending order are counted."""

COPIED = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def holds(wanted: str, times: int, text: str) -> bool:
    return text.count(wanted) == times


def fills(size: tuple[int, int], text: str) -> bool:
    lines = text.splitlines()
    return (max(map(len, lines)), len(lines)) == size and lines[-1].endswith("q quit")


def adds(terminal: Terminal, served: Simulator) -> None:
    line = '2026-11-23 09:{0:02}:04 INFO orders-sync[811]: POST /v1/async/orders -> {{"jobId": "{1}", "success": true}}'
    terminal.paste("\n".join(line.format(number, one) for number, one in enumerate(served.job_ids)))
    terminal.wait_for("10 new jobs, 0 known")
    terminal.press("enter")
    terminal.wait_for("10 jobs new, 0 known, 0 refused; u undoes it.")
    terminal.wait_for(COUNTS)
    terminal.wait_for(
        lambda text: "╭─ Jobs · 10 · by urgency" in text and all(one[:8] in text for one in served.job_ids)
    )


def filters(terminal: Terminal, served: Simulator) -> None:
    terminal.press("/")
    terminal.wait_for("words, status:failed")
    terminal.press(*"status:faild")
    terminal.wait_for("“faild” is no status; try status:failed")
    terminal.press("backspace", "backspace", *"led,attention")
    terminal.wait_for("Jobs · 4 of 10 · filter: status:failed,attention")
    terminal.press("enter")
    terminal.wait_until_gone(served.job_ids[STUCK][:8])
    terminal.wait_for(served.job_ids[LOCKED][:8])


def marks(terminal: Terminal) -> None:
    for keys, marked in ((("home", "space"), 1), (("down", "V"), 3), (("*",), 4)):
        terminal.press(*keys)
        terminal.wait_for(f"· {marked} marked ·")
        terminal.wait_for(partial(holds, "\n│◆", marked))


def four_are_labelled(text: str) -> bool:
    """The first four rows, and no other."""
    return [re.search(r"\bCS-4390  ", row) is not None for row in text.splitlines()[2:7]] == [True] * 4 + [False]


def labels_and_tags(terminal: Terminal) -> None:
    terminal.press("l")
    terminal.wait_for("Label of 4 jobs")
    terminal.press(*"CS-4390", "enter")
    terminal.wait_for("4 jobs labelled; u undoes it.")
    terminal.press("t")
    terminal.wait_for("Tags of 4 jobs, separated by commas")
    terminal.press(*"acme, urgent", "enter")
    terminal.wait_for("4 jobs tagged; u undoes it.")
    terminal.wait_for(lambda text: re.search("Tags +acme, urgent", text) is not None)
    terminal.wait_for(four_are_labelled)


def removes_and_undoes(terminal: Terminal) -> None:
    terminal.press("x")
    terminal.wait_for("Jobs · 0 of 6 ·")
    terminal.wait_for("4 jobs removed; u brings them back.")
    terminal.wait_until_gone("✗")
    terminal.press("u")
    terminal.wait_for("Jobs · 4 of 10 · 4 marked ·")
    terminal.wait_for(COUNTS)


def reads(terminal: Terminal, served: Simulator) -> None:
    """All four views of the job whose order is pending."""
    terminal.press("esc")
    terminal.wait_until_gone("4 marked")
    terminal.press("/")
    terminal.press("ctrl+u", *"order:O-00004859", "enter")
    terminal.wait_for(f"╭─ CS-4390 · {served.job_ids[PENDING][:8]}…")
    terminal.wait_for("! needs attention")
    terminal.wait_for("Job completed, but the order is Pending")
    terminal.wait_for(lambda _: "▾ Subscriptions (2)" in terminal.row(SUBSCRIPTIONS))
    terminal.wait_for("   A-S")
    terminal.press("tab", "home", *["down"] * (SUBSCRIPTIONS - 2), "left")
    terminal.wait_for("▸ Subscriptions")
    terminal.wait_until_gone("   A-S")
    terminal.press("right")
    terminal.wait_for("   A-S")
    terminal.press("2")
    terminal.wait_for("[2 Timeline]")
    terminal.wait_for("! needs attention when first asked")
    terminal.wait_for("labelled CS-4390")
    terminal.press("3")
    terminal.wait_for("[3 Raw]")
    terminal.wait_for('"orderNumber": "O-00004859"')
    terminal.press("4")
    terminal.wait_for("[4 Request]")
    terminal.wait_for(f"{served.base_url}/v1/async-jobs/")
    terminal.wait_for("Bearer $ZUORA_TOKEN")
    terminal.press("1", "esc")
    terminal.wait_for("[1 Summary]")


def copies(terminal: Terminal, served: Simulator) -> None:
    terminal.press("y")
    terminal.wait_for("Copy of CS-4390")
    assert COPIED.findall(terminal.raw) == []
    terminal.press("down", "enter")
    terminal.wait_for("Order number: sent to the terminal's clipboard")
    terminal.press("y")
    terminal.wait_for("Copy of CS-4390")
    terminal.press("enter")
    terminal.wait_for("Job id: sent to the terminal's clipboard")
    taken = [base64.b64decode(one).decode() for one in COPIED.findall(terminal.raw)]
    assert taken == ["O-00004859", served.job_ids[PENDING]]


def resizes(terminal: Terminal) -> None:
    """The order is by label from here on, and all jobs are shown."""

    terminal.press("esc", "s")
    terminal.wait_for("Sort by")
    terminal.press("end", "enter")
    terminal.wait_for("Jobs · 10 · by ")
    for size, boxes in (((140, 40), 2), ((80, 24), 2), ((50, 15), 1), ((30, 8), 1), ((140, 40), 2)):
        terminal.resize(*size)
        terminal.wait_for(partial(fills, size))
        terminal.wait_for(partial(holds, "╭─", boxes))
        assert "╭─ Jobs ·" in terminal.text()


def marks_of_unseen(terminal: Terminal) -> list[str]:
    """How the rows begin, once what the cursor rests on has been seen."""
    terminal.bytes_within(0.6)
    begin = [row[:14] for row in terminal.text().splitlines()[2:11]]
    assert 1 <= sum(row.startswith("│●") for row in begin) < 9
    return begin


def leaves(terminal: Terminal, served: Simulator) -> None:
    """Nothing is left on in the terminal, and nothing was ever sent to it that is a secret or not the screen's own."""
    terminal.press("q")
    assert terminal.wait_exit() == 0
    assert terminal.modes() == frozenset()
    assert terminal.attributes() == terminal.attributes_before
    assert {one[0] for one in uncontrolled(terminal.raw, clipboard=True)} <= {"\a"}, "nothing but the bell"
    assert served.client_secret.encode() not in terminal.raw
    assert not re.search(rb"Bearer [^$\x1b ]", terminal.raw)


def test_a_day_from_the_first_paste_to_the_next_morning(tmp_path: Path) -> None:
    beginning = iter([0.0])
    with running(jobs=10, seed=7, clock=lambda: time.monotonic() + next(beginning, 3_000.0)) as served:
        env = pointed_at(served, tmp_path)
        with started(env) as terminal:
            terminal.wait_for("No job is shown.")
            adds(terminal, served)
            filters(terminal, served)
            marks(terminal)
            labels_and_tags(terminal)
            removes_and_undoes(terminal)
            reads(terminal, served)
            copies(terminal, served)
            resizes(terminal)
            terminal.press("end", "x", "<", "<")
            terminal.wait_for("Jobs · 9 · by label ")
            terminal.wait_for(lambda _: terminal.row(1).find("╭─", 1) == 62)
            unseen = marks_of_unseen(terminal)
            leaves(terminal, served)
        with started(env) as terminal:
            terminal.wait_for("Jobs · 9 · by label ")
            terminal.wait_for(lambda _: terminal.row(1).find("╭─", 1) == 62)
            terminal.wait_for(four_are_labelled)
            assert marks_of_unseen(terminal) == unseen
            leaves(terminal, served)
