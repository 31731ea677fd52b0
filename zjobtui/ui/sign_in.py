"""The dialog that asks for an OAuth client and tries it on the host at once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from zjobtui.config.tenants import InvalidTenantError, configured_tenant
from zjobtui.domain.checkup import Checkup
from zjobtui.domain.tenant import ClientCredentials, Secret, Tenant
from zjobtui.polling.off_loop import off_loop
from zjobtui.ui.ask_text import OneLine
from zjobtui.wording.checkups import checkup_sentence

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


class SignIn(ModalScreen[SignedIn | None]):
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
        checkup = await off_loop(partial(self._sign_in, tenant, credentials))
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
