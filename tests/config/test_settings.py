"""Loading settings: valid ones are used, all others are reported with key, line and a suggestion."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zjobtui.config.loading import parse_settings, read_settings, settings_of
from zjobtui.config.problems import STATEMENT_LIMIT, KeyLines
from zjobtui.config.secrets import Command, KeyringEntry, SecretFile, Variable, describe_source
from zjobtui.config.settings import (
    FilesSettings,
    ListSettings,
    NotifySettings,
    PollingSettings,
    ScreenSettings,
    Settings,
    TenantSettings,
)
from zjobtui.config.tenants import InvalidTenantError, configured_tenant
from zjobtui.models.notifications import Topic
from zjobtui.models.tenant import TenantKind
from zjobtui.models.text import clean

ROOT = Path(__file__).parents[2]
SENTINEL = "s3ntinel"
SOUND = '[tenants.eu]\nhost = "EU production"\nclient_id = "id"\nsecret_env = "EU_SECRET"\n'
WHOLE = """\
[tenants.eu]                     # the one that pays
host = "EU production"
title = "EU live"
kind = "Production"
colour = "RED"
daily_calls = 50_000
calls_per_second = 2
expected_order_statuses = ["pending", "Scheduled"]
org_ids = ["a1", "b2"]
entity_ids = "c3"
version = 2025-08-12
client_id = "5a1b"
secret_command = ["op", "read", "op://ops/zuora/secret"]
secret_timeout = 45

[polling]
staleness_limit = 120

[list]
archive_after = "14 days"

[screen]
theme = "nord"
ascii = true
utc = true
bell = false

[notify]
on = ["failed", "all done"]
osc = "777"
command = ["notify-send", "zjobtui"]

