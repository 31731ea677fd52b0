"""Load the configuration: the tenants of environment and settings file, and the settings; mask its secrets."""

import dataclasses
import os
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.config.tenants import InvalidTenantError, environment_remarks, environment_tenant
from zjobtui.models.digest import ExpectedStatuses
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.tenant import ClientCredentials, Credentials, Tenant
from zjobtui.models.watched_job import ARCHIVE_AFTER
from zjobtui.zuora.mask import Mask

if TYPE_CHECKING:
    from zjobtui.config.settings import Settings

_SECRET_NAMES = lazy_pattern(r"secret|client_?id|token|pass(?:w|phrase)|api_?key|private|credential|auth")
"""Names of environment variables whose values are masked wherever they occur, in lower case."""


class SecretMask:
    """The mask of everything that the user hands on.

    Replaces the values of environment variables that hold secrets: by their names, and those that settings name.
    """

    def __init__(self) -> None:
        self._mask = Mask()

    def add(self, environ: Mapping[str, str], variables: Container[str]) -> None:
        """Mask the values of these variables, too; may be called from any thread."""
        for name, value in environ.items():
            if name in variables or _SECRET_NAMES.search(name.lower()):
                self._mask.add(value)

    def __call__(self, text: str) -> str:
        """Return the text with every secret masked."""
        return self._mask.mask_text(text)


class Configured(Struct, frozen=True):
    """A tenant, and the function that returns its credentials; it may block, and raises `SourceError`."""

    tenant: Tenant
    credentials: Callable[[], Credentials]


@dataclass(frozen=True, slots=True)
class Configuration:
    """All tenants, the environment's first, and a sentence for each problem; what has a problem is not used.

    `notices` are about settings under former names, `remarks` about variables of which a part is not used; `settings`
    are those of the file at `path`, if there is one. `environ` are the environment variables that were read.
    """

    tenants: tuple[Configured, ...] = ()
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    settings: "Settings | None" = None
    path: Path | None = None
    remarks: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False, compare=False)

    def add_secrets(self, mask: SecretMask) -> SecretMask:
        """Mask the secrets of the environment, also those whose variables only the settings name; return the mask."""
        mask.add(self.environ, self.settings.secret_variables if self.settings else ())
        return mask

    @property
    def archive_after(self) -> float:
        """Seconds after which finished jobs that were read are archived."""
        return self.settings.list.archive_after if self.settings else ARCHIVE_AFTER

    @property
    def expected_order_statuses(self) -> ExpectedStatuses:
        """The expected order statuses of each tenant that has some."""
        tenants = (configured.tenant for configured in self.tenants)
        return {tenant.name: tenant.expected_order_statuses for tenant in tenants if tenant.expected_order_statuses}


def configuration(environ: Mapping[str, str], path: Path) -> Configuration:
    """Load the tenants of environment and settings file; an error in one does not affect the other."""
    from_file = file_configuration(environ, path)
    try:
        from_environment = environment_tenant(environ)
    except InvalidTenantError as error:
        return dataclasses.replace(from_file, problems=(str(error), *from_file.problems))
    if from_environment is None:
        return from_file
    tenant, credentials = from_environment
    name = "ZUORA_CLIENT_SECRET" if isinstance(credentials, ClientCredentials) else "ZUORA_BEARER_TOKEN"
    configured = Configured(replace(tenant, credentials_from=f"environment variable {name}"), lambda: credentials)
    return dataclasses.replace(
        from_file, tenants=(configured, *from_file.tenants), remarks=environment_remarks(environ)
    )


def file_configuration(environ: Mapping[str, str], path: Path) -> Configuration:
    """Load the settings file alone."""
    with suppress(OSError):  # a folder without access: reading the file reports it
        if not environ.get("ZJOBTUI_CONFIG") and not path.exists():
            return Configuration(environ=environ)
    from zjobtui.bootstrap import settings_file  # noqa: PLC0415 - 25 ms (msgspec), only if there is such a file

    return dataclasses.replace(settings_file.load_settings_file(environ, path), environ=environ)


def expected_order_statuses(environ: Mapping[str, str], path: Path) -> ExpectedStatuses | None:
    """Return the expected order statuses that the settings file has; None if the file has a problem.

    A file that does not mention them is not decoded, since every command that prints jobs needs this.
    """
    with suppress(OSError, ValueError):
        if b"expected_order_statuses" in path.read_bytes():
            loaded = file_configuration(environ, path)
            return None if loaded.problems else loaded.expected_order_statuses
    return {}
