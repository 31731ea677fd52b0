"""The first start: run the demo, or sign in to a tenant and save it."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from zjobtui.config.tenants import HOSTS, InvalidTenantError, check_base_url, configured_tenant, name_problem
from zjobtui.config.writer import (
    NotWrittenError,
    SecretLocation,
    available_locations,
    save_tenant,
    secret_file,
    secret_variable,
)
from zjobtui.daemon_thread import run_on_daemon_thread
from zjobtui.formatting.health import checkup_sentence
from zjobtui.models.health import Checkup
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant import ClientCredentials, Secret, Tenant
from zjobtui.models.text import clean
from zjobtui.models.text_width import fit
from zjobtui.ui.choice import ChoiceDialog
from zjobtui.ui.prompt import SafeInput
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.themes import Appearance

SignIn = Callable[[Tenant, ClientCredentials], Checkup]
"""Sign in and poll one job; may block."""

_CLIENT_ID_LIMIT = 200

CLIENT_HINT = "Use an OAuth client of a Zuora user who is allowed to read orders. zjobtui only reads."


class SignedIn(Struct, frozen=True):
    """A tenant that accepted the credentials; `summary` describes the sign-in, `location` is its host or URL."""

    tenant: Tenant
    credentials: ClientCredentials
    summary: str
    location: tuple[str, str]


class FormField(Vertical):
    """A label and an input, and below them the error of the input, or a hint."""

    def __init__(self, name: str, label: str, check: Callable[[str], str], value: str = "", hint: str = "") -> None:
        super().__init__(id=f"{name}-field")
        self.check = check
        """Return what is wrong with a value, as a sentence; "" if it is valid."""
        self.input = SafeInput(value, password=name == "secret", id=name)
        self._label = label
        self._hint = hint
        self._note = Static(Content(hint), classes="note")

    def compose(self) -> ComposeResult:
        """Compose label, input and hint."""
        with Horizontal():
            yield Static(Content(self._label), classes="label")
            yield self.input
        yield self._note

    def on_mount(self) -> None:
        """Show the hint if there is one."""
        self.show_error("")

    @property
    def value(self) -> str:
        """The text without blanks around it."""
        return self.input.value.strip()

    def validate(self) -> bool:
        """Show what is wrong with the value; return whether it is valid."""
        error = self.check(self.value)
        self.show_error(error)
        return not error

    def show_error(self, error: str) -> None:
        """Show an error below the input; "" shows the hint again."""
        self._note.update(Content(f"✗ {error}" if error else self._hint))
        self._note.set_class(bool(error), "-error")
        self._note.display = bool(error or self._hint)
        self.set_class(self._note.display, "-noted")


class SignInDialog(ModalScreen[SignedIn | None]):
    """Ask for the credentials of a host, or of any base URL; return them after a successful sign-in, or None.

    `before` has the values to begin with, if the user comes back from the next page.
    """

    BINDINGS = [
        Binding("escape", "cancel", "cancel", priority=True),
        Binding("down", "app.focus_next", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False, priority=True),
    ]

    def __init__(self, host: str, sign_in: SignIn, before: SignedIn | None = None) -> None:
        super().__init__()
        self._host = host
        self._sign_in = sign_in
        url = before.location[1] if before and not host else ""
        self._default_name = _default_name(host)
        name = before.tenant.name if before else self._default_name
        client = before.credentials if before else ClientCredentials("", Secret(""))
        self._url = FormField("url", "Base URL", _url_error, url, hint="such as https://rest.eu.zuora.com")
        self._tenant_name = FormField("name", "Name", _name_error, name)
        self._client_id = FormField("client-id", "Client id", _client_id_error, client.client_id)
        self._secret = FormField("secret", "Secret", _secret_error, client.client_secret.reveal())
        credentials = (self._client_id, self._secret)
        self._fields = (self._tenant_name, *credentials) if host else (self._tenant_name, self._url, *credentials)

    def compose(self) -> ComposeResult:
        """Compose title, fields, status and key hints."""
        with VerticalScroll(id="dialog", can_focus=False) as dialog:
            dialog.border_title = Content(f"Sign in to {self._host or 'another host'}")
            yield Static(Content(CLIENT_HINT), id="about")
            yield from self._fields
            yield Static(Content(""), id="status", classes="-empty")
            yield Static(Content("enter next field or sign in · ↑ ↓ move · esc back"), id="keys")

    def on_mount(self) -> None:
        """Focus the first empty field after the name, which is derived from the host."""
        next((field for field in self._fields[1:] if not field.value), self._secret).input.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Focus the next field, or sign in from the last one; stay if the value is not valid."""
        field = self._field_of(event.input)
        if not field.validate():
            return
        if field is not self._fields[-1]:
            self._derive_name()
            self._fields[self._fields.index(field) + 1].input.focus()
            return
        self._derive_name()
        wrong = [field for field in self._fields if not field.validate()]
        if self._url in wrong and not self._tenant_name.value:  # it is derived from the URL
            wrong.remove(self._tenant_name)
            self._tenant_name.show_error("")
        if wrong:
            wrong[0].input.focus()
            return
        location = ("host", self._host) if self._host else ("url", self._url.value)
        credentials = ClientCredentials(self._client_id.value, Secret(self._secret.value))
        self._sign_in_now(_tenant(self._tenant_name.value, location), credentials, location)

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """Check what was entered when the user leaves a field."""
        if (field := self._field_of(event.input)).value:
            field.validate()
            self._derive_name()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Clear the error of the field, and the status of the previous attempt."""
        self._field_of(event.input).show_error("")
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
            self._secret.input.value = ""
            self.dismiss(SignedIn(tenant, credentials, summary, location))
            return
        self._show_status("")
        problem = checkup.sign_in_problem
        if problem is not None and problem.kind is ProblemKind.SIGNED_OUT:
            self._show_refusal(self._secret, summary)
        elif problem is not None and not self._host:
            self._show_refusal(self._url, summary)
        else:
            self._show_status(f"✗ {summary}")

    def _show_refusal(self, field: FormField, error: str) -> None:
        field.show_error(error)
        field.input.focus()

    def _field_of(self, entry: Input) -> FormField:
        return next(field for field in self._fields if field.input is entry)

    def _derive_name(self) -> None:
        """Name the tenant after its host, unless the user has named it."""
        if self._host or self._tenant_name.value != self._default_name or _url_error(self._url.value):
            return
        self._default_name = self._tenant_name.input.value = _default_name(urlsplit(self._url.value).netloc)

    def _show_status(self, text: str) -> None:
        status = self.query_one("#status", Static)
        status.update(Content(text))
        status.set_class(not text, "-empty")


def _url_error(url: str) -> str:
    try:
        check_base_url(url)
    except InvalidTenantError as error:
        return str(error) if url else "Enter the base URL of the REST API."
    return ""


def _name_error(name: str) -> str:
    problem = name_problem(name)
    if not name or problem.startswith("must"):
        return f"The tenant {problem}."
    return problem and f"The name “{name}” {problem}."


def _client_id_error(client_id: str) -> str:
    if not client_id:
        return "Enter the id of the OAuth client."
    is_valid = len(client_id) <= _CLIENT_ID_LIMIT and all("!" <= character <= "~" for character in client_id)
    return "" if is_valid else "This is not the id of an OAuth client: copy it from Zuora again."


def _secret_error(secret: str) -> str:
    return "" if secret else "Enter the secret of the OAuth client."


def _default_name(host: str) -> str:
    """Return the name for a tenant at a host, from the name or address of the host."""
    return re.sub("[^a-z0-9]+", "-", host.rpartition("@")[2].lower()).strip("-")[:40].rstrip("-")


def _tenant(name: str, location: tuple[str, str]) -> Tenant:
    key, value = location
    return configured_tenant(name, host=value if key == "host" else "", url=value if key == "url" else "")


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
            signed_in: SignedIn | None = None
            host = hosts.get(picked, "")
            while signed_in := await self.push_screen_wait(SignInDialog(host, self._sign_in, signed_in)):
                if await self._save_tenant(signed_in):
                    self.next = Next.MONITOR
                    self.exit(0)
                    return
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
            return f"Do not store it; export {secret_variable(name)} before each start"


def _export_text(name: str) -> str:
    return (
        "zjobtui keeps the secret in memory until you quit. Before the next start, export it:\n\n"
        f"  export {secret_variable(name)}='…'"
    )
