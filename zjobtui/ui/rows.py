"""A watch as the cells of a row, in as many columns as the width allows; pure."""

from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len

from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch
from zjobtui.ui.spans import Span, Spans, fitted
from zjobtui.wording.jobs import TONES, When
from zjobtui.wording.signs import GLYPHS, WORDS, short_id

_SIGN, _WORD, _SHORT_WHEN, _LONG_WHEN = 4, 10, 10, 20
_LEAST_NAME, _NAME = 10, 18
_LEAST_ORDER, _ORDER, _ACCOUNT = 11, 13, 12

_TENANT = 4
"""Cells of a tenant's name that are worth more than the order number."""

_LINK = 3
"""Cells between a tenant and a name."""

MARKED, UNSEEN = "◆", "●"


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of the columns in cells, the blank after it included; one of 0 is not shown."""

    name: int
    word: int = 0
    order: int = 0
    account: int = 0
    when: int = 0

    @property
    def has_long_when(self) -> bool:
        """Whether there is room to say times in full."""
        return self.when == _LONG_WHEN


@lru_cache(maxsize=4)
def columns_for(width: int, *, are_tenants_named: bool = False) -> Columns:
    """The columns for a row of `width` cells: sign and name, then as they fit, in the order of their importance.

    That is: the time, the verdict's word, the tenant where there are several, the order number, more of the name, the
    account, the time in full.
    """
    room = width - _SIGN - _LEAST_NAME
    tenant = _TENANT + _LINK if are_tenants_named else 0

    def take(cells: int, least: int = 0) -> int:
        nonlocal room
        taken = min(cells, room) if room >= (least or cells) else 0
        room -= taken
        return taken

    when, word = take(_SHORT_WHEN), take(_WORD)
    name = take(tenant, 1)
    order = take(_LEAST_ORDER)
    name += take(_NAME - _LEAST_NAME - name, 1)
    order += take(_ORDER - _LEAST_ORDER) if order else 0
    account = take(_ACCOUNT) if order else 0
    if room >= 2 * (_LONG_WHEN - _SHORT_WHEN):
        when += take(_LONG_WHEN - _SHORT_WHEN)
    return Columns(max(min(_LEAST_NAME, width - _SIGN), 0) + name + max(room, 0), word, order, account, when)


def row_of(watch: Watch, columns: Columns, time: When, *, is_marked: bool = False, tenant: str = "") -> Spans:
    """The row of a watch, behind its mark: marked by a person, or changed since a person last looked.

    `tenant` stands before its name where several are watched. A stale row is dimmed but for the word that says so.
    """
    kind, digest = watch.verdict.kind, watch.digest
    sign = f"{GLYPHS[kind]} {WORDS[kind]:<{columns.word}}" if columns.word else f"{GLYPHS[kind]} "
    spans: list[Span] = [(sign, TONES[kind].name.lower())]
    spans.append((_cell(_name(watch, columns.name - 1, tenant), columns.name), _name_tone(kind)))
    if columns.order:
        order = (digest.order_number or digest.kind) if digest else ""
        spans.append((_cell(order or "–", columns.order), "muted"))
    if columns.account:
        spans.append((_cell((digest.account_number if digest else "") or "–", columns.account), "muted"))
    if time.is_stale:
        spans = [(text, "stale") for text, _ in spans]
    return (_mark(watch, spans[0][1], is_marked=is_marked), *spans, _time(time, columns))


def _cell(text: str, width: int) -> str:
    """The text with a blank behind it in `width` cells."""
    return fitted(fitted(text, width - 1) if cell_len(text) >= width > 1 else text, width)


def _mark(watch: Watch, tone: str, *, is_marked: bool) -> Span:
    if is_marked:
        return f"{MARKED} ", "key"
    return f"{UNSEEN if watch.is_unseen else ' '} ", tone


def _name(watch: Watch, width: int, tenant: str) -> str:
    """The label, or the id shortened in its middle, behind the tenant as far as there is room for that."""
    given = watch.job.id.given
    least = min(cell_len(watch.label) or _LEAST_NAME, _LEAST_NAME) - 1
    room = width - least - _LINK
    before = f"{fitted(tenant, min(cell_len(tenant), room))} · " if tenant and room > 1 else ""
    return before + (watch.label or short_id(given, max(width - cell_len(before), _LEAST_NAME - 1)))


def _name_tone(kind: Kind) -> str:
    return "plain" if kind in {Kind.DONE, Kind.WAITING} else "strong"


def _time(time: When, columns: Columns) -> Span:
    if not columns.when:
        return "", "plain"
    text = time.text if columns.has_long_when else time.short
    return " " * (columns.when - cell_len(text)) + text, "attention" if time.is_stale else "muted"
