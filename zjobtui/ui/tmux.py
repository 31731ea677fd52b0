"""tmux around this program: its settings, its paste buffers, and what it passes on to the terminal."""

from collections.abc import Mapping

from msgspec import Struct

from zjobtui.config.programs import feed_command

TIME_LIMIT = 2.0
"""Seconds that tmux may take to respond."""

_NEEDS = ("PATH", "HOME", "TMUX", "TMUX_PANE", "TMUX_TMPDIR", "LC_ALL", "LC_CTYPE", "LANG")
"""The environment of tmux, which needs no secret."""

_FIELDS = (
    "version",
    "set-clipboard",
    "allow-passthrough",
    "client_tty",
    "client_termname",
    "client_termfeatures",
    "window_active",
    "session_attached",
    "window_zoomed_flag",
    "pane_active",
)

_ON_OFF = {"1": "on", "0": "off"}
"""How tmux prints a setting that is only on or off."""


class Tmux(Struct, frozen=True):
    """The state of tmux; `terminal` is the type of the attached terminal, empty if there is none."""

    version: str
    set_clipboard: str
    """on, external or off; only with "on" a program can copy by OSC 52."""
    passthrough: str
    """on, off or all; empty before tmux 3.3, which passes everything on."""
    terminal: str
    takes_clipboard: bool
    """Whether tmux knows how to write to the clipboard of its terminal."""
    is_visible: bool
    """Whether the pane of this program is on the screen."""

    @property
    def passes_through(self) -> bool:
        """Whether a sequence in a passthrough frame reaches the terminal now."""
        return self.passthrough in {"all", ""} or (self.passthrough == "on" and self.is_visible)


def read_tmux(environ: Mapping[str, str]) -> Tmux | None:
    """Return the state of tmux, None if it does not respond. May block for two time limits."""
    pane = ("-t", environ["TMUX_PANE"]) if environ.get("TMUX_PANE") else ()
    printed, error = _run(environ, "display-message", "-p", *pane, "|".join(f"#{{{name}}}" for name in _FIELDS))
    values = printed.strip("\n").split("|")
    if error or len(values) != len(_FIELDS):
        return None
    fields = dict(zip(_FIELDS, values, strict=True))
    attached, features = fields["client_tty"], fields["client_termfeatures"].split(",")
    is_covered = fields["window_zoomed_flag"] == "1" and fields["pane_active"] != "1"
    passthrough = fields["allow-passthrough"]
    return Tmux(
        version=fields["version"],
        set_clipboard=fields["set-clipboard"],
        passthrough=_ON_OFF.get(passthrough, passthrough),
        terminal=fields["client_termname"] if attached else "",
        takes_clipboard=bool(attached) and ("clipboard" in features or _has_clipboard_capability(environ, attached)),
        is_visible=fields["window_active"] == "1" and fields["session_attached"] != "0" and not is_covered,
    )


def load_buffer(text: str, environ: Mapping[str, str], *, to_terminal: bool) -> str:
    """Set the tmux buffer, and with `to_terminal` also the terminal's clipboard; return "" or why it failed."""
    return _run(environ, "load-buffer", *(("-w",) if to_terminal else ()), "-", text=text)[1]


def check_buffer(environ: Mapping[str, str], name: str) -> str:
    """Write a text to a buffer of this name, read it and delete it; return "" or why that failed."""
    text = "zjobtui doctor"
    _, error = _run(environ, "load-buffer", "-b", name, "-", text=text)
    if error:
        return error
    shown, error = _run(environ, "show-buffer", "-b", name)
    _run(environ, "delete-buffer", "-b", name)
    return error or ("" if shown == text else "returned another text")


def _has_clipboard_capability(environ: Mapping[str, str], terminal: str) -> bool:
    """Return whether the terminal's description has the capability Ms, as that of alacritty, foot and kitty."""
    printed, _ = _run(environ, "show-messages", "-T", "-t", terminal)
    of_terminal = printed.partition(f" for {terminal},")[2].partition("\nTerminal ")[0]
    return any(" Ms: " in line and "[missing]" not in line for line in of_terminal.splitlines())


def _run(environ: Mapping[str, str], *words: str, text: str = "") -> tuple[str, str]:
    needed = {name: environ[name] for name in _NEEDS if name in environ}
    return feed_command(("tmux", *words), needed, text, TIME_LIMIT)
