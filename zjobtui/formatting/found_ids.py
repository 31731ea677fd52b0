"""What a text held besides the ids that were taken from it, in sentences and in short."""

from zjobtui.formatting.symbols import plural, short_id
from zjobtui.models.job import FoundIds

_LISTED = 10
"""Ids and names that are listed one by one; of more only the number is given."""

_HINTS = 5
"""Credentials in the form of an id whose first characters are shown."""


def sentences(found: FoundIds) -> list[str]:
    """What was left out and how to add it, for standard error."""
    listed = found.not_added[:_LISTED]
    lines = [
        f"Not added: {one.given[:8]}… is not named as a job id in this text; add it with: zjobtui add {one.given}"
        for one in listed
    ]
    if more := len(found.not_added) - len(listed):
        lines.append(f"Not added: {plural(more, 'more id')} not named as a job id in this text.")
    if found.others:
        dots = ", …" if len(found.other_names) > _LISTED else ""
        lines.append(f"{plural(found.others, 'other id')} passed over: {', '.join(found.other_names[:_LISTED])}{dots}.")
    if found.secrets == 1:
        add = "; if it is a job id, add it by itself: zjobtui add ID" if found.secret_hints else "."
        lines.append(f"1 access token or other credential was left out{_hints(found)}{add}")
    elif found.secrets:
        add = "; add one that is a job id by itself: zjobtui add ID" if found.secret_hints else "."
        lines.append(f"{found.secrets:,} access tokens or other credentials were left out{_hints(found)}{add}")
    return lines


def counts(found: FoundIds) -> str:
    """How much was left out, to go on after other counts: `, 2 not added, 1 credential left out (6d1512…)`."""
    texts = (
        f", {len(found.not_added):,} not added" if found.not_added else "",
        f", {plural(found.others, 'other id')} passed over" if found.others else "",
        f", {plural(found.secrets, 'credential')} left out{_hints(found)}" if found.secrets else "",
    )
    return "".join(texts)


def first_not_added(found: FoundIds) -> str:
    """The first id that was left out and how to add it, to go on after the counts."""
    if not found.not_added:
        return ""
    return f"; not added: {short_id(found.not_added[0].given)}, paste an id alone to add it"


def _hints(found: FoundIds) -> str:
    """How the credentials begin that could be job ids, in brackets."""
    if not found.secret_hints:
        return ""
    dots = ", …" if len(found.secret_hints) > _HINTS else ""
    return f" ({', '.join(found.secret_hints[:_HINTS])}{dots})"
