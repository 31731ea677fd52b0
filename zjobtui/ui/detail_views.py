"""The views of the detail: summary, timeline, raw response, request and related objects; pure functions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from itertools import groupby

from msgspec.structs import replace

from zjobtui.formatting.call_info import request_lines, support_text
from zjobtui.formatting.job import about_lines
from zjobtui.formatting.outline import OutlineNode, Tone, group, is_match, keep_matching
from zjobtui.formatting.raw_json import cut_note
from zjobtui.formatting.references import group_key, raw_key, reference_text, reference_values, related_key
from zjobtui.formatting.related import order_remark, related_node
from zjobtui.formatting.report import FILTERABLE, OPEN_LIMIT, filter_groups, report_lines
from zjobtui.formatting.timeline import Phase, phases, timeline_lines, typical_text
from zjobtui.formatting.times import duration, moment
from zjobtui.formatting.zuora_links import LINKED, zuora_links
from zjobtui.models.advice import advise
from zjobtui.models.related import ReadProblem, Reference, References, RelatedKind
from zjobtui.models.verdict import VerdictKind
from zjobtui.ui.detail_header import JobDetails, Page, RawLook, RelatedLook, Viewing
from zjobtui.ui.detail_tabs import Tab
from zjobtui.ui.outline_lines import RenderedLine, blank_line, render_outline, wrap_paragraph
from zjobtui.ui.raw_view import RawRows
from zjobtui.ui.styled_line import Span, Spans, cell_length, link_spans

_COPY_LIMIT = 1 << 20
"""Characters of a response that can be copied; clipboards take less."""

_RELATED_HELP = "Enter reads an object, {refresh} reads it again, backspace goes back. Nothing else is read."

_NOTHING = "related/nothing"
"""The key of the only line if there is no object that can be read."""

_NOT_KEPT = "not kept"
"""Of a response that was dropped when the user left the view, or that is not certainly about the object."""


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
            if viewing.raw is not None:
                return _related_raw(header, viewing.raw, viewing, now, width)
            return _related(header, details, viewing, now, width)


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
    lines = (*_order_remark(details, viewing.related, now, viewing.zone), *lines)
    lines += group("watch", "Watchlist", "", about_lines(details.watch, now, viewing.zone))
    rows = [*header, *_linked_outline(lines, opened, details, width)]
    matches = [index for index, row in enumerate(rows) if row.key in FILTERABLE] if viewing.search else []
    return Page(rows, matches[:1], match_text)


def _order_remark(details: JobDetails, look: RelatedLook, now: float, zone: tzinfo | None) -> tuple[OutlineNode, ...]:
    """Return what a read of the job's order says, for the summary; nothing before it was read."""
    report = details.success.report if details.success else None
    if report is None:
        return ()
    for reference in report.references.all:
        if reference.kind is RelatedKind.ORDER and (read := look.results.get(reference)) is not None:
            node = order_remark(read, now, zone, report.subscription_statuses)
            return () if node is None else (node,)
    return ()


def _linked_outline(
    lines: Iterable[OutlineNode], opened: Mapping[str, bool], details: JobDetails, width: int
) -> Iterator[RenderedLine]:
    """Yield the lines; numbers are links in those about something that has one."""
    urls = {link.number: link.url for link in zuora_links(details.tenant, details.success)}
    for row in render_outline(lines, opened, width):
        yield replace(row, spans=link_spans(row.spans, urls)) if urls and row.key.startswith(LINKED) else row


def _timeline(details: JobDetails, now: float, width: int, zone: tzinfo | None) -> Iterator[RenderedLine]:
    yield from _phase_lines(phases(details.watch, details.timeline, now, zone), width)
    if details.stats is not None:
        yield from wrap_paragraph("typical", typical_text(details.stats, details.typical()), "muted", width)
    yield blank_line()
    yield from render_outline(timeline_lines(details.timeline, now, zone, beside=details.watch.added_at), {}, width)


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


def _related(header: list[RenderedLine], details: JobDetails, viewing: Viewing, now: float, width: int) -> Page:
    """Return the header and the objects, only the matching lines if there is a search."""
    lines = tuple(_related_lines(details, viewing.related, now, viewing.zone))
    opened, match_text, words = viewing.opened, "", viewing.search.casefold().split()
    if words:
        lines = keep_matching(lines, words)
        opened = {**opened, **dict.fromkeys(_groups_above(lines, words), True)}
        matches = sum(1 for _ in _matches(lines, words))
        match_text = f"{matches:,} {'line' if matches == 1 else 'lines'}"
    rows = [*header, *_linked_outline(lines, opened, details, width)]
    first = next((n for n, row in enumerate(rows) if words and row.node and is_match(row.node, words)), None)
    if words and not lines:
        rows += wrap_paragraph("related/none", "No line matches.", "muted", width)
    elif not words and [line.key for line in lines] != [_NOTHING]:
        help_text = _RELATED_HELP.format(refresh=viewing.refresh_key)
        rows += [blank_line(), *wrap_paragraph("related/help", help_text, "muted", width)]
    return Page(rows, () if first is None else (first,), match_text)


