"""Text printed on exit about edits that could not be saved, so that no job id is lost."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zjobtui.formatting.symbols import plural

if TYPE_CHECKING:
    from zjobtui.models.watched_job import WatchedJob
    from zjobtui.polling.protocols import Unsaved


def unsaved_text(why: str, unsaved: "Unsaved") -> str:
    """Return the text, with one line for each job; empty if everything was saved. `why` is the reason as a sentence."""
    if not (why or unsaved.added or unsaved.changed):
        return ""
    lines = [f"Some changes were not saved. {why}".rstrip()]
    if unsaved.added:
        lines.append(
            f"Not in the stored watchlist ({plural(len(unsaved.added), 'job')}); add them again with: zjobtui add ID…"
        )
        lines += _rows(unsaved.added)
    if unsaved.changed:
        lines.append(f"Unsaved changes ({plural(len(unsaved.changed), 'job')}):")
        lines += _rows(unsaved.changed)
    return "\n".join(lines)


def _rows(watches: "Iterable[WatchedJob]") -> "Iterator[str]":
    for watch in watches:
        yield "  ".join(part for part in (f"  {watch.job.id.given}", watch.job.tenant, watch.label) if part)
