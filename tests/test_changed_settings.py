"""A window that is running notices a changed config.toml: with the real engine, and on the screen."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.storage.opening import added, kept, observed, opened
from tests.support.building import NOW, PROCESSING, read_result, seen, watch, watchlist
from tests.support.screen_harness import TENANT, run_monitor
from tests.support.scripted import FixedClock
from tests.support.sources import MemoryStore, TimedSource
from tests.support.staging import staged
from zjobtui.atomic_write import write_whole
from zjobtui.bootstrap.configuration import Configured, configuration
from zjobtui.bootstrap.settings_follower import SettingsFollower
from zjobtui.models.call_log import CallKind
from zjobtui.models.job import JobId
from zjobtui.models.observation import Observation
from zjobtui.models.tenant import Tenant
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.polling.engine import Engine
from zjobtui.polling.options import EngineOptions
from zjobtui.polling.protocols import JobSource, MakeSource
from zjobtui.polling.state import State
from zjobtui.storage.store import Store
from zjobtui.ui.monitor import describe_tenant_change

EU = '[tenants.eu]\nhost = "EU production"\nclient_id = "1"\nsecret_env = "EU"\n'
US = '[tenants.us]\nurl = "https://us.example.com"\nclient_id = "2"\nsecret_env = "US"\n'


class Source(TimedSource):
    """A source whose creation, calls and end are recorded."""

    def __init__(self, world: "World", tenant: Tenant) -> None:
        super().__init__()
        world.made.append(tenant.base_url)
        self._world = world
        self._tenant = tenant

    async def observe(self, job_id: JobId, _: CallKind = CallKind.POLL, /) -> Observation:
        self._world.calls[self._tenant.name].append(job_id)
        return seen(PROCESSING, NOW)

    async def aclose(self) -> None:
        self._world.closed.append(self._tenant.name)


class World:
    """A settings file, and the real engine that follows it."""

    def __init__(self, path: Path, text: str, only: tuple[str, ...] | None = None, store: Store | None = None) -> None:
        self.path = path
        self.made: list[str] = []
        self.calls: dict[str, list[JobId]] = defaultdict(list)
        self.closed: list[str] = []
        self.arrived = threading.Event()
        self.write(text)
        load = partial(configuration, {"ZJOBTUI_CONFIG": str(path)}, path)
        used = load()
        follower = SettingsFollower(used, path, load, self.make, only)
        listed = store.load() if store else watchlist(watch(1, tenant="eu"), watch(2, tenant="us"))
        sources = [(each.tenant, self.make(each)) for each in used.tenants if only is None or each.tenant.name in only]
        options = EngineOptions(only=only, reload=follower.reload)
        self.engine = Engine(
            listed if only is None else listed.of(only), store or MemoryStore(), sources, FixedClock(NOW), options
        )
        self.states: list[State] = []
        self.engine.subscribe(self.states.append)

    def write(self, text: str) -> None:
        """Replace the file as an editor does."""
        write_whole(self.path, text.encode(), 0o600)

    def make(self, each: Configured) -> MakeSource:
        """Return how to create the source of a tenant."""

        def make() -> JobSource:
            return Source(self, each.tenant)

        return make

    def until(self, holds: Callable[[State], object]) -> State:
        """Wait for a published state."""
        ends = time.monotonic() + 10
        while not holds(self.states[-1]):
            assert time.monotonic() < ends, self.states[-1]
            time.sleep(0.005)
        return self.states[-1]


@contextmanager
def follow(path: Path, text: str, only: tuple[str, ...] | None = None, store: Store | None = None) -> Iterator[World]:
    world = World(path, text, only, store)
    world.engine.start()
    try:
        yield world
    finally:
        world.engine.stop()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("zjobtui.polling.engine.RELOAD", 0.02)
    return tmp_path / "config.toml"


def test_added_changed_and_removed_tenants_are_polled_without_a_restart(path: Path) -> None:
    with follow(path, EU) as world:
        world.until(lambda _: world.calls["eu"])
        assert not world.calls["us"]
        world.write(EU + US)
        world.until(lambda _: world.calls["us"])
        state = world.until(lambda state: len(state.tenants) == 2)
        assert (list(state.statuses), state.notice) == (["eu", "us"], "")
        assert world.closed == [], "the other tenant is polled on"
        world.write(EU + US.replace("us.example", "us2.example"))
        world.until(lambda _: "https://us2.example.com" in world.made)
        assert world.closed == ["us"]
        world.write(US.replace("us.example", "us2.example"))
        state = world.until(lambda state: list(state.statuses) == ["us"])
        assert (world.closed, len(state.watchlist)) == (["us", "eu"], 2)


def test_a_secret_that_never_arrives_does_not_block_other_changes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyring whose dialog is never answered."""
    answered, make = threading.Event(), World.make

    def make_or_block(world: World, each: Configured) -> MakeSource:
        def block() -> JobSource:
            answered.wait(20)
            return make(world, each)()

        return block if "blocks" in each.tenant.base_url else make(world, each)

    monkeypatch.setattr(World, "make", make_or_block)
    blocked = US.replace("us.example", "blocks.example")
    with follow(path, EU + blocked) as world:
        world.until(lambda _: world.calls["eu"])
        world.write(EU + blocked.replace("blocks", "blocks2"))
        world.until(lambda state: any("blocks2" in tenant.base_url for tenant in state.tenants))
        world.write(EU + US)
        world.until(lambda _: world.calls["us"])
        answered.set()


