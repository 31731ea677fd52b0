"""Recorded responses, altered in thousands of ways: none is called done that the response itself does not prove."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.building import outline
from tests.support.payloads import PAYLOADS, payload
from zjobtui.formatting.outline import to_text
from zjobtui.models.assessment import judge
from zjobtui.models.problem import Problem
from zjobtui.models.report import Report
from zjobtui.models.verdict import VerdictKind
from zjobtui.zuora.parser import read_report, read_response

Value = Any
"""Any JSON value."""

JUNK: tuple[Value, ...] = (
    *(None, True, False, 0, 1, -1, 3.5, 10**30, 1e300, "", " ", "x", "Completed", "Failed", "Pending", "Success"),
    *(
        "Error",
        "Active",
        "有効",
        "completed",
        "true",
        "[40000050]: locked",
        "\u202e\u200b",
        "\ud800",
        "AsyncCreateOrder",
    ),
    *("AsyncPreviewOrder", [], {}, [None], [[]], [{}], {"status": "Completed"}, ["Error"], {"code": 50000040}),
)
KEYS = (
    *("status", "success", "errors", "result", "reasons", "jobType", "refunds", "writeOff", "paymentStatus"),
    *("paymentErrorCode", "subscriptions", "previewResult", "invoices", "orderNumber", "code", "message", "new"),
)


@pytest.mark.parametrize("seed", range(4))
def test_no_mutated_response_is_completed_without_proof(seed: int) -> None:
    fuzz(seed, 2_500)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_none_of_a_hundred_thousand_mutated_responses_is_completed_without_proof(seed: int) -> None:
    fuzz(seed, 10_000)


def test_a_valid_proof_is_recognized() -> None:
    """The check in the other tests would be worthless if it were true for everything or for nothing."""
    proven = {name for name in PAYLOADS if is_proven(json.loads(payload(name)))}
    assert proven == {
        "derived-preview",
        "derived-preview-no-job-type",
        "derived-unknown-job-type",
        "recorded-completed-localised",
        "recorded-completed-old-shape",
    }


def fuzz(seed: int, times: int) -> None:
    chance = random.Random(seed)
    done = 0
    for _ in range(times):
        answer = spoiled(chance)
        outcome = read_response(chance.choice((200, 200, 200, 200, 500, 404)), answer)
        assert isinstance(outcome, Report | Problem)
        if isinstance(outcome, Report):
            assert list(to_text(outline(outcome))) is not None
            assert read_report(outcome.raw) == outcome
            if judge(outcome).kind is VerdictKind.DONE:
                done += 1
                assert is_proven(json.loads(answer.decode("utf-8-sig", "replace"))), answer
    assert done > times // 100


def spoiled(chance: random.Random) -> bytes:
    value = json.loads(payload(chance.choice(PAYLOADS)))
    for _ in range(chance.randrange(4)):
        value = chance.choice(SPOILERS)(value, chance)
    answer = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")
    if chance.random() < 0.3:
        answer = chance.choice(BREAKERS)(answer, chance)
    return answer


def places(value: Value) -> Iterator[tuple[Value, Value]]:
    """Every container in a value with a key or an index in it."""
    if isinstance(value, dict | list):
        for key, one in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from places(one)


def somewhere(value: Value, chance: random.Random) -> tuple[Value, Value]:
    found = list(places(value))
    return chance.choice(found) if found else ({"": None}, "")


def replaced(value: Value, chance: random.Random) -> Value:
    holder, key = somewhere(value, chance)
    holder[key] = json.loads(json.dumps(chance.choice(JUNK)))
    return value


def dropped(value: Value, chance: random.Random) -> Value:
    holder, key = somewhere(value, chance)
    del holder[key]
    return value


def added(value: Value, chance: random.Random) -> Value:
    holder, _key = somewhere(value, chance)
    if isinstance(holder, dict):
        holder[chance.choice(KEYS)] = json.loads(json.dumps(chance.choice(JUNK)))
    else:
        holder.append(json.loads(json.dumps(chance.choice(JUNK))))
    return value


def decided(value: Value, chance: random.Random) -> Value:
    """A field that a verdict depends on, at the root or in the result."""
    holder = value.get("result") if isinstance(value, dict) and chance.random() < 0.7 else value
    if isinstance(holder, dict):
        holder[chance.choice(KEYS)] = json.loads(json.dumps(chance.choice(JUNK)))
    return value


def moved(value: Value, chance: random.Random) -> Value:
    """One part of it in the place of another."""
    (to, to_key), (holder, key) = somewhere(value, chance), somewhere(value, chance)
    to[to_key] = json.loads(json.dumps(holder.get(key) if isinstance(holder, dict) else None))
    return value


def wrapped(value: Value, chance: random.Random) -> Value:
    holder, key = somewhere(value, chance)
    inner = json.loads(json.dumps(holder[key]))
    holder[key] = [inner] if chance.random() < 0.5 else {chance.choice(KEYS): inner}
    return value


def cut(answer: bytes, chance: random.Random) -> bytes:
    return answer[: chance.randrange(len(answer) + 1)]


def flipped(answer: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(answer))
    return answer[:at] + bytes([answer[at] ^ (1 << chance.randrange(8))]) + answer[at + 1 :]


def spliced(answer: bytes, chance: random.Random) -> bytes:
    other = payload(chance.choice(PAYLOADS))
    return answer[: chance.randrange(len(answer))] + other[chance.randrange(len(other)) :]


def doubled(answer: bytes, chance: random.Random) -> bytes:
    at, end = sorted(chance.randrange(len(answer)) for _ in range(2))
    return answer[:end] + answer[at:]


SPOILERS: tuple[Callable[[Value, random.Random], Value], ...] = (
    decided,
    decided,
    replaced,
    dropped,
    added,
    moved,
    wrapped,
)
BREAKERS: tuple[Callable[[bytes, random.Random], bytes], ...] = (cut, flipped, spliced, doubled)


def is_proven(value: Value) -> bool:
    """Whether a response proves that the job is done, decided independently of the program's code."""
    if not isinstance(value, dict) or value.get("status") != "Completed" or value.get("success") not in (None, True):
        return False
    result = value.get("result")
    if not isinstance(result, dict) or not result or has_errors(value.get("errors")):
        return False
    if has_errors(result.get("reasons")) or not (result.get("success") is True or is_blank(result.get("success"))):
        return False
    job_type = result.get("jobType")
    if job_type == "AsyncCreateOrder" or (is_blank(job_type) and "orderNumber" in result and not is_preview(result)):
        return is_proven_order(result)
    return is_preview(result) or is_blank(result.get("status")) or result["status"] in ("Completed", "Success")


def is_proven_order(result: Value) -> bool:
    return (
        result.get("status") == "Completed"
        and result.get("paymentStatus") not in ("Error", "Failed")
        and is_blank(result.get("paymentErrorCode"))
        and is_blank(result.get("paymentErrorMessage"))
        and all(is_well(result.get(name)) for name in ("refunds", "writeOff"))
    )


def is_blank(text: Value) -> bool:
    return text is None or (isinstance(text, str) and not text.strip())


def is_preview(result: Value) -> bool:
    return result.get("jobType") == "AsyncPreviewOrder" or "previewResult" in result or "invoices" in result


def is_well(some: Value) -> bool:
    """Whether a list of refunds or write-offs contains no failure."""
    if is_blank(some):
        return True
    return isinstance(some, list) and all(
        isinstance(one, dict) and (is_blank(one.get("status")) or one["status"] == "Success") for one in some
    )


def has_errors(errors: Value) -> bool:
    return any(not (is_blank(one) or one == {}) for one in (errors if isinstance(errors, list) else [errors]))
