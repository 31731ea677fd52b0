"""Ids from arguments and from any text onto the watchlist."""

from collections.abc import Sequence

from zjobtui.domain.job import InvalidJobIdError, JobId, find_job_ids
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.saying import OK, SOME_REFUSED, USAGE, complain
from zjobtui.storage.store import Store
from zjobtui.wording.signs import plural

NO_ID = "No job id was found."


def parse_ids(arguments: Sequence[str]) -> tuple[list[JobId], list[str]]:
    """The ids among arguments, and a sentence for each that is none."""
    ids, refused = [], []
    for argument in arguments:
        try:
            ids.append(JobId.parse(argument))
        except InvalidJobIdError as fault:
            refused.append(str(fault))
    return ids, refused


def read_text(text: str) -> tuple[list[JobId], list[str]]:
    """The ids in any text, and a sentence for each word that looks like a broken one."""
    found = find_job_ids(text)
    return list(found.ids), [f"“{word}” looks like a job id, but is none." for word in found.refused]


def add(store: Store, watchlist: Watchlist, watches: Sequence[Watch], refused: Sequence[str]) -> int:
    """Watches jobs, says how many were new, known and refused, and gives the exit status."""
    change = watchlist.add(watches, store.recall(watch.job for watch in watches))
    if change.added:
        store.apply(change)
    for sentence in refused:
        complain(sentence)
    if not watches:
        if not refused:
            complain(NO_ID)
        return USAGE
    known = len({watch.job for watch in watches}) - len(change.added)
    print(f"{plural(len(change.added), 'job')} added, {known} known, {len(refused)} refused.")
    return SOME_REFUSED if refused else OK
