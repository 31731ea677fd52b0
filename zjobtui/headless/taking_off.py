"""Takes jobs off the watchlist, removed or archived, and brings them back; nothing is ever deleted."""

from collections.abc import Iterable, Sequence

from zjobtui.domain.archiving import due
from zjobtui.domain.job import Job
from zjobtui.domain.timeline import Event
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.choosing import ABSENT, chosen, kept, the_one
from zjobtui.headless.saying import OK, SOME_REFUSED, USAGE, complain
from zjobtui.storage.store import Store
from zjobtui.wording.signs import plural


def remove(store: Store, watchlist: Watchlist, texts: Sequence[str], tenant: str | None, now: float) -> int:
    """Takes jobs off; what is known of them stays on disk and comes back when they are added again."""
    found, refused = _meant(chosen(watchlist, "", tenant, now), texts)
    if not found:
        return USAGE
    store.apply(watchlist.remove([watch.job for watch in found], now))
    print(f"{plural(len(found), 'job')} removed; `zjobtui add` brings one back with all that was known of it.")
    return SOME_REFUSED if refused else OK


def archive(
    store: Store, watchlist: Watchlist, texts: Sequence[str], wanted: str, tenant: str | None, now: float
) -> int:
    """Archives what of these jobs has ended; of named ones each that has not is told."""
    mine = chosen(watchlist, wanted, tenant, now)
    found, refused = _meant(mine, texts) if texts else (mine, False)
    for watch in (watch for watch in found if texts and not watch.is_final):
        complain(f"“{watch.name}” has not ended; `zjobtui rm` takes it off all the same.")
        refused = True
    return max(_archive(store, watchlist, [w.job for w in found if w.is_final], now), SOME_REFUSED if refused else OK)


def archive_due(store: Store, watchlist: Watchlist, after: float, now: float) -> int:
    """Archives what has been finished and seen for longer than `after` seconds."""
    return _archive(store, watchlist, due(watchlist, now, after), now)


def restore(store: Store, watchlist: Watchlist, texts: Sequence[str], tenant: str | None, now: float) -> int:
    """Brings back what was archived or removed."""
    found, refused = _meant(chosen(kept(store), "", tenant, now), texts, "is neither archived nor removed")
    if not found:
        return USAGE
    store.apply(watchlist.restore(found, now))
    print(f"{plural(len(found), 'job')} back on the watchlist.")
    return SOME_REFUSED if refused else OK


def _archive(store: Store, watchlist: Watchlist, jobs: Sequence[Job], now: float) -> int:
    if jobs:
        store.apply(watchlist.remove(jobs, now, Event.ARCHIVED))
    print(f"{plural(len(jobs), 'job')} archived." + (" `zjobtui restore` brings one back." if jobs else ""))
    return OK


def _meant(watches: Iterable[Watch], texts: Sequence[str], absent: str = ABSENT) -> tuple[list[Watch], bool]:
    """The watch that each text means, once each, and whether one meant none or several, which is told."""
    known, meant, refused = list(watches), {}, False
    for text in texts:
        try:
            watch = the_one(known, text, absent)
        except ValueError as fault:
            complain(str(fault))
            refused = True
        else:
            meant[watch.job] = watch
    return list(meant.values()), refused
