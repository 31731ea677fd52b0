"""What a text contained besides the job ids that were taken from it, as sentences and in short."""

from collections.abc import Sequence

from zjobtui.formatting.symbols import plural, short_id
from zjobtui.models.job import FoundIds, JobRef

_LISTED = 10
"""Ids and names that are listed one by one; the others are only counted."""

_HINTS = 5
"""Credentials in the form of an id whose first characters are shown."""


def sentences(found: FoundIds) -> list[str]:
    """Return what was skipped and how to add it, for standard error."""
    listed = found.not_added[:_LISTED]
    lines = [
        f"Not added: {job_id.given[:8]}… is not named as a job id in this text; add it with: zjobtui add {job_id.given}"
        for job_id in listed
    ]
    if more := len(found.not_added) - len(listed):
        lines.append(f"Not added: {plural(more, 'more id')} not named as a job id in this text.")
    if found.others:
        dots = ", …" if len(found.other_names) > _LISTED else ""
        lines.append(f"Skipped {plural(found.others, 'other id')}: {', '.join(found.other_names[:_LISTED])}{dots}.")
    if found.secrets == 1:
        add = "; if it is a job id, add it by itself: zjobtui add ID" if found.secret_hints else "."
        lines.append(f"Skipped 1 access token or other credential{_hints(found)}{add}")
    elif found.secrets:
        add = "; add one that is a job id by itself: zjobtui add ID" if found.secret_hints else "."
        lines.append(f"Skipped {found.secrets:,} access tokens or other credentials{_hints(found)}{add}")
    return lines


def skipped_text(found: FoundIds) -> str:
    """Return how much was skipped, to append to other counts: `, 2 not added, 1 credential skipped (6d1512…)`."""
    texts = (
        f", {len(found.not_added):,} not added" if found.not_added else "",
        f", {plural(found.others, 'other id')} skipped" if found.others else "",
        f", {plural(found.secrets, 'credential')} skipped{_hints(found)}" if found.secrets else "",
    )
    return "".join(texts)


def dismissed_text(jobs: Sequence[JobRef]) -> str:
    """Return which jobs were not added since they were removed and Zuora did not know them, to append to the counts."""
    if not jobs:
        return ""
    first = f"{short_id(jobs[0].id.given)}{', …' if len(jobs) > 1 else ''}"
    return f"; {len(jobs):,} not added ({first}): removed before, unknown to Zuora; paste an id by itself to add it"


def _hints(found: FoundIds) -> str:
    """Return the first characters of the credentials that could be job ids, in brackets."""
    if not found.secret_hints:
        return ""
    dots = ", …" if len(found.secret_hints) > _HINTS else ""
    return f" ({', '.join(found.secret_hints[:_HINTS])}{dots})"
