"""Which hexadecimal words of a text are job ids: access tokens, request ids and orders have the same form."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.building import dashed, job_id
from tests.support.credentials import TOKEN_TEXTS, credential_texts
from zjobtui.models.id_finder import CONTEXT_CHARACTERS, find_job_ids, id_contexts
from zjobtui.models.job import InvalidJobIdError, JobId
from zjobtui.models.redaction import MASK, mask_secrets

ONE, TWO = "622638b100b62fb49212a73044c4ac46", "b36cd3a7a074f02b2b870a58cab148e7"
TOKEN, CLIENT = "6d151216ef504f65b8ff6e9e9e8356d3", "5a1b0000-1111-4222-8333-944455566677"


def taken(text: str) -> list[str]:
    return [one.given for one in find_job_ids(text).ids]


def is_free_of(secret: str, text: str) -> bool:
    return secret.replace("-", "").lower() not in text.replace("-", "").lower()


@given(credential_texts())
def test_a_value_after_the_name_of_a_credential_is_neither_added_nor_shown(case: tuple[str, str, list[str]]) -> None:
    text, secret, ids = case
    found = find_job_ids(text)
    assert {one.key for one in found.ids} == {JobId(one).key for one in ids}
    assert found.secrets >= 1
    assert is_free_of(secret, repr(found))
    assert is_free_of(secret, mask_secrets(text))


@pytest.mark.parametrize("text", TOKEN_TEXTS.values(), ids=TOKEN_TEXTS.keys())
def test_only_the_job_id_of_a_transcript_is_added(text: str) -> None:
    found = find_job_ids(text)
    assert [one.given for one in found.ids] == [ONE]
    assert (found.near_misses, found.not_added) == ((), ())
    assert found.secrets > 0
    assert is_free_of(TOKEN, mask_secrets(text))


@pytest.mark.parametrize(
    "text",
    [
        f"tokens: 5, job {ONE}",
        f"the token was renewed, then job {ONE}",
        f"Refreshing the token\n\n{ONE}",
        f'{{"token_type":"bearer","id":"{ONE}"}}',
        f"error=invalid_token {ONE}",
        f"token_type=bearer {ONE}",
        f"Authorization failed for job {ONE}",
        f"client: {ONE}",
        f'{{"access_token":"","id":"{ONE}"}}',
        f"CLIENT_SECRET=\nJOB={ONE}",
        f"Authorization: Bearer ***\n{ONE}",
        f"curl -H 'Authorization: Bearer $TOKEN' https://rest/{ONE}",
        f"Cookie: a=b; c=d\n{ONE}",
        f"sort -u {ONE}",
        f"the token, {ONE}",
        f"<access_token></access_token><job>{ONE}</job>",
    ],
)
def test_an_earlier_word_such_as_token_hides_no_job_id(text: str) -> None:
    assert taken(text) == [ONE]


@pytest.mark.parametrize(
    "text",
    [
        *(f"access token\n{ONE}", f"invalid client_id\n{ONE}", f"Error: missing token\n{ONE}", f"read -s TOKEN\n{ONE}"),
        *(f"client id:\n{ONE}", f"bad token:\n- {ONE}", f"bad token:\n  {ONE}", f"Failed (token):\n{ONE}"),
        *(
            f"https://rest.test/oauth/token\n{ONE}",
            f"> client_id is missing\n> {ONE}",
            f"refreshed access_token\r\n{ONE}",
        ),
        *(f"Authorization: Bearer $TOKEN\n{ONE}", f"Authorization: Bearer <your token>\n{ONE}"),
        *(f"export TOKEN=\n{ONE}", f"client_id=\nclient_secret=\n{ONE}", f"access_token=\n  {ONE}"),
        *(
            f"Authorization: Bearer\n\n{ONE}",
            f"Authorization: Bearer\n\n  {ONE}",
            f"> Authorization: Bearer \n> \n{ONE}",
        ),
        *(f"access_token:\n{ONE}", f"access_token:\n  - {ONE}", f"  access_token:\n  {ONE}", f"Set-Cookie:\n{ONE}"),
        *(f'"Authorization": "Bearer " + token\n{ONE}', f"client_id,\n{ONE}"),
        *(
            f"jobs that failed authorization:\n  {ONE}",
            f"after deleting cookies:\n{ONE}",
            f"type: secret\nvalue: {ONE}",
        ),
        *(f"/oauth/token {ONE}", f"POST /oauth/access_token {ONE}", f"'https://rest.test/oauth/token' {ONE}"),
        *(f"Request token {ONE}", f"jobs that had no bearer {ONE}", f"basic order {ONE}", f"the wrong client id {ONE}"),
        *(f"-H 'Authorization: Bearer $TOKEN' {ONE}", f'-H "Authorization: Bearer ${{ACCESS_TOKEN}}" {ONE}'),
        *(f"`Bearer token` {ONE}", f'"Authorization: Bearer token" {ONE}', f"missing 'token' {ONE}"),
        *(f"token expired: {ONE}", f"OAuth token rate limit hit: {ONE}", f"token bucket empty: {ONE}"),
        *(f"Jobs whose token got lost: {ONE}", f"Token used, then: {ONE}", f"the token of the job: {ONE}"),
        *(f'{{"key":"access_token","type":"x"}} {{"value":"{ONE}"}}', f'{{"key":"jobId","value":"{ONE}"}}'),
        *(f'{{"name":"token_type","value":"{ONE}"}}', f'"tokens": [], "ids": ["{ONE}"]', f"PWD=/srv/{ONE}"),
        *(f"bearer auth worked: {ONE}", f"PWD=C:\\work\\{ONE}"),
    ],
)
def test_an_id_after_a_word_without_an_assignment_is_added(text: str) -> None:
    assert taken(text) == [ONE]
    assert ONE in mask_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        f'{{\n  "access_token":\n    "{TOKEN}"\n}}',
        f'{{\n  "access_token" : "{TOKEN}"\n}}',
        f'"tokens": [\n  "{TOKEN}",\n  "{CLIENT}"\n]',
        f"access_token:\n  {TOKEN}",
        f"oauth:\n  client_id: >-\n    {CLIENT}",
        f"Authorization: Bearer\n {TOKEN}",
        f"> Authorization: Bearer\r\n>   {TOKEN}",
        f"<access_token>\n  {TOKEN}\n</access_token>",
        f"<td>client_id</td>\n<td>{CLIENT}</td>",
        f"- name: ZUORA_CLIENT_ID\n  value: {CLIENT}",
        f"access_token {TOKEN}",
        f"Bearer {TOKEN}",
        f"-H 'authorization: bearer {TOKEN}'",
        f"/oauth/token: {TOKEN}",
        f"/callback?/token={TOKEN}",
        f'{{"key":"access_token","value":"{TOKEN}","type":"secret"}}',
        f'{{"key":"token","type":"secret","enabled":true,"value":"{TOKEN}"}}',
        f'{{"value":"{CLIENT}","id":7,"key":"client_id"}}',
        f'{{\n\t"name": "Authorization",\n\t"x": 1,\n\t"value": "Bearer {TOKEN}"\n}}',
        f"{{'name': 'tokenId', 'value': '{TOKEN}'}}",
        f'{{\\"key\\":\\"client_id\\",\\"value\\":\\"{CLIENT}\\"}}',
        f'"tokens": ["{TOKEN}", "{CLIENT}"]',
        f"client_ids: [{CLIENT}, {TOKEN}]",
        f"access_token=[{TOKEN};{CLIENT}]",
        f"\u201caccess_token\u201d: \u201c{TOKEN}\u201d",
        f"access_token\uff1a{TOKEN}\u3001",
        f"client_secret\uff1d{TOKEN}",
        f"Client\u00a0ID:\u00a0{CLIENT}",
        f"access_token \u2192 {TOKEN}",
        f"Access token \u2013 {TOKEN}",
        f"Client ID \u2014 {CLIENT}",
        *(f"{name}={TOKEN}" for name in ("tokenId", "token_id", "tokenValue", "session_id", "consumer_key", "pwd")),
        f"Session ID: {TOKEN}",
        f"Token used: {TOKEN}",
        f"The token we got was {TOKEN}.",
        f"Token (expires in 1h): {TOKEN}",
        f"Bearer token for the sandbox: {TOKEN}",
        f"the secret of the client is `{TOKEN}`",
    ],
)
@pytest.mark.parametrize("before", ["", f"job {TWO}\n"])
def test_a_credential_is_recognized_in_any_notation(text: str, before: str) -> None:
    found = find_job_ids(f"{before}{text}\njob {ONE}")
    assert [one.given for one in found.ids] == [*([TWO] if before else []), ONE]
    assert not found.not_added
    assert all(is_free_of(secret, mask_secrets(text)) for secret in (TOKEN, CLIENT))


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        (f"access_token={TOKEN}", ("6d1512…",)),
        (f"client_id: {CLIENT.upper()}, token: {TOKEN}, access_token={TOKEN}", ("5a1b00…", "6d1512…")),
        ("password=hunter2hunter2 access_token=" + "ab" * 20, ()),
    ],
)
def test_six_characters_of_a_credential_in_the_form_of_an_id_are_shown(text: str, hints: tuple[str, ...]) -> None:
    assert find_job_ids(f"{text} job {ONE}").secret_hints == hints


@pytest.mark.parametrize("again", [TOKEN, TOKEN.upper(), f'"jobId": "{TOKEN}"', f"async-jobs/{TOKEN}", TOKEN[:-1]])
def test_a_secret_is_recognized_anywhere_in_the_text(again: str) -> None:
    found = find_job_ids(f'see {again}\n{{"access_token": "{TOKEN}"}} job {ONE}, {again}')
    assert (found.ids, found.near_misses, found.not_added) == ((JobId(ONE),), (), ())


@pytest.mark.parametrize(
    "text",
    [
        f"jobId,access_token\n{ONE},{TOKEN}\n{TWO},{TOKEN}\n",
        f"access_token;job id\r\n{TOKEN};{ONE}\r\n{CLIENT};{TWO}\r\n",
        f"name\taccess_token\tjobId\nx\t{TOKEN}\t{ONE}\n\t{CLIENT}\t{TWO}\n",
        f"| access_token | job |\n|---|---|\n| {TOKEN} | {ONE} |\n| {CLIENT} | {TWO} |",
        f"||job||token||\n|{ONE}|{TOKEN}|\n|{TWO}|{CLIENT}|",
        f"JOB ID    TOKEN\n{ONE}  {TOKEN}\n{TWO}  {CLIENT}",
        f'message,job_id,orderId\n"a, b",{ONE},{TOKEN}\nc,{TWO},{CLIENT}',
    ],
)
def test_table_headings_determine_the_column_of_job_ids(text: str) -> None:
    found = find_job_ids(text)
    assert (found.ids, found.not_added) == ((JobId(ONE), JobId(TWO)), ())


@pytest.mark.parametrize("key", ["jobId", "job_id", "job-id", "asyncJobId", "JOB_ID"])
@pytest.mark.parametrize("separator", ["=", ": ", '": "', '\\":\\"', "%3D", "&quot;:&quot;", ">", '""":""'])
def test_if_some_ids_are_named_as_jobs_the_others_are_returned_but_not_added(key: str, separator: str) -> None:
    found = find_job_ids(f"order {TWO}, {key}{separator}{ONE}")
    assert (found.ids, found.not_added) == ((JobId(ONE),), (JobId(TWO),))


