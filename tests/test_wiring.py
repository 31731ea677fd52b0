"""Settings for the screen reach it, and errors in the file are reported with their line."""

import gc
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from zjobtui.bootstrap import monitor as wiring
from zjobtui.bootstrap.configuration import Configuration, Configured, configuration, file_configuration
from zjobtui.models.tenant import Tenant
from zjobtui.polling.engine import Engine
from zjobtui.ui.app import MonitorApp
from zjobtui.ui.themes import Appearance


def configured(path: Path, text: str) -> Configuration:
    path.write_text(text, encoding="utf-8")
    return file_configuration({}, path)


def test_without_a_file_the_appearance_is_the_default(tmp_path: Path) -> None:
    assert wiring.appearance_of(file_configuration({}, tmp_path / "config.toml")) == (Appearance(), ())


def test_a_file_name_that_is_too_long_is_reported(tmp_path: Path) -> None:
    found = file_configuration({}, tmp_path / ("x" * 300))
    assert "cannot be read: File name too long." in found.problems[0]


def test_an_error_in_the_environment_is_reported_first_and_tenants_of_the_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[tenants.eu]\nhost = "EU production"\nclient_id = "id"\nsecret_env = "EU"\nhots = ""\n')
    found = configuration({"ZUORA_BASE_URL": "https://rest.eu.zuora.com"}, path)
    assert [one.tenant.name for one in found.tenants] == ["eu"]
    assert [one.tenant.credentials_from for one in found.tenants] == ["environment variable EU"]
    assert "ZUORA_CLIENT_ID is not" in found.problems[0]
    assert "tenants.eu.hots is not a known setting" in found.problems[1]


@pytest.mark.parametrize("calls", ["833", "0.001", "2"])
def test_the_rate_limits_of_a_tenant_come_from_the_file(tmp_path: Path, calls: str) -> None:
    table = '[tenants.eu]\nhost = "EU production"\nclient_id = "id"\nsecret_env = "EU"\n'
    (usual,) = configured(tmp_path / "config.toml", table).tenants
    assert (usual.tenant.daily_calls, usual.tenant.calls_per_second) == (None, None)
    (chosen,) = configured(tmp_path / "config.toml", f"{table}daily_calls = 500\ncalls_per_second = {calls}\n").tenants
    assert (chosen.tenant.daily_calls, chosen.tenant.calls_per_second) == (500, float(calls))


def test_the_appearance_comes_from_the_file(tmp_path: Path) -> None:
    text = '[screen]\ntheme = "light"\nascii = true\nutc = true\nbell = true\n[keys]\nrefresh = "F5"\n'
    look = Appearance(theme="light", is_ascii=True, is_utc=True, keys={"refresh": "f5"})
    assert wiring.appearance_of(configured(tmp_path / "config.toml", text)) == (look, ())


def test_invalid_settings_are_reported_with_file_and_line_in_order(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = '[screen]\ntheme = "lihgt"\n[keys]\nremov = "f5"\nremove = "a"\nundo = "j"\nrefresh = "f5"\n'
    look, problems = wiring.appearance_of(configured(path, text))
    assert look == Appearance(keys={"refresh": "f5"})
    assert problems == (
        f"{path}: line 2: screen.theme: unknown theme lihgt; did you mean light?",
        f"{path}: line 4: keys.remov: unknown action remov; did you mean remove?",
        f"{path}: line 5: keys.remove: a is already the key of add; remove keeps x.",
        f"{path}: line 6: keys.undo: j is already used for “down”.",
    )


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses with which the process would be ended, in place of ending it."""
    statuses = list[int]()
    monkeypatch.setattr(wiring, "exit_within", lambda _, status: statuses.append(status))
    return statuses


def test_a_run_gets_appearance_limit_and_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exits: list[int]
) -> None:
    """Record what the app and the engine are given."""
    made: dict[str, object] = {}

    class Shown(MonitorApp):
        def run_guarded(self, _: Callable[[], str], __: ExitStack) -> int:
            polled = self._monitor._engine
            assert isinstance(polled, Engine)
            made.update(
                look=self._appearance,
                notice=self._monitor._presenter._notice_text,
                limit=polled._options.staleness_limit,
            )
            return 0

    monkeypatch.setattr(wiring, "MonitorApp", Shown)
    given = configured(
        tmp_path / "config.toml", '[polling]\nstaleness_limit = 9\n[screen]\ntheme = "lite"\nutc = true\n'
    )
    tenant = Configured(Tenant(name="env", base_url="http://127.0.0.1"), lambda: pytest.fail("nothing is asked"))
    try:
        assert wiring.run_monitor([tenant], tmp_path / "watchlist.sqlite3", configuration=given) == 0
        assert exits == [0]
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert made["look"] == Appearance(is_utc=True)
    assert made["limit"] == 9.0
    assert "line 4: screen.theme: unknown theme lite; did you mean light?" in str(made["notice"])


@pytest.mark.usefixtures("exits")
def test_the_mask_of_the_screen_includes_secrets_of_added_tenants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    masked: list[str] = []
    path, environ = tmp_path / "config.toml", {"ZU_EU": "secret of eu", "ZU_US": "secret of us", "MY_TOKEN": "12345678"}
    environ["ZJOBTUI_CONFIG"] = str(path)
    eu = '[tenants.eu]\nhost = "EU production"\nclient_id = "id"\nsecret_env = "ZU_EU"\n'

    class Shown(MonitorApp):
        def run_guarded(self, _: Callable[[], str], __: ExitStack) -> int:
            polled = self._monitor._engine
            assert isinstance(polled, Engine)
            assert polled._options.reload is not None
            for text in (eu, eu + eu.replace("eu", "us").replace("EU", "US")):
                path.write_text(text, encoding="utf-8")
                polled._options.reload()
                masked.append(self._monitor._options.mask("a secret of eu, a secret of us, 12345678"))
            return 0

    monkeypatch.setattr(wiring, "MonitorApp", Shown)
    monkeypatch.setattr(wiring, "config_path", lambda: path)
    path.write_text(eu, encoding="utf-8")
    given = configuration(environ, path)
    try:
        wiring.run_monitor(
            given.tenants,
            tmp_path / "watchlist.sqlite3",
            configuration=given,
            load=lambda: configuration(environ, path),
        )
    finally:
        gc.enable()
    assert masked == ["a [masked], a secret of us, [masked]", "a [masked], a [masked], [masked]"]
