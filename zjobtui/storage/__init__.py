"""Everything that is kept on disk: the store, `ids.log`, copies, exports and the state of the screen.

- The store keeps each body as it came and reads it again by `zuora.parser` (handed in by `bootstrap`): one reader,
  and a newer program gets more out of old responses. Of a response that is replaced only the body is kept, one for
  each job.
- Rows that leave the list stay, marked as removed or archived, so that undo, restoring and adding again lose nothing.
  `revision` and `PRAGMA data_version` tell a window what another one wrote.
- A new file is made beside its place and linked there, so that no window ever opens half a store.
- If the file was moved, deleted, overwritten or damaged while a window is open, the window uses the file there now,
  after what it knows was carried over (`takeover.py`): all of the old file, which is still open, or the window's
  memory if another file was copied into it. What is known wins, except over rows that were written there after the
  two went apart; a random id in `meta` and the revision tell stores apart. If the new file cannot be written, the old
  one stays open and the next look tries again.
- The schema is a list of numbered steps (`migrations.py`, `PRAGMA user_version`); a new store is made by the same
  steps. Each step is one transaction; the first one holds the lock while the file is copied. If the file cannot be
  migrated now (full disk, read-only, locked), a migrated copy in memory is shown read-only, and the monitor tries
  again.
- Only `SQLITE_CORRUPT`, `SQLITE_NOTADB` and content that no version writes are damage. A missing column or a wrong
  statement is a bug (`SchemaError`) and leaves the file alone, unless the schema differs from a known one in a few
  characters and not in length, which only a fault of the disk makes. Locks, a full disk, missing permission and I/O
  errors each have a message of their own (`database.failure`).
- A damaged store is read by SELECT into a new one (`recovery.py`): ranges of row ids are halved around what cannot be
  read; then come rows that only the daily copy has, the sound columns of damaged rows, ids that only the index has,
  and ids that only `ids.log` has.
- A locked store blocks nothing: the engine waits half a second for a lock and tries again.
"""
