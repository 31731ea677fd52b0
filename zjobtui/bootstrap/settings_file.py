"""The tenants of the settings file, with what reads their credentials."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from zjobtui.bootstrap.configuration import Configuration, Configured
from zjobtui.config.loading import read_settings
from zjobtui.config.secrets import SecretError, described, read_credentials
from zjobtui.config.settings import Settings, TenantSettings
from zjobtui.config.tenants import InvalidTenantError, configured_tenant
from zjobtui.logs import add_mask, get_logger
from zjobtui.models.tenant import Credentials, Tenant
from zjobtui.polling.protocols import SourceError
from zjobtui.zuora.mask import Mask

log = get_logger(__name__)


def load(environ: Mapping[str, str], path: Path) -> Configuration:
    """Return what the settings at `path` say; an environment that names the file demands it."""
    settings, problems = read_settings(path, must_exist=bool(environ.get("ZJOBTUI_CONFIG")))
    told = [f"{path}: {problem}" for problem in problems if not problem.is_used]
    notices = tuple(f"{path}: {problem}" for problem in problems if problem.is_used)
    own: list[Configured] = []
    for given in settings.tenants:
        try:
            credentials = partial(_credentials, given, settings, environ)
            own.append(
                Configured(replace(_tenant(given), credentials_from=described(given.secret_source)), credentials)
            )
        except InvalidTenantError as fault:
            told.append(f"{path}: {settings.problem_with(('tenants', given.name), str(fault))}")
    return Configuration(tuple(own), tuple(told), notices, settings, path)


def _tenant(given: TenantSettings) -> Tenant:
    return configured_tenant(
        given.name,
        host=given.host,
        url=given.url,
        kind=given.kind,
        colour=given.colour,
        daily_calls=given.daily_calls,
        calls_per_second=given.calls_per_second,
        version=given.version,
        org_ids=given.org_ids,
        entity_ids=given.entity_ids,
    )


def _credentials(given: TenantSettings, settings: Settings, environ: Mapping[str, str]) -> Credentials:
    try:
        withheld = settings.secret_variables
        credentials = read_credentials(given.client_id, given.secret_source, environ, withheld=withheld)
    except SecretError as fault:
        raise SourceError(str(fault)) from None
    _conceal(credentials.client_secret.reveal())
    return credentials


def _conceal(secret: str) -> None:
    """Mask a secret in the log before any client knows it."""
    if log.is_on:
        mask = Mask()
        mask.add(secret)
        add_mask(mask.mask_text)
