"""Listing tenants, and adding one to the file without changing anything else in it."""

import os
import re
import stat
import tomllib
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.running import run
from tests.support.scripted import call
from zjobtui.cli.main import main
from zjobtui.cli.tenants import complete_configured, tenants
from zjobtui.config.loading import parse_settings, read_settings
from zjobtui.config.paths import config_path, store_path
from zjobtui.config.writer import SecretLocation, save_tenant, table_text, written_secret
from zjobtui.models.health import Checkup
from zjobtui.models.tenant import ClientCredentials, Secret
from zjobtui.storage.database import backup_path

EU = ("tenants", "add", "eu", "--host", "EU production", "--client-id", "id-1")
CALLS = ("--daily-calls", "500", "--calls-per-second", "0.5")
THEIRS = '# mine\r\n[screen]\r\nutc = true # yes\r\n\r\n[tenants.us]\r\nhost = "US Cloud 1 production"\r\n'
THEIRS += 'client_id = "2"\r\nsecret_env = "US"'


def test_a_tenant_is_added_to_a_new_file_with_mode_0600() -> None:
    result = run(*EU, "--secret-command", "op read 'op://ops/zuora secret'", "--colour", "red", *CALLS)
    assert (result.exit_code, result.stderr) == (0, "")
    path = config_path()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings, problems = read_settings(path)
    assert problems == ()
    (eu,) = settings.tenants
    assert (eu.name, eu.host, eu.colour) == ("eu", "EU production", "red")
    assert (eu.daily_calls, eu.calls_per_second) == (500, 0.5)
    assert eu.secret_command == ("op", "read", "op://ops/zuora secret")
    listed = run("tenants").stdout
    for word in ("eu", "https://rest.eu.zuora.com", "production", "500 calls/day", "command op"):
        assert word in listed
    assert "op://" not in listed
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_existing_file_keeps_its_bytes_mode_and_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_bytes(THEIRS.encode())
    real.chmod(0o640)
    config_path().parent.mkdir(parents=True)
    config_path().symlink_to(real)
    assert run(*EU, "--secret-env", "EU_SECRET").exit_code == 0
    assert real.read_bytes().startswith(THEIRS.encode() + b"\n\n[tenants.eu]\n")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert config_path().is_symlink()
    assert [one.name for one in read_settings(config_path())[0].tenants] == ["us", "eu"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("eu", "--host", "EU prodction", "--secret-env", "A"), "did you mean “EU production”?"),
        (("eu", "--url", "http://rest.eu.zuora.com", "--secret-env", "A"), "must begin with https://"),
        (("eu", "--secret-env", "A"), "needs host or url"),
        (("eu", "--host", "EU production"), "needs secret_env or"),
        (("eu", "--host", "EU production", "--secret-env", "A", "--secret-file", "/x"), "cannot be combined"),
        (("eu", "--host", "EU production", "--secret-env", "A", "--colour", "reed"), "did you mean “red”?"),
        (("eu", "--host", "EU production", "--secret-env", "A", "--calls-per-second", "nan"), "a number above 0"),
        (("eu", "--host", "EU production", "--secret-file", "x"), "an absolute path"),
        (("env", "--host", "EU production", "--secret-env", "A"), "choose another name"),
        (("e\x1bu", "--host", "EU production", "--secret-env", "A"), "must have a name"),
        (("us", "--host", "EU production", "--secret-env", "A"), "There is already a tenant “us”"),
    ],
)
def test_invalid_settings_are_not_written(arguments: tuple[str, ...], why: str) -> None:
    config_path().parent.mkdir(parents=True)
    config_path().write_bytes(THEIRS.encode())
    result = run("tenants", "add", *arguments, "--client-id", "id-1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert "\x1b" not in result.stderr
    assert config_path().read_bytes() == THEIRS.encode()


@pytest.mark.parametrize("content", [b"[screen\n", b"\xff\xfe", b"tenants = 3\n"])
def test_a_file_that_is_not_toml_is_not_changed(content: bytes) -> None:
    config_path().parent.mkdir(parents=True)
    config_path().write_bytes(content)
    assert run(*EU, "--secret-env", "A").exit_code == 2
    assert config_path().read_bytes() == content


def test_a_folder_that_cannot_be_written_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(tmp_path / "file" / "c.toml"))
    result = run(*EU, "--secret-env", "A")
    assert result.exit_code == 2
    assert "c.toml cannot be written: " in result.stderr


def test_an_error_while_writing_leaves_only_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    config_path().parent.mkdir(parents=True)
    config_path().write_bytes(THEIRS.encode())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in run(*EU, "--secret-env", "A").stderr
    assert config_path().read_bytes() == THEIRS.encode()
    assert [one.name for one in config_path().parent.iterdir()] == [config_path().name]


def test_no_option_takes_a_secret() -> None:
    for option in ("--client-secret", "--secret", "--token", "--password"):
        assert "No such option" in run(*EU, option, "s3cret").stderr


