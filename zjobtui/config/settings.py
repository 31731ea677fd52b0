"""Schema of config.toml: the type, limits and documentation of each key.

`msgspec` checks the types; each description completes the sentence “KEY must be …”.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from zjobtui.config.problems import KeyLines, KeyPath, SettingsProblem, dotted
from zjobtui.config.programs import SECRET_TIME_LIMIT
from zjobtui.config.secrets import Command, KeyringEntry, SecretFile, SecretSource, Variable
from zjobtui.models.durations import parse_duration
from zjobtui.models.notifications import DOWN_AFTER, Topic
from zjobtui.models.tenant import TenantKind
from zjobtui.models.watched_job import ARCHIVE_AFTER

COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "magenta", "grey")
"""Named colours; any other is written as #rrggbb."""

ColumnName = Literal["status", "job", "why", "tenant", "account", "order", "batch", "tags", "note", "time"]
"""The columns of the list."""

COLUMN_NAMES: tuple[str, ...] = get_args(ColumnName)

SECRET_KEYS = ("secret_env", "secret_command", "secret_file", "secret_keyring")
"""The keys that name the source of a secret, in the order in which messages list them."""

RENAMED: Mapping[KeyPath, KeyPath] = {
    ("keys", "next_unseen"): ("keys", "next_unread"),
    ("keys", "all_seen"): ("keys", "mark_all_read"),
    ("keys", "all_read"): ("keys", "mark_all_read"),
    ("keys", "ask_now"): ("keys", "refresh"),
    ("keys", "next_count"): ("keys", "next_verdict"),
    ("keys", "previous_count"): ("keys", "previous_verdict"),
    ("keys", "job_before"): ("keys", "previous_job"),
    ("keys", "view_before"): ("keys", "previous_view"),
}
"""Former paths of settings and actions, each with its current path in the same table; `*` is any tenant.

A renamed key is added here, so that its old name still works.
"""

_TOPICS = tuple(topic.value for topic in Topic)


def _names(*names: str, before: str = "", pattern: str | None = None) -> Meta:
    """Describe one of a few words, in any case."""
    return Meta(description=f"{before}one of {', '.join(names)}", pattern=pattern, extra={"names": names})


def _text(pattern: str, description: str, read: Callable[[object], object] | None = None) -> Meta:
    """Describe a text that matches as a whole; `read` first converts the value to a text, or to None to refuse it."""
    return Meta(pattern=rf"\A(?:{pattern})\Z", description=description, extra={"read": read})


def _read_duration(value: object) -> float | None:
    """Return seconds, infinite for 0 or “never”, or None if it is not a duration."""
    word = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return inf if word.casefold() in {"0", "never"} else parse_duration(word) or None


def _read_version(value: object) -> str | None:
    """Return a version of the API, which without quotes is a date in TOML; a number would lose the end of 211.10."""
    return str(value) if isinstance(value, str) or type(value) is date else None


