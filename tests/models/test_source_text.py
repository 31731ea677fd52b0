"""Job ids within encodings, and encodings within each other."""

import html
import json
import quopri
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.job import JobId
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.source_text import SourceText, decode_bytes

ONE, TWO = "622638b100b62fb49212a73044c4ac46", "b36cd3a7a074f02b2b870a58cab148e7"
UUID = "1bc24f31-5d7b-48d3-a202-45bfe73bdceb"
TOKEN = "6d151216ef504f65b8ff6e9e9e8356d3"

Encode = Callable[[str], str]
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
HIDDEN = "\u200b\u200d\ufeff\u00ad\u2060"
ESCAPES = ["\x1b", "\\033", "\\x1b", "\\e", "\\u001b", "\\u{1b}", "^[", "\u241b", "ESC", "<ESC>", ""]


def _spelled(escape: str) -> Encode:
    return lambda text: f"{escape}[1;36m{text[:20]}{escape}[0m{escape}[32m{text[20:]}{escape}[0m"


INNER: list[st.SearchStrategy[Encode]] = [
    st.sampled_from(ESCAPES).map(_spelled),
    st.sampled_from(HIDDEN).map(lambda sign: lambda text: f"{text[:12]}{sign}{text[12:17]}{sign}{text[17:]}"),
    st.sampled_from(DASHES).map(lambda sign: lambda text: text.replace("-", sign)),
    st.sampled_from("\n\t\r\"'/,").map(lambda sign: lambda text: f"a{sign}{text}{sign}b"),
]
MIDDLE: list[st.SearchStrategy[Encode]] = [
    st.booleans().map(lambda is_ascii: lambda text: json.dumps({"msg": text}, ensure_ascii=is_ascii)),
    st.just(repr),
    st.just(lambda text: quote(text, safe="")),
    st.just(lambda text: quote(text, safe="").replace("%", "$")),
    st.just(lambda text: "".join(f"&#{ord(one)};" if not one.isalnum() else one for one in text)),
    st.just(html.escape),
]


def _quoted_printable(text: str) -> str:
    return quopri.encodestring(text.encode()).decode()


def _utf_16(text: str) -> str:
    return decode_bytes(text.encode("utf-16"))


OUTER: list[st.SearchStrategy[Encode]] = [
    st.just(_quoted_printable),
    st.just(lambda text: f"Content-Transfer-Encoding: quoted-printable\n\n{_quoted_printable(text)}"),
    st.just(_utf_16),
    st.just(lambda text: "\0".join(text) if text.isascii() else text),
]
LAYERS = st.one_of(
    st.tuples(st.one_of(INNER), st.one_of(MIDDLE)),
    st.tuples(st.one_of(INNER), st.one_of(OUTER)),
    st.tuples(st.one_of(MIDDLE), st.one_of(MIDDLE)),
    st.tuples(st.one_of(MIDDLE), st.one_of(OUTER)),
)
IDS = st.one_of(st.uuids().map(str), st.uuids().map(lambda one: one.hex))


@given(IDS, LAYERS, st.text(" xyz.", max_size=80), st.text(" xyz.", max_size=3))
def test_an_id_within_two_encodings_is_found(
    job_id: str, layers: tuple[Encode, Encode], before: str, after: str
) -> None:
    inner, outer = layers
    text = outer(f"{before} {inner(job_id)} {after}")
    assert find_job_ids(text).ids == (JobId(job_id),), text


@example("e3e70682-c209-4cac-a29f-6fbed82c07cd", "\x1b[", "")
@given(IDS, st.text('%=$*&\\;#x25[]()\u200b\x1b" \n', max_size=30), st.text('%=$*&\\;#[]()\u200b\x1b" \n', max_size=30))
def test_decoding_loses_no_id_between_separators(job_id: str, before: str, after: str) -> None:
    text = f"{before} {job_id} {after}"
    assert find_job_ids(text).ids == (JobId(job_id),)
    assert find_job_ids(f"{before.rstrip('x25')}|{job_id}{after}").ids == (JobId(job_id),)


@pytest.mark.parametrize(
    "text",
    [
        f"%2522{ONE}%2522,$252F{UUID}",
        f"{ONE[:11]}=\n{ONE[11:]} {UUID}",
        f"job {ONE[:11]}=\r\n{ONE[11:]} {UUID}",
        f"{ONE[:9]}%E2%80%8B{ONE[9:]} {UUID.replace('-', '%E2%80%93')}",
        f"{ONE[:9]}\\xe2\\x80\\x8b{ONE[9:]} {UUID}",
        f"{ONE[:9]}\\342\\200\\213{ONE[9:]} {UUID}",
        f"{ONE[:9]}&shy;{ONE[9:]} {UUID.replace('-', '&ndash;')}",
        f"{ONE[:9]}&ZeroWidthSpace;{ONE[9:]} {UUID.replace('-', '&#x2011;')}",
        f"{ONE}\0{UUID}\0",
        f"\u200b{ONE}\u200b{UUID}",
        f"\x1b]8;;https://x/{ONE}\x1b\\{UUID}\x1b]8;;\x1b\\",
        f"filter*20*22{ONE}*22 {UUID.replace('-', '%2D')}",
        f"[36m{ONE}[0m [1m{UUID}[0m",
        f"\\a{ONE} \\[{UUID}\\]",
        f"%u0022{ONE}%u0022 {UUID.replace('-', chr(92) + '-')}",
        f"\x1b[>4;2m{ONE}\x1b[>4m {UUID.replace('-', chr(0x2796))}",
        f"^[]8;;https://x^G{ONE}^[]8;;^G {UUID.replace('-', chr(0x5BE))}",
        f"{ONE[:9]}<wbr>{ONE[9:]} {UUID[:8]}<wbr/>{UUID[8:]}",
    ],
)
def test_an_id_is_found_in_any_encoding_of_it_and_its_surroundings(text: str) -> None:
    assert find_job_ids(text).ids == (JobId(ONE), JobId(UUID))


