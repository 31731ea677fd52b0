"""Promises of the README to programs: its script runs unchanged, and every field is named."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from screenshots.make import PICTURES, VIEWS
from tests.support.process import environment
from tests.support.running import run
from zjobtui.cli import main
from zjobtui.formatting.records import FIELDS
from zjobtui.models.outcome import Outcome
from zjobtui.simulator.server import running

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SAYS = {0: "The order is done.", 1: "The order failed.", 3: "The job has ended, but the order has not"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="the script calls curl")
@pytest.mark.parametrize(("seed", "status"), [(4, 0), (9, 1), (2, 3)])
def test_the_script_posts_an_order_waits_and_acts_on_the_exit_status(seed: int, status: int, tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(#!/bin/sh\n.*?)```", README, re.DOTALL)
    (tmp_path / "order.json").write_text('{"existingAccountNumber": "A-1", "subscriptions": [{}]}')
    with running(jobs=1, seed=seed, clock=lambda: 400 * time.monotonic()) as served:
        variables = {"ZUORA_BASE_URL": served.base_url, "ZUORA_CLIENT_ID": served.client_id}
        env = environment({**variables, "ZUORA_CLIENT_SECRET": served.client_secret})
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        done = subprocess.run(["sh", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        posted = served.job_ids[-1]
    (one,) = json.loads(run("ls", "--json").stdout)["jobs"]
    assert one["job_id"] == posted
    assert done.returncode == status, done.stderr
    assert SAYS[status] in done.stdout
    assert served.client_secret not in done.stdout + done.stderr


def test_every_field_status_and_command_is_documented() -> None:
    assert [name for name in FIELDS if f"`{name}`" not in README] == []
    assert [one for one in Outcome if f"\n| {one.status} | " not in README] == []
    assert [name for name in main.main.commands if not re.search(rf"(zjobtui |`){name}\b", README)] == []


@pytest.mark.parametrize("name", sorted({*main.main.commands} - {"demo", "simulate"}))
def test_every_commands_help_has_an_example(name: str) -> None:
    told = run(name, "--help").stdout
    assert re.search(rf"Examples?:\n(.*\n)*? +.*zjobtui {name}", told)


def test_every_picture_that_is_shown_is_made_and_each_view_in_both_colours_and_sizes() -> None:
    made = {picture.name: picture for picture in PICTURES}
    assert set(re.findall(r"screenshots/([\w-]+)\.svg", README)) <= set(made)
    for view in VIEWS:
        pictures = [picture for picture in made.values() if picture.name.startswith(view)]
        assert len({(picture.size, picture.theme) for picture in pictures}) == 4, view
