"""A secret is masked in every form in which a server may echo it, and nothing else is touched."""

import json
import random
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.support.payloads import payload
from zjobtui.zuora.mask import MARK, MOST, Mask

SECRETS = ["0123456789abcdef0123456789ABCDEF", "aB3-._~dE/fG+hI==", 'q"uo\\te/d%41x', "pässwört-9", "eyJhbGciOi.J9_x-y"]


def masking(*secrets: str) -> Mask:
    mask = Mask()
    for secret in secrets:
        mask.add(secret)
    return mask


def percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(one):04x}" for one in text)


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in small letters": str.lower,
    "in capitals": lambda one: one.upper() if one.isascii() else one,
    "for a URL": lambda one: quote(one, safe=""),
    "for a URL twice": lambda one: quote(quote(one, safe=""), safe=""),
    "all as percent": percent,
    "all as percent in capitals": lambda one: percent(one).upper(),
    "every second as percent": lambda one: "".join(
        percent(c) if at % 2 else quote(c, safe="") for at, c in enumerate(one)
    ),
    "in JSON": lambda one: json.dumps(one)[1:-1],
    "in JSON with slashes escaped": lambda one: json.dumps(one)[1:-1].replace("/", "\\/"),
    "in JSON all escaped": escaped,
    "in JSON all escaped in capitals": lambda one: escaped(one).upper().replace("\\U", "\\u"),
    "in JSON within JSON": lambda one: json.dumps(escaped(one))[1:-1],
    "in Markdown": lambda one: "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in one),
    "in JSON the last escaped": lambda one: json.dumps(one[:-1])[1:-1] + escaped(one[-1]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_in_every_form(secret: str, form: str) -> None:
    mask = masking("another-secret-1", secret)
    echo = FORMS[form](secret)
    for before, after in (("", ""), ('{"a": "', '"}'), ("x", "y"), ("%41\\u0041\\n", "%")):
        assert mask.mask(f"{before}{echo}{after}".encode()).decode() == f"{before}{MARK}{after}"
        assert mask.mask_text(f"{before}{echo} {echo}{after}") == f"{before}{MARK} {MARK}{after}"


@pytest.mark.parametrize("secret", ["", "a", "token-1", "1234567"])
def test_text_too_short_for_a_secret_is_not_masked(secret: str) -> None:
    body = payload("derived-completed-everything") + secret.encode()
    assert masking(secret).mask(body) is body


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff\xfe\x00", b"%zz \\u00 \\", payload("derived-completed-everything")]
)
def test_a_body_without_a_secret_is_the_same_object(body: bytes) -> None:
    assert masking(*SECRETS).mask(body) is body


def test_masking_changes_only_the_secret() -> None:
    chance = random.Random(1)
    for _ in range(200):
        before, after = chance.randbytes(chance.randrange(40)), chance.randbytes(chance.randrange(40))
        assert masking(*SECRETS).mask(before + SECRETS[0].encode() + after) == before + MARK.encode() + after


def test_a_secret_that_begins_with_another_is_masked_completely() -> None:
    mask = masking("secret-of-eu", "secret-of-eu-and-more", "eu-and-more")
    assert mask.mask(b"<secret-of-eu-and-more> <secret-of-eu>") == b"<[masked]> <[masked]>"


def test_headers_are_masked_by_name_and_value() -> None:
    mask = masking(SECRETS[0])
    headers = {"location": f"https://x/?t={percent(SECRETS[0])}", f"ratelimit-{SECRETS[0]}": "1", "date": "today"}
    assert mask.mask_headers(headers) == {
        "location": f"https://x/?t={MARK}",
        f"ratelimit-{MARK}": "1",
        "date": "today",
    }
    umlauts = {"x": SECRETS[3].encode().decode("latin-1")}
    assert masking(SECRETS[3]).mask_headers(umlauts) == {"x": MARK}
    others = {"date": "today", "x": "\xe9"}
    assert mask.mask_headers(others) is others


def test_the_client_secret_is_masked_after_any_number_of_tokens() -> None:
    mask = Mask()
    for number in range(3 * MOST):
        mask.add(SECRETS[0])
        mask.add(f"token-number-{number}")
    newest = f"{SECRETS[0]} token-number-{3 * MOST - 1}"
    assert mask.mask_text(newest) == f"{MARK} {MARK}"


@pytest.mark.parametrize(
    "filling", [b"\\", b"%", b"%25", b"\\u0061", b"%61", b"a", b"aaaaaaaaaaaaaab", b'\\"', b"\\\\u0061", b"\xff"]
)
def test_masking_takes_linear_time(filling: bytes) -> None:
    secret = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"
    body = (filling * (1 << 18))[: 1 << 18] + secret.encode()
    mask = masking(secret, *SECRETS)
    started = time.process_time()
    masked = mask.mask(body)
    assert time.process_time() - started < 2
    assert secret.encode() not in masked
