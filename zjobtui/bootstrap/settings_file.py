"""Load the settings file, and make its tenants."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from zjobtui.bootstrap.configuration import Configuration, Configured
from zjobtui.config.loading import read_settings
from zjobtui.config.secrets import SecretError, describe_source, read_credentials
from zjobtui.config.settings import Settings, TenantSettings
from zjobtui.config.tenants import InvalidTenantError, configured_tenant
from zjobtui.logs import add_mask, get_logger
from zjobtui.models.tenant import Credentials, Tenant
from zjobtui.polling.protocols import SourceError
from zjobtui.zuora.mask import Mask

log = get_logger(__name__)

_read_secrets = Mask()
"""The secrets that were read, for the log: refused ones are read again every minute."""


def load_settings_file(environ: Mapping[str, str], path: Path) -> Configuration:
    """Load the settings at `path`; a missing file is a problem if the environment names it."""
    settings, problems = read_settings(path, must_exist=bool(environ.get("ZJOBTUI_CONFIG")))
    errors = [f"{path}: {problem}" for problem in problems if not problem.is_used]
    notices = tuple(f"{path}: {problem}" for problem in problems if problem.is_used)
    tenants: list[Configured] = []
    for table in settings.tenants:
        try:
            tenant = replace(_tenant(table), credentials_from=describe_source(table.secret_source))
            tenants.append(Configured(tenant, partial(_read_credentials, table, settings, environ)))
        except InvalidTenantError as error:
            errors.append(f"{path}: {settings.problem_with(('tenants', table.name), str(error))}")
    return Configuration(tuple(tenants), tuple(errors), notices, settings, path)


def _tenant(table: TenantSettings) -> Tenant:
    return configured_tenant(
        table.name,
        host=table.host,
        url=table.url,
        title=table.title,
        kind=table.kind,
        colour=table.colour,
        daily_calls=table.daily_calls,
        calls_per_second=table.calls_per_second,
        expected_order_statuses=table.expected_order_statuses,
        version=table.version,
        org_ids=table.org_ids,
        entity_ids=table.entity_ids,
    )


def _read_credentials(table: TenantSettings, settings: Settings, environ: Mapping[str, str]) -> Credentials:
    try:
        credentials = read_credentials(
            table.client_id,
            table.secret_source,
            environ,
            withheld=settings.secret_variables,
            time_limit=table.secret_timeout,
        )
    except SecretError as error:
        raise SourceError(str(error)) from None
    _mask_in_log(credentials.client_secret.reveal())
    return credentials


def _mask_in_log(secret: str) -> None:
    """Mask a secret in the log before any client gets it."""
    if log.is_on:
        _read_secrets.add(secret)
        add_mask(_read_secrets.mask_text)
