"""Copy from jobs to the clipboard, and save exports and screenshots to a file that the user confirms."""

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.config.paths import data_folder, is_kept_by_program
from zjobtui.formatting import export
from zjobtui.formatting.clipboard_texts import clipboard_texts
from zjobtui.logs import get_logger
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.tenant import Tenant
from zjobtui.models.text import clean, clean_lines
from zjobtui.models.watchlist import mask_annotations
from zjobtui.polling.daemon_thread import run_on_daemon_thread
from zjobtui.storage.exports import FOLDER, export_name, write_export
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.clipboard import copy_text
from zjobtui.ui.prompt import PromptDialog
from zjobtui.ui.protocols import ReportArchive
from zjobtui.ui.terminal_io import write
from zjobtui.ui.toast import toast
from zjobtui.ui.undo import Watches

log = get_logger(__name__)

SAVE_ALL = "Save everything to a file…"
"""Offered because a terminal does not report whether it accepted a copy."""

PATH_LIMIT = 4_096
"""Maximum length of a path in characters."""


class CopyExport:
    """Copy from jobs, and save jobs and screenshots, with known secrets masked.

    `folder` is that of the first file; `describe` names jobs.
    """

    def __init__(
        self,
        screen: Screen[None],
        archive: ReportArchive,
        tenants: Callable[[], Mapping[str, Tenant]],
        clock: Clock,
        folder: Path | None,
        mask: Callable[[str], str],
        describe: Callable[[Watches], str],
    ) -> None:
        self._screen = screen
        self._archive = archive
        self._tenants = tenants
        self._clock = clock
        self._mask = mask
        self._describe = describe
        self._folder = folder or data_folder() / FOLDER
        self._first_folder = self._folder
        self._copying = asyncio.Lock()

    async def copy(self, targets: Watches, at_cursor: Mapping[str, str]) -> None:
        """Ask what to copy, first of the line under the cursor; keys typed ahead wait for the dialog."""
        success = await asyncio.to_thread(self._archive.last_response, targets[0].job)
        of_jobs = clipboard_texts(self._masked(targets), success, self._tenants().get(targets[0].job.tenant))
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

        The file is named for the jobs if `name` is empty.
        """
        name = name or export_name(watches, self._clock.now())
        default = self._folder / f"{name}{suffix}"
        shown = clean(_with_tilde(default))

        def save(entered: str | None) -> None:
            if entered:
                self._write(default if entered == shown else _chosen_path(entered, default.name), text)

        title = "Save to file"
        self._screen.app.push_screen(PromptDialog(title, shown, about=about, limit=PATH_LIMIT), save)

    def _write(self, path: Path, text: str) -> None:
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
        if error:
            toast(self._screen.app, f"Not saved: {error}: {path}")
        else:
            self._folder = folder
            toast(self._screen.app, f"Saved to {path}")


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