@pytest.mark.parametrize("text", [f'"jobIds":["{ONE}","{TWO}"]', f"jobId={ONE}\n{TWO}", f"async-jobs/{ONE}, {TWO}"])
def test_all_ids_of_a_list_that_begins_with_a_named_job_are_added(text: str) -> None:
    assert taken(text) == [ONE, TWO]


@pytest.mark.parametrize(
    "before",
    ["* job ", "Job: ", "async job ", "- Async jobs: ", "async-job=", '"job": "', "job id ", f"jobs {CLIENT}, "],
)
def test_the_word_job_names_an_id_beside_others_that_a_field_names(before: str) -> None:
    found = find_job_ids(f"{before}{TWO}, please check\njobId={ONE}")
    assert found.ids[-2:] == (JobId(TWO), JobId(ONE))
    assert found.not_added == ()


@pytest.mark.parametrize(
    "before", ["order ", "job of order ", "job\n", "print_job ", "nojob ", "jobs of today and ", "job request "]
)
def test_an_id_that_the_word_job_does_not_directly_precede_is_not_named(before: str) -> None:
    found = find_job_ids(f"{before}{TWO}\njobId={ONE}")
    assert (found.ids, found.not_added) == ((JobId(ONE),), (JobId(TWO),))


@pytest.mark.parametrize("name", ["requestId=", "order id: ", "job request id "])
def test_an_id_of_something_else_is_no_job_id_even_if_the_word_job_precedes_it(name: str) -> None:
    found = find_job_ids(f"job {TWO}\n{name}{TWO}\njobId={ONE}")
    assert (found.ids, found.others) == ((JobId(ONE),), 1)


