"""Which jobs a person means: by words, by a filter in the language of the screen, by tenant."""

from collections.abc import Iterable, Sequence

from zjobtui.domain.job import InvalidJobIdError, Job, JobId
from zjobtui.domain.text import clean, shorten
from zjobtui.domain.timeline import Event
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.storage.store import Store


def chosen(watches: Iterable[Watch], wanted: str, tenant: str | None, now: float) -> list[Watch]:
    """The watches of the tenant that match the filter; raises `ValueError` that says what is wrong with a filter."""
    mine = [watch for watch in watches if tenant in {None, watch.job.tenant}]
    if not wanted.strip():
        return mine
    from zjobtui.domain.filtering import FilterProblem, parse  # noqa: PLC0415 - few lists are filtered

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
    found = find(chosen(watchlist, "", tenant, 0.0), text) or find(chosen(kept(store), "", tenant, 0.0), text)
    if len(found) != 1:
        raise ValueError(not_one(text, found))
    return found[0]


def not_one(text: str, found: Sequence[Watch], absent: str = "") -> str:
    """A sentence for a person whose words do not mean one job."""
    shown = shorten(clean(text), 60)
    if len({watch.job.id for watch in found}) == 1:
        return f"“{shown}” is watched in {' and '.join(watch.job.tenant for watch in found)}; name one with --tenant."
    if found:
        return f"“{shown}” means {len(found)} jobs; give more of the id."
    return f"“{shown}” {absent or 'is not on the watchlist'}."


def meant(watches: Iterable[Watch], text: str, tenant: str) -> Job:
    """The watched job that a text means, or a new one of that id in `tenant`; raises `ValueError`."""
    found = find(watches, text)
    if len(found) == 1:
        return found[0].job
    if found:
        raise ValueError(not_one(text, found))
    try:
        return Job(tenant, JobId.parse(text))
    except InvalidJobIdError:
        raise ValueError(f"{not_one(text, found)} A job that is not watched yet is named by its whole id.") from None
