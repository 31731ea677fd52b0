"""The monitor screen: status bar, list and detail; it passes states to them and runs the actions of keys."""

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from functools import cached_property, partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.events import DescendantFocus, Key, Paste
from textual.screen import Screen
from textual.widgets import Static

from zjobtui.clock import Clock
from zjobtui.models.job import JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.state import State
from zjobtui.ui.actions import Action, bindings, catalogue, key_for
from zjobtui.ui.batch_controller import BatchController
from zjobtui.ui.columns import chosen_columns
from zjobtui.ui.detail_controller import DetailController
from zjobtui.ui.detail_tabs import Tab
from zjobtui.ui.job_list import NO_JOB, JobList
from zjobtui.ui.key_bar import KeyBar, UnboundKeys
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.list_presenter import ListPresenter
from zjobtui.ui.monitor_context import DEFAULT_OPTIONS, MonitorContext, MonitorOptions, ReportArchive
from zjobtui.ui.notifier import NotificationSettings, Notifier
from zjobtui.ui.split_view import SplitView
from zjobtui.ui.state_feed import StateFeed
from zjobtui.ui.status_bar import StatusBar
from zjobtui.ui.terminal_io import set_mouse, write
from zjobtui.ui.toast import clear_toasts, toast
from zjobtui.ui.ui_state import UiState

if TYPE_CHECKING:
    from zjobtui.polling.engine import Engine
    from zjobtui.ui.filter_controller import FilterController
    from zjobtui.ui.job_actions import JobActions

TICK_SECONDS = 1.0
"""Seconds between updates of what changes with time alone; only cells that differ are sent."""


