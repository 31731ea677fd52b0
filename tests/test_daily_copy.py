"""The daily copy that an open window makes."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, opened
from tests.support.building import job, watch
from zjobtui.bootstrap.monitor import _daily_copy
from zjobtui.storage.database import backup_path


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_window_that_stays_open_makes_a_copy_each_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.bootstrap.monitor.BACK_UP_AFTER", 0.0)
    monkeypatch.setattr("zjobtui.bootstrap.monitor.BACK_UP_STEP", 0.01)
    path = tmp_path / "watchlist.sqlite3"
    copy = backup_path(path)
    with opened(path) as (store, _), _daily_copy(path):
        listed = added(store, watch(1))
        until(copy.exists)
        store.apply(listed.add([watch(2)]))
        os.utime(copy, times=(yesterday := time.time() - 90_000, yesterday))
        until(lambda: copy.stat().st_mtime > yesterday + 60)
    assert set(kept(copy).watches) == {job(1), job(2)}
