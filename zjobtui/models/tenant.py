"""Tenant: one Zuora environment with a name, a host, a kind, and credentials."""

import ipaddress
import re
from enum import Enum
from typing import TypeAlias

from msgspec import Struct


class TenantKind(Enum):
    """The kind of environment; its call limits and its colour on the screen depend on it."""

    PRODUCTION = "production"
    CENTRAL_SANDBOX = "central sandbox"
    DEVELOPER_SANDBOX = "developer sandbox"
    API_SANDBOX = "API sandbox"
    SIMULATOR = "simulator"
    OTHER = "other"


class Tenant(Struct, frozen=True, kw_only=True):
    """A Zuora environment.

    `base_url` has neither path nor trailing slash; `title` is its name on the screen; `version` is sent as
    Zuora-Version, which decides how Zuora words its errors. `colour` is a name or #rrggbb, empty for the default of the
    kind; `daily_calls` and `calls_per_second` are the most that zjobtui may send, None for what Zuora allows the kind;
    `expected_order_statuses` are those besides Completed in which an order needs no attention; `credentials_from` says
    where the secret comes from, in words.
    """

    name: str
    base_url: str
    title: str = ""
    kind: TenantKind = TenantKind.OTHER
    version: str = "2025-08-12"
    ui_url: str = ""
    org_ids: str = ""
    entity_ids: str = ""
    colour: str = ""
    daily_calls: int | None = None
    calls_per_second: float | None = None
    expected_order_statuses: frozenset[str] = frozenset()
    credentials_from: str = ""


class Secret:
    """A text that never shows itself: not in `repr`, in a format, or in a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one request that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not pickled.")


class ClientCredentials(Struct, frozen=True):
    """An OAuth client of the tenant."""

    client_id: str
    client_secret: Secret


class BearerToken(Struct, frozen=True):
    """A token that somebody else fetched; it cannot be renewed."""

    token: Secret


Credentials: TypeAlias = ClientCredentials | BearerToken


_QUOTED = re.compile("([\"'`])(.*)\\1|\u201c(.*)\u201d|\u2018(.*)\u2019", re.DOTALL)
_SCHEME = re.compile(r"(?:authorization\s*:\s*)?bearer(?:\s+|$)", re.IGNORECASE)


def strip_quotes(text: str) -> str:
    """Return a text without blanks, line ends, a byte order mark, and quotes around it.

    Neither host, client id, secret nor token of Zuora begins with a quote; an env file of Docker keeps its quotes.
    """
    text = text.strip().removeprefix("\ufeff").strip()
    while quoted := _QUOTED.fullmatch(text):
        text = (quoted[2] or quoted[3] or quoted[4] or "").strip()
    return text


def strip_scheme(text: str) -> str:
    """Return a token without quotes and without the word “Bearer” before it, with which it is sent."""
    stripped = strip_quotes(text)
    while scheme := _SCHEME.match(stripped):
        stripped = strip_quotes(stripped[scheme.end() :])
    return stripped


def is_loopback(hostname: str) -> bool:
    """Return whether a host name can only mean this machine."""
    if hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
