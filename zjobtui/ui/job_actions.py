"""User actions on jobs: call the engine, then show the result."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from operator import attrgetter
from pathlib import Path

from msgspec.structs import replace

from zjobtui.formatting.found_ids import dismissed_text, skipped_text
from zjobtui.formatting.symbols import plural
from zjobtui.models.batches import default_batch_name, unique_batch_name
from zjobtui.models.job import JobRef
from zjobtui.models.text import parse_tags
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import WRITTEN_FIELDS
from zjobtui.polling.state import EditResult
from zjobtui.ui.add_jobs import AddJobsDialog, NewJobs
from zjobtui.ui.call_log import CallLogScreen
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.failures import FailuresScreen
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import NO_JOB
from zjobtui.ui.list_presenter import ListPresenter
from zjobtui.ui.monitor_context import MonitorContext
from zjobtui.ui.prompt import PromptDialog
from zjobtui.ui.share import ShareActions
from zjobtui.ui.toast import toast
from zjobtui.ui.undo import UndoStack, UndoStep, Watches, describe_jobs, result_text
from zjobtui.ui.written_texts import WrittenText, WrittenTexts

CONFIRM_ABOVE = 20
"""Number of jobs above which removing and archiving ask for confirmation; both can be undone."""


class JobActions:
    """Act on the marked jobs that are shown, or on the selected one if none is marked."""

    def __init__(
        self,
        context: MonitorContext,
        presenter: ListPresenter,
        detail: JobDetail,
        *,
        go_to: Callable[[Sequence[JobRef]], bool],
        export_folder: Path | None,
        undo_key: str,
    ) -> None:
        self._context = context
        self._screen = context.screen
        self._engine = context.engine
        self._clock = context.clock
        self._presenter = presenter
        self._go_to = go_to
        self._share = ShareActions(context, detail, export_folder, self._describe)
        self._texts = WrittenTexts(context.engine)
        self._undo_stack = UndoStack(context.screen, undo_key, presenter.note_action)

    def add(self, text: str = "") -> None:
        """Ask for a text with ids, and watch these jobs; the tenant of the selected job is offered first."""
        current = targets[0].job.tenant if (targets := self._presenter.targets()) else self._presenter.chosen_tenant

        def is_known(job: JobRef) -> bool:
            return self._presenter.state.watchlist.get(job) is not None

        def batch_name(head: str) -> str:
            name = default_batch_name(head, self._clock.now())
            return unique_batch_name(name, self._presenter.state.watchlist)

        dialog = AddJobsDialog(is_known, batch_name, tuple(self._context.tenants.values()), current, text)
        self._screen.app.push_screen(dialog, self._add)

    def remove(self) -> None:
        """Remove jobs from the watchlist; ask for confirmation if they are many."""
        if targets := self._targets():
            action = f"Remove {self._describe(targets)}"
            take_off = partial(self._take_off, targets, "removed", self._engine.remove)
            self._confirm(len(targets), action, f"{action} from the watchlist?", take_off)

    def archive(self) -> None:
        """Archive the jobs that have ended; ask for confirmation if they are many."""
        if not (targets := self._targets()):
            return
        if ended := tuple(watch for watch in targets if watch.is_final):
            left = len(targets) - len(ended)
            running = f", {left} not: still running or unknown" if left else ""
            action = f"Archive {self._describe(ended)}"
            take_off = partial(self._take_off, ended, "archived", self._engine.archive_jobs, running)
            self._confirm(len(ended), action, f"{action}?", take_off)
        else:
            self._toast(f"{self._describe(targets)} not archived: still running or unknown.")

    def _confirm(self, number: int, action: str, question: str, act: Callable[[], None]) -> None:
        """Act on a number of jobs; if they are many, only after the user has chosen the action."""
        if number > CONFIRM_ABOVE:
            dialog = ChoiceDialog(question, ("Cancel", action))
            self._screen.app.push_screen(dialog, lambda choice: act() if choice == action else None)
        else:
            act()

    def _take_off(
        self, targets: Watches, done: str, take_off: "Callable[[list[JobRef]], Future[EditResult]]", more: str = ""
    ) -> None:
        """Take jobs off the watchlist, with undo; `more` ends the text of the result."""
        listed, (_, hidden) = self._presenter.state.watchlist, self._presenter.marks
        more += f", {hidden:,} not: hidden by the filter" if hidden else ""

        def taken_text(taken: Watches) -> str:
            return f"{result_text(done, taken)}{more}{_left_in_batches(listed, taken)}" if taken else ""

        step = UndoStep(
            lambda taken: [self._engine.restore(taken)],
            partial(result_text, done),
            lambda taken: self._go_to(_jobs(taken)),
        )
        self._undo_stack.track([take_off(_jobs(targets))], step, taken_text)

    def undo(self) -> None:
        """Undo the last change."""
        self._undo_stack.undo()

    def label(self) -> None:
        """Ask for a label."""
        self._write(self._texts.label)

    def tag(self) -> None:
        """Ask for tags; for several jobs, edit only the tags that all of them have."""
        self._write(self._texts.tags)

    def note(self) -> None:
        """Ask for a note."""
        self._write(self._texts.note)

    def batch(self) -> None:
        """Ask for the name of the selected job's batch, for all its jobs; marked jobs alone are put into a batch."""
        targets = self._presenter.targets()
        if len(targets) == 1 and targets[0].batch and not self._presenter.has_marks:
            whole = tuple(watch for watch in self._presenter.state.watchlist if watch.batch == targets[0].batch)
            self._write(replace(self._texts.batch, title="Name of the batch of {}"), whole)
        else:
            self._write(self._texts.batch)

    def mark_all_read(self) -> None:
        """Mark all shown jobs as read."""
        before = {watch.job: watch.read_at for watch in self._presenter.state.watchlist}

        def take_back(read: Watches) -> "list[Future[EditResult]]":
            jobs = self._find_unchanged(read, attrgetter("read_at"))
            return [self._engine.set_read_at({job: before[job] for job in jobs})]

        if unread := self._presenter.unread_jobs():
            self._undo_stack.track(
                [self._engine.mark_read(unread)], UndoStep(take_back, partial(result_text, "marked as read"))
            )
        else:
            self._toast("No unread jobs.")
        self._presenter.unfreeze_order()

    def refresh(self) -> None:
        """Poll jobs now."""
        if targets := self._targets():
            self._presenter.note_action()
            self._engine.poll_now(_jobs(targets))
            self._toast(f"Refreshing {self._describe(targets)}…")

    async def copy(self) -> None:
        """Ask what to copy, and copy it."""
        if targets := self._targets():
            await self._share.copy(targets)

    def show_failures(self, add_term: Callable[[str], None], selected: str) -> None:
        """Show the failures among the shown jobs by reason; `add_term` filters by the term of the chosen one."""

        def show(term: str | None) -> None:
            if term is not None:
                add_term(term)

        screen = FailuresScreen(
            self._presenter.shown_jobs, self._share.copy_ids, self._clock, self._context.zone, selected
        )
        self._screen.app.push_screen(screen, show)

    def export(self) -> None:
        """Ask for a format and a file, and save the jobs."""
        if targets := self._targets():
            self._share.export(targets)

    def handover(self) -> None:
        """Hand jobs over as Markdown."""
        if targets := self._targets():
            self._share.hand_over(targets)

    async def open_in_zuora(self) -> None:
        """Open what is under the cursor in Zuora."""
        if targets := self._targets():
            await self._share.open_in_zuora(targets)

    def call_log(self) -> None:
        """Show the last calls of all tenants."""
        screen = CallLogScreen(
            self._engine.calls, self._label_of, self._clock, self._save_calls, self._context.zone, self._context.mask
        )
        self._screen.app.push_screen(screen)

    def _save_calls(self, text: str) -> None:
        name = time.strftime("calls-%Y-%m-%d-%H%M%SZ", time.gmtime(self._clock.now()))
        self._share.save(text, ".jsonl", name=name)

    def _label_of(self, job: JobRef) -> str:
        watch = self._presenter.state.watchlist.get(job)
        return watch.label if watch is not None else ""

    def screenshot(self) -> None:
        """Save a screenshot to a file."""
        self._share.screenshot()

    def _targets(self) -> Watches:
        """Return the jobs to act on; show a message if there are none."""
        if not (targets := self._presenter.targets()):
            marked, _ = self._presenter.marks
            hidden = f"The filter hides {plural(marked, 'marked job')}: esc unmarks, or change the filter."
            self._toast(hidden if marked else NO_JOB)
        return targets

    def _describe(self, watches: Sequence[WatchedJob]) -> str:
        """Return the name of one job or the number of several: `3 of 5 marked jobs` if the filter hides the others."""
        marked, hidden = self._presenter.marks
        return f"{len(watches):,} of {plural(marked, 'marked job')}" if hidden else describe_jobs(watches)

    def _toast(self, text: str) -> None:
        toast(self._screen.app, text)

    def _write(self, written: WrittenText, targets: Watches = ()) -> None:
        """Ask for a text, and write it on jobs, by default on those to act on."""
        if not (targets := targets or self._targets()):
            return
        before = {watch.job: written.text_of(watch) for watch in targets}
        common = written.common(before.values())

        def take_back(changed: Watches) -> "list[Future[EditResult]]":
            return written.write_all({job: before[job] for job in self._find_unchanged(changed, written.text_of)})

        def save(text: str | None) -> None:
            if text is None or text == common:
                return
            texts = {job: written.combine(own, common, text) for job, own in before.items()}
            step = UndoStep(take_back, partial(result_text, written.done[0 if any(texts.values()) else 1]))
            self._undo_stack.track(written.write_all(texts), step)

        hint = ""
        if any(text != common for text in before.values()):
            keep = "the jobs have different values; leave empty to keep them"
            hint = f"empty removes {common}; other tags stay" if common else keep
        self._screen.app.push_screen(PromptDialog(written.title.format(self._describe(targets)), common, hint), save)

    def _find_unchanged(self, written: Watches, value_of: Callable[[WatchedJob], object]) -> list[JobRef]:
        """Return the jobs that still have what an edit of this window has written."""
        now = self._engine.state.watchlist
        pairs = ((now.get(after.job), after) for after in written)
        return [after.job for watch, after in pairs if watch is not None and value_of(watch) == value_of(after)]

    def _add(self, jobs: NewJobs | None) -> None:
        """Watch the new jobs, and write on the known ones what was entered; all of it is one step to undo."""
        if jobs is None or not (jobs.ids or jobs.left_out.near_misses or jobs.left_out.broken):
            return
        watchlist = self._presenter.state.watchlist
        refs = [JobRef(jobs.tenant, job_id) for job_id in jobs.ids]
        known = tuple(watch for job in refs if (watch := watchlist.get(job)) is not None)
        watches = [_new_watch(job, jobs, self._clock.now()) for job in refs if watchlist.get(job) is None]
        adding = self._engine.watch(watches, () if jobs.is_alone else _jobs(watches))
        edits = self._annotate([(watch, _with_entered(watch, jobs)) for watch in known])
        step = UndoStep(partial(self._revert_adding, known), partial(_adding_text, known))
        self._undo_stack.track([adding, *edits], step, partial(self._show_added, jobs, refs, known, adding))

    def _show_added(
        self, jobs: NewJobs, refs: Sequence[JobRef], known: Watches, adding: "Future[EditResult]", changed: Watches
    ) -> str:
        """Go to the added jobs, or else to the known ones; return the text of the result."""
        added = _added(changed, known)
        dismissed = adding.result().change.dismissed if _has_succeeded(adding) else ()
        shown = added or [job for job in refs if job not in dismissed]
        is_shown = not shown or self._go_to(shown)
        edited = ": edited" if len(changed) > len(added) else ""
        refused = len(jobs.left_out.near_misses) + len(jobs.left_out.broken)
        known_count = len(refs) - len(added) - len(dismissed)
        counts = f"{known_count} known{edited}, {refused} refused{skipped_text(jobs.left_out)}"
        text = f"{plural(len(added), 'job')} added, {counts}{dismissed_text(dismissed)}"
        return text if is_shown else f"{text}; hidden by the filter"

    def _revert_adding(self, known: Watches, changed: Watches) -> "list[Future[EditResult]]":
        """Remove the added jobs, and take back what was written on those `known` before."""
        now, after = self._engine.state.watchlist, {watch.job: watch for watch in changed}
        edited = [(watch, before) for before in known if before.job in after and (watch := now.get(before.job))]
        back = [(watch, _taken_back(watch, before, after[watch.job])) for watch, before in edited]
        return [self._engine.remove(_added(changed, known)), *self._annotate(back)]

    def _annotate(self, pairs: Sequence[tuple[WatchedJob, WatchedJob]]) -> "list[Future[EditResult]]":
        """Give the first job of each pair the label, tags, note and batch of the second, as far as they differ."""
        edits: list[Future[EditResult]] = []
        for written in self._texts.all:
            wanted = {now.job: text for now, then in pairs if (text := written.text_of(then)) != written.text_of(now)}
            edits += written.write_all(wanted)
        return edits


