"""Listing, archiving, removing, restoring, exporting and importing jobs."""

import csv
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, observed, opened
from tests.support.building import done, failed, job, job_id, read_body, seen, watch
from tests.support.running import run, said
from zjobtui.config.paths import store_path
from zjobtui.formatting.records import RECORD_FIELDS


def ids(output: str) -> list[str]:
    return [one["job_id"] for one in json.loads(output)["jobs"]]


def given(*numbers: int) -> list[str]:
    return [job_id(number).given for number in numbers]


@pytest.fixture
def filled() -> None:
    """Add jobs: 1 (done) and 2 (failed) ended long ago and were read, 3 is of the tenant eu, 4 is new."""
    long_ago = time.time() - 40 * 86_400
    with opened(store_path()) as (store, _):
        for number, one in ((1, done(long_ago)), (2, failed(long_ago))):
            new = watch(number, label=f"=job {number}", tags=("a",), added_at=long_ago)
            watches = observed(store, added(store, new), one)
            store.apply(watches.mark_read([job(number)], long_ago))
        added(store, watch(3, tenant="eu"), watch(4))


@pytest.mark.usefixtures("filled")
def test_filter_and_tenant_select_the_listed_jobs() -> None:
    assert ids(run("ls", "--json", "--filter", "status:failed").stdout) == given(2)
    assert ids(run("ls", "--json", "--filter", "is:final !tag:b").stdout) == given(1, 2)
    assert ids(run("ls", "--json", "--tenant", "eu").stdout) == given(3)
    assert said(run("ls", "--filter", "order:nothing")) == (0, "", "No jobs match.\n")


@pytest.mark.usefixtures("filled")
def test_a_renamed_term_is_accepted_and_reported_once() -> None:
    listed = run("ls", "--json", "--filter", "status:waiting")
    assert ids(listed.stdout) == given(3, 4)
    assert listed.stderr == "--filter: status:waiting is now status:running.\n"
    assert said(run("ls", "--filter", "is:unseen !is:unseen")) == (
        0,
        "",
        "--filter: is:unseen is now is:unread.\nNo jobs match.\n",
    )
    assert run("ls", "--json", "--filter", "status:running").stderr == ""


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_tenant_without_a_name_is_refused(blank: str) -> None:
    for arguments in (("add", *given(1)), ("ls",), ("archive",)):
        status, printed, errors = said(run(*arguments, "--tenant", blank))
        assert (status, printed) == (2, "")
        assert "it is empty; give the name of a tenant." in errors
    assert len(kept(store_path())) == 0


def test_a_tenant_is_found_by_the_name_with_which_it_was_added() -> None:
    name = "e\x1b[1mu"
    run("add", *given(1), "--tenant", name)
    assert ids(run("ls", "--json", "--tenant", name).stdout) == given(1)
    assert ids(run("ls", "--json", "--tenant", "e␛[1mu").stdout) == given(1)


@pytest.mark.parametrize("command", ["ls", "archive", "export"])
@pytest.mark.parametrize(("wanted", "why"), [("statsu:failed", "try status:"), ("age>5", "“5” needs a unit")])
def test_an_invalid_filter_is_reported_and_nothing_is_done(command: str, wanted: str, why: str) -> None:
    status, printed, errors = said(run(command, "--filter", wanted))
    assert (status, printed) == (2, "")
    assert why in errors


def test_the_list_is_judged_by_the_current_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = {"jobType": "AsyncCreateOrder", "status": "Pending", "orderNumber": "O-1"}
    with opened(store_path()) as (store, _):
        observed(store, added(store, watch(1, tenant="eu")), seen(read_body(status="Completed", result=result)))
    config = tmp_path / "config.toml"
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(config))
    table = '[tenants.eu]\nhost = "EU production"\nclient_id = "id"\nsecret_env = "EU"\n'
    verdicts = []
    for line in ('expected_order_statuses = ["Pending"]', 'expected_order_statuses = ["Pending', ""):
        config.write_text(f"{table}{line}\n", encoding="utf-8")
        (shown,) = json.loads(run("ls", "--json").stdout)["jobs"]
        verdicts.append((shown["verdict"], shown["sentence"]))
    expected = ("done", "Order is Pending, as expected here.")
    assert verdicts == [expected, expected, ("needs attention", "Job completed, but the order is Pending.")]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("status:foo", "“foo” is not a valid status; try status:failed (known: failed, attention,"),
        ("tenant:prod", "“prod” is not a valid tenant; try tenant:env (known: env, eu)"),
        ("type:xyz", "“xyz” is not a valid type; try type:order (known: order, preview, operation job)"),
    ],
)
def test_a_value_that_no_job_can_have_is_an_error(wanted: str, why: str) -> None:
    status, printed, errors = said(run("ls", "--filter", wanted))
    assert (status, printed) == (2, "")
    assert why in errors