@pytest.mark.parametrize("text", [f"C:\\{TWO}", f"%{ONE}", f"x={ONE}", f"${ONE}", f"*{ONE}*", f"CODE=\n{ONE}"])
def test_an_id_after_an_escape_sign_is_read_as_an_id(text: str) -> None:
    assert [one.given for one in find_job_ids(text).ids] == [text[-32:].strip("*") if text[-1] != "*" else ONE]


@pytest.mark.parametrize(
    "text",
    [
        f"%22access_token%22%3A%22{TOKEN}%22",
        f"access\u200b_token=\x1b[36m{TOKEN}",
        f'{{\\"access_token\\":\\"{TOKEN[:9]}\\u200b{TOKEN[9:]}\\"}}',
        f"access_token[0m=[36m{TOKEN}[0m",
        f"Authorization%3A%20Bearer%20{TOKEN}",
        f"&quot;client_id&quot;&colon;&quot;{TOKEN}&quot;",
        f"Authorization: Bearer {TOKEN[:14]}\n{TOKEN[14:]}",
        f"access_token=3D{TOKEN}",
        f"-H 'Authorization: Bearer \\\n{TOKEN}'",
        f"Authorization: Bearer\n{TOKEN}",
        f"Cookie: JSESSIONID=1; sid={TOKEN}\n",
        f"access_token\n{TOKEN}\njob_id\n",
        f"OAuth client: {TOKEN}",
        f"x%252Fy?access_tok=\nen=3D{TOKEN}\nquoted-printable",
    ],
)
def test_an_encoded_credential_is_recognized_and_masked_in_place(text: str) -> None:
    found = find_job_ids(f"{text} job {ONE}")
    assert (found.ids, found.near_misses, found.broken) == ((JobId(ONE),), (), ())
    masked = mask_secrets(text)
    assert TOKEN[:9] not in masked
    assert TOKEN[20:] not in masked


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (f"{'x' * 60} {ONE[:15]}\n{ONE[15:]} done", [ONE]),
        (f"> {ONE[:12]}\r\n>   {ONE[12:24]}\n> {ONE[24:]}", [ONE]),
        (f"{UUID[:19]}\n{UUID[19:]}\n{ONE[:31]}\n{ONE[31:]}", [UUID, ONE]),
        *(
            (f"x {ONE[:15]}{end}{ONE[15:]} y", [ONE])
            for end in ("\r", "\u2028", "\x85", "<br>", " \\\n", " \n", " |\n| ")
        ),
        (f"requestId: {ONE[:15]}\n{ONE[15:]}", []),
        (f"access_token: {ONE[:15]}\n{ONE[15:]}", []),
        (f"{ONE[:15]}\n{ONE[15:]} {ONE}", []),
        (f"{ONE[:15]}\n{ONE[15:]}ab", []),
        (f"{ONE[:15]}\n\n{ONE[15:]}", []),
        ("2026112320261123\n2026112320261123", []),
    ],
)
def test_an_id_broken_by_line_ends_is_returned_separately(text: str, broken: list[str]) -> None:
    found = find_job_ids(text)
    assert [one.given for one in found.broken] == broken
    assert (not found.ids and not found.near_misses) or ONE in text


@given(st.text("%25$2F=3D\\nu001b&amp;#34 \x1b[1m\u200bab12"), st.data())
def test_positions_of_the_decoded_text_are_positions_of_the_shown_one(text: str, data: st.DataObject) -> None:
    source = SourceText.of(text)
    start = data.draw(st.integers(0, len(source.plain)))
    end = data.draw(st.integers(start, len(source.plain)))
    first, last = source.shown_span(start, end)
    assert 0 <= first <= last <= len(source.shown)
    assert source.shown_span(0, len(source.plain))[1] <= len(source.shown)
    if source.plain == source.shown:
        assert (first, last) == (start, end)


@pytest.mark.parametrize(
    "piece", ["%25", "%2525", "&amp;", "\\u005c", "=\n", "a=\n", "\0", "\u200b", "1\n", "[1m", "\\342", "0a\n", "^[[1m"]
)
def test_a_hostile_text_takes_no_longer_than_another(piece: str) -> None:
    begin = time.process_time()
    find_job_ids(piece * (50_000 // len(piece)))
    assert time.process_time() - begin < 2


@pytest.mark.slow
def test_five_megabytes_without_ids_take_a_second_or_two() -> None:
    line = '2026-11-23T14:02:31Z INFO {"msg": "order \\"O-%d\\" posted\\n\\tin %d ms", "token": "ok"}\n'
    text = "".join(line % (number, number % 977) for number in range(60_000))
    assert len(text) > 4_500_000
    begin = time.process_time()
    assert find_job_ids(text).ids == ()
    assert time.process_time() - begin < 6
