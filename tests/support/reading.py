"""Read the detail pane, and move its cursor."""

from tests.support.building import body
from tests.support.screen_harness import ScreenView


def subscriptions(count: int, **odd: str) -> bytes:
    """Return a completed order with this many subscriptions, all Active except those given as `s7="Suspended"`."""
    made = [
        {"subscriptionNumber": f"A-S{number:08}", "status": odd.get(f"s{number}", "Active")}
        for number in range(1, count + 1)
    ]
    result = {"jobType": "AsyncCreateOrder", "orderNumber": "O-1", "status": "Completed", "subscriptions": made}
    return body(status="Completed", errors=None, result=result)


def places(view: ScreenView, holding: str) -> list[int]:
    return [number for number, line in enumerate(view.detail) if holding in line]


def cursor_steps(view: ScreenView, holding: str) -> int:
    (place,) = places(view, holding)
    return place


async def to_line(view: ScreenView, holding: str) -> None:
    """Move the cursor of the detail down to a line."""
    await view.press("tab", "home", *["down"] * cursor_steps(view, holding))


def place_of_cursor(view: ScreenView) -> int:
    """Return the line of the detail with the cursor."""
    top, left, _, _ = view._corners()[-1]
    looks = [view.terminal.display.screen.buffer[top + 1 + y][left + 1].bg for y in range(len(view.detail))]
    usual = max(set(looks), key=looks.count)
    (place,) = [y for y, look in enumerate(looks) if look != usual]
    return place


async def whole(view: ScreenView) -> str:
    """Return everything in the detail, scrolling from top to bottom."""
    await view.press("home")
    parts = [view.words]
    for _ in range(40):
        await view.press("pagedown")
        parts.append(view.words)
        if len(parts) > 2 and parts[-1] == parts[-2]:
            break
    return " ".join(parts)
