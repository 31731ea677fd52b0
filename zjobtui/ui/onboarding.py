"""The first start: run the demo, or sign in to a tenant and save it."""

import re
from collections.abc import Callable, Mapping, Sequence
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
from zjobtui.ui.prompt import SafeInput
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.themes import Appearance

SignIn = Callable[[Tenant, ClientCredentials], Checkup]
"""Sign in and poll one job; may block."""

HINT = "Use an OAuth client of a Zuora user who may read orders. zjobtui only reads."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A tenant that accepted the credentials; `summary` describes the sign-in, `location` is its host or URL."""

    tenant: Tenant
    credentials: ClientCredentials
    summary: str
    location: tuple[str, str]


class SignInDialog(ModalScreen[SignedIn | None]):
    """Ask for the credentials of a host, or of any base URL; return them after a successful sign-in, or None."""

    BINDINGS = [
        Binding("escape", "cancel", "cancel", priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, host: str, sign_in: SignIn) -> None:
        super().__init__()
        self._host = host
        self._sign_in = sign_in

    def compose(self) -> ComposeResult:
        """Compose title, fields, status and key hints."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(f"Sign in to {self._host or 'another host'}")
            yield Static(Content(HINT), id="about")
            if not self._host:
                yield from _field("Base URL", SafeInput(placeholder="https://rest.eu.zuora.com", id="url"))
            yield from _field("Client id", SafeInput(id="client-id"))
            yield from _field("Secret", SafeInput(password=True, id="secret"))
            yield Static(Content(""), id="status")
            yield Static(Content("enter next or sign in · tab next field · esc back"), id="keys")

    def on_mount(self) -> None:
        """Focus the first field."""
        self.query(SafeInput).first().focus()

    def on_input_submitted(self) -> None:
        """Focus the first empty field, or sign in if there is none."""
        empty = next((field for field in self.query(SafeInput) if not field.value.strip()), None)
        if empty is not None:
            empty.focus()
            return
        location = ("host", self._host) if self._host else ("url", self._text("url"))
        try:
            tenant = _tenant(*location)
        except InvalidTenantError as fault:
            self._show_status(str(fault))
            return
        credentials = ClientCredentials(self._text("client-id"), Secret(self._text("secret")))
        self._sign_in_now(tenant, credentials, location)

    def on_input_changed(self) -> None:
        """Clear the status of the previous attempt."""
        self._show_status("")

    def action_cancel(self) -> None:
        """Close the dialog without a result, even while signing in."""
        self.dismiss(None)

    @work(exclusive=True)
    async def _sign_in_now(self, tenant: Tenant, credentials: ClientCredentials, location: tuple[str, str]) -> None:
        self._show_status(f"Signing in to {tenant.base_url}…")
        checkup = await run_on_daemon_thread(partial(self._sign_in, tenant, credentials))
        summary = checkup_sentence(checkup)
        if checkup.is_fine:
            self.query_one("#secret", Input).value = ""
            self.dismiss(SignedIn(tenant, credentials, summary, location))
        else:
            self._show_status(f"✗ {summary}")

    def _text(self, name: str) -> str:
        return self.query_one(f"#{name}", SafeInput).value.strip()

    def _show_status(self, text: str) -> None:
        self.query_one("#status", Static).update(Content(text))


def _field(label: str, line: SafeInput) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Static(Content(label), classes="label")
        yield line


def _tenant(key: str, value: str) -> Tenant:
    """Return the tenant at a host or URL, with a name derived from it."""
    place = value if key == "host" else urlsplit(value if "//" in value else f"//{value}").netloc
    name = re.sub("[^a-z0-9]+", "-", place.rpartition("@")[2].lower()).strip("-")[:40]
    return configured_tenant(name or "zuora", host=value if key == "host" else "", url=value if key == "url" else "")


WELCOME = """\
zjobtui watches the asynchronous order jobs of a Zuora tenant. No tenant is configured yet. \
Select the host of the REST API that you post orders to."""

OTHER_HOST = "Another host (enter its base URL)"
DEMO = "Run the demo with simulated jobs"
QUIT = "Quit"
CONTINUE = "Continue to the monitor"


class Next(Enum):
    """What follows the first start."""

    NOTHING = "nothing"
    DEMO = "demo"
    MONITOR = "monitor"


class FirstStart(TerminalApp):
    """Ask for the tenant, sign in, and save the tenant for the next start.

    After the app has ended, `next` is the user's choice, and `environ` has variables that this run needs.
    """

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, config: Path, sign_in: SignIn, appearance: Appearance) -> None:
        super().__init__(appearance)
        self._config = config
        self._sign_in = sign_in
        self.next = Next.NOTHING
        self.environ: Mapping[str, str] = {}

    def on_mount(self) -> None:
        """Show the first question."""
        self._run_steps()

    @work
    async def _run_steps(self) -> None:
        hosts = {f"{fit(host.name, 36)}{host.base_url.removeprefix('https://')}": host.name for host in HOSTS}
        names = (*hosts, OTHER_HOST, DEMO, QUIT)
        picked: str | None = names[0]
        while picked := await self._choose("Welcome", names, picked or "", about=WELCOME, escape="quit"):
            if picked in {DEMO, QUIT}:
                self.next = Next.DEMO if picked == DEMO else Next.NOTHING
                break
            signed_in = await self.push_screen_wait(SignInDialog(hosts.get(picked, ""), self._sign_in))
            if signed_in is not None and await self._save_tenant(signed_in):
                self.next = Next.MONITOR
                break
        self.exit(0)

    async def _save_tenant(self, signed_in: SignedIn) -> bool:
        """Save the tenant and its secret in the location that the user chooses; return whether it was saved."""
        name, client = signed_in.tenant.name, signed_in.credentials
        locations = {_location_text(place, self._config, name): place for place in available_locations()}
        question = "Where should zjobtui keep the secret?"
        about = f"{signed_in.summary}\n\nThe tenant will be saved in {clean(str(self._config))}. {question}"
        while picked := await self._choose("✓ Signed in", tuple(locations), about=about, escape="back"):
            save = partial(save_tenant, self._config, name, dict([signed_in.location]), client, locations[picked])
            try:
                await run_on_daemon_thread(save)
            except NotWrittenError as fault:
                about = f"{fault}\n\n{question}"
                continue
            if locations[picked] is SecretLocation.VARIABLE:
                self.environ = {secret_variable(name): client.client_secret.reveal()}
                await self._choose("Export the secret", (CONTINUE,), about=_export_text(name), escape="continue")
            return True
        return False

    async def _choose(
        self, title: str, names: Sequence[str], current: str = "", *, about: str, escape: str
    ) -> str | None:
        return await self.push_screen_wait(ChoiceDialog(title, names, current, about=about, escape=escape))


def _location_text(place: SecretLocation, config: Path, name: str) -> str:
    match place:
        case SecretLocation.FILE:
            return f"A plain-text file that only you can read: {clean(str(secret_file(config, name)))}"
        case SecretLocation.KEYRING:
            return "The system keyring"
        case SecretLocation.VARIABLE:
            return f"Don't store it; I will export {secret_variable(name)}"


def _export_text(name: str) -> str:
    return (
        "zjobtui keeps the secret in memory until you quit. Before the next start, export it:\n\n"
        f"  export {secret_variable(name)}='…'"
    )