@pytest.mark.usefixtures("filled")
def test_a_configured_tenant_without_jobs_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"ZUORA_{name}", "x")
    monkeypatch.setenv("ZUORA_BASE_URL", "https://rest.zuora.com")
    with opened(store_path()) as (store, watches):
        store.apply(watches.remove([job(number) for number in (1, 2, 4)], time.time()))
    assert said(run("ls", "--filter", "tenant:env")) == (0, "", "No jobs match.\n")


@pytest.fixture
def failures() -> None:
    with opened(store_path()) as (store, _):
        for number in range(1, 5):
            observed(store, added(store, watch(number)), failed() if number < 4 else done())
        observed(store, added(store, watch(5, tenant="eu")), failed())


@pytest.mark.usefixtures("failures")
def test_failures_are_printed_by_reason() -> None:
    printed = run("ls", "--by", "reason").stdout.splitlines()
    assert printed[0] == "4 of 5 jobs, 1 reason"
    assert printed[1] == "     4  100%  lock contention           [40000050] locked"
    assert printed[2].strip().startswith("transient · ")
    assert printed[3].strip().startswith("Another call, a user or a bill run had locked the account")
    assert run("ls", "--by", "reason", "--tenant", "eu").stdout.startswith("1 of 1 job, 1 reason\n")
    assert said(run("ls", "--by", "reason", "--filter", "status:done")) == (
        0,
        "",
        "None of 1 job failed or needs attention.\n",
    )
    assert run("ls", "--by", "reason", "--csv").exit_code == 2


@pytest.mark.usefixtures("failures")
def test_failures_by_reason_are_records_for_other_programs() -> None:
    listed = json.loads(run("ls", "--by", "reason", "--json", "--filter", "code:40000050,x").stdout)
    (group,) = listed["groups"]
    assert (listed["schema"], listed["shown"]) == (2, 4)
    assert [one["job_id"] for one in group.pop("jobs")] == given(1, 2, 3, 5)
    assert group.pop("advice").startswith("Another call")
    assert group.pop("first_at") == group.pop("last_at") == "2026-11-23T14:00:00Z"
    assert group == {
        "error_category": "lock contention",
        "error_code": "40000050",
        "message": "locked",
        "count": 4,
        "share": 1.0,
        "is_transient": True,
    }


@pytest.mark.usefixtures("filled")
def test_csv_has_the_content_of_json_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(run("ls", "--csv").stdout)))
    assert [row["job_id"] for row in rows] == given(1, 2, 3, 4)
    assert [row["label"] for row in rows] == ["'=job 1", "'=job 2", "", ""]
    assert run("ls", "--csv", "--filter", "label:none").stdout == ",".join(RECORD_FIELDS) + "\n"
    assert run("ls", "--csv", "--json").exit_code == 2


@pytest.mark.usefixtures("filled")
def test_old_jobs_are_archived_and_can_be_restored() -> None:
    assert run("archive").stdout == "2 jobs archived. `zjobtui restore` restores a job.\n"
    assert ids(run("ls", "--json").stdout) == given(3, 4)
    assert ids(run("ls", "--archived", "--json").stdout) == given(1, 2)
    assert run("show", "=job 1").stdout.startswith("✓ done")
    assert run("restore", "=job 1", job_id(2).given[:8]).stdout == "2 jobs restored to the watchlist.\n"
    assert ids(run("ls", "--json").stdout) == given(1, 2, 3, 4)
    recent = "Of 4 jobs: 2 not ended, 2 ended or read less than 30d ago."
    assert run("archive").stdout == f"0 jobs archived. {recent}\n"
    assert ids(run("ls", "--archived", "--json").stdout) == []


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("arguments", [("--tenant", "eu"), ("--tenant", "eu", "--filter", " ")])
def test_only_read_jobs_of_the_tenant_that_are_due_are_archived(arguments: tuple[str, ...]) -> None:
    long_ago = time.time() - 40 * 86_400
    with opened(store_path()) as (store, _):
        for number, answer in ((11, done(long_ago)), (12, failed(long_ago)), (13, done(time.time()))):
            watches = observed(store, added(store, watch(number, tenant="eu", added_at=long_ago)), answer)
            if number != 12:
                store.apply(watches.mark_read([job(number, "eu")], long_ago))
    command = [sys.executable, "-m", "zjobtui", "archive"]
    done_by = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (done_by.returncode, done_by.stdout) == (0, "1 job archived. `zjobtui restore` restores a job.\n")
    assert ids(run("ls", "--archived", "--json").stdout) == given(11)
    why = "Of 3 jobs: 1 not ended, 1 unread, 1 ended or read less than 30d ago."
    assert run("archive", *arguments).stdout == f"0 jobs archived. {why}\n"