def _new_watch(job: JobRef, jobs: NewJobs, now: float) -> WatchedJob:
    """Return a job with what was entered, added at `now` (seconds since the epoch)."""
    return WatchedJob(
        job=job,
        added_at=now,
        added_by="paste",
        label=jobs.label,
        tags=parse_tags(jobs.tags),
        note=jobs.note,
        batch=jobs.batch,
    )


def _with_entered(watch: WatchedJob, jobs: NewJobs) -> WatchedJob:
    """Return a known job with the label, note and batch that were entered, if any, and with the tags added."""
    return replace(
        watch,
        label=jobs.label or watch.label,
        tags=tuple(dict.fromkeys((*watch.tags, *parse_tags(jobs.tags)))),
        note=jobs.note or watch.note,
        batch=(jobs.is_batch_entered and jobs.batch) or watch.batch,
    )


def _taken_back(now: WatchedJob, before: WatchedJob, after: WatchedJob) -> WatchedJob:
    """Return a job with what an edit has changed from `before` to `after` as it was, unless it has changed since."""
    mine = (field for field in WRITTEN_FIELDS if getattr(now, field) == getattr(after, field))
    return replace(now, **{field: getattr(before, field) for field in mine})


def _added(changed: Watches, known: Watches) -> list[JobRef]:
    """Return the changed jobs that were not known before."""
    before = {watch.job for watch in known}
    return [watch.job for watch in changed if watch.job not in before]


