"""A watch as the cells of a row, in as many columns as the width allows; pure."""

from dataclasses import dataclass

from rich.cells import cell_len

from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch
from zjobtui.ui.spans import Span, Spans, fitted
from zjobtui.wording.jobs import TONES, When, when
from zjobtui.wording.signs import GLYPHS, WORDS, short_id

_VERDICT, _ORDER, _ACCOUNT, _SHORT_WHEN, _LONG_WHEN = 14, 13, 12, 10, 20
_LEAST_NAME = 13

MARKED, UNSEEN = "◆", "●"


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns in cells; one of 0 is not shown."""

    name: int
    order: int
    account: int
    when: int

    @property
    def has_long_when(self) -> bool:
        """Whether there is room to say times in full."""
        return self.when == _LONG_WHEN


def columns_for(width: int) -> Columns:
    """The columns for a row of `width` cells, least important left out first: long times, account, order number."""
    room = width - _VERDICT - _LEAST_NAME - _SHORT_WHEN
    order = _ORDER if room >= _ORDER else 0
    account = _ACCOUNT if room - order >= _ACCOUNT and order else 0
    spare = room - order - account
    when_width = _LONG_WHEN if spare >= 2 * (_LONG_WHEN - _SHORT_WHEN) else _SHORT_WHEN
    name = width - _VERDICT - order - account - when_width
    return Columns(max(name, 0), order, account, when_width)


def row_of(
    watch: Watch,
    columns: Columns,
    now: float,
    held_at: float | None = None,
    *,
    is_marked: bool = False,
    tenant: str = "",
) -> Spans:
    """The row of a watch, behind its mark: marked by a person, or changed since a person last looked.

    `tenant` stands before its name where several are watched. A stale row is dimmed but for the word that says so.
    """
    kind, digest = watch.verdict.kind, watch.digest
    time = when(watch, now, held_at)
    name = fitted(_name(watch, columns.name - 1, tenant), columns.name)
    spans: list[Span] = [(f"{GLYPHS[kind]} {WORDS[kind]:<{_VERDICT - 4}}", TONES[kind].name.lower())]
    spans.append((name, _name_tone(kind)))
    if columns.order:
        order = (digest.order_number or digest.kind) if digest else ""
        spans.append((fitted(fitted_or(order, columns.order - 1), columns.order), "plain"))
    if columns.account:
        spans.append(
            (fitted(fitted_or(digest.account_number if digest else "", columns.account - 1), columns.account), "muted")
        )
    if time.is_stale:
        spans = [(text, "stale") for text, _ in spans]
    return (_mark(watch, is_marked=is_marked), *spans, _time(time, columns))


def fitted_or(text: str, width: int, otherwise: str = "–") -> str:
    """The text, cut to `width` cells where it is longer; `otherwise` where there is none."""
    return (fitted(text, width) if cell_len(text) > width else text) if text else otherwise


def _mark(watch: Watch, *, is_marked: bool) -> Span:
    if is_marked:
        return f"{MARKED} ", "key"
    return (f"{UNSEEN} ", "strong") if watch.is_unseen else ("  ", "plain")


def _name(watch: Watch, width: int, tenant: str) -> str:
    if tenant:
        return fitted_or(f"{tenant} · {watch.label or watch.job.id.given}", width)
    return fitted_or(watch.label, width) if watch.label else short_id(watch.job.id.given, max(width, 9))


def _name_tone(kind: Kind) -> str:
    return "plain" if kind in {Kind.DONE, Kind.WAITING} else "strong"


def _time(time: When, columns: Columns) -> Span:
    text = time.text if columns.has_long_when else time.short
    padded = " " * max(0, columns.when - cell_len(text)) + text
    return padded[-columns.when :], "attention" if time.is_stale else "muted"
