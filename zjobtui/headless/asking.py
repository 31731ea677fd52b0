"""Which jobs somebody waits for, and whether they can be asked about at all."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

from zjobtui.domain.job import InvalidJobIdError, Job, JobId
from zjobtui.domain.spans import read_span
from zjobtui.domain.text import clean
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.adding import NO_ID, gather
from zjobtui.headless.choosing import ABSENT, find, the_one
from zjobtui.headless.saying import complain


def ids_in(text: str) -> list[str]:
    """The ids in a text; raises `ValueError` with what is wrong where one is broken or none is there.

    What is left out of the text is printed to standard error.
    """
    given = gather((), [("", text)])
    for sentence in given.left_out:
        complain(sentence)
    if given.refused or not given.ids:
        raise ValueError("\n".join(given.refused) or NO_ID)
    return [one.given for one in given.ids]


def meant_jobs(known: Iterable[Watch], texts: Iterable[str], tenant: str) -> list[Job]:
    """The job that each text means, once each, the new ones in `tenant`; raises `ValueError`."""
    watches = list(known)
    return list(dict.fromkeys(_meant(watches, text, tenant) for text in texts))


def _meant(known: Sequence[Watch], text: str, tenant: str) -> Job:
    if not find(known, text):
        with suppress(InvalidJobIdError):
            return Job(tenant, JobId.parse(text))
    return the_one(known, text, f"{ABSENT}; a job that is not watched yet is named by its whole id").job


def need_tenants(watchlist: Watchlist, jobs: Iterable[Job], names: Collection[str], none: str) -> None:
    """Raises `ValueError` where an unfinished job is of a tenant that cannot be asked; `none` where there is none."""
    known = {job: watchlist.get(job) for job in jobs}
    lost = {job.tenant for job, watch in known.items() if job.tenant not in names and not (watch and watch.is_final)}
    if lost and not names:
        raise ValueError(none)
    if lost:
        told = " and ".join(f"“{clean(name)}”" for name in sorted(lost))
        raise ValueError(f"There is no tenant {told}; there is: {', '.join(names)}.")


def new_watches(watchlist: Watchlist, jobs: Sequence[Job], now: float) -> list[Watch]:
    """What must come to the watchlist, so that all these jobs are on it."""
    return [Watch(job=job, added_at=now, added_by="wait") for job in jobs if watchlist.get(job) is None]


def read_limit(text: str | None) -> float | None:
    """The seconds of `--timeout`; raises `ValueError` for what is no span."""
    limit = None if text is None else read_span(text)
    if text is not None and limit is None:
        raise ValueError(f"--timeout: “{clean(text)}” is no span of time; try 90s, 15m or 1h30m.")
    return limit
