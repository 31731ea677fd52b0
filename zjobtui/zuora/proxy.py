"""Route to a host: the proxy and the certificates that the environment names, read only here."""

import ipaddress
import os
import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.tenant import is_loopback
from zjobtui.models.text import clean, shorten
from zjobtui.zuora.certificates import CERTIFICATES, tls_faults

_USER_CHARACTER = r"(?:[^\s\x00-\x20\x7f/?#@:%\\]|%[0-9a-f]{2})"
_PROXY = lazy_pattern(
    rf"(?:(?P<scheme>https?)://|(?!https?:))"
    rf"(?:(?P<user>{_USER_CHARACTER}+)(?::(?P<password>(?:{_USER_CHARACTER}|:)*))?@)?"
    r"(?P<host>[0-9a-z](?:[0-9a-z._-]*[0-9a-z])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE,
)
_SOCKS = re.compile(r"socks[0-9a-z]*:", re.IGNORECASE)

_LABEL = r"[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?"
_EXEMPTION = lazy_pattern(
    rf"(?:(?P<scheme>all|https?)://)?"
    rf"(?:(?P<all>\*)|(?P<network>[0-9a-f:.]+/[0-9]{{1,3}})|(?P<address>[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*)"
    rf"|(?:\[(?P<bracketed>[0-9a-f:.]+)\]|(?:\*?\.)?(?P<host>{_LABEL}(?:\.{_LABEL})*)\.?)(?::(?P<port>[0-9]{{1,5}}))?)"
)
"""An entry of NO_PROXY, in lower case."""


class InvalidRouteError(ValueError):
    """Proxy, certificates or key log cannot be used; the message names the variable, and never the URL of a proxy."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy with its credentials, which are not part of its `repr`."""

    scheme: str
    host: str
    """A name or an address; an IPv6 address in brackets."""
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
        """Headers that sign in to the proxy, with the very bytes that the URL names, as curl sends them."""
        if not self.user:
            return {}
        return {"Proxy-Authorization": f"Basic {b64encode(_to_bytes(f'{self.user}:{self.password}')).decode()}"}


class Route(Struct, frozen=True):
    """How requests reach a host.

    `ignored` has a sentence for each entry of NO_PROXY that is not valid.
    """

    proxy: Proxy | None = None
    certificates: tuple[str, ...] = ()
    """Variables with their paths, such as `SSL_CERT_FILE=/etc/ca.pem`."""
    ignored: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """A phrase for the proxy and one for the certificates, if they are not the system's own."""
        proxy = (f"through the proxy {shorten(self.proxy.address, 100)}",) if self.proxy else ()
        return (*proxy, f"with certificates from {', '.join(self.certificates)}") if self.certificates else proxy


def find_route(base_url: str, environ: Mapping[str, str]) -> Route:
    """Return the route that the environment names for a host; raises `InvalidRouteError`.

    The variables are read as by curl: lower case first, and an empty one counts as unset. A host on loopback is always
    reached directly.
    """
    parts = urlsplit(base_url)
    is_secure = parts.scheme == "https"
    bundles = tuple(f"{name}={shorten(clean(environ[name]), 100)}" for name in CERTIFICATES if environ.get(name))
    certificates = bundles if is_secure else ()
    if faults := [*tls_faults(environ, is_secure=is_secure)]:
        raise InvalidRouteError("; ".join(faults))
    if is_loopback(parts.hostname or ""):
        return Route(certificates=certificates)
    variables = _proxy_variables(environ)
    variable, url = variables.get(parts.scheme) or variables.get("all") or ("", "")
    if not url:
        return Route(certificates=certificates)
    is_exempt, ignored = _read_exemptions(parts, *variables.get("no", ("", "")))
    return Route(None if is_exempt else _read_proxy(variable, url), certificates, ignored)


