"""What config.toml can hold: each key with its type, its limits and its documentation; knows no host and no action.

A type is what `msgspec` checks; the description completes the sentence “KEY must be …”.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import inf
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from zjobtui.config.problems import KeyLines, KeyPath, SettingsProblem, dotted
from zjobtui.config.secrets import Command, KeyringEntry, SecretFile, SecretSource, Variable
from zjobtui.models.durations import parse_duration
from zjobtui.models.notifications import Topic
from zjobtui.models.tenant import TenantKind
from zjobtui.models.watched_job import ARCHIVE_AFTER

COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "magenta", "grey")
"""Colours that have a name here; any other is written as #rrggbb."""

SECRET_KEYS = ("secret_env", "secret_command", "secret_file", "secret_keyring")
"""Where a secret may come from, in the order in which they are named."""

RENAMED: Mapping[KeyPath, KeyPath] = {}
"""Settings and actions by their former paths, each with its present one in the same table; `*` is any tenant.

No name has changed since the first version. One that does is added here and goes on being read.
"""


TOPICS = tuple(topic.value for topic in Topic)


def _names(*names: str, before: str = "", pattern: str | None = None) -> Meta:
    """One of a few words, whatever its case."""
    return Meta(description=f"{before}one of {', '.join(names)}", pattern=pattern, extra={"names": names})


def _text(pattern: str, description: str, read: Callable[[object], object] | None = None) -> Meta:
    """A text that matches wholly; `read` turns what is in the file into a text first, or into None to refuse it."""
    return Meta(pattern=rf"\A(?:{pattern})\Z", description=description, extra={"read": read})


def _read_duration(given: object) -> float | None:
    """Seconds; infinite for 0 or “never”."""
    word = str(given).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
    return inf if word.casefold() in {"0", "never"} else parse_duration(word) or None


def _read_version(given: object) -> str | None:
    """A version of the API; TOML reads one without quotes as a date or a number, which is as good."""
    return str(given) if isinstance(given, str | float) or type(given) is date else None


def _read_ids(given: object) -> object:
    """Ids in one text or in a list of texts."""
    is_list = isinstance(given, list) and all(isinstance(one, str) for one in given)
    return ",".join(given) if is_list and isinstance(given, list) else given


def _read_program(given: object) -> object:
    return given if isinstance(given, list) and str((*given, "")[0]).strip() else None


def _read_path(given: object) -> object:
    return os.path.expanduser(given) if isinstance(given, str) else given  # noqa: PTH111 - an unknown ~user is no error


_Switch = Annotated[bool, Meta(description="true or false, without quotes")]
_HostName = Annotated[str, _text(r".{1,100}", 'the name of a host, such as "EU production"')]
_Url = Annotated[str, _text(r"\S{1,300}", 'a base URL, such as "https://rest.eu.zuora.com"')]
_Kind = Annotated[TenantKind, _names(*(kind.value for kind in TenantKind))]
_Colour = Annotated[str, _names(*COLOURS, before="#rrggbb or ", pattern=rf"\A(?:#[0-9a-f]{{6}}|{'|'.join(COLOURS)})\Z")]
_DailyCalls = Annotated[
    int, Meta(ge=1, le=27_000_000, description="a whole number from 1 to 27,000,000, without quotes or commas")
]
_Rate = Annotated[float, Meta(gt=0, le=833, description="a number above 0 and up to 833, without quotes or commas")]
_Ids = Annotated[
    str, _text(r"[0-9A-Za-z][0-9A-Za-z ,-]{0,2000}", 'ids with commas between them, such as "a1,b2"', _read_ids)
]
_Version = Annotated[
    str, _text(r"\d{4}-\d\d-\d\d|\d{1,4}\.\d{1,2}", "a version such as 2025-08-12 or 186.0", _read_version)
]
_ClientId = Annotated[str, _text(r"[!-~]{1,200}", "the id of an OAuth client, as Zuora shows it")]
_Variable = Annotated[str, _text(r"[A-Za-z_][A-Za-z0-9_]{0,99}", "the name of an environment variable")]
_Path = Annotated[str, _text(r"/.*", "an absolute path, or one that begins with ~/", _read_path)]
_Service = Annotated[str, _text(r".{1,200}", "the name of a service in the keyring")]
_Program = Annotated[
    tuple[Annotated[str, Meta(pattern=r"\A[^\0]*\Z")], ...],
    Meta(
        description='a list of a program and its arguments, such as ["op", "read", "op://vault/item"]',
        extra={"read": _read_program},
    ),
]
"""A program and its arguments, word by word: no shell takes them apart."""
_Seconds = Annotated[
    float, Meta(ge=2, le=86_400, description="a number of seconds from 2 to 86,400, without quotes or commas")
]
_Duration = Annotated[
    float, Meta(description='a duration such as "14 days" or "12h", or 0 for never', extra={"read": _read_duration})
]
_Theme = Annotated[str, _text(r"[0-9A-Za-z_-]{1,60}", "the name of a theme")]
_Topics = Annotated[tuple[Topic, ...], _names(*TOPICS, before="a list of words, each ")]
_Osc = Annotated[Literal["9", "777", "off"], _names("9", "777", "off")]

KeyName = Annotated[str, _text(r"[!-~]{1,60}", 'the name of a key, such as "f5" or "ctrl+r"')]


