"""What config.toml can hold, documented where each key is declared; knows no host, no theme, no action and no file."""

from dataclasses import dataclass, field
from pathlib import Path

from zjobtui.domain.archiving import ARCHIVE_AFTER
from zjobtui.domain.telling import Topic
from zjobtui.domain.tenant import TenantKind
from zjobtui.storage import setting_values as value
from zjobtui.storage.credentials import Command, KeyringEntry, SecretFile, SecretSource, Variable
from zjobtui.storage.key_lines import KeyLines, KeyPath, dotted
from zjobtui.storage.setting_values import setting, text_like

TOPICS = tuple(topic.value for topic in Topic)

SECRET_KEYS = ("secret_env", "secret_command", "secret_file", "secret_keyring")
"""Where a secret may come from, in the order in which they are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """`[tenants.NAME]`: one Zuora environment. It needs host or url, client_id, and one of the four secret_… keys."""

    name: str

    host: str = setting(text_like(r".{1,100}", 'the name of a host, such as "EU production"'), "")
    """One of Zuora's hosts by its name, such as "EU production"; case does not matter."""
    url: str = setting(text_like(r"\S{1,300}", 'a base URL, such as "https://rest.eu.zuora.com"'), "")
    """The base URL, for any other host."""
    kind: TenantKind | None = setting(value.kind, None)  # noqa: RUF009 - it makes a field
    """production, central sandbox, developer sandbox, API sandbox, simulator or other; the host's own by default."""
    colour: str = setting(value.colour, "")
    """Its colour on the screen: red, orange, yellow, green, cyan, blue, magenta, grey or #rrggbb; not of production."""
    daily_calls: int | None = setting(value.whole_number(1, 27_000_000), None)
    """Calls that zjobtui may make in a day (UTC); by default what Zuora allows a tenant of this kind."""
    calls_per_second: float | None = setting(value.positive_number(833), None)
    """Calls that zjobtui may make in a second, such as 2 or 0.5; by default what Zuora allows a tenant of this kind."""
    org_ids: str = setting(value.ids, "")
    """Sent as Zuora-Org-Ids."""
    entity_ids: str = setting(value.ids, "")
    """Sent as Zuora-Entity-Ids."""
    version: str = setting(value.version, "")
    """Sent as Zuora-Version, such as 2025-08-12."""
    client_id: str = setting(text_like(r"[!-~]{1,200}", "the id of an OAuth client, as Zuora shows it"), "")
    """The id of the OAuth client; it is no secret."""
    secret_env: str = setting(text_like(r"[A-Za-z_][A-Za-z0-9_]{0,99}", "the name of an environment variable"), "")
    """The environment variable that holds the client's secret."""
    secret_command: tuple[str, ...] = setting(value.words, (), is_shown=False)
    """A program that prints the secret as its only line, with its arguments; run without a shell."""
    secret_file: Path | None = setting(value.path, None)  # noqa: RUF009 - it makes a field
    """A file that holds the secret as its only line; yours, with mode 0600 or 0400."""
    secret_keyring: str = setting(text_like(r".{1,200}", "the name of a service in the keyring"), "")
    """The service under which the keyring keeps the secret, the client_id being the user."""

    @property
    def secret_source(self) -> SecretSource:
        """Where the secret comes from."""
        if self.secret_env:
            return Variable(self.secret_env)
        if self.secret_command:
            return Command(self.secret_command)
        if self.secret_file:
            return SecretFile(self.secret_file)
        return KeyringEntry(self.secret_keyring, self.client_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollingSettings:
    """`[polling]`: how jobs are asked about."""

    staleness_limit: float | None = setting(value.number(2, 86_400, "seconds"), None)
    """Seconds between two calls about a job of which nothing is expected, where the budget allows; 60 by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSettings:
    """`[list]`: what stays on the watchlist."""

    archive_after: float = setting(value.span, ARCHIVE_AFTER)
    """How long a job that has ended and was looked at stays: "14 days", "12h"; 0 or "never" for always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSettings:
    """`[screen]`: how the monitor looks and sounds."""

    theme: str = setting(text_like(r"[0-9A-Za-z_-]{1,60}", "the name of a theme"), "")
    """dark, light, high-contrast, colour-blind, ansi (the terminal's own colours), or another theme of the palette."""
    ascii: bool = setting(value.switch, default=False)
    """Signs and frames in plain ASCII, for a terminal or a font without others."""
    utc: bool = setting(value.switch, default=False)
    """Times in UTC instead of local time; a key changes it."""
    bell: bool = setting(value.switch, default=True)
    """Ring the terminal's bell for what `[notify]` tells of, at most once in ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """`[notify]`: of what a person is told who does not look, and how beside the bell."""

    on: tuple[str, ...] = setting(value.choices(*TOPICS), TOPICS)
    """failed, attention and all done; an empty list tells of nothing."""
    osc: str = setting(value.choice("9", "777", "off"), "off")
    """Notifications of the desktop through the terminal, by OSC 9 or OSC 777."""
    toast: bool = setting(value.switch, default=False)
    """A line in the corner of the screen as well, for some seconds; it takes no keys."""
    command: tuple[str, ...] = setting(value.words, (), is_shown=False)
    """A program with its arguments, run without a shell; it reads the job as JSON from its standard input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSettings:
    """`[files]`: where the screen writes files."""

    folder: Path | None = setting(value.path, None)  # noqa: RUF009 - it makes a field
    """The folder of exports, copies and pictures; by default `exports` in the data folder."""


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """Something in the file that is not used, and why; `line` and `column` count from 1, 0 where there is none."""

    key: str
    line: int
    text: str
    column: int = 0

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"line {self.line}{column}: {self.text}" if self.line else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything in the file that is sound."""

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
        """A problem that shows itself only where the value is used, such as a host that does not exist."""
        return SettingsProblem(dotted(key), self.lines.of(key), f"{dotted(key)}: {text}")
