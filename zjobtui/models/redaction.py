"""Redaction: finds access tokens, passwords and other credentials in text by the names before them, and masks them."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from msgspec import Struct

from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.pasted_text import Cell, NameKind, find_broken_ids, find_cells, kind_of_name
from zjobtui.models.source_text import ID, SourceText

MASK = "[masked]"

_VALUE_LIMIT = 4_096
"""Characters of a value that are read: more than the longest token that Zuora issues."""

_ID_END = r"(?![0-9a-z])"
_NAME_END = rf"\d{{0,2}}(?:(?![0-9a-z_-])|(?=[_-]{{1,3}}{ID}{_ID_END})|(?=-{{1,2}}>))"
_TAILS = {
    stem: lazy_pattern(pattern)
    for stem, pattern in (
        ("token", rf"tokens?(?:[_-]?(?:id|value)s?)?{_NAME_END}"),
        ("secret", f"secrets?{_NAME_END}"),
        ("passw", f"passw(?:or)?ds?{_NAME_END}"),
        ("passphrase", f"passphrase{_NAME_END}"),
        ("pwd", f"pwd{_NAME_END}"),
        ("bearer", f"bearer{_NAME_END}"),
        ("basic", f"basic{_NAME_END}"),
        ("authorization", f"authorization{_NAME_END}"),
        ("cookie", f"cookies?{_NAME_END}"),
        ("jti", f"jti{_NAME_END}"),
        ("client", f"client[ _.-]?ids?{_NAME_END}"),
        ("key", f"key(?:[_-]?id)?{_NAME_END}"),
        ("session", f"session(?:[ _-]?id)?{_NAME_END}"),
    )
}
_KEY_QUALIFIER = lazy_pattern(r"(?:api|access|private|secret|auth|signing|consumer)[ _-]?$")
_SESSION_NAME = lazy_pattern(r"zsession|session[ _-]?id")
_MACHINE_NAME = lazy_pattern(r"(?:client|session)[_.-]?id|token[_-]?(?:id|value)|apikey")
_REFUSED_TOKEN = frozenset({"invalid", "expired", "missing", "no", "bad", "unknown", "revoked", "malformed", "wrong"})
"""Words that make an error code of a name: `error=invalid_token`."""

_NAMES_KIND_OF_TOKEN = lazy_pattern(
    r"(?:token[_-]?type(?:[_-]?hint)?|grant[_-]?type|response[_-]?type|(?:www|proxy)-authenticate|scope)"
    r"[\s\"'`\\]{0,8}[:=>][\s\"'`\\]{0,8}$"
)
_PLACE = lazy_pattern(r"(?:bearer|basic|[:=])[\s\"']{0,4}$")
"""What makes a tag a placeholder: `Bearer <token>`."""
_SCHEMES = ("bearer", "basic")
_CLIENT = lazy_pattern(rf"oauth[ _-]?client[\s:=\"'`(]{{1,4}}(?P<value>{ID}){_ID_END}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-."
_QUOTES = "\"'`"

_SEPARATOR = (
    r"(?:[\s:=\"'`\\\[({|+>]|\*{1,2}(?!\*)|-{1,2}>|-(?=\s)|[\])](?=[\s\"'`]{0,4}[:=])|[\u2192\u2013\u2014]|<(?=[0-9a-f]{8})|<!\[cdata\["
    r"|(?<![0-9a-z_])(?:[bruf]{1,2}|[a-z_.]{2,30}\()(?=[\"']))"
)
_TAG = r"</?(?:td|dd|dt|span|b|i|em|strong|code|kbd|font|key|name|value|string)(?:\s[^<>]{0,80})?>"
_WORD = r"(?:bearer|basic|token|oauth2?|digest|apikey|jwt|is|was|value)\b"
_GAP = lazy_pattern(rf"{_SEPARATOR}{{0,160}}+(?:{_WORD}{_SEPARATOR}{{1,160}}+){{0,2}}")
_GAP_WITH_TAGS = lazy_pattern(rf"(?:{_SEPARATOR}|{_TAG}){{0,160}}+(?:{_WORD}{_SEPARATOR}{{1,160}}+){{0,2}}")
_SCHEME = lazy_pattern(r"[a-z][a-z0-9_-]{1,20}[ +]{1,4}(?=[^\s:=]{12})")
_COMMA = lazy_pattern(rf"(?P<quote>[\"'`]?)\s{{0,8}}[,;]\s{{0,8}}(?P=quote)(?=(?P<id>{ID}{_ID_END})?)")
_UNDERSCORES = lazy_pattern(rf"[_-]{{1,3}}(?={ID}{_ID_END})")
_EMPTY = lazy_pattern(r"[:=]\s{0,8}(?:\"\s{0,8}\"|'\s{0,8}')[\s\])]")

_ASCII = str.maketrans(
    "\u201c\u201d\u201e\u2018\u2019\uff1a\uff1d\u00a0\u202f\u3001\uff0c\u3002\uff1b", '"""\'\':=  ,,,;'
)
"""Typographic quotes, full-width signs and no-break spaces, as the ASCII characters that they stand for."""

