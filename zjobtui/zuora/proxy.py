"""What stands between this machine and a host: the proxy and the certificates that the environment names."""

import ipaddress
import os
import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from zjobtui.domain.tenant import is_loopback
from zjobtui.domain.text import clean, shorten

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that OpenSSL reads in place of the system's trust store."""

_USER_CHARACTER = r"(?:[^\s\x00-\x20\x7f/?#@:%\\]|%[0-9a-f]{2})"
_PROXY = re.compile(
    rf"(?:(?P<scheme>https?)://|(?!https?:))"
    rf"(?:(?P<user>{_USER_CHARACTER}+)(?::(?P<password>(?:{_USER_CHARACTER}|:)*))?@)?"
    r"(?P<host>[0-9a-z](?:[0-9a-z._-]*[0-9a-z])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE,
)
_SOCKS = re.compile(r"socks[0-9a-z]*:", re.IGNORECASE)


class InvalidProxyError(ValueError):
    """A proxy that cannot be used; the message names the variable and never holds its value."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy and the credentials for it, which stay out of its `repr`."""

    scheme: str
    host: str
    """A name or an address, that of IPv6 in brackets."""
    port: int | None = None
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """Host and port, for the screen."""
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def url(self) -> str:
        """The URL without user and password."""
        return f"{self.scheme}://{self.address}"

    @property
    def headers(self) -> dict[str, str]:
        """What signs in to the proxy."""
        if not self.user:
            return {}
        return {"Proxy-Authorization": f"Basic {b64encode(f'{self.user}:{self.password}'.encode('latin-1')).decode()}"}


def find_proxy(base_url: str, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy that the environment names for a host; raises `InvalidProxyError` if that is not usable.

    The variables are read as by urllib and curl: those in lower case count more, and one that is empty is unset.
    """
    parts = urlsplit(base_url)
    if is_loopback(parts.hostname or ""):
        return None
    named = _named(environ)
    variable, text = named.get(parts.scheme) or named.get("all") or ("", "")
    if not text or _is_exempt(parts, named.get("no", ("", ""))[1]):
        return None
    return _read_proxy(variable, text)


def route(base_url: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """A phrase for the proxy and one for the certificates that are not the system's own, where there are such.

    Raises `InvalidProxyError`.
    """
    proxy = find_proxy(base_url, environ)
    bundles = [f"{name}={shorten(clean(environ[name]), 100)}" for name in CERTIFICATES if environ.get(name)]
    is_secure = base_url.startswith("https")
    told = [f"through the proxy {shorten(proxy.address, 100)}"] if proxy else []
    return (*told, f"with certificates from {', '.join(bundles)}") if bundles and is_secure else tuple(told)


def _named(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Variable and value by scheme, `all` and `no` among them."""
    listed = [(name, text.strip()) for name, text in environ.items() if name.lower().endswith("_proxy")]
    named = {name.lower().removesuffix("_proxy"): (name, text) for name, text in listed if text}
    for name, text in listed:
        if name.endswith("_proxy"):
            named[name.lower().removesuffix("_proxy")] = (name, text)
    if not listed and environ is os.environ and sys.platform in {"darwin", "win32"}:
        from urllib.request import getproxies  # noqa: PLC0415 - only these systems have settings of their own

        return {scheme: ("The proxy of the system's settings", text) for scheme, text in getproxies().items()}
    return named


def _is_exempt(parts: SplitResult, listed: str) -> bool:
    """Whether NO_PROXY lists the host or a domain above it, perhaps with scheme or port; `*` lists all hosts."""
    hostname, port = parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)
    for entry in listed.lower().split(","):
        scheme, _, text = entry.strip().rpartition("://")
        name, _, port_text = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
        name = name.strip("[]").lstrip("*").lstrip(".")
        is_listed = text == "*" or (name and (hostname == name or hostname.endswith(f".{name}")))
        if is_listed and scheme in {"", "all", parts.scheme} and port_text in {"", str(port)}:
            return True
    return False


def _read_proxy(variable: str, text: str) -> Proxy:
    if _SOCKS.match(text):
        raise InvalidProxyError(f"{variable} is a SOCKS proxy, which is not supported; expected http://host:port")
    found = _PROXY.fullmatch(text)
    proxy = found and Proxy(
        scheme=(found["scheme"] or "http").lower(),
        host=found["host"],
        port=int(found["port"]) if found["port"] else None,
        user=unquote(found["user"] or "", errors="surrogateescape"),
        password=unquote(found["password"] or "", errors="surrogateescape"),
    )
    if proxy is None or not _is_usable(proxy):
        advice = "expected http://host:port, with special characters in user and password as %XX"
        raise InvalidProxyError(f"{variable} is not a valid proxy URL; {advice}")
    return proxy


def _is_usable(proxy: Proxy) -> bool:
    try:
        (proxy.user + proxy.password).encode("latin-1")  # what the scheme Basic can carry
        if proxy.host.startswith("["):
            ipaddress.IPv6Address(proxy.host.strip("[]"))
    except ValueError:
        return False
    is_port = proxy.port is None or 0 < proxy.port < 1 << 16
    return is_port and ":" not in proxy.user and all(len(label) < 64 for label in proxy.host.split("."))
