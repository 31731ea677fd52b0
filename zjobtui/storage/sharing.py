"""What windows on one store share beside the watchlist: which of them polls, and how many calls the day has seen."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from zjobtui.storage.database import BRIEF_LIMIT, connect
from zjobtui.storage.migrations import SCHEMA_VERSION, version_of

_HOLD = (
    "INSERT INTO leases (name, holder, until) VALUES (:name, :holder, :until) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until "
    "WHERE holder = excluded.holder OR until < :now"
)
_COUNT = (
    "INSERT INTO calls (tenant, day, calls) VALUES (:tenant, :day, :calls) "
    "ON CONFLICT (tenant, day) DO UPDATE SET calls = calls + excluded.calls"
)

KEPT_DAYS = 7
"""Days for which counts are kept."""


def data_version(connection: sqlite3.Connection) -> int:
    """A number that changes whenever another window commits."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def hold(connection: sqlite3.Connection, name: str, holder: str, now: float, life: float) -> bool:
    """Takes or keeps a lease for `life` seconds; False while somebody else holds one that has not run out."""
    asked = {"name": name, "holder": holder, "now": now, "until": now + life}
    return connection.execute(_HOLD, asked).rowcount == 1


def held_by(connection: sqlite3.Connection, name: str) -> tuple[str, float]:
    """Who holds a lease, and until when by the holder's clock; "" and 0 if nobody holds it."""
    found = connection.execute("SELECT holder, until FROM leases WHERE name = ?", (name,)).fetchone()
    return (str(found[0]), float(found[1])) if found else ("", 0.0)


def let_go(connection: sqlite3.Connection, name: str, holder: str) -> None:
    """Gives a lease back, so that another need not wait for its end."""
    connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))


def count_calls(connection: sqlite3.Connection, tenant: str, day: int, calls: int) -> int:
    """Adds calls to a day's count (days since the epoch, UTC) and gives the count of all windows."""
    if calls:
        connection.execute(_COUNT, {"tenant": tenant, "day": day, "calls": calls})
        connection.execute("DELETE FROM calls WHERE day < ?", (day - KEPT_DAYS,))
    found = connection.execute("SELECT calls FROM calls WHERE tenant = ? AND day = ?", (tenant, day)).fetchone()
    return int(found[0]) if found else 0


def record_calls(path: Path, day: int, calls: Mapping[str, int]) -> None:
    """Add calls by tenant to a day's count in the store at `path`; makes and mends nothing, and never raises."""
    faults = (sqlite3.Error, OSError, ValueError, TypeError)
    with suppress(*faults), closing(connect(path, wait=BRIEF_LIMIT)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if 1 <= version_of(connection) <= SCHEMA_VERSION:
            for tenant, count in calls.items():
                count_calls(connection, tenant, day, count)
        connection.execute("COMMIT")
