"""The views of the detail: summary, timeline, raw answer, request; pure."""

from collections.abc import Iterable, Iterator
from datetime import tzinfo

from zjobtui.formatting.call_info import request_lines, support_text
from zjobtui.formatting.job import about_lines
from zjobtui.formatting.outline import OutlineNode, group
from zjobtui.formatting.report import NARROWED, filter_groups, report_lines
from zjobtui.formatting.timeline import Phase, phases, timeline_lines, usual_text
from zjobtui.formatting.times import duration, moment
from zjobtui.ui.detail_header import JobDetails, Page, Viewing
from zjobtui.ui.detail_tabs import Tab
from zjobtui.ui.outline_lines import RenderedLine, blank, paragraph, render_outline
from zjobtui.ui.raw_view import RawRows
from zjobtui.ui.styled_line import Span, Spans, cell_length


def view(head: list[RenderedLine], subject: JobDetails, viewing: Viewing, now: float, width: int) -> Page:
    """Return the lines of the chosen view below those of the head."""
    match viewing.tab:
        case Tab.SUMMARY:
            return _summary(head, subject, viewing, now, width)
        case Tab.TIMELINE:
            return Page([*head, *_timeline(subject, now, width, viewing.zone)])
        case Tab.RAW:
            return _raw(head, subject, viewing, now, width)
        case Tab.REQUEST:
            lines = request_lines(subject.watch.job, subject.tenant, subject.seen, now, viewing.zone)
            return Page([*head, *render_outline(lines, viewing.opened, width)])


def _summary(head: list[RenderedLine], subject: JobDetails, viewing: Viewing, now: float, width: int) -> Page:
    lines: tuple[OutlineNode, ...] = ()
    if (seen := subject.seen) is not None:
        lines = report_lines(seen.report, f"{support_text(seen.call, seen.at)} · y copies it")
    opened, told = viewing.opened, ""
    if viewing.words:
        of = sum(len(line.below) for line in lines if line.key in NARROWED)
        lines, opened = filter_groups(lines, viewing.words), {**opened, **dict.fromkeys(NARROWED, True)}
        told = f"{sum(len(line.below) for line in lines if line.key in NARROWED):,} of {of:,}"
    lines += group("watch", "Watch", "", about_lines(subject.watch, now, viewing.zone))
    shown = [*head, *render_outline(lines, opened, width)]
    stops = [place for place, line in enumerate(shown) if line.key in NARROWED] if viewing.words else []
    return Page(shown, stops[:1], told)


def _timeline(subject: JobDetails, now: float, width: int, zone: tzinfo | None) -> Iterator[RenderedLine]:
    yield from _way(phases(subject.watch, subject.timeline, now, zone), width)
    if subject.usual is not None:
        yield from paragraph("usual", usual_text(subject.usual), "muted", width)
    yield blank()
    yield from render_outline(timeline_lines(subject.timeline, now, zone, beside=subject.watch.added_at), {}, width)


def _raw(head: list[RenderedLine], subject: JobDetails, viewing: Viewing, now: float, width: int) -> Page:
    seen, earlier = subject.seen, subject.earlier
    if seen is None:
        return Page([*head, *paragraph("raw", "There is no good answer yet.", "muted", width)])
    lines, came = [("", line) for line in subject.body], moment(seen.at, now, viewing.zone)
    before = moment(earlier.at, now, viewing.zone, beside=seen.at) if earlier else ""
    note = f"{len(seen.report.raw):,} characters · {came}"
    if earlier is None:
        note += " · no earlier answer is kept"
    elif viewing.is_difference:
        lines, note = subject.changed_body, f"- {before}  + {came} · d: the whole answer"
    else:
        note += f" · d: compare to {before}"
    rows = RawRows([*head, *paragraph("raw", note, "muted", width), blank()], lines, width, viewing.words)
    return Page(rows, rows.stops)


def _way(stretches: Iterable[Phase], width: int) -> Iterator[RenderedLine]:
    """Where the time went, on as many lines as it needs: broken between parts, and within those that are too long."""
    known = list(stretches)
    whole, bar = sum(one.seconds or 0.0 for one in known), min(24, width // 3)
    room, line = max(width - 2, 1), tuple[Span, ...]()
    for part in (_part(one, bar, whole, is_last=one is known[-1]) for one in known):
        units = (part,) if cell_length(part) <= room else ((span,) for span in part)
        for unit in units:
            if line and cell_length(line) + cell_length(unit) > room:
                yield RenderedLine("way", ((" ", "muted"), *line))
                line = ()
            line += unit
    yield RenderedLine("way", ((" ", "muted"), *line))


def _part(stretch: Phase, bar: int, whole: float, *, is_last: bool) -> Spans:
    tone = stretch.tone.name.lower()
    words: Spans = tuple((f"{word} ", tone) for word in stretch.words.split())
    if stretch.seconds is not None:
        cells = max(1, round(bar * stretch.seconds / whole)) if whole else 1
        words = (*words, ("━" * cells, tone), (f" {duration(stretch.seconds)} ", tone))
    return words if is_last else (*words, ("─ ", "muted"))
