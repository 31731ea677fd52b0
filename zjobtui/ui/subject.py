"""What the detail is about: a watch and all that is kept of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from zjobtui.domain.tenant import Tenant
from zjobtui.domain.usual import Usual, usual
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.wording.raw import difference, pretty

if TYPE_CHECKING:
    from zjobtui.domain.observation import Earlier, Seen
    from zjobtui.domain.timeline import Timeline


@dataclass(frozen=True)
class Subject:
    """A watch, its last good answer and the one before where there are any, its timeline, its tenant, and its peers."""

    watch: Watch
    seen: "Seen | None" = None
    timeline: "Timeline" = ()
    earlier: "Earlier | None" = None
    tenant: Tenant | None = None
    peers: Watchlist = Watchlist({})  # noqa: RUF009 - it is never altered

    @cached_property
    def usual(self) -> Usual | None:
        """What other jobs of the tenant took; found once, however often it is drawn."""
        return usual(self.watch, self.peers)

    @cached_property
    def body(self) -> list[str]:
        """The last answer in lines."""
        return pretty(self.seen.report.raw) if self.seen else []

    @cached_property
    def changed_body(self) -> list[tuple[str, str]]:
        """The lines of the last answer and of the one before it, each behind its sign."""
        return list(difference(pretty(self.earlier.raw), self.body)) if self.earlier else []
