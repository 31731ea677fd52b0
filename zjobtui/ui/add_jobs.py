"""Dialog that finds job ids in pasted text."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from math import inf

from msgspec import Struct
from msgspec.structs import replace
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Paste
from textual.message import Message
from textual.screen import ModalScreen
from textual.theme import Theme
from textual.types import WatchCallbackType
from textual.widget import Widget
from textual.widgets import Static, TextArea

from zjobtui.formatting.found_ids import skipped_text
from zjobtui.formatting.symbols import plural
from zjobtui.models.batches import BATCH_LIMIT, SMALLEST
from zjobtui.models.id_finder import find_job_ids, id_contexts
from zjobtui.models.job import FoundIds, InvalidJobIdError, JobId, JobRef
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.source_text import without_codes
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.models.text import clean, clean_lines, shorten
from zjobtui.models.text_width import cells
from zjobtui.ui.found_list import FoundList, found_items
from zjobtui.ui.prompt import PROMPT_CHARACTERS, RedactingInput

SHOWN_LIMIT = 4_000
"""Characters of a pasted text that are shown; of a longer text only the ids are kept."""

_LOW_LINES = 8
"""Lines of a low dialog beside the ids and the tenant: border, fields, summary and key hints."""

_OTHER_LINES = 21
"""The same of a dialog that is not low, with the text and some of the screen around it."""

_TITLE_MARGIN = 8
"""Cells of the screen beside the title of the dialog: its margin, border and the blanks around the title."""

_FEWEST_IDS, _USUAL_IDS = 4, 7
"""Minimum number of visible ids in a low dialog, and in any other."""

_TICK_HINTS = ("space tick · tab next field · ", "space tick · tab next · ", "space tick · ", "")

PASTE_HINT = "Paste any text that contains job ids: a ticket, a log, JSON, CSV."


class PastedText(TextArea):
    """A text area that removes control characters and masks credentials in pasted text."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id)
        self._pasted: list[FoundIds] = []
        """The ids in each paste that the shown text no longer contains."""
        self._contexts: dict[str, str] = {}
        self.head = ""
        """The text before the first id of the first paste."""

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
            is_alone=found.is_alone and all(paste.is_alone for paste in self._pasted),
            not_added=tuple(job_id for job_id in dict.fromkeys(skipped) if job_id not in ids),
            others=found.others + sum(paste.others for paste in self._pasted),
            other_names=tuple(names.values()),
            other_ids=tuple(dict(pair for source in (found, *self._pasted) for pair in source.other_ids).items()),
            secrets=found.secrets + sum(paste.secrets for paste in self._pasted),
            secret_hints=tuple(
                dict.fromkeys(hint for source in (found, *self._pasted) for hint in source.secret_hints)
            ),
        )

    def clear_pastes(self) -> None:
        """Start again after all text was deleted."""
        self._pasted.clear()
        self._contexts.clear()
        self.head = ""

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
        event.text = self._prepare(event.text)

    def add_paste(self, text: str) -> None:
        """Insert a paste at the cursor."""
        self.insert(self._prepare(text))

    def contexts(self) -> dict[str, str]:
        """Return the words around each id, in the text or in the paste that it is from; see `id_contexts`."""
        typed = id_contexts(self.text) if len(self.text) <= SHOWN_LIMIT else {}
        return {**typed, **self._contexts}

    def _prepare(self, text: str) -> str:
        """Return what is inserted of a paste: the text without credentials, or only the ids of a long one."""
        pasted = text.replace("\r\n", "\n").replace("\r", "\n")
        found = find_job_ids(pasted)
        if found.ids and not self._pasted:
            self.head = pasted.partition(found.ids[0].given)[0]
        text = clean_lines(mask_secrets(without_codes(pasted))) if len(pasted) <= SHOWN_LIMIT else ""
        if not text or len(text) > SHOWN_LIMIT or find_job_ids(text).ids != found.ids:
            text = "\n".join((*map(str, found.ids), *found.near_misses, *map(_in_two_lines, found.broken)))
            self._pasted.append(found)
            self._contexts |= id_contexts(pasted)
        else:
            self._pasted.append(replace(found, near_misses=(), broken=(), others=0, other_names=(), other_ids=()))
        is_within_line = self.cursor_location[1] > 0
        return f"\n{text}" if is_within_line else text


