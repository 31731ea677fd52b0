"""The documented responses of the reads: a small validator of types and enums, and random responses that satisfy it.

`openapi-reads.json` is cut from a public copy of Zuora's OpenAPI. Every property is optional there unless `required`
names it, and others may come besides.
"""

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

DOCUMENT = json.loads((Path(__file__).parent / "openapi-reads.json").read_text(encoding="utf-8"))

PATHS = {
    "order": "/v1/orders/{orderNumber}",
    "subscription": "/v1/subscriptions/{subscription-key}",
    "order-line-item": "/v1/order-line-items/{itemId}",
    "invoice": "/v1/invoices/{invoiceKey}",
    "payment": "/v1/payments/{paymentKey}",
    "credit-memo": "/v1/credit-memos/{creditMemoKey}",
    "account": "/v1/accounts/{account-key}",
}
"""The documented path of each kind of object."""

Schema = dict[str, Any]


def schema_of(kind: str, status: str = "200") -> Schema:
    """Return the schema of the response to a read."""
    responses = DOCUMENT["paths"][PATHS[kind]]["get"]["responses"]
    found: Schema = next(iter(responses[status]["content"].values()))["schema"]
    return found


def resolve(schema: Schema) -> Schema:
    """Return a schema with references and parts of `allOf` merged; of `oneOf` and `anyOf` the first part."""
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"].get(schema["$ref"].rpartition("/")[2], {})
    parts = [*schema.get("allOf", ()), *schema.get("oneOf", ())[:1], *schema.get("anyOf", ())[:1]]
    merged = {**schema, "properties": dict(schema.get("properties", {}))}
    for part in map(resolve, parts):
        merged["properties"] |= part["properties"]
        merged.setdefault("type", part.get("type"))
        for key in ("items", "enum"):
            if key in part:
                merged.setdefault(key, part[key])
    if merged["properties"]:
        merged["type"] = "object"
    return merged


TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


def violations(schema: Schema, value: object, path: str = "") -> Iterator[str]:
    """Yield what in a response contradicts the schema: a wrong type, or a word that is not in an enum."""
    whole = resolve(schema)
    kind, names = whole.get("type"), TYPES.get(str(whole.get("type")), ())
    if names and (not isinstance(value, names) or (isinstance(value, bool) and kind != "boolean")):
        yield f"{path}: {type(value).__name__} instead of {kind}"
        return
    if "enum" in whole and value not in whole["enum"]:
        yield f"{path}: {value!r} is not documented"
    if isinstance(value, dict):
        for name, item in value.items():
            if name in whole["properties"]:
                yield from violations(whole["properties"][name], item, f"{path}.{name}")
    if isinstance(value, list) and "items" in whole:
        for item in value:
            yield from violations(whole["items"], item, f"{path}[]")


@cache
def valid_responses(kind: str) -> st.SearchStrategy[Any]:
    """Return a strategy for responses to the read of an object of this kind."""
    return valid(schema_of(kind), 4)


def valid(schema: Schema, depth: int) -> st.SearchStrategy[Any]:
    """Return a strategy for values that satisfy the schema, with any of the properties absent."""
    whole = resolve(schema)
    if "enum" in whole:
        return st.sampled_from(whole["enum"])
    match whole.get("type"):
        case "string" if whole.get("format") == "date":
            return st.dates(date(2000, 1, 1)).map(str)
        case "string":
            return st.text(max_size=8)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(-(10**6), 10**6)
        case "number":
            return st.floats(-1e9, 1e9)
        case "array":
            return st.lists(valid(whole.get("items", {}), depth - 1), max_size=2) if depth else st.just([])
        case "object" if depth:
            properties = {name: valid(part, depth - 1) for name, part in whole["properties"].items()}
            return st.fixed_dictionaries({}, optional=properties)
        case "object":
            return st.just({})
        case _:
            return st.none() | st.booleans() | st.text(max_size=4)