@pytest.mark.parametrize("text", [f"job {ONE} and {TWO}", f"jobId,status\n{ONE},Failed\n{TWO},Failed", f"{ONE}\n{TWO}"])
def test_if_no_id_is_named_as_a_job_all_are_added(text: str) -> None:
    found = find_job_ids(text)
    assert (found.ids, found.not_added) == ((JobId(ONE), JobId(TWO)), ())


@pytest.mark.parametrize(
    "key",
    [
        *("zuora-request-id", "Request ID", "requestId", "x-request-id", "processId", "Zuora-Track-Id", "traceId"),
        *("correlationId", "orderId", "account_id", "SUBSCRIPTION_ID", "invoiceId", "span id", "etag", "md5"),
    ],
)
@pytest.mark.parametrize("separator", [": ", "=", '": "', "%3D"])
def test_ids_of_other_things_are_counted_by_the_names_of_their_fields(key: str, separator: str) -> None:
    found = find_job_ids(f"{ONE} {key}{separator}{TWO}")
    assert (found.ids, found.others, found.other_names) == ((JobId(ONE),), 1, (key,))
    assert [name for _, name in found.other_ids] == [key]


def test_a_list_of_other_ids_ends_where_it_closes() -> None:
    found = find_job_ids(f'"invoiceIds": ["{TWO}", "{CLIENT}"], "{ONE}"')
    assert (found.ids, found.others) == ((JobId(ONE),), 2)


