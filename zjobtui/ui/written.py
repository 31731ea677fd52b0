"""What a person writes of one job or of many at once: labels, notes and tags as texts of one line; pure."""

from collections.abc import Iterable, Mapping, Sequence

from zjobtui.domain.job import Job
from zjobtui.domain.watch import Watch


def shared(texts: Iterable[str]) -> str:
    """The text that all have; nothing where they differ."""
    different = set(texts)
    return different.pop() if len(different) == 1 else ""


def tags_of(watch: Watch) -> str:
    """The tags as they are written and read."""
    return ", ".join(watch.tags)


def read_tags(text: str) -> tuple[str, ...]:
    """The tags in a text, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def shared_tags(watches: Sequence[Watch]) -> str:
    """The tags that all have, in the order of the first."""
    first = watches[0].tags if watches else ()
    return ", ".join(tag for tag in first if all(tag in one.tags for one in watches))


def retagged(own: str, before: str, after: str) -> str:
    """A job's own tags when those that all had are changed from `before` to `after`: what is its alone stays."""
    alone = (tag for tag in read_tags(own) if tag not in read_tags(before))
    return ", ".join(dict.fromkeys((*alone, *read_tags(after))))


def by_text(texts: Mapping[Job, str]) -> Iterable[tuple[str, list[Job]]]:
    """Each different text with the jobs that have it."""
    return ((text, [job for job in texts if texts[job] == text]) for text in dict.fromkeys(texts.values()))
