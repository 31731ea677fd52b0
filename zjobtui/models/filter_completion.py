"""Completion of a filter while it is typed: names of fields, then the values that the watched jobs have."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from zjobtui.models.failure_groups import failure_groups
from zjobtui.models.filter_fields import FILTER_FIELDS, STATES, Vocabulary
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.watched_job import WatchedJob

CANDIDATES_LIMIT = 50
"""Candidates that are returned."""

_LAST_TERM = lazy_pattern(r'(?:^|\s)(?P<sign>[!-]?)(?P<term>(?:[^\s"]|"[^"]*(?:"|$))*)$')
_TYPED = lazy_pattern(r"(?P<name>[A-Za-z]+)(?P<operator>:|[<>]=?)(?P<values>.*)", re.DOTALL)
_LAST_VALUE = lazy_pattern(r'(?:^|,)(?P<value>"[^"]*|[^",]*)$')
_PLAIN_VALUE = lazy_pattern(r'[^\s",]+')
_SHOWN = lazy_pattern(r'(?:"(?:[^"]|"")*"|[^\s",:<>]+[:<>]?|[<>]?[^\s",:<>]+)$')
_SPANS = ("10m", "1h", "1d")


def complete(
    text: str, watches: Sequence[WatchedJob], vocabulary: Vocabulary, saved: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Return texts that complete the last term of `text`, the most common value first; their case may differ.

    A value that needs quotation marks gets them. `saved` are filters by name, which complete `@`.
    """
    last = _LAST_TERM.search(text)
    if last is None or not last["term"]:
        return ()
    term = last["term"]
    if typed := _TYPED.fullmatch(term):
        value = _LAST_VALUE.search(typed["values"])
        if value is None:
            return ()
        begun, is_quoted = value["value"].removeprefix('"'), value["value"].startswith('"')
        earlier = {each.strip('"').casefold() for each in typed["values"][: value.start()].split(",")}
        names = _values(typed["name"].casefold(), typed["operator"], watches, vocabulary)
        offered = {name: _spell(name, is_quoted=is_quoted) for name in names if name.casefold() not in earlier}
        head = text[: len(text) - len(value["value"])]
    else:
        begun, head = term, text[: len(text) - len(term)]
        words = [f"{name}{operator}" for name, field in FILTER_FIELDS.items() for operator in field.operators]
        offered = {word: word for word in (*words, *(f"@{name}" for name in saved or ()))}
    fitting = (spelt for name, spelt in offered.items() if name.casefold().startswith(begun.casefold()))
    return tuple(candidate for spelt in fitting if len(candidate := head + spelt) > len(text))[:CANDIDATES_LIMIT]


def candidate_names(candidates: Iterable[str]) -> list[str]:
    """Return the last word or value of each candidate, as a list of choices shows it."""
    return [match[0] if (match := _SHOWN.search(candidate)) else candidate for candidate in candidates]


def expand_saved(text: str, saved: Mapping[str, str]) -> tuple[str, str]:
    """Return the filter with each `@name` replaced by the saved filter of this name, and the first unknown name.

    A name within quotation marks is a word like any other.
    """
    unknown: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if match["quoted"] is not None:
            return match.group()
        if match["name"] not in saved:
            unknown.append(match["name"])
            return match.group()
        return saved[match["name"]]

    expanded = re.sub(r'(?P<quoted>"[^"]*(?:"|$))|(?:(?<=\s)|^)@(?P<name>\S+)', replace, text)
    return expanded, unknown[0] if unknown else ""


def _spell(name: str, *, is_quoted: bool) -> str:
    if _PLAIN_VALUE.fullmatch(name) and not is_quoted:
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _values(field: str, operator: str, watches: Sequence[WatchedJob], vocabulary: Vocabulary) -> Iterable[str]:
    """Return the values of a field, the most common one first."""
    if operator != ":":
        return _SPANS if field in {"age", "ended"} else ()
    match field:
        case "status":
            return vocabulary.statuses
        case "type":
            return vocabulary.types
        case "tenant":
            return vocabulary.tenants
        case "is":
            return STATES
        case "alike":
            return (group.term.partition(":")[2] for group in failure_groups(watches))
        case "reason":
            return (group.title for group in failure_groups(watches))
    counted = Counter(value for watch in watches for value in _values_of(field, watch) if value)
    return [value for value, _ in counted.most_common()]


def _values_of(field: str, watch: WatchedJob) -> Iterable[str]:
    match field, watch.digest:
        case "tag", _:
            return watch.tags
        case "label", _:
            return (watch.label,)
        case "batch", _:
            return (watch.batch,)
        case "code", digest if digest:
            return (digest.code,)
        case "order", digest if digest:
            return (digest.order_number,)
        case "account", digest if digest:
            return (digest.account_number,)
        case "sub", digest if digest:
            return digest.subscriptions
        case "invoice", digest if digest:
            return digest.invoices
    return ()
