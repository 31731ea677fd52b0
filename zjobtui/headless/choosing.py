"""Which jobs a person means: by words, by a filter in the language of the screen, by tenant."""

from collections.abc import Iterable

from zjobtui.domain.filtering import FilterProblem, parse
from zjobtui.domain.redaction import mask_secrets
from zjobtui.domain.text import clean, shorten
from zjobtui.domain.timeline import Event
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.storage.store import Store

ABSENT = "is not on the watchlist"


def chosen(watches: Iterable[Watch], wanted: str, tenant: str | None, now: float) -> list[Watch]:
    """The watches of the tenant that match the filter; raises `ValueError` that says what is wrong with a filter."""
    mine = [watch for watch in watches if tenant in {None, watch.job.tenant}]
    if not wanted.strip():
        return mine
    parsed = parse(wanted)
    if isinstance(parsed, FilterProblem):
        raise ValueError(f"--filter: {parsed}.")  # noqa: TRY004 - it is a value that is wrong
    return [watch for watch in mine if parsed.matches(watch, now)]


def find(watches: Iterable[Watch], text: str) -> list[Watch]:
    """The watches that a person means: by whole id, by label, or by the first six or more digits of the id."""
    known, wanted = list(watches), text.strip()
    key = wanted.replace("-", "").lower()
    exact = [watch for watch in known if watch.job.id.key == key or (watch.label and watch.label == wanted)]
    if exact or len(key) < 6:
        return exact
    return [watch for watch in known if watch.job.id.key.startswith(key)]


def kept(store: Store, *, archived: bool = True, removed: bool = True) -> tuple[Watch, ...]:
    """What left the watchlist and is still in the store."""
    return (*(store.gone(Event.ARCHIVED) if archived else ()), *(store.gone(Event.REMOVED) if removed else ()))


def one(store: Store, watchlist: Watchlist, text: str, tenant: str | None) -> Watch:
    """The one job that a text means, on the watchlist or else among what left it; raises `ValueError`."""
    mine = chosen(watchlist, "", tenant, 0.0)
    return the_one(mine if find(mine, text) else chosen(kept(store), "", tenant, 0.0), text)


def the_one(watches: Iterable[Watch], text: str, absent: str = ABSENT) -> Watch:
    """The one watch that a text means; raises `ValueError` with a sentence, which for none ends with `absent`."""
    found = find(watches, text)
    if len(found) == 1:
        return found[0]
    shown = shorten(clean(mask_secrets(text)), 60)
    if not found:
        raise ValueError(f"“{shown}” {absent}.")
    if len({watch.job.id for watch in found}) > 1:
        raise ValueError(f"“{shown}” means {len(found)} jobs; give more of the id.")
    tenants = " and ".join(watch.job.tenant for watch in found)
    raise ValueError(f"“{shown}” is watched in {tenants}; name one with --tenant.")
