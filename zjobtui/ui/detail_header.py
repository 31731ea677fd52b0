"""What the detail shows of a job before its views: heading, verdict and problem."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from zjobtui.formatting.job import TONES, problem_text, time_text
from zjobtui.formatting.raw_json import difference, pretty
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.times import duration
from zjobtui.models.duration_stats import DurationStats, duration_stats
from zjobtui.models.tenant import Tenant
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.models.watchlist import Watchlist
from zjobtui.ui.detail_tabs import Tab, tab_line
from zjobtui.ui.outline_lines import RenderedLine, blank, paragraph

if TYPE_CHECKING:
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success


@dataclass(frozen=True)
class JobDetails:
    """A watch, its last good answer and the one before where there are any, its timeline, its tenant, and its peers."""

    watch: WatchedJob
    seen: "Success | None" = None
    timeline: "History" = ()
    earlier: "PreviousBody | None" = None
    tenant: Tenant | None = None
    peers: Watchlist = Watchlist({})  # noqa: RUF009 - it is never altered

    @cached_property
    def usual(self) -> DurationStats | None:
        """What other jobs of the tenant took; found once, however often it is drawn."""
        return duration_stats(self.watch, self.peers)

    @cached_property
    def body(self) -> list[str]:
        """The last answer in lines."""
        return pretty(self.seen.report.raw) if self.seen else []

    @cached_property
    def changed_body(self) -> list[tuple[str, str]]:
        """The lines of the last answer and of the one before it, each behind its sign."""
        return list(difference(pretty(self.earlier.raw), self.body)) if self.earlier else []


NOTHING = "No job is shown. Paste any text that holds job ids to add them; esc in the list takes a filter away."

TAB_LINE = "tabs"
"""The key of the line of tabs."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """How a person reads about a job: which view, what in it, what is opened or closed, and in which zone."""

    tab: Tab = Tab.SUMMARY
    words: str = ""
    is_difference: bool = False
    opened: Mapping[str, bool] = field(default_factory=dict)
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """All lines of the detail; `stops` are the places of what is looked for, `told` says how much of it there is."""

    lines: Sequence[RenderedLine]
    stops: Sequence[int] = ()
    told: str = ""


def page(subject: JobDetails | None, viewing: Viewing, now: float, width: int) -> Page:
    """The detail at `now` in lines of `width` cells; an empty one until there is room."""
    if width <= 0:
        return Page((blank(),))
    if subject is None:
        return Page(list(paragraph("", NOTHING, "muted", width)))
    head = [*headline(subject, now, width), RenderedLine(TAB_LINE, tab_line(viewing.tab, width)), blank()]
    from zjobtui.ui.detail_views import view  # noqa: PLC0415 - 35 ms; it is read when the list is on the screen

    return view(head, subject, viewing, now, width)


def headline(subject: JobDetails, now: float, width: int) -> Iterator[RenderedLine]:
    """Verdict, time, sentence and trouble: what stands above every view. A wait is told with what is usual."""
    watch, kind = subject.watch, subject.watch.verdict.kind
    time = time_text(watch, now)
    told = subject.usual if kind is Kind.RUNNING and not time.is_stale else None
    duration_stats = f" · usual is {duration(told.median)}" if told is not None and told.median is not None else ""
    tone = "stale" if is_stale(watch, now) else TONES[kind].name.lower()
    heading = (
        (f" {GLYPHS[kind]} {kind.value}", tone),
        (f" · {time.text}{duration_stats}", "attention" if time.is_stale else "muted"),
    )
    yield RenderedLine("verdict", heading)
    yield from paragraph("verdict", watch.verdict.sentence, "plain", width)
    if problem := problem_text(watch):
        yield from paragraph("problem", problem, "attention", width)
