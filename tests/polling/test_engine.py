"""What the engine hands on to the pollers it makes."""

import asyncio
import time

from tests.support.polling import watches
from tests.support.sources import MemoryShelf, TimedSource
from zjobtui.clock import SystemClock
from zjobtui.domain.job import JobId
from zjobtui.domain.observation import Observation
from zjobtui.domain.tenant import Tenant
from zjobtui.domain.watchlist import Watchlist
from zjobtui.polling.engine import Engine


class Silent(TimedSource):
    """Never answers."""

    async def observe(self, _: JobId, /) -> Observation:
        await asyncio.Event().wait()
        raise AssertionError


def test_the_staleness_limit_of_the_settings_reaches_the_poller() -> None:
    clock = SystemClock()
    listed = Watchlist({watch.job: watch for watch in watches(1, added_at=clock.now())})
    tenant = Tenant(name="env", base_url="http://127.0.0.1")
    engine = Engine(listed, MemoryShelf(), [(tenant, Silent)], clock, staleness_limit=7.0)
    engine.start()
    end = time.monotonic() + 10
    try:
        while "env" not in engine.state.pulses or engine.state.pulses["env"].ceiling != 7.0:
            assert time.monotonic() < end, engine.state.pulses
            time.sleep(0.02)
            engine.attend(None)
    finally:
        engine.stop()
