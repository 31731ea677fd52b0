"""Hold the lock of a store like another program."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, mode: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
    """Take the lock of the store for the block: IMMEDIATE stops writers, EXCLUSIVE also readers."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)) as connection:
        connection.execute(f"BEGIN {mode}")
        try:
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def release_after(connection: sqlite3.Connection, seconds: float) -> None:
    """Release the lock after some seconds; blocks until then."""
    time.sleep(seconds)
    connection.execute("ROLLBACK")
