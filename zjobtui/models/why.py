"""Why a job is in its state, in a few words: what failed, what was created, or progress against typical times."""

from collections.abc import Sequence
from math import floor

from zjobtui.models.digest import WHY_CELLS
from zjobtui.models.duration_stats import TypicalTimes
from zjobtui.models.durations import about, stepped
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.text import short_number
from zjobtui.models.text_width import cells, shorten_to_cells
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale

EIGHTHS = 8
"""Steps of a progress bar."""


def settled_why(watch: WatchedJob) -> str:
    """Return why a job ended as it did, or is not known to Zuora; "" as long as it runs."""
    if watch.is_final and watch.digest is not None:
        return watch.digest.why or shorten_to_cells(watch.digest.verdict.sentence, WHY_CELLS)
    return "not found in Zuora" if watch.verdict.kind is VerdictKind.UNKNOWN else ""


def why(watch: WatchedJob, typical: TypicalTimes | None, now: float) -> str:
    """Return why a job is in its state, at most `WHY_CELLS` wide, at `now` (seconds since the epoch, UTC).

    `typical` is that of the job's tenant, if it is known. Only the text of running and stale jobs changes with time.
    """
    return why_texts(watch, typical, now)[0]


def why_texts(watch: WatchedJob, typical: TypicalTimes | None, now: float) -> tuple[str, ...]:
    """Return `why` in fewer and fewer words: if there is no room for it, what is usual stays."""
    digest, settled = watch.digest, settled_why(watch)
    if is_stale(watch, now):
        answered_at = watch.answered_at
        if not answered_at:
            return ("no response yet",)
        age = stepped(now - answered_at)
        return f"no response for {age}", f"stale {age}"
    if settled:
        short = _STATUS_OF_ORDER.sub(r"\1: \2/\3 ", settled)
        return (settled,) if short == settled else (settled, short)
    if digest is None:
        return ("no response yet",)
    word = "" if digest.status == "Processing" else digest.status
    progress = _progress(watch, typical, now)
    texts = (" · ".join(part for part in (word, text) if part) for text in progress)
    return tuple(
        shorten_to_cells(text, WHY_CELLS) for text in (*texts, *(progress[-1:] if word and any(progress) else ()))
    )


_STATUS_OF_ORDER = lazy_pattern(r"^order ([^:]+): (\d+) of (\d+) ")


def first_within(texts: Sequence[str], width: int) -> str:
    """Return the first of `why_texts` that takes at most `width` cells, else the last."""
    return next((text for text in texts if cells(text) <= width), texts[-1])


def without_order(text: str, watch: WatchedJob) -> str:
    """Return why a job is in its state without what the column of orders says: the order, or that it is a preview.

    "" if that is all.
    """
    if watch.digest is None:
        return text
    number = short_number(watch.digest.order_number)
    shown, mark = (number, " · ") if number else (watch.digest.kind, ": ")
    return "" if shown == text else text.removeprefix(f"{shown}{mark}") if shown else text


def is_overdue(watch: WatchedJob, typical: TypicalTimes | None, now: float) -> bool:
    """Return whether a job runs for longer than 95 % of the jobs of its tenant do, as far as recent responses say."""
    if (
        typical is None
        or typical.nearly_all is None
        or watch.digest is None
        or watch.verdict.kind is not VerdictKind.RUNNING
    ):
        return False
    return now - watch.added_at > typical.nearly_all and not is_stale(watch, now)


def progress_eighths(watch: WatchedJob, typical: TypicalTimes | None, now: float) -> int | None:
    """Return how much of the typical time a running job has used, in eighths from 0 to 8; None if that is unknown."""
    if typical is None or not typical.median or watch.digest is None or watch.verdict.kind is not VerdictKind.RUNNING:
        return None
    if is_stale(watch, now):
        return None
    return min(EIGHTHS, max(0, floor(EIGHTHS * (now - watch.added_at) / typical.median)))


def _progress(watch: WatchedJob, typical: TypicalTimes | None, now: float) -> tuple[str, ...]:
    """Return how far a running job is, in fewer and fewer words."""
    if typical is None or typical.median is None:
        return ("",)
    if typical.nearly_all is not None and is_overdue(watch, typical, now):
        limit = about(typical.nearly_all, is_limit=True)
        return f"overdue: {nearly_all_text(typical.nearly_all)}", f"overdue: 95 % in {limit}", f"over {limit}"
    age, median = stepped(now - watch.added_at), about(typical.median)
    if now - watch.added_at <= typical.median:
        return f"{age} of about {median}", f"{age} of {median}", f"usual {median}"
    return f"{age}, usually {median}", f"usually {median}", f"usual {median}"


def nearly_all_text(seconds: float) -> str:
    """Return the time within which 95 % of the jobs end, in words."""
    return f"95 % end within {about(seconds, is_limit=True)}"