def _read_ids(value: object) -> object:
    """Return the ids of a list as one text."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return value


def _read_program(value: object) -> object:
    return value if isinstance(value, list) and str((*value, "")[0]).strip() else None


def _read_path(value: object) -> object:
    return os.path.expanduser(value) if isinstance(value, str) else value  # noqa: PTH111 - an unknown ~user is kept


_Switch = Annotated[bool, Meta(description="true or false, without quotes")]
_HostName = Annotated[str, _text(r".{1,100}", 'the name of a host, such as "EU production"')]
_Url = Annotated[str, _text(r"\S{1,300}", 'a base URL, such as "https://rest.eu.zuora.com"')]
_Title = Annotated[str, _text(r".{1,40}", "a name of at most 40 characters")]
_Kind = Annotated[TenantKind, _names(*(kind.value for kind in TenantKind))]
_Colour = Annotated[str, _names(*COLOURS, before="#rrggbb or ", pattern=rf"\A(?:#[0-9a-f]{{6}}|{'|'.join(COLOURS)})\Z")]
_DailyCalls = Annotated[
    int, Meta(ge=1, le=27_000_000, description="a whole number from 1 to 27,000,000, without quotes or commas")
]
_Rate = Annotated[float, Meta(gt=0, le=833, description="a number above 0 and up to 833, without quotes or commas")]
_OrderStatuses = Annotated[
    tuple[Literal["Draft", "Pending", "Scheduled"], ...],
    _names("Draft", "Pending", "Scheduled", before="a list of words, each "),
]
_Ids = Annotated[
    str, _text(r"[0-9A-Za-z][0-9A-Za-z ,-]{0,2000}", 'ids separated by commas, such as "a1,b2"', _read_ids)
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
"""A program and its arguments, word by word: no shell splits them."""
_Seconds = Annotated[
    float, Meta(ge=2, le=86_400, description="a number of seconds from 2 to 86,400, without quotes or commas")
]
_SecretSeconds = Annotated[
    float, Meta(ge=1, le=600, description="a number of seconds from 1 to 600, without quotes or commas")
]
_Duration = Annotated[
    float, Meta(description='a duration such as "14 days" or "12h", or 0 for never', extra={"read": _read_duration})
]
_Theme = Annotated[str, _text(r"[0-9A-Za-z_-]{1,60}", "the name of a theme")]
_Topics = Annotated[tuple[Topic, ...], _names(*_TOPICS, before="a list of words, each ")]
_Columns = Annotated[tuple[ColumnName, ...], _names(*COLUMN_NAMES, before="a list of words, each ")]
_Osc = Annotated[Literal["9", "777", "off"], _names("9", "777", "off")]

KeyName = Annotated[str, _text(r"[!-~]{1,60}", 'the name of a key, such as "f5" or "ctrl+r"')]


class TenantSettings(Struct, frozen=True, kw_only=True):
    """`[tenants.NAME]`: one Zuora environment. It needs host or url, client_id, and one of the four secret_… keys."""

    name: str

    host: _HostName = ""
    """One of Zuora's hosts by its name, such as "EU production"; case does not matter."""
    url: _Url = ""
    """The base URL, for any other host."""
    title: _Title = ""
    """Its name in the bar; by default NAME, which columns, dialogs and filters show."""
    kind: _Kind | None = None
    """production, central sandbox, developer sandbox, API sandbox, simulator or other; the host's own by default."""
    colour: _Colour = ""
    """Colour on the screen: red, orange, yellow, green, cyan, blue, magenta, grey or #rrggbb; not for production."""
    daily_calls: _DailyCalls | None = None
    """Maximum calls per day (UTC); by default a tenth of what Zuora grants a tenant of this kind."""
    calls_per_second: _Rate | None = None
    """Maximum calls per second, such as 2 or 0.5; by default a tenth of what Zuora grants a tenant of this kind."""
    expected_order_statuses: _OrderStatuses = ()
    """Draft, Pending, Scheduled: a completed job whose order is in one of these statuses is done."""
    org_ids: _Ids = ""
    """Sent as Zuora-Org-Ids."""
    entity_ids: _Ids = ""
    """Sent as Zuora-Entity-Ids."""
    version: _Version = ""
    """Sent as Zuora-Version, such as 2025-08-12."""
    client_id: _ClientId = ""
    """The id of the OAuth client, which is not a secret."""
    secret_env: _Variable = ""
    """The environment variable that holds the client's secret."""
    secret_command: _Program = ()
    """A program with its arguments that prints the secret as its only line; run without a shell."""
    secret_file: _Path = ""
    """A file that holds the secret as its only line; it must be yours, with mode 0600 or 0400."""
    secret_keyring: _Service = ""
    """The keyring service that contains the secret; its user is the client_id."""
    secret_timeout: _SecretSeconds = SECRET_TIME_LIMIT
    """Seconds that secret_command may take, 20 by default; more if it waits for a touch or a fingerprint."""

    def __repr__(self) -> str:
        return f"TenantSettings({self.name!r})"  # the arguments of a command may be secret

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("name", self.name)]

    @property
    def secret_source(self) -> SecretSource:
        """The source of the secret."""
        if self.secret_env:
            return Variable(self.secret_env)
        if self.secret_command:
            return Command(self.secret_command)
        if self.secret_file:
            return SecretFile(Path(self.secret_file))
        return KeyringEntry(self.secret_keyring, self.client_id)


