import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import (
    NOW,
    arranged,
    dashed,
    done,
    failed,
    job,
    job_id,
    missed,
    order_report,
    read_body,
    seen,
    watch,
)
from zjobtui.formatting.symbols import WORDS
from zjobtui.models.assessment import apply_observation
from zjobtui.models.digest import Digest
from zjobtui.models.duration_stats import TypicalTimes
from zjobtui.models.filter_fields import FILTER_FIELDS, STATUSES, Vocabulary, vocabulary_of
from zjobtui.models.filters import Filter, FilterProblem, haystack, parse, translate
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.report import Report, Subscription
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob

ATTENTION = Verdict(VerdictKind.ATTENTION, "The order is Pending.")


def digest(**fields: str) -> Digest:
    return Digest(**{"status": "Completed", "verdict": ATTENTION, **fields})  # type: ignore[arg-type] # all are text


def matching(text: str, *watches: WatchedJob, now: float = NOW) -> list[int]:
    wanted = parse(text)
    assert isinstance(wanted, Filter), wanted
    return [int(watch.job.id.key[:8]) for watch in watches if wanted.matches(watch, now)]


def matches(text: str, one: WatchedJob, now: float = NOW) -> bool:
    return bool(matching(text, one, now=now))


def problem(text: str) -> FilterProblem:
    found = parse(text)
    assert isinstance(found, FilterProblem)
    return found


def after(observation: Observation, number: int = 1) -> WatchedJob:
    return apply_observation(watch(number), observation, 5.0).watch


RICH = watch(
    1,
    label="CS-4390 Renewal",
    tags=("acme", "Bulk"),
    note="ask Jo about it",
    digest=digest(
        order_number="O-0001", account_number="A-17", words="A-S00042 INV-9 [40000050]: locked", kind="order"
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        *("cs-4390", "renewal CS", "o-0001", "a-17", "a-s00042", "inv-9", "LOCKED", "acme", "bulk", "about", "pending"),
        *('"ask jo"', '"renewal', '""', "", "  ", "00000001", "[40000050]: -foo !bar"),
        *(job_id(1).given, dashed(job_id(1))),
    ],
)
def test_words_are_found_in_every_searchable_field(text: str) -> None:
    assert matches(text, RICH)


@pytest.mark.parametrize(
    "text", ["cs jim", '"jo ask"', "-renewal", "!acme", '!"ask jo"', '"it acme"', "00000002", "env"]
)
def test_every_word_must_match(text: str) -> None:
    assert not matches(text, RICH)


def test_the_problem_of_the_last_call_is_found() -> None:
    assert matches("timed", after(missed(ProblemKind.TIMED_OUT)))


def test_an_id_is_found_with_or_without_dashes() -> None:
    given_dashed = watch(1, job=JobRef("env", JobId(dashed(job_id(1)))))
    for one in (watch(1), given_dashed):
        for text in (job_id(1).given, dashed(job_id(1)), dashed(job_id(1))[:13], job_id(1).given[:12].upper()):
            assert matches(text, one)
            assert matches(f"id:{text}", one)
        assert not matches(f"id:{job_id(2).given}", one)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status:failed", [1]),
        ("status:f", [1]),
        ("status:failed,attention", [1, 2]),
        ("status:needs", [2]),
        ("status:unknown", [3]),
        ("status:running", [4]),
        ("status:done", [5]),
        ("status:completed", [2, 5]),
        ("status:processing", [4]),
        ("STATUS:Failed,", [1]),
        ("!status:failed -status:done", [2, 3, 4]),
        ("is:final", [1, 2, 5]),
        ("is:unread", [1, 2, 3, 5]),
        ("is:u,labelled", [1, 2, 3, 5]),
    ],
)
def test_a_status_is_a_verdict_or_a_status_of_zuora(text: str, expected: list[int]) -> None:
    watches = (
        after(failed(), 1),
        after(seen(Report(status="Completed")), 2),
        after(missed(ProblemKind.NOT_FOUND), 3),
        after(seen(), 4),
        after(done(), 5),
    )
    assert matching(text, *watches) == expected


