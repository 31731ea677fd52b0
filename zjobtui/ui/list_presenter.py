"""The presenter: show a state in list, status bar and notice, by the user's filter and order."""

from collections.abc import Mapping, Sequence
from math import inf
from operator import is_not

from textual.content import Content
from textual.widgets import Static

from zjobtui.clock import Clock
from zjobtui.formatting.status import (
    SteadyStatuses,
    other_statuses,
    trouble_notes,
    troubled_statuses,
    worst_status,
)
from zjobtui.formatting.symbols import counts
from zjobtui.models.diff import changed_pairs
from zjobtui.models.duration_stats import typical_times
from zjobtui.models.filter_fields import Vocabulary, vocabulary_of
from zjobtui.models.filters import Filter, parse
from zjobtui.models.job import JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.models.text import clean
from zjobtui.models.text_width import cells, within_lines
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.state import State
from zjobtui.ui.batch_rows import Folds
from zjobtui.ui.filter_terms import chosen_tenant
from zjobtui.ui.job_list import NO_JOB, JobList
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.list_model import JobListModel
from zjobtui.ui.status_bar import StatusBar

FREEZE_SECONDS = 2.0
"""Seconds after the last key for which the rows keep their order: the next key is meant for a row as it is shown."""

RETURN_SECONDS = 180.0
"""Seconds without input after which the list shows its first row again."""

SETTLE_SECONDS = 0.7
"""Seconds for which no action applies to a job that came under the cursor by itself: the key was meant for another."""

OWN_SECONDS = 2.0
"""Seconds after an action in which a new job under the cursor is taken as its result, as after removing a job."""

TYPICAL_SECONDS, TYPICAL_JOBS_A_SECOND = 5.0, 500
"""Minimum seconds between computations of the typical times, and jobs for which a second is waited: at most 1 % CPU."""

NOTICE_LINES = 3
"""Maximum number of lines of the notice."""


