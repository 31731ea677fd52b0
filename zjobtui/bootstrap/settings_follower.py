"""Notice changes of config.toml while the monitor runs."""

import os
from collections.abc import Callable, Container
from dataclasses import fields
from typing import TYPE_CHECKING

from zjobtui.bootstrap.configuration import Configuration, Configured
from zjobtui.logs import get_logger
from zjobtui.models.text import clean
from zjobtui.polling.options import Reload
from zjobtui.polling.protocols import MakeSource

if TYPE_CHECKING:
    from pathlib import Path

    from zjobtui.config.settings import Settings, TenantSettings

log = get_logger(__name__)


class SettingsFollower:
    """Compare config.toml with the settings that are used; a file with problems is never used.

    `used` are the settings of the start; `load` loads them again, and `only` are the tenants that are shown, None for
    all.
    """

    def __init__(
        self,
        used: Configuration,
        path: "Path",
        load: Callable[[], Configuration],
        make_source: Callable[[Configured], MakeSource],
        only: Container[str] | None,
    ) -> None:
        self._used = used
        self._at_start = used
        self._path = path
        self._load = load
        self._make_source = make_source
        self._only = only
        self._signature: tuple[int, ...] | None = None
        self._has_notice = False

    def reload(self) -> Reload | None:
        """Return what is new in the file since the last call, or None; the first call compares it with the start."""
        signature = self._sign()
        if signature == self._signature:
            return None
        is_first, self._signature = self._signature is None, signature
        reload = self._compare(self._load())
        is_news = reload.sources is not None or reload.notice or self._has_notice
        self._has_notice = bool(reload.notice)
        return reload if is_news and not (is_first and reload == Reload()) else None

    def _sign(self) -> tuple[int, ...]:
        try:
            status = os.stat(self._path)  # noqa: PTH116 - an invalid path is not an error here
        except (OSError, ValueError):
            return ()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _compare(self, loaded: Configuration) -> Reload:
        shown = [each for each in loaded.tenants if self._only is None or each.tenant.name in self._only]
        used = self._used.settings
        if not self._signature and used is not None and used != loaded.settings:
            return self._refuse("was not found. The previous settings remain in use.")
        if loaded.problems and loaded.problems != self._at_start.problems:
            problem = loaded.problems[0].removeprefix(f"{self._path}: ")
            return self._refuse(f"has changed, but contains an error and is not used: {clean(problem)}")
        if not shown:
            return self._refuse("no longer contains a tenant and is not used.")
        before, after = _tables(self._used), _tables(loaded)
        changed = frozenset(name for name in before.keys() & after.keys() if before[name] != after[name])
        notice = self._restart_notice(loaded)
        if not changed and before.keys() == after.keys():
            return Reload(notice=notice)
        log.info("%s: tenants %s; changed: %s", self._path, ", ".join(after), ", ".join(changed) or "none")
        expected = loaded.expected_order_statuses
        is_same = expected == self._used.expected_order_statuses
        self._used = loaded
        sources = tuple((each.tenant, self._make_source(each)) for each in shown)
        return Reload(sources, changed, notice, None if is_same else expected)

    def _refuse(self, why: str) -> Reload:
        return Reload(notice=f"{clean(str(self._path))} {why}")

    def _restart_notice(self, loaded: Configuration) -> str:
        """Return which settings need a restart; only tenants are read while the program runs."""
        before, after = self._at_start.settings, loaded.settings
        changed = _changed_tables(before, after) if before and after else []
        named = ", ".join(f"[{name}]" for name in changed)
        return f"{named} of {clean(str(self._path))} changed: restart zjobtui to apply the change." if named else ""


def _tables(configuration: Configuration) -> "dict[str, TenantSettings]":
    """Return the valid tenants of the file by name."""
    names = {each.tenant.name for each in configuration.tenants}
    tables = configuration.settings.tenants if configuration.settings else ()
    return {table.name: table for table in tables if table.name in names}


def _changed_tables(before: "Settings", after: "Settings") -> list[str]:
    names = [field.name for field in fields(before) if field.compare and field.name != "tenants"]
    return [name for name in names if getattr(before, name) != getattr(after, name)]
