"""Pasted text: the names before values, and the columns of tables."""

import re
from collections.abc import Iterator
from enum import Enum, auto

from msgspec import Struct

from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.source_text import ID, SourceText

_SECRET = lazy_pattern(
    r"(?:token|secret|password|passphrase|authorization|clientid|apikey|accesskey(?:id)?|privatekey|sessionid"
    r"|(?<![a-z])(?:jti|zsession|bearer|cookie|setcookie))s?"
)
_JOB = ("jobid", "jobids")
_OTHER_IDS = (
    *("request", "process", "track", "trace", "correlation", "span", "order", "account", "subscription", "invoice"),
    *("payment", "creditmemo", "debitmemo", "refund", "tenant", "user", "entity", "org", "organization", "product"),
    *("rateplan", "charge", "contact", "usage", "billrun", "amendment", "event", "message", "object", "parent"),
    "customer",
)
_OTHER = (
    *(f"{name}id{plural}" for name in _OTHER_IDS for plural in ("", "s")),
    *("traceparent", "idempotencykey", "accountkey", "subscriptionkey", "etag", "md5", "sha1", "sha256"),
)
_OTHER_WORDS = frozenset({"sha", "commit", "checksum", "digest", "uid"})


class NameKind(Enum):
    """What the value of a field is."""

    SECRET = auto()
    JOB = auto()
    OTHER = auto()


def kind_of_name(name: str) -> NameKind | None:
    """Classify a field name in lower case, however its words are joined: `job_id`, `x-request-id`, `client id`."""
    joined = name.translate(_JOINTS)
    if joined.endswith(_JOB):
        return NameKind.JOB
    if joined.endswith(_OTHER) or joined in _OTHER_WORDS:
        return NameKind.OTHER
    secret = _SECRET.search(joined, max(0, len(joined) - 20))
    return NameKind.SECRET if secret is not None and secret.end() == len(joined) else None


_JOINTS = str.maketrans("", "", " _-.")


_LINE_LIMIT = 1_000
"""Characters of a line that can be a heading; no real heading is longer."""

_HEADING = lazy_pattern(r"job|token|secret|passw|client|authorization|apikey|api_key|jti")
_DELIMITERS = (lazy_pattern(r"\t"), lazy_pattern(r"\|"), lazy_pattern(";"), lazy_pattern(","), lazy_pattern(r" {2,}"))
_NAME = lazy_pattern(r"[^\W_][\w .#/()-]{0,39}")
_DIGITS = lazy_pattern(r"[0-9a-fA-F-]{28}")
_QUOTED = lazy_pattern(r'"(?:[^"\n]|"")*"')
_AROUND = " \t\r\"'`*{}[]"


class Cell(Struct, frozen=True):
    """A cell, by its position in the text, below a known heading; the heading itself has no kind."""

    start: int
    end: int
    kind: NameKind | None
    name: str


def find_cells(source: SourceText) -> list[Cell]:
    """Return the headings, and the cells below known headings, in the order of the text."""
    low = source.low
    cells: list[Cell] = []
    position = 0
    while (hit := _HEADING.search(low, position)) is not None:
        start = low.rfind("\n", max(0, hit.start() - _LINE_LIMIT), hit.start()) + 1
        end = _end_of_line(low, hit.start())
        is_line = start > 0 or hit.start() < _LINE_LIMIT
        heading = _heading(source.plain, max(start, position), end) if is_line else None
        position = end + 1
        if heading is not None:
            cells.append(Cell(start, end, None, ""))
            position = _read_rows(source, end + 1, heading, cells)
    return cells


class _Heading(Struct, frozen=True):
    delimiter: re.Pattern[str]
    names: tuple[tuple[NameKind | None, str], ...]


def _end_of_line(low: str, position: int) -> int:
    end = low.find("\n", position)
    return len(low) if end < 0 else end


