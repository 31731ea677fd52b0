"""Fixtures for the tests of the screen: one time zone, and short waits."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _same_screen_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        patch.setattr("zjobtui.ui.state_feed.SOON_EVERY", 0.0)
        patch.setattr("zjobtui.ui.state_feed.TIMES_EVERY", 0.0)
        patch.setattr("zjobtui.ui.monitor.TICK_SECONDS", 0.1)
        yield
    time.tzset()
