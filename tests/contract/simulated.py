"""A simulated Zuora in its own process, and its responses about each of its jobs."""

import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from tests.contract.names import Verdict
from tests.contract.program import PROGRAM
from tests.support.process import environment

SEED, JOBS = 8, 60
"""A world in which jobs of every verdict have ended before it begins."""

LONG_RUNNING = (6, 21)
"""Places of jobs that run for ten minutes and longer."""


@dataclass(frozen=True, slots=True)
class Zuora:
    """A tenant with its credentials; `ended` and `running` are ids of jobs that stay as they are for ten minutes."""

    url: str
    client_id: str
    secret: str
    ids: tuple[str, ...]
    ended: Mapping[Verdict, tuple[str, ...]]
    running: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make it the tenant `env`."""
        return {"ZUORA_BASE_URL": self.url, "ZUORA_CLIENT_ID": self.client_id, "ZUORA_CLIENT_SECRET": self.secret}

    @property
    def one_of_each(self) -> dict[Verdict, str]:
        """One job of each verdict."""
        return {**{verdict: ids[0] for verdict, ids in self.ended.items()}, Verdict.RUNNING: self.running[0]}


@contextmanager
def simulate(*options: str) -> Iterator[Zuora]:
    """Run `zjobtui simulate` while the block runs."""
    command = [*PROGRAM, "simulate", "--jobs", str(JOBS), "--seed", str(SEED), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment({})) as process:
        try:
            yield _started(process, is_probed="--faults" not in options)
        finally:
            process.terminate()


def _started(process: "subprocess.Popen[str]", *, is_probed: bool) -> Zuora:
    exports: dict[str, str] = {}
    ids: list[str] = []
    assert process.stdout is not None
    while len(ids) < JOBS:
        line = process.stdout.readline().rstrip("\n")
        assert line, "the simulator ended"
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            exports[name] = value
        else:
            ids.append(line.removeprefix("# "))
    url, client, secret = (exports[f"ZUORA_{name}"] for name in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET"))
    running = tuple(ids[number] for number in LONG_RUNNING)
    if not is_probed:
        return Zuora(url, client, secret, tuple(ids), {}, running)
    answers = _ask(url, client, secret, ids)
    ended: dict[Verdict, tuple[str, ...]] = {
        verdict: tuple(job_id for job_id in ids if _verdict(answers[job_id]) is verdict)
        for verdict in (Verdict.DONE, Verdict.FAILED, Verdict.ATTENTION, Verdict.UNKNOWN)
    }
    assert all(ended.values()), ended
    return Zuora(url, client, secret, tuple(ids), ended, running)


def _ask(url: str, client: str, secret: str, ids: list[str]) -> dict[str, dict[str, object]]:
    place = urlsplit(url)
    assert place.hostname is not None
    host = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    host.request("POST", "/oauth/token", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    token = json.load(host.getresponse())["access_token"]
    answers = {}
    for job_id in ids:
        host.request("GET", f"/v1/async-jobs/{job_id}", headers={"Authorization": f"Bearer {token}"})
        answers[job_id] = json.load(host.getresponse())
    host.close()
    return answers


def _verdict(answer: Mapping[str, object]) -> Verdict | None:
    """What the documentation of Zuora makes of an answer; None where it may change within a minute."""
    result = answer.get("result")
    order = result.get("status") if isinstance(result, dict) else None
    is_order = isinstance(result, dict) and "orderNumber" in result
    if answer.get("status") is None:
        return Verdict.UNKNOWN
    if answer["status"] == "Failed":
        return Verdict.FAILED
    if answer["status"] != "Completed" or not is_order:
        return None
    return Verdict.DONE if order == "Completed" else Verdict.ATTENTION
