"""Recorded and derived responses of `GET /v1/async-jobs/{jobId}`, by name."""

import json
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("payloads")

PAYLOADS: tuple[str, ...] = tuple(sorted(path.stem for path in _FOLDER.glob("*-*.json")))
"""All names for `payload`."""


def payload(name: str) -> bytes:
    """Return the body as it was received."""
    return (_FOLDER / f"{name}.json").read_bytes()


def http_status(name: str) -> int:
    """Return the HTTP status of the response."""
    if name not in PAYLOADS:
        raise KeyError(name)
    return _statuses().get(name, 200)


@cache
def _statuses() -> dict[str, int]:
    statuses: dict[str, int] = json.loads((_FOLDER / "http.json").read_bytes())
    return statuses
