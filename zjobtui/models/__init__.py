"""Values and pure rules: no I/O, no clock, no asyncio; only the standard library, `msgspec` and `wcwidth`.

- Usual durations are a Kaplan-Meier estimate (`duration_stats.py`): the first jobs of a batch to end are the short
  ones.
- Pasted text is read in three forms of the same length (`pasted_text.py`), so that a secret found in decoded text is
  masked in the original.
- Regular expressions of `redaction.py` and its neighbours are compiled when they are first used: all take 20 ms.
"""
