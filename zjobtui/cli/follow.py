"""Add job ids as they come on standard input, until it ends."""

import os
import select
import sys
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from msgspec import Struct

from zjobtui.bootstrap.output import OutputError, exit_status_of, print_error
from zjobtui.cli.common import name_on_exit
from zjobtui.cli.job_ids import refusals
from zjobtui.clock import Clock, SystemClock
from zjobtui.formatting.found_ids import sentences
from zjobtui.formatting.symbols import plural
from zjobtui.logs import get_logger
from zjobtui.models.id_stream import IdStream
from zjobtui.models.job import FoundIds, JobId
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.signals import exit_within, raise_on_signals
from zjobtui.storage.database import StoreError
from zjobtui.storage.store import Store

log = get_logger(__name__)

QUIET = 0.2
"""Seconds without input after which the lines that have come are read: the rest of a record follows at once."""

READ_WITHIN_SECONDS = 0.5
"""Seconds after which they are read although more comes."""

SAVE_RETRY_SECONDS = 5.0
"""Seconds until ids that could not be saved are saved again."""

NAMED_WORDS = 50
"""Words and ids that are named as they are refused or left out; the others are only counted."""

PRINT_LIMIT = 2.0
"""Seconds for printing the rest after an interruption: nobody may read the output."""

_READ = 64 * 1024


class Tally(Struct):
    """How many jobs were added, how many were known, and how many words were refused."""

    added: int = 0
    known: int = 0
    refused: int = 0

    def __str__(self) -> str:
        return f"{plural(self.added, 'job')} added, {self.known:,} known, {self.refused:,} refused."


def follow_stdin(store: Store, make_watch: Callable[[JobId, float], WatchedJob], tally: Tally) -> None:
    """Add the ids on standard input as they come, and count them; on an interruption print the count and exit.

    Raises `StoreError` with the ids if they could not be saved before the end.
    """
    print_error("Adding job ids as they arrive; press Ctrl+C to stop.")
    follower, stdin = Follower(store, make_watch, tally, SystemClock()), sys.stdin.fileno()
    with name_on_exit(lambda: follower.unsaved), raise_on_signals() as hold:
        try:
            follower.run(stdin, hold)
        except KeyboardInterrupt as interruption:
            follower.cut(stdin)
            status = exit_status_of(interruption)
            exit_within(PRINT_LIMIT, status)
            follower.report()
            print(tally)
            sys.exit(status)
        except OutputError:
            with hold():
                follower.cut(stdin)
            raise


class Follower:
    """Add the ids of a stream; what it remembers is bounded, but for ids that cannot be saved."""

    def __init__(
        self, store: Store, make_watch: Callable[[JobId, float], WatchedJob], tally: Tally, clock: Clock
    ) -> None:
        self._store = store
        self._make_watch = make_watch
        self._tally = tally
        self._clock = clock
        self._stream = IdStream()
        self._unsaved: dict[JobId, WatchedJob] = {}
        self._retry_at = 0.0
        self._fault = ""
        self._named = 0
        self._others = self._secrets = 0
        self._reports: deque[Callable[[], object]] = deque()

    @property
    def unsaved(self) -> tuple[str, ...]:
        """The ids that are not saved yet."""
        return tuple(job_id.given for job_id in self._unsaved)

    def run(self, descriptor: int, hold: Callable[[], AbstractContextManager[None]]) -> None:
        """Read a file, a pipe or a terminal until its end; in `hold` nothing interrupts what has been read."""
        held_since: float | None = None
        while True:
            wait = QUIET if held_since is not None or self._unsaved else None
            is_ready = bool(select.select((descriptor,), (), (), wait)[0])
            with hold():
                is_end = is_ready and not self._read(descriptor)
                if is_end:
                    self.finish()
                elif held_since is None and self._stream.has_whole_lines:
                    held_since = self._clock.boot()
                elif held_since is not None and (
                    not is_ready or self._clock.boot() - held_since >= READ_WITHIN_SECONDS
                ):
                    held_since = None
                    self._take(self._stream.read_lines())
                if self._unsaved and self._clock.boot() >= self._retry_at:
                    self._save()
            self.report()
            if is_end:
                return

    def cut(self, descriptor: int) -> None:
        """Add what has come so far; of a line without an end only the ids count. Raises as `finish`."""
        if select.select((descriptor,), (), (), 0)[0]:
            self._read(descriptor)
        self._take(self._stream.read_lines())
        self._take(FoundIds(self._stream.end().ids, ()))
        self.finish()

    def finish(self) -> None:
        """Add what is left, the last line even without an end; raise `StoreError` with what cannot be saved."""
        self._take(self._stream.end())
        if self._unsaved:
            self._save()
        if self._unsaved:
            raise StoreError("\n".join((self._fault, "Not added:", *self.unsaved)))
        for sentence in sentences(FoundIds((), (), others=self._others, secrets=self._secrets)):
            self._say(sentence)

    def report(self) -> None:
        """Print what there is to say; it may block, and be interrupted."""
        while self._reports:
            self._reports.popleft()()

    def _read(self, descriptor: int) -> bool:
        """Read what has come; return False at the end."""
        try:
            data = os.read(descriptor, _READ)
        except BlockingIOError:
            return True
        self._take(self._stream.feed(data) if data else FoundIds((), ()))
        return bool(data)

    def _take(self, found: FoundIds) -> None:
        now = self._clock.now()
        self._unsaved.update((job_id, self._make_watch(job_id, now)) for job_id in found.ids)
        self._others += found.others
        self._secrets += found.secrets
        refused = refusals(found)
        self._tally.refused += len(refused)
        self._name((*refused, *sentences(FoundIds((), (), not_added=found.not_added))))

    def _say(self, text: str) -> None:
        self._reports.append(partial(print_error, text))

    def _name(self, texts: tuple[str, ...]) -> None:
        for text in texts[: NAMED_WORDS - self._named]:
            self._say(text)
        if texts and self._named < NAMED_WORDS <= self._named + len(texts):
            self._say("Further words and ids that are not added are only counted.")
        self._named = min(NAMED_WORDS, self._named + len(texts))

    def _save(self) -> None:
        """Add the jobs to the store that it does not know; if that fails, keep them and print the reason once."""
        jobs = [watch.job for watch in self._unsaved.values()]
        try:
            if notice := self._store.reopen_if_replaced():
                self._say(notice)
            known = Watchlist({watch.job: watch for watch in self._store.load_watched(jobs)})
            gone = {watch.job for watch in self._store.load_removed(jobs)}
            change = known.add(watch for watch in self._unsaved.values() if watch.job not in gone)
            if change.added:
                self._store.apply(change)
        except StoreError as error:
            self._retry_at = self._clock.boot() + SAVE_RETRY_SECONDS
            if str(error) != self._fault:
                self._fault = str(error)
                self._say(self._fault)
            return
        self._fault, self._unsaved = "", {}
        self._tally.added += len(change.added)
        self._tally.known += len(jobs) - len(change.added)
        self._name(
            tuple(
                f"Not added: {job.id.given[:8]}… was removed or archived; add it with: zjobtui add {job.id.given}"
                for job in gone
            )
        )
        for watch in change.added:
            self._reports.append(partial(print, f"{watch.job.id.given} added", flush=True))