[keys]
refresh = "f5"
"""


def test_a_complete_file_is_loaded() -> None:
    loaded, problems = parse_settings(WHOLE)
    assert problems == ()
    assert loaded == Settings(
        tenants=(
            TenantSettings(
                name="eu",
                host="EU production",
                title="EU live",
                kind=TenantKind.PRODUCTION,
                colour="red",
                daily_calls=50_000,
                calls_per_second=2.0,
                expected_order_statuses=("Pending", "Scheduled"),
                org_ids="a1,b2",
                entity_ids="c3",
                version="2025-08-12",
                client_id="5a1b",
                secret_command=("op", "read", "op://ops/zuora/secret"),
                secret_timeout=45.0,
            ),
        ),
        polling=PollingSettings(staleness_limit=120.0),
        list=ListSettings(archive_after=14 * 86_400),
        screen=ScreenSettings(theme="nord", ascii=True, utc=True, bell=False),
        notify=NotifySettings(on=(Topic.FAILED, Topic.ALL_DONE), osc="777", command=("notify-send", "zjobtui")),
        keys=(("refresh", "f5"),),
    )


TABLES = {
    "tenants.NAME": TenantSettings,
    "polling": PollingSettings,
    "list": ListSettings,
    "screen": ScreenSettings,
    "notify": NotifySettings,
    "files": FilesSettings,
}


def documented() -> dict[str, str]:
    """Return every key of the file with its docstring."""
    source = (ROOT / "zjobtui/config/settings.py").read_text(encoding="utf-8")
    loaded = {}
    for table, kind in TABLES.items():
        body = source.partition(f"class {kind.__name__}(")[2].partition("\nclass ")[0]
        for key in settings_of(kind):
            below = body.partition(f"\n    {key}: ")[2].split("\n")[1]
            loaded[f"{table}.{key}"] = below.strip().removeprefix('"""').removesuffix('"""')
    return loaded


def test_the_manual_lists_every_setting_as_it_is_documented_and_nothing_else() -> None:
    text = (ROOT / "docs/manual.md").read_text(encoding="utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = [row for row in text.splitlines() if row.startswith("| `")]
    assert rows.pop().startswith("| `keys.ACTION` | ")
    assert rows == [f"| `{key}` | {about} |" for key, about in documented().items()]


@pytest.mark.parametrize(
    ("line", "source", "expected"),
    [
        ('secret_env = "A"', Variable("A"), "environment variable A"),
        ('secret_command = ["op", "x"]', Command(("op", "x")), "command op"),
        ('secret_file = "/no/where"', SecretFile(Path("/no/where")), "file /no/where (plain text, not found)"),
        ('secret_keyring = "zuora"', KeyringEntry("zuora", "id"), "keyring, service zuora"),
    ],
)
def test_every_source_of_a_secret_is_described(line: str, source: object, expected: str) -> None:
    loaded, problems = parse_settings(f'[tenants.eu]\nurl = "https://x.example"\nclient_id = "id"\n{line}\n')
    assert problems == ()
    assert loaded.tenants[0].secret_source == source
    assert describe_source(loaded.tenants[0].secret_source) == expected


TYPOS = [
    ('secret_env = "A"', 1, "secret_env belongs to a tenant: move it below a line such as [tenants.NAME]."),
    (SOUND.replace("client_id", "clientid"), 3, "tenants.eu.clientid is not a known setting; did you mean client_id?"),
    ('[tenant.eu]\nhost = "x"', 1, "tenant is not a known setting; did you mean tenants?"),
    ('client_secret = "s3ntinel"', 1, "client_secret is refused: this file must not contain a secret."),
    (SOUND + "daily_call = 9", 5, "tenants.eu.daily_call is not a known setting; did you mean daily_calls?"),
    (SOUND + 'Colour = "red"', 5, "tenants.eu.Colour is not a known setting; did you mean colour?"),
    (SOUND + 'org-ids = "a"', 5, "tenants.eu.org-ids is not a known setting; did you mean org_ids?"),
    (SOUND + "zzz = 1", 5, "tenants.eu.zzz is not a known setting; valid names: host, url, title,"),
    (SOUND + 'client_secret = "s3ntinel"', 5, "tenants.eu.client_secret is refused: this file must not"),
    (SOUND + 'clientSecret = "s3ntinel"', 5, "and set its source: secret_env, secret_command,"),
    (SOUND + 'bearer_token = "s3ntinel"', 5, "tenants.eu.bearer_token is refused"),
    (SOUND + 'secret_fil = "/s3ntinel"', 5, "tenants.eu.secret_fil is not a known setting; did you mean secret_file?"),
    (SOUND + 'secret_file = "/s3ntinel"', 5, "secret_file cannot be combined with secret_env: delete one of them."),
    (SOUND + 'url = "https://s3ntinel"', 5, "tenants.eu.url cannot be combined with host: delete one of them."),
    (SOUND + 'kind = "api sandbx"', 5, "; did you mean “API sandbox”?"),
    (SOUND + 'colour = "s3ntinel"', 5, "tenants.eu.colour must be #rrggbb or one of red, orange,"),
    (SOUND + 'daily_calls = "s3ntinel"', 5, "daily_calls must be a whole number from 1 to 27,000,000"),
    ('[list]\narchive_after = "soon"', 2, 'list.archive_after must be a duration such as "14 days" or "12h"'),
    ("[list]\narchive_after = 14", 2, "list.archive_after must be a duration"),
    ("[list]\narchive_after = false", 2, "list.archive_after must be a duration"),
    (
        SOUND + 'expected_order_statuses = ["Completed"]',
        5,
        "tenants.eu.expected_order_statuses must be a list of words, each one of Draft, Pending, Scheduled.",
    ),
    (SOUND + 'expected_order_statuses = ["Pendng"]', 5, "not “Pendng”; did you mean “Pending”?"),
    (SOUND + "daily_calls = true", 5, "daily_calls must be a whole number"),
    (SOUND + "daily_calls = 0", 5, "from 1 to 27,000,000, without quotes or commas, not 0."),
    (SOUND + "call_per_second = 9", 5, "call_per_second is not a known setting; did you mean calls_per_second?"),
    (SOUND + 'calls_per_second = "s3ntinel"', 5, "calls_per_second must be a number above 0 and up to 833"),
    (SOUND + "calls_per_second = true", 5, "calls_per_second must be a number above 0"),
    (SOUND + "calls_per_second = 0", 5, "calls_per_second must be a number above 0"),
    (SOUND + "calls_per_second = -0.5", 5, "calls_per_second must be a number above 0"),
    (SOUND + "calls_per_second = 833.1", 5, "calls_per_second must be a number above 0"),
    (SOUND + "calls_per_second = nan", 5, "calls_per_second must be a number above 0"),
    (SOUND + "calls_per_second = inf", 5, "calls_per_second must be a number above 0"),
    (SOUND + 'version = "s3ntinel"', 5, "version must be a version such as 2025-08-12"),
    (SOUND + "version = 211.10", 5, "version must be a version such as 2025-08-12 or 186.0, in quotes."),
    (SOUND + "title = 2025", 5, "title must be a name of at most 40 characters, in quotes."),
    (SOUND + "org_ids = 72834", 5, 'org_ids must be ids separated by commas, such as "a1,b2", in quotes.'),
    (SOUND + 'org_ids = "a\\r\\nX: s3ntinel"', 5, "org_ids must be ids separated by commas"),
    (SOUND.replace("EU_SECRET", "s3ntinel+/=="), 4, "secret_env must be the name of an environment variable"),
    (SOUND.replace("[tenants.eu]", "[tenants.env]"), 1, "is reserved for the tenant of ZUORA_BASE_URL"),
    (SOUND.replace("[tenants.eu]", '[tenants."e\\u001bu"]'), 1, 'tenants."e␛u" must have a name'),
    ('[tenants.eu]\nhost = "x"\nsecret_env = "A"', 1, "tenants.eu needs client_id."),
    ('[tenants.eu]\nclient_id = "x"\nsecret_env = "A"', 1, "tenants.eu needs host or url."),
    ('[tenants.eu]\nhost = "x"\nclient_id = "x"', 1, "tenants.eu needs secret_env or secret_command or"),
    ('\n[tenants]\neu = "s3ntinel"', 3, "tenants.eu must be a table: [tenants.eu]."),
    ("[[tenants]]\nhost = 1", 1, "tenants must be a table: [tenants.NAME]."),
    ('[[tenants.eu]]\nhost = "s3ntinel"', 1, "tenants.eu must be a table: [tenants.eu]."),
    ('[tenants]\neu = {host = "x", client_id = "1", secret_enf = "A"}', 2, "secret_enf is not a known setting;"),
    ('[tenants.eu]\nsecret_command = "op read s3ntinel"', 2, "secret_command must be a list of a program and"),
    ('[tenants.eu]\nsecret_file = "s3ntinel/x"', 2, "secret_file must be an absolute path, or one that begins with ~/"),
    ("[polling]\nstaleness_limit = inf", 2, "staleness_limit must be a number of seconds from 2 to 86,400"),
    ("[polling]\nstaleness_limit = nan", 2, "staleness_limit must be a number"),
    ("[polling]\nstaleness = 5", 2, "polling.staleness is not a known setting; did you mean staleness_limit?"),
    ("[scren]\nutc = true", 1, "scren is not a known setting; did you mean screen?"),
    ('[screen]\nutc = "yes"', 2, "screen.utc must be true or false, without quotes."),
    ("[screen]\ntheme = 4", 2, "screen.theme must be the name of a theme, in quotes."),
    ('[notify]\non = ["faild"]', 2, "not “faild”; did you mean “failed”?"),
    ('[notify]\non = ["fail\\u001bed"]', 2, "not “fail␛ed”; did you mean “failed”?"),
    (SOUND.replace('"id"', "72834"), 3, "client_id must be the id of an OAuth client, as Zuora shows it, in quotes."),
    ("[screen]\nbell = 1", 2, "screen.bell must be true or false, without quotes, not 1."),
    ("[notify]\nosc = 9", 2, "notify.osc must be one of 9, 777, off, in quotes."),
    ('[notify]\ncommand = "notify-send"', 2, "notify.command must be a list of a program and its arguments"),
    ('[keys]\nquit = "ctrl q"', 2, "keys.quit must be the name of a key"),
    ('[keys]\n"Ask now" = "f5"', 2, 'keys."Ask now" is not an action'),
    ("keys = 4", 1, "keys must be a table: [keys]."),
]


@pytest.mark.parametrize(("text", "line", "expected"), TYPOS)
def test_a_mistake_is_reported_with_key_line_and_suggestion(text: str, line: int, expected: str) -> None:
    loaded, problems = parse_settings(text)
    assert [problem for problem in problems if problem.line == line and expected in str(problem)], problems
    assert SENTINEL not in repr((loaded, problems))


def test_a_mistake_does_not_affect_other_settings() -> None:
    loaded, problems = parse_settings(
        SOUND + 'colour = 7\n[tenants.us]\nhost = "x"\n[tenants.ap]\nhost = "y"\nclient_id = "2"\nsecret_env = "B"\n'
        '[screen]\nutc = true\nascii = 1\n[keys]\nquit = "f9"\nadd = 3'
    )
    assert [tenant.name for tenant in loaded.tenants] == ["eu", "ap"]
    assert loaded.screen == ScreenSettings(utc=True)
    assert loaded.keys == (("quit", "f9"),)
    assert loaded.secret_variables == {"EU_SECRET", "B"}
    assert [problem.line for problem in problems] == [5, 6, 6, 14, 17]


@pytest.mark.parametrize("key", ["host", "client_id", "secret_env"])
def test_a_tenant_without_a_valid_required_value_is_left_out(key: str) -> None:
    text = "\n".join(f"{key} = 7" if line.startswith(key) else line for line in SOUND.splitlines())
    loaded, problems = parse_settings(text)
    assert (loaded.tenants, [problem.key for problem in problems]) == ((), [f"tenants.eu.{key}"])


def test_a_tenant_with_a_secret_in_the_file_is_reported_once_and_left_out() -> None:
    loaded, problems = parse_settings(f'[tenants.eu]\nhost = "x"\nclient_id = "1"\nclient_secret = "{SENTINEL}"')
    assert (loaded.tenants, len(problems)) == ((), 1)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (SOUND + "version = = 3", "line 5, column 11: "),
        (SOUND + f"client_secret = {SENTINEL}", "line 5, column 17: "),
        (f'a = "{SENTINEL}', "line 1, column 14: "),
        ("a = [", "line 1, column 6: "),
        ("a = 1\n\n  a = 2", "line 3, column 8: "),
        ("a = 1\n# \udcff", "line 2, column 3: "),
        ("a = " + "[" * 100_000, ""),
        ("a = " + "9" * 5_000, ""),
    ],
)
def test_a_file_that_is_not_toml_is_reported_with_line_and_column_and_not_used(text: str, where: str) -> None:
    loaded, problems = parse_settings(text)
    assert loaded == Settings()
    assert len(problems) == 1
    assert str(problems[0]).startswith(f"{where}not valid TOML: ")
    assert SENTINEL not in repr(problems)


def test_a_file_is_read_with_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (SOUND + "zzz = 1\n").replace("\n", "\r\n").encode())
    loaded, problems = read_settings(path)
    assert ([tenant.name for tenant in loaded.tenants], [problem.line for problem in problems]) == (["eu"], [5])


def test_a_missing_file_is_a_problem_only_if_it_must_exist(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none") == (Settings(), ())
    assert "was not found" in str(read_settings(tmp_path / "none", must_exist=True)[1][0])


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "huge").write_bytes(b"#" * 300_000)
    (tmp_path / "bytes").write_bytes(b"a = 1\n\xff")
    errors = {"": "Is a directory", "huge": "too large", "bytes": "line 2, column 1", "a\0b": "not a valid path"}
    for name, text in errors.items():
        assert text in str(read_settings(tmp_path / name)[1][0])


@pytest.mark.parametrize("key", ["verify", "tls", "ssl_verify", "skip_verification"])
def test_no_setting_disables_the_verification_of_certificates(key: str) -> None:
    _, problems = parse_settings(f"{SOUND}{key} = false")
    assert [f"tenants.eu.{key} is not a known setting" in one.text for one in problems] == [True]


def test_a_value_found_invalid_when_used_is_reported_with_its_line() -> None:
    loaded, _ = parse_settings(SOUND.replace("EU production", "EU producton"))
    tenant = loaded.tenants[0]
    with pytest.raises(InvalidTenantError) as caught:
        configured_tenant(tenant.name, host=tenant.host, url=tenant.url)
    problem = loaded.problem_with(("tenants", "eu", "host"), str(caught.value))
    assert str(problem) == ("line 2: tenants.eu.host: Unknown host “EU producton”; did you mean “EU production”?")


@given(st.text(st.characters()))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    for around in (text, f"[tenants.{text}]", f"{SOUND}{text}", f'{SOUND}kind = """{text}"""'):
        loaded, problems = parse_settings(around)
        assert all(clean(str(problem)) == str(problem) for problem in problems)
        assert isinstance(loaded, Settings)


NAMES = st.sampled_from(["tenants", "polling", "screen", "keys", "eu", "host", "url", "client_id", *"ab"]) | st.text(
    max_size=4
)
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text(max_size=8) | st.sampled_from([1e400, 10**400, "EU production"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {as_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",\n".join(as_toml(inner) for inner in value) + "\n]"
    if isinstance(value, float):
        return "inf"
    return quoted(value) if isinstance(value, str) else str(value).lower()


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(c):08x}" if c in '"\\' or not c.isprintable() else c for c in text) + '"'


@pytest.mark.slow
@settings(max_examples=50)
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_any_toml_is_read_and_every_problem_has_a_line(tables: dict[str, object]) -> None:
    text = "\n".join(f"{quoted(key)} = {as_toml(inner)}" for key, inner in tables.items())
    loaded, problems = parse_settings(text)
    assert not any("not TOML" in str(problem) for problem in problems)
    assert all(1 <= problem.line <= text.count("\n") + 1 for problem in problems)
    assert isinstance(loaded, Settings)


TRAPS = [
    '"""\n[trap]\nzz = 1\n\\""" "" x""""',
    "'''\n[trap]\nzz = 1\n'' ''''",
    '[ # ] "\n  "]", [\n 1], {zz = "}"} ]',
    '{ zz = "[" }',
    '[\n["trap"],\n["zz"],\n]',
    '"# \\" \' [["',
    "'\\'",
    "1 # [trap] \"\"\" '''",
]


