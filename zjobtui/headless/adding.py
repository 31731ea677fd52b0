"""Ids from arguments and from any text onto the watchlist."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zjobtui.domain.id_finder import find_job_ids
from zjobtui.domain.job import FoundIds, InvalidJobIdError, Job, JobId
from zjobtui.domain.redaction import mask_secrets
from zjobtui.domain.text import clean, shorten
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Change, Watchlist
from zjobtui.headless.saying import OK, SOME_REFUSED, USAGE, complain
from zjobtui.storage.store import Store
from zjobtui.wording.found_ids import sentences
from zjobtui.wording.signs import plural

NO_ID = "No job id was found."

LIMIT = 200
"""Characters that a label, a tag or a note may have."""


@dataclass(frozen=True, slots=True)
class Given:
    """The ids that were found, each with where it stood, a sentence for each text that is none, and what was left out.

    What was left out is not a fault: it does not change the exit status.
    """

    ids: dict[JobId, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Written:
    """What a person writes of jobs as they add them."""

    label: str = ""
    tags: Sequence[str] = ()
    note: str = ""


def gather(arguments: Sequence[str], texts: Iterable[tuple[str, str]] = ()) -> Given:
    """The ids among arguments, and those in texts, each named by where it comes from."""
    given = Given()
    for argument in arguments:
        try:
            given.ids.setdefault(JobId.parse(argument), "command line")
        except InvalidJobIdError as fault:
            given.refused.append(str(fault))
    texts_found = [(shorten(clean(mask_secrets(name)), LIMIT), find_job_ids(text)) for name, text in texts]
    for name, found in texts_found:
        for one in found.ids:
            given.ids.setdefault(one, name)
        given.refused.extend(f"“{word}” looks like a job id, but is none." for word in found.refused)
    given.left_out.extend(sentences(_left_out([found for _, found in texts_found], given.ids)))
    return given


def _left_out(found: Sequence[FoundIds], taken: Container[JobId]) -> FoundIds:
    """What all the texts together hold besides the ids that are taken."""
    return FoundIds(
        (),
        (),
        not_added=tuple(dict.fromkeys(one for text in found for one in text.not_added if one not in taken)),
        others=sum(text.others for text in found),
        other_names=tuple(dict.fromkeys(name for text in found for name in text.other_names)),
        secrets=sum(text.secrets for text in found),
        secret_hints=tuple(dict.fromkeys(hint for text in found for hint in text.secret_hints)),
    )


def read_file(path: str) -> str:
    """The text of a file, whatever its bytes are; raises `OSError`."""
    return Path(path).read_bytes().decode("utf-8", errors="replace")


def put(store: Store, watchlist: Watchlist, watches: Sequence[Watch]) -> Change:
    """Takes watches onto the watchlist, on disk too, each with what is still known of it."""
    change = watchlist.add(watches, store.recall(watch.job for watch in watches))
    if change.added:
        store.apply(change)
    return change


def add(store: Store, watchlist: Watchlist, given: Given, written: Written, tenant: str, now: float) -> int:
    """Watches jobs, says how many were new, known and refused, and gives the exit status."""
    label, note = (shorten(clean(mask_secrets(text).strip()), LIMIT) for text in (written.label, written.note))
    tags = tuple(dict.fromkeys(clean(tag) for text in written.tags for tag in text.replace(",", " ").split()))
    watches = [
        Watch(job=Job(tenant, one), added_at=now, added_by=source, label=label, tags=tags, note=note)
        for one, source in given.ids.items()
    ]
    for sentence in given.refused or ([] if watches else [NO_ID]):
        complain(sentence)
    for sentence in given.left_out:
        complain(sentence)
    if not watches:
        return USAGE
    added = len(put(store, watchlist, watches).added)
    print(f"{plural(added, 'job')} added, {len(watches) - added:,} known, {len(given.refused):,} refused.")
    return SOME_REFUSED if given.refused else OK
