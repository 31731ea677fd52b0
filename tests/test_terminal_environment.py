"""What the environment says about the terminal: its size, type, colours and encoding, and where messages go."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.opening import added, opened
from tests.support.building import watch
from tests.support.process import environment
from tests.support.program import PROGRAM
from tests.support.terminal import Terminal
from zjobtui.config.paths import STORE_NAME
from zjobtui.formatting.ascii_text import is_utf8
from zjobtui.models.text_width import cells

COLOUR = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")
LABEL = 'Müller “請” 1,5"'

PLAIN = {
    "LANG": {"LANG": "C", "LC_ALL": "", "LC_CTYPE": ""},
    "LC_ALL": {"LC_ALL": "POSIX"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
    "locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
"""Environments in which the terminal shows no symbols."""

GARBLING = {name: {"PYTHONIOENCODING": name} for name in ("utf-16", "utf-7", "cp037")}
"""Environments in which Python would write control sequences as other bytes."""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A tenant that cannot be reached, and one job, which has never been polled."""
    with opened(tmp_path / "data" / STORE_NAME) as (store, _):
        added(store, watch(1, label=LABEL))
    return {
        "ZUORA_BASE_URL": "http://127.0.0.1:1",
        "ZUORA_CLIENT_ID": "id",
        "ZUORA_CLIENT_SECRET": "sentinel-7f3e9c",
        "ZJOBTUI_DATA_DIR": str(tmp_path / "data"),
        "HOME": str(tmp_path),
    }


def fills(terminal: Terminal, columns: int, rows: int) -> bool:
    lines = terminal.text().splitlines()
    return (max(map(len, lines)), len(lines)) == (columns, rows) and "q quit" in lines[-1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "stale",
    [
        {"COLUMNS": "60", "LINES": "15"},
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in ({"COLUMNS": "400"}, {"LINES": "5"}, {"COLUMNS": "x", "LINES": "0"})
        ),
    ],
    ids=str,
)
def test_the_screen_has_the_size_of_the_terminal_and_not_that_of_the_environment(
    env: dict[str, str], stale: dict[str, str]
) -> None:
    with Terminal(PROGRAM, 100, 30, env=env | stale) as terminal:
        terminal.wait_for(lambda _: fills(terminal, 100, 30))
        terminal.resize(90, 24)
        terminal.wait_for(lambda _: fills(terminal, 90, 24))


