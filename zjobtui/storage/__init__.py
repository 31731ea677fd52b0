"""Everything that is kept on disk: the store, `ids.log`, copies, exports and the state of the screen.

- The store keeps the body of the last response, cleaned and masked as the parser returns it (`Report.raw`), and reads
  it again by `zuora.parser` (handed in by `bootstrap`): one reader, and a newer program gets more out of old responses.
  When a body is replaced, the one before is kept as well, one for each job.
- Rows that leave the list stay, marked as removed or archived, so that undo, restoring and adding again lose nothing.
- `revision`, a number that each write increases, and `PRAGMA data_version` tell a window what another one wrote.
- A new file is made under a temporary name and linked to its place, so that no window ever opens half a store.
- If the file was moved, deleted, overwritten or damaged while a window is open, the window uses the file that is there
  now, and first copies to it what the former file held or, if that cannot be read, what the window has in memory. Rows
  that were written to the new file later than that are not changed (`takeover.py` has the rules). If the new file
  cannot be written, the former one stays in use, and the window tries again two seconds later.
- The schema is a list of numbered steps (`migrations.py`, `PRAGMA user_version`); a new store is made by the same
  steps. Each step is one transaction; the first one holds the lock while the file is copied. If the file cannot be
  migrated now (full disk, read-only, locked), a migrated copy in memory is shown read-only, and the monitor tries
  again. Rows, copies and exports that lack a column of a later step have the default of its field.
- Damage is what SQLite calls corrupt (`SQLITE_CORRUPT`, `SQLITE_NOTADB`), content that no version writes
  (`rows.check`), and a schema that differs from a known one in a few characters. A missing column or a wrong statement
  is a bug (`SchemaError`) and leaves the file alone. Locks, a full disk, missing permission and I/O errors each have a
  message of their own (`database.failure`).
- A damaged store is replaced by a new one (`recovery.py`), filled in this order: rows that SELECT can still read, rows
  that only the daily copy has, the sound columns of damaged rows, ids that only the index has, and ids that only
  `ids.log` has.
- A locked store blocks nothing: the engine waits half a second for a lock and tries again.
"""
