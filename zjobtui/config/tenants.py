"""Documented Zuora hosts, and tenants made from the user's configuration."""

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.models.tenant import (
    BearerToken,
    ClientCredentials,
    Credentials,
    Secret,
    Tenant,
    TenantKind,
    is_loopback,
    strip_quotes,
    strip_scheme,
)
from zjobtui.models.text import clean, shorten, suggest

_HOST_NAME = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._-]{0,251}[0-9A-Za-z])?")


_NAME = re.compile(r"\w[\w .-]{0,39}")


class InvalidTenantError(ValueError):
    """The configuration of a tenant is not valid; the message says what is wrong and what is valid."""


class Host(Struct, frozen=True):
    """One documented environment: its REST base URL, and the URL of its user interface."""

    name: str
    base_url: str
    ui_url: str
    kind: TenantKind


HOSTS = (
    Host("US Cloud 1 production", "https://rest.na.zuora.com", "https://na.zuora.com", TenantKind.PRODUCTION),
    Host(
        "US Cloud 1 API sandbox",
        "https://rest.sandbox.na.zuora.com",
        "https://sandbox.na.zuora.com",
        TenantKind.API_SANDBOX,
    ),
    Host("US Cloud 2 production", "https://rest.zuora.com", "https://www.zuora.com", TenantKind.PRODUCTION),
    Host(
        "US Cloud 2 API sandbox",
        "https://rest.apisandbox.zuora.com",
        "https://apisandbox.zuora.com",
        TenantKind.API_SANDBOX,
    ),
    Host(
        "US developer and central sandbox",
        "https://rest.test.zuora.com",
        "https://test.zuora.com",
        TenantKind.DEVELOPER_SANDBOX,
    ),
    Host("EU production", "https://rest.eu.zuora.com", "https://eu.zuora.com", TenantKind.PRODUCTION),
    Host("EU API sandbox", "https://rest.sandbox.eu.zuora.com", "https://sandbox.eu.zuora.com", TenantKind.API_SANDBOX),
    Host(
        "EU developer and central sandbox",
        "https://rest.test.eu.zuora.com",
        "https://test.eu.zuora.com",
        TenantKind.DEVELOPER_SANDBOX,
    ),
    Host("APAC production", "https://rest.ap.zuora.com", "https://ap.zuora.com", TenantKind.PRODUCTION),
    Host(
        "APAC developer and central sandbox",
        "https://rest.test.ap.zuora.com",
        "https://test.ap.zuora.com",
        TenantKind.DEVELOPER_SANDBOX,
    ),
)
"""Zuora's data centres (its reference page “Data center support”)."""


VARIABLES = ("ZUORA_BASE_URL", "ZUORA_CLIENT_ID", "ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN")
"""The environment variables of the tenant `env`."""


def _is_host(hostname: str) -> bool:
    return bool(_HOST_NAME.fullmatch(hostname)) or ":" in hostname


def _with_scheme(address: str) -> str:
    """Return a host without a scheme as a base URL, or "" if it is not one; http is for loopback."""
    try:
        hostname = urlsplit(f"//{address}").hostname or ""
        return check_base_url(f"{'http' if is_loopback(hostname) else 'https'}://{address}")
    except ValueError:
        return ""


