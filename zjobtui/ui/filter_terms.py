"""Terms in the text of the filter that keys and clicks set: `status:VERDICT`, and those for one tenant."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from zjobtui.formatting.symbols import WORDS
from zjobtui.models.filters import Filter, parse
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob

_VERDICT_TERM = re.compile(rf'"[^"]*"?|(?<!\S)(?P<term>status:(?:{"|".join(WORDS.values())}))(?:\s+|$)', re.IGNORECASE)
"""A quoted phrase, in which nothing is a term, or a term for one verdict."""

_TENANT_TERM = re.compile(r'"[^"]*"|(?<!\S)[!-]?tenant:(?:"[^"]*"|[^\s"])*', re.IGNORECASE)
"""A quoted phrase, in which nothing is a term, or a term about tenants."""

_ANY_ID = JobId.parse("0" * 32)


def join_terms(text: str, term: str) -> str:
    """Return a filter that a term narrows; a phrase that has not ended ends before it."""
    closing = '"' * (text.count('"') % 2)
    return f"{text}{closing} {term}".strip() if term else text


def verdict_term(kind: VerdictKind) -> str:
    """Return the term for the jobs with one verdict."""
    return f"status:{WORDS[kind]}"


def split_verdict(text: str) -> tuple[str, str]:
    """Return a filter without its terms for one verdict, and the last of these, such as `status:failed`, or ""."""
    terms = [match["term"].casefold() for match in _VERDICT_TERM.finditer(text) if match["term"]]
    rest = _VERDICT_TERM.sub(lambda match: "" if match["term"] else match.group(), text)
    return rest.strip(), terms[-1] if terms else ""


@lru_cache(maxsize=4)
def chosen_tenant(text: str, names: tuple[str, ...]) -> str:
    """Return the tenant that the terms of a filter about tenants leave alone; "" if there is none."""
    terms = _split_tenants(text)[0] if "tenant:" in text.casefold() else ""
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
    rest = _split_tenants(text)[1]
    return f"{_tenant_terms(name, names)} {rest}".strip() if name else rest


def _split_tenants(text: str) -> tuple[str, str]:
    """Return the terms about tenants of a filter, and the rest of it."""
    terms = [term for term in _TENANT_TERM.findall(text) if not term.startswith('"')]
    rest = _TENANT_TERM.sub(lambda match: match.group() if match.group().startswith('"') else "", text)
    return " ".join(terms), " ".join(rest.split(" ")).strip()


def _tenant_terms(name: str, names: Iterable[str]) -> str:
    """Return the terms for one tenant; those whose names begin with its name are excluded, since terms match those."""
    longer = (
        other for other in names if other.casefold().startswith(name.casefold()) and other.casefold() != name.casefold()
    )
    return " ".join((f"tenant:{_quoted(name)}", *(f"!tenant:{_quoted(other)}" for other in longer)))


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else f'"{name}"'
