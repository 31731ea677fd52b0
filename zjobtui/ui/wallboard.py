"""The wallboard: batches, failures and tenants in trouble on the whole screen, to be read from some metres."""

from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from heapq import nlargest

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Key
from textual.screen import Screen

from zjobtui.formatting.batches import TimeLeft
from zjobtui.formatting.job import VERDICT_TONES, row_time
from zjobtui.formatting.outline import Tone
from zjobtui.formatting.status import status_text
from zjobtui.formatting.symbols import GLYPHS, WORDS, plural, short_id
from zjobtui.formatting.times import moment
from zjobtui.models.batch_tracker import BatchTracker
from zjobtui.models.batches import BatchProgress, progress_of
from zjobtui.models.tenant import Tenant
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.why import why
from zjobtui.polling.state import State
from zjobtui.ui.batch_rows import (
    CommonWidths,
    batch_bar_spans,
    batch_row,
    common_widths,
    count_spans,
    times_text,
)
from zjobtui.ui.key_bar import UnboundKeys
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.styled_line import Span, Spans, cell_length, fit_exact, truncate

ALL_JOBS, OTHER_JOBS = "all jobs", "other jobs"
"""What stands in place of a name for the jobs that are in no batch."""

NEWEST = 20
"""Maximum number of failures on the board."""

_LEAST_REASON = 20
"""Cells of a reason, with the gap before it, for which the age and then the tenant are left out."""

_NEEDS_USER = (VerdictKind.FAILED, VerdictKind.ATTENTION)

_TROUBLE_TONES = (Tone.BAD, Tone.ATTENTION)

_HEADED = 10
"""Lines of the screen from which one is the heading."""

_DIGIT_LINES = 5
"""Lines of a digit."""

_PIXELS = {
    "0": "111 101 101 101 111",
    "1": "010 110 010 010 111",
    "2": "111 001 111 100 111",
    "3": "111 001 111 001 111",
    "4": "101 101 111 001 001",
    "5": "111 100 111 001 111",
    "6": "111 100 111 101 111",
    "7": "111 001 001 010 010",
    "8": "111 101 111 101 111",
    "9": "111 101 111 001 111",
    ",": "0 0 0 1 1",
}
"""The pixels of digits, line by line: full blocks alone, the same in ASCII and any font; `,` separates thousands."""

_HUGE, _LARGE, _MEDIUM, _SMALL = 6 + 2 * _DIGIT_LINES, 6 + _DIGIT_LINES, 4, 1
"""Lines of a batch with huge and with large digits, with words, and in one line."""


class BoardBatch(Struct, frozen=True):
    """A batch on the board; `is_batch` is false for the jobs in no batch, which have no common times."""

    progress: BatchProgress
    time_left: TimeLeft = None
    is_batch: bool = True


class Board(Struct, frozen=True):
    """What the wallboard shows: batches, newest failures and troubles, each the most important first."""

    batches: tuple[BoardBatch, ...] = ()
    failures: tuple[WatchedJob, ...] = ()
    troubles: tuple[str, ...] = ()
    jobs: int = 0
    now: float = 0.0
    has_several_tenants: bool = False
    quit_key: str = ""
    """The key that quits the program from the wallboard; empty if it leads to the list."""


def board_of(state: State, tracker: BatchTracker, tenants: Sequence[Tenant], now: float, zone: tzinfo | None) -> Board:
    """Return the board of a state at `now` (seconds since the epoch, UTC); `tracker` has its batches."""
    shown = [BoardBatch(batch, tracker.time_left(batch)) for batch in tracker.newest_first()]
    if others := tracker.others():
        shown.append(BoardBatch(progress_of(OTHER_JOBS if shown else ALL_JOBS, others), is_batch=False))
    needing = (watch for watch in state.watchlist if watch.verdict.kind in _NEEDS_USER)
    failures = nlargest(NEWEST, needing, key=lambda watch: watch.changed_at or 0.0)
    faults = (state.fault, state.unsaved and f"Not saved: {state.unsaved}", state.notice)
    statuses = [status for tenant in tenants if (status := state.statuses.get(tenant.name))]
    running = {tenant.name: 0 for tenant in tenants}
    for watch in state.watchlist:
        if watch.verdict.kind is VerdictKind.RUNNING and watch.job.tenant in running:
            running[watch.job.tenant] += 1
    troubles = (_trouble(status, running[status.tenant], now, zone) for status in statuses)
    return Board(
        tuple(shown),
        tuple(failures),
        tuple(text for text in (*troubles, *faults) if text),
        len(state.watchlist),
        now,
        len({*running, *(watch.job.tenant for watch in failures)}) > 1,
    )


def _trouble(status: TenantStatus, running: int, now: float, zone: tzinfo | None) -> str:
    """Return why a tenant is not polled as usual, without what changes with time; empty if it is."""
    if status.problem is not None:
        since = f" since {moment(status.down_since, now, zone, to_minute=True)}" if status.down_since else ""
        return " · ".join(
            part for part in (f"✗ {status.tenant}: {status.problem.kind.title}{since}", status.problem.detail) if part
        )
    text = status_text(status, now, {VerdictKind.RUNNING: running}, zone)
    sign, _, words = text.full.partition(" ")
    return f"{sign} {status.tenant}: {words}" if text.tone in _TROUBLE_TONES else ""


