"""The commands that print, and what the monitor's command prints before it has a screen."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, observed, opened
from tests.support.building import (
    NOW,
    PROCESSING,
    apply_observations,
    dashed,
    done,
    failed,
    job,
    job_id,
    missed,
    seen,
    watch,
)
from tests.support.running import run, said
from zjobtui import __version__
from zjobtui.cli import monitor
from zjobtui.config.paths import store_path
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.problem import ProblemKind
from zjobtui.models.text_width import cells

ONE, TWO = job_id(0x1BC24F31).given, job_id(0x9F1C24F3).given
CREDENTIALS = {"ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": "sentinel-secret"}


def watched() -> list[str]:
    return [watch.job.id.given for watch in kept(store_path())]


def test_added_ids_are_watched() -> None:
    assert said(run("add", ONE, TWO)) == (0, "2 jobs added, 0 known, 0 refused.\n", "")
    assert watched() == [ONE, TWO]
    one = next(iter(kept(store_path())))
    assert (one.job.tenant, one.added_by, one.label) == ("env", "command line", "")


def test_an_id_that_is_already_watched_is_recognized_in_any_notation() -> None:
    run("add", ONE)
    assert said(run("add", ONE.upper(), dashed(JobId(ONE)), TWO))[:2] == (
        0,
        "1 job added, 1 known, 0 refused.\n",
    )
    assert watched() == [ONE, TWO]


@pytest.mark.parametrize("arguments", [["nonsense"], [ONE[:-1]], ["../accounts", "\x1b[2J"], [""]])
def test_invalid_arguments_are_reported_and_nothing_is_added(arguments: list[str]) -> None:
    status, printed, complained = said(run("add", *arguments))
    assert (status, printed) == (2, "")
    assert len(complained.splitlines()) == len(arguments)
    assert all(
        re.match("“.*” is not a valid job id|A job id cannot be empty", line) for line in complained.splitlines()
    )
    assert "\x1b" not in complained
    assert watched() == []


def test_valid_ids_are_added_and_an_invalid_one_is_reported() -> None:
    status, printed, complained = said(run("add", ONE, "nonsense", TWO))
    assert (status, printed) == (1, "2 jobs added, 0 known, 1 refused.\n")
    assert (
        complained
        == "“nonsense” is not a valid job id: it contains characters other than hexadecimal digits and dashes.\n"
    )
    assert watched() == [ONE, TWO]


def test_every_id_in_the_text_on_standard_input_is_added() -> None:
    text = json.dumps([{"jobId": ONE}, {"jobId": ONE}]) + f"\nsee also jobId {dashed(JobId(TWO))}, thanks"
    assert said(run("add", "-", stdin=text)) == (0, "2 jobs added, 0 known, 0 refused.\n", "")
    assert [one.added_by for one in kept(store_path())] == ["standard input"] * 2


def test_an_invalid_id_on_standard_input_is_reported_and_the_others_are_added() -> None:
    status, printed, complained = said(run("add", "-", stdin=f"{ONE} {TWO[:-1]}"))
    assert (status, printed) == (1, "1 job added, 0 known, 1 refused.\n")
    assert complained == f"“{TWO[:-1]}” looks like a job id, but is not valid.\n"


@pytest.mark.parametrize("text", ["", "no ids here", b"\xff\xfe\x00"])
def test_a_text_without_an_id_is_reported(text: str | bytes) -> None:
    assert said(run("add", "-", stdin=text)) == (2, "", "No job id was found.\n")


def test_ids_are_found_in_text_of_any_encoding() -> None:
    run("add", "-", stdin=b"caf\xe9 " + ONE.encode() + b" \xff")
    assert watched() == [ONE]


def test_a_label_is_cleaned_and_the_job_is_added_to_the_named_tenant() -> None:
    run("add", "--label", "CS-1\x1b[2J\u202e", "--tenant", "eu", ONE)
    (one,) = kept(store_path())
    assert (one.job, one.label) == (JobRef("eu", JobId(ONE)), "CS-1␛[2J\ufffd")


def test_removed_jobs_come_back_with_their_history_and_a_new_label() -> None:
    run("add", "--label", "old", ONE)
    with opened(store_path()) as (store, watches):
        observed(store, watches, failed(NOW))
    assert said(run("rm", "old"))[:2] == (
        0,
        "1 job removed; `zjobtui add` restores a job and everything known about it.\n",
    )
    assert watched() == []
    assert said(run("add", ONE))[1] == "1 job added, 0 known, 0 refused.\n"
    assert [(watch.label, watch.is_final) for watch in kept(store_path())] == [("old", True)]
    run("rm", ONE)
    run("add", "--label", "new", ONE)
    assert [(watch.label, watch.is_final) for watch in kept(store_path())] == [("new", True)]
    events = [event["event"] for event in json.loads(run("show", "new", "--json").stdout)["timeline"]]
    assert events == ["added", "status", "removed", "restored", "removed", "restored"]


def test_a_job_that_is_not_watched_cannot_be_removed_and_is_reported() -> None:
    run("add", ONE)
    assert said(run("rm", TWO)) == (2, "", f"“{TWO}” is not on the watchlist.\n")
    status, printed, complained = said(run("rm", ONE, "nothing"))
    assert (status, complained) == (1, "“nothing” is not on the watchlist.\n")
    assert printed.startswith("1 job removed")


def fill() -> None:
    """One job of each verdict, labelled with its number."""
    with opened(store_path()) as (store, _):
        watches = added(store, *(watch(number, label=f"job {number}") for number in range(1, 7)))
        for number, observation in (
            (1, failed(NOW)),
            (2, done(NOW)),
            (3, missed(ProblemKind.NOT_FOUND)),
            (4, seen(PROCESSING)),
            (5, missed(ProblemKind.TIMED_OUT)),
        ):
            change = apply_observations(watches, [(job(number), observation, 5.0)])
            store.apply(change)
            watches = change.watchlist


def test_an_empty_list_says_how_to_fill_it() -> None:
    assert said(run("ls")) == (0, "", "The watchlist is empty. Add jobs with: zjobtui add ID…\n")
    assert json.loads(run("ls", "--json").stdout) == {"schema": 2, "jobs": []}


def test_the_list_has_one_line_for_each_job() -> None:
    fill()
    status, printed, complained = said(run("ls"))
    heading, *lines = printed.splitlines()
    assert (status, complained, len(lines)) == (0, "", 6)
    assert heading.split() == ["STATUS", "JOB", "LABEL", "ORDER", "TIME", "WHY"]
    assert [line.split()[1] for line in lines] == ["failed", "done", "unknown", "running", "running", "running"]
    assert all(job_id(number).given in line for number, line in enumerate(lines, 1))
    assert len({line.index("job ") for line in lines}) == 1


def test_the_columns_stay_aligned_with_any_label() -> None:
    for number, label in enumerate(["plain", "有効な更新 2026", "🎉🎉🎉", "กัน", "e\u0301e\u0301", "x" * 300]):
        run("add", "--label", label, job_id(number).given)
    starts = {cells(re.split("TIME|no data yet|just added", line)[0]) for line in run("ls").stdout.splitlines()}
    assert len(starts) == 1


def test_the_list_as_json_has_all_fields_of_each_job() -> None:
    fill()
    jobs = json.loads(run("ls", "--json").stdout)["jobs"]
    assert [one["verdict"] for one in jobs] == ["failed", "done", "unknown to Zuora", *["running"] * 3]
    assert [one["problem"] for one in jobs[3:5]] == [None, "timed out: no answer"]
    assert {one["job_id"] for one in jobs} == {job_id(number).given for number in range(1, 7)}


@pytest.mark.parametrize(
    "text",
    [job_id(1).given, job_id(1).given.upper(), dashed(job_id(1)), job_id(1).given[:6], job_id(1).given[:20], "job 1"],
)
def test_a_job_is_shown_by_its_id_the_beginning_of_it_or_its_label(text: str) -> None:
    with opened(store_path()) as (store, _):
        watches = added(store, watch(0x100, label="another"), watch(1, label="job 1"))
        observed(store, watches, failed(NOW))
    status, printed, complained = said(run("show", text if text != job_id(1).given[:6] else text + "01"))
    assert (status, complained) == (0, "")
    assert printed.startswith("✗ failed · Job failed, lock contention: locked\n")
    for words in (
        job_id(1).given,
        "Error",
        "40000050 · lock contention",
        "Label",
        "job 1",
        "Timeline",
        "added by test",
    ):
        assert words in printed


def test_the_problem_of_the_last_call_is_shown() -> None:
    fill()
    assert (
        "The last call failed: timed out: no answer. The host was too slow; zjobtui retries"
        in run("show", "job 5").stdout
    )


def test_a_job_is_shown_as_json_with_response_and_timeline() -> None:
    fill()
    shown = json.loads(run("show", "job 1", "--json").stdout)
    assert (shown["schema"], shown["label"], shown["verdict"], shown["is_final"]) == (2, "job 1", "failed", True)
    assert shown["answer"]["body"]["errors"] == "[40000050]: locked"
    assert [event["event"] for event in shown["timeline"]] == ["added", "status"]
    assert json.loads(run("show", "job 6", "--json").stdout)["answer"] is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "0000",
            (
                "“0000” matches 6 jobs, 00000001 job 1, 00000002 job 2, 00000003 job 3, 00000004 job 4, 00000005 job 5 "
                "and 1 more; give more of the job id."
            ),
        ),
        ("000", "“000” is too short; give at least 4 digits of the job id."),
        ("ffffffff", "“ffffffff” is not on the watchlist."),
        ("", "“” is not on the watchlist."),
        ("------", "“------” is not on the watchlist."),
        ("\x1b[2J", "“␛[2J” is not on the watchlist."),
    ],
)
def test_a_text_that_names_no_job_or_several_is_reported(text: str, why: str) -> None:
    fill()
    assert said(run("show", "--", text)) == (2, "", f"{why}\n")


def test_a_broken_store_is_reported_and_the_command_continues() -> None:
    store_path().parent.mkdir()
    store_path().write_bytes(b"broken")
    status, printed, complained = said(run("add", ONE))
    assert (status, printed) == (0, "1 job added, 0 known, 0 refused.\n")
    assert "could not be read" in complained
    assert ".broken-" in complained
    assert watched() == [ONE]


@pytest.mark.parametrize("arguments", [["ls"], ["ls", "--json"], ["add", ONE], ["show", ONE], ["rm", ONE]])
def test_a_folder_that_cannot_be_used_is_reported_in_one_sentence(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ZJOBTUI_DATA_DIR", str(tmp_path / "file"))
    status, printed, complained = said(run(*arguments))
    assert (status, printed) == (2, "")
    named = f"Not added:\n{ONE}\n" if "add" in arguments else ""
    assert re.fullmatch(rf"The watchlist .* cannot be opened: .*\.\n{named}", complained)


@pytest.mark.parametrize(
    "arguments", [["add"], ["show"], ["rm"], ["nonsense"], ["ls", "--nonsense"], ["demo", "--jobs", "0"]]
)
def test_wrong_usage_prints_the_usage(arguments: list[str]) -> None:
    status, printed, complained = said(run(*arguments))
    assert (status, printed) == (2, "")
    assert "Usage:" in complained


def test_version_and_help_are_printed() -> None:
    assert said(run("--version")) == (0, f"zjobtui, version {__version__}\n", "")
    assert run("-h").stdout == run("--help").stdout
    assert all(command in run("--help").stdout for command in ("add", "demo", "ls", "rm", "show", "simulate"))


@pytest.mark.parametrize("arguments", [[], ["--tenant", "env"], ["demo"]])
def test_without_a_terminal_the_monitor_says_so_in_one_line(arguments: list[str]) -> None:
    status, printed, complained = said(run(*arguments))
    assert (status, printed) == (2, "")
    assert complained == "zjobtui needs a terminal; without one, run a command such as: zjobtui ls --json\n"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the commands believe that they have a terminal."""
    monkeypatch.setattr(monitor, "need_terminal", lambda: None)