def check_base_url(text: str) -> str:
    """Return the base URL without trailing slash; raise `InvalidTenantError` if it is not https or on loopback."""
    shown = shorten(clean(text.strip().rpartition("@")[2]), 120)
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise InvalidTenantError(f"The base URL “{shown}” is not a valid URL.") from None
    hostname = parts.hostname or ""
    if "//" not in text and (right := _with_scheme(text.strip())):
        raise InvalidTenantError(f"The base URL “{shown}” has no scheme; did you mean {right}?")
    if parts.scheme not in {"https", "http"} or not _is_host(hostname) or clean(text.strip()) != text.strip():
        raise InvalidTenantError(f"The base URL “{shown}” is not a valid URL such as https://rest.eu.zuora.com.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidTenantError("The base URL must contain a host only: no user, password, query or fragment.")
    if parts.path.strip("/"):
        raise InvalidTenantError(f"The base URL “{shown}” must end after the host, without a path.")
    if parts.scheme == "http" and not is_loopback(hostname):
        raise InvalidTenantError(
            f"The base URL “{shown}” must begin with https://; http is accepted for loopback only."
        )
    host = f"[{hostname}]" if ":" in hostname else hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def name_problem(name: str) -> str:
    """Return why a text is not valid as the name of a tenant in config.toml, to follow the name; "" if it is valid."""
    if name == "env":
        return "is reserved for the tenant of ZUORA_BASE_URL; choose another name"
    if not _NAME.fullmatch(name) or clean(name) != name:
        return "must have a name of at most 40 letters, digits, dashes and dots"
    return ""


def make_tenant(name: str, base_url: str) -> Tenant:
    """Return a tenant at a base URL, with kind and name of a documented host; raise `InvalidTenantError`."""
    url = check_base_url(base_url)
    hostname = urlsplit(url).hostname or ""
    for host in HOSTS:
        if host.base_url == url:
            return Tenant(name=name, base_url=url, title=host.name, kind=host.kind, ui_url=host.ui_url)
    kind = TenantKind.SIMULATOR if is_loopback(hostname) else TenantKind.OTHER
    return Tenant(name=name, base_url=url, title=urlsplit(url).netloc, kind=kind)


def configured_tenant(
    name: str,
    *,
    host: str = "",
    url: str = "",
    title: str = "",
    kind: TenantKind | None = None,
    colour: str = "",
    daily_calls: int | None = None,
    calls_per_second: float | None = None,
    version: str = "",
    expected_order_statuses: Collection[str] = (),
    org_ids: str = "",
    entity_ids: str = "",
) -> Tenant:
    """Return a tenant of the settings file, at a documented host or a base URL; raise `InvalidTenantError`.

    Arguments that are not given default to the values of the host, or of every tenant; the title to its name.
    """
    tenant = make_tenant(name, url or find_host(host).base_url)
    return replace(
        tenant,
        title=title or name,
        kind=kind or tenant.kind,
        colour=colour,
        daily_calls=daily_calls,
        calls_per_second=calls_per_second,
        version=version or tenant.version,
        expected_order_statuses=frozenset(expected_order_statuses),
        org_ids=org_ids,
        entity_ids=entity_ids,
    )


def find_host(name: str) -> Host:
    """Return the documented host of this name, in any case; raise `InvalidTenantError` with the nearest name."""
    hosts = {host.name.casefold(): host for host in HOSTS}
    word = " ".join(name.casefold().split())
    if word in hosts:
        return hosts[word]
    if "." in word or ":" in word:
        raise InvalidTenantError("A host must be a name such as “EU production”; for an address, use url.")
    hint = suggest(word, [host.name for host in HOSTS])
    raise InvalidTenantError(f"Unknown host “{shorten(clean(name), 60)}”; {hint}" + "." * (hint[-1] != "?"))


def environment_tenant(environ: Mapping[str, str]) -> tuple[Tenant, Credentials] | None:
    """Return the tenant `env` of the ZUORA_* variables, or None if no base URL is set.

    Raises `InvalidTenantError` if the URL is not valid or the credentials are missing.
    """
    base_url = strip_quotes(environ.get("ZUORA_BASE_URL", ""))
    if not base_url:
        return None
    return make_tenant("env", base_url), environment_credentials(environ)


def environment_credentials(environ: Mapping[str, str]) -> Credentials:
    """Return client id and secret, or the bearer token; raise `InvalidTenantError` naming the wrong variable."""
    client_id, secret = (strip_quotes(environ.get(name, "")) for name in ("ZUORA_CLIENT_ID", "ZUORA_CLIENT_SECRET"))
    token = strip_scheme(environ.get("ZUORA_BEARER_TOKEN", ""))
    if client_id and secret:
        for name, text in (("ZUORA_CLIENT_ID", client_id), ("ZUORA_CLIENT_SECRET", secret)):
            if not text.isprintable():
                raise InvalidTenantError(f"{name} contains a line break or another character that is not valid in it.")
        return ClientCredentials(client_id, Secret(secret))
    if token:
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise InvalidTenantError("ZUORA_BEARER_TOKEN contains characters that are not valid in a token.")
        return BearerToken(Secret(token))
    missing = "ZUORA_CLIENT_SECRET" if client_id else "ZUORA_CLIENT_ID"
    raise InvalidTenantError(f"ZUORA_BASE_URL is set, but {missing} is not (nor ZUORA_BEARER_TOKEN).")


def environment_remarks(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each ZUORA_* variable of which a part is not used: quotes, the word “Bearer”."""
    texts = {name: environ.get(name, "").strip() for name in VARIABLES}
    quoted = [name for name, text in texts.items() if strip_quotes(text) != text]
    bearer = texts["ZUORA_BEARER_TOKEN"]
    remarks = [f"{name} has quotes around its value; they are not used." for name in quoted]
    if strip_scheme(bearer) != strip_quotes(bearer):
        remarks.append("ZUORA_BEARER_TOKEN begins with “Bearer”, which is not part of the token; it is ignored.")
    return tuple(remarks)
