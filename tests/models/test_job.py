import json
import re

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.building import dashed, job_id
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.job import InvalidJobIdError, JobId, JobRef
from zjobtui.zuora.requests import JOBS_PATH, job_path

PLAIN = "1bc24f315d7b48d3a20245bfe73bdceb"
DASHED = "1bc24f31-5d7b-48d3-a202-45bfe73bdceb"
OTHER = "9f1c24f315d7b48d3a20245bfe73bdc0"

HEX = st.text("0123456789abcdefABCDEF", min_size=32, max_size=32)
SEPARATORS = st.sampled_from([" ", "\n", ",", '","', ";", "/", "|", "_", "'", "=", ": ", "]["])


@pytest.mark.parametrize("other", [DASHED, PLAIN.upper(), DASHED.upper(), f"  {PLAIN}\n"])
def test_an_id_in_any_notation_is_the_same_job(other: str) -> None:
    assert JobId.parse(other) == JobId.parse(PLAIN)
    assert len({JobId.parse(other), JobId.parse(PLAIN)}) == 1
    assert JobRef("env", JobId.parse(other)) == JobRef("env", JobId.parse(PLAIN))


def test_an_id_is_stored_and_shown_unchanged() -> None:
    assert str(JobId.parse(DASHED.upper())) == DASHED.upper()


def test_the_same_id_in_two_tenants_is_two_jobs() -> None:
    assert JobRef("env", JobId(PLAIN)) != JobRef("eu", JobId(PLAIN))
    assert JobId(PLAIN) != PLAIN


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "A job id cannot be empty."),
        ("   ", "A job id cannot be empty."),
        (PLAIN[:-1], "it has 31 hexadecimal digits, a job id has 32."),
        (PLAIN + "0", "it has 33 hexadecimal digits, a job id has 32."),
        ("O-00000001", "it contains characters other than hexadecimal digits and dashes."),
        (PLAIN[:-1] + "g", "it contains characters other than hexadecimal digits and dashes."),
        (f"{PLAIN}/../accounts", "it contains characters other than hexadecimal digits and dashes."),
        (PLAIN[:-1] + "１", "it contains characters other than hexadecimal digits and dashes."),
        (f"{PLAIN[:4]}-{PLAIN[4:]}", "its dashes are not in the places of a UUID (8-4-4-4-12)."),
        (f"{DASHED}-", "its dashes are not in the places of a UUID (8-4-4-4-12)."),
    ],
)
def test_a_refused_id_is_reported_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidJobIdError, match=re.escape(sentence)):
        JobId.parse(text)


def test_a_refusal_shows_hostile_text_cleaned_and_short() -> None:
    with pytest.raises(InvalidJobIdError) as refusal:
        JobId.parse("\x1b[2J" + "x" * 5_000)
    assert str(refusal.value).startswith("“␛[2Jxxx")
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        f"Hi, job {PLAIN} is stuck, and so is {OTHER}.",
        f"https://rest.zuora.com/v1/async-jobs/{PLAIN}?x=1 then /async-jobs/{OTHER}",
        json.dumps([{"jobId": PLAIN, "success": True}, {"jobId": OTHER, "success": True}]),
        f"ticket,job,state\n1,{PLAIN},open\n2,{OTHER},open\n",
        f'2026-11-23T14:02:31Z INFO posted order jobId="{PLAIN}"\n… [jobId={OTHER}] done in 20.1s',
        f"job_{PLAIN}\tjob-{OTHER}",
        f"<{PLAIN}>\r\n({DASHED});{OTHER}",
        f"é{PLAIN}有{OTHER}",
        f"{PLAIN}-{OTHER}",
    ],
    ids=["ticket", "url", "json", "csv", "log", "glued to a word", "twice", "beside other letters", "in one word"],
)
def test_ids_are_found_in_any_pasted_text(text: str) -> None:
    assert find_job_ids(text).ids == (JobId(PLAIN), JobId(OTHER))


@pytest.mark.parametrize(
    "word",
    [PLAIN[:-1], PLAIN + "0", PLAIN[4:], PLAIN + "abc", DASHED[:-1], DASHED.replace("-4", "4-", 1)],
    ids=["cut", "too long", "cut by four", "too long by three", "dashed and cut", "wrong dashes"],
)
def test_text_like_a_broken_id_is_refused_and_not_corrected(word: str) -> None:
    found = find_job_ids(f"see {word} please")
    assert (found.ids, found.near_misses) == ((), (word,))


@pytest.mark.parametrize(
    "text",
    [
        *("", "no ids here", "O-00005577 A-S00012346", "2026-11-23", "deadbeef", "g" * 32),
        *("1" * 31, "a" * 33, PLAIN[:27], f"{PLAIN}abcd", f"{PLAIN}{OTHER}"),
    ],
)
def test_words_that_are_clearly_not_ids_are_ignored(text: str) -> None:
    assert find_job_ids(text) == find_job_ids("")


def test_a_broken_id_is_reported_once() -> None:
    assert find_job_ids(f"{PLAIN[:-1]} {PLAIN[:-1]}").near_misses == (PLAIN[:-1],)


@given(st.lists(HEX, max_size=20), st.data())
def test_every_id_between_separators_is_found_once_and_in_order(ids: list[str], data: st.DataObject) -> None:
    text = "".join(f"{one if data.draw(st.booleans()) else dashed(JobId(one))}{data.draw(SEPARATORS)}" for one in ids)
    assert find_job_ids(text).ids == tuple(dict.fromkeys(JobId(one) for one in ids))


@given(st.text())
def test_any_text_is_read_and_only_ids_are_returned(text: str) -> None:
    for one in find_job_ids(text).ids:
        assert JobId.parse(one.given) == one


def test_ten_thousand_ids_are_found() -> None:
    text = json.dumps([{"jobId": job_id(number).given, "success": True} for number in range(10_000)])
    assert len(find_job_ids(text).ids) == 10_000


TRAVERSALS = [
    "..",
    "../accounts",
    "..%2Faccounts",
    "a/b",
    "a?x=1",
    "a#f",
    "a\\b",
    "@evil",
    "%2e%2e",
    "a b",
    "a\r\nX: y",
]


@pytest.mark.parametrize("text", ["", *TRAVERSALS, "\u212f", "１"])
def test_an_id_that_could_change_the_request_is_never_sent(text: str) -> None:
    with pytest.raises(ValueError, match="change the request"):
        job_path(JobId(text))


ANY_ID = st.text(max_size=40) | st.text("0123456789abcdefABCDEF-./%?#\\@:;\r\n", max_size=40) | st.from_regex(r"[\w-]+")


def stays_at_the_jobs(text: str) -> None:
    try:
        path = job_path(JobId(text))
    except ValueError:
        return
    url = httpx.URL("https://rest.eu.zuora.com" + path)
    assert (url.host, url.query, url.fragment) == ("rest.eu.zuora.com", b"", "")
    assert url.raw_path.decode() == JOBS_PATH + text


@given(ANY_ID)
def test_no_id_changes_the_path_of_the_request(text: str) -> None:
    stays_at_the_jobs(text)


@pytest.mark.long
@settings(max_examples=10_000)
@given(ANY_ID)
def test_none_of_ten_thousand_ids_changes_the_path_of_the_request(text: str) -> None:
    stays_at_the_jobs(text)
