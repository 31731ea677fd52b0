"""The one line above everything, drawn anew only where it reads differently."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo

from rich.cells import cell_len
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from zjobtui.domain.pulse import Pulse
from zjobtui.domain.tenant import Tenant, TenantKind
from zjobtui.domain.verdict import Kind
from zjobtui.ui.lines_view import TONES
from zjobtui.ui.spans import Spans, changed_regions, length_of, strip_of
from zjobtui.wording.signs import GLYPHS
from zjobtui.wording.totals import count_texts, pulse_text

PULSE_EVERY = 10.0
"""Seconds between two looks at the rate of calls: a figure that flickers says nothing and costs bytes."""


class TotalsBar(Widget):
    """Tenant, counts by verdict, pulse."""

    COMPONENT_CLASSES = {"lines--tenant", "lines--production", *(f"lines--{tone}" for tone in TONES)}

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        super().__init__(id="totals")
        self._tenants = tuple(tenants)
        self._spans: Spans = ()
        self._pulse: Spans = ()
        self._looked_at = 0.0
        self._rate = 0.0
        self.zone: tzinfo | None = None
        """The zone of the times; the machine's own where it is None."""

    def show(self, counts: Mapping[Kind, int], pulse: Pulse | None, now: float) -> None:
        """Takes new counts and a new pulse."""
        if pulse is not None and now - self._looked_at < PULSE_EVERY and self._rate:
            pulse = replace(pulse, calls_per_second=self._rate)
        elif pulse is not None:
            self._looked_at, self._rate = now, pulse.calls_per_second
        new = bar_spans(self._tenants, counts, pulse, now, self.size.width or self.app.size.width, self.zone)
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
        return self.get_component_rich_style(f"lines--{name or 'plain'}", partial=False)


def bar_spans(
    tenants: Sequence[Tenant],
    counts: Mapping[Kind, int],
    pulse: Pulse | None,
    now: float,
    width: int,
    zone: tzinfo | None = None,
) -> Spans:
    """The bar in `width` cells: in full where that fits, in few words elsewhere; the pulse at the right end."""
    told = pulse_text(pulse, now, counts.get(Kind.WAITING, 0), zone)
    badge = "production" if any(one.kind is TenantKind.PRODUCTION for one in tenants) else "tenant"
    title = tenants[0].title if len(tenants) == 1 else f"{len(tenants)} tenants"
    name: Spans = ((" zjobtui ", "strong"), (f" {title} ", badge))
    full, brief = _counts(counts, in_full=True), _counts(counts, in_full=False)
    tone = told.tone.name.lower()
    for left, right in (
        ((*name, *full), (told.text, tone)),
        ((*name, *full), (told.short, tone)),
        ((*name, *brief), (told.short, tone)),
    ):
        gap = width - length_of((*left, right)) - 1
        if gap >= 2:
            return (*left, (" " * gap, "plain"), right)
    return (*brief, ("  ", "plain"), (told.short, tone))


def _counts(counts: Mapping[Kind, int], *, in_full: bool) -> Spans:
    texts = [(full if in_full else brief, tone.name.lower()) for full, brief, tone in count_texts(counts)]
    return tuple(span for text in texts for span in (("  ", "plain"), text))
