"""The thread of the engine: how it ends, and what becomes of work that is submitted while it does."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from zjobtui.polling.loop_thread import LoopThread


async def work() -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize("fault", [SystemExit(3), KeyboardInterrupt(), MemoryError()], ids=repr)
@pytest.mark.filterwarnings("error")
def test_any_end_of_the_thread_is_reported(fault: BaseException) -> None:
    ended: list[BaseException | None] = []

    async def main() -> None:
        thread.open()
        raise fault

    thread = LoopThread("engine", "polling", main, ended.append)
    thread.start()
    thread.join(5)
    assert ended == [fault]
    with pytest.raises(RuntimeError, match="polling has ended"):
        thread.submit(work()).result(0)


def test_work_that_is_submitted_while_the_loop_ends_fails_and_prints_nothing(caplog: pytest.LogCaptureFixture) -> None:
    late: list[Future[None]] = []
    stopping = asyncio.Event()

    class Executor(ThreadPoolExecutor):
        """Submits work when it is shut down, by which a loop ends."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            late.append(thread.submit(work()))
            super().shutdown(wait, cancel_futures=cancel_futures)

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(Executor())
        thread.open()
        await stopping.wait()

    thread = LoopThread("engine", "polling", main, lambda _: None)
    in_time = thread.submit(work())
    thread.stop(stopping.set, 5)
    assert in_time.cancelled()
    assert late
    for future in late:
        assert str(future.exception(0)) == "polling has ended"
    assert caplog.messages == []