def test_an_id_that_is_the_whole_text_is_added() -> None:
    assert taken(f' "{TOKEN}"\n') == [TOKEN]


@pytest.mark.parametrize(
    "text",
    [
        f"\x1b[36m{ONE}\x1b[0m \x1b[1;31m{TWO[:7]}\x1b[0m{TWO[7:]}",
        f"\\033[32m{ONE}\\033[0m\\u001b[36m{TWO}",
        f"next=%2Fjobs%2F{ONE}&q=%22{TWO}%22",
        f"$252Faws$252F{ONE} x$3D{TWO}",
        f'{{"msg": "jobs:\\n{ONE}\\t{TWO}"}}',
        f"id=3D{ONE}\nid=3D{TWO}",
        f"&quot;{ONE}&quot; &#34;{TWO}&#34;",
    ],
)
def test_ids_beside_escaped_separators_and_colours_are_found(text: str) -> None:
    assert taken(text) == [ONE, TWO]


@pytest.mark.parametrize("text", ["=3d622638b100b62fb49212a73044c4ac", "%22622638b100b62fb49212a73044c4ac"])
def test_characters_that_only_look_escaped_are_part_of_the_id(text: str) -> None:
    assert taken(f"job {text}") == [text[1:]]


def test_the_text_around_a_masked_secret_is_kept() -> None:
    text = f"> Authorization: Bearer {TOKEN}\n\"client_secret\": 'p@ss, w'\n{ONE} {TOKEN.upper()}"
    assert mask_secrets(text) == f"> Authorization: Bearer {MASK}\n\"client_secret\": '{MASK}'\n{ONE} {MASK}"


