"""The first start: host, client, secret, then the monitor or the demo."""

import gc
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.widgets import OptionList

from tests.support.screen_harness import AppView, run_app
from tests.support.scripted import call
from tests.ui.test_without_colour import COLOUR
from zjobtui.config.loading import read_settings
from zjobtui.config.secrets import read_credentials
from zjobtui.models.health import Checkup
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import ClientCredentials, Tenant
from zjobtui.ui.onboarding import FirstStart, Next
from zjobtui.ui.themes import DEFAULT

SECRET = "sentinel-5b7d0c"
SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["narrow", "wide"])
EU = (*["down"] * 5, "enter")
ANOTHER = (*["up"] * 3, "enter")


def sign_in(_: Tenant, credentials: ClientCredentials) -> Checkup:
    """Accept one client, and return its user."""
    if credentials.client_secret.reveal() != SECRET:
        return Checkup(sign_in_problem=Problem(ProblemKind.SIGNED_OUT, "invalid client"))
    return Checkup(who="tenant 4711, user ada", life=3600.0, call=call())


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config" / "config.toml"


@pytest.fixture
def app(config: Path) -> FirstStart:
    return FirstStart(config, sign_in, DEFAULT)


@pytest.fixture
def list_new_objects() -> Callable[[], list[object]]:
    """Return a function that lists the objects created since the start of the test."""
    gc.collect()
    gc.freeze()
    return gc.get_objects


def files(config: Path) -> list[str]:
    """Return the names of the files in the settings folder."""
    return [one.name for one in config.parent.iterdir()] if config.parent.exists() else []


