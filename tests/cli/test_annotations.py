"""`label`, `tag`, `note`, `batch`, and what `add` writes about known jobs; batches in `add`, `ls` and `wait`."""

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, observed, opened
from tests.support.building import apply_observations, done, failed, job, job_id, watch
from tests.support.running import run, said
from zjobtui.config.paths import store_path
from zjobtui.models.sorting import SortOrder
from zjobtui.models.watched_job import WatchedJob


def given(*numbers: int) -> list[str]:
    return [job_id(number).given for number in numbers]


def listed() -> dict[str, WatchedJob]:
    return {one.job.id.given: one for one in kept(store_path())}


@pytest.fixture
def filled() -> None:
    """Add jobs: 1 (done) and 2 (failed) ended, 3 is running; 4 is of the tenant eu. 1 to 3 are a batch."""
    now = time.time()
    with opened(store_path()) as (store, _):
        for number, one in ((1, done(now - 8)), (2, failed(now - 5))):
            seen_running = watch(number, batch="renewals Q4", added_at=now - 60, last_running_at=now - 9)
            observed(store, added(store, seen_running), one)
        added(
            store,
            watch(3, batch="renewals Q4", added_at=now - 60, last_running_at=now - 60, tags=("a",)),
            watch(4, tenant="eu", label="cafe"),
        )


@pytest.mark.usefixtures("filled")
def test_jobs_get_labels_tags_notes_and_batches_by_id_and_by_filter() -> None:
    assert said(run("label", "CS-1 ", *given(1))) == (0, "1 job labelled “CS-1”.\n", "")
    assert run("tag", "b,c", "--filter", "batch:renewals").stdout == "3 jobs tagged b, c.\n"
    assert run("tag", "c", "CS-1", "--remove").stdout == "1 job no longer tagged c.\n"
    assert run("note", "token=sentinel1234567890 waits", "CS-1").stdout == "1 job annotated.\n"
    assert run("batch", "prices", "CS-1", *given(2)).stdout == "2 jobs in batch “prices”.\n"
    jobs = listed()
    assert [jobs[one].tags for one in given(1, 2, 3)] == [("b",), ("b", "c"), ("a", "b", "c")]
    assert [jobs[one].batch for one in given(1, 2, 3, 4)] == ["prices", "prices", "renewals Q4", ""]
    assert jobs[given(1)[0]].label == "CS-1"
    assert "sentinel" not in jobs[given(1)[0]].note
    assert run("label", "", *given(1)).stdout == "1 job no longer labelled.\n"
    assert run("batch", "", *given(1)).stdout == "1 job no longer in a batch.\n"
    assert (listed()[given(1)[0]].label, listed()[given(1)[0]].batch) == ("", "")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("label", "x"), 2, "Give job ids, or select jobs with --filter."),
        (("label", "x", "--filter", "label:none"), 2, "No jobs match."),
        (("note", "x", "nothing"), 2, "“nothing” is not on the watchlist."),
        (("tag", " , ", "0000"), 2, "Give at least one tag."),
        (("batch", "x", given(1)[0], "nothing"), 1, "“nothing” is not on the watchlist."),
        (("label", "x", given(1)[0], "--tenant", "ue"), 2, "Unknown tenant “ue”."),
    ],
)
def test_text_that_names_no_job_is_reported(arguments: tuple[str, ...], status: int, why: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, why in result.stderr) == (status, True)


def test_a_tag_is_short_and_no_secret_is_stored_in_it() -> None:
    secret = "client_secret=s3ntinelS3NTINEL1234"
    long = "x" * 100_000
    run("add", *given(1), "--tag", f"{secret},{long}")
    printed = run("tag", f"a,{secret}", *given(1)).stdout
    (watch,) = listed().values()
    assert watch.tags == ("client_secret=[masked]", "x" * 199 + "…", "a")
    assert "s3ntinel" not in printed
    run("tag", "--remove", f"{secret},{long}", *given(1))
    assert next(iter(listed().values())).tags == ("a",)


def test_a_tag_that_was_stored_as_it_is_can_be_removed() -> None:
    with opened(store_path()) as (store, _):
        added(store, watch(1, tags=("client_secret=s3ntinelS3NTINEL1234", "a")))
    run("tag", "--remove", "client_secret=s3ntinelS3NTINEL1234", *given(1))
    assert next(iter(listed().values())).tags == ("a",)


@pytest.mark.usefixtures("filled")
def test_known_jobs_get_the_fields_given_with_add() -> None:
    options = ("--label", "CS-9", "--tag", "x", "--note", "n", "--batch", "prices")
    printed = run("add", *given(1, 3, 7), *options).stdout
    assert printed.splitlines() == [
        "1 job added, 2 known, 0 refused.",
        "2 known: labelled, tagged, annotated, in batch “prices”.",
    ]
    jobs = listed()
    assert {(jobs[one].label, jobs[one].note, jobs[one].batch) for one in given(1, 3, 7)} == {("CS-9", "n", "prices")}
    assert [jobs[one].tags for one in given(1, 3, 7)] == [("x",), ("a", "x"), ("x",)]
    assert run("add", *given(1, 3)).stdout == "0 jobs added, 2 known, 0 refused.\n"