class TenantSettings(Struct, frozen=True, kw_only=True):
    """`[tenants.NAME]`: one Zuora environment. It needs host or url, client_id, and one of the four secret_… keys."""

    name: str

    host: _HostName = ""
    """One of Zuora's hosts by its name, such as "EU production"; case does not matter."""
    url: _Url = ""
    """The base URL, for any other host."""
    kind: _Kind | None = None
    """production, central sandbox, developer sandbox, API sandbox, simulator or other; the host's own by default."""
    colour: _Colour = ""
    """Its colour on the screen: red, orange, yellow, green, cyan, blue, magenta, grey or #rrggbb; not of production."""
    daily_calls: _DailyCalls | None = None
    """Calls that zjobtui may make in a day (UTC); by default what Zuora allows a tenant of this kind."""
    calls_per_second: _Rate | None = None
    """Calls that zjobtui may make in a second, such as 2 or 0.5; by default what Zuora allows a tenant of this kind."""
    org_ids: _Ids = ""
    """Sent as Zuora-Org-Ids."""
    entity_ids: _Ids = ""
    """Sent as Zuora-Entity-Ids."""
    version: _Version = ""
    """Sent as Zuora-Version, such as 2025-08-12."""
    client_id: _ClientId = ""
    """The id of the OAuth client; it is no secret."""
    secret_env: _Variable = ""
    """The environment variable that holds the client's secret."""
    secret_command: _Program = ()
    """A program that prints the secret as its only line, with its arguments; run without a shell."""
    secret_file: _Path = ""
    """A file that holds the secret as its only line; yours, with mode 0600 or 0400."""
    secret_keyring: _Service = ""
    """The service under which the keyring keeps the secret, the client_id being the user."""

    def __repr__(self) -> str:
        return f"TenantSettings({self.name!r})"  # the arguments of a command may be secret

    @property
    def secret_source(self) -> SecretSource:
        """Where the secret comes from."""
        if self.secret_env:
            return Variable(self.secret_env)
        if self.secret_command:
            return Command(self.secret_command)
        if self.secret_file:
            return SecretFile(Path(self.secret_file))
        return KeyringEntry(self.secret_keyring, self.client_id)


class PollingSettings(Struct, frozen=True, kw_only=True):
    """`[polling]`: how jobs are asked about."""

    staleness_limit: _Seconds | None = None
    """Seconds between two calls about a job of which nothing is expected, where the budget allows; 60 by default."""


class ListSettings(Struct, frozen=True, kw_only=True):
    """`[list]`: what stays on the watchlist."""

    archive_after: _Duration = ARCHIVE_AFTER
    """How long a job that has ended and was looked at stays: "14 days", "12h"; 0 or "never" for always."""


class ScreenSettings(Struct, frozen=True, kw_only=True):
    """`[screen]`: how the monitor looks and sounds."""

    theme: _Theme = ""
    """dark, light, high-contrast, colour-blind, ansi (the terminal's own colours), or another theme of the palette."""
    ascii: _Switch = False
    """Signs and frames in plain ASCII, for a terminal or a font without others."""
    utc: _Switch = False
    """Times in UTC instead of local time; a key changes it."""
    bell: _Switch = True
    """Ring the terminal's bell for what `[notify]` tells of, at most once in ten seconds."""


class NotifySettings(Struct, frozen=True, kw_only=True):
    """`[notify]`: which events notify a user who does not look, and how beside the bell."""

    on: _Topics = tuple(Topic)
    """failed, attention and all done; an empty list tells of nothing."""
    osc: _Osc = "off"
    """Notifications of the desktop through the terminal, by OSC 9 or OSC 777."""
    toast: _Switch = False
    """A line in the corner of the screen as well, for some seconds; it takes no keys."""
    command: _Program = ()
    """A program with its arguments, run without a shell; it reads the job as JSON from its standard input."""

    def __repr__(self) -> str:
        return "NotifySettings()"  # as above


class FilesSettings(Struct, frozen=True, kw_only=True):
    """`[files]`: where the screen writes files."""

    folder: _Path = ""
    """The folder of exports, copies and pictures; by default `exports` in the data folder."""

    @property
    def exports(self) -> Path | None:
        """The folder as a path, None for the default."""
        return Path(self.folder) if self.folder else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything in the file that can be used."""

    tenants: tuple[TenantSettings, ...] = ()
    polling: PollingSettings = field(default_factory=PollingSettings)
    list: ListSettings = field(default_factory=ListSettings)
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    files: FilesSettings = field(default_factory=FilesSettings)
    keys: tuple[tuple[str, str], ...] = ()
    """`[keys]`: the id of an action, and the key that is to do it."""
    lines: KeyLines = field(default_factory=KeyLines, repr=False, compare=False)

    @property
    def secret_variables(self) -> frozenset[str]:
        """The environment variables that hold secrets, which no child process needs."""
        return frozenset(tenant.secret_env for tenant in self.tenants if tenant.secret_env)

    def problem_with(self, key: KeyPath, text: str) -> SettingsProblem:
        """Return a problem that shows itself only where the value is used, such as a host that does not exist."""
        return SettingsProblem(dotted(key), self.lines.of(key), f"{dotted(key)}: {text}")
