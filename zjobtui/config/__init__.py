"""What the user configures: settings, tenants and their secrets, commands to run, and paths.

- Settings are types (`settings.py`): `msgspec` checks each value separately, so that an invalid value affects only its
  own key. A value is shown in a message only if it is a number, a boolean or nearly a valid name: anything else could
  be a secret in the wrong place. Renamed keys are in the table `RENAMED`.
- `tomlkit` adds a tenant to the file, which is written only if it then contains the same settings and the tenant.
"""