@given(st.lists(st.tuples(NAMES, NAMES, st.sampled_from(TRAPS), st.sampled_from(["", "\n", "# a = 1\n"])), max_size=6))
def test_the_line_of_a_key_is_found_past_any_string_comment_and_bracket(
    items: list[tuple[str, str, str, str]],
) -> None:
    text = ""
    expected: dict[tuple[str, ...], int] = {}
    for number, (table, key, value, gap) in enumerate(items):
        text += gap
        path = (f"{number}{table}", key)
        expected[path[:1]] = text.count("\n") + 1
        text += f" [ {quoted(path[0])} ]\n"
        expected[path] = expected[*path, "sub"] = text.count("\n") + 1
        text += f"{quoted(key)} . 'sub' = {value}\n"
    lines = KeyLines(text)
    assert {path: lines.of(path) for path in expected} == expected
    assert {path[:3] for path in lines.lines} == set(expected)


def test_lines_of_keys_after_a_too_long_statement_are_unknown() -> None:
    items = "1,\n" * (STATEMENT_LIMIT - 2)
    short, long = f"[screen]\na = [\n{items}]\nb = 2\n", f"[screen]\na = [\n{items}1,\n]\nb = 2\n"
    line = KeyLines(short).of(("screen", "b"))
    assert (line, short.split("\n")[line - 1]) == (STATEMENT_LIMIT + 2, "b = 2")
    assert KeyLines(long).of(("screen", "b")) == 1