class NewJobs(Struct, frozen=True):
    """What to add: the ticked ids in a text, what is left out, and what to write about them; `tags` is as entered.

    A batch whose name the user has not entered is only for the new ones.
    """

    tenant: str
    ids: tuple[JobId, ...]
    left_out: FoundIds
    label: str = ""
    tags: str = ""
    note: str = ""
    batch: str = ""
    is_batch_entered: bool = False
    is_alone: bool = False
    """Whether the text is one id and nothing else."""


class TenantField(Static, can_focus=True):
    """The tenant of the new jobs; left and right choose another one."""

    BINDINGS = [
        Binding("right,space", "step(1)", "next tenant", show=False),
        Binding("left", "step(-1)", "previous tenant", show=False),
    ]

    class Changed(Message):
        """The user has chosen another tenant."""

    def __init__(self, tenants: Sequence[Tenant], current: str) -> None:
        super().__init__(id="tenant")
        self._tenants = tuple(tenants)
        names = [tenant.name for tenant in tenants]
        self._index = names.index(current) if current in names else 0

    @property
    def tenant(self) -> Tenant:
        """The chosen tenant."""
        return self._tenants[self._index]

    def on_mount(self) -> None:
        """Show the first choice."""
        self._show()

    def offer(self, name: str) -> None:
        """Choose the tenant with this name in place of the user."""
        self._index = [tenant.name for tenant in self._tenants].index(name)
        self._show()

    def on_click(self) -> None:
        """Choose the next tenant."""
        self.action_step(1)

    def action_step(self, step: int) -> None:
        """Choose the next or previous tenant."""
        self._index = (self._index + step) % len(self._tenants)
        self._show()
        self.post_message(self.Changed())

    def _show(self) -> None:
        self.set_class(self.tenant.kind is TenantKind.PRODUCTION, "-production")
        self.update(Content(f"‹ {tenant_text(self.tenant)} ›"))


