"""What the user reads: the job under the cursor, with all that is kept of it, and which jobs are on screen."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.job import JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.detail_header import JobDetails
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import JobList
from zjobtui.ui.list_model import ListPresenter
from zjobtui.ui.protocols import EngineLike, ReportArchive

log = get_logger(__name__)

RENEW = 30.0
"""Seconds after which a key says again that somebody looks at the job; after a few minutes without it is forgotten."""


class DetailController:
    """Fills the detail with the selected job."""

    def __init__(
        self, engine: EngineLike, archive: ReportArchive, tenants: Sequence[Tenant], clock: Clock, shown: ListPresenter
    ) -> None:
        self._engine = engine
        self._archive = archive
        self._tenants = {tenant.name: tenant for tenant in tenants}
        self._clock = clock
        self._shown = shown
        self._has_begun = False
        self._attended_at: float | None = None
        self._visible: frozenset[JobRef] = frozenset()

    def place(self, rows: JobList, detail: JobDetail) -> None:
        """Names the panes."""
        self._rows, self._detail = rows, detail

    def begin(self) -> None:
        """From now on shows the selected job; before the list stands on the screen nothing else is worth a moment."""
        self._has_begun = True
        self.show()

    def show(self) -> None:
        """Shows the selected job, read from the archive without holding up the screen."""
        watch = self._rows.selected
        if not self._has_begun:
            return
        if watch is None:
            self._detail.show(None, self._clock.now())
        else:
            load = partial(self._load, watch)
            self._detail.run_worker(load, group="detail", exclusive=True)  # type: ignore[arg-type]  # no union is inferred

    def renew(self, before: WatchedJob | None) -> None:
        """Takes what came of the selected job since; the archive is read again only where it holds anything new."""
        watch = self._rows.selected
        if watch is None or before is None or watch.job != before.job or not before.differs_only_in_times(watch):
            self.show()
        elif watch is not before:
            self._detail.confirm(watch)

    @property
    def is_of_unseen(self) -> bool:
        """Whether a person has gone to a job of which something is new."""
        selected = self._rows.selected
        return selected is not None and selected.is_unread and self._rows.is_placed

    @property
    def is_attention_old(self) -> bool:
        """Whether a key should renew the preference of the selected job in polling."""
        return self._attended_at is not None and self._clock.boot() - self._attended_at > RENEW

    def attend(self) -> None:
        """Tells the engine which job a person has come to rest on; what was new about it is seen now."""
        selected = self._rows.selected
        self._attended_at = self._clock.boot()
        self._engine.set_focus(selected.job if selected else None)
        if selected is not None and self.is_of_unseen:
            self._engine.mark_read([selected.job])

    def show_rows(self) -> None:
        """Tell the engine which jobs are on screen, if they are others than before: they are polled first."""
        jobs = self._rows.in_view
        if self._visible != (visible := frozenset(jobs)):
            self._visible = visible
            self._engine.set_visible(jobs)

    async def _load(self, watch: WatchedJob) -> None:
        """A store that fails leaves the watch alone."""
        subject = JobDetails(watch, tenant=self._tenants.get(watch.job.tenant), peers=self._shown.state.watchlist)
        try:
            subject = await asyncio.to_thread(self._read, subject)
            self._shown.unread = ""
        except Exception as fault:  # an archive may fail in any way; the list goes on
            log.exception("a job could not be read from the store")
            self._shown.unread = str(fault)
        self._detail.show(subject, self._clock.now())

    def _read(self, subject: JobDetails) -> JobDetails:
        archive, job = self._archive, subject.watch.job
        return replace(
            subject, seen=archive.last_response(job), timeline=archive.history(job), earlier=archive.previous_body(job)
        )