class BoardView(LineListView, can_focus=False):
    """Draw the lines of a board; only those that have changed are sent."""

    def __init__(self) -> None:
        super().__init__(id="board")
        self._board = Board()
        self._lines: Sequence[Spans] = ()

    def show(self, board: Board) -> None:
        """Show a board."""
        self._board = board
        self._lines = board_lines(board, self.line_width, self.size.height)
        self.set_lines(len(self._lines), 0, 0)

    def line(self, index: int) -> Spans:
        """Return the line at `index`."""
        return self._lines[index]

    def on_resize(self) -> None:
        """Lay out the board for the new size."""
        self.show(self._board)


class Wallboard(Screen[None]):
    """The screen of the board. `key_pressed` is called for every key, and returns whether that did something.

    `quit_key` is the key that quits the program, which has started with the wallboard; empty if it leads to the list.
    """

    BINDINGS = [
        Binding("escape", "dismiss", "list", priority=True),
        Binding("w", "dismiss", "list", id="wallboard", priority=True),
        Binding("q,ctrl+q", "leave", "leave", id="quit", priority=True),
    ]

    def __init__(self, key_pressed: Callable[[], bool], *, quit_key: str) -> None:
        super().__init__()
        self._key_pressed = key_pressed
        self._quit_key = quit_key
        self._view = BoardView()
        self._board = Board()
        self._unbound_keys = UnboundKeys(self, "esc shows the list")

    @property
    def shown(self) -> tuple[BatchProgress, ...]:
        """The batches on the board."""
        return tuple(batch.progress for batch in self._board.batches if batch.is_batch)

    def compose(self) -> ComposeResult:
        """Compose the view."""
        yield self._view

    def show(self, board: Board) -> None:
        """Show a board."""
        self._board = replace(board, quit_key=self._quit_key)
        if self._view.is_attached:
            self._view.show(self._board)

    def on_mount(self) -> None:
        """Show the board that was set before."""
        self.call_after_refresh(lambda: self._view.show(self._board))

    def on_key(self, event: Key) -> None:
        """Report the key, and say so if it does nothing."""
        if not self._key_pressed():
            self._unbound_keys.observe(event)

    def action_leave(self) -> None:
        """Go back to the list, or quit if the program has started with the wallboard."""
        if self._quit_key:
            self.app.exit()
        else:
            self.dismiss(None)


def board_lines(board: Board, width: int, height: int) -> list[Spans]:
    """Return the board in at most `height` lines of at most `width` cells."""
    if width <= 0 or height <= 0:
        return []
    head = [_heading(board, width)] if height >= _HEADED else []
    foot = _foot(board, width, height)
    room = height - len(head) - len(foot)
    body = _batch_lines(board, width, room)
    blank = [()] * (room - len(body))
    return [truncate(line, width) for line in (*head, *body, *blank, *foot)]


def _heading(board: Board, width: int) -> Spans:
    batches = sum(batch.is_batch for batch in board.batches)
    number = "" if not batches else "1 batch · " if batches == 1 else f"{batches:,} batches · "
    jobs, right = plural(board.jobs, "job"), "esc list "
    if board.quit_key and cell_len(f" {jobs}  {right}· {board.quit_key} quit ") <= width:
        right += f"· {board.quit_key} quit "
    counts = f"{number}{jobs}"
    room = width - cell_len(right) - 2
    lefts = (f" zjobtui · {counts}", f" {counts}", f" {jobs}", "")
    left = next(text for text in lefts if cell_len(text) <= room or not text)
    return ((left, "strong"), (" " * max(2, width - cell_len(left) - cell_len(right)), "plain"), (right, "muted"))