def test_a_new_tenant_of_a_paused_window_is_not_polled(path: Path) -> None:
    with follow(path, EU) as world:
        world.until(lambda _: world.calls["eu"])
        world.engine.pause()
        world.write(EU + US)
        world.until(lambda state: "us" in state.statuses and state.statuses["us"].is_paused)
        assert not world.calls["us"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (EU + "[tenants.us\n", "line 5, column 12: not valid TOML"),
        (EU + US.replace("https", "http"), "must begin with https://"),
        ("", "no longer contains a tenant"),
        (None, "was not found"),
    ],
)
def test_an_invalid_file_is_reported_and_the_former_settings_stay_in_use(
    path: Path, text: str | None, why: str
) -> None:
    with follow(path, EU) as world:
        if text is None:
            path.unlink()
        else:
            world.write(text)
        state = world.until(lambda state: state.notice)
        assert why in state.notice
        assert [tenant.name for tenant in state.tenants] == ["eu"]
        world.write(EU + "# mended\n")
        world.until(lambda state: not state.notice)
        assert world.closed == []


def test_settings_that_need_a_restart_are_named(path: Path) -> None:
    with follow(path, EU) as world:
        world.write(EU + "[screen]\nutc = true\n" + US)
        state = world.until(lambda state: state.notice)
        assert state.notice.startswith("[screen] of ")
        assert "restart zjobtui" in state.notice
        assert len(world.until(lambda state: len(state.tenants) == 2).tenants) == 2


def test_a_window_of_one_tenant_stays_with_it(path: Path) -> None:
    with follow(path, EU, only=("eu",)) as world:
        world.write(EU.replace('"1"', '"3"') + US)
        world.until(lambda _: world.closed == ["eu"])
        assert [tenant.name for tenant in world.until(lambda state: state.tenants).tenants] == ["eu"]
        assert "us" not in world.calls


PENDING = read_result({"jobType": "AsyncCreateOrder", "status": "Pending", "orderNumber": "O-1"})
EXPECTING = EU + 'expected_order_statuses = ["Pending"]\n'


def verdicts(path: Path) -> list[VerdictKind]:
    return [watch.verdict.kind for watch in kept(path)]