@pytest.mark.usefixtures("filled")
def test_archived_jobs_are_imported_as_archived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("archive")
    archived, listed = tmp_path / "archived.json", tmp_path / "listed.json"
    archived.write_text(run("export", "--archived", "--results").stdout)
    listed.write_text(run("export").stdout)
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / "elsewhere"))
    for _ in range(2):
        run("import", str(archived))
        run("import", str(listed))
        assert ids(run("ls", "--archived", "--json").stdout) == given(1, 2)
        assert ids(run("ls", "--json").stdout) == given(3, 4)


@pytest.mark.usefixtures("filled")
def test_nothing_is_archived_by_default_if_the_configuration_says_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(path))
    for never in ("0", '"never"'):
        path.write_text(f"[list]\narchive_after = {never}\n")
        why = "Of 4 jobs: 2 not ended, 2 ended and read, but `archive_after` in config.toml is “never”."
        assert run("archive").stdout == f"0 jobs archived. {why}\n"
    path.write_text('[list]\narchive_after = "3 d"\n')
    assert run("archive").stdout.startswith("2 jobs archived.")


@pytest.mark.usefixtures("filled")
def test_running_jobs_are_never_archived() -> None:
    status, printed, errors = said(run("archive", *given(1, 4)))
    assert (status, printed) == (1, "1 job archived. `zjobtui restore` restores a job.\n")
    assert f"“{job_id(4).given}” has not ended" in errors
    assert [run("archive", name).exit_code for name in (*given(4), "nothing")] == [2, 2]
    assert run("archive", "--filter", "id:5d7b").stdout.startswith("1 job archived.")
    assert ids(run("ls", "--json").stdout) == given(3, 4)


@pytest.mark.usefixtures("filled")
def test_removed_jobs_are_listed_and_can_be_restored() -> None:
    run("rm", *given(4))
    assert ids(run("ls", "--removed", "--json").stdout) == given(4)
    assert said(run("restore", *given(4), "nothing")) == (
        1,
        "1 job restored to the watchlist.\n",
        "“nothing” is neither archived nor removed.\n",
    )
    assert given(4)[0] in ids(run("ls", "--json").stdout)


def test_jobs_are_added_from_files_with_tags_and_a_note(tmp_path: Path) -> None:
    ticket, reply = tmp_path / "ticket.txt", tmp_path / "reply.json"
    ticket.write_bytes(f"see {job_id(1).given}, caf\xe9 {job_id(2).given[:-1]}".encode("latin-1"))
    reply.write_text(json.dumps({"jobId": job_id(3).given, "success": True}))
    files = ["--file", str(ticket), "--file", str(reply)]
    status, printed, errors = said(run("add", job_id(9).given, *files, "--tag", "a,b", "--tag", "c", "--note", " n "))
    assert (status, printed) == (1, "3 jobs added, 0 known, 1 refused.\n")
    assert errors == f"“{job_id(2).given[:-1]}” looks like a job id, but is not valid.\n"
    watches = kept(store_path())
    assert [one.job.id.given for one in watches] == given(9, 1, 3)
    assert {(one.tags, one.note) for one in watches} == {(("a", "b", "c"), "n")}
    assert [one.added_by for one in watches] == ["command line", str(ticket), str(reply)]
    assert run("add", "--file", str(tmp_path / "none")).exit_code == 2


def test_new_jobs_belong_to_the_only_configured_tenant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, table = tmp_path / "config.toml", '[tenants.{}]\nhost = "EU production"\nclient_id = "i"\nsecret_env = "S"\n'
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(path))
    path.write_text(table.format("eu"))
    run("add", job_id(1).given)
    assert [one.job.tenant for one in kept(store_path())] == ["eu"]
    path.write_text(table.format("eu") + table.format("us"))
    error = "Several tenants are configured: eu, us. Choose one with --tenant."
    assert said(run("add", job_id(2).given)) == (2, "", f"{error}\nNot added:\n{job_id(2).given}\n")