class AddJobsDialog(ModalScreen[NewJobs | None]):
    """Ask for a text; return the ids in it that the user has ticked, or None if cancelled."""

    BINDINGS = [
        Binding("enter", "add", "add", priority=True),
        Binding("escape", "cancel", "cancel", priority=True),
    ]

    def __init__(
        self,
        is_known: Callable[[JobRef], bool],
        batch_name: Callable[[str], str],
        tenants: Sequence[Tenant],
        current: str = "",
        text: str = "",
    ) -> None:
        """Ask with the tenant `current`; `batch_name` returns the default name by the text before the first id."""
        super().__init__()
        self._batch_name = batch_name
        self._default_batch = ""
        self._is_known = is_known
        self._tenants = tuple(tenants)
        self._tenant_field = TenantField(tenants, current)
        self._is_tenant_chosen = False
        """Whether the user has chosen the tenant in the dialog."""
        self._text = text
        self._found = FoundIds((), ())
        self._searched = ""
        """The text in which these were found."""

    def compose(self) -> ComposeResult:
        """Compose text area, list, fields, summary and key hints."""
        with Vertical(id="dialog"):
            with VerticalScroll(id="body", can_focus=False):
                yield Static(Content(PASTE_HINT), id="hint")
                yield PastedText(id="text")
                yield FoundList(id="ids")
                if len(self._tenants) > 1:
                    yield from _field("Tenant", self._tenant_field)
                for name, limit in _FIELDS.items():
                    yield from _field(name, RedactingInput(max_length=limit, id=name.lower(), compact=True))
            with Vertical(id="foot"):
                yield Static(Content(""), id="found")
                yield Static(Content(""), id="keys")

    def on_mount(self) -> None:
        """Insert the text that was pasted before the dialog opened."""
        area, ids = self.query_one(PastedText), self.query_one(FoundList)
        if self._text:
            area.add_paste(self._text)
            self._text = ""
        self.on_text_area_changed()
        self._show_tenant()
        self.set_class(ids.display, "-listed")
        (ids if ids.display else area).focus(scroll_visible=False)

    async def on_paste(self, event: Paste) -> None:
        """Add what is pasted while the list or the tenant is focused to the text."""
        event.stop()
        if isinstance(self.focused, FoundList | TenantField):
            self.query_one(PastedText).add_paste(event.text)

    def on_text_area_changed(self) -> None:
        """Show what the text contains."""
        area = self.query_one(PastedText)
        if area.text == self._searched:
            return
        if not area.text:
            area.clear_pastes()
        self._searched, self._found = area.text, area.find_ids()
        self._offer_tenant()
        self._show_found()

    def _offer_tenant(self) -> None:
        """Choose a tenant in which all known ids are watched, unless the user has chosen one."""
        known = [homes for job_id in self._found.ids if (homes := self._watched_in(job_id))]
        common = [tenant.name for tenant in self._tenants if all(tenant.name in homes for homes in known)]
        if known and common and not self._is_tenant_chosen and self._tenant_field.tenant.name not in common:
            self._tenant_field.offer(common[0])
            self._show_tenant()

    def _watched_in(self, job_id: JobId) -> list[str]:
        return [tenant.name for tenant in self._tenants if self._is_known(JobRef(tenant.name, job_id))]

    def _show_found(self) -> None:
        area, ids = self.query_one(PastedText), self.query_one(FoundList)
        tenant = self._tenant_field.tenant.name
        ids.set_items(
            found_items(self._found, self._watched_in, tenant, area.contexts(), is_tenant_sure=self._is_tenant_chosen)
        )
        self.query_one("#hint").display = not ids.display
        self._show_summary()

    def on_resize(self) -> None:
        """Fit the list and the key hints to the screen, once its size is known to all widgets."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        is_low = self.has_class("-low")
        others, fewest = (_LOW_LINES, _FEWEST_IDS) if is_low else (_OTHER_LINES, _USUAL_IDS)
        room = self.size.height - others - len(self._tenants[1:2])
        self.query_one(FoundList).styles.max_height = max(fewest, room)
        self._show_summary()

    def on_tenant_field_changed(self) -> None:
        """Tick also the ids that are watched in other tenants."""
        self._is_tenant_chosen = True
        self._show_tenant()

    def _show_tenant(self) -> None:
        """Show the tenant in the title, and which jobs it knows."""
        tenant, dialog = self._tenant_field.tenant, self.query_one("#dialog")
        is_production = tenant.kind is TenantKind.PRODUCTION and len(self._tenants) > 1
        title = f"Add jobs to {tenant_text(tenant)}"
        if cells(title) > self.app.size.width - _TITLE_MARGIN:
            title = f"Add to {tenant_text(tenant)}"
        dialog.border_title = Content(title if len(self._tenants) > 1 else "Add jobs")
        dialog.set_class(is_production, "-production")
        self._show_found()

    def on_found_list_ticks_changed(self) -> None:
        """Show how many jobs are added."""
        self._show_summary()

    def action_add(self) -> None:
        """Close the dialog with the ticked ids."""
        texts = (
            shorten(clean(mask_secrets(field.value).strip()), PROMPT_CHARACTERS) for field in self.query(RedactingInput)
        )
        label, tags, note, batch = texts
        chosen = self.query_one(FoundList).chosen_ids()
        left_out = _left_out(self._found, chosen)
        jobs = NewJobs(self._tenant_field.tenant.name, chosen, left_out, label, tags, note, batch)
        self.dismiss(replace(jobs, is_batch_entered=batch != self._default_batch, is_alone=self._found.is_alone))

    def action_cancel(self) -> None:
        """Close the dialog without a result."""
        self.dismiss(None)

    def _show_summary(self) -> None:
        tenant, chosen = self._tenant_field.tenant.name, self.query_one(FoundList).chosen_ids()
        new = sum(not self._is_known(JobRef(tenant, job_id)) for job_id in chosen)
        left_out, ticked = _left_out(self._found, chosen), frozenset(chosen)
        elsewhere = [self._watched_in(job_id) for job_id in self._found.ids if job_id not in ticked]
        elsewhere = [homes for homes in elsewhere if homes and tenant not in homes]
        summary = _summary(left_out, new, len(chosen) - new, elsewhere)
        if not self.query_one(FoundList).display:
            summary = f"No job ids yet{skipped_text(left_out)}."
        self.query_one("#found", Static).update(Content(summary))
        add = f"enter add {plural(new, 'job')}" if new else "enter add"
        is_listed, keys = self.query_one(FoundList).display, self.query_one("#keys", Static)
        hints = [f"{add} · {tick}esc cancel" for tick in (_TICK_HINTS if is_listed else ("",))]
        width = keys.size.width if self.has_class("-low") else inf
        keys.update(Content(next((hint for hint in hints if cells(hint) <= width), f"{add} · esc")))
        self._show_default_batch(new)

    def _show_default_batch(self, new: int) -> None:
        """Enter the default name for several new jobs, unless the user has entered another one.

        It stays while nothing is ticked.
        """
        if not new and self.query_one(FoundList).display:
            return
        field, before = self.query_one("#batch", RedactingInput), self._default_batch
        if new < SMALLEST:
            self._default_batch = ""
        elif not before:
            self._default_batch = self._batch_name(self.query_one(PastedText).head)[:BATCH_LIMIT]
        if field.value == before != self._default_batch:
            field.value = self._default_batch


_FIELDS = {"Label": PROMPT_CHARACTERS, "Tags": PROMPT_CHARACTERS, "Note": PROMPT_CHARACTERS, "Batch": BATCH_LIMIT}
"""What can be written about all new jobs, in the order of `NewJobs`, and the maximum lengths in characters."""


def tenant_text(tenant: Tenant) -> str:
    """Return the name of a tenant; production is named first, in capitals."""
    return f"PRODUCTION {tenant.name}" if tenant.kind is TenantKind.PRODUCTION else tenant.name


def _field(name: str, widget: Widget) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Static(Content(name), classes="label")
        yield widget


def _left_out(found: FoundIds, chosen: Sequence[JobId]) -> FoundIds:
    """Return what was found without the ids in doubt that the user has ticked."""
    ticked = frozenset(chosen)
    other_ids = tuple(pair for pair in found.other_ids if pair[0] not in ticked)
    return replace(
        found,
        broken=tuple(job_id for job_id in found.broken if job_id not in ticked),
        not_added=tuple(job_id for job_id in found.not_added if job_id not in ticked),
        others=found.others - len(found.other_ids) + len(other_ids),
        other_ids=other_ids,
    )


def _summary(left_out: FoundIds, new: int, known: int, elsewhere: Sequence[Sequence[str]]) -> str:
    """Return what was found; `elsewhere` are the tenants of each id that is watched in others and is left out."""
    text = f"{plural(new, 'new job')}, {known} watched"
    if elsewhere:
        homes = {name for names in elsewhere for name in names}
        text += f", {len(elsewhere)} watched in {homes.pop() if len(homes) == 1 else 'other tenants'}"
    if number := len(left_out.near_misses):
        text += f", {number} not valid"
    if left_out.broken:
        text += f", {len(left_out.broken)} split by a line break"
    return text + skipped_text(left_out)


def _in_two_lines(job_id: JobId) -> str:
    half = len(job_id.given) // 2
    return f"{job_id.given[:half]}\n{job_id.given[half:]}"


def _ids_on_own_line(text: str) -> Iterator[JobId]:
    """Yield the ids that are alone on their line."""
    for line in text.split("\n"):
        with suppress(InvalidJobIdError):
            if line.strip():
                yield JobId.parse(line)
