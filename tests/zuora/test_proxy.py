"""A proxy or a CA bundle in use is named; user and password of a proxy never are, however the URL is written."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.certificates import CERTIFICATE
from tests.support.scripted import FixedClock
from zjobtui.bootstrap.configuration import Configured
from zjobtui.bootstrap.engine import _source
from zjobtui.models.call_log import CallLog
from zjobtui.models.tenant import BearerToken, Secret, Tenant
from zjobtui.models.text import clean
from zjobtui.polling.protocols import SourceError
from zjobtui.zuora.proxy import InvalidRouteError, Route, find_route

HOST = "https://rest.eu.zuora.com"
NAME, V4, V6 = HOSTS = [HOST, "https://10.1.2.3:8443", "https://[2001:db8::7]"]
PASSWORD = "hunter2-of-bob"
PROXY = f"http://user:{PASSWORD}@proxy.example:3128"

MALFORMED = [
    f"http://bob:{PASSWORD}/x@proxy:3128",
    f"http://bob:{PASSWORD}#x@proxy:3128",
    f"http://bob:{PASSWORD}?x@proxy:3128",
    f"http://bob:{PASSWORD}@x@proxy:3128",
    f"http://bob:{PASSWORD} x@proxy:3128",
    f"http://bob:{PASSWORD}%@proxy:3128",
    f"http://bob:{PASSWORD}%zz@proxy:3128",
    f"http://bob:{PASSWORD}\\x@proxy:3128",
    f"http://bob/{PASSWORD}:x@proxy:3128",
    f"http://bob@x:{PASSWORD}@proxy:3128",
    f"http://bob%3A:{PASSWORD}@proxy:3128",
    f"http://:{PASSWORD}@proxy:3128",
    f"http://bob:{PASSWORD}",
    f"http://bob:{PASSWORD}:3128",
    f"http://bob:123/{PASSWORD}@proxy:3128",
    f"http://bob:123?{PASSWORD}@proxy:3128",
    f"http://proxy:3128/{PASSWORD}",
    f"http://proxy:3128/?{PASSWORD}",
    f"http://proxy:3128#{PASSWORD}",
    f"//bob:{PASSWORD}@proxy",
    f"//bob:{PASSWORD}@proxy:3128",
    f"http:/bob:{PASSWORD}@proxy:3128",
    f"http:bob:{PASSWORD}@proxy:3128",
    f"ftp://bob:{PASSWORD}@proxy:3128",
    f"http://bob:{PASSWORD}@proxy:99999",
    f"http://bob:{PASSWORD}@proxy:0",
    f"http://bob:{PASSWORD}@proxy:-1",
    f"http://bob:{PASSWORD}@proxy:port",
    f"http://bob:{PASSWORD}@",
    f"http://bob:{PASSWORD}@:3128",
    f"http://bob:{PASSWORD}@::1:3128",
    f"http://bob:{PASSWORD}@[::1",
    f"http://bob:{PASSWORD}@[::g]:3128",
    f"http://bob:{PASSWORD}@pro\x07xy:3128",
    f"http://bob:{PASSWORD}@pro xy:3128",
    f"http://bob:{PASSWORD}\n@proxy:3128",
    f"http://bob:{PASSWORD}@{'a' * 70}.example:3128",
    f"socks5://bob:{PASSWORD}@proxy:1080",
    f"socks5h://bob:{PASSWORD}@proxy:1080",
    f"SOCKS4://bob:{PASSWORD}/x@proxy:1080",
    "http://[oops",
    "http://",
    "://",
    "@",
]


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": PROXY}, "proxy.example:3128"),
        ({"HTTPS_PROXY": f" {PROXY}/\n"}, "proxy.example:3128"),
        ({"HTTPS_PROXY": "https://proxy.example"}, "proxy.example"),
        ({"HTTPS_PROXY": f"bob:{PASSWORD}@proxy.example:3128"}, "proxy.example:3128"),
        ({"HTTPS_PROXY": f"http://bob:{PASSWORD}:x%40%2F@proxy.example:3128"}, "proxy.example:3128"),
        ({"HTTPS_PROXY": f"http://bob:{PASSWORD}@[::1]:3128"}, "[::1]:3128"),
        ({"https_proxy": "proxy.example"}, "proxy.example"),
        ({"https_proxy": "lower:1", "HTTPS_PROXY": "upper:2"}, "lower:1"),
        ({"https_proxy": "", "HTTPS_PROXY": "upper:2"}, "upper:2"),
        ({"ALL_PROXY": "proxy.example:1080"}, "proxy.example:1080"),
        ({"ALL_PROXY": "all.example:1080", "HTTPS_PROXY": PROXY}, "proxy.example:3128"),
        ({"HTTP_PROXY": PROXY}, ""),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "zuora.com"}, ""),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "a.example", "NO_PROXY": "zuora.com"}, "proxy.example:3128"),
    ],
)
def test_the_proxy_of_the_environment_is_named_without_user_and_password(environ: dict[str, str], proxy: str) -> None:
    route = find_route(HOST, environ)
    assert (route.proxy.address if route.proxy else "") == proxy
    assert route.phrases == ((f"through the proxy {proxy}",) if proxy else ())
    assert route.ignored == ()
    assert PASSWORD not in repr(route)
    assert find_route("http://127.0.0.1:8000", environ) == Route()


EXEMPT = {
    "*": HOSTS,
    "a.example *": HOSTS,
    "zuora.com": [NAME],
    ".zuora.com": [NAME],
    "*.zuora.com": [NAME],
    "rest.eu.zuora.com": [NAME],
    "REST.EU.ZUORA.COM.": [NAME],
    ".rest.eu.zuora.com": [NAME],
    "a.example,,  ,.ZUORA.com": [NAME],
    "a.example\tzuora.com\n": [NAME],
    "rest.eu.zuora.com:443": [NAME],
    "zuora.com:443": [NAME],
    "rest.eu.zuora.com:8443": [],
    "https://rest.eu.zuora.com": [NAME],
    "all://zuora.com": [NAME],
    "http://rest.eu.zuora.com": [],
    "uora.com": [],
    "eu.zuora": [],
    "com.": [NAME],
    "example.com": [],
    "api.rest.eu.zuora.com": [],
    "10.1.2.3": [V4],
    "10.1.2.3:8443": [V4],
    "10.1.2.3:443": [],
    "10.0.0.0/8": [V4],
    "10.9.9.9/8": [V4],
    "10.1.2.3/32": [V4],
    "10.1.2.4/32": [],
    "0.0.0.0/0": [V4],
    "2.3": [],
    ".3": [],
    "2001:db8::7": [V6],
    "2001:DB8:0:0:0:0:0:7": [V6],
    "[2001:db8::7]": [V6],
    "[2001:db8::7]:443": [V6],
    "[2001:db8::7]:8443": [],
    "2001:db8::/32": [V6],
    "2001:db9::/32": [],
    "::/0": [V6],
    "::1,[::1],[::1]:443": [],
}


@pytest.mark.parametrize("text", EXEMPT)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_no_proxy_exempts_names_with_their_subdomains_addresses_and_networks(text: str, variable: str) -> None:
    routes = {host: find_route(host, {"HTTPS_PROXY": PROXY, variable: text}) for host in HOSTS}
    assert [host for host, route in routes.items() if route.proxy is None] == EXEMPT[text]
    assert {route.ignored for route in routes.values()} == {()}


INVALID = {
    "rest.eu.zuora.com:port": "rest.eu.zuora.com:…",
    "rest.eu.zuora.com:0": "rest.eu.zuora.com:…",
    "rest.eu.zuora.com:99999": "rest.eu.zuora.com:…",
    "rest..zuora.com": "rest..zuora.com",
    "*zuora.com": "*zuora.com",
    "rest.*.com": "rest.*.com",
    "zuora.com/8": "zuora.com/8",
    "10.0.0.0/33": "10.0.0.0/33",
    "10.0.0.0/x": "10.0.0.0/x",
    "10.0.0.0/255.0.0.0": "10.0.0.0/255.0.0.0",
    "2001:db8::/129": "2001:db8::/129",
    "[2001:db8::7": "[2001:db8::7",
    "[10.1.2.3]": "[10.1.2.3]",
    "2001:db8::g": "2001:…",
    "[oops": "[oops",
    "::::": "::::",
    ".": ".",
    "*.": "*.",
    "*:443": "*:…",
    "%": "%",
    "http://": "http:…",
    f"http://bob:{PASSWORD}": "http:…",
    f"bob:{PASSWORD}@proxy:3128": "…@proxy:…",
    f"http://bob:{PASSWORD}/x@proxy:3128": "…@proxy:…",
    f"http://bob@x:{PASSWORD}": "…@x:…",
    "\x00": "␀",
    "zuora.com\u200b": "zuora.com",
}


@pytest.mark.parametrize("entry", INVALID)
def test_an_invalid_entry_of_no_proxy_is_named_and_exempts_no_host(entry: str) -> None:
    for host in HOSTS:
        route = find_route(host, {"HTTPS_PROXY": "proxy:1", "NO_PROXY": entry})
        assert route.proxy is not None
        (sentence,) = route.ignored
        assert sentence.startswith(f"NO_PROXY: “{INVALID[entry]}")
        assert sentence.endswith("” is not a valid host, address or network; it is ignored")
        assert PASSWORD not in sentence
        beside = find_route(host, {"HTTPS_PROXY": "proxy:1", "NO_PROXY": f"{entry},zuora.com 10.0.0.0/8,2001:db8::7"})
        assert beside.proxy is None
        assert beside.ignored == route.ignored


@given(st.text(max_size=40), st.sampled_from(["https://rest.eu.zuora.com", "https://10.1.2.3:8443"]))
def test_no_text_in_no_proxy_raises_or_shows_a_control_character(text: str, host: str) -> None:
    route = find_route(host, {"HTTPS_PROXY": "proxy:1", "NO_PROXY": text})
    assert all(clean(sentence) == sentence for sentence in route.ignored)


def test_entries_of_no_proxy_do_not_matter_without_a_proxy() -> None:
    assert find_route(HOST, {"NO_PROXY": "10.0.0.0/99"}) == Route()


def test_user_and_password_are_decoded() -> None:
    proxy = find_route(HOST, {"HTTPS_PROXY": "http://b%40b:p%2f%3A:%20w@proxy:1"}).proxy
    assert proxy is not None
    assert (proxy.user, proxy.password, proxy.url) == ("b@b", "p/:: w", "http://proxy:1")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        *(
            ("%C3%A9", b"\xc3\xa9"),
            ("%E9", b"\xe9"),
            ("é", b"\xc3\xa9"),
            ("\udce9", b"\xe9"),
            ("%e2%82%ac", b"\xe2\x82\xac"),
        ),
        *(("€", b"\xe2\x82\xac"), ("%E9%C3%A9", b"\xe9\xc3\xa9"), ("%00%ff", b"\x00\xff"), ("%25E9", b"%E9")),
    ],
)
def test_user_and_password_are_sent_as_the_bytes_in_the_url(written: str, sent: bytes) -> None:
    proxy = find_route(HOST, {"HTTPS_PROXY": f"http://b{written}:p{written}@proxy:1"}).proxy
    assert proxy is not None
    scheme, _, credentials = proxy.headers["Proxy-Authorization"].partition(" ")
    assert (scheme, b64decode(credentials)) == ("Basic", b"b" + sent + b":p" + sent)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("url", MALFORMED)
def test_an_unusable_proxy_is_refused_naming_only_its_variable(
    url: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidRouteError, match=f"^{variable} is (not a valid|a SOCKS) proxy") as refusal:
        find_route(HOST, {variable: url})
    assert PASSWORD not in str(refusal.value)
    assert "proxy:3128" not in str(refusal.value)
    monkeypatch.setenv(variable, url.replace("\x00", ""))
    with pytest.raises(SourceError, match=f"^{variable} is") as shown:
        _source(
            Configured(Tenant(name="env", base_url=HOST), lambda: BearerToken(Secret("token"))), FixedClock(), CallLog()
        )
    assert PASSWORD not in f"{shown.value!r} {shown.value.__cause__!r}"


def test_a_password_that_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(InvalidRouteError) as refusal:
        find_route(HOST, {"HTTPS_PROXY": f"http://bob:{PASSWORD}\ud800@proxy:3128"})
    assert PASSWORD not in str(refusal.value)


@pytest.mark.parametrize("url", MALFORMED[:3])
def test_a_malformed_proxy_that_is_not_used_is_ignored(url: str) -> None:
    assert find_route(HOST, {"HTTP_PROXY": url, "ALL_PROXY": url, "HTTPS_PROXY": "proxy:1"}).proxy is not None
    assert find_route(HOST, {"HTTPS_PROXY": url, "NO_PROXY": "zuora.com"}).proxy is None
    assert find_route("http://localhost:1", {"HTTP_PROXY": url, "ALL_PROXY": url}).proxy is None


def test_certificates_that_are_not_the_systems_own_are_named() -> None:
    folder = str(CERTIFICATE.parent)
    assert find_route(HOST, {"SSL_CERT_DIR": folder, "HTTPS_PROXY": PROXY}).phrases == (
        "through the proxy proxy.example:3128",
        f"with certificates from SSL_CERT_DIR={folder}",
    )
    assert find_route("http://127.0.0.1:1", {"SSL_CERT_DIR": folder}).phrases == ()