def test_no_command_has_an_option_for_a_secret_or_a_token() -> None:
    commands = [main, *main.commands.values(), *tenants.commands.values()]
    named = {name for command in commands for one in command.params for name in (*one.opts, one.name or "")}
    assert {"--secret-env", "--secret-command", "--secret-file", "--secret-keyring"} <= named
    holding = {name for name in named if re.search("secret|token|password|bearer", name)}
    assert all(re.fullmatch("(--)?secret[-_](env|command|file|keyring)", name) for name in holding)


def test_without_tenants_the_output_says_how_to_add_one() -> None:
    result = run("tenants")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "zjobtui tenants add" in result.stderr


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.lists(st.text(st.characters(codec="utf-8")), min_size=1))
def test_any_value_is_read_back(label: str, words: list[str]) -> None:
    _, problems = parse_settings(table_text("a b", {"host": label, "secret_command": words}))
    assert not any(one.text.startswith("not valid TOML") for one in problems)


ID = "1bc24f315d7b48d3a20245bfe73bdceb"


@pytest.mark.parametrize(
    ("tenants", "arguments", "status", "expected"),
    [
        ((), (), 0, "env"),
        (("eu",), (), 0, "eu"),
        (("eu", "us"), (), 2, "Several tenants are configured: eu, us. Choose one with --tenant."),
        (("eu", "us"), ("--tenant", "us"), 0, "us"),
        (("eu", "us"), ("--tenant", "uk"), 2, "Unknown tenant “uk”. Configured: eu, us."),
        (("",), (), 2, "config.toml: "),
    ],
    ids=["none", "one", "several", "named", "unknown", "faulty"],
)
def test_ids_are_added_to_a_configured_tenant_or_not_at_all(
    tenants: tuple[str, ...], arguments: tuple[str, ...], status: int, expected: str
) -> None:
    config_path().parent.mkdir(parents=True)
    table = '[tenants.{}]\nhost = "EU production"\nclient_id = "1"\nsecret_env = "A"\n'
    if tenants:
        config_path().write_text("".join(map(table.format, tenants)))
    result = run("add", ID, *arguments)
    assert result.exit_code == status
    assert expected in (result.stderr if status else run("ls", "--json").stdout)
    assert backup_path(store_path()).exists() is (status == 0)


def test_a_renamed_setting_is_reported_and_stops_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.config.loading.RENAMED", {("list", "keep"): ("list", "archive_after")})
    config_path().parent.mkdir(parents=True)
    config_path().write_text(THEIRS + '\n[list]\nkeep = "2d"\n', encoding="utf-8")
    named = "list.keep was renamed to archive_after; the value is used, but rename the key."
    added = run("add", ID)
    assert (added.exit_code, added.stderr.count(named)) == (0, 1)
    assert named in run("tenants").stderr
    output = run("doctor", "--offline").stdout
    assert "renamed" in output
    assert named in output


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# mine\n[tenants.us]\na = 1  # one\n\n[screen]\nutc = true\n", None),
        ("[tenants]\nus = {a = 1}\n# end\n", None),
        ("tenants.us.a = 1\n[screen]\nutc = true\n", None),
        ("tenants = {us = {a = 1}} # mine\n[screen]\n", 'tenants = {us = {a = 1},eu = {host = "EU production", '),
    ],
)
def test_comments_order_and_lines_of_the_file_are_kept(before: str, after: str | None) -> None:
    config_path().parent.mkdir(parents=True)
    config_path().write_text(before, encoding="utf-8")
    assert run(*EU, "--secret-env", "A").exit_code == 0
    text = config_path().read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if line in before.splitlines() and line]
    assert (kept == [line for line in before.splitlines() if line]) if after is None else text.startswith(after)
    assert ("# mine" in text) == ("# mine" in before)
    assert tomllib.loads(text)["tenants"]["us"] == {"a": 1}
    assert [one.name for one in read_settings(config_path())[0].tenants] == ["eu"]


TWO = """\
# mine
[tenants.us]
host = "US Cloud 1 production"  # the big one
client_id = "2"
secret_env = "US"

# Europe
[tenants.eu]
host = "EU production"
client_id = "1"
secret_command = ["op", "read", "x"]
daily_calls = 500

[screen]
utc = true # yes
"""