def test_an_id_that_is_watched_in_one_tenant_needs_no_tenant_and_is_not_added_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, table = tmp_path / "config.toml", '[tenants.{}]\nhost = "EU production"\nclient_id = "i"\nsecret_env = "S"\n'
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(path))
    path.write_text(table.format("eu") + table.format("us"))
    with opened(store_path()) as (store, _):
        added(store, watch(1, tenant="us"), watch(2, tenant="eu"), watch(3, tenant="eu"), watch(3, tenant="us"))
    printed = run("add", *given(1, 2), "--label", "CS-1").stdout
    assert printed == "0 jobs added, 2 known, 0 refused.\n2 known: labelled.\n"
    assert [(one.job.tenant, one.label) for one in kept(store_path())][:2] == [("us", "CS-1"), ("eu", "CS-1")]
    assert run("add", *given(1, 4), "--tenant", "eu").stdout == "2 jobs added, 0 known, 0 refused.\n"
    for number in (3, 5):
        assert "Choose one with --tenant." in run("add", *given(number)).stderr


@pytest.mark.usefixtures("filled")
def test_a_prefix_of_several_labels_is_reported_with_these_labels() -> None:
    run("label", "CS-4411 renewal", *given(1, 2))
    run("label", "CS-4411b", *given(3))
    for command in ("show", "rm"):
        assert run(command, "CS-4411").stderr == (
            "No job has exactly the id or label “CS-4411”. "
            "Labels that begin with it: “CS-4411 renewal” (2 jobs), “CS-4411b”.\n"
        )


def test_the_list_of_commands_is_not_cut_in_a_terminal_of_80_columns() -> None:
    for command in ([], ["tenants"]):
        assert "..." not in run(*command, "--help").stdout.partition("Commands:")[2]


@pytest.mark.parametrize("is_named", [False, True])
def test_without_a_tenant_the_first_start_requests_one_even_if_the_file_does_not_exist(
    is_named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_named:
        monkeypatch.setenv("ZJOBTUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr("zjobtui.cli.monitor.need_terminal", lambda: None)
    monkeypatch.setattr("zjobtui.cli.monitor._run_onboarding", lambda _: 7)
    assert run().exit_code == 7
    monkeypatch.setenv("ZUORA_BASE_URL", "ftp://nothing")
    assert "zjobtui tenants add" in run().stderr


@pytest.mark.usefixtures("filled")
def test_a_watchlist_is_exported_and_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = run("export", "--results").stdout
    assert run("export", "--ids", "--filter", "is:final").stdout.split() == given(1, 2)
    before = kept(store_path())
    assert run("import", "-", stdin=exported).stdout == "0 jobs new, 0 merged, 4 known.\n"
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / "elsewhere"))
    file = tmp_path / "export.json"
    file.write_text(exported)
    assert run("import", str(file)).stdout == "4 jobs new, 0 merged, 0 known.\n"
    assert kept(store_path()) == before
    assert json.loads(run("export", "--results").stdout)["jobs"] == json.loads(exported)["jobs"]
    run("rm", *given(4))
    printed = run("import", str(file)).stdout
    assert printed == "0 jobs new, 0 merged, 3 known. 1 not imported because they were removed here.\n"


def test_a_file_that_cannot_be_imported_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text('{"format":\n"x"')
    status, printed, errors = said(run("import", str(file)))
    assert (status, printed) == (2, "")
    assert errors.startswith(f"{file} was not imported; nothing was changed. line 2, column 4: ")
    run("add", *given(1))
    file.write_text(run("export").stdout.replace(str(job_id(1)), "XYZ"))
    assert said(run("import", str(file)))[2].endswith("other than hexadecimal digits and dashes.\n")
    assert len(kept(store_path())) == 1


@pytest.mark.usefixtures("filled")
def test_store_prints_figures_and_compacts() -> None:
    run("archive", *given(1))
    run("rm", *given(4))
    printed = run("store").stdout
    assert printed.splitlines()[0] == str(store_path())
    assert "2 jobs watched, 1 archived, 1 removed\n2 responses, " in printed
    with opened(store_path()) as (store, _):
        store.file.connection.execute("CREATE TABLE waste AS SELECT randomblob(500000) AS it")
        store.file.connection.execute("DROP TABLE waste")
    before = store_path().stat().st_size
    assert "Compacted from" in run("store", "--compact").stdout
    assert store_path().stat().st_size < before - 400_000
    with opened(store_path()) as (store, watches):
        assert [one.job for one in watches] == [job(2), job(3, "eu")]
        assert store.acquire_lease("polling", "another window", 9e9, 60.0)
    status, printed, errors = said(run("store", "--compact"))
    assert (status, printed) == (2, "")
    assert "Another window is polling" in errors
