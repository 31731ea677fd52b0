"""The tenant of the view: terms `tenant:NAME` in the filter of the list, and the words for changed tenants."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from zjobtui.models.filters import Filter, parse
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob

_TERM = re.compile(r'"[^"]*"|(?<!\S)[!-]?tenant:(?:"[^"]*"|[^\s"])*', re.IGNORECASE)
"""A quoted phrase, in which nothing is a term, or a term about tenants."""


_ANY_ID = JobId.parse("0" * 32)


def tenant_terms(name: str, names: Iterable[str]) -> str:
    """Return the terms for one tenant; those whose names begin with its name are excluded, since terms match those."""
    longer = (
        other for other in names if other.casefold().startswith(name.casefold()) and other.casefold() != name.casefold()
    )
    return " ".join((f"tenant:{_quoted(name)}", *(f"!tenant:{_quoted(other)}" for other in longer)))


def split_filter(text: str) -> tuple[str, str]:
    """Return the terms about tenants of a filter, and the rest of it."""
    terms = [term for term in _TERM.findall(text) if not term.startswith('"')]
    rest = _TERM.sub(lambda match: match.group() if match.group().startswith('"') else "", text)
    return " ".join(terms), " ".join(rest.split(" ")).strip()


@lru_cache(maxsize=4)
def chosen_tenant(text: str, names: tuple[str, ...]) -> str:
    """Return the tenant that the terms of a filter about tenants leave alone; "" if there is none."""
    terms = split_filter(text)[0] if "tenant:" in text.casefold() else ""
    parsed = parse(terms)
    if not terms or not isinstance(parsed, Filter):
        return ""
    left = [
        name
        for name in dict.fromkeys(names)
        if parsed.matches(WatchedJob(job=JobRef(name, _ANY_ID), added_at=0.0), 0.0)
    ]
    return left[0] if len(left) == 1 else ""


def choose_tenant(text: str, name: str, names: Sequence[str]) -> str:
    """Return a filter for one tenant, or for all if `name` is "", that otherwise shows what `text` shows."""
    rest = split_filter(text)[1]
    return f"{tenant_terms(name, names)} {rest}".strip() if name else rest


def describe_change(before: Mapping[str, Tenant], after: Iterable[Tenant]) -> str:
    """Return which tenants are new, gone or changed, as a sentence; `before` are the tenants by name."""
    now = {tenant.name: tenant for tenant in after}
    changed = sorted(name for name in now.keys() & before.keys() if now[name] != before[name])
    groups = ((sorted(now.keys() - before), "added"), (sorted(before.keys() - now), "removed"), (changed, "changed"))
    parts = [f"{', '.join(group)} {word}" for group, word in groups if group]
    text = f"Tenants: {'; '.join(parts) or 'order changed'}."
    is_judged = any(now[name].expected_order_statuses != before[name].expected_order_statuses for name in changed)
    return f"{text} Verdicts are updated because expected_order_statuses changed." if is_judged else text


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else f'"{name}"'
