"""The tenants that are configured, each with what gives its credentials, and the settings of the file."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from zjobtui.config.tenants import InvalidTenantError, environment_tenant
from zjobtui.models.tenant import ClientCredentials, Credentials, Tenant
from zjobtui.models.watched_job import ARCHIVE_AFTER

if TYPE_CHECKING:
    from zjobtui.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Configured:
    """A tenant, and what gives its credentials; that may block, and raises `SourceError` with what a person can do."""

    tenant: Tenant
    credentials: Callable[[], Credentials]


@dataclass(frozen=True, slots=True)
class Configuration:
    """All tenants, the environment's first, and a sentence for everything in the file that is not used.

    `notices` are about what is used under a former name; `settings` are those of the file at `path`, if there is one.
    """

    tenants: tuple[Configured, ...] = ()
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    settings: "Settings | None" = None
    path: Path | None = None

    @property
    def archive_after(self) -> float:
        """Seconds after which what has ended and was looked at leaves the list."""
        return self.settings.list.archive_after if self.settings else ARCHIVE_AFTER


def configuration(environ: Mapping[str, str], path: Path) -> Configuration:
    """The tenants of the environment and of the settings at `path`; a fault in one hides nothing of the other."""
    filed = file_configuration(environ, path)
    try:
        found = environment_tenant(environ)
    except InvalidTenantError as fault:
        return replace(filed, problems=(str(fault), *filed.problems))
    if found is None:
        return filed
    tenant, credentials = found
    name = "ZUORA_CLIENT_SECRET" if isinstance(credentials, ClientCredentials) else "ZUORA_BEARER_TOKEN"
    own = Configured(replace(tenant, credentials_from=f"environment variable {name}"), lambda: credentials)
    return replace(filed, tenants=(own, *filed.tenants))


def file_configuration(environ: Mapping[str, str], path: Path) -> Configuration:
    """What the settings at `path` say alone."""
    with suppress(OSError):  # a folder that may not be looked into: the reading tells why
        if not environ.get("ZJOBTUI_CONFIG") and not path.exists():
            return Configuration()
    from zjobtui.bootstrap import settings_file  # noqa: PLC0415 - 25 ms (msgspec), only if there is such a file

    return settings_file.load(environ, path)
