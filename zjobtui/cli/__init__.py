"""The commands, one file for each family. A command imports at the top of its file all that it needs.

- `main.py` imports a file when its command is called; names and first sentences of the help stand there, so that
  `--help` imports no command. The monitor starts without click (`__main__.py`).
- Standard output is wrapped, so that its failures are `OutputError` and not an `OSError`, which would look like a fault
  of a file; what cannot be written to standard error is dropped.
- Completions are literal words: bash gets them quoted for the quote that is open, zsh and fish quote by themselves.
  Labels come from other people.
"""
