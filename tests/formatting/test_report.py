"""The printed form of responses; `printed` has the reviewed text for each recorded response."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.support.building import order_report, outline, read_body, read_payload, read_result, seen, watch
from tests.support.leaves import outline_texts, texts_of, typed, untyped
from tests.support.payloads import PAYLOADS
from tests.support.results import FULL_RESULTS, RESULTS
from zjobtui.formatting.outline import OutlineNode, Tone, to_text
from zjobtui.formatting.report import FILTERABLE, OPEN_LIMIT, filter_groups, report_lines
from zjobtui.formatting.symbols import money, quantity
from zjobtui.models.advice import NO_ADVICE
from zjobtui.models.assessment import apply_observation, judge
from zjobtui.models.failure_groups import failure_groups
from zjobtui.models.json_value import Json
from zjobtui.models.problem import Problem
from zjobtui.models.report import OrderLineItem, OtherResult, Report, Subscription
from zjobtui.models.why import settled_why

PRINTED = Path(__file__).with_name("printed")

NOT_PRINTED = ("AsyncCreateOrder", "AsyncPreviewOrder")
"""Words that the outline replaces by its form."""


def words(outcome: Report | Problem) -> str:
    if isinstance(outcome, Problem):
        return f"{outcome}\n{outcome.kind.meaning}\n{outcome.code}\n"
    verdict = judge(outcome)
    return "\n".join((f"{verdict.kind.value} · {verdict.sentence}", *to_text(outline(outcome)), ""))


@pytest.mark.parametrize(
    ("text", "name", "error"),
    [
        (
            '[40000020]: Rate plan "X" is not effective on the date.',
            "plan not effective",
            "40000020 · plan not effective",
        ),
        ("[40000060]: Your card was declined.", "payment declined", "40000060 · payment declined"),
        ("[40000030]: The order is odd.", "business rule", "40000030 · business rule"),
        ("invalid order", "invalid order", "invalid order"),
        ("[40000042]: Odd.", "Odd.", "40000042"),
    ],
)
def test_a_reason_has_one_name_in_sentence_row_group_and_error_line(text: str, name: str, error: str) -> None:
    report = read_body(status="Failed", errors=text, result=None)
    one = apply_observation(watch(1), seen(report), 5.0).watch
    (group,) = failure_groups([one])
    assert one.verdict.sentence.startswith((f"Job failed, {name}: ", f"Job failed: {name}"))
    assert (settled_why(one), group.title) == (name, name)
    assert [line.text for line in outline(report) if line.name == "Error"] == [error]


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_recorded_response_is_printed_as_expected(name: str) -> None:
    assert words(read_payload(name)) == (PRINTED / f"{name}.txt").read_text(encoding="utf-8")


def test_every_expected_output_has_a_recorded_response() -> None:
    assert {path.stem for path in PRINTED.iterdir()} == set(PAYLOADS)


REPORTS = [name for name in PAYLOADS if isinstance(read_payload(name), Report)]


@pytest.mark.parametrize("name", REPORTS)
def test_every_value_of_a_recorded_response_is_printed(name: str) -> None:
    report = read_payload(name)
    assert isinstance(report, Report)
    assert not_printed(report) == []


@pytest.mark.parametrize("result", FULL_RESULTS.values(), ids=FULL_RESULTS)
def test_every_documented_field_and_any_other_beside_it_is_printed(result: dict[str, Any]) -> None:
    assert not_printed(read_result(result)) == []


@pytest.mark.slow
@settings(max_examples=100)
@given(RESULTS)
def test_every_value_of_any_result_is_printed_and_line_keys_are_unique(result: Json) -> None:
    report = read_result(result)
    assert not_printed(report) == []
    keys = [line.key for line in every(outline(report))]
    assert [key for key, times in Counter(keys).items() if times > 1] == []


def not_printed(report: Report) -> list[Json]:
    """Return what a report contains and its outline does not; a field without an own name counts each time."""
    lines = outline(report)
    text = "\n".join(to_text(lines))
    missing: list[Json] = [leaf for leaf in typed(report) if not is_printed(leaf, report, text)]
    return [*missing, *(texts_of(untyped(report)) - Counter(outline_texts(lines)))]


def is_printed(leaf: Json, report: Report, text: str) -> bool:
    match leaf:
        case bool() | "":
            return True
        case Decimal():
            return leaf == 0 or any(form in text for form in (money(leaf), quantity(leaf)))
        case _:
            return str(leaf) in text or leaf in (report.status, *NOT_PRINTED)


def every(lines: Iterable[OutlineNode]) -> Iterator[OutlineNode]:
    for line in lines:
        yield line
        yield from every(line.children)


def subscriptions_of(*statuses: str) -> OutlineNode:
    report = order_report(subscriptions=tuple(Subscription(number=status or "?", status=status) for status in statuses))
    return next(line for line in outline(report) if line.key == "subscriptions")


def test_a_subscription_that_is_not_active_is_found_among_three_hundred() -> None:
    line = subscriptions_of(*["Active"] * 298, "Suspended", "Pending Activation")
    assert line.text == "298 Active, 1 Suspended, 1 Pending Activation"
    assert [below.text for below in line.children[:3]] == ["Suspended", "Pending Activation", "Active"]


def test_in_a_localised_tenant_rare_statuses_come_first() -> None:
    line = subscriptions_of(*["有効"] * 298, "停止", "有効")
    assert [below.text for below in line.children[:2]] == ["停止", "有効"]


def test_if_most_are_not_active_rare_statuses_come_first_and_active_last() -> None:
    line = subscriptions_of("Active", *["Pending Activation"] * 5, "Suspended", "Active")
    assert [below.text for below in line.children[:2]] == ["Suspended", "Pending Activation"]
    assert [below.text for below in line.children[-2:]] == ["Active", "Active"]


def test_a_group_is_filtered_to_lines_that_contain_all_words() -> None:
    made = [Subscription(number=f"A-S{number:03}", status="Active") for number in range(1, 300)]
    report = order_report(
        subscriptions=(*made, Subscription(number="A-S300", status="Pending Activation")),
        order_line_items=(OrderLineItem(number="7", id="pending-item"), OrderLineItem(number="8")),
    )
    lines = filter_groups(outline(report), "PEND s30")
    subscriptions, items = (line for line in lines if line.key in FILTERABLE)
    assert subscriptions.name == "Subscriptions (1 of 300)"
    assert [below.name for below in subscriptions.children] == ["A-S300"]
    assert (items.name, items.children) == ("Order line items (0 of 2)", ())
    assert [line for line in lines if line.key not in FILTERABLE] == [
        line for line in outline(report) if line.key not in FILTERABLE
    ]


def test_support_details_are_shown_after_a_failure() -> None:
    failure = read_payload("recorded-failed-lock")
    assert isinstance(failure, Report)
    assert list(to_text(report_lines(failure, NO_ADVICE, "request id r")))[-1] == "For support            request id r"
    assert "For support" not in "".join(to_text(report_lines(order_report(), NO_ADVICE, "request id r")))


def test_a_long_list_is_closed_at_first_and_a_short_one_open() -> None:
    assert subscriptions_of(*["Active"] * OPEN_LIMIT).is_open
    assert not subscriptions_of(*["Active"] * (OPEN_LIMIT + 1)).is_open


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("Active", Tone.GOOD),
        ("Pending Activation", Tone.ATTENTION),
        ("Failed", Tone.BAD),
        ("有効", Tone.PLAIN),
        ("", Tone.PLAIN),
    ],
)
def test_a_status_has_a_tone_and_an_unknown_one_none(status: str, tone: Tone) -> None:
    assert subscriptions_of(status).children[0].tone is tone


def test_an_unknown_job_type_is_shown_as_such() -> None:
    lines = [line.split() for line in to_text(outline(Report(status="Completed", result=OtherResult())))]
    assert ["Job", "type", "unknown"] in lines
    assert lines[0][0] == "Meaning"
