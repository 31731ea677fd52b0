"""Tells on standard error how waiting goes: one live line on a terminal, else a line for each change."""

import os
import sys
from collections.abc import Callable, Iterable

from zjobtui.domain.differing import differences
from zjobtui.domain.job import Job
from zjobtui.domain.pulse import Pulse
from zjobtui.domain.timeline import Event
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.saying import complain
from zjobtui.wording.cells import fit
from zjobtui.wording.news import news_line
from zjobtui.wording.signs import counts
from zjobtui.wording.times import duration
from zjobtui.wording.totals import count_texts, pulse_text, worst


class Progress:
    """How these jobs stand; what keeps their tenants from being asked is told once each time."""

    def __init__(self, jobs: Iterable[Job], now: float) -> None:
        self._jobs = frozenset(jobs)
        self._began = now
        self._is_live = sys.stderr.isatty()
        self._before: Watchlist | None = None
        self._troubles: dict[str, str] = {}

    def tell(self, watches: Iterable[Watch], pulses: Iterable[Pulse], now: float) -> None:
        """What is new; on a terminal the line anew."""
        known, tenants = Watchlist({watch.job: watch for watch in watches}), {job.tenant for job in self._jobs}
        mine = [pulse for pulse in pulses if pulse.tenant in tenants]
        if self._is_live:
            self._draw(known, mine, now)
        else:
            self._tell_news(known, now)
            self._tell_troubles(mine)

    def close(self) -> None:
        """Takes the live line away."""
        if self._is_live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _draw(self, known: Watchlist, pulses: list[Pulse], now: float) -> None:
        told = [text for text, _, _ in count_texts(counts(known))]
        waiting = sum(not watch.is_final for watch in known)
        told += [pulse_text(worst(pulses), now, waiting).text, duration(now - self._began)]
        line = fit(" · ".join(told), max(20, _columns() - 1)).rstrip()
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    def _tell_news(self, known: Watchlist, now: float) -> None:
        if self._before is not None:
            for event, watch in differences(self._before, known):
                if event in {Event.STATUS, Event.CONTRADICTED}:
                    complain(news_line(event, watch, now))
        self._before = known

    def _tell_troubles(self, pulses: list[Pulse]) -> None:
        for pulse in pulses:
            trouble = f"{pulse.problem}. {pulse.problem.kind.meaning}" if pulse.problem else ""
            if trouble and trouble != self._troubles.get(pulse.tenant):
                complain(f"{pulse.tenant}: {trouble}")
            self._troubles[pulse.tenant] = trouble


def _columns(of: Callable[[int], os.terminal_size] = os.get_terminal_size) -> int:
    try:
        return of(sys.stderr.fileno()).columns
    except OSError:
        return 80