@pytest.mark.slow
def test_columns_are_used_only_for_output_that_is_not_a_terminal(env: dict[str, str]) -> None:
    command = [*PROGRAM, "ls", "--help"]
    with Terminal(command, 50, 30, env=env | {"COLUMNS": "78"}) as terminal:
        terminal.wait_exit()
        assert max(map(len, terminal.text().splitlines())) <= 50
    narrow, wide = (
        subprocess.run(command, env=environment(env | {"COLUMNS": columns}), capture_output=True, check=True).stdout
        for columns in ("50", "78")
    )
    assert narrow.count(b"\n") > wide.count(b"\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [one if one == "utf-16" else pytest.param(one, marks=pytest.mark.slow) for one in (*PLAIN, *GARBLING)]
)
@pytest.mark.parametrize("is_first_start", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_screen_without_symbols_is_in_ascii(
    env: dict[str, str], name: str, is_first_start: bool, tmp_path: Path
) -> None:
    mine = {"HOME": str(tmp_path)} if is_first_start else env
    with Terminal(PROGRAM, 100, 30, env=mine | (PLAIN | GARBLING)[name]) as terminal:
        terminal.wait_for("+----" if is_first_start else "+- M")
        terminal.wait_for("quit")
        assert "\\" not in terminal.text()
        rows = [row for row in terminal.text().splitlines() if "ller" not in row]
        assert all(row.isascii() for row in rows)
        if not is_first_start:
            labelled = [row for row in terminal.text().splitlines() if "ller" in row]
            assert {cells(row) for row in labelled} == {100}


@pytest.mark.slow
def test_the_setting_for_symbols_overrides_the_locale(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[screen]\nascii = false\n")
    named = {"ZJOBTUI_CONFIG": str(tmp_path / "c.toml")}
    with Terminal(PROGRAM, 100, 30, env=env | PLAIN["LANG"] | named) as terminal:
        terminal.wait_for("╭─")


@pytest.mark.parametrize(
    "name", [one if one == "latin-1" else pytest.param(one, marks=pytest.mark.slow) for one in PLAIN]
)
def test_printed_text_is_in_ascii_on_a_terminal_without_symbols(env: dict[str, str], name: str) -> None:
    with Terminal([*PROGRAM, "ls"], 140, 5, env=env | PLAIN[name]) as terminal:
        assert terminal.wait_exit() == 0
        assert "\n. running " in terminal.text()
        assert "\\u" not in terminal.text()
    with Terminal([*PROGRAM, "rm", "nothing"], 140, 5, env=env | PLAIN[name]) as terminal:
        assert terminal.wait_exit() == 2
        assert terminal.text().startswith(('"nothing" is not', "'nothing' is not"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["ascii", *(pytest.param(one, marks=pytest.mark.slow) for one in ("latin-1", "locale"))]
)
def test_no_letter_of_json_is_lost_and_csv_stays_valid_in_another_encoding(env: dict[str, str], name: str) -> None:
    def printed(*words: str) -> str:
        done = subprocess.run([*PROGRAM, *words], env=environment(env | PLAIN[name]), capture_output=True, check=True)
        return done.stdout.decode("latin-1")

    assert json.loads(printed("ls", "--json"))["jobs"][0]["label"] == LABEL
    assert json.loads(printed("export"))["jobs"][0]["label"] == LABEL
    table = printed("ls", "--csv")
    assert '""' in table
    assert table.count('"') == 4


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "POSIX"}, False),
    ],
    ids=str,
)
def test_python_writes_utf8_even_if_the_locale_is_ascii(environ: dict[str, str], expected: bool) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        assert is_utf8(stream, environ) is expected
    with Path(os.devnull).open("w", encoding="latin-1") as stream:
        assert not is_utf8(stream, environ)


TYPES = ({"TERM": "dumb"}, {"TERM": ""}, {"TERM": "Unknown "}, {"TERM": "dumb", "COLORTERM": "truecolor"})


@pytest.mark.slow
@pytest.mark.parametrize("kind", [TYPES[0], *(pytest.param(one, marks=pytest.mark.slow) for one in TYPES[1:])], ids=str)
def test_without_a_cursor_the_monitor_says_in_one_line_what_to_do(env: dict[str, str], kind: dict[str, str]) -> None:
    with Terminal(PROGRAM, 140, 5, env=env | kind) as terminal:
        assert terminal.wait_exit() == 2
        assert terminal.text().rstrip().count("\n") == 0
        assert "export TERM=xterm-256color" in terminal.text()
        assert b"\x1b" not in terminal.raw
    with Terminal([*PROGRAM, "ls"], 140, 5, env=env | kind) as terminal:
        assert terminal.wait_exit() == 0
        assert "◌ running" in terminal.text()


@pytest.mark.slow
def test_without_a_cursor_wait_draws_no_live_line(env: dict[str, str]) -> None:
    command = [*PROGRAM, "wait", watch(1).job.id.given, "--timeout", "1s"]
    with Terminal(command, 140, 5, env=env | {"TERM": "dumb"}) as terminal:
        assert terminal.wait_exit() == 6
        assert b"\x1b" not in terminal.raw


@pytest.mark.slow
@pytest.mark.parametrize("value", ["", "0"])
def test_only_a_no_color_that_is_not_empty_removes_the_colours(env: dict[str, str], value: str) -> None:
    with Terminal(PROGRAM, 100, 30, env=env | {"NO_COLOR": value}) as terminal:
        terminal.wait_for("q quit")
        assert bool(COLOUR.search(terminal.raw)) is (value == "")


