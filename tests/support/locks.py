"""Holds the lock of a store as another program would."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, mode: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
    """The store's lock, taken as soon as nobody else has it: IMMEDIATE stops writers, EXCLUSIVE readers as well."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)) as connection:
        connection.execute(f"BEGIN {mode}")
        try:
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def release_after(connection: sqlite3.Connection, seconds: float) -> None:
    """Release the lock after a while; blocks until then."""
    time.sleep(seconds)
    connection.execute("ROLLBACK")
