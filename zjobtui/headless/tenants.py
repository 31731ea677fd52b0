"""Prints the configured tenants, and adds one."""

from collections.abc import Sequence
from pathlib import Path

from zjobtui.config.tenants import InvalidTenantError, check_base_url, find_host
from zjobtui.config.writer import NotWrittenError, TomlValue, add_tenant
from zjobtui.domain.tenant import Tenant
from zjobtui.headless.saying import OK, SOME_REFUSED, USAGE, complain
from zjobtui.polling.rate_limiter import limits_for
from zjobtui.wording.cells import fit


def list_tenants(tenants: Sequence[Tenant], problems: Sequence[str], notices: Sequence[str] = ()) -> int:
    """Prints a line for each: name, host, kind, calls of a day, where the secret comes from."""
    for problem in (*problems, *notices):
        complain(problem)
    for tenant in tenants:
        calls = f"{limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second).per_day:,.0f} calls/day"
        cells = (fit(tenant.name, 16), fit(tenant.base_url, 34), fit(tenant.kind.value, 18), fit(calls, 20))
        print("  ".join((*cells, tenant.credentials_from)))
    if not tenants:
        complain("No tenant is configured. Add one with: zjobtui tenants add NAME --host … --client-id … --secret-…")
    return USAGE if not tenants else SOME_REFUSED if problems else OK


def add(path: Path, name: str, values: dict[str, TomlValue]) -> int:
    """Adds a tenant to the settings; what its reader, or the table of hosts, would refuse is told and not written."""
    try:
        if host := values.get("host"):
            find_host(str(host))
        if url := values.get("url"):
            values["url"] = check_base_url(str(url))
        add_tenant(path, name, values)
    except (InvalidTenantError, NotWrittenError) as fault:
        complain(str(fault))
        return USAGE
    print(f"{name} was added to {path}. Look whether it works with: zjobtui doctor")
    return OK
