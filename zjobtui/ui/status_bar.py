"""The one line above everything, drawn anew only where it reads differently."""

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo

from rich.cells import cell_len
from rich.style import Style
from textual.color import Color
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from zjobtui.formatting.status import StatusText, count_texts, status_text
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.verdict import Kind
from zjobtui.ui.line_list import TONES
from zjobtui.ui.styled_line import Spans, cell_length, to_strip, truncate

_COLOURED = "colour "
"""Before the colour in the style name of a badge that has one of its own."""

PRODUCTION = "PRODUCTION"
"""What a badge of production says, for an eye or a terminal without colours."""

_MIDDLE = 0.18
"""The luminance at which black and white have the same contrast."""


class StatusBar(Widget):
    """Tenant, counts by verdict, pulse."""

    COMPONENT_CLASSES = {"lines--tenant", "lines--production", *(f"lines--{tone}" for tone in TONES)}

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        super().__init__(id="totals")
        self._tenants = tuple(tenants)
        self._spans: Spans = ()
        self._known: tuple[object, ...] = ()
        self.zone: tzinfo | None = None
        """The zone of the times; the machine's own where it is None."""
        self.retry_key = ""
        """The key that tries a tenant again, as a keyboard names it."""

    def show(
        self,
        counts: Mapping[Kind, int],
        pulse: TenantStatus | None,
        now: float,
        further: Sequence[str] = (),
        *,
        is_muted: bool = False,
    ) -> None:
        """Take new counts and a new pulse, whose figures should be steady (`SteadyPulses`)."""
        width = self.size.width or self.app.size.width
        told = status_text(pulse, now, counts.get(Kind.RUNNING, 0), self.zone, self.retry_key)
        known = (told, *counts.values(), *further, is_muted, width)
        if known == self._known:
            return
        self._known = known
        new = bar_spans(self._tenants, counts, told, width, further, is_muted=is_muted)
        if new != self._spans:
            self._spans = new
            self.refresh()

    class Picked(Message):
        """A person has clicked on a count."""

        def __init__(self, kind: Kind) -> None:
            super().__init__()
            self.kind = kind

    def on_click(self, event: Click) -> None:
        """Tells which count was clicked; the pulse, which stands last, is none, though it may begin with a sign."""
        at = 0
        for text, _ in self._spans[:-1]:
            at += cell_len(text)
            if event.x < at:
                kind = next((kind for kind, glyph in GLYPHS.items() if text.startswith(f"{glyph} ")), None)
                if kind is not None:
                    self.post_message(self.Picked(kind))
                return

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - Textual's signature; there is one line
        """The bar itself."""
        return to_strip(self._spans, self.size.width, self._style)

    def _style(self, name: str) -> Style:
        if name.startswith(_COLOURED):
            if not self.app.no_color:
                return _badge_style(name.removeprefix(_COLOURED))
            name = "tenant"
        return self.get_component_rich_style(f"lines--{name or 'plain'}", partial=False)


def _badge_style(colour: str) -> Style:
    """A badge in a colour that a person has chosen, its text in black or white, whichever has more contrast."""
    chosen = Color.parse(colour)
    light = sum(part * (one / 255) ** 2.2 for part, one in zip((0.2126, 0.7152, 0.0722), chosen.rgb, strict=True))
    return Style(color="#000000" if light > _MIDDLE else "#ffffff", bgcolor=chosen.hex, bold=True)


def bar_spans(
    tenants: Sequence[Tenant],
    counts: Mapping[Kind, int],
    told: StatusText,
    width: int,
    further: Sequence[str] = (),
    *,
    is_muted: bool = False,
) -> Spans:
    """The bar in `width` cells: as much as fits of the pulse, then of the counts; the pulse at the right end.

    Only whole parts are left out. Room for longer figures is kept free at the end, so that the pulse begins at the same
    cell for as long as it says the same.
    """
    tone = told.tone.name.lower()
    full, brief = _counts(counts, in_full=True), _counts(counts, in_full=False)
    program: Spans = ((" zjobtui ", "strong"),)
    badges = (_each(tenants),) if len(tenants) == 1 else (_each(tenants), _together(tenants))
    wordy = [(*program, *names, *full) for names in badges]
    narrow = [(*start, *names, *brief) for start in (program, ()) for names in badges]
    tail = ("muted",) if is_muted else ()
    pairs: list[tuple[Spans, str]] = []
    for lefts in (wordy, narrow):
        pairs += [(lefts[0], _joined(told.full, *tail, *further[:count])) for count in range(len(further), -1, -1)]
        pairs += [(left, _joined(told.texts[0], *tail)) for left in lefts]
    pairs += [(left, _joined(text, *tail)) for text in told.texts[1:] for left in (*wordy, *narrow)]
    for left, right in pairs:
        gap = width - cell_length(left) - cell_len(right) - 1
        if gap >= 2:
            return (*left, (" " * gap, "plain"), (right, tone))
    least: Spans = ((" PROD ", "production"),) if _is_production(tenants) else ()
    return truncate((*least, *brief, ("  ", "plain"), (_joined(told.texts[-1], *tail), tone)), width)


def _joined(text: str, *more: str) -> str:
    """The texts in a row; blanks at the end of the first stay at the end."""
    words = text.rstrip()
    return " · ".join((words, *more)) + text[len(words) :]


def _each(tenants: Sequence[Tenant]) -> Spans:
    """A badge for every tenant in its own colour; one of production says so in capitals and looks like no other."""
    return tuple(span for one in tenants for span in ((f" {_titled(one)} ", _badge(one)), (" ", "plain")))[:-1]


def _titled(tenant: Tenant) -> str:
    title = tenant.title or tenant.name
    if tenant.kind is not TenantKind.PRODUCTION:
        return title
    told = re.sub(PRODUCTION, PRODUCTION, title, flags=re.IGNORECASE)
    return told if PRODUCTION in told else f"{PRODUCTION} · {title}"


def _together(tenants: Sequence[Tenant]) -> Spans:
    """One badge for all, that of production where any is."""
    if len(tenants) == 1:
        return _each(tenants)
    is_production = _is_production(tenants)
    told = f" {len(tenants)} tenants · {PRODUCTION} " if is_production else f" {len(tenants)} tenants "
    return ((told, "production" if is_production else "tenant"),)


def _is_production(tenants: Sequence[Tenant]) -> bool:
    return any(one.kind is TenantKind.PRODUCTION for one in tenants)


def _badge(tenant: Tenant) -> str:
    """Production looks like nothing else, whatever colour it was given."""
    if tenant.kind is TenantKind.PRODUCTION:
        return "production"
    return f"{_COLOURED}{tenant.colour}" if tenant.colour else "tenant"


def _counts(counts: Mapping[Kind, int], *, in_full: bool) -> Spans:
    texts = [(full if in_full else brief, tone.name.lower()) for full, brief, tone in count_texts(counts)]
    return tuple(span for text in texts for span in (("  ", "plain"), text))
