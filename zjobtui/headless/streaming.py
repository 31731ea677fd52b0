"""Prints what happens to jobs, line by line, until nobody reads any more."""

import json
import select
import sys
from contextlib import suppress

from zjobtui.clock import Clock
from zjobtui.domain.differing import differences
from zjobtui.headless.choosing import chosen
from zjobtui.headless.following import Polled, PollingEndedError, states
from zjobtui.headless.progress import Troubles
from zjobtui.headless.saying import CLOSED, SOME_REFUSED, OutputError, complain, write_error
from zjobtui.wording.news import news_line, news_record
from zjobtui.wording.signs import plural


def stream(engine: Polled, clock: Clock, wanted: str, tenant: str | None, *, as_json: bool) -> int:
    """Prints changes of the jobs that match until polling ends, with that exit status; raises `ValueError`."""
    before = engine.state.watchlist
    complain(f"Watching {plural(len(chosen(before, wanted, tenant, clock.now())), 'job')}; ctrl+c ends it.")
    troubles = Troubles()
    with suppress(PollingEndedError):
        for state in states(engine):
            if state is None:
                _need_reader()
                continue
            now = clock.now()
            for trouble in troubles.news(state, state.pulses if tenant is None else {tenant}):
                write_error(f"{trouble}\n")  # words of responses are not logged
            events = list(differences(before, state.watchlist))
            meant = {watch.job for watch in chosen((watch for _, watch in events), wanted, tenant, now)}
            for event, watch in events:
                if watch.job in meant:
                    told = json.dumps(news_record(event, watch, now), ensure_ascii=False) if as_json else None
                    print(told or news_line(event, watch, now), flush=True)
            before = state.watchlist
    return SOME_REFUSED


def _need_reader() -> None:
    """Raises `OutputError` where the one who read has gone, although there is nothing to print."""
    looking = select.poll()
    looking.register(sys.stdout, 0)
    if any(events & select.POLLERR for _, events in looking.poll(0)):
        raise OutputError(status=CLOSED)
