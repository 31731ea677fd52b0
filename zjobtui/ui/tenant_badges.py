"""Badges of the tenants in the status bar: all of them, or fewer in fewer cells, but always those in trouble."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from zjobtui.formatting.symbols import GLYPHS
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.models.verdict import VerdictKind
from zjobtui.ui.styled_line import Span, Spans

CUSTOM_COLOUR = "colour "
"""Prefix of the style name of a badge with its own colour."""

PRODUCTION_WORD = "PRODUCTION"
"""Text in the badge of a production tenant, for users and terminals without colours."""

_SHORT = "PROD"

_TROUBLE = "✗ "
"""Before the name of a tenant that cannot be polled."""


class Badges:
    """The badges of some tenants; `troubled` are the names of those that cannot be polled, `chosen` is shown alone.

    `counts` are the numbers of jobs by verdict of each tenant.
    """

    def __init__(
        self,
        tenants: Sequence[Tenant],
        troubled: Collection[str] = (),
        chosen: str = "",
        counts: Mapping[str, Mapping[VerdictKind, int]] | None = None,
    ) -> None:
        self._tenants = tuple(tenants)
        self._troubled = frozenset(troubled) if len(tenants) > 1 else frozenset()
        self._chosen = chosen
        self._counts = counts or {}
        self.has_production = any(tenant.kind is TenantKind.PRODUCTION for tenant in tenants)

    @property
    def has_trouble(self) -> bool:
        """Whether any of several tenants cannot be polled."""
        return bool(self._troubled)

    def variants(self) -> tuple[tuple[Spans, ...], tuple[Spans, ...]]:
        """Return the badges in fewer and fewer cells: those with the names that matter, and those without.

        A name matters if its tenant is chosen or in trouble. A chosen tenant is always named, since the counts are its.
        """
        everything = _join(self._badge(tenant) for tenant in self._tenants)
        if len(self._tenants) == 1:
            return (everything,), ()
        if self._chosen:
            alone = tuple(self._named({self._chosen}))
            if not self._troubled:
                return (everything, *alone), ()
            return (everything, *self._named(self._troubled | {self._chosen})), alone
        if self._troubled:
            return (everything, *self._named(self._troubled)), (self._combined(PRODUCTION_WORD), self._combined(_SHORT))
        return (everything, self._combined(PRODUCTION_WORD)), ()

    @property
    def counted(self) -> Spans:
        """The badges of several tenants, each with its counts; none if one is chosen."""
        if self._chosen or len(self._tenants) < 2 or not self._counts:
            return ()
        return _join(self._badge(tenant, with_counts=True) for tenant in self._tenants)

    @property
    def least(self) -> Spans:
        """The badge in a bar that has no room for any variant."""
        if self._chosen:
            return self._named({self._chosen})[-1][: None if self._troubled - {self._chosen} else 1]
        return ((f" {_SHORT} ", "production"),) if self.has_production else ()

    def _named(self, names: Collection[str]) -> list[Spans]:
        """Return the badges of these tenants and the number of the others, long and short."""
        named = [tenant for tenant in self._tenants if tenant.name in names]
        others = [tenant for tenant in self._tenants if tenant.name not in names]
        return [
            _join([*(self._badge(tenant, word) for tenant in named), *self._number(others, word)])
            for word in (PRODUCTION_WORD, _SHORT)
        ]

    def tenant_of(self, text: str) -> str | None:
        """Return the tenant of a badge with this text; "" if it is of several, None if the text is not a badge."""
        if len(self._tenants) < 2:
            return None
        for tenant in self._tenants:
            badges = (self._badge(tenant), self._badge(tenant, _SHORT), self._badge(tenant, with_counts=True))
            if text in {badge for badge, _ in badges}:
                return tenant.name
        return "" if re.fullmatch(r" (✗ )?((\d+ of )?\+\d+|\d+ (of \d+ )?tenants)\b.* ", text) else None

    def _badge(self, tenant: Tenant, production: str = PRODUCTION_WORD, *, with_counts: bool = False) -> Span:
        is_troubled = tenant.name in self._troubled
        counts = self._counts.get(tenant.name, {}) if with_counts else {}
        numbers = " ".join(f"{GLYPHS[kind]} {number:,}" for kind, number in counts.items() if number)
        name = f"{_TROUBLE if is_troubled else ''}{_badge_text(tenant, production)}"
        text = f" {name} · {numbers} " if numbers else f" {name} "
        if self._chosen and tenant.name != self._chosen:
            return text, "bad" if is_troubled else "muted"
        return text, _style_name(tenant)

    def _number(self, others: Sequence[Tenant], production: str) -> Iterator[Span]:
        """Yield a badge for the others that says whether production is among them."""
        if not others:
            return
        troubled = sum(tenant.name in self._troubled for tenant in others)
        some = f"{troubled} of " if troubled < len(others) else ""
        text = f" {_TROUBLE}{some}+{len(others)}" if troubled else f" +{len(others)}"
        if self._chosen:
            yield f"{text} ", "bad" if troubled else "muted"
        elif any(tenant.kind is TenantKind.PRODUCTION for tenant in others):
            yield f"{text} · {production} ", "production"
        else:
            yield f"{text} ", "muted"

    def _combined(self, production: str) -> Spans:
        """Return one badge for all tenants, in production style if any is production."""
        troubled = f"{_TROUBLE}{len(self._troubled)} of " if len(self._troubled) > 1 else ""
        text = f" {troubled}{len(self._tenants)} tenants "
        return ((f"{text}· {production} ", "production") if self.has_production else (text, "tenant"),)


def _join(badges: Iterator[Span] | Sequence[Span]) -> Spans:
    return tuple(span for badge in badges for span in (badge, (" ", "plain")))[:-1]


def _badge_text(tenant: Tenant, production: str) -> str:
    title = tenant.title or tenant.name
    if tenant.kind is not TenantKind.PRODUCTION:
        return title
    title = re.sub(PRODUCTION_WORD, production, title, flags=re.IGNORECASE)
    return title if production in title else f"{production} · {title}"


def _style_name(tenant: Tenant) -> str:
    """Return the style name of a badge; production has its own style whatever colour is configured."""
    if tenant.kind is TenantKind.PRODUCTION:
        return "production"
    return f"{CUSTOM_COLOUR}{tenant.colour}" if tenant.colour else "tenant"
