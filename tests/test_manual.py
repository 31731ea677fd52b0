"""The manual names keys, columns, filter terms, hosts, commands, options, exit statuses and fields of JSON."""

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import click
import pytest

from tests.contract.names import Event, Exit, Field
from tests.support.building import job_id
from tests.support.process import environment
from tests.support.running import run
from zjobtui.bootstrap import output
from zjobtui.cli import main
from zjobtui.config.settings import COLUMN_NAMES
from zjobtui.config.tenants import HOSTS
from zjobtui.formatting.records import RECORD_FIELDS
from zjobtui.models import filter_fields
from zjobtui.models.history import EventKind
from zjobtui.models.outcome import Outcome
from zjobtui.models.verdict import VerdictKind
from zjobtui.simulator.server import running
from zjobtui.ui.actions import CATALOGUE, Action, key_name
from zjobtui.ui.columns import COLUMNS

MANUAL = (Path(__file__).parents[1] / "docs" / "manual.md").read_text(encoding="utf-8")
SAYS = {0: "The order is done.", 1: "The order failed.", 3: "The job has ended, but the order has not"}
COMMANDS = main.main.commands


def section(title: str) -> str:
    """What stands below a heading."""
    _, heading, text = MANUAL.partition(f"\n## {title}\n")
    assert heading, title
    return text.partition("\n## ")[0]


def missing(names: Iterable[str], text: str) -> list[str]:
    """The names that do not stand in the text between backquotes."""
    found = set(re.findall(r"`([^`\n]+)`", text))
    return [name for name in names if name not in found]


def printed_keys(action: Action) -> list[str]:
    """The keys of an action as the manual writes them: a sign as itself, any other key by its name."""
    signs = {key: key_name(key) for key in action.keys.split(",")}
    return [sign if len(sign) == 1 else key for key, sign in signs.items()]


def test_every_action_is_named_with_all_its_keys() -> None:
    listed = {
        name: re.findall("`([^`]+)`", keys)
        for name, keys in re.findall(r"`(\w+)` \(((?:`[^`]+`(?:, )?)+)\)", section("Keys"))
    }
    assert listed == {action.id: printed_keys(action) for action in CATALOGUE}


def test_every_action_is_explained_by_its_first_key() -> None:
    table = section("Keys").partition("| key | does |")[2].partition("\n\n")[0]
    assert missing([printed_keys(action)[0] for action in CATALOGUE], table) == []


def test_every_column_is_explained_and_can_be_named_in_the_settings() -> None:
    explained = section("The screen").partition("The columns appear by")[2].partition("\n\n")[0]
    names = set(re.findall(r"(?:\*|`)([^*`]+)(?:\*|`)", explained))
    assert [column.name for column in COLUMNS if not names & {column.name, column.title}] == []
    (listed,) = re.findall(r"The\s+columns\s+are\s+([^;]+);", section("Settings"))
    assert re.findall("`([^`]+)`", listed) == [*COLUMN_NAMES]


def test_every_filter_term_is_named() -> None:
    text = section("Filters")
    for name, field in filter_fields.FILTER_FIELDS.items():
        assert re.search(rf"`{name}[{''.join(field.operators)}]", text), name
    assert missing([f"is:{state}" for state in filter_fields.STATES], text) == []
    words = [word for word in filter_fields.STATUSES if " " not in word]
    assert missing(words, text) == []


def test_every_host_of_zuora_is_named() -> None:
    text = " ".join(section("Tenants").split())
    assert [host.name for host in HOSTS if not re.search(rf"{re.escape(host.name)}[,.]", text)] == []


def test_every_command_is_named_with_all_its_options() -> None:
    text = section("Commands")
    assert [name for name in COMMANDS if not re.search(rf"\n\| .*(zjobtui |`){name}\b", text)] == []
    listed = set(re.findall(r"--[a-z-]+", text))
    assert {option for command in COMMANDS.values() for option in options(command)} <= listed


def options(command: click.Command) -> Iterator[str]:
    """The long options of a command and of those below it, without hidden ones."""
    command = getattr(command, "loaded", command)
    for parameter in (one for one in command.params if not getattr(one, "hidden", False)):
        yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("--"))
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from options(below)


def test_every_exit_status_is_explained() -> None:
    of_wait, of_all = section("Exit statuses").split("| exit status |")
    assert [one for one in Outcome if f"\n| {one.status} | " not in of_wait] == []
    signals = [128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)]
    ours = [output.OK, output.SOME_REFUSED, output.USAGE, output.UNWRITTEN, output.CRASHED, output.CLOSED]
    assert [status for status in (*ours, *signals) if f"\n| {status} | " not in of_all] == []
    listed = {int(status) for status in re.findall(r"\n\| (\d+) \| ", of_wait + of_all)}
    assert {status for name, status in vars(Exit).items() if name.isupper()} <= listed


