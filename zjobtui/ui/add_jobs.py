"""The dialog that finds job ids in whatever a person pastes."""

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

from zjobtui.formatting.found_ids import counts, first_not_added
from zjobtui.formatting.symbols import plural
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.job import FoundIds, InvalidJobIdError, JobId
from zjobtui.models.pasted_text import without_colours
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean_lines

SHOWN_LIMIT = 4_000
"""Characters of a pasted text that are shown; of a longer one only its ids are kept."""

HINT = "Paste any text that holds job ids: a ticket, a log, JSON, CSV."


class PastedText(TextArea):
    """A text area that lets nothing through that a terminal would act on, and masks credentials as they are pasted."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id)
        self._pasted: list[FoundIds] = []
        """What each paste held that the text itself no longer shows."""

    def found(self) -> FoundIds:
        """What the text holds, and what was left out of the pastes.

        An id that a paste gave, or that stands alone on its line, is taken even if another paste names job ids.
        """
        found = find_job_ids(self.text)
        taken = dict.fromkeys(one for paste in self._pasted for one in paste.ids)
        unnamed = {one for paste in self._pasted for one in paste.not_added if one not in taken}
        alone = {one for one in _ids_alone(self.text) if one not in unnamed} if found.not_added else set()
        ids = (*found.ids, *(one for one in found.not_added if one in taken or one in alone))
        left = [*found.not_added, *(one for paste in self._pasted for one in paste.not_added)]
        shown = {name.lower(): name for one in (found, *self._pasted) for name in one.other_names}
        return FoundIds(
            ids,
            found.near_misses,
            not_added=tuple(one for one in dict.fromkeys(left) if one not in ids),
            others=found.others + sum(paste.others for paste in self._pasted),
            other_names=tuple(shown.values()),
            secrets=found.secrets + sum(paste.secrets for paste in self._pasted),
            secret_hints=tuple(dict.fromkeys(hint for one in (found, *self._pasted) for hint in one.secret_hints)),
        )

    def forget_pastes(self) -> None:
        """Begin again after all of the text was deleted."""
        self._pasted.clear()

    def watch(self, obj: DOMNode, attribute_name: str, callback: WatchCallbackType, init: bool = True) -> None:
        """Watch nothing of the app: until its theme changes it keeps every text area that was ever opened."""
        if obj is not self.app:
            super().watch(obj, attribute_name, callback, init)

    def on_mount(self) -> None:
        """Learn of another theme by a signal, which can be left."""
        self.app.theme_changed_signal.subscribe(self, self._restyle)

    def on_unmount(self) -> None:
        """Leave the signal."""
        self.app.theme_changed_signal.unsubscribe(self)

    def _restyle(self, _: Theme) -> None:
        self.theme = self.theme

    async def on_paste(self, event: Paste) -> None:
        """Mask credentials and clean the text; Textual calls the handler of the base class next, which puts it in."""
        pasted = event.text.replace("\r\n", "\n").replace("\r", "\n")
        found = find_job_ids(pasted)
        text = clean_lines(mask_secrets(without_colours(pasted))) if len(pasted) <= SHOWN_LIMIT else ""
        if not text or len(text) > SHOWN_LIMIT:
            text = "\n".join((*map(str, found.ids), *found.near_misses))
            self._pasted.append(found)
        else:
            self._pasted.append(replace(found, near_misses=(), others=0, other_names=()))
        is_within_line = self.cursor_location[1] > 0
        event.text = f"\n{text}" if is_within_line else text


class AddJobs(ModalScreen[FoundIds | None]):
    """Asks for a text; gives the ids in it, or None when nothing shall be added."""

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
        """A title, the text, what was found in it, and the keys."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield Static(Content(HINT), id="hint")
            yield PastedText(id="text")
            yield Static(Content(""), id="found")
            yield Static(Content("enter adds them · esc leaves everything as it is"), id="keys")

    def on_mount(self) -> None:
        """Puts in what was pasted before the dialog opened."""
        area = self.query_one(PastedText)
        area.focus()
        if self._text:
            area.post_message(Paste(self._text))
            self._text = ""
        self.on_text_area_changed()

    def on_text_area_changed(self) -> None:
        """Says at once what the text holds."""
        area = self.query_one(PastedText)
        if not area.text:
            area.forget_pastes()
        self.query_one("#found", Static).update(Content(self._told(self._found())))

    def action_add(self) -> None:
        """Gives the ids."""
        self.dismiss(self._found())

    def action_cancel(self) -> None:
        """Gives nothing."""
        self.dismiss(None)

    def _found(self) -> FoundIds:
        return self.query_one(PastedText).found()

    def _told(self, found: FoundIds) -> str:
        left_out = counts(found)
        if not found.ids and not found.near_misses:
            return f"No job id yet{left_out}."
        known = sum(self._is_known(job_id) for job_id in found.ids)
        told = f"{plural(len(found.ids) - known, 'new job')}, {known} known{left_out}"
        if found.near_misses:
            told += f", {len(found.near_misses)} refused: {found.near_misses[0]}"
        return told + first_not_added(found)


def _ids_alone(text: str) -> Iterator[JobId]:
    """The ids that have a line for themselves."""
    for line in text.split("\n"):
        with suppress(InvalidJobIdError):
            if line.strip():
                yield JobId.parse(line)