@pytest.mark.parametrize(
    ("former", "present", "notice"),
    [
        ("is:unseen", "is:unread", "is:unseen is now is:unread"),
        ("IS:Unsee", "IS:unread", "is:unseen is now is:unread"),
        ("!is:unseen,final a", "!is:unread,final a", "is:unseen is now is:unread"),
        ('a status:failed,"waiting"', "a status:failed,running", "status:waiting is now status:running"),
        ("status:w", "status:running", "status:waiting is now status:running"),
    ],
)
def test_a_former_name_is_accepted_and_translated_with_a_notice(former: str, present: str, notice: str) -> None:
    assert translate(former) == (present, (notice,))
    assert parse(former) == parse(present)
    assert isinstance(parse(former), Filter)


@pytest.mark.parametrize(
    "text", ["", "is:u", "is:unread status:running", "status:", "is:", "unseen waiting", "label:waiting", '"is:unseen"']
)
def test_terms_without_a_former_name_are_unchanged(text: str) -> None:
    assert translate(text) == (text, ())


def test_each_former_name_is_reported_once() -> None:
    text, notices = translate("is:unseen !is:unseen status:waiting")
    assert text == "is:unread !is:unread status:running"
    assert notices == ("is:unseen is now is:unread", "status:waiting is now status:running")


def test_an_unknown_status_of_zuora_can_be_filtered() -> None:
    one = after(seen(Report(status="Suspended")))
    assert matches("status:suspended", one)
    assert not matches("status:held", one)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("order:0001", True),
        ("order:O-0002", False),
        ("account:a-17", True),
        ("account:0001", False),
        ("label:renew", True),
        ('label:"4390 ren"', True),
        ("label:acme", False),
        ("tag:ac", True),
        ("tag:cme", False),
        ("tag:other,bulk", True),
        ("tenant:en", True),
        ("tenant:eu", False),
        ("type:order", True),
        ("type:preview", False),
        ("is:labelled", True),
    ],
)
def test_a_term_with_a_field_matches_only_that_field(text: str, expected: bool) -> None:
    assert matches(text, RICH) is expected
    assert matches(f"!{text}", RICH) is not expected


FAILED = after(seen(read_body(status="Failed", errors="[40000050]: Operation failed due to a lock competition")), 1)
ORDER = after(
    seen(
        order_report(
            subscriptions=tuple(Subscription(number=f"A-S{number:08}") for number in range(900)), invoices=("INV-7",)
        )
    ),
    2,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code:40000050", [1]),
        ("code:4000", [1]),
        ("code:50", [1]),
        ("code:00", []),
        ("reason:lock", [1]),
        ('reason:"lock contention"', [1]),
        ("reason:competition", [1]),
        ("reason:O-0", []),
        ("note:jo", [3]),
        ("note:acme", []),
        ("sub:A-S00000001", [2]),
        ("sub:s00000899", [2]),
        ("sub:A-S00000900", []),
        ("sub:INV-7", []),
        ("invoice:inv-7", [2]),
        ("invoice:INV-8", []),
        ("A-S00000001", [2]),
        ("INV-7", [2]),
        ('"lock contention"', [1]),
    ],
)
def test_reasons_notes_subscriptions_and_invoices_are_found(text: str, expected: list[int]) -> None:
    noted = watch(3, note="ask Jo")
    assert matching(text, FAILED, ORDER, noted) == expected
    assert matching(f"!{text}", FAILED, ORDER, noted) == [number for number in (1, 2, 3) if number not in expected]


def test_overdue_jobs_are_found_if_typical_times_are_known() -> None:
    slow, fast = (replace(after(seen(), number), added_at=NOW - age) for number, age in ((1, 100.0), (2, 10.0)))
    wanted = parse("is:overdue")
    assert isinstance(wanted, Filter)
    assert wanted.is_timed
    typical = {"env": TypicalTimes(20.0, 60.0)}
    assert [wanted.matches(one, NOW, typical) for one in (slow, fast)] == [True, False]
    assert [wanted.at(NOW, typical)(one) for one in (slow, fast)] == [True, False]
    assert not wanted.matches(slow, NOW)


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        (
            "status:foo",
            "“foo” is not a valid status; try status:failed (known: failed, attention, needs attention, unknown, ",
            "status:failed",
        ),
        ("!status:failed,runing", "“runing” is not a valid status", "status:running"),
        ("tenant:prod", "“prod” is not a valid tenant; try tenant:eu-prod (known: eu-prod, us, env)", "tenant:eu-prod"),
        (
            "type:xyz",
            "“xyz” is not a valid type; try type:order (known: order, preview, operation job, AsyncDeleteOrder)",
            "type:order",
        ),
    ],
)
def test_a_value_that_is_not_known_is_reported_with_the_known_ones(text: str, wrong: str, right: str) -> None:
    found = parse(f"a {text}", known_words)
    assert isinstance(found, FilterProblem)
    assert str(found).startswith(wrong)
    assert (found.right, found.rest, found.is_unfinished) == (right, parse("a"), False)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "status:f",
            "status:compl",
            "status:Suspended",
            "status:failed,running",
            "tenant:e",
            "tenant:ENV",
            "tenant:us",
        ),
        *(
            "type:async",
            "type:order",
            "type:operation",
            'type:"operation job"',
            "status:waiting",
            "label:xyz",
            "is:unseen",
        ),
    ],
)
def test_the_beginning_of_a_known_value_is_valid(text: str) -> None:
    assert isinstance(parse(text, known_words), Filter)


