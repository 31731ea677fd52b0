"""References to objects on lines of an outline: their names and keys, and which objects a line names."""

from types import MappingProxyType

from zjobtui.formatting.outline import OutlineNode
from zjobtui.models.related import Reference, RelatedKind, is_id
from zjobtui.models.text import shorten

_KINDS = MappingProxyType(
    {
        **{f"{kind.noun} {what}": kind for kind in RelatedKind for what in ("number", "id")},
        "owner number": RelatedKind.ACCOUNT,
        "owner id": RelatedKind.ACCOUNT,
    }
)
"""The kinds of objects by what `OutlineNode.values` calls their numbers and ids."""

_NOT_READABLE = frozenset({"order id", "order line item number"})
"""Orders are read only by their number, order line items only by their id."""


def readable(node: OutlineNode) -> tuple[Reference, ...]:
    """Return the objects that a line names, each once: by its number if the line has its id as well."""
    found, before = dict[Reference, None](), ""
    for what, value in node.values:
        noun, _, form = what.rpartition(" ")
        is_same_object = form == "id" and before == f"{noun} number" and before not in _NOT_READABLE
        before = what
        if what in _KINDS and what not in _NOT_READABLE and not is_same_object and value and "\n" not in value:
            found[Reference(_KINDS[what], value)] = None
    return tuple(found)


def related_key(reference: Reference) -> str:
    """Return the key of an object's node, the same before, during and after its read."""
    return f"related/{reference.kind.word}/{reference.key}"


def group_key(kind: RelatedKind) -> str:
    """Return the key of the group of several objects of a kind."""
    return f"related/{kind.word}s"


def raw_key(reference: Reference) -> str:
    """Return the key of the line that opens the response of an object."""
    return f"{related_key(reference)}/raw"


def reference_text(reference: Reference) -> str:
    """Return an object as a heading: `Order O-00000001`."""
    return f"{reference.kind.noun.capitalize()} {shorten(reference.key, 60)}"


def reference_values(reference: Reference) -> tuple[tuple[str, str], ...]:
    """Return the number or id of an object after what it is, for copying and for reading it."""
    what = "id" if is_id(reference.key) else "number"
    return ((f"{reference.kind.noun} {what}", reference.key),)