class Monitor(Screen[None]):
    """The monitor. It shows the stored state at once, and starts the engine after that is on the screen."""

    BINDINGS = list(bindings())
    AUTO_FOCUS = "JobList"

    def __init__(
        self,
        engine: "Engine",
        archive: ReportArchive,
        tenants: Sequence[Tenant],
        clock: Clock,
        options: MonitorOptions = DEFAULT_OPTIONS,
    ) -> None:
        super().__init__()
        appearance = options.appearance
        self.actions = catalogue(appearance.keys)
        """The actions with their current keys."""
        self.has_mouse = True
        """Whether the program gets clicks and the wheel, which a terminal would otherwise use to select text."""
        by_name = {tenant.name: tenant for tenant in tenants}
        zone = UTC if appearance.is_utc else None
        self._monitor_context = MonitorContext(self, engine, archive, clock, options.mask, by_name, zone)
        self._engine = engine
        self._options = options
        self._clock = clock
        self._feed = StateFeed(self, clock, self._draw)
        self._bar = StatusBar(tenants)
        self._notice = Static(Content(""), id="notice")
        self.panes: SplitView = SplitView()
        self.job_list: JobList = self.panes.job_list
        self._detail = self.panes.detail
        self.job_list.arrow_gap = " " if appearance.is_ascii else ""
        if appearance.columns:
            self.job_list.columns = chosen_columns(appearance.columns)
        self._presenter = ListPresenter(
            engine.state, tenants, clock, self.job_list, self._bar, self._notice, notice_text=options.notice
        )
        self._detail_controller = DetailController(self._monitor_context, self._presenter, self.job_list, self._detail)
        self._batches = BatchController(
            self, engine.state, clock, self._bar, self.job_list, lambda: self._presenter.chosen_tenant
        )
        settings = options.notifications or NotificationSettings()
        self._notifier = Notifier(settings, clock, self._write, self._batches.toast, self.run_worker)
        self._ui_state = UiState(options.ui_state, self._presenter.model, self.panes)
        self._unbound_keys = UnboundKeys(self, f"{key_for(self.actions, 'help')} shows all keys")

    @cached_property
    def filter_controller(self) -> "FilterController":
        """The actions that filter and sort the list."""
        from zjobtui.ui.filter_controller import FilterController  # noqa: PLC0415 - 20 ms

        return FilterController(self, self.job_list, self._presenter, self._options.ui_state)

    @cached_property
    def job_actions(self) -> "JobActions":
        """The actions on jobs."""
        from zjobtui.ui.job_actions import JobActions  # noqa: PLC0415 - 45 ms

        return JobActions(
            self._monitor_context,
            self._presenter,
            self._detail,
            go_to=self._go_to,
            export_folder=self._options.export_folder,
            undo_key=key_for(self.actions, "undo"),
        )

    def compose(self) -> ComposeResult:
        """Compose status bar, notice, panes and key bar."""
        self._ui_state.load()
        yield self._bar
        yield self._notice
        yield self.panes
        yield KeyBar(self.actions)

    def on_mount(self) -> None:
        """Show the stored state, then start everything that takes time."""
        self._detail.zone = self._bar.zone = self._monitor_context.zone
        self._detail.open_input = self._open_input
        self._bar.retry_key = self._detail.refresh_key = key_for(self.actions, "refresh")
        self._draw(self._presenter.state)
        if self._options.is_wallboard:
            self._batches.open_wallboard(quit_key=key_for(self.actions, "quit"))
        self.call_after_refresh(self._start_engine)

    def on_unmount(self) -> None:
        """Save filter, order and divider."""
        self._ui_state.save()

    def on_resize(self) -> None:
        """Fit status bar and notice to the new width."""
        self._presenter.update_layout()

    def on_screen_suspend(self) -> None:
        """Show no keys below a dialog, and clear messages, which would cover one in a low terminal."""
        self._cover_keys(is_covered=True)
        if self.has_class("-low"):
            clear_toasts(self.app)

    def on_screen_resume(self) -> None:
        """Show the keys again, and count from now on for how long the selected job is shown."""
        self._cover_keys(is_covered=False)
        self._detail_controller.uncovered()

    def on_state_arrived(self) -> None:
        """Show the newest state, now or in a moment."""
        self._feed.schedule(self._presenter.state)

    def on_job_list_cursor_moved(self) -> None:
        """Show the selected job, and report it to the engine when the cursor rests."""
        self._detail_controller.cursor_moved()
        self._presenter.update_title()

    def on_job_list_order_clicked(self, event: JobList.OrderClicked) -> None:
        """Sort by the clicked column, or in the other direction if the list is sorted by it."""
        self.filter_controller.sort_by(event.order)

    def on_job_list_opened(self) -> None:
        """Focus the detail of a job; unfold a batch."""
        if self.job_list.selected_fold is not None:
            self.toggle_fold()
        else:
            self.panes.focus_pane(self._detail)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Keep the cursor on the selected job when the detail is focused."""
        self._presenter.update_layout()
        if event.widget is self._detail:
            self._pin_selection()

    def _pin_selection(self) -> None:
        """Keep the cursor on the job being read even if a more urgent one appears."""
        if self.job_list.row is not None:
            self.job_list.hold_cursor()
        self._detail_controller.report_selection_if_due()

    def on_paste(self, event: Paste) -> None:
        """Open the dialog that adds jobs with the pasted text."""
        self.job_actions.add(event.text)

    def on_key(self, event: Key) -> None:
        """Freeze row order while the user navigates, mark the selected job as read, and say which keys do nothing."""
        self._feed.note_key()
        if not self._batches.key_pressed():
            self._unbound_keys.observe(event)
        self._presenter.freeze_order()
        self._detail_controller.report_selection_if_due()

    def on_job_list_marks_changed(self) -> None:
        """Show the number of marked jobs."""
        self._presenter.update_title()

    def on_status_bar_count_clicked(self, event: StatusBar.CountClicked) -> None:
        """Show only the jobs of the clicked count, or all jobs on a second click."""
        self.filter_controller.toggle_verdict(event.kind)

    def on_status_bar_tenant_clicked(self, event: StatusBar.TenantClicked) -> None:
        """Show only the jobs of the clicked tenant, or all jobs on a second click; of several tenants, the next one."""
        self.filter_controller.toggle_tenant(event.name)

    def set_message(self, text: str) -> None:
        """Show a message above the list until it is replaced."""
        self._presenter.set_message(text)

    def _is_for_another(self) -> bool:
        """Return whether a key may be meant for the job that was under the cursor a moment ago, and say so."""
        if not self._presenter.is_selection_new:
            return False
        self._presenter.note_action()
        toast(self.app, "Another job has just moved under the cursor: press the key again to act on it.")
        return True

    async def action_perform(self, action_id: str) -> None:
        """Perform the action with this id, which a key is bound to."""
        await self.perform(next(action for action in self.actions if action.id == action_id))

    async def perform(self, action: Action) -> None:
        """Perform an action of the catalogue; if it acts on the selected job, keep the cursor there."""
        if action.on_selected:
            if not self._presenter.has_marks and self._is_for_another():
                return
            self._pin_selection()
        if (pending := action.run(self)) is not None:
            await pending

    def note_input(self) -> None:
        """Note that the user has used keyboard or mouse."""
        self._presenter.note_input()

    async def _open_input(self, pane: LineListView, text: str, hint: str, on_change: Callable[[str], None]) -> None:
        await self.filter_controller.search(pane, text, hint, on_change)

    def refresh_targets(self) -> None:
        """Read the object under the cursor of the focused detail again, or else poll jobs now."""
        if not (self._detail.has_focus and self._detail.read_again()):
            self.job_actions.refresh()

    def show_failures(self, selected: str = "") -> None:
        """Show failures by reason; `selected` is the term of the group to select."""
        self.job_actions.show_failures(self.filter_controller.add_term, selected)

    def toggle_mark(self) -> None:
        """Mark or unmark the job under the cursor, unless the key may be meant for another."""
        if not self._is_for_another():
            self.job_list.toggle_mark()

    def mark_range(self) -> None:
        """Mark all jobs from the last marked one to this one, unless the key may be meant for another."""
        if not self._is_for_another():
            self.job_list.mark_range()

    def toggle_fold(self) -> None:
        """Fold the batch of the selected job to one row, or unfold it, unless the key may be meant for another."""
        if not self._is_for_another() and (problem := self._presenter.toggle_fold()):
            toast(self.app, problem)

    def show_wallboard(self) -> None:
        """Show batches, failures and troubles on the whole screen."""
        self._batches.open_wallboard()

    def toggle_pause(self) -> None:
        """Pause or resume polling."""
        if self._presenter.paused_at is None:
            self._presenter.paused_at = self._clock.now()
            self._engine.pause()
            toast(self.app, f"Polling is paused until you press {key_for(self.actions, 'pause')} or quit.")
        else:
            self._presenter.paused_at = None
            self._engine.resume()

    def toggle_mute(self) -> None:
        """Mute or unmute notifications."""
        self._notifier.is_muted = not self._notifier.is_muted
        self._presenter.is_muted = self._notifier.is_muted
        self._presenter.update_bar()

    def switch_pane(self) -> None:
        """Focus the other pane."""
        self.panes.focus_pane(self.job_list if self._detail.has_focus else self._detail)

    def show_view(self, tab: Tab) -> None:
        """Show a view of the detail; nothing is read if the key may be meant for another job."""
        if (selected := self._find_selected()) is None:
            return
        self._pin_selection()
        if tab is Tab.RELATED and not self._is_for_another():
            self._detail.open_related(selected.job)
        else:
            self._detail.show_tab(tab)

    def _find_selected(self) -> WatchedJob | None:
        """Return the selected job; show a message if that is a folded batch, or if there is none."""
        if self.job_list.selected is None:
            is_fold, fold_key = self.job_list.selected_fold is not None, key_for(self.actions, "fold")
            toast(self.app, f"This row is a batch: {fold_key} unfolds it." if is_fold else NO_JOB)
        return self.job_list.selected

    def step_view(self, step: int) -> None:
        """Show the next or previous view of the detail."""
        if self._find_selected() is not None:
            self._pin_selection()
            self._detail.step_tab(step)

    def toggle_difference(self) -> None:
        """Show the difference from the previous response, or the whole response."""
        if self._find_selected() is not None:
            self._pin_selection()
            self._detail.toggle_diff()

    def toggle_mouse(self) -> None:
        """Turn mouse capture on or off."""
        self.has_mouse = not self.has_mouse
        set_mouse(self.app, enabled=self.has_mouse)
        text = f"Mouse capture is off: select text as usual; {key_for(self.actions, 'mouse')} turns it on again."
        self.set_message("" if self.has_mouse else text)

    def toggle_utc(self) -> None:
        """Switch times between UTC and local time."""
        zone = None if self._monitor_context.zone else UTC
        self._monitor_context.zone = self._detail.zone = self._bar.zone = zone
        self._presenter.update_bar()
        self._detail_controller.show()
        toast(self.app, "Times are in UTC." if zone else "Times are in local time.")

    def show_help(self) -> None:
        """Show the help."""
        from zjobtui.ui.help import Help  # noqa: PLC0415 - 35 ms

        self.app.push_screen(Help(self.actions, self.focused))

    def key_escape(self) -> None:
        """Go back to the list; in the list, unmark all jobs, then clear the filter, or go back to the failures."""
        if not self.job_list.has_focus:
            self.panes.focus_pane(self.job_list)
        elif self._presenter.has_marks:
            self.job_list.set_marked(frozenset())
        elif self._presenter.model.filter_text and (term := self.filter_controller.step_back()):
            self.show_failures(term)

    def _go_to(self, jobs: Sequence[JobRef]) -> bool:
        """Move the cursor to a new job, or to the first of several if the user has moved it; return if it is shown."""
        self._feed.draw_now()
        if len(jobs) == 1:
            self.job_list.hold_cursor()
        if self.job_list.is_cursor_held:
            return self.job_list.move_cursor_to(jobs[0])
        return not {watch.job for watch in self.job_list.jobs}.isdisjoint(jobs)

    def _write(self, sequence: str) -> None:
        write(self.app, sequence)

    def _cover_keys(self, *, is_covered: bool) -> None:
        for bar in self.query(KeyBar):  # none if a signal ends the program while the screen is being built
            bar.cover(is_covered=is_covered)

    def _start_engine(self) -> None:
        self.set_interval(TICK_SECONDS, self._tick, name="tick")
        self._engine.start()
        self._detail_controller.report_visible_rows()
        self.job_list.view_changed = self._detail_controller.report_visible_rows_soon
        self._detail_controller.start()
        self._engine.subscribe(self._feed.put)
        if not gc.isenabled():
            gc.collect()  # 40 ms after the first screen, for 1 MB that would be frozen, too
            gc.freeze()  # objects of the start stay; collecting them again would delay one key in ten
            gc.enable()
        if self._options.first:
            self._engine.watch(self._options.first)

    def _update_tenants(self, tenants: Sequence[Tenant]) -> None:
        """Show the tenants of changed settings."""
        toast(self.app, describe_tenant_change(self._monitor_context.tenants, tenants))
        self._monitor_context.tenants = {tenant.name: tenant for tenant in tenants}
        self._presenter.set_tenants(tenants)

    def _draw(self, state: State) -> None:
        if state.tenants and state.tenants != tuple(self._monitor_context.tenants.values()):
            self._update_tenants(state.tenants)
        before = self._presenter.state.watchlist
        self._batches.update(state)
        self._notifier.observe(before, state.watchlist)
        self._notifier.flush(state.watchlist)
        self._batches.show_ended()
        self._presenter.update(state)
        selected = self.job_list.selected
        self._detail_controller.refresh(before.get(selected.job) if selected else None)

    def _tick(self) -> None:
        state = self._presenter.state
        self._notifier.check(state.watchlist, state.statuses.values(), self._presenter.model.typical)
        self._notifier.flush(state.watchlist)
        self._batches.tick()
        self._presenter.tick(self._notifier.fault)
        self._detail_controller.tick()
        self._ui_state.save_if_settled(partial(self.run_worker, thread=True, group="ui state"))


def describe_tenant_change(before: Mapping[str, Tenant], after: Iterable[Tenant]) -> str:
    """Return which tenants are new, gone or changed, as a sentence; `before` are the tenants by name."""
    now = {tenant.name: tenant for tenant in after}
    changed = sorted(name for name in now.keys() & before.keys() if now[name] != before[name])
    groups = ((sorted(now.keys() - before), "added"), (sorted(before.keys() - now), "removed"), (changed, "changed"))
    parts = [f"{', '.join(group)} {word}" for group, word in groups if group]
    text = f"Tenants: {'; '.join(parts) or 'order changed'}."
    is_judged = any(now[name].expected_order_statuses != before[name].expected_order_statuses for name in changed)
    return f"{text} Verdicts are updated because expected_order_statuses changed." if is_judged else text