def test_jobs_that_are_added_together_are_a_batch_with_a_name(tmp_path: Path) -> None:
    ticket = tmp_path / "tickets.txt"
    ticket.write_text("\n".join(given(1, 2)), encoding="utf-8")
    run("add", "--file", str(ticket))
    run("add", "-", stdin=f"price uplift\n{given(3)[0]}\n{given(4)[0]}\n")
    run("add", *given(5, 6))
    run("add", *given(7))
    run("add", *given(8), "--batch", "mine")
    ticket.write_text("\n".join(given(2, 9, 10)), encoding="utf-8")
    run("add", "--file", str(ticket))
    run("add", "-", stdin="\n".join(given(11, 12)))
    names = [re.sub(r"\d\d:\d\d", "TIME", one.batch) for one in kept(store_path())]
    assert names == [
        *["tickets.txt"] * 2,
        *["price uplift TIME"] * 2,
        *["added TIME"] * 2,
        "",
        "mine",
        *["tickets.txt (2)"] * 2,
        *["piped TIME"] * 2,
    ]


@pytest.mark.usefixtures("filled")
def test_batches_are_printed_one_a_line_and_as_json() -> None:
    line = run("ls", "--by", "batch").stdout
    assert re.fullmatch(r"renewals Q4 +2/3 +1m0\ds +1 failed, 1 running, 1 done\n", line)
    (record,) = json.loads(run("ls", "--by", "batch", "--json").stdout)["batches"]
    assert (record["batch"], record["total"], record["ended"], record["ended_at"]) == ("renewals Q4", 3, 2, None)
    assert run("ls", "--by", "batch", "--filter", "batch:none").stderr.startswith("No batches.")


@pytest.mark.usefixtures("filled")
def test_the_lines_of_batches_are_cut_only_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.cli.ls.WIDTH", 50)
    name = "renewals of the fourth quarter for all accounts"
    run("batch", name, *given(1, 2, 3))
    assert re.fullmatch(rf"{name} .* 1 failed, 1 running, 1 done\n", run("ls", "--by", "batch").stdout)
    monkeypatch.setattr("zjobtui.cli.ls.is_terminal", lambda: True)
    assert re.fullmatch(rf"{name[:29]}… .*…\n", run("ls", "--by", "batch").stdout)


@pytest.mark.usefixtures("filled")
def test_the_list_has_a_heading_names_tenants_and_is_sorted_and_selected() -> None:
    heading, *rows = run("ls").stdout.splitlines()
    assert heading.split() == ["STATUS", "JOB", "LABEL", "TENANT", "ORDER", "BATCH", "TAGS", "TIME", "WHY"]
    assert rows[3].split()[2:5] == [given(4)[0], "cafe", "eu"]

    def order(*arguments: str) -> list[str]:
        return [one["job_id"] for one in json.loads(run("ls", "--json", *arguments).stdout)["jobs"]]

    assert order("--sort", "urgency") == given(2, 4, 3, 1)
    assert order("--sort=-tags")[0] == given(3)[0]
    assert order(*given(3, 1)) == given(3, 1)
    assert order("cafe") == given(4)
    assert "did you mean account?" in run("ls", "--sort", "acount").stderr
    offered = run("ls", "--help").stdout.partition("--sort COLUMN ")[2].partition("--by ")[0]
    assert {order.name.lower() for order in SortOrder} <= set(re.findall(r"\w+", offered))
    assert said(run("ls", "nothing")) == (2, "", "“nothing” is not on the watchlist.\n")


@pytest.mark.usefixtures("filled")
def test_csv_has_batches_durations_and_booleans_in_lower_case() -> None:
    rows = list(csv.DictReader(io.StringIO(run("ls", "--csv", *given(1, 3)).stdout)))
    assert [(row["batch"], row["is_final"]) for row in rows] == [("renewals Q4", "true"), ("renewals Q4", "false")]
    assert [row["duration_s"][:3] for row in rows] == ["52.", ""]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("command", ["ls", "export", "watch", "archive", "show 0001", "rm 0001", "restore 0001"])
def test_an_unknown_tenant_is_an_error_in_every_command(command: str) -> None:
    status, printed, errors = said(run(*command.split(), "--tenant", "emv"))
    assert (status, printed) == (2, "")
    assert errors == "Unknown tenant “emv”. Did you mean env? Configured: env, eu.\n"


@pytest.mark.usefixtures("filled")
def test_wait_takes_a_batch_or_a_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(store_path()) as (store, watches):
        change = apply_observations(watches, [(job(3), done(time.time()), 5.0)])
        store.apply(change)
    status, printed, _ = said(run("wait", "--batch", "renewals Q4"))
    assert status == 1
    assert [line.split()[2] for line in printed.splitlines()[:3]] == given(1, 2, 3)
    assert re.fullmatch(r"renewals Q4: 2 done, 1 failed, 1m0\ds", printed.splitlines()[3])
    status, printed, _ = said(run("wait", "--filter", "status:done"))
    assert (status, printed.splitlines()[-1].rpartition(",")[0]) == (0, "status:done: 2 done")
    assert json.loads(run("wait", "--batch", "renewals Q4", "--json").stdout)["exit_status"] == 1
    assert said(run("wait", "--batch", "renewal Q4")) == (
        2,
        "",
        "There is no batch “renewal Q4”. Did you mean “renewals Q4”?\n",
    )
    assert said(run("wait", "--filter", "label:none")) == (2, "", "No jobs match.\n")
    assert run("wait", "--batch", "x", *given(1)).exit_code == 2


@pytest.mark.usefixtures("filled")
def test_a_job_that_is_watched_in_one_tenant_needs_no_tenant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = '[tenants.{}]\nhost = "EU production"\nclient_id = "i"\nsecret_env = "S"\n'
    config = tmp_path / "config.toml"
    config.write_text(table.format("eu") + table.format("us"))
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(config))
    assert run("wait", *given(1)).exit_code == 0
    assert "Choose one with --tenant" in run("wait", *given(9)).stderr
