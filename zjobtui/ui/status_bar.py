"""The status bar at the top, drawn again only if its text changed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import tzinfo

from msgspec import Struct
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from zjobtui.formatting.outline import Tone
from zjobtui.formatting.status import StatusText, count_texts, status_text
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.models.tenant import Tenant
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.ui.line_list import TONES
from zjobtui.ui.styled_line import Spans, cell_length, to_strip, truncate
from zjobtui.ui.tenant_badges import CUSTOM_COLOUR, Badges

_EIGHT_COLOURS = ("000000", "aa0000", "00aa00", "aa5500", "0000aa", "aa00aa", "00aaaa", "aaaaaa")
"""The colours for which Rich sends the first eight ANSI colours."""

_GREY_DIFFERENCE = 32
"""Difference between the channels of a colour that is still grey."""

_BARRED, _NAMED = 1, 2
"""The forms of the batch with name, bar and time, and with name and time, for which the status is shortened."""

_LEAST_GAP = 2
"""Cells between the counts and the status, or the batch."""

_PROGRAM: Spans = ((" zjobtui ", "strong"),)

_CONTRAST_THRESHOLD = 0.18
"""Luminance at which black and white have the same contrast."""


class StatusBar(Widget):
    """Tenants, job counts by verdict, and polling status."""

    COMPONENT_CLASSES = {"lines--tenant", "lines--production", *(f"lines--{tone}" for tone in TONES)}

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        super().__init__(id="totals")
        self.tenants = tuple(tenants)
        """The configured tenants, in their order."""
        self._badges = Badges(tenants)
        self._spans: Spans = ()
        self._shown_values: tuple[object, ...] = ()
        self.zone: tzinfo | None = None
        """Time zone of the times; None for the machine's."""
        self.batch_texts: Callable[[], tuple[str, ...]] = tuple
        """Returns the newest running batch, for fewer and fewer cells (`bar_texts`); nothing if there is none."""
        self.retry_key = ""
        """The key that retries a tenant, in the form that is shown to the user."""

    def show(
        self,
        counts: Mapping[VerdictKind, int],
        status: TenantStatus | None,
        now: float,
        notes: Sequence[str] = (),
        *,
        is_muted: bool = False,
        troubled: Collection[str] = (),
        chosen: str = "",
        by_tenant: Mapping[str, Mapping[VerdictKind, int]] | None = None,
    ) -> None:
        """Set counts and polling status, whose figures should be steady (`SteadyStatuses`).

        `troubled` are the names of the tenants that cannot be polled; `chosen` is the one that is shown alone, if any.
        `by_tenant` are the counts of each tenant.
        """
        width = self.size.width or self.app.size.width
        text = status_text(status, now, counts, self.zone, self.retry_key)
        batch = self.batch_texts()
        bar = (*notes, is_muted, width, tuple(troubled), chosen, self.tenants, batch, by_tenant)
        shown_values = (text, *counts.values(), *bar)
        if shown_values == self._shown_values:
            return
        self._shown_values = shown_values
        self._badges = Badges(self.tenants, troubled, chosen, by_tenant)
        new = status_spans(self._badges, counts, text, width, notes, is_muted=is_muted, batch=batch)
        if new != self._spans:
            self._spans = new
            self.refresh()

    class CountClicked(Message):
        """The user clicked on a count."""

        def __init__(self, kind: VerdictKind) -> None:
            super().__init__()
            self.kind = kind

    class TenantClicked(Message):
        """The user clicked on the badge of one of several tenants, or on one for several: then `name` is empty."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def on_click(self, event: Click) -> None:
        """Post which count or badge was clicked; the polling status comes last and is neither."""
        at = 0
        for text, _ in self._spans[:-1]:
            at += cell_len(text)
            if event.x < at:
                kind = next((kind for kind, glyph in GLYPHS.items() if text.startswith(f"{glyph} ")), None)
                name = self._badges.tenant_of(text)
                if kind is not None:
                    self.post_message(self.CountClicked(kind))
                elif name is not None:
                    self.post_message(self.TenantClicked(name))
                return

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - Textual's signature; there is one line
        """Draw the bar."""
        return to_strip(self._spans, self.size.width, self._style)

    def _style(self, name: str) -> Style:
        custom = name.removeprefix(CUSTOM_COLOUR) if name.startswith(CUSTOM_COLOUR) else ""
        style = self.get_component_rich_style(f"lines--{'tenant' if custom else name or 'plain'}", partial=False)
        if self.app.no_color or not (custom or name in {"tenant", "production"}):
            return style
        is_ansi = self.app.native_ansi_color
        if is_ansi or self.app.console.color_system == "standard":
            ground = Color.parse(custom).rich_color if custom else style.bgcolor
            return few_colours_badge(_nearest_of_eight(ground), is_ansi=is_ansi)
        return badge_style(Color.parse(custom)) if custom else style


def few_colours_badge(number: int, *, is_ansi: bool) -> Style:
    """Return a badge style in one of the first eight colours, with a contrast of 3 in the palettes of all terminals.

    Terminals draw bold black as dark grey and bold white as bright white, so only white text is bold. With `is_ansi`
    these are the terminal's own colours, otherwise those that Rich replaces by them.
    """
    is_dark = number in {1, 4}
    text, ground = (
        RichColor.from_ansi(each) if is_ansi else RichColor.parse(f"#{_EIGHT_COLOURS[each]}")
        for each in (7 if is_dark else 0, number)
    )
    return Style(color=text, bgcolor=ground, bold=is_dark)


def _nearest_of_eight(colour: RichColor | None) -> int:
    """Return the ANSI number, from 1 to 7, of the colour with the same hue; 7 for grey, 4 for no colour."""
    if colour is None or colour.is_default:
        return 4
    if colour.triplet is None:
        return (colour.number or 7) % 8 or 7
    least, most = min(colour.triplet), max(colour.triplet)
    if most - least < _GREY_DIFFERENCE:
        return 7
    return sum((part > (least + most) / 2) << bit for bit, part in enumerate(colour.triplet))


def badge_style(parsed: Color) -> Style:
    """Return a badge style in a configured colour, with black or white text, whichever has more contrast."""
    luminance = sum(
        part * (value / 255) ** 2.2 for part, value in zip((0.2126, 0.7152, 0.0722), parsed.rgb, strict=True)
    )
    return Style(color="#000000" if luminance > _CONTRAST_THRESHOLD else "#ffffff", bgcolor=parsed.hex, bold=True)


class _Bar(Struct, frozen=True):
    """A way to fill the bar: badges and counts at the left end, the status at the right end.

    `has_words` says whether the counts have words, such as `✗ 3 failed`.
    """

    left: Spans
    right: str
    has_words: bool

    def room(self, width: int) -> int:
        """Return the cells that are left for the batch; below 0 if there are too few for the bar itself."""
        return width - cell_length(self.left) - cell_len(self.right) - 1 - _LEAST_GAP

    def drawn(self, width: int, tone: Tone, batch: Sequence[str]) -> Spans:
        """Return the bar in `width` cells, with the longest form of the batch that fits."""
        gap = self.room(width) + _LEAST_GAP
        text = next((f"  {text}" for text in batch if cell_len(text) + 2 <= self.room(width)), "")
        return (*self.left, (text + " " * (gap - cell_len(text)), "plain"), (self.right, tone.name.lower()))


def status_spans(
    badges: Badges,
    counts: Mapping[VerdictKind, int],
    status: StatusText,
    width: int,
    notes: Sequence[str] = (),
    *,
    is_muted: bool = False,
    batch: Sequence[str] = (),
) -> Spans:
    """Return the bar in `width` cells: the most preferred one of `_bars` that fits, with the batch in the middle.

    What has to fit is tried in this order, each time with all bars:

    1. with several tenants, the counts of each beside its name, the whole status, and the whole batch;
    2. the batch with name, bar and time, then with name and time, beside counts in words;
    3. the same beside any counts, then the number of jobs of the batch alone;
    4. the bar without a batch, which is at once the case if a tenant cannot be polled.

    Only whole parts are left out. Room for longer figures is reserved at the end, so that the status does not move
    while its words stay the same.
    """
    tail = ("muted",) if is_muted else ()
    full, brief = _count_spans(counts, in_full=True), _count_spans(counts, in_full=False)
    bars = _bars(badges, full, brief, status, notes, tail)
    choices = [(bars, "")]
    if batch and not (badges.has_trouble or status.tone is Tone.BAD):
        in_words, forms = [bar for bar in bars if bar.has_words], (batch[_BARRED], batch[_NAMED])
        choices = [(some, form) for some in (in_words, bars) for form in forms] + [(bars, batch[-1]), *choices]
    if badges.counted:
        whole = _join(status.full, *tail, *notes)
        each = [_Bar((*_PROGRAM, *badges.counted, *some), whole, has_words=some is full) for some in (full, brief)]
        choices.insert(0, (each, batch[0] if batch else ""))
    for some, needed in choices:
        least = cell_len(needed) + 2 if needed else 0
        for bar in some:
            if bar.room(width) >= least:
                return bar.drawn(width, status.tone, batch)
    return _least_spans(badges.least, brief, status, width, tail)


def _bars(
    badges: Badges, full: Spans, brief: Spans, status: StatusText, notes: Sequence[str], tail: Sequence[str]
) -> list[_Bar]:
    """Return the bars without counts of each tenant, the most preferred first.

    What goes first, from one bar to the next: the notes, one after the other; the names of tenants that do not matter;
    the first words of the status, such as since when a tenant is down; the words of the counts (`full`, else `brief`);
    the name of the program; then more words of the status, with everything else tried again from the beginning; and
    last the names that matter.
    """
    bars: list[_Bar] = []
    for variants in filter(None, badges.variants()):
        wordy = [(*_PROGRAM, *names, *full) for names in variants]
        narrow = [(*start, *names, *brief) for start in (_PROGRAM, ()) for names in variants]
        for lefts in (wordy, narrow):
            whole = [_join(status.full, *tail, *notes[:count]) for count in range(len(notes), -1, -1)]
            bars += [_Bar(lefts[0], text, has_words=lefts is wordy) for text in whole]
            bars += [_Bar(left, whole[-1], has_words=lefts is wordy) for left in lefts[1:]]
            bars += [_Bar(left, _join(status.texts[0], *tail), has_words=lefts is wordy) for left in lefts]
        for text in status.texts[1:]:
            for lefts in (wordy, narrow):
                bars += [_Bar(left, _join(text, *tail), has_words=lefts is wordy) for left in lefts]
    return bars


def _least_spans(badge: Spans, brief: Spans, status: StatusText, width: int, tail: Sequence[str]) -> Spans:
    """Return a bar that has no room for everything: what is wrong first, then the badge, then as many counts as fit.

    The status is left out before any count unless something is wrong; an ellipsis stands for counts.
    """
    tone, short = status.tone.name.lower(), status.texts[-1]
    is_wrong = status.tone in {Tone.BAD, Tone.ATTENTION}
    some = [(*brief[:end], (" …", "muted")) for end in range(len(brief) - 2, 0, -2)]
    rights = (_join(short, *tail), short, *(() if is_wrong else ("",)))
    pairs = [((*badge, *brief), right) for right in rights]
    pairs += [((*badge, *counts), rights[-1]) for counts in (*some, ())]
    for left, right in pairs:
        spans = left if badge else left[1:]  # without the blanks before the first count
        gap = width - cell_length(spans) - cell_len(right)
        if gap >= (2 if spans and right else 0):
            return (*spans, (" " * gap, "plain"), (right, tone))
    return truncate(((short, tone),) if is_wrong else (*badge, *brief), width)


def _join(text: str, *more: str) -> str:
    """Join the texts; trailing blanks of the first one move to the end."""
    words = text.rstrip()
    return " · ".join((words, *more)) + text[len(words) :]


def _count_spans(counts: Mapping[VerdictKind, int], *, in_full: bool) -> Spans:
    texts = [(full if in_full else brief, tone.name.lower()) for full, brief, tone in count_texts(counts)]
    return tuple(span for text in texts for span in (("  ", "plain"), text))