def _heading(plain: str, start: int, end: int) -> _Heading | None:
    if end - start > _LINE_LIMIT:
        return None
    line = plain[start:end].strip(" \r")
    if ":" in line or "=" in line or _DIGITS.search(line):  # a time, an assignment, an id: not a line of names
        return None
    if line.startswith("||"):
        line = line.replace("||", "|")
    for delimiter in _DELIMITERS:
        if not delimiter.search(line):
            continue
        texts = [text.strip(_AROUND) for text in delimiter.split(line)]
        if not all(_NAME.fullmatch(text) for text in texts if text):
            continue
        names = tuple((_kind_of_heading(text.lower()), text) for text in texts)
        if any(kind in {NameKind.JOB, NameKind.SECRET} for kind, _ in names):
            return _Heading(delimiter, names)
    return None


def _kind_of_heading(text: str) -> NameKind | None:
    return NameKind.JOB if text in {"job", "jobs"} else kind_of_name(text)


def _read_rows(source: SourceText, position: int, heading: _Heading, cells: list[Cell]) -> int:
    """Add the cells of the rows below a heading; return where the table ends."""
    low = source.low
    while position < len(low):
        end = _end_of_line(low, position)
        line = low[position:end]
        if line.isspace() or line.strip("-+=|: \t\r"):  # a rule separates a heading from its rows
            spans = list(_split(line, heading.delimiter))
            if len(spans) < 2 or (_HEADING.search(line) and _heading(source.plain, position, end)):
                break
            for (start, stop), (kind, name) in zip(spans, heading.names, strict=False):
                if kind is not None:
                    cells.append(Cell(position + start, position + stop, kind, name))
        position = end + 1
    return position


def _split(line: str, delimiter: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where the cells of a row begin and end; a delimiter within double quotes is text."""
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted.group()), line) if '"' in line else line
    start = len(masked) - len(masked.lstrip(" \r"))
    stop = len(masked.rstrip(" \r"))
    for match in delimiter.finditer(masked, start, stop):
        yield start, match.start()
        start = match.end()
    yield start, stop


_LINE_END = lazy_pattern(
    r"(?<=[0-9a-fA-F-])(?P<mark>[ \t]{0,40}[|\\+\u21a9\u21b5]?)(?P<end>\r?\n|[\r\x0b\x0c\x85\u2028\u2029]|<br ?/?>\n?)"
    r"[ \t>|+]{0,40}(?=(?P<piece>[0-9a-fA-F-]{1,36}+)(?![0-9A-Za-z]))"
)
_DIGITS_AND_LETTERS = lazy_pattern(rf"(?=[a-fA-F-]*\d)(?=[\d-]*[a-fA-F]){ID}")
_HEX = "0123456789abcdefABCDEF-"
_ID_LENGTHS = range(32, 37)
_PIECES = 4
"""Lines that an id can be broken into: more would be columns of digits."""


def find_broken_ids(plain: str) -> Iterator[list[tuple[int, int]]]:
    """Yield the positions of the pieces of ids that line ends break, with or without an indent or a mark of quotation.

    Nothing says that the pieces belong together: an id of 16 digits may end a line, and another begin the next.
    """
    done = 0
    for line_end in _LINE_END.finditer(plain):
        stop = line_end.start()
        if stop < done:
            continue
        head = plain[max(done, stop - _ID_LENGTHS.stop) : stop]
        first = head[len(head.rstrip(_HEX)) :]
        if len(first) == len(head) > _ID_LENGTHS.stop or head[: len(head) - len(first)][-1:].isalnum():
            continue
        spans, text = [(stop - len(first), stop)], first
        gap: re.Match[str] | None = line_end
        while gap is not None and len(text) < _ID_LENGTHS.start and len(spans) < _PIECES:
            spans.append(gap.span("piece"))
            text += gap["piece"]
            gap = _LINE_END.match(plain, gap.end("piece"))
        if len(text) in _ID_LENGTHS and len(spans) > 1 and _DIGITS_AND_LETTERS.fullmatch(text):
            done = spans[-1][1]
            yield spans
