"""Opens a URL in the user's browser if there is a display."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping

from zjobtui.config.programs import child_environment


def can_open(environ: Mapping[str, str], *, platform: str = sys.platform, is_root: bool | None = None) -> bool:
    """Return whether the user would see a browser: on a display of this machine, and not as root or over SSH."""
    is_root = os.geteuid() == 0 if is_root is None else is_root
    is_remote = any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))
    has_display = platform == "darwin" or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return has_display and not is_remote and not is_root


def open_url(url: str, environ: Mapping[str, str]) -> bool:
    """Start a browser for the URL, if one can be seen; return whether it was started. Never waits for it.

    It is started by another process without a terminal: a text browser, or what a browser prints, would be drawn over
    the screen.
    """
    if not can_open(environ):
        return False
    quiet = subprocess.DEVNULL
    words = [sys.executable, "-I", "-m", "webbrowser", "-t", url]
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; the URL is one of `zuora_links`
            words, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True, env=child_environment(environ)
        )
    except OSError:
        return False
    threading.Thread(target=process.wait, name="browser", daemon=True).start()  # an ended child must be waited for
    return True
