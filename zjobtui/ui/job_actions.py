"""User actions on jobs: call the engine, then show the result."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from operator import attrgetter
from pathlib import Path

from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.config.paths import data_folder
from zjobtui.formatting import export
from zjobtui.formatting.export import clipboard_texts
from zjobtui.formatting.found_ids import counts
from zjobtui.formatting.symbols import plural
from zjobtui.logs import get_logger
from zjobtui.models.job import FoundIds, JobId, JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.protocols import EditResult
from zjobtui.storage.exports import FOLDER, export_name, write_export
from zjobtui.ui.add_jobs import AddJobs
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.clipboard import sequence
from zjobtui.ui.list_model import ListPresenter
from zjobtui.ui.prompt import PromptDialog
from zjobtui.ui.protocols import EngineLike, ReportArchive
from zjobtui.ui.terminal_io import write
from zjobtui.ui.toast import toast
from zjobtui.ui.undo import UndoStack, UndoStep, Watches, describe_jobs

log = get_logger(__name__)


def shared(texts: Iterable[str]) -> str:
    """The text that all have; nothing where they differ."""
    different = set(texts)
    return different.pop() if len(different) == 1 else ""


def tags_of(watch: WatchedJob) -> str:
    """The tags as they are written and read."""
    return ", ".join(watch.tags)


def read_tags(text: str) -> tuple[str, ...]:
    """The tags in a text, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def shared_tags(watches: Sequence[WatchedJob]) -> str:
    """The tags that all have, in the order of the first."""
    first = watches[0].tags if watches else ()
    return ", ".join(tag for tag in first if all(tag in one.tags for one in watches))


def retagged(own: str, before: str, after: str) -> str:
    """A job's own tags when those that all had are changed from `before` to `after`: what is its alone stays."""
    alone = (tag for tag in read_tags(own) if tag not in read_tags(before))
    return ", ".join(dict.fromkeys((*alone, *read_tags(after))))


def by_text(texts: Mapping[JobRef, str]) -> Iterable[tuple[str, list[JobRef]]]:
    """Each different text with the jobs that have it."""
    return ((text, [job for job in texts if texts[job] == text]) for text in dict.fromkeys(texts.values()))


MANY = 20
"""Jobs up to which removing needs no word; it can be undone."""

ALL_IN_FILE = "all of these, to a file"
"""What can be chosen where the terminal takes no copies; it never says whether it does."""


