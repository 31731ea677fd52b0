import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.config.tenants import (
    HOSTS,
    InvalidTenantError,
    check_base_url,
    environment_credentials,
    environment_remarks,
    environment_tenant,
    make_tenant,
)
from zjobtui.models.tenant import BearerToken, ClientCredentials, TenantKind, is_loopback

CREDENTIALS = {"ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": "sentinel-secret"}
EU = "https://rest.eu.zuora.com"


@pytest.mark.parametrize(
    ("base_url", "ui_url", "kind"),
    [
        ("https://rest.na.zuora.com", "https://na.zuora.com", TenantKind.PRODUCTION),
        ("https://rest.sandbox.na.zuora.com", "https://sandbox.na.zuora.com", TenantKind.API_SANDBOX),
        ("https://rest.zuora.com", "https://www.zuora.com", TenantKind.PRODUCTION),
        ("https://rest.apisandbox.zuora.com", "https://apisandbox.zuora.com", TenantKind.API_SANDBOX),
        ("https://rest.test.zuora.com", "https://test.zuora.com", TenantKind.DEVELOPER_SANDBOX),
        ("https://rest.eu.zuora.com", "https://eu.zuora.com", TenantKind.PRODUCTION),
        ("https://rest.sandbox.eu.zuora.com", "https://sandbox.eu.zuora.com", TenantKind.API_SANDBOX),
        ("https://rest.test.eu.zuora.com", "https://test.eu.zuora.com", TenantKind.DEVELOPER_SANDBOX),
        ("https://rest.ap.zuora.com", "https://ap.zuora.com", TenantKind.PRODUCTION),
        ("https://rest.test.ap.zuora.com", "https://test.ap.zuora.com", TenantKind.DEVELOPER_SANDBOX),
    ],
)
def test_every_documented_host_is_known(base_url: str, ui_url: str, kind: TenantKind) -> None:
    tenant = make_tenant("env", base_url.upper().replace("HTTPS", "https") + "/")
    assert (tenant.base_url, tenant.ui_url, tenant.kind) == (base_url, ui_url, kind)
    assert tenant.title in {host.name for host in HOSTS}


def test_no_host_is_listed_twice() -> None:
    assert len({host.base_url for host in HOSTS}) == len({host.name for host in HOSTS}) == len(HOSTS) == 10


def test_an_undocumented_host_is_accepted() -> None:
    tenant = make_tenant("env", "https://zuora.example.com:8443")
    assert (tenant.title, tenant.kind, tenant.ui_url) == ("zuora.example.com:8443", TenantKind.OTHER, "")
    assert make_tenant("env", "http://127.0.0.1:8000").kind is TenantKind.SIMULATOR


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (EU, EU),
        (f"  {EU}///\n", EU),
        ("HTTPS://REST.EU.ZUORA.COM", EU),
        ("https://host:8443", "https://host:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.9.9.9:1", "http://127.9.9.9:1"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_a_base_url_is_kept_without_its_slash(text: str, url: str) -> None:
    assert check_base_url(text) == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a valid URL"),
        ("rest.eu.zuora.com", "did you mean https://rest.eu.zuora.com?"),
        ("localhost:8065", "did you mean http://localhost:8065?"),
        ("localhost:8065/v1", "is not a valid URL"),
        ("ftp://rest.eu.zuora.com", "is not a valid URL"),
        ("file:///etc/passwd", "is not a valid URL"),
        ("https://", "is not a valid URL"),
        ("https://[::1", "is not a valid URL"),
        ("https://host:port", "is not a valid URL"),
        ("https://host:99999", "is not a valid URL"),
        ("https://rest zuora.com", "is not a valid URL"),
        ("https://rest.eu.zuora.com\r\nX: y", "is not a valid URL"),
        ("https://rest.eu.zuora.com\u200b", "is not a valid URL"),
        ("https://rest.eu.zuora.com;a", "is not a valid URL"),
        ("https://%72est.zuora.com", "is not a valid URL"),
        ("https://rest.zuora.com\\.evil.example", "is not a valid URL"),
        ("https://réste.zuora.com", "is not a valid URL"),
        ("https://user@rest.eu.zuora.com", "no user, password, query or fragment"),
        ("https://user:pass@rest.eu.zuora.com", "no user, password, query or fragment"),
        ("https://rest.eu.zuora.com\\@evil.example", "no user, password, query or fragment"),
        ("https://rest.eu.zuora.com?x=1", "no user, password, query or fragment"),
        ("https://rest.eu.zuora.com#x", "no user, password, query or fragment"),
        ("https://rest.eu.zuora.com/v1", "must end after the host"),
        ("http://rest.eu.zuora.com", "must begin with https://"),
        ("http://localhost.evil.example", "must begin with https://"),
        ("http://127.0.0.1.evil.example", "must begin with https://"),
        ("http://0.0.0.0:8000", "must begin with https://"),
        ("http://10.0.0.1", "must begin with https://"),
    ],
)
def test_an_invalid_base_url_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidTenantError, match=re.escape(why)):
        check_base_url(text)


