"""Blocking calls on a daemon thread: whatever they raise reaches the one who waits."""

import asyncio
from typing import Never

import pytest

from zjobtui.polling.daemon_thread import run_on_daemon_thread


@pytest.mark.parametrize("fault", [OSError("x"), SystemExit("x"), KeyboardInterrupt("x"), StopIteration("x")], ids=repr)
async def test_whatever_a_call_raises_is_raised_where_it_is_awaited(fault: BaseException) -> None:
    def call() -> Never:
        raise fault

    with pytest.raises((OSError, RuntimeError), match="x"):
        async with asyncio.timeout(5):
            await run_on_daemon_thread(call)
