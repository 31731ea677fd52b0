"""The printing commands: what each prints, as text and as JSON, and its exit status."""

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from shlex import quote, split

import pytest

from tests.contract.conftest import LABEL, NOTE, TAG, Known
from tests.contract.manual import codes, table
from tests.contract.names import (
    COMMANDS,
    OF_A_JOB,
    OF_AN_ANSWER,
    SCHEMA,
    SIGN,
    TIMES,
    Event,
    Exit,
    Field,
    Manual,
    Printed,
    Screen,
    Term,
    Verdict,
    jobs,
)
from tests.contract.program import PROGRAM, User
from tests.support.process import environment

ONE, TWO, THREE = (f"{number:x}" * 32 for number in (1, 2, 3))
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.mark.slow
def test_ids_in_any_notation_are_added_once_and_invalid_ones_are_named(new_user: User) -> None:
    dashed = f"{TWO[:8]}-{TWO[8:12]}-{TWO[12:16]}-{TWO[16:20]}-{TWO[20:]}"
    added = new_user.run("add", ONE, "nonsense", dashed.upper(), ONE.upper(), "--label", "CS-1", "--tag", "a,b")
    assert added.status == Exit.REFUSED_IN_PART
    assert added.out.startswith(Printed.ADDED.format(jobs(2), 0, 1))
    assert f"“nonsense” {Printed.NOT_AN_ID}" in added.err
    again = new_user.run("add", "-", stdin=json.dumps([{"jobId": ONE}, {"jobId": THREE}]))
    assert (again.status, again.err) == (Exit.OK, "")
    assert again.out.startswith(Printed.ADDED.format(jobs(1), 1, 0))
    listed = new_user.run("ls", "--json")
    assert [one[Field.JOB_ID].replace("-", "").lower() for one in listed.jobs] == [ONE, TWO, THREE]
    assert [(one[Field.LABEL], one[Field.TAGS]) for one in listed.jobs] == [("CS-1", ["a", "b"])] * 2 + [("", [])]


@pytest.mark.slow
def test_ids_are_read_from_files_and_a_file_without_ids_adds_nothing(new_user: User) -> None:
    ticket = new_user.home / "ticket.txt"
    ticket.write_bytes(f"caf\xe9 {ONE}\nand {TWO}.".encode("latin-1"))
    assert new_user.run("add", "--file", str(ticket), "--note", "from a ticket").status == Exit.OK
    assert [one[Field.NOTE] for one in new_user.run("ls", "--json").jobs] == ["from a ticket"] * 2
    empty = new_user.run("add", "-", stdin="no ids here")
    assert (empty.status, empty.out) == (Exit.USAGE, "")


def test_an_empty_list_says_so_and_as_json_is_empty(new_user: User) -> None:
    empty = new_user.run("ls")
    assert (empty.status, empty.out) == (Exit.OK, "")
    assert Printed.NO_JOBS in empty.err
    assert new_user.run("ls", "--json").json == {Field.SCHEMA: SCHEMA, Field.JOBS: []}


