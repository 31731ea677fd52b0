"""Writes the watchlist out as JSON or ids, and merges such a file into the watchlist."""

import sys
from collections.abc import Sequence

from zjobtui.domain.merging import Carried, merge
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.choosing import kept
from zjobtui.headless.saying import OK
from zjobtui.storage.answers import ReadReport
from zjobtui.storage.carrying import CarriedError, from_json, to_json
from zjobtui.storage.store import Store
from zjobtui.wording.signs import plural
from zjobtui.wording.times import stamp


def export(store: Store, watches: Sequence[Watch], now: float, *, with_results: bool, only_ids: bool) -> int:
    """Prints watches so that `take_in` can read them, or their ids alone."""
    if only_ids:
        sys.stdout.writelines(f"{watch.job.id.given}\n" for watch in watches)
        return OK
    carried = (Carried(w, store.seen(w.job), store.timeline(w.job)) if with_results else Carried(w) for w in watches)
    sys.stdout.write(to_json(carried, stamp(now)))
    return OK


def take_in(store: Store, watchlist: Watchlist, text: bytes, name: str, read_report: ReadReport) -> int:
    """Merges an export; raises `ValueError`, and has changed nothing, where it cannot be read."""
    try:
        carried = from_json(text, read_report)
    except CarriedError as fault:
        raise ValueError(f"{name} was not imported, nothing is changed. {fault}.") from None
    off = {watch.job for watch in kept(store)}
    merged = merge(watchlist, carried, off, lambda job: (store.seen(job), store.timeline(job)))
    if merged.change.is_urgent or merged.change.observed:
        store.apply(merged.change)
    told = f"{plural(merged.new, 'job')} new, {merged.merged:,} merged, {merged.known:,} known."
    print(f"{told} {merged.off:,} were taken off the list here and stay off it." if merged.off else told)
    return OK
