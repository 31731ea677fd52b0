"""Actions that take jobs elsewhere: copies, files, a handover as Markdown, and the pages of Zuora's user interface."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from zjobtui.config.paths import data_folder, is_kept_by_program
from zjobtui.config.programs import child_environment
from zjobtui.daemon_thread import run_on_daemon_thread
from zjobtui.formatting import export
from zjobtui.formatting.clipboard_texts import clipboard_texts
from zjobtui.formatting.handover import HandoverJob, handover_text
from zjobtui.formatting.zuora_links import ZuoraLink, order_path, zuora_links
from zjobtui.logs import get_logger
from zjobtui.models.call_log import LoggedCall
from zjobtui.models.job import JobRef
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.related import Reference
from zjobtui.models.text import clean, clean_lines
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import mask_annotations
from zjobtui.storage.exports import FOLDER, export_name, write_export
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.clipboard import copy_text
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.monitor_context import MonitorContext
from zjobtui.ui.prompt import PromptDialog
from zjobtui.ui.styled_line import split_link
from zjobtui.ui.terminal_io import write
from zjobtui.ui.toast import toast
from zjobtui.ui.undo import Watches

log = get_logger(__name__)

SAVE_ALL = "Save everything to a file…"
"""Offered because a terminal does not report whether it accepted a copy."""

PATH_LIMIT = 4_096
"""Maximum length of a path in characters."""

COPIES = ("Copy for Zuora support: without labels, tags, notes", "Copy for the next shift: with labels, tags, notes")
SAVES = ("Save to a file, without labels, tags, notes", "Save to a file, with labels, tags, notes")
WITH_NOTES = (COPIES[1], SAVES[1])
"""The forms of a handover; the user's own text may contain data of customers."""

LINKS_LISTED = 50
"""Links that are offered; of more, the one under the cursor in the detail can be opened."""


