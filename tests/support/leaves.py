"""The leaves of a JSON value, and where they are in a report and in an outline."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from msgspec.structs import asdict

from zjobtui.formatting.outline import OutlineNode, json_text
from zjobtui.models.json_value import Json
from zjobtui.models.reason import Reason

_KEPT_AS_THEY_CAME = frozenset({"rest", "fields", "metrics"})
_SAYS_NOTHING_NEW = frozenset({"raw", "malformed"})


def leaves(value: object) -> Iterator[Json]:
    """Yield the strings, numbers and booleans in a JSON value, without null and empty strings."""
    match value:
        case Mapping():
            for one in value.values():
                yield from leaves(one)
        case list() | tuple():
            for one in value:
                yield from leaves(one)
        case None | "":
            return
        case _:
            assert isinstance(value, str | int | Decimal)
            yield value


def same(leaf: Json) -> Json:
    """Return the leaf so that `300`, `"300"` and `Decimal("300.0")` are equal, since fields have been all three."""
    if isinstance(leaf, bool) or not isinstance(leaf, str | int | Decimal):
        return str(leaf)
    try:
        number = Decimal(leaf)
    except InvalidOperation:
        return leaf
    return str(number.to_integral_value() if number == number.to_integral_value() else number.normalize())


def count(some: Iterable[Json]) -> Counter[Json]:
    """Count the leaves."""
    return Counter(map(same, some))


def typed(value: object) -> Iterator[Json]:
    """Yield every leaf in the declared fields of a report."""
    match value:
        case Reason():
            yield value.code
            yield from _said_in(value.message)
        case tuple():
            for one in value:
                yield from typed(one)
        case Struct():
            for name, inner in asdict(value).items():
                if name not in _KEPT_AS_THEY_CAME | _SAYS_NOTHING_NEW:
                    yield from typed(inner)
        case _:
            yield from leaves(value)


def _said_in(message: str) -> Iterator[Json]:
    """Yield the message, and the leaves of the JSON at its end if there is any."""
    for at in (0, *(at for at, character in enumerate(message) if character == "{")):
        with suppress(ValueError):
            value = json.loads(message[at:], parse_float=Decimal)
            yield from leaves([message[:at].strip(), value])
            return
    yield message


def untyped(value: object) -> Iterator[Json]:
    """Yield every leaf that a report keeps unparsed, from any object."""
    if isinstance(value, Struct):
        for name, inner in asdict(value).items():
            yield from leaves(inner) if name in _KEPT_AS_THEY_CAME else untyped(inner)
    elif isinstance(value, tuple):
        for one in value:
            yield from untyped(one)


def outline_texts(lines: Iterable[OutlineNode]) -> Iterator[str]:
    """Yield every text of an outline, with all nodes expanded."""
    for line in lines:
        yield line.text
        yield from outline_texts(line.children)


def texts_of(some: Iterable[Json]) -> Counter[str]:
    """Count the leaves in the format of an outline."""
    return Counter(map(json_text, some))
