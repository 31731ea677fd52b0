"""The words around each id of a text, so that the user can judge what the id is of."""

from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.source_text import ID, SourceText
from zjobtui.models.text import clean

_WORD = lazy_pattern(r"[0-9A-Za-z-]{28,}")
_ID = lazy_pattern(ID)

CONTEXT_CHARACTERS = 40
"""Characters before and after an id that are kept, within its line."""

_WORD_LIMIT = 80
"""Characters of a word that can be nearly an id."""


def id_contexts(text: str) -> dict[str, str]:
    """Return the words around the first occurrence of each id, clean and without secrets, the id as an ellipsis.

    The key of an id is its 32 digits in lower case; that of a word that is nearly an id is the word. An id that has no
    words on its line, only signs such as `-` or `#`, has an empty context.
    """
    plain = SourceText.of(mask_secrets(text)).plain
    contexts: dict[str, str] = {}
    for word in _WORD.finditer(plain):
        ids = list(_ID.finditer(plain, *word.span()))
        for match in ids or [word]:
            key = match.group().replace("-", "").lower() if ids else word.group()[:_WORD_LIMIT]
            if key not in contexts:
                contexts[key] = _context(plain, *match.span())
    return contexts


def _context(plain: str, start: int, end: int) -> str:
    before = plain[max(0, start - CONTEXT_CHARACTERS) : start].rpartition("\n")[2]
    if len(before) == CONTEXT_CHARACTERS:
        before = before.partition(" ")[2]  # without half a word, which may be half an id
    after = plain[end : end + CONTEXT_CHARACTERS].partition("\n")[0]
    others = (_WORD.sub("…", clean(part.replace("\t", " ").replace("\r", " "))) for part in (before, after))
    words = " ".join("…".join(others).split())
    return words if any(map(str.isalnum, words)) else ""