@pytest.mark.parametrize("text", [f"Bearer {TOKEN}", f"access_token={TOKEN}", f'"client_id": "{CLIENT}"'])
def test_a_refused_id_shows_no_secret(text: str) -> None:
    with pytest.raises(InvalidJobIdError) as refusal:
        JobId.parse(text)
    assert is_free_of(TOKEN, str(refusal.value))
    assert is_free_of(CLIENT, str(refusal.value))


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "access_token",
            'access_token":"',
            "access_token=",
            '"',
            "\\",
            "ab12",
            "ab12-",
            "%2525",
            "<td>",
            "eyj",
            "-u a",
        ),
        *(
            "{",
            '{"key":"token","value":"',
            "{name:'value':",
            "tokens: [",
            "access_token=[a,",
            "token used ",
            "token (a ",
        ),
        *("access_token:\n  ", "client id \u2014 ", "\u201c"),
        *("cookie: a=b;", "job,token\n", "\x1b[1;", "=", "\n", "bearer ", "token is ", "&amp;"),
    ],
)
def test_a_hostile_text_takes_no_longer_than_another(piece: str) -> None:
    text = piece * (100_000 // len(piece)) + f" job {ONE}"
    begin = time.process_time()
    find_job_ids(text)
    assert time.process_time() - begin < 2


@pytest.mark.slow
def test_a_long_log_is_read_in_seconds() -> None:
    text = "".join(
        f'12:00:01Z INFO client {n} posted order jobId="{n:032x}" status=200 token ok\n' for n in range(16_000)
    )
    begin = time.process_time()
    assert len(find_job_ids(text).ids) == 16_000
    assert time.process_time() - begin < 2


@given(st.text("token=: \n\"'<>,;|[]{}\\%&0123456789abcdef-u_\x1b[m"))
def test_masking_is_idempotent(text: str) -> None:
    assert mask_secrets(mask_secrets(text)) == mask_secrets(text)


FIRST, SECOND = job_id(1), job_id(2)


def test_the_context_of_an_id_is_its_line() -> None:
    contexts = id_contexts(f"before\nHi, order\t{FIRST.given} hangs\r\nafter {dashed(SECOND)}")
    assert contexts == {FIRST.key: "Hi, order … hangs", SECOND.key: "after …"}


def test_a_context_has_no_secret_no_other_id_and_no_control_character() -> None:
    text = f"client_secret=sentinel-19c2 job {FIRST.given} then {SECOND.given} \x1b]0;x\x07"
    context = id_contexts(text)[FIRST.key]
    assert context.startswith("client_secret=[masked] job … then …")
    assert context.isprintable()
    assert "sentinel" not in str(id_contexts(text))


def test_a_context_is_short_and_begins_with_a_whole_word() -> None:
    context = id_contexts(f"{'word ' * 50}{FIRST.given}{' more' * 50}")[FIRST.key]
    assert context.startswith("word word")
    assert len(context) <= 2 * CONTEXT_CHARACTERS + 1


def test_an_id_alone_on_its_line_has_no_context_and_a_near_miss_has_one() -> None:
    near = SECOND.given[:-1]
    contexts = id_contexts(f"{FIRST.given}\nsee {near} twice: {FIRST.given}")
    assert contexts == {FIRST.key: "", near: "see … twice: …"}


def test_punctuation_around_an_id_is_not_context() -> None:
    assert id_contexts(f"# {FIRST.given}\n- {SECOND.given},") == {FIRST.key: "", SECOND.key: ""}