class ListPresenter:
    """Show a state in list, status bar and notice, by the user's filter and order."""

    def __init__(
        self,
        state: State,
        tenants: Sequence[Tenant],
        clock: Clock,
        job_list: JobList,
        bar: StatusBar,
        notice: Static,
        *,
        notice_text: str = "",
    ) -> None:
        self.state = state
        self._counts = JobCounts(state.watchlist)
        self.model = JobListModel(known_words=self.known_words)
        self.read_error = ""
        """Why the selected job could not be read from the store; empty if it could."""
        self.paused_at: float | None = None
        """When polling was paused, in seconds since the epoch."""
        self.is_muted = False
        self._notice_text = notice_text
        """Shown above the list as long as the program runs."""
        self._fault = self._message = ""
        self._tenants = tuple(tenants)
        self._clock = clock
        self._job_list = job_list
        self._bar = bar
        self._notice = notice
        self._frozen_at = 0.0
        self._used_at = clock.boot()
        self._acted_at = -inf
        self._replaced_at: float | None = None
        """When another job last came under the cursor by itself, after `_moves_before` moves of the user."""
        self._moves_before = 0
        self._typical_at = -inf
        self._drawn_notice = ""
        self._steady_statuses = SteadyStatuses()
        self._shown: tuple[WatchedJob, ...] = ()
        self._show_tenants()

    def update(self, state: State) -> None:
        """Show a state; the job under the cursor keeps its place."""
        if self._job_list.is_cursor_held:
            self.model.pin(self._job_list.row)
        before = self._job_list.row
        self._show(state)
        after = self._job_list.row
        if before is not None and after is not None and before.job != after.job:
            self._replaced_at, self._moves_before = self._clock.boot(), self._job_list.user_moves

    def _show(self, state: State, *, is_new_view: bool = False) -> None:
        self._counts.update(state.watchlist)
        self.state = state
        now = self._clock.now()
        rows = self.model.rows(state.watchlist, now, is_frozen=not is_new_view and self._is_order_frozen())
        self._show_tenants()
        self._job_list.set_view(self.model.sorting, is_new=is_new_view)
        self._job_list.show(rows, now, self.paused_at, Folds(self.model.folds))
        self.update_title()
        self.update_bar()
        self._update_notice()

    def set_tenants(self, tenants: Sequence[Tenant]) -> None:
        """Use other tenants from now on."""
        self._tenants = self._bar.tenants = tuple(tenants)
        self._show_tenants()

    @property
    def _tenants_to_show(self) -> frozenset[str]:
        """The tenants that rows must tell apart, also those that are not configured; none if one is all."""
        configured = {tenant.name for tenant in self._tenants}
        names = configured.union(self._counts.by_tenant)
        return frozenset(names) if len(configured) > 1 or names > configured else frozenset()

    def _show_tenants(self) -> None:
        """Show the tenants of the rows, unless the filter shows one alone."""
        self._job_list.show_tenants(() if self.chosen_tenant else self._tenants_to_show)

    def tick(self, fault: str = "") -> None:
        """Show what has changed with time; `fault` is a problem outside of the engine."""
        self._fault = fault
        has_thawed = bool(self._frozen_at) and not self._is_order_frozen()
        if has_thawed:
            self.unfreeze_order()
        if self._update_typical() or has_thawed or self.model.depends_on_time:
            self.update(self.state)
        if self._is_unattended():
            self._used_at = self._clock.boot()
            self.model.pin(None)
            self._job_list.release_cursor()
            self._show(self.state, is_new_view=True)
            self._job_list.return_to_top()
        self._job_list.tick(self._clock.now(), self.paused_at)
        self.update_title()
        self.update_bar()
        self._update_notice()

    def freeze_order(self) -> None:
        """Keep the order of the rows for `FREEZE_SECONDS`."""
        self._frozen_at = self._clock.boot()

    def unfreeze_order(self) -> None:
        """Allow the next state to change the order."""
        self._frozen_at = 0.0

    def note_input(self) -> None:
        """Note that the user has just used keyboard or mouse: the list stays where it is."""
        self._used_at = self._clock.boot()

    def note_action(self) -> None:
        """Note that jobs are now changed or polled for the user, after which another may be under the cursor."""
        self._acted_at = self._clock.boot()

    @property
    def is_selection_new(self) -> bool:
        """Whether the job under the cursor came there by itself, and so lately that a key may be meant for another."""
        if self._replaced_at is None:
            return False
        is_own = self._replaced_at - self._acted_at < OWN_SECONDS or self._job_list.user_moves > self._moves_before
        return not is_own and self._clock.boot() - self._replaced_at < SETTLE_SECONDS

    def resort(self) -> None:
        """Sort the rows now, the one under the cursor, too."""
        self.unfreeze_order()
        self.model.pin(None)
        self._show(self.state, is_new_view=True)

    def toggle_fold(self) -> str:
        """Fold the batch of the selected job to one row, or unfold it; return why that is not possible, else ""."""
        row, batch = self._job_list.row, self._job_list.selected_fold
        name = batch.name if batch is not None else row.batch if row is not None else ""
        if not name:
            return "This job is in no batch." if row is not None else NO_JOB
        self.model.toggle_fold(name)
        self.resort()
        first = next((watch for watch in self._job_list.watches if watch.batch == name), None)
        if first is not None:
            self._job_list.hold_cursor()
            self._job_list.move_cursor_to(first.job)
        if batch is None and self._job_list.selected_fold is None:
            self.model.toggle_fold(name)
            return "Only one job of this batch is shown."
        return ""

    def set_filter(self, text: str) -> None:
        """Show the jobs that match a filter."""
        self.model.set_filter(text)
        self.resort()

    def set_message(self, text: str) -> None:
        """Show a message above the list until it is replaced."""
        self._message = text
        self._update_notice()

    def targets(self) -> tuple[WatchedJob, ...]:
        """Return the marked jobs that are shown; if none is marked, the selected one, or those of its folded batch."""
        if self.has_marks:
            shown = {watch.job for watch in self._job_list.jobs} & self._job_list.marked
            return tuple(watch for watch in self.state.watchlist if watch.job in shown)
        return self._job_list.folds.jobs_of_row(row) if (row := self._job_list.row) else ()

    @property
    def has_marks(self) -> bool:
        """Whether any job is marked, shown or not."""
        return any(self.state.watchlist.get(job) is not None for job in self._job_list.marked)

    @property
    def marks(self) -> tuple[int, int]:
        """The number of marked jobs, and how many of them the filter hides: no action applies to these."""
        marked = {job for job in self._job_list.marked if self.state.watchlist.get(job) is not None}
        return len(marked), len(marked.difference(watch.job for watch in self._job_list.jobs)) if marked else 0

    def shown_jobs(self) -> tuple[WatchedJob, ...]:
        """Return the jobs that match the filter, folded or not; the same tuple if none of them has changed."""
        jobs = tuple(self._job_list.jobs)
        if len(jobs) != len(self._shown) or any(map(is_not, jobs, self._shown)):
            self._shown = jobs
        return self._shown

    def unread_jobs(self) -> tuple[JobRef, ...]:
        """Return the unread jobs among those shown."""
        return tuple(watch.job for watch in self._job_list.jobs if watch.is_unread)

    def update_title(self) -> None:
        """Show number of jobs, filter and order in the border of the list."""
        empty = self.model.no_matches_text or "paste any text that contains job ids"
        if self.model.no_matches_text and not self._fits_border(empty):
            empty = "no matches · esc clear"
        subtitle = self.model.filter_problem or self.model.filter_notice or ("" if self._job_list.count else empty)
        subtitle = "" if self._is_problem_cut else subtitle
        self._job_list.set_list_titles(self._title(), subtitle)

    def _title(self) -> str:
        """Return what is shown, the least important part last, where it may be cut off."""
        shown, watched = self.model.shown, len(self.state.watchlist)
        marked, hidden = self.marks
        parts = ["Jobs", f"{shown:,} of {watched:,}" if shown != watched else f"{watched:,}"]
        if marked:
            parts.append(f"{marked:,} marked, {hidden:,} hidden" if hidden else f"{marked:,} marked")
        if self.model.filter_text:
            parts.append(f"filter: {self.model.filter_text}")
        if not self._job_list.is_order_shown:
            parts.append(f"by {self.model.sorting.title}")
        return " · ".join(parts)

    def _fits_border(self, text: str) -> bool:
        return cells(text) <= self._job_list.title_room

    def update_layout(self) -> None:
        """Fit status bar and notice to the width of the screen and to the pane that has the focus."""
        self.update_bar()
        self._update_notice()

    def update_bar(self) -> None:
        """Show job counts and polling status in the status bar."""
        now = self._clock.now()
        known = [status for tenant in self._tenants if (status := self.state.statuses.get(tenant.name))]
        statuses = self._steady_statuses.hold(known, now)
        chosen = self.chosen_tenant
        shown = [status for status in statuses if status.tenant == chosen] or statuses
        others = [] if shown is statuses else [status for status in statuses if status not in shown]
        self._bar.show(
            self._counts.of(chosen),
            worst_status(shown),
            now,
            (*trouble_notes(others), *other_statuses(shown)),
            is_muted=self.is_muted,
            troubled=[status.tenant for status in troubled_statuses(statuses)],
            chosen=chosen,
            by_tenant=self._counts.by_tenant,
        )

    @property
    def tenant_names(self) -> tuple[str, ...]:
        """The names of the configured tenants."""
        return tuple(tenant.name for tenant in self._tenants)

    @property
    def chosen_tenant(self) -> str:
        """The tenant that the filter shows alone; "" if there is none."""
        name = chosen_tenant(self.model.filter_text, (*self.tenant_names, *self._tenants_to_show))
        return name if name in self.tenant_names else ""

    def counts_of(self, text: str) -> Mapping[VerdictKind, int]:
        """Return the number of jobs by verdict of those that match a filter."""
        if not text:
            return self._counts.all
        parsed = parse(text, self.known_words)
        valid = parsed if isinstance(parsed, Filter) else parsed.rest
        return counts(filter(valid.at(self._clock.now(), self.model.typical), self.state.watchlist))

    def known_words(self) -> Vocabulary:
        """Return the values that a filter may name."""
        return vocabulary_of(self.state.watchlist, self.tenant_names)

    def _update_typical(self) -> bool:
        """Compute the typical times from time to time if jobs have ended; return whether they have changed."""
        watchlist, now = self.state.watchlist, self._clock.boot()
        if not self._counts.has_new_ends or now - self._typical_at < max(
            TYPICAL_SECONDS, len(watchlist) / TYPICAL_JOBS_A_SECOND
        ):
            return False
        self._typical_at, self._counts.has_new_ends, before = now, False, self.model.typical
        self.model.set_typical(typical_times(watchlist))
        return self.model.typical != before

    def _is_unattended(self) -> bool:
        """Whether nobody has used the list for some minutes; a dialog that is open waits for the user."""
        screen = self._job_list.screen
        is_open = self._job_list.app.screen is not screen or not isinstance(screen.focused, LineListView)
        is_away = self._job_list.is_cursor_held or self._job_list.top > 0
        return is_away and not is_open and self._clock.boot() - self._used_at >= RETURN_SECONDS

    def _is_order_frozen(self) -> bool:
        return self._job_list.is_cursor_held and self._clock.boot() - self._frozen_at < FREEZE_SECONDS

    @property
    def _is_problem_cut(self) -> bool:
        """Whether the border of the list has no room for what is wrong with the filter.

        Then it is in the notice, but not while the input is open, which shows it without moving the list.
        """
        return not self._fits_border(self.model.filter_problem)

    def _update_notice(self) -> None:
        state = self.state
        is_typing = self._job_list.is_attached and not isinstance(self._job_list.screen.focused, LineListView)
        problem = self.model.filter_problem if self._is_problem_cut and not is_typing else ""
        unsaved = state.unsaved and f"Not saved: {state.unsaved}"
        read_error = "" if self.read_error in unsaved else self.read_error  # a lock stops reading for the same reason
        parts = (problem, unsaved, state.fault, self._fault, read_error, state.notice, self._notice_text, self._message)
        width = max(self._notice.app.size.width - 2, 1)
        text = within_lines(clean(" ".join(part for part in parts if part)), width, NOTICE_LINES)
        if text != self._drawn_notice:
            self._drawn_notice = text
            self._notice.display = bool(text)
            self._notice.update(Content(text))


