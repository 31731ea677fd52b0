"""The first start: leads from nothing to a tenant whose jobs can be watched, or to the demo; knows no network."""

from collections.abc import Mapping
from enum import Enum
from functools import partial
from pathlib import Path

from textual import work

from zjobtui.config.tenants import HOSTS
from zjobtui.config.writer import NotWrittenError, Place, keep, places, secret_file, variable
from zjobtui.domain.text import clean
from zjobtui.polling.off_loop import off_loop
from zjobtui.ui.look import Look
from zjobtui.ui.pick import Pick
from zjobtui.ui.sign_in import SignedIn, SignIn, SignsIn
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.wording.cells import fit

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

    def __init__(self, config: Path, sign_in: SignsIn, look: Look) -> None:
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
        while picked := await self.push_screen_wait(Pick("Welcome", names, picked or "", about=WELCOME)):
            if picked in {DEMO, LEAVE}:
                self.next = Next.DEMO if picked == DEMO else Next.NOTHING
                break
            signed_in = await self.push_screen_wait(SignIn(hosts.get(picked, ""), self._sign_in))
            if signed_in is not None and await self._is_kept(signed_in):
                self.next = Next.MONITOR
                break
        self.exit(0)

    async def _is_kept(self, signed_in: SignedIn) -> bool:
        """Whether the tenant was written down, where a person wants its secret to be."""
        name, client = signed_in.tenant.name, signed_in.credentials
        offered = {_told_of(place, self._config, name): place for place in places()}
        about = f"{signed_in.told}\n\nThe tenant is written into {clean(str(self._config))}. Where shall its secret be?"
        while picked := await self.push_screen_wait(Pick("✓ Signed in", tuple(offered), about=about)):
            writing = partial(keep, self._config, name, dict([signed_in.at]), client, offered[picked])
            try:
                await off_loop(writing)
            except NotWrittenError as fault:
                about = f"{fault}\n\nWhere shall the secret be?"
                continue
            if offered[picked] is Place.VARIABLE:
                self.environ = {variable(name): client.client_secret.reveal()}
                await self.push_screen_wait(Pick("Set the variable", (GO_ON,), about=_exporting(name)))
            return True
        return False


def _told_of(place: Place, config: Path, name: str) -> str:
    match place:
        case Place.FILE:
            return f"A file that only you can read, as plain text: {clean(str(secret_file(config, name)))}"
        case Place.KEYRING:
            return "The system's keyring"
        case Place.VARIABLE:
            return f"Nowhere: I set the variable {variable(name)} myself"


def _exporting(name: str) -> str:
    return (
        "The secret is in memory until you leave. Before the next start, set it, with the secret for the dots:\n\n"
        f"  export {variable(name)}='…'"
    )
