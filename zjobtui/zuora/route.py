"""What stands between this machine and a host: the proxy and the certificates that the environment names."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from zjobtui.domain.text import clean, shorten
from zjobtui.zuora.tenants import is_loopback

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that OpenSSL reads in place of the system's trust store."""


def proxy_in_use(base_url: str, environ: Mapping[str, str]) -> str:
    """The proxy that the environment names for this host, without its password; empty where there is none."""
    parts = urlsplit(base_url)
    if is_loopback(parts.hostname or "") or not any(name.lower().endswith("_proxy") for name in environ):
        return ""
    named = {name.lower().removesuffix("_proxy"): text for name, text in environ.items() if text}
    named |= {name.removesuffix("_proxy"): text for name, text in environ.items() if text and name.islower()}
    proxy = named.get(parts.scheme) or named.get("all") or ""
    if not proxy or _is_exempt(parts.hostname or "", named.get("no", "")):
        return ""
    try:
        way = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return shorten(clean(f"{way.hostname}:{way.port}" if way.port else way.hostname or "unnamed"), 100)
    except ValueError:
        return "unnamed"


def _is_exempt(hostname: str, listed: str) -> bool:
    names = [name.strip().lstrip("*").lstrip(".").lower() for name in listed.split(",") if name.strip()]
    return any(not name or hostname == name or hostname.endswith(f".{name}") for name in names)


def route(base_url: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """A phrase for the proxy and one for the certificates that are not the system's own, where there are such."""
    proxy = proxy_in_use(base_url, environ)
    bundles = [f"{name}={shorten(clean(environ[name]), 100)}" for name in CERTIFICATES if environ.get(name)]
    is_secure = base_url.startswith("https")
    told = [f"through the proxy {proxy}"] if proxy else []
    return (*told, f"with certificates from {', '.join(bundles)}") if bundles and is_secure else tuple(told)