OLD, NEW = ("keys", "ask"), ("keys", "refresh")
RENAMED = {
    OLD: NEW,
    ("list", "keep"): ("list", "archive_after"),
    ("tenants", "*", "user"): ("tenants", "*", "client_id"),
}


def test_a_renamed_setting_is_used_and_reported_with_its_new_name() -> None:
    text = f'{SOUND.replace("client_id", "user")}[list]\nkeep = "2d"\n[keys]\nask = "f5"\n'
    loaded, problems = parse_settings(text, RENAMED)
    assert loaded.list.archive_after == 2 * 86_400
    assert loaded.keys == (("refresh", "f5"),)
    assert loaded.tenants[0].client_id == "id"
    assert [str(problem) for problem in problems] == [
        "line 3: tenants.eu.user was renamed to client_id; the value is used, but rename the key.",
        "line 6: list.keep was renamed to archive_after; the value is used, but rename the key.",
        "line 8: keys.ask was renamed to refresh; the value is used, but rename the key.",
    ]
    assert all(problem.is_used for problem in problems)
    assert loaded.problem_with(NEW, "f5 is taken").line == 8


def test_an_invalid_value_under_a_former_name_is_reported_on_its_line() -> None:
    _, problems = parse_settings("[list]\n\nkeep = true", RENAMED)
    assert [(problem.line, problem.is_used) for problem in problems] == [(3, True), (3, False)]


def test_the_current_name_of_a_setting_wins_over_the_former() -> None:
    loaded, problems = parse_settings('[keys]\nrefresh = "f5"\nask = "f6"\n', RENAMED)
    assert loaded.keys == (("refresh", "f5"),)
    assert [str(problem) for problem in problems] == [
        "line 3: keys.ask was renamed to refresh, which is in the file as well: delete this line."
    ]
    assert not problems[0].is_used


def test_keys_of_renamed_actions_are_used_and_reported() -> None:
    found, problems = parse_settings('[keys]\nnext_unseen = "f7"\nall_seen = "f8"\nask_now = "f9"\n')
    assert found.keys == (("next_unread", "f7"), ("mark_all_read", "f8"), ("refresh", "f9"))
    assert [str(problem) for problem in problems] == [
        "line 2: keys.next_unseen was renamed to next_unread; the value is used, but rename the key.",
        "line 3: keys.all_seen was renamed to mark_all_read; the value is used, but rename the key.",
        "line 4: keys.ask_now was renamed to refresh; the value is used, but rename the key.",
    ]
