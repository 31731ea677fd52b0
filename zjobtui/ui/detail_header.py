"""The header of the detail: verdict, age, sentence and problem of a job; and what the views need."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from zjobtui.formatting.job import HAD_ENDED, VERDICT_TONES, problem_text, time_text, unknown_text
from zjobtui.formatting.raw_json import difference, pretty
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.models.duration_stats import DurationStats, TypicalTimes, duration_stats
from zjobtui.models.durations import about
from zjobtui.models.related import ReadResult, Reference
from zjobtui.models.tenant import Tenant
from zjobtui.models.text_width import cells
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, had_ended, is_stale
from zjobtui.models.watchlist import Watchlist
from zjobtui.models.why import is_overdue, nearly_all_text
from zjobtui.ui.detail_tabs import Tab
from zjobtui.ui.outline_lines import RenderedLine, wrap_paragraph
from zjobtui.ui.styled_line import Span

if TYPE_CHECKING:
    from zjobtui.models.call_log import LoggedCall
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success


class JobDetails(Struct, frozen=True, dict=True):
    """Everything known about a job: last response, previous body, timeline, tenant, and the other watched jobs.

    `last_call` is the last call about it since the start of the program, also if it failed.
    """

    watch: WatchedJob
    success: "Success | None" = None
    timeline: "History" = ()
    previous: "PreviousBody | None" = None
    tenant: Tenant | None = None
    last_call: "LoggedCall | None" = None
    peers: Watchlist = Watchlist({})
    typical: Callable[[], TypicalTimes | None] = lambda: None
    """Returns the typical times of the tenant, by which the list shows how far jobs are."""

    @cached_property
    def stats(self) -> DurationStats | None:
        """How long other jobs of the tenant took."""
        return duration_stats(self.watch, self.peers)

    @cached_property
    def body(self) -> list[str]:
        """The last response in lines."""
        return pretty(self.success.report.raw) if self.success else []

    @cached_property
    def changed_body(self) -> list[tuple[str, str]]:
        """The difference between the previous and the last response, as lines with signs."""
        return list(difference(pretty(self.previous.raw), self.body)) if self.previous else []


NO_JOBS_TEXT = "No jobs. Paste any text that contains job ids to add them."

TAB_LINE = "tabs"
"""The key of the line of tabs."""


class RawLook(Struct, frozen=True):
    """The response of the read of an object, in lines, and when it was read."""

    reference: Reference
    at: float
    characters: int
    lines: Sequence[str]


class RelatedLook(Struct, frozen=True):
    """What the views show of the objects of one job: results, since when others are being read, and those found."""

    results: Mapping[Reference, ReadResult] = field(default_factory=dict)
    reading: Mapping[Reference, float] = field(default_factory=dict)
    found: tuple[Reference, ...] = ()


class Viewing(Struct, frozen=True):
    """What the user has chosen to see of a job: view, search, diff, open groups, time zone, and objects read."""

    tab: Tab = Tab.SUMMARY
    search: str = ""
    is_diff: bool = False
    opened: Mapping[str, bool] = field(default_factory=dict)
    zone: tzinfo | None = None
    related: RelatedLook = field(default_factory=RelatedLook)
    raw: RawLook | None = None
    refresh_key: str = "r"


_RUNNING_CELLS = len(" ◌ running · running for 50s · ")
"""Cells before what is usual for a running job, always reserved, so that it does not change its line."""


class Page(Struct, frozen=True):
    """All lines of the detail, the indexes of search matches, and the number of matches as text."""

    lines: Sequence[RenderedLine]
    matches: Sequence[int] = ()
    match_text: str = ""


def header_lines(details: JobDetails, now: float, width: int) -> Iterator[RenderedLine]:
    """Yield verdict, age, sentence and problem; of running jobs the typical duration, of unknown ones the interval."""
    watch, kind = details.watch, details.watch.verdict.kind
    time = time_text(watch, now)
    tone = "stale" if is_stale(watch, now) else VERDICT_TONES[kind].name.lower()
    heading = (
        (f" {GLYPHS[kind]} {kind.value}", tone),
        (f" · {HAD_ENDED if had_ended(watch) else time.text}", "attention" if time.is_stale else "muted"),
    )
    usual, usual_tone = _compared(watch, details.typical(), now)
    is_beside = _RUNNING_CELLS + cells(usual) <= width
    yield RenderedLine("verdict", (*heading, (f" · {usual}", usual_tone)) if usual and is_beside else heading)
    if usual and not is_beside:
        yield from wrap_paragraph("usual", usual, usual_tone, width)
    yield from wrap_paragraph("verdict", watch.verdict.sentence, "plain", width)
    if unknown := unknown_text(watch):
        yield from wrap_paragraph("unknown", unknown, "muted", width)
    if problem := problem_text(watch):
        yield from wrap_paragraph("problem", problem, "attention", width)


def _compared(watch: WatchedJob, typical: TypicalTimes | None, now: float) -> Span:
    """Return what is usual for a running job, as the list says it; nothing if the job is stale."""
    if watch.verdict.kind is not VerdictKind.RUNNING or is_stale(watch, now):
        return "", ""
    if typical is None or typical.median is None:
        return "usual time not known yet", "muted"
    if typical.nearly_all is not None and is_overdue(watch, typical, now):
        return f"overdue: {nearly_all_text(typical.nearly_all)}", "attention"
    return f"usually {about(typical.median)}", "muted"
