"""Blocking calls on a daemon thread: whatever they raise reaches the one who waits."""

import asyncio
import subprocess
import sys
from typing import Never

import pytest

from zjobtui.daemon_thread import run_on_daemon_thread


@pytest.mark.parametrize("fault", [OSError("x"), SystemExit("x"), KeyboardInterrupt("x"), StopIteration("x")], ids=repr)
async def test_an_exception_of_a_call_is_raised_where_it_is_awaited(fault: BaseException) -> None:
    def call() -> Never:
        raise fault

    with pytest.raises((OSError, RuntimeError), match="x"):
        async with asyncio.timeout(5):
            await run_on_daemon_thread(call)


def test_without_threads_left_nothing_is_printed_on_exit() -> None:
    code = """
import asyncio, threading
from zjobtui.daemon_thread import run_on_daemon_thread

def fail(_):
    raise RuntimeError("can't start new thread")

threading.Thread.start = fail
try:
    asyncio.run(run_on_daemon_thread(int))
except RuntimeError as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.stdout, ended.stderr) == ("can't start new thread\n", "")