def text(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8")


async def fill_fields(seen: AppView, *lines: str) -> None:
    """Paste into one field after the other."""
    for line in lines:
        await seen.paste(line)
        await seen.press("enter")


def no_trace_of_the_secret(seen: AppView, list_new_objects: Callable[[], list[object]]) -> None:
    assert SECRET not in seen.sent
    ours = [one for one in list_new_objects() if str(type(one).__module__).startswith(("zjobtui", "textual"))]
    assert any(one is seen.app for one in ours)
    assert not [type(one) for one in ours if SECRET in repr(one)]


@SIZES
async def test_the_first_start_saves_tenant_and_secret_in_files_of_the_user(
    list_new_objects: Callable[[], list[object]], app: FirstStart, config: Path, size: tuple[int, int]
) -> None:
    async with run_app(app, size) as seen:
        for word in (
            "US Cloud 1 production",
            "rest.eu.zuora.com",
            "Another host",
            "the demo",
            "Quit",
            "enter select",
        ):
            assert word in seen.text
        await seen.press(*EU)
        assert "Sign in to EU production" in seen.text
        await fill_fields(seen, " id-1\n", "wrong")
        await seen.until("✗ Sign-in failed: ")
        assert "belongs to one tenant only" in seen.text
        assert files(config) == []
        await seen.press("ctrl+u")
        await fill_fields(seen, SECRET)
        await seen.until("✓ Signed in")
        assert "Signed in: tenant 4711, user ada" in seen.text
        assert seen.crooked() == []
        no_trace_of_the_secret(seen, list_new_objects)
        await seen.press("enter")
        await seen.until(lambda _: not app.is_running)
    assert (app.next, app.environ) == (Next.MONITOR, {})
    settings, problems = read_settings(config)
    (tenant,) = settings.tenants
    assert (tenant.name, tenant.host, tenant.client_id, problems) == ("eu-production", "EU production", "id-1", ())
    assert read_credentials("id-1", tenant.secret_source, {}).client_secret.reveal() == SECRET
    assert SECRET not in text(config)
    assert [stat.S_IMODE(config.with_name(one).stat().st_mode) for one in files(config)] == [0o600, 0o600]


async def test_the_fields_stay_where_they_are_when_an_error_is_shown(app: FirstStart) -> None:
    async with run_app(app, (100, 30)) as seen:
        await seen.press(*EU)
        before = fields(seen)
        await seen.press("enter")
        assert "✗ Enter the id" in seen.text
        assert fields(seen) == before


def fields(seen: AppView) -> list[int]:
    """Return the lines of the screen with the border of the dialog, the fields and the key hints."""
    words = ("Sign in to", "Client id", "Secret", "next field or sign in")
    return [next(y for y, row in enumerate(seen.rows) if word in row) for word in words]


@pytest.mark.slow
@SIZES
async def test_a_secret_for_a_variable_stays_in_memory(
    list_new_objects: Callable[[], list[object]], app: FirstStart, config: Path, size: tuple[int, int]
) -> None:
    async with run_app(app, size) as seen:
        await seen.press(*ANOTHER)
        await fill_fields(seen, "http://rest.example.com")
        assert "must begin with https://" in seen.text
        await seen.press("ctrl+u")
        await fill_fields(seen, "https://rest.example.com", "id-1", SECRET)
        await seen.until("✓ Signed in")
        await seen.press("up", "enter")
        await seen.until("export ZUORA_SECRET_REST_EXAMPLE_COM='…'")
        no_trace_of_the_secret(seen, list_new_objects)
        await seen.press("enter")
        await seen.until(lambda _: not app.is_running)
    assert app.environ == {"ZUORA_SECRET_REST_EXAMPLE_COM": SECRET}
    (tenant,) = read_settings(config)[0].tenants
    assert (tenant.url, tenant.secret_env) == ("https://rest.example.com", "ZUORA_SECRET_REST_EXAMPLE_COM")
    assert files(config) == ["config.toml"]


@pytest.mark.slow
async def test_a_host_that_does_not_respond_blocks_neither_screen_nor_exit(config: Path) -> None:
    answers = threading.Event()

    def slow(tenant: Tenant, credentials: ClientCredentials) -> Checkup:
        answers.wait(20)
        return sign_in(tenant, credentials)

    async with run_app(FirstStart(config, slow, DEFAULT), (80, 24)) as seen:
        await seen.press(*EU)
        await fill_fields(seen, "id-1", SECRET)
        assert "Signing in to https://rest.eu.zuora.com…" in seen.text
        await seen.press("escape")
        assert "rest.na.zuora.com" in seen.text
        await seen.press("enter")
        answers.set()
        await seen.settled()
        assert "Sign in to" in seen.text, "an answer to a dialog that is gone changes nothing"
        await seen.press("escape", "escape")
        await seen.until(lambda _: not seen.app.is_running)
    assert files(config) == []


@pytest.mark.parametrize(("keys", "expected"), [(("up", "enter"), "NOTHING"), (("up", "up", "enter"), "DEMO")])
async def test_the_user_can_quit_or_run_the_demo(app: FirstStart, keys: tuple[str, ...], expected: str) -> None:
    async with run_app(app, (80, 24)) as seen:
        await seen.press(*keys)
        await seen.until(lambda _: not app.is_running)
    assert app.next is Next[expected]


@pytest.fixture
def existing_file(config: Path) -> Path:
    """A file that already exists at the path of the secret."""
    config.parent.mkdir()
    path = config.with_name("eu-production.secret")
    path.write_text("another")
    return path


@pytest.mark.slow
async def test_a_failed_save_is_reported_and_another_location_can_be_chosen(
    app: FirstStart, config: Path, existing_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[tuple[str, str], str] = {}
    ring = SimpleNamespace(set_password=lambda service, user, secret: kept.update({(service, user): secret}))
    monkeypatch.setattr("zjobtui.config.writer.find_spec", lambda _: True)
    monkeypatch.setitem(sys.modules, "keyring", ring)
    async with run_app(app, (80, 24)) as seen:
        await seen.press(*EU)
        await fill_fields(seen, "id-1", SECRET)
        await seen.until("✓ Signed in")
        await seen.press("enter")
        await seen.until("was not changed")
        assert files(config) == [existing_file.name]
        await seen.press("down", "enter")
        await seen.until(lambda _: not app.is_running)
    assert text(existing_file) == "another"
    assert kept == {("zjobtui eu-production", "id-1"): SECRET}
    assert read_settings(config)[0].tenants[0].secret_keyring == "zjobtui eu-production"


@pytest.mark.slow
async def test_a_settings_file_that_cannot_be_written_leaves_no_secret_behind(
    app: FirstStart, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zjobtui.config.writer.write_whole", full)
    async with run_app(app, (80, 24)) as seen:
        await seen.press(*EU)
        await fill_fields(seen, "id-1", SECRET)
        await seen.until("✓ Signed in")
        await seen.press("enter")
        await seen.until("No space left")
        assert files(config) == []


async def test_it_can_be_used_without_colour(app: FirstStart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with run_app(FirstStart(app._config, sign_in, DEFAULT), (80, 24)) as seen:
        await seen.press("down")
        assert COLOUR.findall(seen.sent) == []
        buffer = seen.terminal.display.screen.buffer
        (chosen,) = [row for y, row in enumerate(seen.rows) if buffer[y][6].underscore]
        assert "US Cloud 1 API sandbox" in chosen
        await seen.press("enter")
        secret = next(y for y, row in enumerate(seen.rows) if " Secret  " in row)
        assert [row[3:16] for row in seen.rows if "▌" in row] == ["  ▌ Client id"], "which field has the focus"
        assert all(seen.terminal.display.screen.buffer[secret][x].underscore for x in range(20, 60)), "where to type"


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60, 18), (80, 24)])
async def test_an_error_is_shown_at_its_field_when_the_user_leaves_it(
    app: FirstStart, config: Path, size: tuple[int, int]
) -> None:
    async with run_app(app, size) as seen:
        await seen.press(*ANOTHER)
        await seen.paste("localhost:8065")
        await seen.press("tab")
        error = next(y for y, row in enumerate(seen.rows) if "✗ The base URL “localhost:8065” has no scheme" in row)
        assert "Base URL" in seen.rows[error - 1]
        assert "did you mean http://localhost:8065?" in " ".join(seen.text.replace("│", "").split())
        assert "▌ Client id" in seen.text, "tab goes on"
        await seen.press("up", "end", "ctrl+u")
        await seen.paste("https://rest.example.com:8443")
        await seen.press("enter")
        assert "✗" not in seen.text
        await seen.press("up", "up")
        assert "▌ Name        rest-example-com-8443" in seen.text
        await seen.press("end", "ctrl+u")
        await fill_fields(seen, "env")
        assert "✗ The name “env” is reserved" in seen.text
        assert "▌ Name" in seen.text, "enter stays at what is not valid"
        await seen.press("ctrl+u")
        await fill_fields(seen, "acme eu", "", "id-1", "")
        assert "✗ Enter the secret of the OAuth client." in seen.text
        assert "enter next field or sign in · ↑ ↓ move · esc back" in seen.text
        await fill_fields(seen, "wrong")
        await seen.until("✗ Sign-in failed: ")
        assert "▌ Secret" in seen.text
        await seen.press("ctrl+u")
        await fill_fields(seen, SECRET)
        await seen.until("✓ Signed in")
        await seen.press("enter")
        await seen.until(lambda _: not app.is_running)
    (tenant,) = read_settings(config)[0].tenants
    assert (tenant.name, tenant.url) == ("acme eu", "https://rest.example.com:8443")
    assert sorted(files(config)) == ["acme eu.secret", "config.toml"]


@pytest.mark.slow
async def test_only_the_url_is_wrong_if_the_name_is_derived_from_it(app: FirstStart) -> None:
    async with run_app(app, (80, 24)) as seen:
        await seen.press(*ANOTHER)
        await seen.paste("localhost:8065")
        await seen.press("tab")
        await fill_fields(seen, "id-1", SECRET)
        assert "✗ The base URL “localhost:8065” has no scheme" in seen.text
        assert "The tenant" not in seen.text
        assert "▌ Base URL" in seen.text
        await seen.press("end", "ctrl+u")
        await seen.paste("https://rest.example.com")
        await seen.press("down", "down", "enter")
        await seen.until("✓ Signed in")


@pytest.mark.slow
async def test_escape_goes_one_page_back_and_keeps_what_was_entered(app: FirstStart, config: Path) -> None:
    async with run_app(app, (80, 24)) as seen:
        await seen.press(*EU)
        await fill_fields(seen, "id-1", SECRET)
        await seen.until("✓ Signed in")
        assert "esc back" in seen.text
        await seen.press("escape")
        await seen.settled()
        assert "Client id   id-1" in seen.text.replace("│", " ")
        assert "Sign in to EU production" in seen.text
        assert SECRET not in seen.sent
        await seen.press("escape")
        assert "Welcome" in seen.text
        assert "esc quit" in seen.text
        await seen.press("escape")
        await seen.until(lambda _: not app.is_running)
    assert (app.next, files(config)) == (Next.NOTHING, [])


async def test_names_that_do_not_fit_are_counted_and_the_keys_stay_visible(app: FirstStart) -> None:
    async with run_app(app, (60, 18)) as seen:
        options = app.screen.query_one(OptionList)
        await seen.until(lambda text: options.max_scroll_y > 0 and f"↓ {options.max_scroll_y} more" in text)
        assert "enter select · esc quit" in seen.text
        await seen.press("up")
        await seen.until(lambda _: "more" not in seen.text)
        assert "Run the demo" in seen.text


@pytest.mark.parametrize("size", [(30, 8), (40, 10)])
async def test_a_low_terminal_shows_the_choices_with_the_cursor_below_a_text_that_is_cut(
    app: FirstStart, size: tuple[int, int]
) -> None:
    async with run_app(app, size) as seen:
        assert seen.text.index("zjobtui watches the a") < seen.text.index("US Cloud 1")
        assert "…" in seen.text
        assert "more ─" in seen.text
        await seen.press("down", "down", "down", "down", "up", "end")
        assert "Quit" in seen.text
        assert "more ─" not in seen.text
        await seen.resize(80, 24)
        assert "post orders to." in seen.text