def test_the_list_is_printed_as_text_json_and_csv(user: User, known: Known) -> None:
    listed = known.listed
    assert (listed.status, listed.err, listed.json[Field.SCHEMA]) == (Exit.OK, "", SCHEMA)
    assert listed.ids == known.all
    by_id = {one[Field.JOB_ID]: one for one in listed.jobs}
    for verdict, job_id in known.ids.items():
        job = by_id[job_id]
        assert set(OF_A_JOB) <= set(job)
        assert job[Field.VERDICT] == verdict
        assert job[Field.TENANT] == "env"
        is_final = verdict in {Verdict.DONE, Verdict.FAILED, Verdict.ATTENTION}
        assert job[Field.IS_FINAL] is is_final
        assert (job[Field.ENDED_AT] is not None) is is_final
        assert all(job[name] is None or UTC_TIME.fullmatch(job[name]) for name in TIMES)
        assert job[Field.SENTENCE]
    failed, done = by_id[known.failed], by_id[known.ids[Verdict.DONE]]
    assert (failed[Field.LABEL], failed[Field.TAGS], failed[Field.NOTE]) == (LABEL, [TAG], NOTE)
    assert (failed[Field.STATUS], done[Field.STATUS]) == ("Failed", "Completed")
    assert done[Field.TYPE] == "order"
    assert re.match(r"O-\d+$", done[Field.ORDER])
    assert re.match(r"A\d+$", done[Field.ACCOUNT])
    assert by_id[known.ids[Verdict.RUNNING]][Field.LAST_ANSWER_AT] is None

    heading, *lines = user.run("ls").out.splitlines()
    assert heading.split()[:2] == ["STATUS", "JOB"]
    assert [next(one for one in known.all if one in line) for line in lines] == known.all
    for verdict, job_id in known.ids.items():
        assert next(line for line in lines if job_id in line).startswith(SIGN[verdict])

    rows = list(csv.DictReader(io.StringIO(user.run("ls", "--csv").out)))
    assert [row[Field.JOB_ID] for row in rows] == known.all
    assert set(OF_A_JOB) <= set(rows[0])


@pytest.mark.slow
def test_a_list_is_filtered_and_an_invalid_filter_is_reported(user: User, known: Known) -> None:
    wanted = f"{Term.STATUS}failed,attention !{Term.TAG}none"
    assert user.run("ls", "--json", "--filter", wanted).ids == [known.failed, known.ids[Verdict.ATTENTION]]
    nothing = user.run("ls", "--filter", f"{Term.ORDER}nothing")
    assert (nothing.status, nothing.out) == (Exit.OK, "")
    assert Printed.NO_MATCH in nothing.err
    wrong = user.run("ls", "--filter", "statsu:failed")
    assert (wrong.status, wrong.out) == (Exit.USAGE, "")
    assert Printed.TRY_STATUS in wrong.err


@pytest.mark.slow
def test_a_job_is_shown_by_id_prefix_or_label_with_response_and_history(user: User, known: Known) -> None:
    shown = user.run("show", LABEL)
    assert (shown.status, shown.err) == (Exit.OK, "")
    assert shown.out.startswith(f"✗ {Verdict.FAILED}")
    assert all(word in shown.out for word in (known.failed, LABEL, TAG, NOTE))
    job = user.run("show", known.failed[:8], "--json").json
    assert (job[Field.JOB_ID], job[Field.VERDICT]) == (known.failed, Verdict.FAILED)
    assert set(OF_A_JOB) <= set(job)
    assert set(OF_AN_ANSWER) <= set(job[Field.ANSWER])
    assert job[Field.ANSWER][Field.BODY]["status"] == "Failed"
    assert [one[Field.EVENT] for one in job[Field.HISTORY]] == [Event.ADDED, Event.STATUS]
    absent = user.run("show", "ffffffff")
    assert (absent.status, absent.out) == (Exit.USAGE, "")
    assert Printed.NOT_WATCHED in absent.err


def unaged(job: Mapping[str, object]) -> dict[str, object]:
    """A job as JSON without what time alone changes."""
    return {name: value for name, value in job.items() if name != Field.IS_STALE}


@pytest.mark.slow
def test_a_removed_job_is_restored_with_all_its_data(user: User, known: Known) -> None:
    removed = user.run("rm", LABEL, known.more, "nothing")
    assert removed.status == Exit.REFUSED_IN_PART
    assert Printed.REMOVED.format(jobs(2)) in removed.out
    assert f"“nothing” {Printed.NOT_WATCHED}" in removed.err
    assert set(user.run("ls", "--json", "--removed").ids) == {known.failed, known.more}
    assert Printed.RESTORED.format(jobs(1)) in user.run("restore", LABEL).out
    assert user.run("add", known.more).status == Exit.OK
    back = {one[Field.JOB_ID]: unaged(one) for one in user.run("ls", "--json").jobs}
    assert back == {one[Field.JOB_ID]: unaged(one) for one in known.listed.jobs}


