"""Lets what is done again and again be done at the same moments: to wake once for three chores costs a third."""

import asyncio


async def until_beat(seconds: float) -> None:
    """Sleeps up to the next multiple of `seconds` on the loop's clock, so up to as long."""
    await asyncio.sleep(seconds - asyncio.get_running_loop().time() % seconds)