def write(text: str) -> Path:
    """Write the settings file."""
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def test_edited_settings_replace_their_alternatives_and_keep_comments() -> None:
    path = write(TWO)
    result = run("tenants", "edit", "us", "--base-url", "HTTPS://us.example.com/", "--title", "Live", "--kind", "other")
    assert (result.exit_code, result.stderr) == (0, "")
    edited = TWO.replace('host = "US Cloud 1 production"  # the big one\n', "")
    added = 'secret_env = "US"\nurl = "https://us.example.com"\ntitle = "Live"\nkind = "other"\n'
    assert path.read_text(encoding="utf-8") == edited.replace('secret_env = "US"\n', added)
    assert run("tenants", "edit", "eu", "--secret-env", "EU", "--unset", "daily_calls").exit_code == 0
    (us, eu) = read_settings(path)[0].tenants
    assert (us.title, eu.secret_env, eu.secret_command, eu.daily_calls) == ("Live", "EU", (), None)
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if "#" in line] == [
        "# mine",
        "# Europe",
        "utc = true # yes",
    ]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("us",), "Nothing to change"),
        (("uk", "--kind", "other"), "There is no tenant “uk” in "),
        (("us", "--kind", "prodction"), "did you mean “production”?"),
        (("us", "--url", "us.example.com"), "did you mean https://us.example.com?"),
        (("us", "--colour", "red", "--unset", "colour"), "cannot be set and unset"),
    ],
)
def test_an_invalid_edit_changes_nothing(arguments: tuple[str, ...], why: str) -> None:
    path = write(TWO)
    result = run("tenants", "edit", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert path.read_text(encoding="utf-8") == TWO


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (TWO, TWO[: len("# mine\n")] + TWO[TWO.index("# Europe") :]),
        ('[tenants."us"]\na = 1\n[screen]\nutc = true\n', "[screen]\nutc = true\n"),
        ("[tenants]\nus = {a = 1} # it\neu = {a = 2} # stays\n", "[tenants]\neu = {a = 2} # stays\n"),
        ("tenants.us.a = 1\n[screen]\nutc = true # yes\n", "[screen]\nutc = true # yes\n"),
        ("\ufeff# mine\r\n[tenants.us]\r\na = '''\r\n[x]\r\n'''\r\n", "\ufeff# mine\r\n"),
        ("[tenants.us]\na = 1\n# the last line", ""),
    ],
)
def test_a_removed_tenant_leaves_the_other_lines(text: str, left: str) -> None:
    path = write(text)
    result = run("tenants", "rm", "us", "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert path.read_bytes().decode() == left


def test_a_tenant_is_removed_only_after_a_confirmation_and_without_jobs() -> None:
    path = write(TWO)
    result = run("tenants", "rm", "us", stdin="y\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Confirm with --yes" in result.stderr
    assert run("add", ID, "--tenant", "us").exit_code == 0
    result = run("tenants", "rm", "us", "--yes")
    assert result.exit_code == 2
    assert "1 job of “us” on the watchlist would no longer be polled" in result.stderr
    assert path.read_text(encoding="utf-8") == TWO
    result = run("tenants", "rm", "us", "--yes", "--force")
    assert (result.exit_code, "1 job of this tenant stays on the watchlist" in result.stdout) == (0, True)
    assert [tenant.name for tenant in read_settings(path)[0].tenants] == ["eu"]
    assert ID in run("ls", "--json").stdout


def test_a_secret_that_zjobtui_stored_is_named_when_its_tenant_is_removed() -> None:
    client = ClientCredentials("id-1", Secret("sentinel"))
    save_tenant(config_path(), "my eu", {"host": "EU production"}, client, SecretLocation.FILE)
    path = config_path().with_name("my eu.secret")
    result = run("tenants", "rm", "my eu", "--yes")
    assert f"Its secret is kept in {path}; delete it with: rm '{path}'" in result.stdout
    assert path.read_text(encoding="utf-8") == "sentinel\n"
    keyring = {"secret_keyring": "zjobtui eu", "client_id": "id-1"}
    assert "keyring del 'zjobtui eu' id-1" in written_secret(config_path(), "eu", keyring)
    assert written_secret(config_path(), "eu", {"secret_keyring": "mine", "client_id": "id-1"}) == ""


def test_names_of_tenants_are_completed_even_if_their_settings_are_not_valid() -> None:
    write(TWO.replace("EU production", "EU prod"))
    context = click.Context(tenants)
    assert complete_configured(context, context.command.params[0], "e") == ["eu"]
    write("[tenants\n")
    assert complete_configured(context, context.command.params[0], "e") == []


def test_a_tenant_is_tested_with_the_exit_statuses_of_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    write(TWO)
    checkups = [Checkup(who="user ada", life=3600.0, call=call(), requests=2), Checkup(no_secret="No secret.")]
    monkeypatch.setattr("zjobtui.cli.doctor.check_up_all", lambda _: [checkups.pop(0)])
    result = run("tenants", "test", "us")
    assert (result.exit_code, "signed in, as user ada" in result.stdout) == (0, True)
    assert "Tenant eu" not in result.stdout
    result = run("tenants", "test", "us")
    assert (result.exit_code, "No secret." in result.stdout) == (1, True)
    result = run("tenants", "test", "uk")
    assert (result.exit_code, "Unknown tenant “uk”. Configured: us, eu." in result.stderr) == (2, True)
