"""A secret in a variable that only the settings name is masked in all that the user hands on."""

import base64
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, body, job
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine, call
from tests.support.staging import staged
from zjobtui.bootstrap.configuration import SecretMask, configuration
from zjobtui.models.call_log import CallKind, LoggedCall

SECRET = "s3cret_of/the*customer+4711"
SETTINGS = '[tenants.eu]\nhost = "EU production"\nclient_id = "1"\nsecret_env = "ZU_EU"\n'
FORMS = (SECRET, quote(SECRET, safe=""), json.dumps(SECRET)[1:-1], re.sub(r"([*_])", r"\\\1", SECRET))


@pytest.fixture
def mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecretMask:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    path = tmp_path / "config.toml"
    path.write_text(SETTINGS)
    environ = {"ZU_EU": SECRET, "ZJOBTUI_CONFIG": str(path), "LANG": "not a secret"}
    return configuration(environ, path).add_secrets(SecretMask())


def engine_with_secrets() -> ScriptedEngine:
    """Return a failed job with the secret in label, note, tags, batch, response and URL; in the note at a cut."""
    failed = body(status="Failed", errors=f"[40000050]: locked {SECRET}", result=None)
    engine = staged(failed, labels=(f"CS {SECRET}",))
    engine.note([job(1)], f"{'x' * 490} {SECRET}")
    engine.tag([job(1)], (SECRET,))
    engine.set_batch([job(1)], f"batch {SECRET}")
    url = f"https://rest.eu.zuora.com/v1/async-jobs/1?key={quote(SECRET, safe='')}"
    engine.calls.record(LoggedCall(at=NOW, tenant="env", kind=CallKind.POLL, call=replace(call(), url=url), job=job(1)))
    return engine


def copied(view: ScreenView) -> str:
    copies = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", view.sent)
    return base64.b64decode(copies[-1]).decode()


def saved(folder: Path) -> str:
    (path,) = (folder / "data" / "exports").iterdir()
    return path.read_text(encoding="utf-8")


def require_masked(text: str) -> None:
    assert "[masked]" in text
    assert not [form for form in FORMS if form in text]
    assert "s3cret" not in text


@pytest.mark.parametrize(
    ("keys", "is_file", "holds"),
    [
        (["H", "down", "enter"], False, "# Handover: 1 job"),
        (["H", *["down"] * 3, "enter", "enter"], True, "# Handover: 1 job"),
        (["y", *["up"], "enter", "enter"], True, "Markdown summary"),
        (["L", "e", "enter"], True, '"what": "poll"'),
        (["e", "enter", "enter"], True, '"label"'),
        (["e", "down", "down", "enter", "enter"], True, "| "),
    ],
    ids=["handover", "handover saved", "copies", "call log", "JSON", "Markdown"],
)
async def test_text_copied_or_saved_from_the_screen_contains_no_secret(
    keys: list[str], is_file: bool, holds: str, mask: SecretMask, tmp_path: Path
) -> None:
    async with run_monitor(engine_with_secrets(), mask=mask) as view:
        await view.press(*keys)
        await view.until("Saved to" if is_file else "sent to the terminal")
        text = saved(tmp_path) if is_file else copied(view)
    assert holds in text
    require_masked(text)