@pytest.mark.slow
def test_only_ended_jobs_are_archived_and_can_be_restored(user: User, known: Known) -> None:
    running = known.ids[Verdict.RUNNING]
    archived = user.run("archive", known.failed, running)
    assert (archived.status, archived.out.startswith(Printed.ARCHIVED.format(jobs(1)))) == (Exit.REFUSED_IN_PART, True)
    assert Printed.NOT_ENDED in archived.err
    assert user.run("ls", "--json", "--archived").ids == [known.failed]
    back = user.run("restore", known.failed[:8])
    assert (back.status, back.out.startswith(Printed.RESTORED.format(jobs(1)))) == (Exit.OK, True)
    by_filter = user.run("archive", "--filter", f"{Term.STATUS}done")
    assert by_filter.out.startswith(Printed.ARCHIVED.format(jobs(2)))


@pytest.mark.slow
def test_a_watchlist_is_exported_and_imported_elsewhere(user: User, known: Known, tmp_path: Path) -> None:
    exported = user.run("export", "--results")
    assert exported.status == Exit.OK
    assert user.run("export", "--ids", "--filter", Term.IS_FINAL).out.split() == [
        one for one in known.all if one not in {known.ids[Verdict.RUNNING], known.ids[Verdict.UNKNOWN]}
    ]
    other = User(tmp_path / "other", user.variables)
    other.home.mkdir()
    file = other.home / "watchlist.json"
    file.write_text(exported.out, encoding="utf-8")
    taken = other.run("import", str(file))
    assert (taken.status, taken.out.startswith(Printed.IMPORTED.format(jobs(6), 0, 0))) == (Exit.OK, True)
    assert list(map(unaged, other.run("ls", "--json").jobs)) == list(map(unaged, known.listed.jobs))
    assert other.run("import", "-", stdin=exported.out).out.startswith(Printed.IMPORTED.format(jobs(0), 0, 6))
    broken = other.run("import", "-", stdin='{"format":\n"x"')
    assert (broken.status, broken.out) == (Exit.USAGE, "")
    assert "line 2" in broken.err


def test_the_store_is_described_and_compacted(user: User) -> None:
    described = user.run("store")
    assert described.status == Exit.OK
    assert str(user.store) in described.out
    assert str(user.data / "ids.log") in described.out
    assert str(user.data / "watchlist.backup.sqlite3") in described.out
    assert Printed.WATCHED.format(jobs(6), 0, 0) in described.out
    with closing(sqlite3.connect(user.store)) as file:
        file.execute("CREATE TABLE waste AS SELECT randomblob(500000) AS it")
        file.execute("DROP TABLE waste")
        file.commit()
    before = user.store.stat().st_size
    assert Printed.COMPACTED in user.run("store", "--compact").out
    assert user.store.stat().st_size < before - 400_000


@pytest.mark.slow
def test_tenants_are_listed_and_added_without_a_secret(new_user: User) -> None:
    config = new_user.home / "zjobtui" / "config.toml"
    assert new_user.run("tenants").status == Exit.USAGE
    sandbox = ("--url", "https://rest.example.com", "--client-id", "id-1", "--daily-calls", "500")
    assert new_user.run("tenants", "add", "box", *sandbox, "--secret-env", "BOX_SECRET").status == Exit.OK
    assert "id-1" in config.read_text(encoding="utf-8")
    (line,) = new_user.run("tenants").out.splitlines()
    assert all(word in line for word in ("box", "https://rest.example.com", "500", "BOX_SECRET"))
    assert new_user.run("tenants", "edit", "box", "--base-url", "http://127.0.0.1:9").status == Exit.OK
    tested = new_user.run("tenants", "test", "box", BOX_SECRET="sentinel")
    assert (tested.status, "127.0.0.1:9" in tested.out, "sentinel" in tested.out) == (Exit.SOMETHING_WRONG, True, False)
    assert new_user.run("tenants", "rm", "box").status == Exit.USAGE
    assert new_user.run("tenants", "rm", "box", "--yes").status == Exit.OK
    assert new_user.run("tenants").status == Exit.USAGE


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed_for_each_shell(new_user: User, shell: str) -> None:
    given = new_user.run("completion", shell)
    assert (given.status, "_ZJOBTUI_COMPLETE" in given.out) == (Exit.OK, True)


