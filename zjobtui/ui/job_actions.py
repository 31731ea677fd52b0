"""User actions on jobs: call the engine, then show the result."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from operator import attrgetter
from pathlib import Path

from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.config.paths import data_folder
from zjobtui.formatting import export
from zjobtui.formatting.clipboard_texts import clipboard_texts
from zjobtui.formatting.found_ids import skipped_text
from zjobtui.formatting.symbols import plural
from zjobtui.formatting.text_width import cells, fit
from zjobtui.logs import get_logger
from zjobtui.models.job import FoundIds, JobId, JobRef
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.protocols import EditResult
from zjobtui.storage.exports import FOLDER, export_name, write_export
from zjobtui.ui.add_jobs import AddJobsDialog
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.clipboard import copy_sequence
from zjobtui.ui.list_presenter import ListPresenter
from zjobtui.ui.prompt import PromptDialog
from zjobtui.ui.protocols import EngineLike, ReportArchive
from zjobtui.ui.tenant_badges import PRODUCTION
from zjobtui.ui.terminal_io import write
from zjobtui.ui.toast import toast
from zjobtui.ui.undo import UndoStack, UndoStep, Watches, describe_jobs

log = get_logger(__name__)


CONFIRM_ABOVE = 20
"""Number of jobs above which removing asks for confirmation; it can be undone."""

SAVE_ALL = "Save everything to a file…"
"""Offered because a terminal does not report whether it accepted a copy."""


class JobActions:
    """Act on the marked jobs, or on the selected one if none is marked."""

    def __init__(
        self,
        screen: Screen[None],
        engine: EngineLike,
        archive: ReportArchive,
        tenants: Mapping[str, Tenant],
        clock: Clock,
        presenter: ListPresenter,
        *,
        go_to: Callable[[Sequence[JobRef]], bool],
        export_folder: Path | None,
        undo_key: str = "u",
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._archive = archive
        self._tenants = tenants
        self._clock = clock
        self._presenter = presenter
        self._go_to = go_to
        self._export_folder = export_folder or data_folder() / FOLDER
        self._undo_stack = UndoStack(screen, undo_key)

    async def run(self, name: str) -> None:
        """Run an action by its name in the catalogue (`actions.py`), which is that of its method here."""
        action: Callable[[], Awaitable[None] | None] = getattr(self, name)
        if (pending := action()) is not None:
            await pending

    def add(self, text: str = "") -> None:
        """Ask for a tenant if there are several, then for a text with ids, and watch these jobs."""
        if len(self._tenants) == 1:
            self._prompt_add(next(iter(self._tenants)), text)
            return

        width = max(map(cells, self._tenants))
        names = {
            f"{fit(name, width)}  {PRODUCTION}" if tenant.kind is TenantKind.PRODUCTION else name: name
            for name, tenant in self._tenants.items()
        }

        def add(choice: str | None) -> None:
            if choice is not None:
                self._prompt_add(names[choice], text)

        current = targets[0].job.tenant if (targets := self._presenter.targets()) else self._presenter.chosen_tenant
        shown = next((choice for choice, name in names.items() if name == current), "")
        self._screen.app.push_screen(ChoiceDialog("Add jobs to which tenant?", tuple(names), shown), add)

    def remove(self) -> None:
        """Remove jobs from the watchlist; ask for confirmation if they are many."""
        targets = self._targets()
        step = UndoStep(
            lambda removed: [self._engine.restore(removed)],
            "removed",
            lambda removed: len(removed) == 1 and self._go_to(_jobs(removed)),
        )
        yes, no = f"Remove {describe_jobs(targets)}" if targets else "", "Cancel"

        def remove(choice: str | None) -> None:
            if choice == yes:
                self._undo_stack.track([self._engine.remove(_jobs(targets))], step)

        if len(targets) > CONFIRM_ABOVE:
            title = f"Remove {describe_jobs(targets)} from the watchlist?"
            self._screen.app.push_screen(ChoiceDialog(title, (no, yes)), remove)
        elif targets:
            remove(yes)

    def undo(self) -> None:
        """Undo the last change."""
        self._undo_stack.undo()

    def label(self) -> None:
        """Ask for a label."""
        self._prompt_text("Label for {}", "labelled", attrgetter("label"), self._engine.label)

    def tag(self) -> None:
        """Ask for tags; for several jobs, edit only the tags that all of them have."""
        before = common_tags(self._presenter.targets())

        def tag(jobs: Sequence[JobRef], text: str) -> "Future[EditResult]":
            return self._engine.tag(jobs, parse_tags(text))

        title = "Tags for {}, separated by commas"
        self._prompt_text(title, "tagged", format_tags, tag, lambda own, text: merge_tags(own, before, text), before)

    def note(self) -> None:
        """Ask for a note."""
        self._prompt_text("Note for {}", "annotated", attrgetter("note"), self._engine.note)

    def mark_all_read(self) -> None:
        """Mark all shown jobs as read."""
        step = UndoStep(lambda read: [self._engine.mark_unread(_jobs(read))], "marked as read")
        if unread := self._presenter.unread_jobs():
            self._undo_stack.track([self._engine.mark_read(unread)], step)
        else:
            self._toast("No unread jobs.")
        self._presenter.unfreeze_order()

    def refresh(self) -> None:
        """Poll jobs now."""
        if targets := self._targets():
            self._engine.poll_now(_jobs(targets))
            self._toast(f"Refreshing {describe_jobs(targets)}…")

    async def copy(self) -> None:
        """Ask what to copy, and send it to the terminal; keys typed ahead wait for the dialog."""
        if not (targets := self._targets()):
            return
        success = await asyncio.to_thread(self._archive.last_response, targets[0].job)
        texts = clipboard_texts(targets, success, self._tenants.get(targets[0].job.tenant))

        def copy(name: str | None) -> None:
            if name == SAVE_ALL:
                self._save("\n\n".join(f"{name}:\n{text}" for name, text in texts.items()) + "\n", ".txt", targets)
            elif name is not None:
                self._copy(name, texts[name], targets)

        self._screen.app.push_screen(ChoiceDialog(f"Copy from {describe_jobs(targets)}", (*texts, SAVE_ALL)), copy)

    def export(self) -> None:
        """Ask for a format, and save the jobs to a file."""
        now = self._clock.now()
        if not (targets := self._targets()):
            return
        formats: dict[str, tuple[str, Callable[[], str]]] = {
            "JSON": (".json", lambda: export.as_json(targets, now)),
            "CSV": (".csv", lambda: export.as_csv(targets, now)),
            "Markdown": (".md", lambda: export.as_markdown(targets)),
            "Job ids only": (".txt", lambda: "".join(f"{watch.job.id.given}\n" for watch in targets)),
        }

        def save(name: str | None) -> None:
            if name is not None:
                suffix, text = formats[name]
                self._save(text(), suffix, targets)

        self._screen.app.push_screen(ChoiceDialog(f"Export {describe_jobs(targets)} as", tuple(formats)), save)

    def screenshot(self) -> None:
        """Save a screenshot to a file."""
        self._save(self._screen.app.export_screenshot(title="zjobtui"), ".svg")

    def _targets(self) -> Watches:
        """Return the jobs to act on; show a message if there are none."""
        if not (targets := self._presenter.targets()):
            self._toast("No job selected.")
        return targets

    def _toast(self, text: str) -> None:
        toast(self._screen.app, text)

    def _copy(self, name: str, text: str, targets: Watches) -> None:
        sequence = copy_sequence(text, os.environ)  # Textual's own copy is not wrapped for tmux
        if sequence is None or not write(self._screen.app, sequence):
            self._save(text, ".txt", targets)
        else:
            title = f"{name[:1].upper()}{name[1:]}"
            self._toast(f"{title} sent to the terminal. Nothing arrived? Run zjobtui doctor.")

    def _save(self, text: str, suffix: str, watches: Watches = ()) -> None:
        name = export_name(watches, self._clock.now())
        try:
            path = write_export(self._export_folder, name, suffix, text)
        except OSError as fault:
            log.exception("a file could not be written")
            self._toast(f"Could not write {self._export_folder / name}{suffix}: {fault.strerror}.")
        else:
            self._toast(f"Saved to {path}")

    def _prompt_text(
        self,
        title: str,
        done: str,
        current: Callable[[WatchedJob], str],
        change: "Callable[[Sequence[JobRef], str], Future[EditResult]]",
        combine: Callable[[str, str], str] = lambda _, text: text,
        initial: str | None = None,
    ) -> None:
        """Ask for a text for all targets; `combine` makes each job's new text from its own one and the entered one."""
        if not (targets := self._targets()):
            return
        before = {watch.job: current(watch) for watch in targets}
        start = common_text(before.values()) if initial is None else initial

        def apply(texts: dict[JobRef, str]) -> "list[Future[EditResult]]":
            return [change(jobs, text) for text, jobs in group_by_text(texts)]

        def save(text: str | None) -> None:
            if text is None or text == start:
                return
            texts = {job: combine(before[job], text) for job in before}
            step = UndoStep(lambda _: apply(before), done if any(texts.values()) else f"no longer {done}")
            self._undo_stack.track(apply(texts), step)

        hint = (
            "the jobs have different values; leave empty to keep them"
            if any(t != start for t in before.values())
            else ""
        )
        self._screen.app.push_screen(PromptDialog(title.format(describe_jobs(targets)), start, hint), save)

    def _prompt_add(self, tenant: str, text: str) -> None:
        def is_known(job_id: JobId) -> bool:
            return self._presenter.state.watchlist.get(JobRef(tenant, job_id)) is not None

        title = f"Add jobs to {tenant}" if len(self._tenants) > 1 else "Add jobs"
        self._screen.app.push_screen(AddJobsDialog(is_known, text, title), partial(self._on_ids_added, tenant))

    def _on_ids_added(self, tenant: str, found: FoundIds | None) -> None:
        if found is None or not (found.ids or found.near_misses or found.broken):
            return
        now = self._clock.now()
        watches = [WatchedJob(job=JobRef(tenant, job_id), added_at=now, added_by="paste") for job_id in found.ids]

        def confirmation(new: Watches) -> str:
            is_shown = not watches or self._go_to(_jobs(new or watches))
            known, refused = len(found.ids) - len(new), len(found.near_misses) + len(found.broken)
            text = f"{plural(len(new), 'job')} added, {known} known, {refused} refused{skipped_text(found)}"
            return text if is_shown else f"{text}; hidden by the filter"

        step = UndoStep(lambda new: [self._engine.remove(_jobs(new))], "added")
        self._undo_stack.track([self._engine.watch(watches)], step, confirmation)


