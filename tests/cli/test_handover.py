"""`handover` in the process of the test and in a real one."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.storage.opening import added, observed, opened
from tests.support.building import done, failed, job_id, missed, watch
from tests.support.process import environment
from tests.support.running import run, said
from zjobtui.config.paths import store_path
from zjobtui.models.text import clean

SECRET, EU_SECRET = "sentinel-secret-4711", "sentinel-of-eu-4711"


@pytest.fixture
def filled() -> None:
    """Add jobs: 1 is done, 2 failed, 3 of the tenant eu had no good response; each with text of the user."""
    now = time.time()
    with opened(store_path()) as (store, _):
        for number, one in ((1, done(now - 8)), (2, failed(now - 5)), (3, missed(detail=SECRET, at=now - 3))):
            new = watch(
                number,
                tenant="eu" if number == 3 else "env",
                label=f"CS-{number}",
                note=SECRET,
                batch=EU_SECRET,
                added_at=now - 60,
            )
            observed(store, added(store, new), one)


@pytest.mark.usefixtures("filled")
def test_jobs_are_handed_over_by_id_label_and_filter() -> None:
    result = run("handover", "CS-2", job_id(3).given)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "# Handover: 2 jobs\n" in result.stdout
    assert "- What happened: `Job failed, lock contention: locked`" in result.stdout
    assert "failed: timed out." in result.stdout
    assert SECRET not in result.stdout
    assert "CS-2" not in result.stdout
    assert "- Label: `CS-2`" in run("handover", "--with-notes", "--filter", "status:failed").stdout
    assert f"`{job_id(3)}`" not in run("handover", "--filter", "is:final").stdout


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        ((), 2, "Give job ids, or select jobs with --filter."),
        (("--filter", "label:nothing"), 2, "No jobs match."),
        (("nothing",), 2, "“nothing” is not on the watchlist."),
        (("CS-1", "--tenant", "nope"), 2, "Unknown tenant “nope”."),
    ],
)
def test_wrong_arguments_are_reported(arguments: tuple[str, ...], status: int, why: str) -> None:
    code, printed, errors = said(run("handover", *arguments))
    assert (code, printed) == (status, "")
    assert why in errors


@pytest.mark.usefixtures("filled")
def test_a_real_process_writes_a_new_file_for_the_user_only(tmp_path: Path) -> None:
    path = tmp_path / "friday.md"
    command = [
        sys.executable,
        "-m",
        "zjobtui",
        "handover",
        "CS-1",
        "CS-2",
        "nothing",
        "--with-notes",
        "--output",
        str(path),
    ]
    (tmp_path / "config.toml").write_text(
        f'[tenants.eu]\nurl = "http://127.0.0.1:9"\nclient_id = "{SECRET}"\nsecret_env = "EU"\norg_ids = "{SECRET}"\n',
        encoding="utf-8",
    )
    secrets = {"ZUORA_CLIENT_ID": f"{SECRET}-id", "ZUORA_CLIENT_SECRET": SECRET, "EU": EU_SECRET}
    paths = {"ZJOBTUI_DATA_DIR": os.environ["ZJOBTUI_DATA_DIR"], "ZJOBTUI_CONFIG": str(tmp_path / "config.toml")}
    env = environment({**secrets, **paths, "ZUORA_BASE_URL": "https://rest.zuora.com"})
    first = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (first.returncode, first.stdout) == (1, f"Saved to {clean(str(path))}\n")
    assert "“nothing” is not on the watchlist." in first.stderr
    text = path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "- Note: `[masked]`" in text
    assert "- Batch: `[masked]`" in text
    assert "sentinel" not in text
    assert "- Tenant `env`, production, `rest.zuora.com`" in text
    again = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (2, "")
    assert "exists and was not overwritten; give another name." in again.stderr
    assert path.read_text(encoding="utf-8") == text
