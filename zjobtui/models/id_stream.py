"""Job ids in a text that arrives in pieces, such as a growing log; memory is bounded."""

import dataclasses
from codecs import getincrementaldecoder
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable
from typing import Generic, TypeVar

from msgspec.structs import replace

from zjobtui.models.id_finder import find_ids, has_candidates
from zjobtui.models.job import FoundIds, JobId
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.pasted_text import Cell, find_cells
from zjobtui.models.redaction import find_secrets
from zjobtui.models.source_text import SourceText

HELD_LINE_CHARACTERS = 64 * 1024
"""Characters of a line that are held until it ends; the beginning of a longer one is read before."""

CONTEXT = 4_096
"""Characters that are read again with what follows them: the name of a value may be on a line before."""

READ_AT_ONCE_CHARACTERS = 32 * 1024
"""Characters from which on a text is read although more of it may come at once."""

HELD = 2_048
"""Characters of whole lines that are held while more text comes: the name of a value may also be on a line after."""

REMEMBERED = 20_000
"""Ids, words and parts of credentials that are remembered, each."""

_WORD_END = lazy_pattern(r"^[0-9A-Za-z%$&=\\-]{1,400}")
_NOTHING = FoundIds((), ())
_Key = TypeVar("_Key", bound=Hashable)


class _Recent(Generic[_Key]):
    """The keys that were used last."""

    def __init__(self) -> None:
        self._keys: OrderedDict[_Key, None] = OrderedDict()

    @property
    def keys(self) -> Collection[_Key]:
        """The keys, the one that was used last at the end."""
        return self._keys.keys()

    def new_of(self, keys: Collection[_Key]) -> tuple[_Key, ...]:
        """Remember keys; return those that were not remembered before."""
        new = tuple(key for key in dict.fromkeys(keys) if key not in self._keys)
        self.add(keys)
        return new

    def add(self, keys: Iterable[_Key]) -> None:
        """Remember keys."""
        for key in keys:
            self._keys[key] = None
            self._keys.move_to_end(key)
        while len(self._keys) > REMEMBERED:
            self._keys.popitem(last=False)


class IdStream:
    """Find the job ids in a text that arrives in pieces, each once as long as it is remembered.

    As in a whole text, bare ids are not used once an id has been named as a job id, a credential is one wherever it
    comes again, and the headings of a table say what its columns hold.
    """

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._text = ""
        """What has not been read for ids yet."""
        self._context = ""
        self._heading = ""
        self._are_named = False
        self._ids, self._skipped_ids = _Recent[JobId](), _Recent[JobId]()
        self._words = _Recent[str]()
        self._secret_parts = _Recent[str]()

    @property
    def has_whole_lines(self) -> bool:
        """Whether whole lines are held."""
        return "\n" in self._text

    def feed(self, data: bytes) -> FoundIds:
        """Add bytes in UTF-8. If enough text has accumulated, return the new ids; unfinished lines are kept back."""
        self._text += self._decode(data)
        if len(self._text) < READ_AT_ONCE_CHARACTERS:
            return _NOTHING
        end = self._text.rfind("\n", 0, len(self._text) - HELD) + 1
        if len(self._text) - end > HELD_LINE_CHARACTERS:
            end = _end_of_word(self._text, len(self._text) - HELD)
        return self._find(end)

    def read_lines(self) -> FoundIds:
        """Return what is new in the whole lines that are held."""
        return self._find(self._text.rfind("\n") + 1)

    def end(self) -> FoundIds:
        """Return what is new in the rest, which may be a line without an end."""
        self._text += self._decode(b"", final=True)
        return self._find(len(self._text))

    def _find(self, end: int) -> FoundIds:
        """Return what is new in the text up to `end`, and keep the rest."""
        if not end:
            return _NOTHING
        new, self._text = self._text[:end], self._text[end:]
        before = SourceText.of(self._heading + self._context)
        source = SourceText.of(self._heading + self._context + new)
        found = self._find_new(source, before) if has_candidates(source) else _NOTHING
        self._heading = _open_heading(source.plain, find_cells(source))
        self._context = _last_lines(self._context + new)
        return found

    def _find_new(self, source: SourceText, before: SourceText) -> FoundIds:
        """Return what is new in a text that begins with the context `before`."""
        secrets = find_secrets(source)
        self._secret_parts.add(secrets.parts)
        all_secrets = dataclasses.replace(secrets, parts=frozenset(self._secret_parts.keys))
        found = find_ids(source, all_secrets, len(before.plain), are_named=self._are_named)
        self._are_named = found.are_named
        earlier = find_secrets(before)
        return replace(
            found,
            ids=self._ids.new_of(found.ids),
            near_misses=self._words.new_of(found.near_misses),
            broken=self._skipped_ids.new_of(found.broken),
            not_added=self._skipped_ids.new_of([job_id for job_id in found.not_added if job_id not in self._ids.keys]),
            secrets=max(0, secrets.count - earlier.count),
            secret_hints=tuple(hint for hint in secrets.hints if hint not in earlier.hints),
        )


def _last_lines(text: str) -> str:
    """Return the last lines of a text, or the last words of a long line."""
    if len(text) <= CONTEXT:
        return text
    end = text[-CONTEXT:]
    line = end.find("\n", 0, CONTEXT // 2) + 1
    return end[line:] if line else _WORD_END.sub("", end, count=1)


def _end_of_word(text: str, position: int) -> int:
    """Return where the last word before a position ends, or the position if it is a long one."""
    blank = max(text.rfind(sign, 0, position) for sign in " ,;\t")
    return blank + 1 if position - blank < CONTEXT // 2 else position


def _open_heading(plain: str, cells: list[Cell]) -> str:
    """Return the heading of the table that the text ends with, as a line, or an empty text."""
    last_line = plain.rfind("\n", 0, len(plain) - 1) + 1
    if not cells or cells[-1].end < last_line:
        return ""
    heading = next(cell for cell in reversed(cells) if cell.kind is None)
    return f"{plain[heading.start : heading.end]}\n"
