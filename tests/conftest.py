"""What every test relies on: an isolated environment, hypothesis without deadlines, and little garbage collection."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.process import stop_inheriting_ignored_signals

settings.register_profile("zjobtui", deadline=None, print_blob=True, max_examples=25)
settings.register_profile("thorough", settings.get_profile("zjobtui"), max_examples=200)
settings.load_profile("zjobtui")

# Rich caches how a style is rendered on a terminal, so that all tests must have the same colours.
os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"

_THEIRS = ("ZUORA_", "ZJOBTUI_", "XDG_")
_NAMES = frozenset(
    {"NO_COLOR", "FORCE_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}
    | {"TMUX", "TMUX_PANE", "STY", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "VTE_VERSION"}
)

gc.set_threshold(20_000, 20, 20)


def pytest_configure(config: pytest.Config) -> None:
    """Let Hypothesis try more examples with `-m long`, or as many as `EXAMPLES` says."""
    if config.option.markexpr == "long":
        settings.load_profile("thorough")
    if wanted := os.environ.get("EXAMPLES"):
        settings.register_profile("wanted", settings.get_profile("zjobtui"), max_examples=int(wanted))
        settings.load_profile("wanted")


def pytest_collection_finish() -> None:
    """Exclude objects that live as long as the tests from garbage collection."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _default_signals() -> None:
    """Start programs with default signals even if the tests run in the background or under `nohup`."""
    stop_inheriting_ignored_signals()


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Isolate tests from the developer's own tenant, watchlist and colours, and the other way round."""
    for name in os.environ:
        if name.startswith(_THEIRS) or name.upper() in _NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / "data"))
