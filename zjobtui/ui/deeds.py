"""What a person can do to jobs, each a call on the engine and a word about what came of it."""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.domain.job import FoundIds, Job, JobId
from zjobtui.domain.tenant import Tenant
from zjobtui.domain.text import clean
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.polling.ports import Edited
from zjobtui.ui.ports import Archive, EngineLike
from zjobtui.wording.signs import plural, short_id

MANY = 20
"""Jobs up to which removing needs no word; it can be undone."""


ALL_IN_FILE = "all of these, to a file"
"""What can be chosen where the terminal takes no copies; it never says whether it does."""


class Deeds:
    """Acts on the marked jobs, or on the selected one where none is marked."""

    def __init__(
        self,
        screen: Screen[None],
        engine: EngineLike,
        archive: Archive,
        tenants: Sequence[Tenant],
        clock: Clock,
        *,
        targets: Callable[[], tuple[Watch, ...]],
        watchlist: Callable[[], Watchlist],
        undo_key: str = "u",
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._archive = archive
        self._tenants = {tenant.name: tenant for tenant in tenants}
        self._clock = clock
        self._targets = targets
        self._watchlist = watchlist
        self._undo_key = undo_key
        self._removed: list[tuple[Watch, ...]] = []

    def add(self, text: str = "") -> None:
        """Asks for a tenant where there are several, then for a text with ids, and watches them."""
        from zjobtui.ui.pick import Pick  # noqa: PLC0415 - nothing of it is needed for the first screen

        if len(self._tenants) == 1:
            self._add_to(next(iter(self._tenants)), text)
            return

        def add(tenant: str | None) -> None:
            if tenant is not None:
                self._add_to(tenant, text)

        self._screen.app.push_screen(Pick("Add jobs of which tenant", tuple(self._tenants)), add)

    def remove(self) -> None:
        """Takes jobs off the watchlist; asks first where they are many."""
        from zjobtui.ui.pick import Pick  # noqa: PLC0415 - nothing of it is needed for the first screen

        targets = self._targets()
        yes, no = f"Remove {_named(targets)}" if targets else "", "Leave them as they are"

        def remove(answer: str | None) -> None:
            if answer == yes:
                self.when_done(self._engine.forget(_jobs(targets)), self._tell_removed)

        if len(targets) > MANY:
            self._screen.app.push_screen(Pick(f"Take {_named(targets)} off the watchlist", (no, yes)), remove)
        elif targets:
            remove(yes)

    def undo(self) -> None:
        """Brings back what was removed last."""
        if self._removed:
            self.when_done(self._engine.restore(self._removed.pop()), lambda e: self._tell(e, "back on the watchlist"))
        else:
            self.say("Nothing was removed in this session.")

    def label(self) -> None:
        """Asks for a name."""
        self._ask("Label of {}", lambda watch: watch.label, self._engine.label, "labelled")

    def tag(self) -> None:
        """Asks for tags."""

        def tag(jobs: list[Job], text: str) -> "Future[Edited]":
            tags = dict.fromkeys(part.strip() for part in text.replace(",", " ").split())
            return self._engine.tag(jobs, tuple(tags))

        self._ask("Tags of {}, separated by commas", lambda watch: ", ".join(watch.tags), tag, "tagged")

    def note(self) -> None:
        """Asks for a note."""
        self._ask("Note of {}", lambda watch: watch.note, self._engine.note, "noted")

    def ask_now(self) -> None:
        """Asks Zuora about jobs at once."""
        if targets := self._targets():
            self._engine.ask_now(_jobs(targets))
            self.say(f"Asking about {_named(targets)} now.")

    def copy(self) -> None:
        """Asks what to copy, and hands it to the terminal."""
        if targets := self._targets():
            self._screen.run_worker(self._copy(targets), group="copy")

    def export(self) -> None:
        """Asks for a form, and writes the jobs to a file."""
        from zjobtui.ui.pick import Pick  # noqa: PLC0415 - nothing of it is needed for the first screen
        from zjobtui.wording import handing_over  # noqa: PLC0415 - as above

        now = self._clock.now()
        if not (targets := self._targets()):
            return
        forms: dict[str, tuple[str, Callable[[], str]]] = {
            "JSON": (".json", lambda: handing_over.as_json(targets, now)),
            "CSV": (".csv", lambda: handing_over.as_csv(targets, now)),
            "Markdown": (".md", lambda: handing_over.as_markdown(targets)),
            "ids alone": (".txt", lambda: "".join(f"{watch.job.id.given}\n" for watch in targets)),
        }

        def write(form: str | None) -> None:
            if form is not None:
                suffix, text = forms[form]
                self._to_file(text(), suffix)

        self._screen.app.push_screen(Pick(f"Export {_named(targets)} as", tuple(forms)), write)

    def screenshot(self) -> None:
        """Writes a picture of the screen."""
        self._to_file(self._screen.app.export_screenshot(title="zjobtui"), ".svg")

    def say(self, text: str, unsaved: str = "") -> None:
        """Tells something that needs no answer, in place of what was told before."""
        said, app = clean(f"{text} But it is not saved yet: {unsaved}" if unsaved else text), self._screen.app
        app.clear_notifications()
        app.notify(said, severity="warning" if unsaved else "information", markup=False, timeout=4)

    def when_done(self, future: "Future[Edited]", then: Callable[[Edited], None]) -> None:
        """Calls `then` after the commit."""

        async def wait() -> None:
            try:
                edited = await asyncio.wrap_future(future)
            except Exception as fault:  # noqa: BLE001 - an engine that is gone must not take the screen with it
                self.say(f"That was not done: {fault}")
            else:
                then(edited)

        self._screen.run_worker(wait())

    async def _copy(self, targets: tuple[Watch, ...]) -> None:
        from zjobtui.ui.pick import Pick  # noqa: PLC0415 - nothing of it is needed for the first screen
        from zjobtui.wording.copying import copies  # noqa: PLC0415 - as above

        seen = await asyncio.to_thread(self._archive.seen, targets[0].job)
        texts = copies(targets, seen, self._tenants.get(targets[0].job.tenant))

        def copy(what: str | None) -> None:
            if what == ALL_IN_FILE:
                self._to_file("\n\n".join(f"{name}:\n{text}" for name, text in texts.items()) + "\n", ".txt")
            elif what is not None:
                self._to_clipboard(what, texts[what])

        self._screen.app.push_screen(Pick(f"Copy of {_named(targets)}", (*texts, ALL_IN_FILE)), copy)

    def _to_clipboard(self, what: str, text: str) -> None:
        from zjobtui.ui.clipboard import sequence  # noqa: PLC0415 - nothing of it is needed for the first screen

        written, driver = sequence(text, os.environ), self._screen.app._driver  # noqa: SLF001 - its copy wraps nothing
        if written is None or driver is None:
            self._to_file(text, ".txt")
        else:
            driver.write(written)
            self.say(f"{what[:1].upper()}{what[1:]}: sent to the terminal's clipboard, if it takes such a thing.")

    def _to_file(self, text: str, suffix: str) -> None:
        stamp = int(self._clock.now())
        path = Path.cwd() / f"zjobtui-{stamp}{suffix}"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as fault:
            self.say(f"{path} was not written: {fault.strerror}.")
        else:
            self.say(f"Written to {path}")

    def _ask(
        self,
        title: str,
        current: Callable[[Watch], str],
        change: "Callable[[list[Job], str], Future[Edited]]",
        done: str,
    ) -> None:
        from zjobtui.ui.ask_text import AskText  # noqa: PLC0415 - nothing of it is needed for the first screen

        if not (targets := self._targets()):
            return

        def take(text: str | None) -> None:
            if text is not None:
                self.when_done(change(_jobs(targets), text), lambda edited: self._tell(edited, done))

        self._screen.app.push_screen(AskText(title.format(_named(targets)), current(targets[0])), take)

    def _add_to(self, tenant: str, text: str) -> None:
        from zjobtui.ui.add_jobs import AddJobs  # noqa: PLC0415 - nothing of it is needed for the first screen

        def is_known(job_id: JobId) -> bool:
            return self._watchlist().get(Job(tenant, job_id)) is not None

        self._screen.app.push_screen(AddJobs(is_known, text), partial(self._add, tenant))

    def _add(self, tenant: str, found: FoundIds | None) -> None:
        if found is None or not (found.ids or found.refused):
            return
        now = self._clock.now()
        watches = [Watch(job=Job(tenant, job_id), added_at=now, added_by="paste") for job_id in found.ids]

        def tell(edited: Edited) -> None:
            new = len(edited.change.added)
            told = f"{plural(new, 'job')} new, {len(found.ids) - new} known, {len(found.refused)} refused."
            self.say(told, edited.unsaved)

        self.when_done(self._engine.watch(watches), tell)

    def _tell_removed(self, edited: Edited) -> None:
        if edited.change.removed:
            self._removed.append(edited.change.removed)
            them = "it" if len(edited.change.removed) == 1 else "them"
            self.say(f"{_named(edited.change.removed)} removed; {self._undo_key} brings {them} back.", edited.unsaved)

    def _tell(self, edited: Edited, what: str) -> None:
        if watches := edited.change.added or edited.change.annotated:
            self.say(f"{_named(watches)} {what}.", edited.unsaved)


def _jobs(watches: Sequence[Watch]) -> list[Job]:
    return [watch.job for watch in watches]


def _named(watches: Sequence[Watch]) -> str:
    if len(watches) > 1:
        return plural(len(watches), "job")
    return watches[0].label or short_id(watches[0].job.id.given)
