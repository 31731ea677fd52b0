"""Filters that were saved on the screen, in the commands."""

import json

from tests.support.building import job_id
from tests.support.running import run
from zjobtui.config.paths import store_path


def save(**filters: str) -> None:
    store_path().with_name("screen.json").write_text(json.dumps({"saved_filters": filters}))


def test_a_saved_filter_selects_jobs_together_with_other_terms() -> None:
    run("add", job_id(1).given, "--label", "alpha")
    run("add", job_id(2).given, "--label", "beta")
    save(mine="label:alpha,beta", old="is:unseen")
    assert len(run("ls", "--filter", "@mine").stdout.splitlines()) == 3
    done = run("ls", "--filter", "@mine !label:beta")
    assert "alpha" in done.stdout
    assert "beta" not in done.stdout


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    run("add", job_id(1).given, "--label", "x@nobody")
    save(mine="label:alpha", late="is:overdue")
    done = run("ls", "--filter", "@nobody")
    assert done.exit_code == 2
    assert "“@nobody” is not a saved filter (saved filters: @mine, @late)." in " ".join(done.stderr.split())
    assert "x@nobody" in run("ls", "--filter", '"@nobody"').stdout
