"""P5 over ssh: what a minute costs on the wire, with what the screen shows of it, 100 ms away."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.film import Filmed
from tests.benchmarks.served import lasting, served
from tests.benchmarks.ssh import Jump, jump_host
from tests.benchmarks.stored import answered, copied
from tests.benchmarks.subjects import MONITOR, monitor_env, rival
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure

WORLD, JOBS = 10_000, 100
_LASTS = 190.0
_MINUTE = 60.0
_TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


def remote(trials: int) -> Iterator[Table]:
    """Bytes for the terminal, and bytes on the wire, of one minute."""
    ids = lasting(WORLD, JOBS, _LASTS)
    with TemporaryDirectory() as place, jump_host() as jump:
        with served(WORLD) as tenant:
            stored = answered(Path(place) / "stored", ids, tenant)
        (ids_file := Path(place) / "ids").write_text("\n".join(ids), encoding="utf-8")
        subjects = {
            "rival, jobs run on": lambda: _rival(jump, ids_file),
            "monitor, jobs run on": lambda: _idle(jump, copied(stored, Path(place) / "work")),
            "demo from its start, jobs end": lambda: _demo(jump),
        }
        samples = in_turns(trials, subjects)
    title = f"P5 · a minute of {JOBS} jobs over ssh"
    yield Table(title=f"{title}, for the terminal", unit="bytes", trials=measure(samples, "bytes"), digits=0)
    yield Table(title=f"{title}, on the wire", unit="bytes", trials=measure(samples, "wire"), digits=0)


def _demo(jump: Jump) -> Sample:
    return _minute(jump, jump.command((*MONITOR, "demo", "--jobs", str(JOBS)), _TERMINAL), "Jobs", 0.0)


def _idle(jump: Jump, folder: Path) -> Sample:
    """After the first minute, in which waits are shown in steps of ten seconds."""
    with served(WORLD) as tenant:
        command = jump.command(MONITOR, {**_TERMINAL, **monitor_env(tenant, folder)})
        return _minute(jump, command, "/s", _MINUTE + 5)


def _rival(jump: Jump, ids_file: Path) -> Sample:
    with served(WORLD) as tenant:
        return _minute(jump, jump.command(rival(ids_file), {**_TERMINAL, **tenant.env}), "Processing", 5.0)


def _minute(jump: Jump, command: Sequence[str], awaited: str, settle: float) -> Sample:
    with Filmed(command) as terminal:
        terminal.until_sent(awaited)
        terminal.bytes_within(settle)
        wire = jump.relay.received
        return {"bytes": terminal.bytes_within(_MINUTE), "wire": jump.relay.received - wire}
