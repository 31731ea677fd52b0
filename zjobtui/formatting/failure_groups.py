"""Failures by reason, as text for the terminal and as records for other programs."""

import re
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from zjobtui.formatting.symbols import plural
from zjobtui.formatting.times import moment, stamp
from zjobtui.models.failure_groups import FailureGroup
from zjobtui.models.text import shorten
from zjobtui.models.text_width import fit, wrap

TITLE_CELLS = 24
"""Width of the column of titles."""

EXAMPLE_LIMIT = 120
"""Characters of an example that tells groups of the same title apart."""

_LEAST_TEXT = 20
"""Cells that texts get at least, however narrow the terminal is."""

_WORD = re.compile(r"\w+")
_TRANSIENT = {True: "transient", False: "permanent", None: "may be transient"}


def heading(groups: Sequence[FailureGroup], shown: int) -> str:
    """Return how many of the jobs failed or need attention: `37 of 200 jobs, 3 reasons`."""
    failed = sum(group.count for group in groups)
    return f"{failed:,} of {plural(shown, 'job')}, {plural(len(groups), 'reason')}"


def group_lines(
    group: FailureGroup, now: float, zone: tzinfo | None = None, *, width: int | None = None
) -> Iterator[str]:
    """Yield the line of a group (count, share, title, code and message), then its times and its advice.

    If a `width` is given, they are wrapped to so many cells.
    """
    counts = f"{group.count:>6,}  {share_text(group):>4}  "
    room = None if width is None else max(width - len(counts), _LEAST_TEXT)
    texts = (
        f"{fit(group.title, TITLE_CELLS)}  {example(group)}".rstrip(),
        failure_times_text(group, now, zone),
        group.advice.text,
    )
    for text in filter(None, texts):
        for part in [text] if room is None else wrap(text, room):
            yield f"{counts}{part}".rstrip()
            counts = " " * len(counts)


def share_text(group: FailureGroup) -> str:
    """Return the share of the failures, such as `15%` and `<1%`."""
    return f"{group.share:.0%}" if group.share >= 0.005 else "<1%"


def example(group: FailureGroup) -> str:
    """Return code and message of the job that ended last."""
    return f"[{group.code}] {group.message}" if group.code else group.message


def failure_times_text(group: FailureGroup, now: float, zone: tzinfo | None = None) -> str:
    """Return whether another try can succeed, and when the first and the last of these jobs ended."""
    times = moment(group.last_at, now, zone)
    if group.first_at != group.last_at:
        times = f"{moment(group.first_at, now, zone, beside=group.last_at)} to {times}"
    return f"{transience(group)} · {times}"


def transience(group: FailureGroup) -> str:
    """Return whether another try can succeed, in a few words; of jobs that completed, only that they did."""
    return "job completed" if group.has_completed else _TRANSIENT[group.is_transient]


def is_example_in_title(group: FailureGroup) -> bool:
    """Return whether the example has no other words than the title: `The order is Pending.` and `order Pending`."""
    return not group.code and set(_WORD.findall(group.message.casefold())) <= {
        *("the", "is"),
        *_WORD.findall(group.title.casefold()),
    }


def distinct_titles(groups: Sequence[FailureGroup]) -> list[str]:
    """Return what each group is called: its title, with its example if another group has the same title."""
    titles = [group.title for group in groups]
    return [
        f"{group.title}: {shorten(example(group), EXAMPLE_LIMIT)}" if titles.count(group.title) > 1 else group.title
        for group in groups
    ]


def group_record(group: FailureGroup) -> dict[str, Any]:
    """Return a group as a record; times are `2026-11-23T14:02:31Z`, `share` is between 0 and 1."""
    return {
        "error_category": group.title,
        "error_code": group.code or None,
        "message": group.message,
        "count": group.count,
        "share": round(group.share, 4),
        "first_at": stamp(group.first_at),
        "last_at": stamp(group.last_at),
        "is_transient": group.is_transient,
        "advice": group.advice.text,
        "jobs": [{"tenant": watch.job.tenant, "job_id": watch.job.id.given} for watch in group.jobs],
    }