class JobActions:
    """Acts on the marked jobs, or on the selected one where none is marked."""

    def __init__(
        self,
        screen: Screen[None],
        engine: EngineLike,
        archive: ReportArchive,
        tenants: Sequence[Tenant],
        clock: Clock,
        shown: ListPresenter,
        *,
        go_to: Callable[[Sequence[JobRef]], bool],
        exports: Path | None,
        undo_key: str = "u",
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._archive = archive
        self._tenants = {tenant.name: tenant for tenant in tenants}
        self._clock = clock
        self._shown = shown
        self._go_to = go_to
        self._exports = exports or data_folder() / FOLDER
        self._undoing = UndoStack(screen, undo_key)

    def add(self, text: str = "") -> None:
        """Asks for a tenant where there are several, then for a text with ids, and watches them."""
        if len(self._tenants) == 1:
            self._add_to(next(iter(self._tenants)), text)
            return

        def add(tenant: str | None) -> None:
            if tenant is not None:
                self._add_to(tenant, text)

        here = targets[0].job.tenant if (targets := self._shown.targets()) else ""
        self._screen.app.push_screen(ChoiceDialog("Add jobs of which tenant", tuple(self._tenants), here), add)

    def remove(self) -> None:
        """Takes jobs off the watchlist; asks first where they are many."""
        targets = self._targets()
        them = "it" if len(targets) == 1 else "them"
        back = UndoStep(
            lambda removed: [self._engine.restore(removed)],
            "back on the watchlist",
            f"brings {them} back",
            lambda removed: len(removed) == 1 and self._go_to(_jobs(removed)),
        )
        yes, no = f"Remove {describe_jobs(targets)}" if targets else "", "Leave them as they are"

        def remove(answer: str | None) -> None:
            if answer == yes:
                self._undoing.do([self._engine.remove(_jobs(targets))], "removed", back)

        if len(targets) > MANY:
            self._screen.app.push_screen(
                ChoiceDialog(f"Take {describe_jobs(targets)} off the watchlist", (no, yes)), remove
            )
        elif targets:
            remove(yes)

    def undo(self) -> None:
        """Takes back what was done to the watchlist last."""
        self._undoing.undo()

    def label(self) -> None:
        """Asks for a name."""
        self._write("Label of {}", "labelled", attrgetter("label"), self._engine.label)

    def tag(self) -> None:
        """Asks for tags; of several jobs for those that all have, and what is one's alone stays."""
        before = shared_tags(self._shown.targets())

        def tag(jobs: Sequence[JobRef], text: str) -> "Future[EditResult]":
            return self._engine.tag(jobs, read_tags(text))

        title = "Tags of {}, separated by commas"
        self._write(title, "tagged", tags_of, tag, lambda own, text: retagged(own, before, text), before)

    def note(self) -> None:
        """Asks for a note."""
        self._write("Note of {}", "noted", attrgetter("note"), self._engine.note)

    def all_seen(self) -> None:
        """Takes the mark of the unseen from every job that is shown."""
        unseen = self._shown.unseen()
        back = UndoStep(lambda seen: [self._engine.mark_unread(_jobs(seen))], "unseen again")
        if unseen:
            self._undoing.do([self._engine.mark_read(unseen)], "seen", back)
        else:
            self._say("All jobs shown are seen.")
        self._shown.released()

    def ask_now(self) -> None:
        """Asks Zuora about jobs at once."""
        if targets := self._targets():
            self._engine.poll_now(_jobs(targets))
            self._say(f"Asking about {describe_jobs(targets)} now.")

    async def copy(self) -> None:
        """Asks what to copy, and hands it to the terminal; a key typed ahead waits until it asks."""
        if not (targets := self._targets()):
            return
        seen = await asyncio.to_thread(self._archive.last_response, targets[0].job)
        texts = clipboard_texts(targets, seen, self._tenants.get(targets[0].job.tenant))

        def copy(what: str | None) -> None:
            if what == ALL_IN_FILE:
                self._to_file("\n\n".join(f"{name}:\n{text}" for name, text in texts.items()) + "\n", ".txt", targets)
            elif what is not None:
                self._to_clipboard(what, texts[what], targets)

        self._screen.app.push_screen(ChoiceDialog(f"Copy of {describe_jobs(targets)}", (*texts, ALL_IN_FILE)), copy)

    def export(self) -> None:
        """Asks for a form, and writes the jobs to a file."""
        now = self._clock.now()
        if not (targets := self._targets()):
            return
        forms: dict[str, tuple[str, Callable[[], str]]] = {
            "JSON": (".json", lambda: export.as_json(targets, now)),
            "CSV": (".csv", lambda: export.as_csv(targets, now)),
            "Markdown": (".md", lambda: export.as_markdown(targets)),
            "ids alone": (".txt", lambda: "".join(f"{watch.job.id.given}\n" for watch in targets)),
        }

        def write(form: str | None) -> None:
            if form is not None:
                suffix, text = forms[form]
                self._to_file(text(), suffix, targets)

        self._screen.app.push_screen(ChoiceDialog(f"Export {describe_jobs(targets)} as", tuple(forms)), write)

    def screenshot(self) -> None:
        """Writes a picture of the screen."""
        self._to_file(self._screen.app.export_screenshot(title="zjobtui"), ".svg")

    def _targets(self) -> Watches:
        """The jobs to act on; where there is none, that is told."""
        if not (targets := self._shown.targets()):
            self._say("There is no job to do that to.")
        return targets

    def _say(self, text: str) -> None:
        toast(self._screen.app, text)

    def _to_clipboard(self, what: str, text: str, targets: Watches) -> None:
        written = sequence(text, os.environ)  # Textual's own copy wraps nothing for tmux
        if written is None or not write(self._screen.app, written):
            self._to_file(text, ".txt", targets)
        else:
            self._say(f"{what[:1].upper()}{what[1:]}: sent to the terminal's clipboard, if it takes such a thing.")

    def _to_file(self, text: str, suffix: str, watches: Watches = ()) -> None:
        name = export_name(watches, self._clock.now())
        try:
            path = write_export(self._exports, name, suffix, text)
        except OSError as fault:
            log.exception("a file was not written")
            self._say(f"{self._exports / name}{suffix} was not written: {fault.strerror}.")
        else:
            self._say(f"Written to {path}")

    def _write(
        self,
        title: str,
        done: str,
        current: Callable[[WatchedJob], str],
        change: "Callable[[Sequence[JobRef], str], Future[EditResult]]",
        new: Callable[[str, str], str] = lambda _, text: text,
        before: str | None = None,
    ) -> None:
        """Asks for a text of all targets; `new` makes of a job's own and this what each shall have."""
        if not (targets := self._targets()):
            return
        own = {watch.job: current(watch) for watch in targets}
        start = shared(own.values()) if before is None else before

        def write(texts: dict[JobRef, str]) -> "list[Future[EditResult]]":
            return [change(jobs, text) for text, jobs in by_text(texts)]

        def take(text: str | None) -> None:
            if text is None or text == start:
                return
            texts = {job: new(own[job], text) for job in own}
            words = done if any(texts.values()) else f"no longer {done}"
            back = UndoStep(lambda _: write(own), f"{done} as before")
            self._undoing.do(write(texts), words, back)

        hint = "each has its own, and enter alone leaves it" if any(text != start for text in own.values()) else ""
        self._screen.app.push_screen(PromptDialog(title.format(describe_jobs(targets)), start, hint), take)

    def _add_to(self, tenant: str, text: str) -> None:
        def is_known(job_id: JobId) -> bool:
            return self._shown.state.watchlist.get(JobRef(tenant, job_id)) is not None

        title = f"Add jobs of {tenant}" if len(self._tenants) > 1 else "Add jobs"
        self._screen.app.push_screen(AddJobs(is_known, text, title), partial(self._add, tenant))

    def _add(self, tenant: str, found: FoundIds | None) -> None:
        if found is None or not (found.ids or found.near_misses):
            return
        now = self._clock.now()
        watches = [WatchedJob(job=JobRef(tenant, job_id), added_at=now, added_by="paste") for job_id in found.ids]

        def told(new: Watches) -> str:
            is_shown = not watches or self._go_to(_jobs(new or watches))
            told = f"{plural(len(new), 'job')} new, {len(found.ids) - len(new)} known, {len(found.near_misses)} refused"
            told += counts(found)
            return told if is_shown else f"{told}; the filter hides it"

        back = UndoStep(lambda new: [self._engine.remove(_jobs(new))], "removed again")
        self._undoing.follow([self._engine.watch(watches)], told, back)


def _jobs(watches: Sequence[WatchedJob]) -> list[JobRef]:
    return [watch.job for watch in watches]