@pytest.mark.slow
def test_bash_completes_commands_ids_and_labels(user: User, known: Known) -> None:
    script = user.run("completion", "bash").out

    def completed(line: str) -> list[str]:
        word = line.rpartition(" ")[2]
        asked = f"COMP_LINE={quote(line)} COMP_POINT={len(line)}; _zjobtui_completion zjobtui {quote(word)} ''"
        done = subprocess.run(
            ["bash", "--norc", "-c", f"{script}\n{asked}; printf '%s\\n' \"${{COMPREPLY[@]}}\""],
            capture_output=True,
            text=True,
            env=environment({**user.environment, "PATH": f"{Path(PROGRAM[0]).parent}:{os.environ['PATH']}"}),
            check=True,
        )
        return done.stdout.splitlines()

    assert completed("zjobtui sh") == ["show"]
    assert completed(f"zjobtui show {known.more[:6]}") == [known.more]
    assert [split(one) for one in completed("zjobtui show CS-")] == [[LABEL]]


def test_the_version_is_that_of_the_package_and_help_and_manual_list_the_same_commands(new_user: User) -> None:
    version = new_user.run("--version")
    assert (version.status, version.err) == (Exit.OK, "")
    assert re.fullmatch(r"zjobtui, version \d+\.\S+\n", version.out)
    _, listed = new_user.run("--help").out.split(Printed.LISTED_COMMANDS)
    assert sorted(re.findall(r"^  (\w+) ", listed, re.MULTILINE)) == sorted(COMMANDS)
    described = {
        code.removeprefix("zjobtui ").split()[0] for cell, *_ in table(Manual.COMMANDS) for code in codes(cell)
    }
    assert described == set(COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(new_user: User, command: str) -> None:
    shown = new_user.run(command, "--help")
    assert (shown.status, shown.err) == (Exit.OK, "")
    assert f"{Printed.USAGE} zjobtui {command}" in shown.out
    assert command in {"demo", "simulate"} or Printed.EXAMPLES in shown.out


@pytest.mark.parametrize("arguments", [["add"], ["nonsense"], ["ls", "--nonsense"]])
def test_wrong_usage_is_explained(new_user: User, arguments: list[str]) -> None:
    wrong = new_user.run(*arguments)
    assert (wrong.status, wrong.out) == (Exit.USAGE, "")
    assert Printed.USAGE in wrong.err


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [[], ["demo"]])
def test_without_a_terminal_the_monitor_says_so_in_one_line(newcomer: User, arguments: list[str]) -> None:
    refused = newcomer.run(*arguments)
    assert (refused.status, refused.out, refused.err.count("\n")) == (Exit.USAGE, "", 1)
    assert Screen.NEEDS_TERMINAL in refused.err


def test_a_data_folder_that_cannot_be_used_is_named(new_user: User) -> None:
    new_user.data.write_text("in the way", encoding="utf-8")
    for arguments in (["ls", "--json"], ["add", ONE]):
        refused = new_user.run(*arguments)
        assert (refused.status, refused.out) == (Exit.USAGE, "")
        assert str(new_user.data) in refused.err.splitlines()[0]
        assert arguments[1:] == refused.err.splitlines()[2:] or arguments[0] == "ls"