def _related_lines(details: JobDetails, look: RelatedLook, now: float, zone: tzinfo | None) -> Iterator[OutlineNode]:
    report = details.success.report if details.success else None
    named, statuses = (report.references, report.subscription_statuses) if report else (References(), {})

    def node(reference: Reference) -> OutlineNode:
        return _related_object(reference, look, statuses, now, zone)

    for kind, of_kind in groupby(named.all, key=lambda each: each.kind):
        yield from _related_group(group_key(kind), f"{kind.noun.capitalize()}s", list(of_kind), look, node)
    for number, text in enumerate(named.unreadable):
        yield OutlineNode(f"related/unreadable/{number}", "Not readable", text, Tone.MUTED)
    found = [reference for reference in look.found if reference not in named.all]
    yield from (node(reference) for reference in found)
    if not (named.all or named.unreadable or found):
        yield OutlineNode(_NOTHING, "Result", _nothing_text(details), Tone.MUTED)


def _nothing_text(details: JobDetails) -> str:
    """Return why there is no object that can be read, as a sentence."""
    report = details.success.report if details.success else None
    if details.watch.verdict.kind is VerdictKind.UNKNOWN:
        return "Zuora does not know this job, so there is no result."
    is_open = (report is None or report.result is None) and not details.watch.is_final
    return "The job has no result yet." if is_open else "The result of the job names no object that can be read."


def _related_group(
    key: str, name: str, of_kind: list[Reference], look: RelatedLook, node: Callable[[Reference], OutlineNode]
) -> Iterator[OutlineNode]:
    """Yield one object by itself, several as a group that says how many of them were read."""
    if len(of_kind) == 1:
        yield node(of_kind[0])
        return
    read = sum(reference in look.results for reference in of_kind)
    reading = sum(reference in look.reading for reference in of_kind)
    parts = (f"{read:,} read" if read else "none read", f"{reading:,} being read" if reading else "")
    text = " · ".join(part for part in parts if part)
    children = tuple(node(reference) for reference in of_kind)
    yield OutlineNode(key, f"{name} ({len(of_kind):,})", text, Tone.MUTED, children, len(of_kind) <= OPEN_LIMIT)


def _related_object(
    reference: Reference, look: RelatedLook, statuses: Mapping[str, str], now: float, zone: tzinfo | None
) -> OutlineNode:
    """Return an object as far as it was read, with the time of the read, or that it was not read."""
    since, result = look.reading.get(reference), look.results.get(reference)
    busy = "" if since is None else f"reading… {duration(now - since)}"
    if result is None:
        status = statuses.get(reference.key, "") if reference.kind is RelatedKind.SUBSCRIPTION else ""
        text = busy or " · ".join(part for part in (status and f"{status} in the result", "not read") if part)
        tone = Tone.RUNNING if busy else Tone.MUTED
        values = reference_values(reference)
        return OutlineNode(related_key(reference), reference_text(reference), text, tone, values=values)
    node = related_node(result, now, zone, statuses)
    if isinstance(result, ReadProblem):
        shown, read = node.text.removesuffix("."), f"tried {moment(result.at, now, zone)}"
    else:
        shown, read = node.text, f"read {moment(result.read_at, now, zone)}"
    text = " · ".join(part for part in (shown, read, busy) if part)
    raw_text = f"{len(result.raw):,} characters · enter shows them" if result.raw else _NOT_KEPT
    values = (("raw response", result.raw),) if 0 < len(result.raw) <= _COPY_LIMIT else ()
    raw = OutlineNode(raw_key(reference), "Raw response", raw_text, Tone.MUTED, values=values)
    return replace(node, text=text, children=(*node.children, raw))


def _groups_above(lines: Iterable[OutlineNode], words: list[str]) -> Iterator[str]:
    for line in lines:
        if not is_match(line, words):
            yield line.key
            yield from _groups_above(line.children, words)


def _matches(lines: Iterable[OutlineNode], words: list[str]) -> Iterator[OutlineNode]:
    for line in lines:
        if is_match(line, words):
            yield line
        yield from _matches(line.children, words)


def _related_raw(header: list[RenderedLine], raw: RawLook, viewing: Viewing, now: float, width: int) -> Page:
    received = moment(raw.at, now, viewing.zone)
    parts = (reference_text(raw.reference), f"{raw.characters:,} characters", cut_note(raw.lines), f"read {received}")
    note = " · ".join(part for part in (*parts, "backspace: back") if part)
    head = [*header, *wrap_paragraph("raw", note, "muted", width), blank_line()]
    rows = RawRows(head, [("", line) for line in raw.lines], width, viewing.search)
    return Page(rows, rows.matches)