_MARK = lazy_pattern(r"[:=>|\"'`]|\b(?:is|was|value)\b")
"""What assigns a value to a name on the same line."""
_CLOSED = lazy_pattern(r"(?:^|[a-z0-9])(?P<quote>[\"'`])[ \t]{1,160}$")
"""A quotation that ends before the value."""
_DASH = lazy_pattern("[\u2192\u2013\u2014]")
_SURE_PHRASE = lazy_pattern(r"(?:access|refresh|bearer|api|client|session) (?:token|secret|key|id)s?$")
_NAME_MEMBER = lazy_pattern(r"(?:key|name)[\"'`]?\s{0,8}:\s{0,8}[\"'`]?$")
_PHRASE = lazy_pattern(
    r"(?P<words>(?:[ \t]{1,3}(?:[a-z]{1,20}\b|\([^()\n.,]{1,40}\))){1,5})[ \t]{0,3}(?::|(?<=[ \t]is)|(?<=[ \t]was))"
    r"[ \t]{1,4}[\"'`*]{0,2}(?=[^\s]{20})"
)
"""Words between a name and its value: `Token used: …`, `The token we got was …`."""
_ABOUT_OTHERS = lazy_pattern(
    r"job|\b(?:no|not|without|bad|wrong|invalid|missing|expired|revoked|unknown|empty|fail\w*|errors?|limits?|bucket|hit"
    r"|changed|renew\w*|rotat\w*|refresh\w*|needed|santa|ok|work\w*|reset|updated|deleted|orders?|requests?|accounts?|ids?|affected|problems?|issues?)\b"
)
"""Words of a sentence about something else that a token was needed for."""
_OBJECT = lazy_pattern(r"\{[^{}]{1,2000}\}")
_MEMBER = lazy_pattern(
    r"(?<![\w-])(?P<member>key|name|value)\s{0,2}[\"'`]?\s{0,8}:\s{0,8}(?P<quote>[\"'`])(?P<text>[^\"'`\n]{1,4096})(?P=quote)"
)
_MORE_SECRET_NAMES = lazy_pattern(r"(?:token(?:id|value)|consumerkey|pwd)s?$")
_ITEM = lazy_pattern(r"[^\s,;\"'`]{8,4096}")

