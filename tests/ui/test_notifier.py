"""Notifications are sent once, through the configured channels."""

import json
import re
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from tests.support.building import job
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import bring_response, staged
from zjobtui.models.notifications import COOLDOWN, Topic
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.ui.notifier import NotificationSettings

RUNNING, DONE, FAILED, PENDING = (
    "recorded-processing",
    "recorded-completed-localised",
    "recorded-failed-lock",
    "recorded-completed-order-pending",
)
SIZES = [(140, 40), (50, 14)]


@dataclass
class Listener:
    """A program that remembers what it was sent."""

    fault: str = ""
    received: list[dict[str, object]] = field(default_factory=list)

    def hand_over(self, text: str, /) -> None:
        self.received.append(json.loads(text))


def rings(view: ScreenView) -> int:
    """Return how often the bell rang; the bell that ends a sequence is silent."""
    return re.sub(r"\x1b\][^\a]*\a", "", view.sent).count("\a")


def waiting(count: int) -> ScriptedEngine:
    return staged(*[RUNNING] * count, labels=[f"CS-{number}" for number in range(1, count + 1)])


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_bell_rings_once_for_what_happens_within_ten_seconds(size: tuple[int, int]) -> None:
    engine = waiting(5)
    async with run_monitor(engine, size) as view:
        assert rings(view) == 0
        for number in (1, 2, 3):
            bring_response(engine, number, FAILED)
            await view.settled()
        assert rings(view) == 1
        engine.clock.at += COOLDOWN
        await view.until(lambda _: rings(view) == 2)
        engine.clock.at += 3 * COOLDOWN
        bring_response(engine, 4, RUNNING)
        await view.settled()
        assert rings(view) == 2


async def test_stored_and_successful_jobs_are_not_notified() -> None:
    engine = staged(FAILED, RUNNING, RUNNING)
    async with run_monitor(engine) as view:
        bring_response(engine, 2, DONE)
        engine.label([job(1)], "CS-9")
        await view.press("down", "x", "u")
        assert rings(view) == 0


async def test_a_desktop_notification_is_one_safe_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    engine = waiting(3)
    engine.label([job(2)], "a\x1b]0;b\x07\x9c" + "c" * 500)
    async with run_monitor(engine, ways=NotificationSettings(has_bell=False, osc="777")) as view:
        bring_response(engine, 1, PENDING)
        await view.settled()
        result = view.sent.partition("\x1b]777;notify;zjobtui;")[2].partition("\a")[0]
        assert result.startswith("CS-1 · 00000001 needs attention: Job completed, but the order is Pending")
        bring_response(engine, 2, FAILED, after=COOLDOWN)
        await view.settled()
        result = view.sent.rpartition("\x1b]777;notify;zjobtui;")[2].partition("\a")[0]
        assert result.startswith("a␛]0;b␇")
        assert len(result) == 200
        assert result.isprintable()
        assert rings(view) == 0
        assert "failed:" not in view.rows[-2]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_toast_is_shown_if_configured_and_keeps_the_focus(
    size: tuple[int, int],
) -> None:
    engine = waiting(4)
    async with run_monitor(engine, size, ways=NotificationSettings(has_bell=False, has_toast=True)) as view:
        await view.press("/", *"CS")
        bring_response(engine, 1, FAILED)
        await view.settled()
        assert view.toast.startswith("CS-1 · 00000001 failed: Job failed")
        await view.press("-", "2")
        assert "Jobs · 1 of 4 · filter: CS-2 " in view.rows[1]
        await view.press("escape", "b")
        bring_response(engine, 2, FAILED, after=COOLDOWN)
        await view.settled()
        assert "CS-2 failed:" not in view.text


async def test_by_default_only_the_bell_notifies() -> None:
    engine = waiting(2)
    async with run_monitor(engine) as view:
        before = view.rows[-2:]
        bring_response(engine, 1, FAILED)
        await view.settled()
        assert rings(view) == 1
        assert not re.search(r"\x1b\](9|777);", view.sent)
        assert view.rows[-2:] == before


async def test_the_notify_program_gets_the_end_of_a_batch() -> None:
    listener = Listener()
    engine = waiting(2)
    engine.set_batch([job(1), job(2)], "renewals Q4")
    ways = NotificationSettings(on=frozenset({Topic.BATCH_ENDED}), has_bell=False, program=listener)
    async with run_monitor(engine, ways=ways) as view:
        bring_response(engine, 1, FAILED)
        await view.settled()
        assert listener.received == []
        bring_response(engine, 2, PENDING, after=COOLDOWN)
        await view.settled()
        (record,) = listener.received
        assert (record["event"], record["batch"]) == ("batch ended", "renewals Q4")
        assert str(record["text"]).startswith("renewals Q4: 1 failed, 1 needs attention, ")
        assert record["jobs"] == {"failed": 1, "attention": 1, "unknown": 0, "running": 0, "done": 0}


async def test_the_notify_program_gets_each_job_and_the_end_of_all() -> None:
    listener = Listener()
    engine = waiting(2)
    ways = NotificationSettings(on=frozenset({Topic.FAILED, Topic.ALL_DONE}), has_bell=False, program=listener)
    async with run_monitor(engine, ways=ways) as view:
        bring_response(engine, 1, FAILED)
        await view.settled()
        assert [(one["event"], one["label"], one["verdict"]) for one in listener.received] == [
            ("failed", "CS-1", "failed")
        ]
        bring_response(engine, 2, PENDING, after=COOLDOWN)
        await view.settled()
        assert listener.received[1:] == [
            {
                "schema": 2,
                "event": "all done",
                "jobs": {"failed": 1, "attention": 1, "unknown": 0, "running": 0, "done": 0},
            }
        ]
        listener.fault = "The command in [notify] failed with exit status 3."
        await view.until("The command in [notify] failed with exit status 3.")
        listener.fault = ""
        await view.until(lambda text: "[notify]" not in text)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_muted_notifications_are_not_sent_and_the_bar_shows_it(size: tuple[int, int]) -> None:
    listener = Listener()
    engine = waiting(3)
    async with run_monitor(engine, size, ways=NotificationSettings(osc="9", program=listener)) as view:
        await view.press("b")
        assert "· muted" in view.bar
        bring_response(engine, 1, FAILED)
        await view.settled()
        await view.press("b")
        assert "muted" not in view.bar
        bring_response(engine, 2, RUNNING, after=COOLDOWN)
        await view.settled()
        assert rings(view) == 0
        assert listener.received == []
        bring_response(engine, 3, FAILED)
        await view.settled()
        assert [one["label"] for one in listener.received] == ["CS-3"]


async def test_a_tenant_that_is_down_for_long_is_reported_to_the_program_once() -> None:
    engine, program = waiting(1), Listener()
    settings = NotificationSettings(on=frozenset({Topic.TENANT_DOWN}), program=program, tenant_down_after=600)
    async with run_monitor(engine, ways=settings) as view:
        engine.pulse = replace(
            engine.pulse, problem=Problem(ProblemKind.UNREACHABLE, "no route to host"), down_since=engine.clock.at
        )
        engine.publish()
        await view.settled()
        for after, reports in ((590, 0), (20, 1), (600, 1)):
            engine.clock.at += after
            view.app._monitor._tick()
            await view.settled()
            assert len(program.received) == reports
        assert rings(view) == 1
    assert {name: program.received[0][name] for name in ("event", "tenant", "since", "problem")} == {
        "event": "tenant down",
        "tenant": "env",
        "since": "2026-11-23T14:00:00Z",
        "problem": "unreachable: no route to host",
    }
