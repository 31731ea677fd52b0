"""Pasted text: its decoded forms, the names before values, and the columns of tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Self

from zjobtui.models.lazy_pattern import lazy_pattern

ID = r"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32})"
"""A job id; the characters beside it are not checked."""

_END = r"(?![0-9A-Za-z])"
_CSI = r"\[[0-9;:?]{0,40}[A-Za-z]"
_CODES = tuple(
    (sign, lazy_pattern(rf"{code}(?:{code})*"))
    for sign, code in (
        ("\x1b", rf"\x1b(?:{_CSI}|[()][0-9A-B])"),
        ("\u241b", rf"\u241b(?:{_CSI}|[()][0-9A-B])"),
        ("^", rf"\^\[{_CSI}"),
        ("\\", rf"\\(?<!\\\\)\\{{0,15}}+(?:u001[bB]|x1[bB]|033|e){_CSI}"),
    )
)
"""Control sequences (ECMA-48), raw and as programs print them, each by its first character."""

_ID_BEFORE = lazy_pattern(rf"(?<![0-9A-Za-z]){ID}$")
_ID_AFTER = lazy_pattern(ID + _END)

_SEPARATORS = "0[9aAdD]|2[0126-9cCfF]|3[aAbBcCdDeEfF]|5[bBcCdD]|60|7[bBcCdD]"
_ESCAPES = tuple(
    (sign, lazy_pattern(pattern))
    for sign, pattern in (
        (
            "&",
            r"&(?:amp;){0,4}(?:(?P<name>quot|apos|lt|gt|nbsp|amp)|#0{0,4}(?P<decimal>[0-9]{1,3})|#[xX]0{0,4}(?P<hex>[0-9a-fA-F]{1,2}));",
        ),
        ("%", rf"%(?!{ID}{_END})(?:25){{0,4}}(?P<hex>{_SEPARATORS})"),
        ("$", rf"\$(?!{ID}{_END})(?:25){{0,4}}(?P<hex>{_SEPARATORS})"),
        ("=", rf"=(?!{ID}{_END})(?P<hex>3[DdAa]|2[027Cc])"),
        ("\\", rf"\\(?<!\\\\)\\{{0,15}}+(?:[nrt\"'/`]|(?:u00|x)(?P<hex>{_SEPARATORS}))"),
    )
)
_NAMED = {"quot": '"', "apos": "'", "lt": "<", "gt": ">", "nbsp": " ", "amp": "&"}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text in three forms of the same length, so that a position in one is a position in all."""

    shown: str
    """As it was given, without colour codes."""
    plain: str
    """With every escaped separator (`\\n`, `%22`, `&quot;`, `=3D`) decoded and padded with blanks."""
    low: str
    """`plain` in lower case."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Decode a text."""
        shown = without_colours(text)
        plain = shown
        for sign, escapes in _ESCAPES:
            if sign in plain:
                plain = escapes.sub(_separator, plain)
        # This letter alone becomes two characters in lower case.
        return cls(shown, plain, plain.replace("\u0130", "I").lower())


def without_colours(text: str) -> str:
    """Return the text without control sequences; those that separate words leave a blank."""
    for sign, codes in _CODES:
        if sign in text:
            text = codes.sub(_without_codes, text)
    return text


def _without_codes(codes: re.Match[str]) -> str:
    """Return nothing for colours, so that a partly coloured id stays whole; a blank if the codes separate words."""
    text, start, end = codes.string, codes.start(), codes.end()
    is_colour = not re.search(r"\[[0-9;:?]*(?![mK])[A-Za-z]", codes.group())
    parts_ids = _ID_AFTER.match(text, end) or _ID_BEFORE.search(text[max(0, start - 37) : start])
    return "" if is_colour and not parts_ids else " "


def _separator(escape: re.Match[str]) -> str:
    whole = escape.group()
    kind = escape.lastgroup
    if kind == "hex":
        character = chr(int(escape[kind], 16))
    elif kind == "decimal":
        character = chr(int(escape[kind]))
    else:
        character = _NAMED[escape[kind]] if kind else _CONTROLS.get(whole[-1], whole[-1])
    if character.isalnum() or not character.isascii():
        return whole
    return character.rjust(len(whole))


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


@dataclass(frozen=True, slots=True)
class Cell:
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


@dataclass(frozen=True, slots=True)
class _Heading:
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
