"""A proxy or a CA bundle in use is named; user and password of a proxy never are, however the URL is written."""

import pytest

from tests.support.scripted import FixedClock
from zjobtui.domain.tenant import BearerToken, Secret, Tenant
from zjobtui.polling.ports import SourceError
from zjobtui.wiring import Configured, _source
from zjobtui.zuora.proxy import InvalidProxyError, find_proxy, route

HOST = "https://rest.eu.zuora.com"
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
    f"http://bob:{PASSWORD}%E2%82%AC@proxy:3128",
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
        ({"https_proxy": "", "HTTPS_PROXY": "upper:2"}, ""),
        ({"ALL_PROXY": "proxy.example:1080"}, "proxy.example:1080"),
        ({"ALL_PROXY": "all.example:1080", "HTTPS_PROXY": PROXY}, "proxy.example:3128"),
        ({"HTTP_PROXY": PROXY}, ""),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, ""),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "zuora.com"}, ""),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "a.example, .ZUORA.com"}, ""),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "rest.eu.zuora.com:443"}, ""),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "rest.eu.zuora.com:8443"}, "proxy.example:3128"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "https://rest.eu.zuora.com"}, ""),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "http://rest.eu.zuora.com"}, "proxy.example:3128"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "example.com"}, "proxy.example:3128"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "uora.com"}, "proxy.example:3128"),
    ],
)
def test_the_proxy_of_the_environment_is_named_without_user_and_password(environ: dict[str, str], proxy: str) -> None:
    found = find_proxy(HOST, environ)
    assert (found.address if found else "") == proxy
    assert route(HOST, environ) == ((f"through the proxy {proxy}",) if proxy else ())
    assert PASSWORD not in repr(found)
    assert find_proxy("http://127.0.0.1:8000", environ) is None


def test_user_and_password_are_decoded() -> None:
    found = find_proxy(HOST, {"HTTPS_PROXY": "http://b%40b:p%2f%3A:%20w@proxy:1"})
    assert found is not None
    assert (found.user, found.password, found.url) == ("b@b", "p/:: w", "http://proxy:1")


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("url", MALFORMED)
def test_a_proxy_that_cannot_be_used_is_refused_by_the_name_of_its_variable_alone(
    url: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidProxyError, match=f"^{variable} is (not a valid|a SOCKS) proxy") as refusal:
        find_proxy(HOST, {variable: url})
    assert PASSWORD not in str(refusal.value)
    assert "proxy:3128" not in str(refusal.value)
    monkeypatch.setenv(variable, url.replace("\x00", ""))
    with pytest.raises(SourceError, match=f"^{variable} is") as shown:
        _source(Configured(Tenant(name="env", base_url=HOST), lambda: BearerToken(Secret("token"))), FixedClock())
    assert PASSWORD not in f"{shown.value!r} {shown.value.__cause__!r}"


@pytest.mark.parametrize("url", MALFORMED[:3])
def test_a_malformed_proxy_that_is_not_used_does_no_harm(url: str) -> None:
    assert find_proxy(HOST, {"HTTP_PROXY": url, "ALL_PROXY": url, "HTTPS_PROXY": "proxy:1"}) is not None
    assert find_proxy(HOST, {"HTTPS_PROXY": url, "NO_PROXY": "zuora.com"}) is None
    assert find_proxy("http://localhost:1", {"HTTP_PROXY": url, "ALL_PROXY": url}) is None


@pytest.mark.parametrize("url", [*MALFORMED, "[", "::::", "%", "http://%zz", "\x00", ",,*.,", "a" * 10_000])
def test_a_malformed_entry_of_no_proxy_is_passed_over(url: str) -> None:
    assert find_proxy(HOST, {"HTTPS_PROXY": "proxy:1", "NO_PROXY": url}) is not None
    assert find_proxy(HOST, {"HTTPS_PROXY": "proxy:1", "NO_PROXY": f"{url},zuora.com"}) is None


def test_certificates_that_are_not_the_systems_own_are_named() -> None:
    assert route(HOST, {"SSL_CERT_FILE": "/etc/corp.pem", "HTTPS_PROXY": PROXY}) == (
        "through the proxy proxy.example:3128",
        "with certificates from SSL_CERT_FILE=/etc/corp.pem",
    )
    assert route("http://127.0.0.1:1", {"SSL_CERT_FILE": "/etc/corp.pem"}) == ()
