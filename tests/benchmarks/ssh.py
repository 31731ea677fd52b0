"""A line as that to a jump host: an ssh server of one's own on loopback, behind a relay that delays and counts."""

import asyncio
import getpass
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

DELAY = 0.05
"""Seconds that every byte takes in each direction."""

_PATIENCE = 5.0


class Relay:
    """Passes bytes on between a client and the server at a port; `received` are those that came from the server."""

    def __init__(self, to: int) -> None:
        self.received = 0
        self.port = 0
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._is_open = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        assert self._is_open.wait(_PATIENCE)

    def close(self) -> None:
        """Take no more."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._relay, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._is_open.set()
        self._loop.run_forever()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer, counts=True))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counts: bool = False) -> None:
        while data := await reader.read(65_536):
            self.received += len(data) if counts else 0
            self._loop.call_later(DELAY, writer.write, data)
        self._loop.call_later(DELAY, writer.close)


class Jump:
    """A way to run commands on the far side, and what came back over the wire."""

    def __init__(self, key: Path, relay: Relay) -> None:
        self.relay = relay
        self._key = key

    def command(self, command: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
        """The command that runs another one on the far side, on a terminal there."""
        there = shlex.join(["env", *(f"{name}={value}" for name, value in env.items()), *command])
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "IdentitiesOnly=yes")
        given = [part for option in options for part in ("-o", option)]
        where = ("-p", str(self.relay.port), "-i", str(self._key), f"{getpass.getuser()}@127.0.0.1")
        return ("ssh", "-tt", "-F", "none", *given, *where, f"cd {shlex.quote(str(Path.cwd()))} && exec {there}")


@contextmanager
def jump_host() -> Iterator[Jump]:
    """Run the server while the block runs; raise `FileNotFoundError` where OpenSSH's server is not installed."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if sshd is None:
        raise FileNotFoundError("sshd")
    with TemporaryDirectory() as place:
        host, user = (_made_key(Path(place) / name) for name in ("host", "user"))
        port = _free_port()
        options = (f"AuthorizedKeysFile={user}.pub", "StrictModes=no", "PidFile=none", "ListenAddress=127.0.0.1")
        command = [sshd, "-D", "-f", "/dev/null", "-h", str(host), "-p", str(port)]
        command += [part for option in options for part in ("-o", option)]
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # the server of root does not start without
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            _wait_for(port)
            relay = Relay(port)
            try:
                yield Jump(user, relay)
            finally:
                relay.close()
                server.terminate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end, "sshd did not start"
            time.sleep(0.05)
        else:
            return


def _made_key(file: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    return file


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