class PollingSettings(Struct, frozen=True, kw_only=True):
    """`[polling]`: how often jobs are polled."""

    staleness_limit: _Seconds | None = None
    """Longest time between two polls of a job in seconds, if the rate limits allow it; 60 by default."""


class ListSettings(Struct, frozen=True, kw_only=True):
    """`[list]`: the columns of the list, and how long jobs stay on it."""

    archive_after: _Duration = ARCHIVE_AFTER
    """How long a finished job stays listed after it was read, such as "14 days" or "12h"; 0 or "never" keeps it."""
    columns: _Columns = ()
    """The columns in order, such as ["status", "job", "why"], as far as they fit; status and job are always shown."""


class ScreenSettings(Struct, frozen=True, kw_only=True):
    """`[screen]`: how the monitor looks and sounds."""

    theme: _Theme = ""
    """dark, light, high-contrast, colour-blind, ansi (the terminal's own colours), or another theme of the palette."""
    ascii: _Switch | None = None
    """Symbols and frames in ASCII, for a terminal or font without Unicode; by default if the locale is not UTF-8."""
    utc: _Switch = False
    """Show times in UTC instead of local time; the key `Z` switches between them."""
    bell: _Switch = True
    """Ring the terminal bell for the events of `[notify]`, at most every ten seconds."""


class NotifySettings(Struct, frozen=True, kw_only=True):
    """`[notify]`: which events are notified, and how besides the bell."""

    on: _Topics = tuple(Topic)
    """The events: failed, attention, batch ended, all done, overdue and tenant down; an empty list for none."""
    tenant_down_after: _Duration = DOWN_AFTER
    """How long a tenant is down before you are notified, such as "10m"; 5 minutes by default; 0 or "never": never."""
    osc: _Osc = "off"
    """Send desktop notifications through the terminal, by OSC 9 or OSC 777."""
    toast: _Switch = False
    """Also show a message in the corner of the screen for a few seconds."""
    command: _Program = ()
    """A program with its arguments, run without a shell; it reads the job as JSON from standard input."""

    def __repr__(self) -> str:
        return "NotifySettings()"  # as above

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class FilesSettings(Struct, frozen=True, kw_only=True):
    """`[files]`: where the monitor writes files."""

    folder: _Path = ""
    """The folder for exports, copies and screenshots; by default `exports` in the data folder."""

    @property
    def exports(self) -> Path | None:
        """The folder as a path, None for the default."""
        return Path(self.folder) if self.folder else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All valid settings of the file."""

    tenants: tuple[TenantSettings, ...] = ()
    polling: PollingSettings = field(default_factory=PollingSettings)
    list: ListSettings = field(default_factory=ListSettings)
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    files: FilesSettings = field(default_factory=FilesSettings)
    keys: tuple[tuple[str, str], ...] = ()
    """`[keys]`: the name of an action, and its key."""
    lines: KeyLines = field(default_factory=KeyLines, repr=False, compare=False)

    @property
    def secret_variables(self) -> frozenset[str]:
        """The environment variables that hold secrets, which are withheld from child processes."""
        return frozenset(tenant.secret_env for tenant in self.tenants if tenant.secret_env)

    def problem_with(self, key: KeyPath, text: str) -> SettingsProblem:
        """Return a problem that is found only when the value is used, such as a host that does not exist."""
        return SettingsProblem(dotted(key), self.lines.of(key), f"{dotted(key)}: {text}")
