"""The views of the detail: summary, timeline, raw response, request and related objects; pure functions."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo

from msgspec.structs import replace

from zjobtui.formatting.call_info import request_lines, support_text
from zjobtui.formatting.job import about_lines
from zjobtui.formatting.outline import OutlineNode, group
from zjobtui.formatting.raw_json import cut_note
from zjobtui.formatting.report import FILTERABLE, filter_groups, report_lines
from zjobtui.formatting.timeline import Phase, phases, timeline_lines, typical_text
from zjobtui.formatting.times import duration, moment
from zjobtui.formatting.zuora_links import LINKED, zuora_links
from zjobtui.models.advice import advise
from zjobtui.ui.detail_header import JobDetails, Page, Viewing
from zjobtui.ui.detail_tabs import Tab
from zjobtui.ui.outline_lines import RenderedLine, blank_line, render_outline, wrap_paragraph
from zjobtui.ui.raw_view import RawRows
from zjobtui.ui.related_view import related_page, remark
from zjobtui.ui.styled_line import Span, Spans, cell_length, link_spans


def build_view(header: list[RenderedLine], details: JobDetails, viewing: Viewing, now: float, width: int) -> Page:
    """Return the header and the lines of the chosen view."""
    match viewing.tab:
        case Tab.SUMMARY:
            return _summary(header, details, viewing, now, width)
        case Tab.TIMELINE:
            return Page([*header, *_timeline(details, now, width, viewing.zone)])
        case Tab.RAW:
            return _raw(header, details, viewing, now, width)
        case Tab.REQUEST:
            lines = request_lines(details.watch, details.tenant, details.success, now, viewing.zone, details.last_call)
            return Page([*header, *render_outline(lines, viewing.opened, width)])
        case Tab.RELATED:
            page = related_page(header, details, viewing, now, width)
            if viewing.raw is not None:
                return page
            urls = _urls(details)
            return replace(page, lines=[_linked(row, urls) for row in page.lines])


def _summary(header: list[RenderedLine], details: JobDetails, viewing: Viewing, now: float, width: int) -> Page:
    lines: tuple[OutlineNode, ...] = ()
    if (success := details.success) is not None:
        lines = report_lines(
            success.report,
            advise(details.watch.digest),
            f"{support_text(success.call, success.at)} · press y to copy",
        )
    opened, match_text = viewing.opened, ""
    if viewing.search:
        total = sum(len(line.children) for line in lines if line.key in FILTERABLE)
        lines, opened = filter_groups(lines, viewing.search), {**opened, **dict.fromkeys(FILTERABLE, True)}
        match_text = f"{sum(len(line.children) for line in lines if line.key in FILTERABLE):,} of {total:,}"
    lines = (*remark(details, viewing.related, now, viewing.zone), *lines)
    lines += group("watch", "Watchlist", "", about_lines(details.watch, now, viewing.zone))
    urls = _urls(details)
    rows = [*header, *(_linked(row, urls) for row in render_outline(lines, opened, width))]
    matches = [index for index, row in enumerate(rows) if row.key in FILTERABLE] if viewing.search else []
    return Page(rows, matches[:1], match_text)


def _urls(details: JobDetails) -> Mapping[str, str]:
    return {link.number: link.url for link in zuora_links(details.tenant, details.success)}


def _linked(row: RenderedLine, urls: Mapping[str, str]) -> RenderedLine:
    """Return the line with its numbers as links, if it is about something that has one."""
    if not urls or not row.key.startswith(LINKED):
        return row
    return replace(row, spans=link_spans(row.spans, urls))


def _timeline(details: JobDetails, now: float, width: int, zone: tzinfo | None) -> Iterator[RenderedLine]:
    yield from _phase_lines(phases(details.watch, details.timeline, now, zone), width)
    if details.stats is not None:
        yield from wrap_paragraph("typical", typical_text(details.stats, details.typical()), "muted", width)
    yield blank_line()
    yield from render_outline(timeline_lines(details.timeline, now, zone, beside=details.watch.added_at), {}, width)


def _raw(header: list[RenderedLine], details: JobDetails, viewing: Viewing, now: float, width: int) -> Page:
    success, previous = details.success, details.previous
    if success is None:
        return Page([*header, *wrap_paragraph("raw", "No response yet.", "muted", width)])
    lines, received = [("", line) for line in details.body], moment(success.at, now, viewing.zone)
    previously = moment(previous.at, now, viewing.zone, beside=success.at) if previous else ""
    cut = f" · {cut}" if (cut := cut_note(details.body)) else ""
    note = f"{len(success.report.raw):,} characters{cut} · {received}"
    if previous is None:
        note += " · no previous response"
    elif viewing.is_diff:
        lines, note = details.changed_body, f"- {previously}  + {received}{cut} · d: whole response"
    else:
        note += f" · d: compare with {previously}"
    note_lines = wrap_paragraph("raw", note, "muted", width)
    rows = RawRows([*header, *note_lines, blank_line()], lines, width, viewing.search)
    return Page(rows, rows.matches)


def _phase_lines(phases: Iterable[Phase], width: int) -> Iterator[RenderedLine]:
    """Yield where the time went, in as many lines as needed, broken between phases, and within long ones."""
    all_phases = list(phases)
    total, bar_width = sum(phase.seconds or 0.0 for phase in all_phases), min(24, width // 3)
    room, line = max(width - 2, 1), tuple[Span, ...]()
    for phase in all_phases:
        spans = _phase_spans(phase, bar_width, total, is_last=phase is all_phases[-1])
        units = (spans,) if cell_length(spans) <= room else ((span,) for span in spans)
        for unit in units:
            if line and cell_length(line) + cell_length(unit) > room:
                yield RenderedLine("phases", ((" ", "muted"), *line))
                line = ()
            line += unit
    yield RenderedLine("phases", ((" ", "muted"), *line))


def _phase_spans(phase: Phase, bar_width: int, total: float, *, is_last: bool) -> Spans:
    tone = phase.tone.name.lower()
    spans: Spans = tuple((f"{word} ", tone) for word in phase.text.split())
    if phase.seconds is not None:
        cells = max(1, round(bar_width * phase.seconds / total)) if total else 1
        spans = (*spans, ("━" * cells, tone), (f" {duration(phase.seconds)} ", tone))
    return spans if is_last else (*spans, ("─ ", "muted"))
