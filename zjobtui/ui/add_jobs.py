"""Dialog that finds job ids in pasted text."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Paste
from textual.screen import ModalScreen
from textual.theme import Theme
from textual.types import WatchCallbackType
from textual.widgets import Static, TextArea

from zjobtui.formatting.found_ids import first_not_added, skipped_text
from zjobtui.formatting.symbols import plural, short_id
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.job import FoundIds, InvalidJobIdError, JobId
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.source_text import without_codes
from zjobtui.models.text import clean_lines

SHOWN_LIMIT = 4_000
"""Characters of a pasted text that are shown; of a longer text only the ids are kept."""

NAMED = 3
"""Refused words that are shown; the text above has all of them."""

HINT = "Paste any text that contains job ids: a ticket, a log, JSON, CSV."


class PastedText(TextArea):
    """A text area that removes control characters and masks credentials in pasted text."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id)
        self._pasted: list[FoundIds] = []
        """The ids in each paste that the shown text no longer contains."""

    def find_ids(self) -> FoundIds:
        """Return the ids in the text, and those that were skipped in the pastes.

        An id that was pasted as a job id, or that is alone on its line, is added even if another paste names job ids.
        """
        found = find_job_ids(self.text)
        pasted = dict.fromkeys(job_id for paste in self._pasted for job_id in paste.ids)
        unnamed = {job_id for paste in self._pasted for job_id in paste.not_added if job_id not in pasted}
        alone = set(_ids_on_own_line(self.text)) - unnamed if found.not_added else set()
        ids = (*found.ids, *(job_id for job_id in found.not_added if job_id in pasted or job_id in alone))
        skipped = [*found.not_added, *(job_id for paste in self._pasted for job_id in paste.not_added)]
        names = {name.lower(): name for source in (found, *self._pasted) for name in source.other_names}
        return FoundIds(
            ids,
            found.near_misses,
            broken=found.broken,
            not_added=tuple(job_id for job_id in dict.fromkeys(skipped) if job_id not in ids),
            others=found.others + sum(paste.others for paste in self._pasted),
            other_names=tuple(names.values()),
            secrets=found.secrets + sum(paste.secrets for paste in self._pasted),
            secret_hints=tuple(
                dict.fromkeys(hint for source in (found, *self._pasted) for hint in source.secret_hints)
            ),
        )

    def clear_pastes(self) -> None:
        """Start again after all text was deleted."""
        self._pasted.clear()

    def watch(self, obj: DOMNode, attribute_name: str, callback: WatchCallbackType, init: bool = True) -> None:
        """Ignore the app: it would keep every text area that was ever opened until its theme changes."""
        if obj is not self.app:
            super().watch(obj, attribute_name, callback, init)

    def on_mount(self) -> None:
        """Subscribe to theme changes by a signal, from which a widget can unsubscribe."""
        self.app.theme_changed_signal.subscribe(self, self._restyle)

    def on_unmount(self) -> None:
        """Unsubscribe from theme changes."""
        self.app.theme_changed_signal.unsubscribe(self)

    def _restyle(self, _: Theme) -> None:
        self.theme = self.theme

    async def on_paste(self, event: Paste) -> None:
        """Mask credentials and clean the text; Textual then calls the handler of the base class, which inserts it."""
        pasted = event.text.replace("\r\n", "\n").replace("\r", "\n")
        found = find_job_ids(pasted)
        text = clean_lines(mask_secrets(without_codes(pasted))) if len(pasted) <= SHOWN_LIMIT else ""
        if not text or len(text) > SHOWN_LIMIT or find_job_ids(text).ids != found.ids:
            text = "\n".join((*map(str, found.ids), *found.near_misses, *map(_in_two_lines, found.broken)))
            self._pasted.append(found)
        else:
            self._pasted.append(replace(found, near_misses=(), broken=(), others=0, other_names=()))
        is_within_line = self.cursor_location[1] > 0
        event.text = f"\n{text}" if is_within_line else text


class AddJobsDialog(ModalScreen[FoundIds | None]):
    """Ask for a text; return the ids in it, or None if cancelled."""

    BINDINGS = [
        Binding("enter", "add", "add", priority=True),
        Binding("escape", "cancel", "cancel", priority=True),
    ]

    def __init__(self, is_known: Callable[[JobId], bool], text: str = "", title: str = "Add jobs") -> None:
        super().__init__()
        self._title = title
        self._is_known = is_known
        self._text = text

    def compose(self) -> ComposeResult:
        """Compose title, text area, summary and key hints."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield Static(Content(HINT), id="hint")
            yield PastedText(id="text")
            yield Static(Content(""), id="found")
            yield Static(Content(_key_hint(0)), id="keys")

    def on_mount(self) -> None:
        """Insert the text that was pasted before the dialog opened."""
        area = self.query_one(PastedText)
        area.focus()
        if self._text:
            area.post_message(Paste(self._text))
            self._text = ""
        self.on_text_area_changed()

    def on_text_area_changed(self) -> None:
        """Update the summary of what the text contains."""
        area = self.query_one(PastedText)
        if not area.text:
            area.clear_pastes()
        found = self._found()
        self.query_one("#found", Static).update(Content(self._summary(found)))
        self.query_one("#keys", Static).update(
            Content(_key_hint(sum(not self._is_known(job_id) for job_id in found.ids)))
        )

    def action_add(self) -> None:
        """Close the dialog with the ids."""
        self.dismiss(self._found())

    def action_cancel(self) -> None:
        """Close the dialog without a result."""
        self.dismiss(None)

    def _found(self) -> FoundIds:
        return self.query_one(PastedText).find_ids()

    def _summary(self, found: FoundIds) -> str:
        skipped = skipped_text(found)
        if not found.ids and not found.near_misses and not found.broken:
            return f"No job ids yet{skipped}."
        known = sum(self._is_known(job_id) for job_id in found.ids)
        text = f"{plural(len(found.ids) - known, 'new job')}, {known} known{skipped}"
        if found.near_misses:
            dots = ", …" if len(found.near_misses) > NAMED else ""
            text += f", {len(found.near_misses)} refused: {', '.join(found.near_misses[:NAMED])}{dots}"
        if found.broken:
            text += f", {len(found.broken)} broken by a line end: join {short_id(found.broken[0].given)} to add it"
        return text + first_not_added(found)


def _key_hint(new: int) -> str:
    return f"enter add {plural(new, 'job')} · esc cancel" if new else "enter add · esc cancel"


def _in_two_lines(job_id: JobId) -> str:
    half = len(job_id.given) // 2
    return f"{job_id.given[:half]}\n{job_id.given[half:]}"


def _ids_on_own_line(text: str) -> Iterator[JobId]:
    """Yield the ids that are alone on their line."""
    for line in text.split("\n"):
        with suppress(InvalidJobIdError):
            if line.strip():
                yield JobId.parse(line)
