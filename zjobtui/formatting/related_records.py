"""Read objects as records for other programs."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from zjobtui.formatting.times import stamp
from zjobtui.models.pending import explain
from zjobtui.models.related import ReadProblem, ReadResult
from zjobtui.models.related_details import OrderDetails


def related_record(result: ReadResult, statuses: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the result of a read as a record.

    Amounts are texts, so that no digit is lost; what Zuora did not give is None; time stamps are Zuora's, without a
    zone if Zuora gives none.
    """
    common = {"kind": result.reference.kind.word, "key": result.reference.key}
    if isinstance(result, ReadProblem):
        problem = {
            "problem": result.kind.value,
            "sentence": result.sentence,
            "code": result.code or None,
            "detail": result.detail or None,
        }
        return {**common, "read_at": stamp(result.at), **problem, **_call(result), "details": None}
    record = {**common, "read_at": stamp(result.read_at), "problem": None, **_call(result)}
    details = _plain(result.details)
    if isinstance(result.details, OrderDetails):
        state = explain(result.details, statuses)
        missing = [str(each) for each in state.missing] if state else []
        details["state"] = {**_plain(state), "missing": missing} if state else None
    return {**record, "details": details}


def _call(result: ReadResult) -> dict[str, Any]:
    call = result.call
    return {"http_status": call.http_status, "request_id": call.request_id or None, "track_id": call.track_id or None}


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON holds anything
    match value:
        case Struct():
            return {name: _plain(each) for name, each in asdict(value).items()}
        case tuple():
            return [_plain(item) for item in value]
        case Decimal():
            return str(value)
        case Enum():
            return value.value
        case "":
            return None
        case _:
            return value