_PLAIN_VALUE = lazy_pattern(rf"[^\s\"'`,;&<>|(){{}}\[\]]{{1,{_VALUE_LIMIT}}}")
_COOKIES = lazy_pattern(r"[^\s;\"'`]{1,4096}(?:;[ \t]{0,4}[^\s;=\"'`]{1,400}(?:=[^;\n\r\"'`]{0,4096})?){0,200}")
_IS_KEY = lazy_pattern(
    rf"(?!{ID}{_ID_END})[A-Za-z_][\w.-]{{0,60}}[\"'`]?(?:[ \t]{{0,4}}:(?=[\s\"']|$)|[ ]?=(?![=\s]|$))"
)
_PLACEHOLDER = lazy_pattern(
    r"[*xX.\u2026_%$<>{}\[\]-]*|\$[A-Za-z_{(].*|%\w+%|[{<].*|(?:null|none|nil|undefined|true|false|masked|redacted|filtered|hidden|removed"
    r"|secret|token|bearer|basic|your[_-].*)",
    re.IGNORECASE,
)
_JWT = lazy_pattern(r"(?<![\w-])eyj[\w-]{8,4096}\.[\w-]{8,4096}\.[\w-]{0,4096}")
_USER_INFO = lazy_pattern(r"://(?P<value>[^/\s:@\"'<>]{0,200}:[^/\s@\"'<>]{1,200})@")
_USER_OPTION = lazy_pattern(
    r"(?<![\w-])(?:-u|--user|--proxy-user)[ =]{0,4}[\"']?(?P<value>[^\s\"':=/-][^\s\"':/]{0,200}:[^\s\"']{1,400})"
)
_WORDS = lazy_pattern(r"[^\s;=,:&]{8,}")
_SPACE = lazy_pattern(r"\s")
_HEX = lazy_pattern(r"[0-9a-f-]{28,}")
_ID_DIGITS = lazy_pattern(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The positions of the secrets of a text, and how to recognise them elsewhere in it. Its repr contains none."""

    spans: tuple[tuple[int, int], ...] = ()
    """Positions in the decoded text, in order and disjoint."""
    cells: tuple[Cell, ...] = ()
    """The table cells that were found."""
    count: int = 0
    """The number of different secrets."""
    words: frozenset[str] = field(default=frozenset(), repr=False)
    """The secrets that cannot be ordinary words, in lower case."""
    hints: tuple[str, ...] = field(default=(), repr=False)
    """The first six characters of those that have the form of a job id."""
    parts: frozenset[str] = field(default=frozenset(), repr=False)
    """The runs of 28 and of 32 hexadecimal digits in them."""
    broken: tuple[list[tuple[int, int]], ...] = ()
    """The positions of the pieces of ids that line ends break, secret or not."""

    def covers(self, start: int, end: int) -> bool:
        """Return whether a secret covers any of these positions."""
        index = bisect_right(self.spans, (end - 1, end)) - 1
        return index >= 0 and self.spans[index][1] > start

    def holds(self, digits: str) -> bool:
        """Return whether digits (hexadecimal, lower case) are a secret that occurs elsewhere, or nearly one."""
        if not self.parts:
            return False
        size = 32 if len(digits) == 32 else 28
        return any(digits[start : start + size] in self.parts for start in range(len(digits) - size + 1))


class _Name(Struct, frozen=True):
    """The name of a secret in a text."""

    stem: str
    start: int
    end: int
    is_machine_made: bool
    """Whether it is written as in code, such as `access_token` or `clientId`, and not as in a sentence."""

    @property
    def is_sure(self) -> bool:
        """Whether it names only secrets."""
        return self.is_machine_made or self.stem in {"bearer", "authorization", "cookie"}


def find_secrets(source: SourceText) -> Secrets:
    """Return the credentials in a text: what follows the name of one, with only separators between."""
    cells = find_cells(source)
    low = source.low
    if not source.plain.isascii():
        source = replace(source, plain=source.plain.translate(_ASCII), low=source.low.translate(_ASCII))
    values = sorted((*_followers(source, cells), *_values_of_objects(source)))
    spans = tuple(_joined(span for span in values if not _PLACEHOLDER.fullmatch(source.plain[slice(*span)].strip())))
    texts = dict.fromkeys(low[start:end].strip() for start, end in spans)
    words = {word for text in texts for word in _WORDS.findall(text)}
    starts, broken = list(spans), tuple(find_broken_ids(source.plain))
    rests = [pieces for pieces in broken if any(_is_within(starts, start) for start, _ in pieces)]
    if rests:  # of secrets that a line end breaks
        spans = tuple(_joined(sorted((*spans, *chain.from_iterable(rests)))))
        words.update("".join(low[slice(*piece)] for piece in pieces) for pieces in rests)
    parts = frozenset(part for word in words for part in _hex_parts(word))
    digits = dict.fromkeys(text.replace("-", "") for text in texts)
    hints = tuple(dict.fromkeys(f"{secret[:6]}…" for secret in digits if _ID_DIGITS.fullmatch(secret)))
    return Secrets(spans, tuple(cells), len(digits), frozenset(filter(_is_opaque, words)), hints, parts, broken)


def mask_secrets(text: str) -> str:
    """Return the text with `[masked]` for each credential, wherever it occurs.

    It is then without control sequences and invisible characters, too.
    """
    source = SourceText.of(text)
    secrets = find_secrets(source)
    if not secrets.count:
        return text
    ids = (word.span() for word in _HEX.finditer(source.low) if secrets.holds(word.group().replace("-", "")))
    spans = [*secrets.spans, *_occurrences(source.low, secrets.words), *ids]
    pieces, position = [], 0
    for start, end in _joined(sorted(source.shown_span(*span) for span in spans)):
        pieces += [source.shown[position:start], MASK]
        position = end
    return "".join((*pieces, source.shown[position:]))


def _followers(source: SourceText, cells: Iterable[Cell]) -> Iterator[tuple[int, int]]:
    """Yield the spans of values that are secret by the text before them, by their column or by their form."""
    low = source.low
    headings = []
    for cell in cells:
        if cell.kind is None:
            headings.append((cell.start, cell.end))
        elif cell.kind is NameKind.SECRET:
            yield from _stripped(source.plain, cell.start, cell.end)
    for stem, tail in _TAILS.items():
        position = low.find(stem)
        while position >= 0:
            name = tail.match(low, position)
            end = position + len(stem)
            if name is not None and not _is_within(headings, position):
                for span in _value_after(source, stem, position, name.end()):
                    yield span
                    end = span[1]  # a name within a value does not count
            position = low.find(stem, end)
    for sign, pattern in (
        ("eyj", _JWT),
        ("://", _USER_INFO),
        ("-u", _USER_OPTION),
        ("--proxy-u", _USER_OPTION),
        ("oauth", _CLIENT),
    ):
        yield from _matches(low, sign, pattern)


def _matches(low: str, sign: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    position = low.find(sign)
    while position >= 0:
        # `--user` begins a character before the sign that finds it.
        match = pattern.match(low, position) or (pattern.match(low, position - 1) if position else None)
        if match is not None:
            yield match.span("value" if "value" in pattern.groupindex else 0)
        position = low.find(sign, max(position + len(sign), match.end() if match else 0))


def _values_of_objects(source: SourceText) -> Iterator[tuple[int, int]]:
    if "value" in source.low:
        for match in _OBJECT.finditer(source.low):
            yield from _value_of_object(source.plain, match)


def _value_of_object(plain: str, braces: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield the value in `{"key": "access_token", "value": "…"}`, in any order of the members."""
    members = {match["member"]: match for match in _MEMBER.finditer(braces.string, *braces.span())}
    key, value = members.get("key") or members.get("name"), members.get("value")
    if key is None or value is None:
        return
    name = key["text"].strip()
    is_secret = kind_of_name(name) is NameKind.SECRET or _MORE_SECRET_NAMES.search(re.sub("[ _.-]", "", name))
    start, end = value.span("text")
    if scheme := re.match(r"(?:bearer|basic)\s+", value["text"]):
        start += scheme.end()
    if is_secret and (_is_opaque(plain[start:end].strip()) or "secret" in name or "passw" in name):
        yield from _stripped(plain, start, end)


def _value_after(source: SourceText, stem: str, position: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the span of the value after a name, if the name is that of a secret and the value can be one."""
    low = source.low
    before = low[max(0, position - 60) : position]
    prefix = before[len(before.rstrip(_LETTERS)) :]
    if _is_not_a_name(stem, low[position:end], before, prefix):
        return
    is_machine_made = bool(prefix) or stem == "jti" or _MACHINE_NAME.match(low, position, end) is not None
    name = _Name(stem, position - len(prefix), end, is_machine_made)
    if stem in {"token", "bearer", "secret", "passw"} and (phrase := _phrase(low, name)):
        yield from _opaque(source.plain, phrase.end())
        return
    gap_end = _end_of_gap(source, name)
    if gap_end is None:
        return
    gap = low[end:gap_end]
    yield from _value(source, stem, gap, gap_end, is_sure=name.is_sure)
    if "[" in gap and (name.is_sure or low[end - 1] == "s"):
        yield from _items(source.plain, gap_end)


def _end_of_gap(source: SourceText, name: _Name) -> int | None:
    """Return where the value of a name begins, or None if what follows the name is not its value."""
    low, start, end = source.low, name.start, name.end
    is_tag = low[start - 1 : start] == "<"
    if is_tag and _PLACE.search(low, max(0, start - 20), start - 1):
        return None
    if name.is_sure and name.stem != "bearer" and (comma := _comma(low, start, end)):
        return comma.end()
    gap_end = (_GAP if is_tag else _GAP_WITH_TAGS).match(low, end).end()  # type: ignore[union-attr] # it can be empty
    if gap_end == end:
        joined = _UNDERSCORES.match(low, end)
        return joined.end() if joined else None
    if name.stem == "authorization" and (scheme := _SCHEME.match(low, gap_end)):
        gap_end = scheme.end()
    gap = low[end:gap_end]
    is_assigned = _is_on_next_line(low, name, gap) if "\n" in gap else _is_on_line(source, name, gap)
    return gap_end if is_assigned and not _EMPTY.search(gap) else None


def _items(plain: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield the items of a list in brackets, from its first."""
    end = plain.find("]", start, start + _VALUE_LIMIT)
    if end > 0 and not any(sign in plain[start:end] for sign in "{:=["):
        yield from (item.span() for item in _ITEM.finditer(plain, start, end) if _is_opaque(item.group()))


def _is_not_a_name(stem: str, name: str, before: str, prefix: str) -> bool:
    """Return whether a word only looks like the name of a secret: a kind of token, an error code, a part of a word."""
    if stem in {"bearer", "jti"} and before[-1:].isalnum():
        return True
    if stem == "basic" and prefix:
        return True
    if stem == "key" and not _KEY_QUALIFIER.search(before):
        return True
    if stem == "session" and not _SESSION_NAME.fullmatch(before[-1:] + name if before[-1:] == "z" else name):
        return True
    if stem in {"token", "secret"} and prefix.strip("_-.") in _REFUSED_TOKEN:
        return True
    return bool(_NAMES_KIND_OF_TOKEN.search(before[: len(before) - len(prefix)]))


def _comma(low: str, start: int, end: int) -> re.Match[str] | None:
    """Match a comma between name and value: `('client_id', '…')`, or a line `access_token,…` of CSV."""
    match = _COMMA.match(low, end)
    if match is None:
        return None
    is_quoted = bool(match["quote"]) and low[start - 1 : start] == match["quote"]
    is_line = start == 0 or low[start - 1] in "\n\"'"
    return match if is_quoted or (match["id"] and is_line and "\n" not in match.group()) else None


def _phrase(low: str, name: _Name) -> re.Match[str] | None:
    """Match a few words between the name of a secret and its value, unless they are about something else."""
    match = _PHRASE.match(low, name.end)
    if match is None or _ABOUT_OTHERS.search(match["words"]):
        return None
    clause = re.split(r"[.,;:\n]", low[max(0, name.start - 60) : name.start])[-1]
    return None if _ABOUT_OTHERS.search(clause) else match


def _opaque(plain: str, start: int) -> Iterator[tuple[int, int]]:
    match = _PLAIN_VALUE.match(plain, start)
    if match is not None:
        value = match.group().rstrip(".:?!")
        if "://" not in value and _is_opaque(value):
            yield from _stripped(plain, start, start + len(value))


def _is_on_line(source: SourceText, name: _Name, gap: str) -> bool:
    """Return whether a name is followed by a value on its line as a name is, and not as a word of a sentence."""
    low, start = source.low, name.start
    before = low[start - 1 : start]
    if before in {"/", "$"} or low[max(0, start - 2) : start] == "${":  # the end of a path, a variable that is used
        return any(sign in gap for sign in ":=") or any(sign in gap[1:] for sign in _QUOTES)
    closing = _CLOSED.search(gap)
    if closing is not None and not (name.is_machine_made and before == closing["quote"]):
        return False
    if name.is_machine_made:
        return True
    if _DASH.search(gap):
        return name.stem == "authorization" or _SURE_PHRASE.search(low, max(0, start - 12), name.end) is not None
    if _MARK.search(gap):
        return True
    words = low[max(0, start - 40) : start].rpartition("\n")[2].rstrip(" \t")
    is_scheme = source.plain[start : start + 1].isupper() or not words[-1:].isalnum()
    return is_scheme and name.stem in {"bearer", "basic"} and not any(map(str.isalpha, gap))


def _is_on_next_line(low: str, name: _Name, gap: str) -> bool:
    """Return whether the end of a line names what is on the next: as in YAML, JSON, XML or a folded header."""
    line = low[max(0, name.start - 400) : name.start].rpartition("\n")[2]
    first, _, rest = gap.partition("\n")
    if first.rstrip().endswith("\\") or (name.stem == "authorization" and first.rstrip().endswith(_SCHEMES)):
        return "\n" not in rest  # a shell command that goes on, or a wrapped header
    if name.is_machine_made and not f"{line}{gap}".strip():
        return "\n" not in rest  # a name and its value, each alone on its line
    if "\n" in rest or rest.lstrip().startswith("-") or first.rstrip().endswith("="):
        return False
    if _NAME_MEMBER.search(line) and rest.lstrip().startswith("value"):
        return True
    is_tag = line.endswith("<")
    is_alone = line.rstrip()[-1:] in {"", *"{[>-*#|<", *_QUOTES}
    is_between_tags = "</" in first and rest.rstrip().endswith(">")
    if not (name.is_machine_made or is_alone) or not (is_tag or is_between_tags or ":" in gap or "=" in gap):
        return False
    around = " \t>" if rest.lstrip().startswith(">") else " \t"
    depth = len(rest) - len(rest.lstrip(around))
    is_deeper = depth > len(line) - len(line.lstrip(around))
    return is_deeper or is_between_tags or rest[-1:] in tuple(_QUOTES)


def _value(source: SourceText, stem: str, gap: str, start: int, *, is_sure: bool) -> Iterator[tuple[int, int]]:
    plain = source.plain
    is_assigned = any(sign in gap for sign in ":=>,;")
    if plain[start : start + 1] in {"", *",;&})"}:
        return
    if (
        stem != "cookie"
        and (gap[-1] not in ":=" + _QUOTES or "\n" in gap or "{" in gap)
        and _IS_KEY.match(plain, start)
    ):
        return
    quote = gap[-1] if gap[-1] in _QUOTES else ""
    end = plain.find(quote, start, start + _VALUE_LIMIT) if quote else -1
    is_phrase = bool(_SPACE.search(plain[start:end].strip())) if end > start else True
    if end > start and "\n" not in plain[start:end] and (is_assigned or not is_phrase):
        if is_phrase and stem in {"token", "basic", "key"} and not is_sure:
            return
    elif stem == "cookie":
        match = _COOKIES.match(plain, start) if is_assigned else None
        end = match.end() if match else start
    else:
        match = _PLAIN_VALUE.match(plain, start)
        end = match.end() if match else start
    while end > start and plain[end - 1] in ".:?!":
        end -= 1
    if "://" in plain[start:end] or (stem == "pwd" and ("\\" in plain[start:end] or plain[start] in "/~.")):
        return
    is_opaque = _is_opaque(plain[start:end].strip())
    needs_opaque = (
        not is_assigned
        or stem in {"bearer", "basic"}
        or (not is_sure and stem not in {"secret", "passw", "passphrase"})
        or (stem != "authorization" and any(map(str.isalpha, gap)))
    )
    if is_opaque or not needs_opaque:
        yield from _stripped(plain, start, end)


def _stripped(plain: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    value = plain[start:end]
    start += len(value) - len(value.lstrip(" \t\r\"'`*"))
    end -= len(value) - len(value.rstrip(" \t\r\"'`*"))
    if end > start:
        yield start, end


def _is_opaque(value: str) -> bool:
    """Return whether a word looks machine-generated."""
    return len(value) >= 8 and (len(value) >= 24 or any(map(str.isdigit, value))) and not _SPACE.search(value)


def _is_within(spans: list[tuple[int, int]], position: int) -> bool:
    index = bisect_right(spans, (position, 1 << 62)) - 1
    return index >= 0 and position < spans[index][1]


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans in order, merging those that overlap."""
    last: tuple[int, int] | None = None
    for start, end in spans:
        if last is not None and start < last[1]:
            last = (last[0], max(last[1], end))
        else:
            if last is not None:
                yield last
            last = (start, end)
    if last is not None:
        yield last


def _hex_parts(word: str) -> Iterator[str]:
    """Yield the runs of 28 and of 32 digits in a secret, so that a part of it is recognised, too."""
    for run in _HEX.findall(word):
        digits = run.replace("-", "")
        if len(digits) <= 128:
            for size in (28, 32):
                yield from (digits[start : start + size] for start in range(len(digits) - size + 1))


def _occurrences(low: str, values: Iterable[str]) -> Iterator[tuple[int, int]]:
    for value in values:
        position = low.find(value)
        while position >= 0:
            yield position, position + len(value)
            position = low.find(value, position + len(value))
