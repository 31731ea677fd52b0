"""The first start: demo, a tenant of one's own, and a check of its credentials."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from zjobtui.config.tenants import HOSTS, InvalidTenantError, configured_tenant
from zjobtui.config.writer import (
    NotWrittenError,
    SecretLocation,
    available_locations,
    save_tenant,
    secret_file,
    secret_variable,
)
from zjobtui.formatting.health import checkup_sentence
from zjobtui.formatting.text_width import fit
from zjobtui.models.health import Checkup
from zjobtui.models.tenant import ClientCredentials, Secret, Tenant
from zjobtui.models.text import clean
from zjobtui.polling.daemon_thread import run_on_daemon_thread
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.prompt import OneLine
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.themes import Appearance

SignsIn = Callable[[Tenant, ClientCredentials], Checkup]
"""Signs in and asks about one job; it may block."""

HINT = "An OAuth client, made in Zuora for a user who may read orders. zjobtui only reads."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A tenant that answers, the client it answers to, and what it said of it. `at` is its host's name, or its url."""

    tenant: Tenant
    credentials: ClientCredentials
    told: str
    at: tuple[str, str]


class SignInDialog(ModalScreen[SignedIn | None]):
    """Asks for the client of a host, or of any base URL; gives it when it has signed in, or None."""

    BINDINGS = [
        Binding("escape", "cancel", "cancel", priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, host: str, sign_in: SignsIn) -> None:
        super().__init__()
        self._host = host
        self._sign_in = sign_in

    def compose(self) -> ComposeResult:
        """A title, the fields, what came of it, and the keys."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(f"Sign in to {self._host or 'a host of your own'}")
            yield Static(Content(HINT), id="about")
            if not self._host:
                yield from _field("Base URL", OneLine(placeholder="https://rest.eu.zuora.com", id="url"))
            yield from _field("Client id", OneLine(id="client-id"))
            yield from _field("Secret", OneLine(password=True, id="secret"))
            yield Static(Content(""), id="told")
            yield Static(Content("enter goes on · tab to the next line · esc back to the hosts"), id="keys")

    def on_mount(self) -> None:
        """Starts on the first line."""
        self.query(OneLine).first().focus()

    def on_input_submitted(self) -> None:
        """Goes to what is still empty, or signs in."""
        empty = next((one for one in self.query(OneLine) if not one.value.strip()), None)
        if empty is not None:
            empty.focus()
            return
        at = ("host", self._host) if self._host else ("url", self._text("url"))
        try:
            tenant = _tenant(*at)
        except InvalidTenantError as fault:
            self._tell(str(fault))
            return
        credentials = ClientCredentials(self._text("client-id"), Secret(self._text("secret")))
        self._try(tenant, credentials, at)

    def on_input_changed(self) -> None:
        """What was said of another secret no longer holds."""
        self._tell("")

    def action_cancel(self) -> None:
        """Gives nothing, whatever is still under way."""
        self.dismiss(None)

    @work(exclusive=True)
    async def _try(self, tenant: Tenant, credentials: ClientCredentials, at: tuple[str, str]) -> None:
        self._tell(f"Signing in to {tenant.base_url} …")
        checkup = await run_on_daemon_thread(partial(self._sign_in, tenant, credentials))
        told = checkup_sentence(checkup)
        if checkup.is_fine:
            self.query_one("#secret", Input).value = ""
            self.dismiss(SignedIn(tenant, credentials, told, at))
        else:
            self._tell(f"✗ {told}")

    def _text(self, name: str) -> str:
        return self.query_one(f"#{name}", OneLine).value.strip()

    def _tell(self, text: str) -> None:
        self.query_one("#told", Static).update(Content(text))


def _field(label: str, line: OneLine) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Static(Content(label), classes="label")
        yield line


def _tenant(key: str, value: str) -> Tenant:
    """The tenant at a host or url, with a name that is made of it."""
    place = value if key == "host" else urlsplit(value if "//" in value else f"//{value}").netloc
    name = re.sub("[^a-z0-9]+", "-", place.rpartition("@")[2].lower()).strip("-")[:40]
    return configured_tenant(name or "zuora", host=value if key == "host" else "", url=value if key == "url" else "")


WELCOME = """\
zjobtui watches the asynchronous order jobs of a Zuora tenant. None is configured yet: \
where is yours? Its host is the one of the REST API that you post orders to."""

OTHER = "Another host, by its base URL"
DEMO = "See it at work on simulated jobs: the demo"
LEAVE = "Leave"
GO_ON = "Go on to the monitor"


class Next(Enum):
    """What comes after the first start."""

    NOTHING = "nothing"
    DEMO = "demo"
    MONITOR = "monitor"


class FirstStart(TerminalApp):
    """Asks where the tenant is, signs in, and keeps what it needs to be found at the next start.

    When it has ended, `next` says what a person wants, and `environ` what this one run needs in its environment.
    """

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, config: Path, sign_in: SignsIn, look: Appearance) -> None:
        super().__init__(look)
        self._config = config
        self._sign_in = sign_in
        self.next = Next.NOTHING
        self.environ: Mapping[str, str] = {}

    def on_mount(self) -> None:
        """Begins with the first question."""
        self._lead()

    @work
    async def _lead(self) -> None:
        hosts = {f"{fit(host.name, 36)}{host.base_url.removeprefix('https://')}": host.name for host in HOSTS}
        names = (*hosts, OTHER, DEMO, LEAVE)
        picked: str | None = names[0]
        while picked := await self.push_screen_wait(ChoiceDialog("Welcome", names, picked or "", about=WELCOME)):
            if picked in {DEMO, LEAVE}:
                self.next = Next.DEMO if picked == DEMO else Next.NOTHING
                break
            signed_in = await self.push_screen_wait(SignInDialog(hosts.get(picked, ""), self._sign_in))
            if signed_in is not None and await self._is_kept(signed_in):
                self.next = Next.MONITOR
                break
        self.exit(0)

    async def _is_kept(self, signed_in: SignedIn) -> bool:
        """Whether the tenant was written down, where a person wants its secret to be."""
        name, client = signed_in.tenant.name, signed_in.credentials
        offered = {_told_of(place, self._config, name): place for place in available_locations()}
        about = f"{signed_in.told}\n\nThe tenant is written into {clean(str(self._config))}. Where shall its secret be?"
        while picked := await self.push_screen_wait(ChoiceDialog("✓ Signed in", tuple(offered), about=about)):
            writing = partial(save_tenant, self._config, name, dict([signed_in.at]), client, offered[picked])
            try:
                await run_on_daemon_thread(writing)
            except NotWrittenError as fault:
                about = f"{fault}\n\nWhere shall the secret be?"
                continue
            if offered[picked] is SecretLocation.VARIABLE:
                self.environ = {secret_variable(name): client.client_secret.reveal()}
                await self.push_screen_wait(ChoiceDialog("Set the variable", (GO_ON,), about=_exporting(name)))
            return True
        return False


def _told_of(place: SecretLocation, config: Path, name: str) -> str:
    match place:
        case SecretLocation.FILE:
            return f"A file that only you can read, as plain text: {clean(str(secret_file(config, name)))}"
        case SecretLocation.KEYRING:
            return "The system's keyring"
        case SecretLocation.VARIABLE:
            return f"Nowhere: I set the variable {secret_variable(name)} myself"


def _exporting(name: str) -> str:
    return (
        "The secret is in memory until you leave. Before the next start, set it, with the secret for the dots:\n\n"
        f"  export {secret_variable(name)}='…'"
    )