def common_text(texts: Iterable[str]) -> str:
    """Return the text that all have in common; empty if they differ."""
    different = set(texts)
    return different.pop() if len(different) == 1 else ""


def format_tags(watch: WatchedJob) -> str:
    """Return the tags as the user enters them."""
    return ", ".join(watch.tags)


def parse_tags(text: str) -> tuple[str, ...]:
    """Return the tags in a text, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def common_tags(watches: Sequence[WatchedJob]) -> str:
    """Return the tags that all jobs have, in the order of the first job."""
    first = watches[0].tags if watches else ()
    return ", ".join(tag for tag in first if all(tag in watch.tags for watch in watches))


def merge_tags(own: str, before: str, after: str) -> str:
    """Return a job's tags after the common ones were changed from `before` to `after`; its other tags stay."""
    others = (tag for tag in parse_tags(own) if tag not in parse_tags(before))
    return ", ".join(dict.fromkeys((*others, *parse_tags(after))))


def group_by_text(texts: Mapping[JobRef, str]) -> Iterable[tuple[str, list[JobRef]]]:
    """Return each different text with the jobs that have it."""
    return ((text, [job for job in texts if texts[job] == text]) for text in dict.fromkeys(texts.values()))


def _jobs(watches: Sequence[WatchedJob]) -> list[JobRef]:
    return [watch.job for watch in watches]
