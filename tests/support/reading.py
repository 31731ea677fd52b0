"""Read the detail pane, and move its cursor."""

from tests.support.building import body
from tests.support.seeing import Sight


def subscriptions(count: int, **odd: str) -> bytes:
    """Return a completed order with this many subscriptions, all Active except those given as `s7="Suspended"`."""
    made = [
        {"subscriptionNumber": f"A-S{number:08}", "status": odd.get(f"s{number}", "Active")}
        for number in range(1, count + 1)
    ]
    result = {"jobType": "AsyncCreateOrder", "orderNumber": "O-1", "status": "Completed", "subscriptions": made}
    return body(status="Completed", errors=None, result=result)


def places(sight: Sight, holding: str) -> list[int]:
    return [number for number, line in enumerate(sight.detail) if holding in line]


def cursor_steps(sight: Sight, holding: str) -> int:
    (place,) = places(sight, holding)
    return place


async def to_line(sight: Sight, holding: str) -> None:
    """Move the cursor of the detail down to a line."""
    await sight.press("tab", "home", *["down"] * cursor_steps(sight, holding))


def place_of_cursor(sight: Sight) -> int:
    """Return the line of the detail with the cursor."""
    top, left, _, _ = sight._corners()[-1]
    looks = [sight.glass.display.screen.buffer[top + 1 + y][left + 1].bg for y in range(len(sight.detail))]
    usual = max(set(looks), key=looks.count)
    (place,) = [y for y, look in enumerate(looks) if look != usual]
    return place


async def whole(sight: Sight) -> str:
    """Return everything in the detail, scrolling from top to bottom."""
    await sight.press("home")
    parts = [sight.words]
    for _ in range(40):
        await sight.press("pagedown")
        parts.append(sight.words)
        if len(parts) > 2 and parts[-1] == parts[-2]:
            break
    return " ".join(parts)
