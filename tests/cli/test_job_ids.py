"""`add` with texts that contain more than job ids: what is stored, and what is printed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.opening import added, observed, opened
from tests.support.building import NOW, job, job_id, missed, watch
from tests.support.credentials import TOKEN_TEXTS
from tests.support.process import environment
from tests.support.running import run, said
from zjobtui.config.paths import store_path
from zjobtui.models.problem import ProblemKind

JOB, OTHER = "622638b100b62fb49212a73044c4ac46", "8a129101a074f02b2b870a58cab148e7"
TOKEN, CLIENT = "6d151216ef504f65b8ff6e9e9e8356d3", "5a1b0000-1111-4222-8333-944455566677"
ADDED = "1 job added, 0 known, 0 refused.\n"


def test_add_prints_skipped_ids_and_exits_with_0() -> None:
    text = f'> Authorization: Bearer {TOKEN}\n< requestId: {CLIENT}\n{OTHER}: {{"jobId":"{JOB}"}}'
    assert said(run("add", "-", stdin=text)) == (
        0,
        ADDED,
        (
            f"Not added: 8a129101… is not named as a job id in this text; add it with: zjobtui add {OTHER}\n"
            "Skipped 1 other id: requestId.\n"
            "Skipped 1 access token or other credential (6d1512…); "
            "if it is a job id, add it by itself: zjobtui add ID\n"
        ),
    )


def test_add_finds_no_job_in_a_text_of_credentials() -> None:
    assert said(run("add", "-", stdin=f'{{"access_token":"{TOKEN}","client_id":"{CLIENT}"}}')) == (
        2,
        "",
        (
            "No job id was found.\nSkipped 2 access tokens or other credentials (6d1512…, 5a1b00…); "
            "add one that is a job id by itself: zjobtui add ID\n"
        ),
    )


def test_hints_show_at_most_five_credentials_and_only_those_like_an_id() -> None:
    text = " ".join(f"token{number}={number}a{number:030x}" for number in range(1, 8))
    (line,) = run("add", "-", stdin=f"{text} job {JOB}").stderr.splitlines()
    assert line.startswith(
        "Skipped 7 access tokens or other credentials (1a0000…, 2a0000…, 3a0000…, 4a0000…, 5a0000…, …); "
    )
    assert said(run("add", "-", stdin=f"password=hunter2hunter2 job {OTHER}"))[2] == (
        "Skipped 1 access token or other credential.\n"
    )


def test_many_ids_that_are_not_added_are_counted() -> None:
    text = "".join(f"order {number:032x}x {number:032x}; " for number in range(12)) + f"jobId={JOB}"
    complained = [line for line in run("add", "-", stdin=text).stderr.splitlines() if line.startswith("Not added")]
    assert len(complained) == 11
    assert complained[-1] == "Not added: 2 more ids not named as a job id in this text."


@pytest.mark.parametrize("command", ["add", "rm", "show", "wait"])
def test_a_refused_argument_is_printed_without_its_secret(command: str) -> None:
    result = run(command, f"Bearer {TOKEN}")
    assert result.exit_code == 2
    assert "“Bearer [masked]”" in result.stderr
    assert TOKEN not in result.output


def test_the_source_of_a_job_contains_no_secret(tmp_path: Path) -> None:
    path = tmp_path / f"access_token={TOKEN}.txt"
    path.write_text(f"job {JOB}")
    assert said(run("add", "--file", str(path)))[:2] == (0, ADDED)
    exported = run("export").stdout
    assert TOKEN not in exported
    imported = tmp_path / "export.json"
    imported.write_text(exported.replace("[masked]", TOKEN).replace(JOB, OTHER))
    assert run("import", str(imported)).exit_code == 0
    assert OTHER in run("export", "--results").stdout
    assert TOKEN not in run("export", "--results").stdout + run("show", OTHER, "--json").stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["token reply", *(pytest.param(name, marks=pytest.mark.slow) for name in TOKEN_TEXTS if name != "token reply")],
)
def test_no_stored_or_printed_text_contains_a_secret(name: str, tmp_path: Path) -> None:
    env = environment({"ZJOBTUI_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)})

    def zjobtui(*arguments: str, text: str = "") -> str:
        program = [sys.executable, "-m", "zjobtui", *arguments]
        ran = subprocess.run(program, input=text, text=True, capture_output=True, env=env, check=True)
        return ran.stdout + ran.stderr

    printed = zjobtui("add", "-", text=TOKEN_TEXTS[name])
    listed = zjobtui("ls", "--json")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert [one["job_id"] for one in json.loads(listed)["jobs"]] == [JOB]
    assert JOB.encode() in kept
    for secret in (TOKEN, CLIENT, CLIENT.replace("-", "")):
        assert secret not in (printed + listed).lower()
        assert secret.encode() not in kept.lower()


def watched() -> list[str]:
    return [one["job_id"] for one in json.loads(run("ls", "--json").stdout)["jobs"]]


@pytest.mark.parametrize(
    "arguments",
    [
        (f'"{JOB}"', f"'{OTHER}',"),
        (f"https://rest.zuora.com/v1/async-jobs/{JOB}?x=1", f"jobId%3D{OTHER}"),
        (f"{JOB},{OTHER}",),
        (f"\x1b[36m{JOB}\x1b[0m\\n{OTHER}",),
        (JOB, "-"),
        (JOB, "--file", "-"),
        ("-", JOB, "--file", "-"),
    ],
)
def test_arguments_are_read_like_any_text(arguments: tuple[str, ...]) -> None:
    result = run("add", *arguments, stdin=f"job {OTHER}")
    assert (result.exit_code, result.stdout) == (0, "2 jobs added, 0 known, 0 refused.\n"), result.stderr
    assert sorted(watched()) == [JOB, OTHER]


@pytest.mark.parametrize("arguments", [("Authorization:", "Bearer", TOKEN), (f"access_token={TOKEN}",)])
def test_a_credential_in_arguments_is_recognized_too(arguments: tuple[str, ...]) -> None:
    result = run("add", JOB, *arguments)
    assert result.exit_code == 1
    assert watched() == [JOB]
    assert TOKEN not in result.output


@pytest.mark.parametrize("text", [f'"{JOB}"', f"https://x/v1/async-jobs/{JOB}", f"{JOB[:8]},", f"jobId%3D{JOB}"])
def test_a_watched_job_is_named_by_any_text_that_holds_its_id(text: str) -> None:
    run("add", JOB, OTHER)
    assert JOB in run("show", text).stdout
    assert run("rm", text).stdout.startswith("1 job removed")
    assert JOB in run("show", text).stdout
    assert run("restore", text).exit_code == 0
    assert sorted(watched()) == [JOB, OTHER]


def test_rm_accepts_several_ids_in_a_text_and_show_only_one() -> None:
    run("add", JOB, OTHER)
    assert "contains 2 job ids; give one" in run("show", f"{JOB} {OTHER}").stderr
    assert run("rm", f"{JOB},{OTHER}").stdout.startswith("2 jobs removed")


@pytest.mark.parametrize("touching", [f"job{JOB}", f"{JOB}xyz", f"report-{JOB[:-1]}-final"])
def test_an_id_that_touches_other_letters_is_named(touching: str) -> None:
    result = run("add", "-", stdin=f"{touching} {OTHER}")
    assert result.exit_code == 1
    assert f"“{touching}” looks like a job id" in result.stderr


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert run("add", "--file", str(missing)).stderr == f"{missing}: No such file or directory.\n"
    assert run("add", "--file", str(tmp_path)).stderr == f"{tmp_path}: Is a directory.\n"


def test_a_removed_job_unknown_to_zuora_is_added_again_only_by_its_bare_id() -> None:
    with opened(store_path()) as (store, _):
        watches = observed(store, added(store, watch(1)), missed(ProblemKind.NOT_FOUND))
        store.apply(watches.remove([job(1)], NOW))
    phantom = job_id(1).given
    result = run("add", "-", stdin=f"see {phantom} and {JOB}")
    assert result.stdout == "1 job added, 0 known, 0 refused.\n"
    assert "was removed and is unknown to Zuora; add it with: zjobtui add" in result.stderr
    assert watched() == [JOB]
    run("add", phantom)
    assert sorted(watched()) == sorted([JOB, phantom])
