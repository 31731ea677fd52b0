"""Keep the detail up to date with the selected job, and report that job and the visible rows to the engine."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from zjobtui.formatting.batches import batch_overview
from zjobtui.logs import get_logger
from zjobtui.models.job import JobRef
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.detail_header import NO_JOBS_TEXT, JobDetails
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import JobList
from zjobtui.ui.list_presenter import ListPresenter
from zjobtui.ui.monitor_context import MonitorContext
from zjobtui.ui.related_reads import ReadCache

if TYPE_CHECKING:
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success

log = get_logger(__name__)

SELECTION_DELAY = 0.4
"""Seconds that the cursor must rest on a job before the engine is notified and the job is marked as read."""

READ_SECONDS = 2.0
"""Seconds for which a job must have been on the screen that came under the cursor by itself, or whose verdict changed
there, so that the next key of the user means that it was read."""

SELECTION_RENEWAL = 30.0
"""Seconds after which a key press reports the selected job again; the engine drops it after a few minutes."""

VISIBLE_ROWS_DELAY = 0.3
"""Seconds for which scrolling is collected before the engine gets the jobs on screen."""


class DetailController:
    """Show the selected job in the detail."""

    def __init__(
        self,
        context: MonitorContext,
        presenter: ListPresenter,
        job_list: JobList,
        detail: JobDetail,
    ) -> None:
        self._context = context
        self._engine = context.engine
        self._archive = context.archive
        self._clock = context.clock
        self._presenter = presenter
        self._job_list = job_list
        self._detail = detail
        detail.trail.reads = ReadCache(context.engine, context.clock, self._post_read_ended)
        self._is_started = False
        self._selection_timer: Timer | None = None
        self._selection_reported_at: float | None = None
        self._resting: tuple[JobRef, VerdictKind] | None = None
        """The job under the cursor with its verdict, since `_resting_since`; the user has moved `_moves` times."""
        self._resting_since, self._moves = context.clock.boot(), job_list.user_moves
        self._visible: frozenset[JobRef] = frozenset()
        self._is_report_due = False

    def start(self) -> None:
        """Show the selected job from now on; nothing is loaded before the list is on the screen."""
        self._is_started = True
        self.show()

    def show(self) -> None:
        """Show the selected job, loaded from the archive on another thread."""
        watch = self._job_list.selected
        if not self._is_started:
            return
        if (batch := self._job_list.selected_fold) is not None:
            self._detail.workers.cancel_group(self._detail, "detail")
            now, zone = self._clock.now(), self._detail.zone
            text = batch_overview(batch, self._job_list.time_left(batch.whole or batch), now, zone)
            self._detail.show(None, now, text, "Batch")
        elif watch is None:
            text = self._presenter.model.no_matches_text or NO_JOBS_TEXT
            self._detail.show(None, self._clock.now(), text)
        else:
            load = partial(self._load, watch.job)
            self._detail.run_worker(load, group="detail", exclusive=True)  # type: ignore[arg-type]  # mypy cannot choose from its union

    def _post_read_ended(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._detail.post_message(JobDetail.ReadEnded())

    def refresh(self, before: WatchedJob | None) -> None:
        """Show a new state of the selected job; load it again only if more than its times has changed."""
        self._note_selection()
        watch = self._job_list.selected
        if watch is None or before is None or watch.job != before.job or not before.differs_only_in_times(watch):
            self.show()
        elif watch is not before:
            self._detail.update_times(watch)

    def tick(self) -> None:
        """Show what has changed with time, and in the view of the request the last call."""
        watch = self._job_list.selected
        if self._is_started and watch is not None:
            self._detail.update_last_call(watch.job, self._engine.calls.last(watch.job))
        self._detail.tick(self._clock.now())

    def cursor_moved(self) -> None:
        """Show the selected job; report it to the engine and mark it as read once the cursor has rested on it."""
        self._note_selection()
        self.show()
        self._start_selection_timer()

    def report_selection_if_due(self) -> None:
        """Report the selected job and mark it as read soon, if it is unread or the last report is old."""
        if self._selection_timer is None and (self._has_unread_selection or self._is_selection_report_old):
            self._start_selection_timer()

    def uncovered(self) -> None:
        """Count from now on for how long the selected job is on the screen: a dialog or the wallboard was over it."""
        self._resting_since = self._clock.boot()

    def _note_selection(self) -> None:
        """Note which job is under the cursor; mark the one before as read if it had rested there until a move."""
        selected, moves, before = self._job_list.selected, self._job_list.user_moves, self._resting
        now = (selected.job, selected.verdict.kind) if selected is not None else None
        if now != before:
            if before is not None and moves != self._moves and self._has_rested:
                self._mark_read(*before)
            self._resting, self._resting_since = now, self._clock.boot()
        self._moves = moves

    def _mark_read(self, job: JobRef, kind: VerdictKind) -> None:
        watch = self._presenter.state.watchlist.get(job)
        if watch is not None and watch.is_unread and watch.verdict.kind is kind:
            self._engine.mark_read([job])

    @property
    def _has_rested(self) -> bool:
        """Whether the job under the cursor has been there, with its verdict, for `READ_SECONDS`."""
        return self._clock.boot() - self._resting_since >= READ_SECONDS

    @property
    def _has_unread_selection(self) -> bool:
        """Whether the selected job is unread, and the user has moved the cursor to it or it has rested there."""
        selected = self._job_list.selected
        return selected is not None and selected.is_unread and (self._job_list.is_cursor_held or self._has_rested)

    @property
    def _is_selection_report_old(self) -> bool:
        return (
            self._selection_reported_at is not None
            and self._clock.boot() - self._selection_reported_at > SELECTION_RENEWAL
        )

    def _start_selection_timer(self) -> None:
        if self._selection_timer is not None:
            self._selection_timer.stop()
        report = partial(self._report_selection, self._job_list.selected)
        self._selection_timer = self._job_list.set_timer(SELECTION_DELAY, report, name="selection")

    def _report_selection(self, before: WatchedJob | None) -> None:
        """Report the job on which the cursor has rested; mark it as read if the user has seen its verdict as long.

        `before` is that job as it was when the timer started.
        """
        self._selection_timer, selected = None, self._job_list.selected
        if (selected and selected.job) != (before and before.job):
            return  # the message of this move is still in the queue, and starts the timer again
        self._selection_reported_at = self._clock.boot()
        self._engine.set_selected(selected.job if selected else None)
        if selected and before and selected.verdict.kind is before.verdict.kind and self._has_unread_selection:
            self._engine.mark_read([selected.job])

    def report_visible_rows_soon(self) -> None:
        """Report the visible rows to the engine soon; only set a timer now, because a key may wait for this."""
        if not self._is_report_due:
            self._is_report_due = True
            self._job_list.set_timer(VISIBLE_ROWS_DELAY, self.report_visible_rows, name="visible rows")

    def report_visible_rows(self) -> None:
        """Report the jobs on the screen to the engine if they have changed: they are polled first."""
        self._is_report_due = False
        jobs = self._job_list.in_view
        if self._visible != (visible := frozenset(jobs)):
            self._visible = visible
            self._engine.set_visible(jobs)

    async def _load(self, job: JobRef) -> None:
        """Load a job and show it; if the archive fails, show what the watchlist has."""
        stored: tuple[Success | None, History, PreviousBody | None] = (None, (), None)
        try:
            stored = await asyncio.to_thread(self._read, job)
            self._presenter.read_error = ""
        except Exception as fault:  # an archive may fail in any way; the list must go on
            log.exception("a job could not be read from the store")
            self._presenter.read_error = str(fault)
        watch = self._job_list.selected  # as it is now: times may have changed during the load
        if watch is not None and watch.job == job:
            details = JobDetails(
                watch,
                *stored,
                last_call=self._engine.calls.last(job),
                tenant=self._context.tenants.get(job.tenant),
                peers=self._presenter.state.watchlist,
                typical=lambda: self._presenter.model.typical.get(job.tenant),
            )
            self._detail.show(details, self._clock.now())

    def _read(self, job: JobRef) -> "tuple[Success | None, History, PreviousBody | None]":
        archive = self._archive
        return archive.last_response(job), archive.history(job), archive.previous_body(job)
