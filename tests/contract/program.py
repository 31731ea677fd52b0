"""The installed command as a user runs it: for what it prints, or in a window on a pseudo-terminal."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.contract.names import Field, Screen
from tests.support.process import environment
from tests.support.terminal import Terminal

_INSTALLED = Path(sys.executable).with_name("zjobtui")
PROGRAM = (str(_INSTALLED),) if _INSTALLED.exists() else (sys.executable, "-m", "zjobtui")

SIZE = (140, 40)


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command left: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is any of its types
        """Standard output, read as JSON."""
        return json.loads(self.out)

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The jobs of the JSON on standard output."""
        jobs: list[dict[str, Any]] = self.json[Field.JOBS]
        return jobs

    @property
    def ids(self) -> list[str]:
        """The ids of these jobs."""
        return [job[Field.JOB_ID] for job in self.jobs]


@dataclass(frozen=True, slots=True)
class User:
    """A user with a home folder, where everything of theirs is kept, and with variables in the environment."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "data"

    @property
    def store(self) -> Path:
        """The file of the watchlist."""
        return self.data / "watchlist.sqlite3"

    @property
    def config(self) -> Path:
        """The file of settings."""
        return self.home / "config.toml"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of each command."""
        places = {"HOME": self.home, "XDG_CONFIG_HOME": self.home, "ZJOBTUI_DATA_DIR": self.data}
        settings = {"ZJOBTUI_CONFIG": str(self.config)} if self.config.exists() else {}
        return {**{name: str(path) for name, path in places.items()}, "TZ": "UTC", **settings, **self.variables}

    def run(self, *arguments: str, stdin: str = "", **more: str) -> Printed:
        """Run a command to its end; `more` are variables of the environment."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            input=stdin.encode(),
            capture_output=True,
            env=environment({**self.environment, **more}),
            timeout=60,
            check=False,
        )
        return Printed(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
        """Start a command that does not end by itself."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(self.environment),
        )

    def terminal(
        self, *arguments: str, size: tuple[int, int] = SIZE, ignoring_hangup: bool = False, **more: str
    ) -> Terminal:
        """Start a command on its own terminal."""
        env = {**self.environment, **more}
        return Terminal([*PROGRAM, *arguments], *size, env=env, cwd=self.home, ignoring_hangup=ignoring_hangup)

    @contextmanager
    def window(
        self, *arguments: str, size: tuple[int, int] = SIZE, until: str = Screen.LIST, **more: str
    ) -> Iterator[Terminal]:
        """Start the monitor and wait until its list is on the screen."""
        with self.terminal(*arguments, size=size, ignoring_hangup=False, **more) as terminal:
            terminal.wait_for(until, 20)
            yield terminal