def test_every_field_of_json_is_named() -> None:
    text = section("JSON and CSV")
    fields = [name for key, name in vars(Field).items() if key.isupper()]
    assert missing([name for name in fields if name != Field.SCHEMA], text) == []
    assert missing(list(RECORD_FIELDS), text) == []
    assert '"schema": 2' in text


def test_every_constant_in_json_is_named() -> None:
    text = section("JSON and CSV")
    assert missing([one.title for one in Outcome], text) == []
    assert missing([kind.value for kind in VerdictKind], text) == []
    assert missing([*Event, *(kind.value for kind in EventKind)], text) == []


@pytest.mark.parametrize("arguments", [["show", job_id().given], ["doctor", "--offline"]], ids=lambda words: words[0])
def test_json_output_has_no_undocumented_field(arguments: list[str]) -> None:
    run("add", job_id().given)
    fields = keys(json.loads(run(*arguments, "--json").stdout))
    assert len(set(fields)) > 5
    assert missing([name for name in fields if name != Field.SCHEMA], section("JSON and CSV")) == []


def keys(value: Any) -> list[str]:  # noqa: ANN401 - JSON holds anything
    """The names of all fields, at any depth."""
    if isinstance(value, list):
        return [name for one in value for name in keys(one)]
    return [name for key, one in value.items() for name in (key, *keys(one))] if isinstance(value, dict) else []


@pytest.mark.parametrize("name", sorted({*COMMANDS} - {"demo", "simulate"}))
def test_every_commands_help_has_an_example(name: str) -> None:
    help_text = run(name, "--help").stdout
    assert re.search(rf"Examples?:\n(.*\n)*? +.*zjobtui {name}", help_text)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the script calls curl")
@pytest.mark.parametrize(("seed", "status"), [(4, 0), (9, 1), (2, 3)])
def test_the_script_posts_an_order_waits_and_acts_on_the_exit_status(seed: int, status: int, tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(#!/bin/sh\n.*?)```", section("Commands"), re.DOTALL)
    (tmp_path / "order.json").write_text('{"existingAccountNumber": "A-1", "subscriptions": [{}]}')
    with running(jobs=1, seed=seed, clock=lambda: 400 * time.monotonic()) as served:
        variables = {"ZUORA_BASE_URL": served.base_url, "ZUORA_CLIENT_ID": served.client_id}
        env = environment({**variables, "ZUORA_CLIENT_SECRET": served.client_secret})
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        done = subprocess.run(["sh", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        posted = served.job_ids[-1]
    (one,) = json.loads(run("ls", "--json").stdout)["jobs"]
    assert one["job_id"] == posted
    assert done.returncode == status, done.stderr
    assert SAYS[status] in done.stdout
    assert served.client_secret not in done.stdout + done.stderr


class Webhook(BaseHTTPRequestHandler):
    """A receiver that keeps what is posted."""

    received: ClassVar[list[tuple[str, str | None, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, self.headers["Content-Type"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.skipif(shutil.which("curl") is None, reason="the script calls curl")
def test_the_webhook_script_posts_escaped_text_and_keeps_the_url_out_of_arguments(tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(#!/bin/sh\n# Posts a notification.*?)```", MANUAL, re.DOTALL)
    server = HTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    folder = tmp_path / ".config" / "zjobtui"
    folder.mkdir(parents=True)
    (folder / "webhook.curl").write_text(f'url = "http://127.0.0.1:{server.server_port}/T0/secret"\n', encoding="utf-8")
    path = folder / "notify-webhook"
    path.write_text(script, encoding="utf-8")
    path.chmod(0o700)
    record = {"event": "failed", "tenant": "eu", "label": "CS-1 <!channel>", "sentence": 'Job failed: "x" & <y>'}
    try:
        env = environment({"HOME": str(tmp_path), "no_proxy": "127.0.0.1"})
        done = subprocess.run([path], input=json.dumps(record), text=True, env=env, capture_output=True, check=False)
    finally:
        server.shutdown()
        server.server_close()
    assert (done.returncode, done.stderr) == (0, "")
    ((address, kind, body),) = Webhook.received
    assert (address, kind) == ("/T0/secret", "application/json")
    assert json.loads(body) == {"text": 'failed · eu · CS-1 &lt;!channel&gt; · Job failed: "x" &amp; &lt;y&gt;'}
