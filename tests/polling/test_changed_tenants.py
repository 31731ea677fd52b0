"""A tenant whose settings change while it is polled: Retry-After of its host and the jobs on screen still count."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from tests.support.polling import job, read_on_the_loop, watches
from tests.support.sources import MemoryStore, TimedSource
from tests.support.virtual_time import START, VirtualClock, run_virtually, wall
from zjobtui.models.job import JobId
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling import engine as engine_module
from zjobtui.polling.engine import Engine
from zjobtui.polling.options import EngineOptions, Reload
from zjobtui.polling.poller import Poller
from zjobtui.polling.protocols import JobSource, SourceError

ENV = Tenant(name="env", base_url="https://one.example.com", title="Env", kind=TenantKind.API_SANDBOX)
OTHER = Tenant(name="other", base_url="https://other.example.com")
HOUR = 3_600.0


@dataclass
class World:
    """An engine on virtual time; `change` replaces the settings of its tenants, each of which gets a new source."""

    trouble: Callable[[float, JobId], Problem | None] = lambda _at, _job: None
    limits: Callable[[float], tuple[tuple[str, str], ...]] = lambda _at: ()
    sources: list[TimedSource] = field(default_factory=list)
    engine: Engine = field(init=False)
    _reload: Reload | None = None

    def make(self) -> JobSource:
        self.sources.append(TimedSource(trouble=self.trouble, limits=self.limits, failed_status=429))
        return self.sources[-1]

    def take_reload(self) -> Reload | None:
        reload, self._reload = self._reload, None
        return reload

    async def change(self, *tenants: Tenant) -> None:
        """Change the settings, and wait until they are used."""
        self._reload = Reload(tuple((tenant, self.make) for tenant in tenants), frozenset({"env"}))
        await asyncio.sleep(engine_module.RELOAD + 0.1)

    @property
    def status(self) -> TenantStatus:
        return self.engine.state.statuses["env"]

    @property
    def sent(self) -> list[float]:
        return sorted(at for source in self.sources for at in source.sent)


@pytest.fixture(autouse=True)
def _without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    read_on_the_loop(monkeypatch)


def run(world: World, jobs: Iterable[WatchedJob], script: Callable[[World], Awaitable[None]]) -> World:
    """Poll the jobs while the script runs."""

    async def main() -> None:
        listed = Watchlist({watch.job: watch for watch in jobs})
        options = EngineOptions(reload=world.take_reload)
        world.engine = Engine(listed, MemoryStore(), [(ENV, world.make)], VirtualClock(), options)
        running = asyncio.create_task(world.engine._main())
        await asyncio.sleep(0)
        await script(world)
        world.engine._stopping.set()
        await running

    run_virtually(main())
    return world


def throttle(_at: float, _job: JobId) -> Problem:
    return Problem(ProblemKind.THROTTLED)


CHANGES = {
    "colour and title": replace(ENV, colour="red", title="New"),
    "credentials": replace(ENV, credentials_from="secret_command"),
    "limits": replace(ENV, calls_per_second=50.0, daily_calls=5_000),
    "kind": replace(ENV, kind=TenantKind.PRODUCTION),
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_retry_after_still_holds_after_the_settings_change(changed: Tenant) -> None:
    async def script(world: World) -> None:
        await asyncio.sleep(2)
        await world.change(changed)
        await world.change(OTHER)
        await world.change(changed)
        assert world.status.problem is not None
        await asyncio.sleep(40)

    world = run(World(throttle, lambda _: (("retry-after", "60"),)), watches(3), script)
    assert max(world.sent) < 1
    assert len(world.sources) == 4


def test_another_host_is_called_at_once() -> None:
    async def script(world: World) -> None:
        await asyncio.sleep(2)
        await world.change(replace(ENV, base_url="https://two.example.com"))
        await world.change(ENV)

    world = run(World(throttle, lambda _: (("retry-after", "60"),)), watches(3), script)
    assert [bool(source.sent) for source in world.sources] == [True, True, False]


def test_saving_the_file_repeatedly_does_not_grant_more_calls_an_hour() -> None:
    async def script(world: World) -> None:
        for number in range(8):
            await world.change(replace(ENV, colour=f"#{number:06x}"))
            assert world.engine._tenants is not None
            world.engine._tenants.runners[0].poll_now([job(number) for number in range(200)])
            await asyncio.sleep(60)

    world = run(World(), watches(200), script)
    assert 200 < len(world.sent) <= 500


def test_a_lower_daily_limit_holds_from_the_change_on() -> None:
    async def script(world: World) -> None:
        await asyncio.sleep(30)
        sent.append(len(world.sent))
        await world.change(replace(ENV, daily_calls=10))
        await asyncio.sleep(2 * HOUR)

    sent = list[int]()
    world = run(World(), watches(40), script)
    assert sent[0] >= 40
    assert len(world.sent) <= sent[0] + 5
    assert world.status.day_share >= 1


def test_an_outage_continues_with_one_probe_at_once() -> None:
    async def script(world: World) -> None:
        await asyncio.sleep(100)
        before = world.status
        assert before.down_since is not None
        count = len(world.sent)
        await world.change(replace(ENV, title="New"))
        assert world.status.down_since == before.down_since
        assert world.sent[count:] != []
        assert len(world.sources[-1].sent) == 1
        assert world.status.problem is not None

    run(World(lambda _at, _job: Problem(ProblemKind.SIGNED_OUT)), watches(20), script)


def test_corrected_credentials_end_an_outage_at_once() -> None:
    async def script(world: World) -> None:
        await asyncio.sleep(100)
        world.trouble = lambda _at, _job: None
        await world.change(replace(ENV, credentials_from="secret_env"))
        await asyncio.sleep(1)
        assert world.status.problem is None
        assert world.status.answered_at is not None

    run(World(lambda _at, _job: Problem(ProblemKind.SIGNED_OUT)), watches(20), script)


def test_visible_jobs_are_polled_first_at_the_new_host() -> None:
    async def script(world: World) -> None:
        assert world.engine._tenants is not None
        await asyncio.sleep(1)
        world.engine._tenants.set_visible((job(150), job(151)))
        world.engine._tenants.set_selected(job(199))
        world.trouble, world.limits = (lambda _at, _job: None), (lambda _: ())
        await world.change(replace(ENV, base_url="https://two.example.com"))
        await asyncio.sleep(1)

    world = run(World(throttle, lambda _: (("retry-after", "60"),)), watches(200, added_at=START - HOUR), script)
    first = [asked.job for asked in world.sources[1].asked[:3]]
    assert first == [job(number).id for number in (199, 150, 151)]


def test_the_last_requests_reach_a_tenant_once_it_has_its_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For days rows are selected, scrolled and refreshed; only the newest of each is left for the poller."""
    passed = list[str]()
    for name in ("set_selected", "set_visible", "poll_now", "pause", "resume"):

        def record(poller: Poller, *args: object, name: str = name, original: object = getattr(Poller, name)) -> None:
            passed.append(name)
            assert callable(original)
            original(poller, *args)

        monkeypatch.setattr(Poller, name, record)
    world = World()

    def make() -> JobSource:
        if wall() < START + 60:
            raise SourceError("no secret")
        return World.make(world)

    world.make = make  # type: ignore[method-assign]

    async def script(world: World) -> None:
        await asyncio.sleep(1)
        tenants = world.engine._tenants
        assert tenants is not None
        for number in range(200):
            tenants.set_selected(job(number % 9))
            tenants.set_visible((job(number % 7), job(2)))
            tenants.runners[0].poll_now([job(5), job(number % 3)])
            tenants.set_paused(is_paused=number % 2 == 0)
            await asyncio.sleep(0.01)
        await asyncio.sleep(120)

    run(world, watches(9), script)
    assert sorted(passed) == ["poll_now", "resume", "set_selected", "set_visible"]
    assert {asked.job for asked in world.sources[0].asked[:4]} == {job(number).id for number in (0, 1, 2, 5)}
