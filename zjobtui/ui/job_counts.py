"""Number of jobs by verdict, of all tenants and of each, updated by the jobs that have changed."""

from collections.abc import Mapping

from zjobtui.models.diff import changed_pairs
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watchlist import Watchlist


class JobCounts:
    """The jobs of a watchlist by verdict, with zeros."""

    def __init__(self, watchlist: Watchlist) -> None:
        self.all: Mapping[VerdictKind, int] = {}
        """Number of jobs by verdict."""
        self.by_tenant: Mapping[str, Mapping[VerdictKind, int]] = {}
        """The same for each tenant that has jobs."""
        self.has_new_ends = True
        """Whether jobs have ended or were added since this was last set to False."""
        self._watchlist = watchlist
        self._count_all(watchlist)

    def update(self, watchlist: Watchlist) -> None:
        """Count the jobs of a watchlist in place of those of the one before."""
        before, self._watchlist = self._watchlist, watchlist
        if len(watchlist) != len(before):
            self._count_all(watchlist)
            return
        by_tenant = {tenant: dict(of_tenant) for tenant, of_tenant in self.by_tenant.items()}
        for old, new in changed_pairs(before, watchlist):
            if old is None:
                self._count_all(watchlist)
                return
            self.has_new_ends |= new.is_final and not old.is_final
            by_tenant[new.job.tenant][old.verdict.kind] -= 1
            by_tenant[new.job.tenant][new.verdict.kind] += 1
        self._set(by_tenant)

    def of(self, tenant: str) -> Mapping[VerdictKind, int]:
        """Return the number of jobs by verdict of a tenant, or of all if it is empty."""
        return self.by_tenant.get(tenant, dict.fromkeys(VerdictKind, 0)) if tenant else self.all

    def _count_all(self, watchlist: Watchlist) -> None:
        by_tenant: dict[str, dict[VerdictKind, int]] = {}
        for watch in watchlist:
            of_tenant = by_tenant.setdefault(watch.job.tenant, dict.fromkeys(VerdictKind, 0))
            of_tenant[watch.verdict.kind] += 1
        self.has_new_ends = True
        self._set(by_tenant)

    def _set(self, by_tenant: Mapping[str, Mapping[VerdictKind, int]]) -> None:
        self.by_tenant = by_tenant
        self.all = {kind: sum(of_tenant[kind] for of_tenant in by_tenant.values()) for kind in VerdictKind}
