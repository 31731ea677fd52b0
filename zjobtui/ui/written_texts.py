"""The texts that the user writes on jobs (label, tags, note, batch): how each is asked for, combined and written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from zjobtui.models.job import JobRef
from zjobtui.models.text import parse_tags
from zjobtui.models.watched_job import WatchedJob

if TYPE_CHECKING:
    from zjobtui.polling.engine import Engine
    from zjobtui.polling.state import EditResult


def common_text(texts: Iterable[str]) -> str:
    """Return the text that all have in common; empty if they differ."""
    different = set(texts)
    return different.pop() if len(different) == 1 else ""


def common_tags(texts: Iterable[str]) -> str:
    """Return the tags that are in all texts, in the order of the first."""
    first, *others = map(parse_tags, texts)
    return ", ".join(tag for tag in first if all(tag in tags for tags in others))


def merge_tags(own: str, before: str, after: str) -> str:
    """Return a job's tags after the common ones were changed from `before` to `after`; its other tags stay."""
    others = (tag for tag in parse_tags(own) if tag not in parse_tags(before))
    return ", ".join(dict.fromkeys((*others, *parse_tags(after))))


class WrittenText(Struct, frozen=True):
    """A text that the user writes on jobs.

    `done` is what is said of the jobs if any has the text then, and if none has. `common` returns what the texts of
    several jobs have in common, and `combine` a job's new text from its own one, the common one and the entered one.
    """

    title: str
    done: tuple[str, str]
    text_of: Callable[[WatchedJob], str]
    write: "Callable[[Sequence[JobRef], str], Future[EditResult]]"
    common: Callable[[Iterable[str]], str] = common_text
    combine: Callable[[str, str, str], str] = lambda _own, _common, entered: entered

    def write_all(self, texts: Mapping[JobRef, str]) -> "list[Future[EditResult]]":
        """Write a text on each job, with one edit for each different text."""
        return [
            self.write([job for job in texts if texts[job] == text], text) for text in dict.fromkeys(texts.values())
        ]


class WrittenTexts:
    """The texts that the user writes on jobs through an engine."""

    def __init__(self, engine: "Engine") -> None:
        self.label = WrittenText("Label for {}", ("labelled", "no longer labelled"), attrgetter("label"), engine.label)
        self.tags = WrittenText(
            "Tags for {}, separated by commas",
            ("tagged", "no longer tagged"),
            lambda watch: ", ".join(watch.tags),
            lambda jobs, text: engine.tag(jobs, parse_tags(text)),
            common_tags,
            merge_tags,
        )
        self.note = WrittenText("Note for {}", ("annotated", "without a note"), attrgetter("note"), engine.note)
        self.batch = WrittenText(
            "Batch of {}", ("put into a batch", "no longer in a batch"), attrgetter("batch"), engine.set_batch
        )
        self.all = (self.label, self.tags, self.note, self.batch)
