"""The dialog that finds job ids in whatever a person pastes."""

from collections.abc import Callable

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

from zjobtui.domain.job import FoundIds, JobId, find_job_ids
from zjobtui.domain.text import clean_lines
from zjobtui.wording.signs import plural

SHOWN_LIMIT = 4_000
"""Characters of a pasted text that are shown; of a longer one only its ids are kept."""

HINT = "Paste any text that holds job ids: a ticket, a log, JSON, CSV."


class PastedText(TextArea):
    """A text area that lets nothing through that a terminal would act on."""

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

    async def _on_paste(self, event: Paste) -> None:
        # Textual calls the same method of the base class afterwards, which puts the text in.
        text = clean_lines(event.text.replace("\r", "\n"))
        if len(text) > SHOWN_LIMIT:
            found = find_job_ids(text)
            text = "\n".join((*map(str, found.ids), *found.refused))
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
        self.on_text_area_changed()

    def on_text_area_changed(self) -> None:
        """Says at once what the text holds."""
        self.query_one("#found", Static).update(Content(self._told(self._found())))

    def action_add(self) -> None:
        """Gives the ids."""
        self.dismiss(self._found())

    def action_cancel(self) -> None:
        """Gives nothing."""
        self.dismiss(None)

    def _found(self) -> FoundIds:
        return find_job_ids(self.query_one(PastedText).text)

    def _told(self, found: FoundIds) -> str:
        if not found.ids and not found.refused:
            return "No job id yet."
        known = sum(self._is_known(job_id) for job_id in found.ids)
        told = f"{plural(len(found.ids) - known, 'new job')}, {known} known"
        return f"{told}, {len(found.refused)} refused: {found.refused[0]}" if found.refused else told