def test_a_refused_url_shows_neither_its_password_nor_control_characters() -> None:
    for text in ("https://user:hunter2@[host", "ftp://user:hunter2@host", "https://user:hunter2@host/v1"):
        with pytest.raises(InvalidTenantError) as refusal:
            check_base_url(text)
        assert "hunter2" not in str(refusal.value)
    with pytest.raises(InvalidTenantError, match="␛"):
        check_base_url("https://\x1b[2J")


@given(st.text(max_size=30) | st.from_regex(r"https?://[\w.:@/\\\[\]%?#;-]{1,30}", fullmatch=True))
def test_an_accepted_url_is_a_host_and_nothing_else(text: str) -> None:
    try:
        url = check_base_url(text)
    except InvalidTenantError:
        return
    sent = httpx.URL(f"{url}/v1/async-jobs/1")
    assert sent.raw_path == b"/v1/async-jobs/1"
    assert sent.userinfo == b""
    assert sent.scheme == "https" or is_loopback(sent.raw_host.decode().strip("[]"))


def test_without_a_base_url_no_tenant_is_configured() -> None:
    assert environment_tenant({}) is None
    assert environment_tenant({**CREDENTIALS, "ZUORA_BASE_URL": "  "}) is None


def test_the_environment_makes_the_tenant_env() -> None:
    made = environment_tenant({"ZUORA_BASE_URL": f" {EU} ", **CREDENTIALS})
    assert made is not None
    tenant, credentials = made
    assert (tenant.name, tenant.base_url, tenant.version) == ("env", EU, "2025-08-12")
    assert isinstance(credentials, ClientCredentials)
    assert (credentials.client_id, credentials.client_secret.reveal()) == ("id", "sentinel-secret")
    assert "sentinel" not in repr(made)


def test_a_bearer_token_is_used_if_the_client_is_incomplete() -> None:
    credentials = environment_credentials({"ZUORA_CLIENT_ID": "id", "ZUORA_BEARER_TOKEN": " token "})
    assert isinstance(credentials, BearerToken)
    assert credentials.token.reveal() == "token"
    both = environment_credentials({**CREDENTIALS, "ZUORA_BEARER_TOKEN": "token"})
    assert isinstance(both, ClientCredentials)


@pytest.mark.parametrize(
    "text",
    [
        "Bearer sentinel",
        "bearer  sentinel\r\n",
        "BEARER\tsentinel",
        '"sentinel"',
        "'Bearer sentinel'",
        'Bearer "sentinel"',
        "Authorization: Bearer sentinel",
    ],
)
def test_text_copied_along_with_a_token_is_not_sent(text: str) -> None:
    environ = {"ZUORA_BASE_URL": EU, "ZUORA_BEARER_TOKEN": text}
    credentials = environment_credentials(environ)
    assert isinstance(credentials, BearerToken)
    assert credentials.token.reveal() == "sentinel"
    assert any("ZUORA_BEARER_TOKEN" in remark and "sentinel" not in remark for remark in environment_remarks(environ))


@pytest.mark.parametrize("quote", ['"{}"', "'{}'", " `{}`\r\n", "\u201c{}\u201d", "\ufeff{}"])
def test_quotes_around_variables_are_ignored_and_reported(quote: str) -> None:
    environ = {name: quote.format(text) for name, text in {"ZUORA_BASE_URL": EU, **CREDENTIALS}.items()}
    made = environment_tenant(environ)
    assert made is not None
    tenant, credentials = made
    assert isinstance(credentials, ClientCredentials)
    assert (tenant.base_url, credentials.client_id) == (EU, "id")
    assert credentials.client_secret.reveal() == "sentinel-secret"
    assert len(environment_remarks(environ)) == 3
    assert environment_remarks({"ZUORA_BASE_URL": EU, **CREDENTIALS}) == ()


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"ZUORA_BEARER_TOKEN": "Bearer "}, "ZUORA_CLIENT_ID is not"),
        ({"ZUORA_BEARER_TOKEN": "sentinel two"}, "not valid in a token"),
        (
            {"ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": "sentinel\nsentinel"},
            "ZUORA_CLIENT_SECRET contains a line break",
        ),
        ({}, "ZUORA_CLIENT_ID is not"),
        ({"ZUORA_CLIENT_SECRET": "sentinel-secret"}, "ZUORA_CLIENT_ID is not"),
        ({"ZUORA_CLIENT_ID": "id"}, "ZUORA_CLIENT_SECRET is not"),
        ({"ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": "   "}, "ZUORA_CLIENT_SECRET is not"),
        ({"ZUORA_BEARER_TOKEN": "sentinel\r\nX: y"}, "not valid in a token"),
        ({"ZUORA_BEARER_TOKEN": "sentinel-ü"}, "not valid in a token"),
    ],
)
def test_missing_or_invalid_credentials_are_reported_and_never_shown(environ: dict[str, str], why: str) -> None:
    with pytest.raises(InvalidTenantError, match=why) as refusal:
        environment_tenant({"ZUORA_BASE_URL": EU, **environ})
    assert "sentinel" not in str(refusal.value)
