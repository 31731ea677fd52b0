"""Makes the pictures of this folder: `python -m screenshots.make`, always the same for the same code.

The monitor runs on the simulator's jobs with a fixed seed and a clock that stands still.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from msgspec.structs import replace

from tests.support.related import has_orders_of_world
from tests.support.scripted import ScriptedEngine
from tests.support.world import watched_world
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Success
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.state import State
from zjobtui.ui import detail_controller
from zjobtui.ui.app import MonitorApp
from zjobtui.ui.job_list import JobList
from zjobtui.ui.monitor_context import MonitorOptions
from zjobtui.ui.themes import DEFAULT_THEME, Appearance

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its file, its size, which job of the world is selected, and the keys pressed before it is taken."""

    name: str
    size: tuple[int, int]
    job: int
    keys: tuple[str, ...] = ()
    has_several: bool = False
    """Whether three tenants are watched."""
    theme: str = DEFAULT_THEME


WIDE, NARROW = (140, 40), (80, 24)
SEARCH = ("3", "tab", "slash", *"status", "enter", "n")

VIEWS: dict[str, tuple[int, tuple[str, ...]]] = {
    "list-and-detail": (2, ()),
    "timeline": (1, ("2",)),
    "raw": (2, SEARCH),
    "request": (2, ("4",)),
    "related": (2, ("5",)),
}
"""Each view of a job under the name of its picture: which job of the world, and the keys that lead there."""

THEMES = {"": DEFAULT_THEME, "-light": "light"}
SIZES = {"": WIDE, "-narrow": NARROW}


def each_view() -> Iterator[Picture]:
    """Every view, dark and light, wide and narrow."""
    for (name, (job, keys)), (how, size), (colours, theme) in product(VIEWS.items(), SIZES.items(), THEMES.items()):
        yield Picture(f"{name}{how}{colours}", size, job, keys, theme=theme)


PICTURES = (
    *each_view(),
    Picture("three-hundred-subscriptions", WIDE, 4, ("tab", *["down"] * 6, "enter")),
    Picture("preview", WIDE, 3),
    Picture("failure", WIDE, 1),
    Picture("failure-light", NARROW, 1, theme="light"),
    Picture("help", WIDE, 2, ("question_mark",)),
    Picture("help-light", NARROW, 2, ("question_mark",), theme="light"),
    Picture("three-tenants", WIDE, 2, has_several=True),
    Picture("failures", WIDE, 2, ("F",)),
    Picture("wallboard", WIDE, 2, ("w",)),
)


ONE = Tenant(
    name="env",
    base_url="https://rest.sandbox.eu.zuora.com",
    title="EU API sandbox",
    kind=TenantKind.API_SANDBOX,
    credentials_from="environment variable ZUORA_CLIENT_SECRET",
)
SEVERAL = (
    Tenant(name="eu", base_url="http://127.0.0.1", title="EU production", kind=TenantKind.PRODUCTION),
    Tenant(name="us", base_url="http://127.0.0.1", title="US API sandbox", kind=TenantKind.API_SANDBOX),
    Tenant(name="uat", base_url="http://127.0.0.1", title="UAT", kind=TenantKind.OTHER, colour="orange"),
)


LIMITS = (("ratelimit-limit", "2500, 2500;w=60"), ("ratelimit-remaining", "2400"), ("ratelimit-reset", "12"))


def answered(seen: Success, tenant: Tenant, job: JobRef) -> Success:
    """The answer as if it had come from the tenant's host."""
    url = f"{tenant.base_url}/v1/async-jobs/{job.id.given}"
    return replace(seen, call=replace(seen.call, url=url, limits=LIMITS))


def together(engines: Sequence[ScriptedEngine]) -> ScriptedEngine:
    """The first engine, with all that the others have watched."""
    first, *others = engines
    for other in others:
        first.archive.answers |= other.archive.answers
        first.archive.replaced |= other.archive.replaced
        first.archive.events += other.archive.events
        watches = {**first.state.watchlist.watches, **other.state.watchlist.watches}
        first.state = State(Watchlist(watches), {**first.state.statuses, **other.state.statuses})
    return first


async def take(picture: Picture) -> None:
    """Take one picture."""
    tenants = SEVERAL if picture.has_several else (ONE,)
    worlds = [watched_world(40 // len(tenants), 64.0, 7 + place, one.name) for place, one in enumerate(tenants)]
    for world in worlds:
        world.pulse = replace(world.pulse, calls_per_second=4.6, interval=3.5)
        world.publish()
        has_orders_of_world(world, len(world.state.watchlist), 64.0)
    engine = together(worlds)
    answers = engine.archive.answers
    answers |= {job: answered(seen, tenants[0], job) for job, seen in answers.items()}
    app = MonitorApp(
        engine, engine.archive, tenants, engine.clock, MonitorOptions(appearance=Appearance(theme=picture.theme))
    )
    async with app.run_test(size=picture.size) as pilot:
        await pilot.pause()
        wanted = list(engine.state.watchlist)[picture.job].job
        rows = app.screen.query_one(JobList)
        while rows.selected is not None and rows.selected.job != wanted:
            await pilot.press("down")
        await pilot.pause()
        await pilot.press(*picture.keys)
        await app.workers.wait_for_complete()
        await pilot.pause()
        (FOLDER / f"{picture.name}.svg").write_text(app.export_screenshot(title="zjobtui"), encoding="utf-8")


def main() -> None:
    """Take all pictures, in one time zone wherever it runs."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    # However slow the machine is, the cursor rests on no job on its way.
    detail_controller.SELECTION_DELAY = 1_000.0
    for picture in PICTURES:
        asyncio.run(take(picture))
    for left_over in set(FOLDER.glob("*.svg")) - {FOLDER / f"{picture.name}.svg" for picture in PICTURES}:
        left_over.unlink()


if __name__ == "__main__":
    main()