def _proxy_variables(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return name and value by scheme, with `all` and `no` among the schemes."""
    lower_case_last = sorted(environ.items(), key=lambda item: item[0].islower())
    listed = [(name, text.strip()) for name, text in lower_case_last if name.lower().endswith("_proxy")]
    if not listed and environ is os.environ and sys.platform in {"darwin", "win32"}:
        from urllib.request import getproxies  # noqa: PLC0415 - 30 ms; only these systems have settings of their own

        return {scheme: ("The proxy of the system's settings", text) for scheme, text in getproxies().items()}
    return {name.lower().removesuffix("_proxy"): (name, text) for name, text in listed if text}


def _read_exemptions(parts: SplitResult, variable: str, text: str) -> tuple[bool, tuple[str, ...]]:
    """Return whether NO_PROXY exempts the host from the proxy, and a sentence for each entry that is not valid."""
    is_exempt, ignored = False, list[str]()
    for entry in re.split(r"[\s,]+", text.lower()):
        try:
            is_exempt |= bool(entry) and _exempts(entry, parts)
        except ValueError:
            ignored.append(f"{variable}: “{_masked(entry)}” is not a valid host, address or network; it is ignored")
    return is_exempt, tuple(ignored)


def _exempts(entry: str, parts: SplitResult) -> bool:
    """Return whether an entry stands for the host; raises `ValueError` if it is not valid.

    As in curl, a name stands for itself and its subdomains, with or without `.` or `*.` before it, and an address or
    network for addresses only. A port or a scheme narrows it down.
    """
    match = _EXEMPTION.fullmatch(entry)
    if match is None:
        raise ValueError
    network = match["network"] and ipaddress.ip_network(match["network"], strict=False)
    address = match["bracketed"] or match["address"]
    listed = ipaddress.IPv6Address(address) if address else _as_address(match["host"] or "")
    port = int(match["port"] or 0)
    if match["port"] and not 0 < port < 1 << 16:
        raise ValueError
    if match["scheme"] not in {None, "all", parts.scheme}:
        return False
    if port and port != (parts.port or {"https": 443}.get(parts.scheme, 80)):
        return False
    hostname = (parts.hostname or "").removesuffix(".")
    host = _as_address(hostname)
    if match["all"]:
        return True
    if network:
        return host is not None and host in network
    if listed or host:
        return host == listed
    return hostname == match["host"] or hostname.endswith(f".{match['host']}")


def _as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _masked(entry: str) -> str:
    """Return an entry for display, without what may be the credentials of a URL that was put in the wrong variable."""
    _, at, shown = entry.rpartition("@")
    if not re.fullmatch(r"[0-9a-f:.\[\]]*(/[0-9]*)?", shown):
        shown = re.sub(r":.*", ":…", shown)
    return shorten(clean(f"…@{shown}" if at else shown), 60)


def _read_proxy(variable: str, text: str) -> Proxy:
    if _SOCKS.match(text):
        raise InvalidRouteError(f"{variable} is a SOCKS proxy, which is not supported; expected http://host:port")
    match = _PROXY.fullmatch(text)
    proxy = match and Proxy(
        scheme=(match["scheme"] or "http").lower(),
        host=match["host"],
        port=int(match["port"]) if match["port"] else None,
        user=unquote(match["user"] or "", errors="surrogateescape"),
        password=unquote(match["password"] or "", errors="surrogateescape"),
    )
    if proxy is None or not _is_usable(proxy):
        advice = "expected http://host:port, with special characters in user and password as %XX"
        raise InvalidRouteError(f"{variable} is not a valid proxy URL; {advice}")
    return proxy


def _to_bytes(decoded: str) -> bytes:
    """Return the bytes of a part of the URL; raises `ValueError` for a lone surrogate that stands for none."""
    return decoded.encode(errors="surrogateescape")


def _is_usable(proxy: Proxy) -> bool:
    try:
        _to_bytes(proxy.user + proxy.password)
        if proxy.host.startswith("["):
            ipaddress.IPv6Address(proxy.host.strip("[]"))
    except ValueError:
        return False
    is_port = proxy.port is None or 0 < proxy.port < 1 << 16
    return is_port and ":" not in proxy.user and all(len(label) < 64 for label in proxy.host.split("."))