def _adding_text(known: Watches, changed: Watches) -> str:
    """Return how many of the changed jobs were added, and how many, `known` before, edited."""
    added = set(_added(changed, known))
    new = tuple(watch for watch in changed if watch.job in added)
    edited = tuple(watch for watch in changed if watch.job not in added)
    return ", ".join(filter(None, (result_text("added", new), result_text("edited", edited))))


def _left_in_batches(listed: Iterable[WatchedJob], taken: Watches) -> str:
    """Return how many jobs of their running batches stay after these are taken off the list, as the end of a text."""
    gone, names = {watch.job for watch in taken}, {watch.batch for watch in taken if watch.batch}
    left = [watch for watch in listed if watch.batch in names and watch.job not in gone]
    running = {watch.batch for watch in left if watch.verdict.kind is VerdictKind.RUNNING}
    if len(running) == 1:
        (name,) = running
        return f", leaving {plural(sum(watch.batch == name for watch in left), 'job')} in {name}"
    return f", leaving fewer jobs in {len(running)} batches" if running else ""


def _has_succeeded(edit: "Future[EditResult]") -> bool:
    return edit.done() and not edit.cancelled() and edit.exception() is None


def _jobs(watches: Sequence[WatchedJob]) -> list[JobRef]:
    return [watch.job for watch in watches]
