import pytest

from tests.support.screen_harness import run_monitor
from tests.support.staging import staged
from zjobtui.models.text_width import cells
from zjobtui.ui.toast import toast


@pytest.mark.parametrize(
    "message", [pytest.param("2 jobs removed; u to undo.", marks=pytest.mark.slow), "Removed 注文; u to undo."]
)
async def test_a_message_is_complete_at_any_width_and_at_the_right_edge(message: str) -> None:
    async with run_monitor(staged(), (30, 12)) as view:
        for more in (0, 2, 3, 4, 5):
            await view.resize(cells(message) + more, 12)
            toast(view.app, message)
            await view.settled()
            assert view.toast.replace(" ", "") == message.replace(" ", ""), more
            assert view.cells[-2][-1] not in {"╯", "─", "│"}
