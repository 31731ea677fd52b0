"""What windows on one store share beside the watchlist: its id, which of them polls, and the calls of the day."""

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
"""Days for which counts are kept."""


def id_of(connection: sqlite3.Connection) -> int | None:
    """The random number that tells a store from any other; None if it has none yet."""
    return _number(connection, _ID)


def ensure_id(connection: sqlite3.Connection, *, renew: bool = False) -> int:
    """Give a store an id if it has none, or another one; return it."""
    store_id = None if renew else id_of(connection)
    if store_id is None:
        store_id = _random.getrandbits(62)
        connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (_ID, store_id))
    return store_id


def carried_over_at(connection: sqlite3.Connection, store_id: int | None) -> int | None:
    """The revision at which another window carried the store with that id over to this one; None if none did."""
    return _number(connection, _FOLLOWS.format(store_id))


def _number(connection: sqlite3.Connection, name: str) -> int | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row[0] if row is not None and isinstance(row[0], int) else None


def record_carry_over(connection: sqlite3.Connection, store_id: int | None, revision: int) -> None:
    """Write down that all of the store with that id is in this one as of `revision`."""
    if store_id is not None and carried_over_at(connection, store_id) is None:
        connection.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (_FOLLOWS.format(store_id), revision))


def data_version(connection: sqlite3.Connection) -> int:
    """A number that changes whenever another window commits."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def acquire_lease(connection: sqlite3.Connection, name: str, holder: str, now: float, life: float) -> bool:
    """Takes or keeps a lease for `life` seconds; False while somebody else holds one that has not run out."""
    asked = {"name": name, "holder": holder, "now": now, "until": now + life}
    return connection.execute(_HOLD, asked).rowcount == 1


def lease_holder(connection: sqlite3.Connection, name: str) -> tuple[str, float]:
    """Who holds a lease, and until when by the holder's clock; "" and 0 if nobody holds it."""
    found = connection.execute("SELECT holder, until FROM leases WHERE name = ?", (name,)).fetchone()
    return (str(found[0]), float(found[1])) if found else ("", 0.0)


def release_lease(connection: sqlite3.Connection, name: str, holder: str) -> None:
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