@pytest.mark.usefixtures("terminal")
def test_a_named_tenant_without_any_configured_prints_the_variables() -> None:
    status, printed, complained = said(run("--tenant", "eu"))
    assert (status, printed) == (2, "")
    for name in ("ZUORA_BASE_URL", "ZUORA_CLIENT_ID", "ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN", "zjobtui demo"):
        assert name in complained


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"ZUORA_BASE_URL": "http://rest.eu.zuora.com", **CREDENTIALS}, "must begin with https://"),
        ({"ZUORA_BASE_URL": "rest.eu.zuora.com", **CREDENTIALS}, "did you mean https://rest.eu.zuora.com?"),
        ({"ZUORA_BASE_URL": "https://rest.eu.zuora.com/v1", **CREDENTIALS}, "must end after the host"),
        ({"ZUORA_BASE_URL": "https://rest.eu.zuora.com"}, "ZUORA_CLIENT_ID is not"),
        ({"ZUORA_BASE_URL": "https://rest.eu.zuora.com", "ZUORA_CLIENT_ID": "id"}, "ZUORA_CLIENT_SECRET is not"),
    ],
)
def test_an_invalid_configuration_of_a_tenant_is_reported(
    environ: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    status, printed, complained = said(run())
    assert (status, printed) == (2, "")
    assert why in complained
    assert "sentinel" not in complained


@pytest.mark.usefixtures("terminal")
def test_an_unknown_tenant_is_reported_with_the_configured_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ZUORA_BASE_URL": "https://rest.eu.zuora.com", **CREDENTIALS}.items():
        monkeypatch.setenv(name, value)
    status, printed, complained = said(run("--tenant", "no\x1b[2J"))
    assert (status, printed) == (2, "")
    assert "no␛[2J" in complained
    assert "env" in complained


@pytest.mark.slow
def test_as_a_process_it_reads_pipes_prints_and_exits() -> None:
    def call(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "zjobtui", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    assert call("add", "-", stdin=f"job {ONE}").returncode == 0
    listed = call("ls")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert ONE in listed.stdout
    alone = call()
    assert (alone.returncode, alone.stdout, alone.stderr.count("\n")) == (2, "", 1)


ADD = f"{sys.executable} -m zjobtui add 1bc24f315d7b48d3a20245bfe73bdceb"


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        (f"{ADD} >&- <&-", 0, ""),
        (f"{sys.executable} -m zjobtui <&-", 2, "zjobtui needs a terminal"),
        (f"{sys.executable} -m zjobtui doctor --offline > /dev/full", 7, "No space left on device"),
    ],
    ids=["nothing open", "no input", "a full disk"],
)
def test_without_input_or_room_for_output_a_command_ends_with_a_message(line: str, status: int, message: str) -> None:
    done_so = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done_so.returncode, done_so.stderr.count("Traceback")) == (status, 0)
    assert message in done_so.stderr
