"""News in a line for a desktop, and as records for other programs."""

from collections.abc import Iterable, Sequence
from typing import Any

from zjobtui.domain.telling import News, Topic
from zjobtui.domain.text import clean, shorten
from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch
from zjobtui.wording.records import record
from zjobtui.wording.signs import WORDS, counts, plural, short_id

LIMIT = 200
"""Characters of a line; desktops show no more."""


def line_of(news: Sequence[News], watches: Iterable[Watch]) -> str:
    """All news in one line, safe for a terminal: one job by its name, more of them by their number."""
    told = [_about([one.watch for one in news if one.topic is topic and one.watch], topic) for topic in Topic]
    if any(one.topic is Topic.ALL_DONE for one in news):
        told.append(_in_all(watches))
    return shorten(clean(" · ".join(part for part in told if part)), LIMIT)


def records_of(news: Iterable[News], watches: Sequence[Watch], now: float) -> list[dict[str, Any]]:
    """A record for each: the event, and the job as `ls --json` prints it, or how many jobs stand how."""
    numbers = {WORDS[kind]: number for kind, number in counts(watches).items()}
    return [{"event": one.topic.value, **(record(one.watch, now) if one.watch else {"jobs": numbers})} for one in news]


def _about(watches: Sequence[Watch], topic: Topic) -> str:
    if len(watches) == 1:
        name = watches[0].label or short_id(watches[0].job.id.given)
        return f"{name} {'failed' if topic is Topic.FAILED else 'needs attention'}: {watches[0].verdict.sentence}"
    word = "failed" if topic is Topic.FAILED else "need attention"
    return f"{plural(len(watches), 'job')} {word}" if watches else ""


def _in_all(watches: Iterable[Watch]) -> str:
    counted = counts(watches)
    parts = (f"{number:,} {WORDS[kind]}" for kind, number in counted.items() if number and kind is not Kind.WAITING)
    return f"nothing is waited for any more: {', '.join(parts)}"