def test_listed_jobs_are_judged_again_when_the_expected_order_statuses_change(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zjobtui.polling.watchlist_service.STORE_READ_SECONDS", 0.02)
    with opened(tmp_path / "store") as (store, _):
        observed(store, added(store, watch(1, tenant="eu", label="kept")), seen(PENDING))
        with follow(path, EU, store=store) as world:
            world.until(lambda state: state.tenants)
            for text, kind in ((EXPECTING, VerdictKind.DONE), (EU, VerdictKind.ATTENTION)):
                world.write(text)
                (judged,) = world.until(lambda state: next(iter(state.watchlist)).verdict.kind is kind).watchlist  # noqa: B023 - called at once
                assert judged.label == "kept"
                assert verdicts(store.path) == [kind]


def test_a_window_of_one_tenant_judges_the_jobs_of_the_others_again_too(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zjobtui.polling.watchlist_service.STORE_READ_SECONDS", 0.02)
    with opened(tmp_path / "store") as (store, _):
        observed(store, added(store, watch(1, tenant="eu")), seen(PENDING))
        with follow(path, EU + US, only=("us",), store=store) as world:
            world.until(lambda state: state.tenants)
            world.write(EXPECTING + US)
            world.until(lambda _: verdicts(store.path) == [VerdictKind.DONE])
            assert len(world.states[-1].watchlist) == 0


def test_a_response_that_came_before_the_changed_settings_were_read_is_judged_again(tmp_path: Path) -> None:
    """Another program may have judged the stored jobs by the new settings already."""
    expected = {"eu": frozenset({"Pending"})}
    with opened(tmp_path / "store") as (store, _):
        listed = store.renew_digests(added(store, watch(1, tenant="eu")), expected)
        observed(store, listed, seen(PENDING))
        assert verdicts(store.path) == [VerdictKind.ATTENTION]
        (judged,) = store.judge_again(expected)
        assert judged.verdict.kind is VerdictKind.DONE
        assert store.judge_again(expected) == ()


@pytest.mark.parametrize(
    ("after", "text"),
    [
        ([TENANT, replace(TENANT, name="acme")], "Tenants: acme added."),
        ([replace(TENANT, title="Other")], "Tenants: env changed."),
        (
            [replace(TENANT, expected_order_statuses=frozenset({"Draft"}))],
            "Tenants: env changed. Verdicts are updated because expected_order_statuses changed.",
        ),
    ],
)
def test_a_message_names_the_tenants_that_have_changed(after: list[Tenant], text: str) -> None:
    assert describe_tenant_change({TENANT.name: TENANT}, after) == text


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_new_tenant_is_shown_in_bar_and_rows(size: tuple[int, int]) -> None:
    engine = staged("recorded-processing")
    other = Tenant(name="acme", base_url="https://us.example.com", title="Acme test")
    async with run_monitor(engine, size) as view:
        assert "acme" not in view.text
        engine.watch([watch(7, tenant="acme")])
        statuses = {name: TenantStatus(tenant=name, answered_at=NOW) for name in ("env", "acme")}
        engine.state = State(engine.state.watchlist, statuses, tenants=(TENANT, other))
        engine._subscriber(engine.state)
        await view.until("Tenants: acme added.")
        assert "acme" in " ".join(view.jobs)
        assert ("Acme test" in view.bar) or ("2 tenants" in view.bar)
        await view.press("T", "T")
        assert "◌ 1" in view.bar
        assert "Acme test" in view.bar


async def test_a_handover_that_is_being_written_has_the_tenants_of_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, seen_by_handover = staged("recorded-processing"), list[tuple[str, ...]]()
    other = Tenant(name="acme", base_url="https://us.example.com", title="Acme test")
    async with run_monitor(engine) as view:

        def write(_: object, tenants: Mapping[str, Tenant], *__: object, **___: object) -> str:
            """Read the tenants on another thread while they change."""
            engine.state = replace(engine.state, tenants=(other,))
            engine._subscriber(engine.state)
            ends = time.monotonic() + 5
            while "Acme test" not in view.bar and time.monotonic() < ends:
                seen_by_handover.append(tuple(tenants))
                time.sleep(0.005)
            seen_by_handover.append(tuple(tenants))
            return "text"

        monkeypatch.setattr("zjobtui.ui.share.handover_text", write)
        await view.press("H", "enter")
        await view.until("Acme test")
        await view.until("Handover sent")
    assert set(seen_by_handover) == {("env",)}


def test_a_file_that_was_missing_at_the_start_too_is_not_reported_as_lost(path: Path) -> None:
    environ = {"ZUORA_BASE_URL": "https://rest.eu.zuora.com", "ZUORA_BEARER_TOKEN": "x" * 40}
    environ["ZJOBTUI_CONFIG"] = str(path)
    used = configuration(environ, path)
    assert used.problems == (f"{path}: the file was not found.",)
    follower = SettingsFollower(used, path, partial(configuration, environ, path), lambda _: TimedSource, None)
    assert follower.reload() is None
    path.write_text(EU, encoding="utf-8")
    assert (reload := follower.reload()) is not None
    assert [tenant.name for tenant, _ in reload.sources or ()] == ["env", "eu"]
    path.unlink()
    assert (reload := follower.reload()) is not None
    assert reload.notice == f"{path} was not found. The previous settings remain in use."
