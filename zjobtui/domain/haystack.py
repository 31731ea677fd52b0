"""The text of a watch in which words are looked for; knows no filter."""

from zjobtui.domain.watch import Watch

LIMIT = 20_000
"""Texts kept at a time: a list is filtered at every key and every drawing, and few of its watches differ in between."""

_KEPT: dict[int, tuple[Watch, str]] = {}


def haystack(watch: Watch) -> str:
    """All that a person may remember of a job, casefolded, one field a line: no phrase spans two fields.

    Kept by identity, which the kept watch itself makes sure of: hashing a watch costs as much as making its text.
    """
    kept = _KEPT.get(id(watch))
    if kept is not None:
        return kept[1]
    if len(_KEPT) >= LIMIT:
        _KEPT.clear()
    text = _text(watch)
    _KEPT[id(watch)] = watch, text
    return text


def _text(watch: Watch) -> str:
    given, digest = watch.job.id.given, watch.digest
    parts = [given, given.replace("-", ""), watch.label, watch.note, *watch.tags]
    parts += (watch.verdict.sentence, watch.contradiction)
    if watch.problem is not None:
        parts.append(str(watch.problem))
    if digest is not None:
        parts += (digest.order_number, digest.account_number, digest.words)
    return "\n".join(parts).casefold()
