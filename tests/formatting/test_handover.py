"""A handover says what happened and what to do, and contains nothing that was not requested."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, body, done, failed, job, missed, read_body, seen, watch
from tests.support.payloads import payload
from tests.support.scripted import call
from tests.support.staging import observation_of
from zjobtui.bootstrap.configuration import Configuration, SecretMask
from zjobtui.config.tenants import make_tenant
from zjobtui.formatting.handover import DETAILED, HandoverJob, handover_text
from zjobtui.formatting.zuora_words import keep_known_words
from zjobtui.models.advice_rules import RULES
from zjobtui.models.assessment import apply_observation
from zjobtui.models.call_log import CallKind, LoggedCall
from zjobtui.models.history import Event, EventKind
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.related import Reference, RelatedKind
from zjobtui.models.verdict import NOT_ASKED, UNKNOWN
from zjobtui.zuora.parser import read_response

SECRETS = {
    "ZUORA_CLIENT_SECRET": "sentinel-of-the-client-4711",
    "ZUORA_BEARER_TOKEN": "sentinel-of-the-token-4711",
    "CI_JOB_TOKEN": "sentinel-of-the-runner-4711",
    "DB_PASSWORD": "sentinel-of-the-database-4711",
}
PERSONAL = ("jane.doe@example.com", "+49 171 1234567", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00")
NAMES = ("Jane Doe", "Joanna", "Müller-Lüdenscheidt", "12 High Street, Springfield", "田中太郎", "Acme Rockets plc")


def known(number: int, observation: Observation, **fields: Any) -> HandoverJob:  # noqa: ANN401 - the fields of `WatchedJob`
    """Return a job as it is after an observation."""
    update = apply_observation(watch(number, **{"added_at": NOW - 60, **fields}), observation, 5.0)
    success = observation if isinstance(observation, Success) else None
    return HandoverJob(update.watch, success, update.events)


def written(*jobs: HandoverJob, with_notes: bool = False, environ: Mapping[str, str] = SECRETS) -> str:
    tenants = {"env": make_tenant("env", "https://rest.eu.zuora.com")}
    return handover_text(
        jobs, tenants, NOW + 90, Configuration(environ=environ).add_secrets(SecretMask()), with_notes=with_notes
    )


def test_a_failed_job_says_what_happened_since_when_what_to_do_and_which_ids_support_needs() -> None:
    one = known(1, replace(failed(), call=call(process_id="7F2A31C09B1D4E55")))
    text = written(one)
    for words in (
        "# Handover: 1 job\n",
        "- 1 failed; as of 2026-11-23T14:01:30Z\n",
        "- Tenant `env`, production, `rest.eu.zuora.com`\n",
        f"## ✗ failed: `{job(1).id}`\n",
        "- What happened: `Job failed, lock contention: locked`\n",
        "- Since: added 2026-11-23T13:59:00Z (2m30s ago); ended before the first poll at",
        "resubmit the order from the system that posted it; try that twice at most. Submitting it again can succeed.\n",
        "- Last response: 2026-11-23T14:00:00Z (1m30s ago)\n",
        "HTTP 200, request id `d7479cf6-b410-4630-b841-268ccd48f0d2`, process id `7F2A31C09B1D4E55`, track id `5b0c",
        "- 2026-11-23T14:00:00Z: failed\n",
        "Not included: headers, client ids, credentials, labels, tags, batches, notes, and response bodies, except the",
    ):
        assert words in text, words


def test_a_job_that_was_seen_running_says_how_long_it_took_at_most() -> None:
    running = known(1, seen(read_body(status="Processing")))
    ended = apply_observation(running.watch, replace(failed(), at=NOW + 30), 5.0)
    text = written(HandoverJob(ended.watch, failed(), ended.events))
    assert "; ended 2026-11-23T14:00:30Z (1m00s ago); took at most 1m30s\n" in text


def test_an_order_that_is_pending_is_not_to_be_submitted_again() -> None:
    text = written(known(1, observation_of("recorded-completed-order-pending")))
    for words in (
        "Do not submit it again.",
        "- Order: `O-00005577`",
        "- Account: `A00000218`",
        "- Subscriptions: `A-S0",
    ):
        assert words in text
    assert "Submitting it again does not help." in text


def test_calls_that_failed_are_named_with_their_ids_and_without_their_bodies() -> None:
    one = known(1, seen(read_body(status="Processing")))
    problem = Problem(ProblemKind.SERVER_ERROR, "Jane Doe's database is down", "SystemError")
    last = LoggedCall(
        at=NOW + 30,
        tenant="env",
        kind=CallKind.POLL,
        call=call(http_status=500, request_id="req-500"),
        job=job(1),
        problem=problem,
        body="<p>Jane Doe</p>",
    )
    text = written(replace(one, calls=(replace(last, problem=None, at=NOW), last)))
    assert (
        "- Last call, 2026-11-23T14:00:30Z: failed: server error, `SystemError`, HTTP 500, request id `req-500`" in text
    )
    assert "- Failed calls: 1 of the last 2\n" in text
    assert "Jane Doe" not in text
    stored = apply_observation(one.watch, Failure(problem, NOW + 40), 5.0).watch
    text = written(replace(one, watch=stored))
    assert "- Last call, 2026-11-23T14:00:40Z: failed: server error, `SystemError`. Zuora had an internal error" in text
    assert "Jane Doe" not in text


def test_the_text_of_the_user_is_included_only_on_request() -> None:
    own = {"label": "CS-4398 Jane", "tags": ("acme",), "note": "call Jane", "batch": "acme.csv 14:02"}
    one = known(1, done(), **own)
    one = replace(one, timeline=(Event(job(1), NOW, EventKind.LABELLED, "CS-4398 Jane"), *one.timeline))
    assert not re.search("(?i)jane|acme", written(one))
    text = written(one, with_notes=True)
    for words in ("- Label: `CS-4398 Jane`", "- Tags: `acme`", "- Batch: `acme.csv 14:02`", "- Note: `call Jane`"):
        assert words in text
    assert "credentials, labels, tags" not in text


def planted(value: Any, text: str) -> Any:  # noqa: ANN401 - JSON
    """Return JSON with the text in every string, as a value and as a further field of every object."""
    if isinstance(value, dict):
        return {**{key: planted(inner, text) for key, inner in value.items()}, "billToContact": text, text: text}
    return [planted(item, text) for item in value] if isinstance(value, list) else f"{value} {text}"


@pytest.mark.parametrize("secret", [*SECRETS.values(), *PERSONAL, *NAMES])
def test_secrets_and_personal_data_are_left_out_wherever_they_are(secret: str) -> None:
    result = planted(json.loads(payload("recorded-completed-order-pending"))["result"], secret)
    ids = {
        "request_id": f"r {secret}",
        "track_id": secret,
        "process_id": secret,
        "limits": (("ratelimit-limit", secret),),
    }
    responses = (
        body(status="Completed", result=result, note=secret),
        body(status="Failed", errors=f"[40000050]: {secret} of the account {secret}", result=None),
    )
    own: dict[str, Any] = {
        "label": secret,
        "tags": (secret,),
        "note": f"token: {secret}",
        "batch": secret,
        "added_by": secret,
    }
    jobs = []
    for number, response in enumerate(responses, 1):
        report = read_response(200, response)
        assert not isinstance(report, Problem)
        one = known(number, Success(report, NOW, call(**ids)), **own)
        logged = LoggedCall(
            at=NOW + 1, tenant="env", kind=CallKind.POLL, call=call(**ids), job=job(number), body=secret
        )
        failure = replace(logged, problem=Problem(ProblemKind.REFUSED, secret, secret))
        read = replace(failure, kind=CallKind.READ, job=None, reference=Reference(RelatedKind.ACCOUNT, secret))
        good = replace(read, problem=None, status=secret, reference=Reference(RelatedKind.ORDER, "O-00005577"))
        jobs.append(replace(one, calls=(logged, failure), reads=(read, good)))
    missing = apply_observation(watch(3, **own), missed(detail=secret), 5.0).watch
    for with_notes in (False, True) if secret not in NAMES else (False,):  # what a name is, patterns do not know
        text = written(*jobs, HandoverJob(missing), with_notes=with_notes)
        assert secret not in text
        assert re.sub(r"\W", "", secret) not in re.sub(r"\W", "", text)
        assert "lock contention" in text


HOSTILE = (
    "`code` ``` <script>alert(1)</script> [x](https://evil.example) ![i](https://evil.example/i) @everyone | a | b |",
    "\n# heading\n- item\n\x1b]52;c;aGk=\x07\x1b[31m\u202e\u200b\r\n> quote",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_in_one_code_span(text: str) -> None:
    one = known(1, seen(read_body(status="Failed", errors=text, result=None)), label=text, note=text, tags=(text,))
    page = written(one, with_notes=True)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", page)
    assert [line for line in page.split("\n") if line.startswith("#")] == [
        "# Handover: 1 job",
        f"## ✗ failed: `{job(1).id}`",
    ]
    for line in page.split("\n"):
        outside = "".join(line.split("`")[::2])
        assert line.count("`") % 2 == 0
        assert not re.search(r"[<\[!@|]|evil|heading|quote", outside.replace("## !", "")), line


def test_many_jobs_are_grouped_by_reason_and_only_those_that_need_the_user_have_a_section() -> None:
    kinds = (failed, failed, done, lambda: seen(read_body(status="Processing")))
    jobs = [known(number, kinds[number % 4]()) for number in range(500)]
    started = time.perf_counter()
    text = written(*jobs)
    assert time.perf_counter() - started < 5
    assert "- 250 failed, 125 running, 125 done" in text
    assert "- 250 × `lock contention` `40000050`, since 2026-11-23T14:00:00Z (1m30s ago): `locked`." in text
    assert text.count("\n## ✗ failed: `") == 250 > DETAILED
    assert "\n## ✓ done: 125 jobs\n" in text
    assert "\n## ◌ running: 125 jobs\n" in text
    assert all(f"`{one.watch.job.id}`" in text for one in jobs)


def test_reads_of_what_a_job_created_are_listed_with_their_time_and_ids() -> None:
    read = LoggedCall(
        at=NOW + 5,
        tenant="env",
        kind=CallKind.READ,
        call=call(request_id="req-7"),
        reference=Reference(RelatedKind.ORDER, "O-00005577"),
        status="Pending",
    )
    problem = Problem(ProblemKind.NOT_FOUND, "Jane Doe", "50000040")
    lost = replace(read, reference=Reference(RelatedKind.INVOICE, "INV-1"), status="", problem=problem)
    text = written(replace(known(1, observation_of("recorded-completed-order-pending")), reads=(read, lost)))
    assert "- Read order `O-00005577`, 2026-11-23T14:00:05Z: `Pending`, HTTP 200, request id `req-7`" in text
    assert "- Read invoice `INV-1`, 2026-11-23T14:00:05Z: failed: not found, `50000040`, HTTP 200" in text
    assert "Jane" not in text


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (
            "Operation failed due to a lock competition, please retry later.",
            "Operation failed due to a lock competition, please retry later.",
        ),
        (
            'Rate plan "Gold" is not effective on 2026-01-01.',
            "Rate plan … is not effective on ….",
        ),
        ("Cannot find entity by key: '1bc24f31'.", "Cannot find entity by key: …."),
        ("Order O-7 of account A00000218 is locked", "Order O-7 of account … is locked"),
        (
            "LOCK_COMPETITION: orderNumber of Bill Price may be billed",
            "LOCK_COMPETITION: orderNumber of … may be billed",
        ),
        ("the card 4111 1111 1111 1111 of 12 High Street", "the card … of 12 …"),
        ("Die Bestellung von Jürgen ist gesperrt.", "…."),
        ("300 subscriptions of 123 High Street", "300 subscriptions of …"),
        (UNKNOWN.sentence, UNKNOWN.sentence),
        (NOT_ASKED.sentence, NOT_ASKED.sentence),
        ("", ""),
    ],
)
def test_only_known_words_of_messages_are_kept(message: str, kept: str) -> None:
    assert keep_known_words(message, {"O-7"}) == kept


@pytest.mark.parametrize(
    "name",
    ["recorded-completed-order-pending", "recorded-failed-lock", "recorded-failed-internal", "recorded-processing"],
)
def test_the_text_of_usual_responses_is_complete(name: str) -> None:
    sentence = known(1, observation_of(name)).watch.verdict.sentence
    assert keep_known_words(sentence) == sentence


def test_every_known_reason_is_named_in_full() -> None:
    titles = [rule.title for rule in RULES]
    assert [keep_known_words(title) for title in titles] == titles
