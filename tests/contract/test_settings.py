"""Every setting is accepted and does what the manual says; a wrong one is named with its line."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.contract.manual import codes, table
from tests.contract.names import Action, Exit, Field, Key, Manual, Printed, Screen, Verdict, jobs
from tests.contract.program import User
from tests.contract.scripted import scripted
from tests.contract.window import press

ONE = "1" * 32
FAILED = {"status": "Failed", "errors": "[40000050]: locked", "result": None, "success": True}

TENANTS = """
[tenants.local]
url = "{url}"
kind = "developer sandbox"
title = "The box"
colour = "magenta"
daily_calls = 4321
calls_per_second = 2.5
expected_order_statuses = ["pending"]
org_ids = ["org-1", "org-2"]
entity_ids = "entity-1"
version = "2025-08-12"
client_id = "id-local"
secret_file = "{file}"
"""

OTHER_TENANTS = """
[tenants.eu]
host = "eu Production"
client_id = "id-eu"
secret_env = "EU_SECRET"
[tenants.command]
url = "https://command.example"
client_id = "id-command"
secret_command = ["printf", "sentinel"]
secret_timeout = 45
[tenants.keyring]
url = "https://keyring.example"
client_id = "id-keyring"
secret_keyring = "zuora-keyring"
"""

REST = """
[polling]
staleness_limit = 45
[list]
archive_after = "1s"
columns = ["status", "job", "why", "time"]
[screen]
theme = "high-contrast"
ascii = true
utc = true
bell = true
[notify]
on = ["failed"]
tenant_down_after = "10m"
osc = "9"
toast = true
command = ["/bin/sh", "-c", "cat >> '{record}'"]
[files]
folder = "/tmp/zjobtui"
[keys]
{action} = "f5"
"""


def configured(user: User, url: str, more: str = "") -> None:
    """Write the settings, and the secret into its file."""
    secret = user.home / "secret"
    secret.touch(0o600)
    secret.write_text("sentinel-secret\n", encoding="utf-8")
    rest = REST.format(record=user.home / "record.json", action=Action.REFRESH)
    user.config.write_text(TENANTS.format(url=url, file=secret) + more + rest, encoding="utf-8")


def test_every_setting_of_the_manual_is_accepted(new_user: User) -> None:
    configured(new_user, "http://127.0.0.1:9", OTHER_TENANTS)
    listed = new_user.run("tenants", EU_SECRET="sentinel")
    assert (listed.status, listed.err) == (Exit.OK, "")
    by_name = {line.split()[0]: line for line in listed.out.splitlines()}
    assert all(word in by_name["local"] for word in ("http://127.0.0.1:9", "4,321", "developer sandbox"))
    assert all(word in by_name["eu"] for word in ("https://rest.eu.zuora.com", "production", "EU_SECRET"))
    assert "printf" in by_name["command"]
    assert "zuora-keyring" in by_name["keyring"]
    assert "sentinel" not in listed.out
    given = {
        name for table in tomllib.loads(new_user.config.read_text(encoding="utf-8")).items() for name in paths(*table)
    }
    named = {code for row in table(Manual.SETTINGS) for code in codes(row[0])}
    assert len(named) > 20
    assert given == named


def paths(name: str, value: object) -> list[str]:
    """The settings of a table, as the manual names them."""
    assert isinstance(value, dict)
    if name == "tenants":
        return [f"tenants.NAME.{key}" for tenant in value.values() for key in tenant]
    return ["keys.ACTION"] if name == "keys" else [f"{name}.{key}" for key in value]


@pytest.mark.slow
def test_settings_take_effect_on_screen_in_calls_and_in_notifications(new_user: User) -> None:
    with scripted({}) as tenant:
        configured(new_user, tenant.url)
        new_user.run("add", ONE)
        with new_user.window(until=Screen.LIST_IN_ASCII, TZ="Asia/Tokyo") as window:
            window.wait_for(Screen.POLLING)
            window.wait_for("local")
            assert window.text().isascii()
            tenant.answers[ONE] = FAILED
            press(window, "f5", until=f"1 {Verdict.FAILED}")
            event_file = new_user.home / "record.json"
            window.wait_for(
                lambda _: event_file.exists() and event_file.read_text(encoding="utf-8").rstrip().endswith("}")
            )
            window.wait_for(lambda _: b"\x1b]9;" in window.raw and b"\a" in window.raw)
            window.wait_for(Screen.TOAST)
            window.wait_for(lambda text: re.search(r"\d\d:\d\d:\d\d UTC", text) is not None)
            press(window, Key.ENTER)
            window.bytes_within(1.2)
            press(window, Key.QUIT)
            assert window.wait_exit() == Exit.OK
            drawn = re.sub(rb"\x1b\]9;[^\a]*\a", b"", window.raw)
            assert not re.search(rb"[^\x00-\x7f]", drawn), "all is plain ASCII"
    event = json.loads(event_file.read_text(encoding="utf-8"))
    assert (event[Field.JOB_ID], event[Field.EVENT], event[Field.TENANT]) == (ONE, "failed", "local")
    sent = tenant.headers[0]
    assert (sent["zuora-org-ids"], sent["zuora-entity-ids"], sent["zuora-version"]) == (
        "org-1,org-2",
        "entity-1",
        "2025-08-12",
    )
    assert "sentinel-secret" not in window.text()
    assert new_user.run("archive").out.startswith(Printed.ARCHIVED.format(jobs(1))), "archive_after"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["wait", ONE],
        ["add", ONE],
        pytest.param(["watch"], marks=pytest.mark.slow),
        pytest.param(["archive"], marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_invalid_settings_are_reported_with_line_and_nearest_name(new_user: User, command: list[str]) -> None:
    new_user.config.write_text(
        '[polling]\nstaleness_limt = 1\n[list]\narchive_aftr = "1d"\n[lst]\n[screen]\nasci = true\nutc = "x"\n',
        encoding="utf-8",
    )
    refused = new_user.run(*command)
    assert (refused.status, refused.out) == (Exit.USAGE, "")
    for line, wanted in ((2, "staleness_limit"), (4, "archive_after"), (5, "list"), (7, "ascii")):
        assert re.search(rf"line {line}: .*{re.escape(Screen.IS_UNKNOWN_SETTING.format(wanted))}", refused.err)
    assert "line 8: screen.utc" in refused.err
    assert not new_user.store.exists() or new_user.run("ls", "--json").jobs == []


@pytest.mark.slow
def test_invalid_tenants_and_keys_are_reported(new_user: User) -> None:
    new_user.config.write_text(
        f'[tenants.eu]\nhots = "EU production"\n[keys]\n{Action.REFRESH}x = "f5"\n[notify]\non = ["everything"]\n',
        encoding="utf-8",
    )
    looked = new_user.run("doctor", "--offline")
    assert looked.status == Exit.SOMETHING_WRONG
    for line, word in ((2, "host"), (4, Action.REFRESH), (6, r"notify\.on")):
        assert re.search(rf"line {line}: .*{word}", looked.out)


@pytest.mark.slow
def test_with_several_tenants_one_must_be_named(new_user: User) -> None:
    configured(new_user, "http://127.0.0.1:9", OTHER_TENANTS)
    refused = new_user.run("add", ONE)
    assert (refused.status, refused.out) == (Exit.USAGE, "")
    assert all(name in refused.err for name in ("--tenant", "local", "eu", "command", "keyring"))
    assert new_user.run("add", ONE, "--tenant", "eu").status == Exit.OK
    assert [listed[Field.TENANT] for listed in new_user.run("ls", "--json", "--tenant", "eu").jobs] == ["eu"]


def test_the_settings_file_is_in_the_config_folder_by_default(new_user: User) -> None:
    folder = new_user.home / "zjobtui"
    folder.mkdir()
    Path(folder, "config.toml").write_text(OTHER_TENANTS, encoding="utf-8")
    assert len(new_user.run("tenants").out.splitlines()) == 3


@pytest.mark.slow
def test_a_window_shows_tenants_that_are_added_and_removed_while_it_runs(user: User) -> None:
    other = ("other", "--url", "http://127.0.0.1:9", "--client-id", "id", "--secret-env", "NOT_SET")
    with user.window() as window:
        window.wait_for(Screen.POLLING, 10)
        assert user.run("tenants", "add", *other).status == Exit.OK
        window.wait_for(Screen.TENANT_ADDED.format("other"), 15)
        assert user.run("tenants", "rm", "other", "--yes").status == Exit.OK
        window.wait_for(Screen.TENANT_REMOVED.format("other"), 15)
        assert Screen.OTHER_WINDOW.encode() not in window.raw, "there is only one"
        assert Screen.FOLLOWING.encode() not in window.raw