def test_the_known_values_are_only_looked_up_if_a_term_needs_them() -> None:
    def fail() -> Vocabulary:
        raise AssertionError

    assert isinstance(parse("acme label:x age>10m is:unread", fail), Filter)


def known_words() -> Vocabulary:
    jobs = (watch(1, digest=digest(status="Suspended", kind="AsyncDeleteOrder")), watch(2))
    return vocabulary_of(jobs, ("eu-prod", "us"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age>10m", [1, 2]),
        ("age<1h30m", [2, 3]),
        ("age>=2h", []),
        ("age>7199s", [1]),
        ("age>0.1d", []),
        ("ended<1h", [2]),
        ("!ended<1h", [1, 3]),
        ("ended>1h", [1]),
        ("is:stale", [3]),
    ],
)
def test_times_count_from_now(text: str, expected: list[int]) -> None:
    over = digest()
    watches = (
        watch(1, added_at=NOW - 7_200, ended_at=NOW - 7_000, digest=over),
        watch(2, added_at=NOW - 3_000, ended_at=NOW - 60, digest=over),
        watch(3, added_at=NOW - 590),
    )
    assert matching(text, *watches) == expected


@pytest.mark.parametrize(
    ("text", "position", "right"),
    [
        ("acme stauts:failed", 5, "status:failed,attention"),
        ("status:faild", 0, "status:failed"),
        ("status:failed,runing", 0, "status:running"),
        ("type:preveiw", 0, "type:preview"),
        ('type:"operation jop"', 0, 'type:"operation job"'),
        ("is:labeled", 0, "is:labelled"),
        ("is:failed", 0, "status:failed"),
        ("is:waiting", 0, "status:running"),
        ("is:xyz", 0, "is:stale"),
        ("age:10m", 0, "age>10m"),
        ("order>5", 0, "order:O-0001"),
        ("id:order", 0, "id:1bc24f31"),
        ("age>soon", 0, "age>10m"),
        ("-https://host", 0, '"https://host"'),
    ],
)
def test_an_error_is_reported_with_a_valid_alternative(text: str, position: int, right: str) -> None:
    found = problem(text)
    assert (found.position, found.right, found.is_unfinished) == (position, right, False)
    assert str(found).endswith(f"; try {right}")
    assert isinstance(parse(found.right), Filter)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("acme status:", "status:failed,attention"),
        ("acme status:,", "status:failed,attention"),
        ("acme !", "!is:final"),
        ("acme age>10", "age>10m"),
        ("acme age<1h3", "age<1h3m"),
        ("acme age>", "age>10m"),
        ('acme label:"', "label:CS-4390"),
    ],
)
def test_an_unfinished_term_leaves_the_others_in_force(text: str, right: str) -> None:
    found = problem(text)
    assert (found.position, found.right, found.is_unfinished, found.rest) == (5, right, True, parse("acme"))


def test_the_first_error_is_reported_and_every_valid_term_applies() -> None:
    found = problem("a stauts:x b age: c")
    assert (found.term, found.position, found.rest) == ("stauts:x", 2, parse("a b c"))


