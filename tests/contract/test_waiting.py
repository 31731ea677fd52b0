"""`wait` with each of its exit statuses, and `watch` until it is interrupted."""

import json
import signal

import pytest

from tests.contract.conftest import Known
from tests.contract.names import OF_A_JOB, SCHEMA, SIGN, Event, Exit, Field, Outcome, Term, Verdict
from tests.contract.program import User
from tests.contract.simulated import Zuora

ABSENT = "f" * 32

DONE, FAILED, ATTENTION, UNKNOWN, RUNNING = (
    Verdict.DONE,
    Verdict.FAILED,
    Verdict.ATTENTION,
    Verdict.UNKNOWN,
    Verdict.RUNNING,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verdicts", "options", "status"),
    [
        ([DONE], [], Exit.OK),
        ([DONE, FAILED, ATTENTION, UNKNOWN], [], Exit.FAILED),
        ([DONE, ATTENTION, UNKNOWN], [], Exit.ATTENTION),
        ([DONE, UNKNOWN], [], Exit.UNKNOWN),
        ([DONE, RUNNING], ["--any"], Exit.OK),
    ],
)
def test_the_exit_status_is_the_worst_of_all_jobs(
    user: User, known: Known, verdicts: list[Verdict], options: list[str], status: int
) -> None:
    ids = [known.ids[verdict] for verdict in verdicts]
    waited = user.run("wait", *ids, *options)
    assert waited.status == status
    assert [next(one for one in ids if one in line) for line in waited.out.splitlines()] == ids


@pytest.mark.slow
def test_waiting_for_a_new_job_ends_at_the_timeout(user: User, known: Known, zuora: Zuora) -> None:
    new = zuora.running[1]
    waited = user.run("wait", "-", "--timeout", "1s", "--json", stdin=f"{known.more} and {new}")
    assert waited.status == Exit.NOT_ENDED
    assert (waited.json[Field.SCHEMA], waited.json[Field.EXIT_STATUS]) == (SCHEMA, Exit.NOT_ENDED)
    assert [(one[Field.JOB_ID], one[Field.VERDICT], one[Field.OUTCOME]) for one in waited.jobs] == [
        (known.more, DONE, Outcome.DONE),
        (new, RUNNING, Outcome.NOT_ENDED),
    ]
    assert all(set(OF_A_JOB) <= set(one) for one in waited.jobs)
    assert new in user.run("ls", "--json").ids


@pytest.mark.slow
def test_refused_credentials_end_waiting_and_are_not_printed(newcomer: User, zuora: Zuora) -> None:
    waited = newcomer.run("wait", zuora.running[0], "--json", ZUORA_CLIENT_SECRET="sentinel-wrong")
    assert waited.status == Exit.SIGNED_OUT
    assert [one[Field.OUTCOME] for one in waited.jobs] == [Outcome.SIGNED_OUT]
    assert "sentinel" not in waited.out + waited.err
    assert not any(b"sentinel" in one.read_bytes() for one in newcomer.data.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        [ABSENT, "--timeout", "soon"],
        pytest.param([ABSENT, "--tenant", "eu"], marks=pytest.mark.slow),
        pytest.param([], marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_reported_and_nothing_is_watched(newcomer: User, arguments: list[str]) -> None:
    waited = newcomer.run("wait", *arguments)
    assert (waited.status, waited.out) == (Exit.USAGE, "")
    assert waited.err
    assert not newcomer.store.exists() or newcomer.run("ls", "--json").jobs == []


@pytest.mark.parametrize("command", [["wait", ABSENT], ["watch"]], ids=" ".join)
def test_without_a_tenant_the_variables_are_named(new_user: User, command: list[str]) -> None:
    refused = new_user.run(*command)
    assert (refused.status, refused.out) == (Exit.USAGE, "")
    assert "ZUORA_BASE_URL" in refused.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, Exit.INTERRUPTED), pytest.param(signal.SIGTERM, Exit.TERMINATED, marks=pytest.mark.slow)],
)
def test_an_interrupted_wait_prints_the_current_state(
    user: User, known: Known, number: signal.Signals, status: int
) -> None:
    with user.start("wait", known.more, known.ids[RUNNING]) as waiting:
        assert waiting.stderr is not None
        while known.ids[RUNNING] not in waiting.stderr.readline():
            pass
        waiting.send_signal(number)
        printed, _ = waiting.communicate(timeout=20)
    assert waiting.returncode == status
    assert SIGN[RUNNING] in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"),
    [pytest.param(signal.SIGINT, Exit.INTERRUPTED, marks=pytest.mark.slow), (signal.SIGTERM, Exit.TERMINATED)],
)
def test_changes_are_streamed_as_json_until_a_signal(
    newcomer: User, zuora: Zuora, number: signal.Signals, status: int
) -> None:
    wanted = {zuora.ended[FAILED][0], zuora.ended[DONE][0]}
    newcomer.run("add", *wanted, zuora.running[0])
    with newcomer.start("watch", "--json", "--filter", f"!{Term.STATUS}{RUNNING}") as watching:
        assert watching.stdout is not None
        lines = [json.loads(watching.stdout.readline()) for _ in wanted]
        watching.send_signal(number)
        rest, complaints = watching.communicate(timeout=20)
    assert {one[Field.JOB_ID] for one in lines} == wanted
    for one in lines:
        assert (one[Field.SCHEMA], one[Field.EVENT]) == (SCHEMA, Event.STATUS)
        assert {*OF_A_JOB, Field.AT} <= set(one)
    assert (watching.returncode, rest) == (status, "")
    assert "Traceback" not in complaints


@pytest.mark.slow
def test_a_stream_whose_output_is_closed_ends_silently(newcomer: User, zuora: Zuora) -> None:
    newcomer.run("add", zuora.ended[DONE][0])
    with newcomer.start("watch") as watching:
        assert watching.stdout is not None
        assert zuora.ended[DONE][0] in watching.stdout.readline()
        watching.stdout.close()
        assert watching.wait(20) == Exit.NO_READER
