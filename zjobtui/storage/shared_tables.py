"""Tables that windows on one store share besides the watchlist: the store's id, leases, and the calls of the day."""

import random
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

_ID = "id"
_FOLLOWS = "follows {}"
"""The revision at which the content of the store with that id was carried over to this one."""

_random = random.SystemRandom()

KEPT_DAYS = 7
"""Days for which counts are stored."""


def id_of(connection: sqlite3.Connection) -> int | None:
    """Return the random number that identifies a store; None if it has none yet."""
    return _number(connection, _ID)


def ensure_id(connection: sqlite3.Connection, *, renew: bool = False) -> int:
    """Return the id of a store, giving it one if it has none, or a new one if `renew`."""
    store_id = None if renew else id_of(connection)
    if store_id is None:
        store_id = _random.getrandbits(62)
        connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (_ID, store_id))
    return store_id


def carried_over_at(connection: sqlite3.Connection, store_id: int | None) -> int | None:
    """Return the revision at which the store with that id was carried over to this one; None if it was not."""
    return _number(connection, _FOLLOWS.format(store_id))


def _number(connection: sqlite3.Connection, name: str) -> int | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row[0] if row is not None and isinstance(row[0], int) else None


def record_carry_over(connection: sqlite3.Connection, store_id: int | None, revision: int) -> None:
    """Record that everything in the store with that id is in this one as of `revision`."""
    if store_id is not None and carried_over_at(connection, store_id) is None:
        connection.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (_FOLLOWS.format(store_id), revision))


def data_version(connection: sqlite3.Connection) -> int:
    """Return a number that changes whenever another window commits."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def acquire_lease(connection: sqlite3.Connection, name: str, holder: str, now: float, life: float) -> bool:
    """Acquire or renew a lease for `life` seconds; return False if somebody else holds one that has not expired."""
    values = {"name": name, "holder": holder, "now": now, "until": now + life}
    return connection.execute(_HOLD, values).rowcount == 1


def lease_holder(connection: sqlite3.Connection, name: str) -> tuple[str, float]:
    """Return the holder of a lease and its end by the holder's clock; "" and 0 if nobody holds it."""
    row = connection.execute("SELECT holder, until FROM leases WHERE name = ?", (name,)).fetchone()
    return (str(row[0]), float(row[1])) if row else ("", 0.0)


def release_lease(connection: sqlite3.Connection, name: str, holder: str) -> None:
    """Release a lease, so that another window need not wait for its end."""
    connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))


def count_calls(connection: sqlite3.Connection, tenant: str, day: int, calls: int) -> int:
    """Add calls to a day's count (days since the epoch, UTC) and return the count of all windows."""
    if calls:
        connection.execute(_COUNT, {"tenant": tenant, "day": day, "calls": calls})
        connection.execute("DELETE FROM calls WHERE day < ?", (day - KEPT_DAYS,))
    row = connection.execute("SELECT calls FROM calls WHERE tenant = ? AND day = ?", (tenant, day)).fetchone()
    return int(row[0]) if row else 0


def record_calls(path: Path, day: int, calls: Mapping[str, int]) -> None:
    """Add calls by tenant to a day's count in the store at `path`; creates and repairs nothing, and never raises."""
    faults = (sqlite3.Error, OSError, ValueError, TypeError)
    with suppress(*faults), closing(connect(path, wait=BRIEF_LIMIT)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if 1 <= version_of(connection) <= SCHEMA_VERSION:
            for tenant, count in calls.items():
                count_calls(connection, tenant, day, count)
        connection.execute("COMMIT")
