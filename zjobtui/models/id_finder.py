"""Finds job ids in any pasted text, and distinguishes them from access tokens and from ids of other things.

The words around an id let the user judge what it is of.
"""

from bisect import bisect_right
from collections.abc import Iterator
from enum import Enum, auto

from msgspec import Struct

from zjobtui.models.job import FoundIds, JobId
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.pasted_text import NameKind, find_broken_ids, kind_of_name
from zjobtui.models.redaction import Secrets, find_secrets, mask_secrets
from zjobtui.models.source_text import ID, SourceText
from zjobtui.models.text import clean, shorten

CONTEXT_CHARACTERS = 40
"""Characters before and after an id that its context has, within its line."""

_ID = lazy_pattern(ID)
_RUN = lazy_pattern(r"(?<![0-9A-Za-z-])[0-9A-Za-z-]{28,}")
_CANDIDATE = lazy_pattern(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
_EMBEDDED = lazy_pattern(rf"(?<![0-9A-Za-z]){ID}(?![0-9A-Za-z])")
_NEAR_MISS = lazy_pattern(r"(?<![0-9a-fA-F])(?=[a-fA-F-]*\d)(?=[\d-]*[a-fA-F])(?:[0-9a-fA-F]-?){28,35}(?![0-9a-fA-F])")
_WHOLE = lazy_pattern(rf"[\s\"'`]*({ID})[\s\"'`]*")

_WORD_LIMIT = 80
"""Characters of a word that can be nearly an id."""

_WINDOW = 160
"""Characters before an id that are searched for the name of its field."""

_GAP = " \t\r\n:=\"'`\\[({<>*|"
_LIST_GAP = lazy_pattern(r"[\s,;|\"'`\\\[\](){}*]{1,200}")
_NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-"
_CLOSING = lazy_pattern(r"(?P<text>[\w .-]{1,60})</[\w:.-]{1,40}>?$")
_JOB_WORD = lazy_pattern(rf"(?<![{_NAME_LETTERS}])(?:async[ _-]?)?job(?:s|[ _-]ids?)?$")
_MD5_OF = lazy_pattern(r"md5 ?\([^()\n]{0,100}\)$")
_NAME_LIMIT = 31
"""Characters of a name that are shown; 32 could be an id."""


class _Role(Enum):
    BARE = auto()
    NAMED = auto()
    AFTER_JOB = auto()
    """After the word job, which anyone may write: named as a job id only in a text that names others by a field."""
    OTHER = auto()


class _Word(Struct, frozen=True):
    """A word that is an id, or nearly one, and its role according to the text before it."""

    text: str
    end: int
    is_id: bool
    role: _Role
    name: str


def find_job_ids(text: str) -> FoundIds:
    """Return every job id in any text: a ticket, a log, JSON, CSV, the output of curl.

    If a text names job ids (`jobId`, `async-jobs/`, a column), only these and those after the word job are used; bare
    ids beside them are returned as `not_added`. Words with a few digits too many or too few, or with other letters
    beside them, are near misses. What follows the name of a credential is neither; only its number is returned, and the
    first six characters of what has the form of an id.
    """
    if whole := _WHOLE.fullmatch(text):
        return FoundIds((JobId(whole[1]),), (), is_alone=True)
    source = SourceText.of(text)
    return find_ids(source, find_secrets(source))


def find_ids(source: SourceText, secrets: Secrets, start: int = 0, *, are_named: bool = False) -> FoundIds:
    """Return every job id in a decoded text that ends after `start`, as `find_job_ids` does.

    `are_named` says whether what was before the text names job ids.
    """
    words = [word for word in _words(source, secrets) if word.end > start]
    named = _ids(words, _Role.NAMED)
    others = {job_id: name for job_id, name in _ids(words, _Role.OTHER).items() if job_id not in named}
    are_named = are_named or bool(named)
    if are_named:
        named = {job_id: "" for job_id in _ids(words, _Role.NAMED, _Role.AFTER_JOB) if job_id not in others}
    unnamed = _ids(words, _Role.BARE, _Role.AFTER_JOB)
    bare = {job_id: "" for job_id in unnamed if job_id not in others and job_id not in named}
    broken = dict(_broken_ids(source, secrets, start))
    pieces = {piece for pieces in broken.values() for piece in pieces}
    near_misses = dict.fromkeys(
        shorten(word.text, _WORD_LIMIT)
        for word in words
        if not word.is_id and word.role is not _Role.OTHER and word.text not in pieces
    )
    known = {**named, **others, **bare}
    return FoundIds(
        tuple(named if are_named else bare),
        tuple(near_misses),
        broken=tuple(job_id for job_id in broken if job_id not in known),
        not_added=tuple(bare) if are_named else (),
        are_named=are_named,
        others=len(others),
        other_names=tuple({name.lower(): name for name in others.values()}.values()),
        other_ids=tuple(others.items()),
        secrets=secrets.count,
        secret_hints=secrets.hints,
    )


def has_candidates(source: SourceText) -> bool:
    """Return whether anything in a decoded text is an id, or nearly one, whatever it is the id of."""
    return any(True for _ in _candidates(source.plain)) or any(True for _ in find_broken_ids(source.plain))


def id_contexts(text: str) -> dict[str, str]:
    """Return the words around the first occurrence of each id, clean and without secrets, the id as an ellipsis.

    The key of an id is its 32 digits in lower case; that of a word that is nearly an id is the word. An id that has no
    words on its line, only signs such as `-` or `#`, has an empty context.
    """
    plain = SourceText.of(mask_secrets(text)).plain
    contexts: dict[str, str] = {}
    for word in _RUN.finditer(plain):
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
    others = (_RUN.sub("…", clean(part.replace("\t", " ").replace("\r", " "))) for part in (before, after))
    words = " ".join("…".join(others).split())
    return words if any(map(str.isalnum, words)) else ""


def _ids(words: list[_Word], *roles: _Role) -> dict[JobId, str]:
    """Return the ids of some roles, each once and in order, with the name before the first occurrence."""
    ids: dict[JobId, str] = {}
    for word in words:
        if word.is_id and word.role in roles:
            ids.setdefault(JobId(word.text), word.name)
    return ids


def _broken_ids(source: SourceText, secrets: Secrets, after: int) -> Iterator[tuple[JobId, tuple[str, ...]]]:
    """Yield the ids that line ends break, with their pieces, unless they are secrets or ids of other things."""
    for spans in secrets.broken:
        if spans[-1][1] <= after:
            continue
        pieces = tuple(source.plain[start:end] for start, end in spans)
        job_id, (first, _) = JobId("".join(pieces)), spans[0]
        is_secret = secrets.holds(job_id.key) or any(secrets.covers(*span) for span in spans)
        if not is_secret and _role_by_name(source, first)[0] is not _Role.OTHER:
            yield job_id, pieces


def _words(source: SourceText, secrets: Secrets) -> Iterator[_Word]:
    """Yield the ids and near misses of a text that are not secrets."""
    cells = [cell for cell in secrets.cells if cell.kind is not None]
    starts = [cell.start for cell in cells]
    last_end, last_role, last_name, is_listed = 0, _Role.BARE, "", False
    for start, end, is_id in _candidates(source.plain):
        text = source.plain[start:end]
        if secrets.covers(start, end) or secrets.holds(text.replace("-", "").lower()):
            last_end, last_role, is_listed = end, _Role.BARE, False
            continue
        index = bisect_right(starts, start) - 1
        cell = cells[index] if index >= 0 and cells[index].end >= end else None
        if cell is not None:
            role = _Role.NAMED if cell.kind is NameKind.JOB else _Role.OTHER
            name, is_listed = cell.name, False
        elif last_end and _LIST_GAP.fullmatch(source.plain, last_end, start):
            is_listed = is_listed and not (last_role is _Role.OTHER and "]" in source.plain[last_end:start])
            role, name = (last_role, last_name) if is_listed else (_Role.BARE, "")
        else:
            role, name, gap = _role_by_name(source, start)
            is_listed = role in {_Role.NAMED, _Role.AFTER_JOB} or (role is _Role.OTHER and "[" in gap)
        last_end, last_role, last_name = end, role, name
        yield _Word(text, end, is_id, role, name)


def _candidates(plain: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the positions of ids, and of words that are nearly one."""
    for run in _RUN.finditer(plain):
        for word in _CANDIDATE.finditer(plain, *run.span()):
            has_id = False
            for job_id in _EMBEDDED.finditer(plain, *word.span()):
                has_id = True
                yield *job_id.span(), True
            if not has_id and word.end() - word.start() <= _WORD_LIMIT and _NEAR_MISS.search(plain, *word.span()):
                yield *word.span(), False


def _role_by_name(source: SourceText, start: int) -> tuple[_Role, str, str]:
    """Return the role of the id that begins at `start` by the field name before it, that name, and what is between."""
    offset = max(0, start - _WINDOW)
    window = source.low[offset:start]
    if window.endswith("async-jobs/"):
        return _Role.NAMED, "async-jobs", ""
    head = window.removesuffix("00-").rstrip(_GAP)  # the version in front of a W3C trace id
    if window[len(head) : len(head) + 1] == ">":
        head = _before_tags(head)
    gap = window[len(head) :]
    if not gap:
        return _Role.BARE, "", ""
    if _MD5_OF.search(head):
        return _Role.OTHER, "md5", gap
    begin = len(head.rstrip(_NAME_LETTERS))
    kind = kind_of_name(head[begin:])
    if kind is None and head[begin:] in {"id", "ids"} and head[begin - 1 : begin] == " ":
        begin = len(head[: begin - 1].rstrip(_NAME_LETTERS))
        spaced = kind_of_name(head[begin:])
        kind = spaced if spaced is NameKind.OTHER else None
    if kind is NameKind.JOB:
        return _Role.NAMED, "", gap
    is_parted = not gap.isspace() or "\n" not in gap
    if is_parted and _JOB_WORD.search(head):
        return _Role.AFTER_JOB, "", gap
    if kind is NameKind.OTHER and is_parted:
        name = source.plain[offset + begin : offset + len(head)].strip("-_ ")
        return _Role.OTHER, name if len(name) <= _NAME_LIMIT else name[-_NAME_LIMIT:].lstrip("-_ "), gap
    return _Role.BARE, "", gap


def _before_tags(head: str) -> str:
    """Return the text up to the name of an XML element's content: its tag, or one before it (`<key>jobId</key>`)."""
    for _ in range(3):
        if closed := _CLOSING.search(head):
            return head[: closed.end("text")]
        opening = head.rfind("<")
        if opening < 0 or ">" in head[opening:] or kind_of_name(head[opening + 1 :]) is not None:
            return head
        head = head[:opening].rstrip(_GAP)
    return head
