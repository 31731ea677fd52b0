"""All that is known of one job: verdict, what it made, its timeline, the raw answer; groups open and close."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from textual.binding import Binding

from zjobtui.domain.freshness import is_stale
from zjobtui.domain.watch import Watch
from zjobtui.ui.flat import FlatLine, blank, flat, paragraph
from zjobtui.ui.lines_view import LinesView
from zjobtui.ui.spans import Spans
from zjobtui.wording.jobs import TONES, about_lines, call_lines, problem_text, timeline_lines, when
from zjobtui.wording.outline import Line, group
from zjobtui.wording.signs import GLYPHS, short_id

if TYPE_CHECKING:
    from zjobtui.domain.observation import Seen
    from zjobtui.domain.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Subject:
    """What the detail is about: a watch, its last good answer where there is one, and its timeline."""

    watch: Watch
    seen: "Seen | None" = None
    timeline: "Timeline" = ()


NOTHING = "No job is shown. Paste any text that holds job ids to add them; the filter says which of them are shown."


class JobDetail(LinesView):
    """Shows one subject. What a person has opened or closed stays so when new data comes, for every job alike."""

    BINDINGS = [
        Binding("enter,space", "toggle_group", "open or close", show=False),
        Binding("right", "open(True)", "open", show=False),
        Binding("left", "open(False)", "close", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="detail")
        self._subject: Subject | None = None
        self._lines: list[FlatLine] = []
        self._opened: dict[str, bool] = {}
        self._now = 0.0
        self.zone: tzinfo | None = None
        """The zone of the times; the machine's own where it is None."""

    def show(self, subject: Subject | None, now: float) -> None:
        """Takes a subject; for the same job the cursor stays on its line, for another it starts at the top."""
        same = bool(subject and self._subject and subject.watch.job == self._subject.watch.job)
        self._subject, self._now = subject, now
        self.entitle(_title(subject))
        self._rebuild(keep=same)

    def tick(self, now: float) -> None:
        """Lets time pass."""
        self._now = now
        if self._subject is not None and not self._subject.watch.is_final:
            self._rebuild(keep=True)

    def line(self, index: int) -> Spans:
        """The line at `index`."""
        return self._lines[index].spans

    def chosen(self) -> None:
        """Opens or closes what the cursor is on."""
        self.action_toggle_group()

    def action_toggle_group(self) -> None:
        """Opens or closes the group under the cursor."""
        if self._lines and (line := self._lines[self.cursor]).can_open:
            self._open(line.key, to_open=not line.is_open)

    def action_open(self, to_open: bool) -> None:
        """Opens the group under the cursor, or closes the one that the cursor is in."""
        if not self._lines:
            return
        line = self._lines[self.cursor]
        if line.can_open and line.is_open != to_open:
            self._open(line.key, to_open=to_open)
        elif not to_open:
            self._to_heading()

    def on_resize(self) -> None:
        """Wraps anew for the width there is; Textual calls the base class's own afterwards."""
        if self._lines:
            self._rebuild(keep=True)

    def _open(self, key: str, *, to_open: bool) -> None:
        self._opened[key] = to_open
        self._rebuild(keep=True)

    def _to_heading(self) -> None:
        for index in range(self.cursor - 1, -1, -1):
            line = self._lines[index]
            if line.can_open and line.is_open and self._lines[self.cursor].key.startswith(line.key):
                self.go_to(index)
                return

    def _rebuild(self, *, keep: bool) -> None:
        width = self.scrollable_content_region.width
        before, key = self._lines, self._lines[self.cursor].key if self._lines else ""
        self._lines = list(_compose(self._subject, self._opened, self._now, width, self.zone))
        cursor = self._where(key) if keep else 0
        if keep and len(before) == len(self._lines) and cursor == self.cursor:
            self.redraw_changed()
        else:
            offset = self.cursor - self.scroll_offset.y
            self.reset(len(self._lines), cursor, cursor - offset if keep else 0)

    def _where(self, key: str) -> int:
        if self.cursor < len(self._lines) and self._lines[self.cursor].key == key:
            return self.cursor
        return next((index for index, line in enumerate(self._lines) if line.key == key), self.cursor)


def _title(subject: Subject | None) -> str:
    if subject is None:
        return "Job"
    given = subject.watch.job.id.given
    return f"{subject.watch.label} · {short_id(given)}" if subject.watch.label else given


def _compose(
    subject: Subject | None, opened: Mapping[str, bool], now: float, width: int, zone: tzinfo | None
) -> Iterator[FlatLine]:
    if subject is None:
        yield from paragraph("", NOTHING, "muted", width)
        return
    yield from _headline(subject.watch, now, width)
    yield blank()
    yield from flat(_outline(subject, opened, now, zone), opened, width)


def _headline(watch: Watch, now: float, width: int) -> Iterator[FlatLine]:
    kind = watch.verdict.kind
    time = when(watch, now)
    tone = "stale" if is_stale(watch, now) else TONES[kind].name.lower()
    heading = ((f" {GLYPHS[kind]} {kind.value}", tone), (f" · {time.text}", "attention" if time.is_stale else "muted"))
    yield FlatLine("verdict", heading)
    yield from paragraph("verdict", watch.verdict.sentence, "plain", width)
    if problem := problem_text(watch):
        yield from paragraph("problem", problem, "attention", width)


def _outline(subject: Subject, opened: Mapping[str, bool], now: float, zone: tzinfo | None) -> Iterator[Line]:
    from zjobtui.wording.reports import report_lines  # noqa: PLC0415 - reports are not needed for the first screen

    seen = subject.seen
    if seen is not None:
        yield from report_lines(seen.report)
    yield from group("timeline", "Timeline", f"({len(subject.timeline)})", timeline_lines(subject.timeline, now, zone))
    yield from group("watch", "Watch", "", about_lines(subject.watch, now, zone))
    if seen is not None:
        is_open = bool(seen.report.reasons)
        yield from group("support", "For Zuora support", "", call_lines(seen.call, seen.at), is_open=is_open)
        yield from _raw(seen, opened)


def _raw(seen: "Seen", opened: Mapping[str, bool]) -> Iterator[Line]:
    if not opened.get("raw"):
        yield Line("raw", "Raw answer", f"{len(seen.report.raw):,} characters", below=(Line("raw/0", ""),))
        return
    from zjobtui.wording.raw import pretty  # noqa: PLC0415 - nobody may ever look

    below = (Line(f"raw/{number}", "", text) for number, text in enumerate(pretty(seen.report.raw)))
    yield from group("raw", "Raw answer", f"{len(seen.report.raw):,} characters", below)
