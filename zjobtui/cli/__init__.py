"""The commands, one file for each family: the click command first, then the functions that it needs.

- `main.py` imports a file when its command is called; it repeats names and first sentences of the help, so that
  `--help` imports no command. The monitor starts without click (`__main__.py`).
- Shared: `common.py` (configuration, open store, tenant), `selection.py` (which stored jobs are meant), `job_ids.py`
  (ids in arguments and texts), `options.py`, `errors.py` (how the program ends), `progress.py` (states while polling).
- Standard output is wrapped, so that its failures are `OutputError` and not an `OSError`, which would look like an
  error of a file; what cannot be written to standard error is dropped.
- Completions are literal words: bash gets them escaped for the open quote, zsh and fish quote them. Labels may contain
  anything.
"""
