"""Actions that take jobs elsewhere: a handover as Markdown, and the pages of Zuora's user interface."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.formatting.handover import HandoverJob, handover
from zjobtui.formatting.zuora_links import ZuoraLink, order_path, zuora_links
from zjobtui.models.call_log import LoggedCall
from zjobtui.models.job import JobRef
from zjobtui.models.related import Reference
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.engine import Engine
from zjobtui.ui.browser import open_url
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.outline_lines import RenderedLine
from zjobtui.ui.protocols import ReportArchive
from zjobtui.ui.styled_line import split_link
from zjobtui.ui.toast import toast
from zjobtui.ui.undo import Watches

COPIES = ("Copy for Zuora support: without labels, tags, notes", "Copy for the next shift: with labels, tags, notes")
SAVES = ("Save to a file, without labels, tags, notes", "Save to a file, with labels, tags, notes")
WITH_NOTES = (COPIES[1], SAVES[1])
"""The forms of a handover; the user's own text may contain data of customers."""

LINKS_LISTED = 50
"""Links that are offered; of more, the one under the cursor in the detail can be opened."""


class Escalation:
    """Hand jobs over, and open what they are about in Zuora.

    `copy` copies a text, named for the message to the user; `save` writes it to a file with a suffix; `mask` masks
    known secrets in a text, `describe` names jobs.
    """

    def __init__(
        self,
        screen: Screen[None],
        engine: Engine,
        archive: ReportArchive,
        tenants: Callable[[], Mapping[str, Tenant]],
        clock: Clock,
        *,
        copy: Callable[[str, str, Watches], Awaitable[None]],
        save: Callable[[str, str, Watches], None],
        describe: Callable[[Watches], str],
        line_in_detail: Callable[[], RenderedLine | None],
        mask: Callable[[str], str],
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._archive = archive
        self._tenants = tenants
        self._clock = clock
        self._copy = copy
        self._save = save
        self._describe = describe
        self._line_in_detail = line_in_detail
        self._mask = mask

    def hand_over(self, targets: Watches) -> None:
        """Ask for a form of the handover, and copy it or save it to a file."""

        def write(choice: str | None) -> None:
            if choice is not None:
                self._screen.run_worker(self._write(targets, choice), group="handover", exclusive=True)

        title = f"Hand over {self._describe(targets)} as Markdown"
        self._screen.app.push_screen(ChoiceDialog(title, (*COPIES, *SAVES)), write)

    async def open_in_zuora(self, targets: Watches) -> None:
        """Open what is under the cursor in the detail, or ask which of the selected job's links to open."""
        watch = targets[0]
        success = await asyncio.to_thread(self._archive.last_response, watch.job)
        tenant = self._tenants().get(watch.job.tenant)
        links = {f"{link.name} {link.number}": link for link in zuora_links(tenant, success)}
        hint = order_path(watch.digest.order_number if watch.digest else "")
        line = self._line_in_detail() if len(targets) == 1 else None
        if line is not None:
            urls = {split_link(name)[1] for _, name in line.spans}
            links = {name: link for name, link in links.items() if link.url in urls} or links
        if not links or (hint and line is not None and (line.key == "order" or line.key.startswith("related/order/"))):
            host = tenant.base_url.rpartition("//")[2] if tenant else watch.job.tenant
            toast(self._screen.app, hint or f"No links: the job has no account, or the pages of {host} are not known.")
        elif len(links) == 1 and line is not None:
            await self._open(next(iter(links.values())), targets)
        else:
            self._ask_for_link(links, hint, targets)

    def _ask_for_link(self, links: Mapping[str, ZuoraLink], hint: str, targets: Watches) -> None:
        choices = (*list(links)[:LINKS_LISTED], *((hint,) if hint else ()))

        def open_chosen(choice: str | None) -> None:
            if choice is not None and choice in links:
                self._screen.run_worker(self._open(links[choice], targets), group="link", exclusive=True)

        self._screen.app.push_screen(ChoiceDialog("Open in Zuora", choices), open_chosen)

    async def _open(self, link: ZuoraLink, targets: Watches) -> None:
        await self._copy("link", self._mask(link.url), targets)
        opened = f"Opening {link.name} {link.number} in the browser." if open_url(link.url, os.environ) else ""
        if text := " ".join(part for part in (opened, link.remark) if part):
            toast(self._screen.app, text)

    async def _write(self, targets: Watches, choice: str) -> None:
        text = await asyncio.to_thread(self._handover, targets, with_notes=choice in WITH_NOTES)
        if choice in COPIES:
            await self._copy("handover", text, targets)
        else:
            self._save(text, ".md", targets)

    def _handover(self, targets: Watches, *, with_notes: bool) -> str:
        """Return the handover; reads the store."""
        calls: dict[JobRef, list[LoggedCall]] = {}
        reads: dict[tuple[str, Reference], LoggedCall] = {}
        for call in self._engine.calls.calls()[1]:
            if call.job is not None:
                calls.setdefault(call.job, []).append(call)
            elif call.reference is not None:
                reads[call.tenant, call.reference] = call
        jobs = [self._handover_job(watch, calls, reads) for watch in targets]
        return handover(jobs, self._tenants(), self._clock.now(), self._mask, with_notes=with_notes)

    def _handover_job(
        self,
        watch: WatchedJob,
        calls: Mapping[JobRef, Sequence[LoggedCall]],
        reads: Mapping[tuple[str, Reference], LoggedCall],
    ) -> HandoverJob:
        success = self._archive.last_response(watch.job)
        named = success.report.references.all if success is not None and reads else ()
        return HandoverJob(
            watch,
            success,
            self._archive.history(watch.job),
            calls.get(watch.job) or tuple(filter(None, (self._engine.calls.last(watch.job),))),
            tuple(reads[watch.job.tenant, each] for each in named if (watch.job.tenant, each) in reads),
        )
