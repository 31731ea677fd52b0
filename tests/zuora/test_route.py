"""S8: a proxy or a CA bundle in use is named."""

import pytest

from zjobtui.zuora.route import proxy_in_use, route

HOST = "https://rest.eu.zuora.com"
PROXY = "http://user:hunter2@proxy.example:3128"


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": PROXY}, "proxy.example:3128"),
        ({"https_proxy": "proxy.example"}, "proxy.example"),
        ({"https_proxy": "lower:1", "HTTPS_PROXY": "upper:2"}, "lower:1"),
        ({"ALL_PROXY": "socks5://proxy.example:1080"}, "proxy.example:1080"),
        ({"HTTP_PROXY": PROXY}, ""),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "zuora.com"}, ""),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "example.com"}, "proxy.example:3128"),
        ({"HTTPS_PROXY": "http://[oops"}, "unnamed"),
        ({"HTTPS_PROXY": "http://pro\x07xy:3128"}, "pro␇xy:3128"),
    ],
)
def test_s8_the_proxy_of_the_environment_is_named_without_its_password(environ: dict[str, str], proxy: str) -> None:
    assert proxy_in_use(HOST, environ) == proxy
    assert proxy_in_use("http://127.0.0.1:8000", environ) == ""


def test_s8_certificates_that_are_not_the_systems_own_are_named() -> None:
    assert route(HOST, {"SSL_CERT_FILE": "/etc/corp.pem", "HTTPS_PROXY": PROXY}) == (
        "through the proxy proxy.example:3128",
        "with certificates from SSL_CERT_FILE=/etc/corp.pem",
    )
    assert route("http://127.0.0.1:1", {"SSL_CERT_FILE": "/etc/corp.pem"}) == ()