class JobCounts:
    """Number of jobs by verdict, with zeros, of all tenants and of each; updated by the jobs that have changed."""

    def __init__(self, watchlist: Watchlist) -> None:
        self.all: Mapping[VerdictKind, int] = {}
        """Number of jobs by verdict."""
        self.by_tenant: Mapping[str, Mapping[VerdictKind, int]] = {}
        """The same for each tenant that has jobs."""
        self.has_new_ends = True
        """Whether jobs have ended or were added since this was last set to False."""
        self._watchlist = watchlist
        self._count_all(watchlist)

    def update(self, watchlist: Watchlist) -> None:
        """Count the jobs of a watchlist in place of those of the one before."""
        before, self._watchlist = self._watchlist, watchlist
        if len(watchlist) != len(before):
            self._count_all(watchlist)
            return
        by_tenant = {tenant: dict(of_tenant) for tenant, of_tenant in self.by_tenant.items()}
        for old, new in changed_pairs(before, watchlist):
            if old is None:
                self._count_all(watchlist)
                return
            self.has_new_ends |= new.is_final and not old.is_final
            by_tenant[new.job.tenant][old.verdict.kind] -= 1
            by_tenant[new.job.tenant][new.verdict.kind] += 1
        self._set(by_tenant)

    def of(self, tenant: str) -> Mapping[VerdictKind, int]:
        """Return the number of jobs by verdict of a tenant, or of all if it is empty."""
        return self.by_tenant.get(tenant, dict.fromkeys(VerdictKind, 0)) if tenant else self.all

    def _count_all(self, watchlist: Watchlist) -> None:
        by_tenant: dict[str, dict[VerdictKind, int]] = {}
        for watch in watchlist:
            of_tenant = by_tenant.setdefault(watch.job.tenant, dict.fromkeys(VerdictKind, 0))
            of_tenant[watch.verdict.kind] += 1
        self.has_new_ends = True
        self._set(by_tenant)

    def _set(self, by_tenant: Mapping[str, Mapping[VerdictKind, int]]) -> None:
        self.by_tenant = by_tenant
        self.all = {kind: sum(of_tenant[kind] for of_tenant in by_tenant.values()) for kind in VerdictKind}
