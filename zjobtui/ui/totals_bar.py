"""The one line above everything, drawn anew only where it reads differently."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo

from rich.cells import cell_len
from rich.style import Style
from textual.color import Color
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from zjobtui.domain.pulse import Pulse
from zjobtui.domain.tenant import Tenant, TenantKind
from zjobtui.domain.verdict import Kind
from zjobtui.ui.lines_view import TONES
from zjobtui.ui.spans import Spans, changed_regions, fitted, length_of, strip_of
from zjobtui.wording.signs import GLYPHS
from zjobtui.wording.totals import PulseText, count_texts, pulse_text

NOTABLE = 0.3
"""The part by which the rate of calls must differ to be shown: a figure that flickers says nothing and costs bytes."""

_LEAST_BADGE = 6
"""Cells in which a tenant can still be told by its colour and the beginning of its name."""

_COLOURED = "colour "
"""Before the colour in the style name of a badge that has one of its own."""

_MIDDLE = 0.18
"""The luminance at which black and white have the same contrast."""


class TotalsBar(Widget):
    """Tenant, counts by verdict, pulse."""

    COMPONENT_CLASSES = {"lines--tenant", "lines--production", *(f"lines--{tone}" for tone in TONES)}

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        super().__init__(id="totals")
        self._tenants = tuple(tenants)
        self._spans: Spans = ()
        self._rate = 0.0
        self._known: tuple[object, ...] = ()
        self.zone: tzinfo | None = None
        """The zone of the times; the machine's own where it is None."""

    def show(
        self,
        counts: Mapping[Kind, int],
        pulse: Pulse | None,
        now: float,
        further: Sequence[str] = (),
        *,
        is_muted: bool = False,
    ) -> None:
        """Takes new counts and a new pulse; a rate that hardly differs from the one that stands there is the same."""
        if pulse is not None:
            if abs(pulse.calls_per_second - self._rate) > NOTABLE * self._rate:
                self._rate = pulse.calls_per_second
            pulse = replace(pulse, calls_per_second=self._rate)
        width = self.size.width or self.app.size.width
        told = pulse_text(pulse, now, counts.get(Kind.WAITING, 0), self.zone)
        known = (told, *counts.values(), *further, is_muted, width)
        if known == self._known:
            return
        self._known = known
        new = bar_spans(self._tenants, counts, told, width, further, is_muted=is_muted)
        regions = changed_regions(self._spans, new, 0)
        self._spans = new
        if regions:
            self.refresh(*regions)

    class Picked(Message):
        """A person has clicked on a count."""

        def __init__(self, kind: Kind) -> None:
            super().__init__()
            self.kind = kind

    def on_click(self, event: Click) -> None:
        """Tells which count was clicked."""
        at = 0
        for text, _ in self._spans:
            at += cell_len(text)
            if event.x < at:
                kind = next((kind for kind, glyph in GLYPHS.items() if text.startswith(f"{glyph} ")), None)
                if kind is not None:
                    self.post_message(self.Picked(kind))
                return

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - Textual's signature; there is one line
        """The bar itself."""
        return strip_of(self._spans, self.size.width, self._style)

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
    told: PulseText,
    width: int,
    further: Sequence[str] = (),
    *,
    is_muted: bool = False,
) -> Spans:
    """The bar in `width` cells: in full where that fits, in few words elsewhere; the pulse at the right end.

    What is further to be told stands behind the pulse as far as there is room.
    """
    muted = ("muted",) if is_muted else ()
    full, brief = _counts(counts, in_full=True), _counts(counts, in_full=False)
    rights = [" · ".join((told.text, *muted, *further[:count])) for count in range(len(further), -1, -1)]
    since, short = (" · ".join((text, *muted)) for text in (told.since or told.short, told.short))
    tone = told.tone.name.lower()
    names = [((" zjobtui ", "strong"), *badges) for badges in (_each(tenants), _together(tenants))]
    candidates = [((*names[0], *full), right) for right in rights]
    candidates += [((*name, *full), right) for name in names for right in (rights[-1], since)]
    candidates += [((*name, *brief), since) for name in names]
    candidates += [((*name, *some), short) for some in (full, brief) for name in names]
    for left, right in candidates:
        gap = width - length_of(left) - length_of(((right, tone),)) - 1
        if gap >= 2:
            return (*left, (" " * gap, "plain"), (right, tone))
    room = width - length_of(brief) - cell_len(short) - 3
    if room >= _LEAST_BADGE:
        (name, look) = _together(tenants)[0]
        badge, free = fitted(name, min(cell_len(name), room)), max(room - cell_len(name), 0)
        return ((badge, look), *brief, (" " * (2 + free), "plain"), (short, tone))
    room = width - length_of(brief) - 3
    return (*brief, ("  ", "plain"), (fitted(short, room) if 0 < room < cell_len(short) else short, tone))


def _each(tenants: Sequence[Tenant]) -> Spans:
    """A badge for every tenant in its own colour; one of production looks like no other that has none."""
    return tuple(span for one in tenants for span in ((f" {_title(one)} ", _badge(one)), (" ", "plain")))[:-1]


def _together(tenants: Sequence[Tenant]) -> Spans:
    """One badge for all, that of production where any is."""
    if len(tenants) == 1:
        return _each(tenants)
    is_production = any(one.kind is TenantKind.PRODUCTION for one in tenants)
    text = f" {len(tenants)} tenants{' · production' if is_production else ''} "
    return ((text, "production" if is_production else "tenant"),)


def _title(tenant: Tenant) -> str:
    """What the tenant is called; that it is production is said in a word, too, for whoever sees no colours."""
    title = tenant.title or tenant.name
    is_said = tenant.kind is not TenantKind.PRODUCTION or "prod" in title.casefold()
    return title if is_said else f"{title} · production"


def _badge(tenant: Tenant) -> str:
    """Production looks like nothing else, whatever colour it was given."""
    if tenant.kind is TenantKind.PRODUCTION:
        return "production"
    return f"{_COLOURED}{tenant.colour}" if tenant.colour else "tenant"


def _counts(counts: Mapping[Kind, int], *, in_full: bool) -> Spans:
    texts = [(full if in_full else brief, tone.name.lower()) for full, brief, tone in count_texts(counts)]
    return tuple(span for text in texts for span in (("  ", "plain"), text))