class ShareActions:
    """Copy, save and hand over jobs with known secrets masked, and open what they are about in Zuora.

    `detail` has the line that is copied or opened if it has the focus. `folder` is that of the first file; `describe`
    names jobs.
    """

    def __init__(
        self, context: MonitorContext, detail: JobDetail, folder: Path | None, describe: Callable[[Watches], str]
    ) -> None:
        self._context = context
        self._screen = context.screen
        self._archive = context.archive
        self._clock = context.clock
        self._mask = context.mask
        self._detail = detail
        self._describe = describe
        self._folder = folder or data_folder() / FOLDER
        self._first_folder = self._folder
        self._copying = asyncio.Lock()

    async def copy(self, targets: Watches) -> None:
        """Ask what to copy, first of the line under the cursor; keys typed ahead wait for the dialog."""
        at_cursor = self._detail.copyable_texts() if self._detail.has_focus else {}
        success = await asyncio.to_thread(self._archive.last_response, targets[0].job)
        of_jobs = clipboard_texts(self._masked(targets), success, self._context.tenants.get(targets[0].job.tenant))
        texts = {name: clean_lines(self._mask(mask_secrets(text))) for name, text in {**at_cursor, **of_jobs}.items()}

        def copy(name: str | None) -> None:
            if name == SAVE_ALL:
                self.save("\n\n".join(f"{name}:\n{texts[name]}" for name in of_jobs) + "\n", ".txt", targets)
            elif name is not None:
                self._screen.run_worker(self.copy_text(name, texts[name], targets))

        self._screen.app.push_screen(ChoiceDialog(f"Copy from {self._describe(targets)}", (*texts, SAVE_ALL)), copy)

    def copy_ids(self, targets: Watches) -> None:
        """Copy the ids of jobs."""
        ids = "\n".join(watch.job.id.given for watch in targets)
        self._screen.run_worker(self.copy_text("job ids", ids, targets))

    def export(self, targets: Watches) -> None:
        """Ask for a format, and save the jobs to a file."""
        now, masked = self._clock.now(), self._masked(targets)
        formats: dict[str, tuple[str, Callable[[], str]]] = {
            "JSON": (".json", lambda: self._mask(export.as_json(masked, now))),
            "CSV": (".csv", lambda: self._mask(export.as_csv(masked, now))),
            "Markdown": (".md", lambda: self._mask(export.as_markdown(masked))),
            "Job ids only": (".txt", lambda: "".join(f"{watch.job.id.given}\n" for watch in targets)),
        }

        def save(name: str | None) -> None:
            if name is not None:
                suffix, text = formats[name]
                self.save(text(), suffix, targets)

        self._screen.app.push_screen(ChoiceDialog(f"Export {self._describe(targets)} as", tuple(formats)), save)

    def _masked(self, watches: Watches) -> Watches:
        return tuple(mask_annotations(watch, self._mask) for watch in watches)

    def screenshot(self) -> None:
        """Save a screenshot to a file."""
        self.save(self._screen.app.export_screenshot(title="zjobtui"), ".svg")

    async def copy_text(self, name: str, text: str, targets: Watches) -> None:
        """Copy a text, and show what has happened; one copy at a time, so that the last one wins."""
        app, title = self._screen.app, f"{name[:1].upper()}{name[1:]}"
        async with self._copying:
            copied = await run_on_daemon_thread(partial(copy_text, text, os.environ))
            is_written = not copied.sequence or write(app, copied.sequence)
        if copied.done and is_written:
            toast(app, f"{title} {copied.done}")
        else:
            self.save(text, ".txt", targets, f"Not copied: {copied.problem}.")

    def save(self, text: str, suffix: str, watches: Watches = (), about: str = "", name: str = "") -> None:
        """Ask for the file, and write it; `about` is why the text is saved instead of copied.

        The file is named for the jobs if `name` is empty. If it cannot be written, the dialog opens again with the path
        that was entered and the reason.
        """
        name = name or export_name(watches, self._clock.now())
        default = self._folder / f"{name}{suffix}"
        shown = clean(_with_tilde(default))

        def ask(path: str, about: str) -> None:
            self._screen.app.push_screen(PromptDialog("Save to file", path, about=about, limit=PATH_LIMIT), save)

        def save(entered: str | None) -> None:
            if not entered:
                return
            path = default if entered == shown else _chosen_path(entered, default.name)
            if error := self._write_file(path, text):
                ask(entered, f"Not saved: {error}.")

        ask(shown, about)

    def _write_file(self, path: Path, text: str) -> str:
        """Write the file and say so, or return why it could not be written."""
        folder, error = path.parent, ""
        if is_kept_by_program(path):
            error = "zjobtui itself uses this file"
        elif folder != self._first_folder and not folder.is_dir():
            error = "the folder does not exist"
        else:
            try:
                path = write_export(folder, path.stem, path.suffix, text)
            except (OSError, ValueError) as fault:
                log.exception("a file could not be written")
                error = getattr(fault, "strerror", None) or "not a valid path"
        if not error:
            self._folder = folder
            toast(self._screen.app, f"Saved to {path}")
        return error

    def hand_over(self, targets: Watches) -> None:
        """Ask for a form of the handover, and copy it or save it to a file."""

        def write(choice: str | None) -> None:
            if choice is not None:
                self._screen.run_worker(self._write_handover(targets, choice), group="handover", exclusive=True)

        title = f"Hand over {self._describe(targets)} as Markdown"
        self._screen.app.push_screen(ChoiceDialog(title, (*COPIES, *SAVES)), write)

    async def open_in_zuora(self, targets: Watches) -> None:
        """Open what is under the cursor in the detail, or ask which of the selected job's links to open."""
        watch = targets[0]
        line = self._detail.line_under_cursor if self._detail.has_focus and len(targets) == 1 else None
        success = await asyncio.to_thread(self._archive.last_response, watch.job)
        tenant = self._context.tenants.get(watch.job.tenant)
        links = {f"{link.name} {link.number}": link for link in zuora_links(tenant, success)}
        hint = order_path(watch.digest.order_number if watch.digest else "")
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
        await self.copy_text("link", self._mask(link.url), targets)
        opened = f"Opening {link.name} {link.number} in the browser." if _start_browser(link.url, os.environ) else ""
        if text := " ".join(part for part in (opened, link.remark) if part):
            toast(self._screen.app, text)

    async def _write_handover(self, targets: Watches, choice: str) -> None:
        text = await asyncio.to_thread(self._handover, targets, with_notes=choice in WITH_NOTES)
        if choice in COPIES:
            await self.copy_text("handover", text, targets)
        else:
            self.save(text, ".md", targets)

    def _handover(self, targets: Watches, *, with_notes: bool) -> str:
        """Return the handover; reads the store."""
        calls: dict[JobRef, list[LoggedCall]] = {}
        reads: dict[tuple[str, Reference], LoggedCall] = {}
        for call in self._context.engine.calls.calls()[1]:
            if call.job is not None:
                calls.setdefault(call.job, []).append(call)
            elif call.reference is not None:
                reads[call.tenant, call.reference] = call
        jobs = [self._handover_job(watch, calls, reads) for watch in targets]
        return handover_text(jobs, self._context.tenants, self._clock.now(), self._mask, with_notes=with_notes)

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
            calls.get(watch.job) or tuple(filter(None, (self._context.engine.calls.last(watch.job),))),
            tuple(reads[watch.job.tenant, each] for each in named if (watch.job.tenant, each) in reads),
        )


def can_show_browser(environ: Mapping[str, str], *, platform: str = sys.platform, is_root: bool | None = None) -> bool:
    """Return whether the user would see a browser: on a display of this machine, and not as root or over SSH."""
    is_root = os.geteuid() == 0 if is_root is None else is_root
    is_remote = any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))
    has_display = platform == "darwin" or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return has_display and not is_remote and not is_root


def _start_browser(url: str, environ: Mapping[str, str]) -> bool:
    """Start a browser for the URL, if one can be seen; return whether it was started. Never waits for it.

    It is started by another process without a terminal: a text browser, or what a browser prints, would be drawn over
    the screen.
    """
    if not can_show_browser(environ):
        return False
    quiet = subprocess.DEVNULL
    words = [sys.executable, "-I", "-m", "webbrowser", "-t", url]
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; the URL is one of `zuora_links`
            words, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True, env=child_environment(environ)
        )
    except OSError:
        return False
    threading.Thread(target=process.wait, name="browser", daemon=True).start()  # an ended child must be waited for
    return True


def _with_tilde(path: Path) -> str:
    """Return the path as the user would enter it."""
    with suppress(RuntimeError, ValueError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)


def _chosen_path(entered: str, name: str) -> Path:
    """Return the entered path; in a folder, the file of this name."""
    path = Path(entered)
    with suppress(RuntimeError):  # an unknown ~user is part of the name
        path = path.expanduser()
    is_folder = entered.endswith(("/", os.sep)) or os.path.isdir(path)  # noqa: PTH112 - a path may be invalid
    return path / name if is_folder else path.absolute()
