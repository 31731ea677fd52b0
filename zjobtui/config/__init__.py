"""What the user configures: settings, tenants and their secrets, and the paths of files.

- Settings are types (`settings.py`): `msgspec` checks each value by itself, so that a wrong one costs only itself. A
  value is shown in a message only if it is a number, a boolean or nearly a valid name: anything else could be a secret
  in the wrong place. Renames are a table, `RENAMED`.
- A tenant is added to the file by `tomlkit`, and the file is written only if it then holds the same settings and the
  tenant.
"""