def test_an_empty_filter_matches_everything() -> None:
    assert not parse("")
    assert parse("") == Filter()
    assert matches("", watch())


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  b   -a ", "b !a"),
        ("Status:failed,failed, age>=10m", "status:failed age>10m"),
        ('"two words" "one"', '"two words" one'),
        ('label:"a, b",c', 'label:"a, b",c'),
        ('"age:1" "-x"', '"age:1" "-x"'),
        ('say"so "say ""so"', 'say"so "say ""so"'),
        ("a\tb a", "a b"),
        ("12:30", "12:30"),
    ],
)
def test_a_filter_is_printed_in_its_canonical_form(text: str, plain: str) -> None:
    assert str(parse(text)) == plain


def test_every_field_has_a_valid_example() -> None:
    for field in FILTER_FIELDS.values():
        assert field.example.startswith(field.name)
        assert isinstance(parse(field.example), Filter)


def test_the_words_for_verdicts_are_those_on_the_screen() -> None:
    assert {kind: word for word, kind in STATUSES.items() if " " not in word} == WORDS


PIECES = [
    "status:",
    "failed",
    "faild",
    ",",
    "!",
    "-",
    '"',
    " ",
    "age",
    ">",
    "<",
    "10",
    "m",
    "is:",
    "unread",
    "unseen",
    "waiting",
    "id:",
    "x:y",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)
SOME = (
    RICH,
    watch(2, label='say "so", 10m', read_at=NOW),
    after(failed(), 3),
    after(done(NOW + 60), 4),
    after(missed(ProblemKind.NOT_FOUND), 5),
)


@given(TEXTS)
def test_translation_changes_only_names(text: str) -> None:
    present, _ = translate(text)
    assert translate(present) == (present, ())
    before, after = (one.rest if isinstance(one, FilterProblem) else one for one in map(parse, (text, present)))
    assert before == after


@given(TEXTS)
def test_any_text_is_parsed_and_equals_its_canonical_form(text: str) -> None:
    found = parse(text)
    if isinstance(found, FilterProblem):
        assert 0 <= found.position < len(text)
        assert found.wrong
        found = found.rest
    again = parse(str(found))
    assert again == found
    assert isinstance(again, Filter)
    assert str(again) == str(found)
    for one in SOME:
        assert again.matches(one, NOW) == found.matches(one, NOW)


@given(TEXTS)
def test_a_negated_term_matches_exactly_the_other_jobs(text: str) -> None:
    found = parse(text)
    for term in (found if isinstance(found, Filter) else found.rest).terms:
        if not term.text.startswith("!"):
            for one in SOME:
                assert matches(f"!{term}", one) is not matches(str(term), one)


@given(TEXTS, TEXTS)
def test_several_terms_match_jobs_that_each_term_matches(one: str, other: str) -> None:
    first, second, both = (
        found if isinstance(found, Filter) else found.rest for found in map(parse, (one, other, f"{one} {other}"))
    )
    if '"' not in one:
        for some in SOME:
            assert both.matches(some, NOW) == (first.matches(some, NOW) and second.matches(some, NOW))


def test_a_changed_job_is_found_by_its_new_text() -> None:
    for number in range(3):
        assert f"label {number}" in haystack(watch(1, label=f"Label {number}"))


def test_five_thousand_jobs_are_filtered_and_sorted_within_a_key_press() -> None:
    text = "A-S00042 " * 20
    many = [watch(number, job=job(number), label=f"CS-{number}", digest=digest(words=text)) for number in range(5_000)]
    wanted = parse("cs -4999 status:attention age<1h")
    assert isinstance(wanted, Filter)
    spent = []
    for _ in range(5):
        start = time.process_time()
        assert len(arranged(one for one in many if wanted.matches(one, NOW))) == 4_999
        spent.append(time.process_time() - start)
    assert min(spent) < 0.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age:10m", "“age” needs < or > after it; try age>10m"),
        ("order>3", "“order” needs : after it; try order:O-0001"),
    ],
)
def test_an_invalid_operator_is_reported_with_the_valid_ones(text: str, message: str) -> None:
    assert str(problem(text)) == message


def test_unfinished_terms_are_not_reported_wherever_they_are() -> None:
    found = problem("age> stauts:x alpha is:bar order:")
    alarms = found.alarm.split(" · ")
    assert [alarm.partition(";")[0] for alarm in alarms] == ["Unknown field “stauts”", "“bar” is not a valid state"]
    assert str(found).startswith("“age>” has no value yet")
    assert found.rest == parse("alpha")