def _foot(board: Board, width: int, height: int) -> list[Spans]:
    """Return the newest failures, then what is wrong with tenants and store."""
    most = max(1, height // 5)
    failures = [_failure(watch, board, width) for watch in board.failures[:most]]
    if failures and height >= 2 * _HEADED:
        number = sum(batch.progress.counts[kind] for batch in board.batches for kind in _NEEDS_USER)
        shown = f", the newest {len(failures):,}" if len(failures) < number else ""
        failures.insert(0, ((f" {number:,} failed or need attention{shown}:", "muted"),))
    troubles: list[Spans] = [((f" {text}", "bad"),) for text in board.troubles[: max(1, height // 6)]]
    return [*failures, *troubles]


def _failure(watch: WatchedJob, board: Board, width: int) -> Spans:
    kind, given = watch.verdict.kind, watch.job.id.given
    name = watch.label or short_id(given, 8)
    if watch.label and width >= 60:
        name = f"{name} · {given[:8]}"
    age = f"  {row_time(watch, board.now)} "
    tenant = f"  {watch.job.tenant}" if board.has_several_tenants else ""
    start: Spans = ((f" {GLYPHS[kind]} ", VERDICT_TONES[kind].name.lower()), (name, "strong"), (tenant, "muted"))
    text = f"  {why(watch, None, board.now)}"
    least = min(_LEAST_REASON, cell_len(text))
    if cell_length(start) + least > width:
        start = start[:2]
    room = width - cell_length(start) - cell_len(age)
    if room < least:
        return truncate((*start, (text, "plain")), width)
    return (*start, (fit_exact(text, room), "plain"), (age, "muted"))


def _batch_lines(board: Board, width: int, room: int) -> list[Spans]:
    """Return the batches in at most `room` lines: as many as possible, the first ones as large as possible."""
    if not board.batches:
        empty: Spans = ((" No jobs yet.", "muted"),)
        return [empty][:room]
    shown = board.batches if len(board.batches) <= room else board.batches[: max(1, room - 1)]
    sizes = [_SMALL] * len(shown)
    left = room - len(shown) - (len(shown) < len(board.batches))
    for place, size in _wanted_sizes(len(shown)):
        more = size - sizes[place]
        if 0 < more <= left and (size == _MEDIUM or _scale(shown[place].progress, width)):
            sizes[place], left = size, left - more
    sized = list(zip(shown, sizes, strict=True))
    common = common_widths([batch.progress for batch, size in sized if size == _SMALL])
    lines = [line for batch, size in sized for line in _one_batch(batch, board, width, size, common)]
    if rest := board.batches[len(shown) :]:
        lines.append(_rest(rest))
    return lines[:room]


def _wanted_sizes(count: int) -> Iterator[tuple[int, int]]:
    """Yield the places of batches and the sizes that they get if there is room: the first one before all others."""
    yield 0, _LARGE
    for size in (_MEDIUM, _LARGE, _HUGE):
        yield from ((place, size) for place in range(count))


def _rest(rest: Sequence[BoardBatch]) -> Spans:
    numbers = {kind: sum(batch.progress.counts[kind] for batch in rest) for kind in VerdictKind}
    return (((f" + {len(rest):,} more", "muted")), *count_spans(numbers))


def _one_batch(batch: BoardBatch, board: Board, width: int, size: int, common: CommonWidths) -> list[Spans]:
    progress = batch.progress
    if size == _SMALL:
        return [((" ", "plain"), *batch_row(progress, _times(batch, board.now), width - 2, common))]
    number = f" {progress.ended:,}/{progress.total:,} "
    bar = batch_bar_spans(progress, width - cell_len(number) - 1)
    first: Spans = ((" ", "plain"), *bar, (number, "strong"))
    title = _title(batch, board, width)
    if size == _MEDIUM:
        return [title, first, _words(progress, width), ()]
    digits = _digits(progress, _scale(progress, width), 2 if size == _HUGE else 1)
    return [title, first, ((" ", "plain"), *bar), (), *digits, ()]


def _title(batch: BoardBatch, board: Board, width: int) -> Spans:
    times = _times(batch, board.now)
    name = fit_exact(f" {batch.progress.name}", max(8, width - cell_len(times) - 2)).rstrip()
    gap = width - cell_len(name) - cell_len(times) - 1
    return ((name, "strong"), (" " * max(1, gap), "plain"), (times, "muted"))


def _words(progress: BatchProgress, width: int) -> Spans:
    in_words = count_spans(progress.counts, in_words=True)
    return in_words if cell_length(in_words) <= width else count_spans(progress.counts)


def _times(batch: BoardBatch, now: float) -> str:
    return times_text(batch.progress, batch.time_left, now) if batch.is_batch else ""


def _scale(progress: BatchProgress, width: int) -> int:
    """Return the largest scale of the digits that fits; 0 if none does."""
    return next((scale for scale in (4, 3, 2, 1) if cell_length(_digits(progress, scale, 1)[0]) <= width), 0)


def _digits(progress: BatchProgress, scale: int, height: int) -> list[Spans]:
    """Return the counts by verdict in large digits, with glyph and word below each; a pixel is `height` lines high."""
    lines: list[list[Span]] = [[] for _ in range(height * _DIGIT_LINES + 1)]
    for kind, number in progress.counts.items():
        if number:
            drawn = (line for line in number_lines(number, scale) for _ in range(height))
            texts = (*drawn, f"{GLYPHS[kind]} {WORDS[kind]}")
            width = max(map(cell_len, texts)) + 3
            for line, text in zip(lines, texts, strict=True):
                line.append((fit_exact(f"  {text}", width), VERDICT_TONES[kind].name.lower()))
    return [tuple(line) for line in lines]


def number_lines(number: int, scale: int = 1) -> tuple[str, ...]:
    """Return a number, not negative, in `_DIGIT_LINES` lines; a pixel is `scale` cells wide."""
    rows = [_PIXELS[character].split() for character in f"{number:,}"]
    gap = " " * scale
    return tuple(gap.join(_cells(row[line], scale) for row in rows) for line in range(_DIGIT_LINES))


def _cells(pixels: str, scale: int) -> str:
    return "".join(("█" if pixel == "1" else " ") * scale for pixel in pixels)