@pytest.mark.slow
@pytest.mark.parametrize("redirection", ["2>{}", pytest.param("2>&-", marks=pytest.mark.slow)])
def test_the_screen_is_drawn_if_standard_error_is_not_a_terminal(
    env: dict[str, str], redirection: str, tmp_path: Path
) -> None:
    (tmp_path / "c.toml").write_text("[screen]\nthem = 1\n")
    named = {"ZJOBTUI_CONFIG": str(tmp_path / "c.toml")}
    script = f'exec "{sys.executable}" -m zjobtui {redirection.format(tmp_path / "messages")}'
    with Terminal(["/bin/sh", "-c", script], 100, 30, env=env | named) as terminal:
        terminal.wait_for(lambda _: fills(terminal, 100, 30))
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.modes() == frozenset()
        assert terminal.attributes() == terminal.attributes_before
    if (tmp_path / "messages").exists():
        messages = (tmp_path / "messages").read_text()
        assert "did you mean theme?" in messages
        assert "\x1b" not in messages


COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "magenta", "grey", "#7f0000", "#4060ff", "#ffc0cb")
KINDS = ("production", "central sandbox", "API sandbox", "simulator")

VGA = "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
NAMES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")


def light(code: str) -> float:
    """Return the luminance of a colour, as defined by WCAG 2."""
    parts = [int(code[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(part * share for part, share in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


def shown(name: str, palette: list[str], *, is_bold: bool) -> Iterator[str]:
    """Yield the colours in which a terminal shows a colour by pyte's name, bold ones as they are and bright."""
    if name not in NAMES:
        yield palette[8 + NAMES.index(name.removeprefix("bright"))] if name.startswith("bright") else name
        return
    yield palette[NAMES.index(name)]
    if is_bold:
        yield palette[8 + NAMES.index(name)]


def least_contrast(terminal: Terminal, text: str) -> float:
    """Return the contrast of a text in the first row, the lowest of what terminals show."""
    cell = terminal.display.screen.buffer[0][terminal.row(0).index(text)]
    text_colour, ground = (cell.bg, cell.fg) if cell.reverse else (cell.fg, cell.bg)
    assert "default" not in {text_colour, ground}
    pairs = [
        sorted((light(one), light(other)))
        for palette in (VGA.split(), XTERM.split())
        for one in shown(text_colour, palette, is_bold=cell.bold and not cell.reverse)
        for other in shown(ground, palette, is_bold=False)
    ]
    return min((most + 0.05) / (least + 0.05) for least, most in pairs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        {"TERM": "xterm", "COLORTERM": ""},
        {"TERM": "screen", "COLORTERM": ""},
        {"TERM": "xterm-16color", "COLORTERM": ""},
        {"TERM": "xterm-256color", "COLORTERM": ""},
        {"TERM": "xterm", "COLORTERM": "truecolor"},
    ],
    ids=str,
)
@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast", "colour-blind", "ansi"])
def test_every_tenant_can_be_read_in_all_colours_and_behind_dialogs(
    env: dict[str, str], kind: dict[str, str], theme: str, tmp_path: Path
) -> None:
    tables = [f'[tenants.t{number:02}]\nkind = "{name}"' for number, name in enumerate(KINDS)]
    tables += [f'[tenants.t{number:02}]\ncolour = "{name}"' for number, name in enumerate(COLOURS, len(KINDS))]
    rest = '\nurl = "http://127.0.0.1:1"\nclient_id = "id"\nsecret_env = "NONE"\n'
    (tmp_path / "c.toml").write_text(f'[screen]\ntheme = "{theme}"\n' + "".join(table + rest for table in tables))
    named = {"ZJOBTUI_CONFIG": str(tmp_path / "c.toml")}
    names = {f"t{number:02}": name for number, name in enumerate(KINDS + COLOURS)}
    with Terminal(PROGRAM, 250, 30, env=env | kind | named) as terminal:
        terminal.wait_for("q quit")
        for _ in range(2):
            terminal.wait_for(lambda text: names.keys() <= set(text.splitlines()[0].split()))
            contrasts = {name: least_contrast(terminal, tenant) for tenant, name in names.items()}
            assert {name: value for name, value in contrasts.items() if value < 3} == {}
            terminal.press("?")
            terminal.wait_for("esc close")
