"""What calls the screen may come later than its end."""

import asyncio

from textual.app import App

from zjobtui.ui.own_time import OwnTime


def test_an_engine_that_tells_of_its_last_change_when_the_screen_is_gone_meets_no_fault() -> None:
    async def made() -> OwnTime:
        return OwnTime(App[int]())

    called: list[str] = []
    asyncio.run(made()).soon(lambda: called.append("called"))
    assert called == []
