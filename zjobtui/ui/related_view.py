"""The view of related objects: what a job's result names, what was read of it, and the response of one; pure functions.

The lines link into Zuora by the references that `readable` of `formatting/references.py` finds in them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from itertools import groupby

from msgspec.structs import replace

from zjobtui.formatting.outline import OutlineNode, Tone, is_match, keep_matching
from zjobtui.formatting.raw_json import cut_note
from zjobtui.formatting.references import group_key, raw_key, reference_text, reference_values, related_key
from zjobtui.formatting.related import order_remark, related_node
from zjobtui.formatting.report import OPEN_LIMIT
from zjobtui.formatting.times import duration, moment
from zjobtui.models.related import ReadProblem, Reference, References, RelatedKind
from zjobtui.models.verdict import VerdictKind
from zjobtui.ui.detail_header import JobDetails, Page, RawLook, Viewing
from zjobtui.ui.outline_lines import RenderedLine, blank_line, render_outline, wrap_paragraph
from zjobtui.ui.raw_view import RawRows
from zjobtui.ui.related_reads import RelatedLook

HELP = "Enter reads an object, {refresh} reads it again, backspace goes back. Nothing else is read."

_NOTHING = "related/nothing"
"""The key of the only line if there is no object that can be read."""


def related_page(header: list[RenderedLine], details: JobDetails, viewing: Viewing, now: float, width: int) -> Page:
    """Return the header and the objects, only the matching lines if there is a search, or the response of one."""
    if viewing.raw is not None:
        return _raw_page(header, viewing.raw, viewing, now, width)
    lines = tuple(_lines(details, viewing.related, now, viewing.zone))
    opened, match_text, words = viewing.opened, "", viewing.search.casefold().split()
    if words:
        lines = keep_matching(lines, words)
        opened = {**opened, **dict.fromkeys(_groups_above(lines, words), True)}
        matches = sum(1 for _ in _matches(lines, words))
        match_text = f"{matches:,} {'line' if matches == 1 else 'lines'}"
    rows = [*header, *render_outline(lines, opened, width)]
    first = next((n for n, row in enumerate(rows) if words and row.node and is_match(row.node, words)), None)
    if not words:
        help_text = "" if [line.key for line in lines] == [_NOTHING] else HELP.format(refresh=viewing.refresh_key)
        rows += [blank_line(), *wrap_paragraph("related/help", help_text, "muted", width)] if help_text else []
    elif not lines:
        rows += wrap_paragraph("related/none", "No line matches.", "muted", width)
    return Page(rows, () if first is None else (first,), match_text)


def remark(details: JobDetails, look: RelatedLook, now: float, zone: tzinfo | None) -> tuple[OutlineNode, ...]:
    """Return what a read of the job's order says, for the summary; nothing before it was read."""
    report = details.success.report if details.success else None
    if report is None:
        return ()
    for reference in report.references.all:
        if reference.kind is RelatedKind.ORDER and (read := look.results.get(reference)) is not None:
            node = order_remark(read, now, zone, report.subscription_statuses)
            return () if node is None else (node,)
    return ()


def _lines(details: JobDetails, look: RelatedLook, now: float, zone: tzinfo | None) -> Iterator[OutlineNode]:
    report = details.success.report if details.success else None
    named, statuses = (report.references, report.subscription_statuses) if report else (References(), {})

    def node(reference: Reference) -> OutlineNode:
        return _object(reference, look, statuses, now, zone)

    for kind, of_kind in groupby(named.all, key=lambda each: each.kind):
        yield from _group(group_key(kind), f"{kind.noun.capitalize()}s", list(of_kind), look, node)
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


def _group(
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


def _object(
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
    raw_text = f"{len(result.raw):,} characters · enter shows them" if result.raw else NOT_KEPT
    values = (("raw response", result.raw),) if 0 < len(result.raw) <= COPY_LIMIT else ()
    raw = OutlineNode(raw_key(reference), "Raw response", raw_text, Tone.MUTED, values=values)
    return replace(node, text=text, children=(*node.children, raw))


COPY_LIMIT = 1 << 20
"""Characters of a response that can be copied; clipboards take less."""

NOT_KEPT = "not kept"
"""Of a response that was dropped when the user left the view, or that is not certainly about the object."""


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


def _raw_page(header: list[RenderedLine], raw: RawLook, viewing: Viewing, now: float, width: int) -> Page:
    received = moment(raw.at, now, viewing.zone)
    parts = (reference_text(raw.reference), f"{raw.characters:,} characters", cut_note(raw.lines), f"read {received}")
    note = " · ".join(part for part in (*parts, "backspace: back") if part)
    head = [*header, *wrap_paragraph("raw", note, "muted", width), blank_line()]
    rows = RawRows(head, [("", line) for line in raw.lines], width, viewing.search)
    return Page(rows, rows.matches)
